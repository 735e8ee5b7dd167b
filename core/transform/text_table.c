/* text_table.c - see text_table.h. */
#include "transform/text_table.h"

#include <string.h>

#include "transform/eight.h"
#include "transform/line_words.h"
#include "transform/runs.h"

enum {
    LEAST_CELLS = 3,      /* where the divider stands in prose too; else two */
    ROWS_PERCENT = 90,    /* of the lines that are not blank have the cells of a row */
    REGULAR_PERCENT = 90, /* of a column's cells are of its kind */
    FEW_VALUES = 12       /* a column with no more of them is regular */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static hr_str trim(const char *p, const char *end)
{
    while (p < end && is_space(*p))
        p++;
    while (end > p && is_space(end[-1]))
        end--;
    return hr_str_make(p, (size_t)(end - p));
}

/* ------------------------------------------------------------------ cells */
static const char delimiters[HR_DIVIDE_SPACES] = {',', '\t', ';', '|'};

static uint32_t split_at(hr_str line, char delimiter, hr_str *cell)
{
    const char *p = line.p, *end = p + line.n;
    uint32_t n = 0;

    for (const char *q = p;; q++) {
        if (q < end && *q == '"' && trim(p, q).n == 0) { /* a quoted cell: "" is a quote inside */
            for (q++; q < end && (*q != '"' || (q + 1 < end && q[1] == '"')); q++)
                q += *q == '"';
            if (q >= end)
                return HR_TABLE_CELLS + 1; /* it goes on in the next line */
            continue;
        }
        if (q < end && *q != delimiter)
            continue;
        if (n == HR_TABLE_CELLS)
            return HR_TABLE_CELLS + 1;
        cell[n++] = trim(p, q);
        if (q == end)
            return n;
        p = q + 1;
    }
}

static uint32_t split_spaces(hr_str line, unsigned least, uint32_t most, hr_str *cell)
{
    hr_runs words = hr_runs_of(line, HR_RUN_BLACK);
    const char *behind = line.p; /* the last black byte */
    hr_str word;
    uint32_t n = 0;

    while (hr_runs_next(&words, HR_RUN_BLACK, &word)) {
        if (n == 0 || (n < most && (size_t)(word.p - behind) >= least)) {
            if (n == HR_TABLE_CELLS)
                return HR_TABLE_CELLS + 1;
            cell[n++] = word;
        }
        behind = word.p + word.n;
        cell[n - 1].n = (size_t)(behind - cell[n - 1].p);
        if (n == most) {
            cell[n - 1] = trim(cell[n - 1].p, line.p + line.n);
            break;
        }
    }
    return n;
}

uint32_t hr_text_cells(hr_str line, enum hr_divider divider, uint32_t most,
                       hr_str cell[static HR_TABLE_CELLS + 1])
{
    if (divider == HR_DIVIDE_WORDS)
        return split_spaces(line, 1, most, cell);
    if (divider == HR_DIVIDE_SPACES)
        return split_spaces(line, 2, HR_TABLE_CELLS + 2, cell);
    if (divider == HR_DIVIDE_BAR) { /* | a | b | as well as a | b */
        line = trim(line.p, line.p + line.n);
        if (line.n > 1 && line.p[0] == '|' && line.p[line.n - 1] == '|')
            line = hr_str_make(line.p + 1, line.n - 2);
    }
    return split_at(line, delimiters[divider], cell);
}

/* ------------------------------------------------------------------ is it a table? */
/* How many lines have how many cells. */
struct counts {
    uint32_t of[HR_TABLE_CELLS + 2], black; /* lines that are not empty */
};

/* The number of cells that most lines have, or at least have where the last one is the rest. 0: there is none. */
static uint32_t usual_cells(const struct counts *c, enum hr_divider divider)
{
    const uint32_t least = divider == HR_DIVIDE_TAB || divider == HR_DIVIDE_SPACES ? 2 : LEAST_CELLS;

    for (uint32_t n = HR_TABLE_CELLS, sum = 0; n >= least; n--) {
        sum = divider == HR_DIVIDE_WORDS ? sum + c->of[n] : c->of[n];
        if (c->black >= HR_TABLE_LEAST_ROWS && (uint64_t)sum * 100 >= (uint64_t)c->black * ROWS_PERCENT)
            return n;
    }
    return 0;
}

static uint32_t count_bits(uint64_t bits)
{
    return (uint32_t)__builtin_popcountll(bits);
}

/* The cells of a line as two spaces divide it, and as any white space does. */
static void count_spaced(hr_str line, uint32_t *spaced, uint32_t *words)
{
    enum { BLOCK = 64 };
    uint64_t before = 0; /* the last two bytes before the block are black: bits 0, 1, the nearer one lowest */

    *spaced = *words = 0;
    for (size_t at = 0; at < line.n; at += BLOCK) {
        const uint64_t black = hr_run_bits_up_to_64(line.p + at, line.n - at, at, HR_RUN_BLACK);
        const uint64_t first = black & ~(black << 1 | (before & 1));
        *words += count_bits(first);
        *spaced += count_bits(first & ~(black << 2 | (before & 1) << 1 | before >> 1));
        before = black >> (BLOCK - 1) | (black >> (BLOCK - 2) & 1) << 1;
    }
    *words = *words < HR_TABLE_CELLS ? *words : HR_TABLE_CELLS;
    *spaced = *spaced < HR_TABLE_CELLS + 1 ? *spaced : HR_TABLE_CELLS + 1;
}

static void count_all_spaced(const hr_str *line, uint32_t n, struct counts *spaced, struct counts *words)
{
    uint32_t s, w;

    for (uint32_t i = 0; i < n; i++) {
        if (line[i].n == 0)
            continue;
        count_spaced(line[i], &s, &w);
        spaced->of[s]++;
        words->of[w]++;
        spaced->black++;
        words->black++;
    }
}

/* The same for what a sign divides. Where the sign is not so frequent that enough lines could have enough cells, none is looked at. */
static void count_signed(const hr_str *line, uint32_t n, enum hr_divider divider, struct counts *c)
{
    const hr_str text = hr_str_make(line[0].p, (size_t)(line[n - 1].p + line[n - 1].n - line[0].p));
    const uint64_t least = divider == HR_DIVIDE_TAB ? 1 : LEAST_CELLS - 1;
    hr_str cell[HR_TABLE_CELLS + 1];

    for (uint32_t i = 0; i < n; i++)
        c->black += line[i].n > 0;
    if (hr_str_count(text, delimiters[divider]) * 100 < least * c->black * ROWS_PERCENT)
        return;
    for (uint32_t i = 0; i < n; i++)
        if (line[i].n > 0)
            c->of[hr_text_cells(line[i], divider, HR_TABLE_CELLS, cell)]++;
}

/* What the cells of one column have in common. */
struct column {
    uint32_t n, numbers, coded; /* coded: of the length of the first one, with a digit */
    size_t length;
    uint32_t few;  /* different values; FEW_VALUES + 1: more */
    uint32_t last; /* which of them the cell above has */
    hr_str value[FEW_VALUES];
    struct kind {
        bool number, coded;
    } kind[FEW_VALUES]; /* of each value */
};

static bool begins_number(hr_str s)
{
    size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+' || s.p[0] == '$');
    return i < s.n && is_digit(s.p[i]) && s.n <= 20;
}

/* The number that a cell begins with; 0: none. */
static uint64_t leading_number(hr_str s)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n && i < 12 && is_digit(s.p[i]); i++)
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    return v;
}

