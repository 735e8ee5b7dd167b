/* columns.h - what the writer and the reader of the form `columns` share: the styles of white space that it can restore, and which strings
   stand without quotes. For form_columns*.c, form_names*.c and columns_schema.c only. Pure. */
#ifndef HR_COLUMNS_H
#define HR_COLUMNS_H

#include "base.h"
#include "transform/eight.h"
#include "transform/runs.h"
#include "transform/watch.h"
#include "json/json.h"

enum {
    HR_COLUMNS_DEPTH = 8,  /* objects and lists in a row that are followed; agents' data nests below 6 */
    HR_COLUMNS_LEVEL = 64, /* keys of one object: more are a map, not a record */
    HR_COLUMNS_MOST = 1024 /* in one table */
};

/* ---- white space between the tokens of a whole text */
typedef struct hr_style {
    const char *name;
    bool lines;   /* each row of the one table is a line of its own */
    bool space;   /* behind each colon, and behind each comma where there is no indentation */
    uint8_t wide; /* bytes of indentation for a level; 0: all on one line */
    char fill;    /* the byte that indents */
} hr_style;

extern const hr_style hr_styles[];
extern const size_t hr_style_count;

/* The style that the first tokens of an indexed text suggest; NULL: none of them. */
const hr_style *hr_style_guess(const hr_tree *t, bool lines);

/* The style that the first line of a body begins with, which is taken off with the space behind it; NULL: none. */
const hr_style *hr_style_take(hr_str *line);

/* ---- the body of the form, for a form that is made on top of it (form_names.c) */
/* Append the style's name and the text with its tables: 1; 0: it holds no table, and is appended all the same only with `always`; HR_ENOMEM,
   HR_ETIME. */
int hr_columns_put(hr_buf *b, hr_arena *a, const hr_tree *t, const hr_style *style, bool always,
                   hr_watch *watch);
/* Append what such a body stands for in its style. With `compact` an indented text comes without white space: *compact is its style. 1, 0: it
   cannot be read, HR_ENOMEM. */
int hr_columns_read(hr_buf *b, hr_str body, const hr_style **compact);
/* Append JSON without white space in a style. 1; 0: it is no such JSON; HR_ENOMEM. */
int hr_style_put(hr_buf *b, hr_str compact, const hr_style *style);

/* ---- cells */
#define HR_CELL_SAME   '"'  /* as above */
#define HR_CELL_ABSENT '-'  /* no such key */
#define HR_CELL_QUOTED '\\' /* before a string with quotes that would begin like HR_CELL_SAME and its end */
#define HR_CELL_WHOLE  '*'  /* a row that is no record: the value itself stands behind it */

/* Where a cell stands, as a set of bits: what would end it there must not be in it. NARROW comes on top of ROW or INNER: the column has
   no text with a space, which ends its cells then, as it divides its name from the next (most words are one token with a space before). */
enum { HR_CELL_ROW = 1, HR_CELL_INNER = 2, HR_CELL_KEY = 4, HR_CELL_NARROW = 8 };
/* Can a cell at this place hold such a byte without quotes? A bit of the places where it cannot. */
extern const uint8_t hr_cell_stops[256];

/* A number, true, false or null. */
bool hr_cell_is_literal(hr_str s);
/* Most texts are told apart from those by their first byte. */
static inline bool hr_cell_may_be_literal(char first)
{
    return (unsigned char)(first - '0') < 10 || first == '-' || first == 't' || first == 'f' || first == 'n';
}
/* The same answer for most cells without reading them byte by byte. `end`: of the text that s is part of. */
static inline bool hr_cell_is_literal_inside(hr_str s, const char *end)
{
#ifdef __SSE2__
    if (s.n - 1 < 16 && end - s.p >= 16 && (unsigned char)(s.p[0] - '0') < 10) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)s.p);
        const unsigned other =
            ~(unsigned)_mm_movemask_epi8(hr_run_range(v, '0', 9)) & ((2u << (s.n - 1)) - 1);
        if (other == 0)
            return s.n == 1 || s.p[0] != '0';
        const unsigned at = (unsigned)__builtin_ctz(other);
        if (s.p[at] != '.' && (s.p[at] | 0x20) != 'e')
            return false;
        if (s.p[at] == '.' && (other & (other - 1)) == 0)
            return at + 1 < s.n && (at == 1 || s.p[0] != '0');
    }
#else
    (void)end;
#endif
    return hr_cell_is_literal(s);
}
/* May a string without escapes, of which this is the inside, stand without quotes? In a narrow column none has a space. `end`: of the text that it
   is part of. */
bool hr_cell_is_bare(hr_str inside, const char *end, unsigned place);

/* ---- reading them (columns_cells.c) */
/* Does a cell end at the beginning of s? */
bool hr_cell_ends(hr_str s, unsigned place);
/* Length of the string with quotes at the beginning of s; 0: there is none. */
size_t hr_cell_string(hr_str s);
/* The cell at the beginning of *s, as it stands, is taken off; false: it cannot be read, or does not end there. `end`: of the text that s, which ends
   at a line feed or there, is part of. */
bool hr_cell_take(hr_str *s, const char *end, unsigned place, hr_str *cell);

/* ---- the columns of an array of objects */
enum hr_column_kind {
    HR_COLUMN_LEAF,  /* a cell */
    HR_COLUMN_GROUP, /* an object in every row: its members are columns */
    HR_COLUMN_TABLE  /* mostly lists of objects: rows within the row */
};

typedef struct hr_column {
    hr_str key;           /* lexeme, quotes included */
    uint8_t key_number;   /* hr_node's */
    uint32_t next, child; /* 0: none */
    uint32_t children;
    uint32_t seen, objects, lists; /* rows that have the key; that have an object or a list there */
    uint32_t rows;                 /* of its children: objects, or the objects in its lists */
    bool mixed;                    /* its objects are no records */
    bool always;                   /* every row has it */
    bool narrow;                   /* a cell, and no string there has a space */
    bool constant;                 /* the same lexeme wherever it stands; once decided: in every row */
    enum hr_column_kind kind;
    hr_str first, last; /* lexemes: of the first row; of the row above, n 0: none that could be meant */
} hr_column;

/* Equal texts, most of which are short. */
static inline bool hr_column_same(hr_str a, hr_str b)
{
    if (a.n != b.n)
        return false;
    return a.n <= 8 ? hr_eight(a.p, a.n) == hr_eight(b.p, b.n) : memcmp(a.p, b.p, a.n) == 0;
}

typedef struct hr_schema {
    const hr_tree *tree;
    hr_column *list; /* [1] stands for the row itself; columns whose `seen` is 0 are not used */
    uint32_t n;
    uint32_t odd; /* elements that are no records */
    bool *is_odd; /* by position */
} hr_schema;

/* The columns of an array's elements. 1; 0: they are no table; HR_ENOMEM. Memory lives in the arena; `list` is used again. */
int hr_schema_learn(hr_schema *s, hr_arena *a, const hr_tree *t, uint32_t array);

/* Has this member the key of that column? */
static inline bool hr_column_is(const hr_schema *s, const hr_column *c, uint32_t member)
{
    const hr_node *m = &s->tree->nodes[member];

    if (m->key_number && c->key_number)
        return m->key_number == c->key_number;
    return m->key_len == c->key.n && memcmp(s->tree->text + m->key_off, c->key.p, c->key.n) == 0;
}

#endif