static struct kind kind_of(const struct column *c, hr_str cell)
{
    const bool number = begins_number(cell);
    uint64_t digit = number;

    for (size_t i = 0; cell.n == c->length && i < cell.n && !digit; i += 8)
        digit = hr_eight_digit(hr_eight(cell.p + i, cell.n - i < 8 ? cell.n - i : 8));
    return (struct kind){number, digit && cell.n == c->length};
}

static inline void look_at(struct column *c, hr_str cell)
{
    struct kind kind;
    uint32_t v = c->last;

    if (c->n++ == 0)
        c->length = cell.n;
    if (c->few > FEW_VALUES) {
        kind = kind_of(c, cell);
    } else {
        if (v >= c->few || !hr_word_is(c->value[v], cell))
            for (v = 0; v < c->few && !hr_word_is(c->value[v], cell);)
                v++;
        kind = v < c->few ? c->kind[v] : kind_of(c, cell);
        c->last = v;
        if (v == c->few && c->few++ < FEW_VALUES) {
            c->value[v] = cell;
            c->kind[v] = kind;
        }
    }
    c->numbers += kind.number;
    c->coded += kind.coded;
}

static bool is_regular(const struct column *c)
{
    uint64_t most = (uint64_t)c->n * REGULAR_PERCENT;
    return c->few <= FEW_VALUES || c->numbers * 100ull >= most || c->coded * 100ull >= most;
}

/* Words make a table where half of the columns are regular, one of them is of numbers, and the first does not count lines below no name of its
   own: a file that is shown with its numbers has readers for each line. */
static int are_columns(const hr_text_table *t, hr_arena *a, hr_watch *watch)
{
    uint32_t regular = 0, numeric = 0, columns = t->cells - (t->divider == HR_DIVIDE_WORDS);
    struct column *c = hr_arena_zalloc(a, t->cells * sizeof *c);
    uint32_t counted = 0; /* first cells that are one more than the one above */
    uint64_t above = 0;

    if (!c)
        return HR_ENOMEM;
    for (uint32_t r = 0; r < t->n; r++) {
        const hr_str *cell = hr_text_row(t, r);
        const uint64_t number = leading_number(cell[0]);
        counted += number == above + 1;
        above = number;
        for (uint32_t i = 0; i < columns; i++)
            look_at(&c[i], cell[i]);
        if (hr_watch_spend(watch, t->line[t->row[r]].n))
            return HR_ETIME;
    }
    for (uint32_t i = 0; i < columns; i++) {
        regular += is_regular(&c[i]);
        numeric += c[i].numbers * 100ull >= (uint64_t)c[i].n * REGULAR_PERCENT;
    }
    const bool counts = t->header == UINT32_MAX && counted * 100ull >= (uint64_t)t->n * REGULAR_PERCENT;
    if (regular * 2 < columns || regular < 1 || (counts && t->divider >= HR_DIVIDE_SPACES))
        return 0;
    return t->divider != HR_DIVIDE_WORDS || (numeric >= 1 && regular >= 2);
}

/* Names of columns hold no digits and are all different. */
static bool is_header(const hr_text_table *t, hr_str line)
{
    hr_str cell[HR_TABLE_CELLS + 1];
    uint32_t n = hr_text_cells(line, t->divider, t->cells, cell);

    for (uint32_t i = 0; i < n && i < t->cells; i++) {
        if (cell[i].n == 0 || begins_number(cell[i]))
            return false;
        for (uint32_t k = 0; k < i; k++)
            if (hr_str_eq(cell[i], cell[k]))
                return false;
    }
    for (size_t i = 0; i < line.n; i++)
        if (is_digit(line.p[i]))
            return false;
    return n == t->cells;
}

/* 0, HR_ENOMEM. */
static int find_rows(hr_text_table *t, hr_arena *a)
{
    hr_str *cell = hr_arena_alloc(a, ((size_t)t->lines * t->cells + HR_TABLE_CELLS + 1) * sizeof *cell);

    t->cell = cell;
    t->n = 0;
    t->header = UINT32_MAX;
    for (uint32_t i = 0; cell && i < t->lines; i++) {
        if (hr_text_cells(t->line[i], t->divider, t->cells, cell) != t->cells)
            continue;
        if (t->n == 0 && t->header == UINT32_MAX && is_header(t, t->line[i])) {
            t->header = i;
        } else {
            t->row[t->n++] = i;
            cell += t->cells;
        }
    }
    return cell ? 0 : HR_ENOMEM;
}

int hr_text_table_read(hr_text_table *t, hr_arena *a, const hr_str *line, uint32_t n, hr_watch *watch)
{
    struct counts spaced = {{0}, 0}, words = {{0}, 0};

    *t = (hr_text_table){.line = line, .lines = n};
    if (n < HR_TABLE_LEAST_ROWS)
        return 0;
    t->row = hr_arena_alloc(a, n * sizeof *t->row);
    if (!t->row)
        return HR_ENOMEM;
    for (int d = 0; d < HR_DIVIDERS; d++) {
        struct counts signs = {{0}, 0};
        t->divider = (enum hr_divider)d;
        if (d < HR_DIVIDE_SPACES)
            count_signed(line, n, t->divider, &signs);
        else if (d == HR_DIVIDE_SPACES)
            count_all_spaced(line, n, &spaced, &words);
        t->cells = usual_cells(d < HR_DIVIDE_SPACES    ? &signs
                               : d == HR_DIVIDE_SPACES ? &spaced
                                                       : &words,
                               t->divider);
        if (t->cells == 0)
            continue;
        int r = find_rows(t, a);
        if (r == 0 && t->n >= HR_TABLE_LEAST_ROWS)
            r = are_columns(t, a, watch);
        if (r != 0)
            return r;
    }
    return 0;
}
