/* form_columns_read.c - tables back to the JSON that they were, in its white space. The form is described in form_columns.c.

   What is read may be anybody's: nesting is bounded, each cell ends where it must, and the buffer's maximum stops what grows. */
#include <string.h>

#include "transform/columns.h"
#include "transform/form_table.h"
#include "transform/lines.h"
#include "json/lex.h"

struct column {
    hr_str key;
    bool bare;             /* the key stands without quotes */
    size_t lead, lead_len; /* in reader.leads: comma, white space, key and colon; lead_len 0: not yet made */
    bool narrow;           /* a space ends its cells */
    enum hr_column_kind kind;
    hr_str constant; /* the cell of every row; n 0: none */
    hr_str last;     /* the cell of the row above; n 0: there is none that could be meant */
    uint32_t next, child;
};

struct reader {
    hr_buf *b;
    const hr_style *style;
    hr_str tables;   /* lines not yet read */
    const char *end; /* of them */
    uint32_t number;
    struct column *list; /* [1] is the row itself */
    uint32_t n;
    hr_buf leads;
    uint32_t named; /* the cell named last, where nothing else was named since; else 0 */
};

/* A row as it is read. */
struct row {
    hr_str rest;
    unsigned place;
    bool begun;
    char divider; /* behind the last cell */
};

/* ------------------------------------------------------------------ white space */
static void put_feed(struct reader *r, size_t depth)
{
    size_t n = depth * r->style->wide;

    if (r->style->wide == 0 || hr_buf_reserve(r->b, n + 1) < 0)
        return;
    r->b->data[r->b->len] = '\n';
    memset(r->b->data + r->b->len + 1, r->style->fill, n);
    r->b->len += n + 1;
}

/* Before an item of a container. */
static void put_between(struct reader *r, bool first, size_t depth)
{
    if (!first)
        hr_buf_putc(r->b, ',');
    if (r->style->wide)
        put_feed(r, depth);
    else if (!first && r->style->space)
        hr_buf_putc(r->b, ' ');
}

static void put_colon(struct reader *r)
{
    hr_buf_add(r->b, ": ", r->style->space ? 2 : 1);
}

static int put_table(struct reader *r, hr_str number, size_t depth);

/* JSON without white space, and @N in the place of a value where that is allowed, in the text's style. 1, 0, HR_ENOMEM. */
static int put_json(struct reader *r, hr_str json, size_t depth, bool with_tables)
{
    const char *p = json.p, *end = p + json.n, *q;
    const size_t floor = depth;
    bool escaped;
    int found;

    while (p < end && !r->b->err) {
        char c = *p++;
        switch (c) {
        case '"':
            if (!(q = hr_lex_skip(p, end, &escaped)))
                return 0;
            hr_buf_add(r->b, p - 1, (size_t)(q + 2 - p));
            p = q + 1;
            break;
        case '{':
        case '[':
            hr_buf_putc(r->b, c);
            if (p < end && *p == c + 2) { /* its end, in ASCII */
                hr_buf_putc(r->b, *p++);
                break;
            }
            if (++depth > HR_MAX_DEPTH)
                return 0;
            put_between(r, true, depth);
            break;
        case '}':
        case ']':
            if (depth-- == floor)
                return 0;
            put_feed(r, depth);
            hr_buf_putc(r->b, c);
            break;
        case ',':
            put_between(r, false, depth);
            break;
        case ':':
            put_colon(r);
            break;
        case '@':
            q = hr_lex_digits(p, end);
            found = with_tables ? put_table(r, hr_str_make(p, (size_t)(q - p)), depth) : 0;
            if (found != 1)
                return found;
            p = q;
            break;
        default:
            hr_buf_putc(r->b, c);
        }
    }
    return r->b->err ? HR_ENOMEM : depth == floor;
}

/* ------------------------------------------------------------------ cells */
static void put_quoted(hr_buf *b, hr_str inside)
{
    if (hr_buf_reserve(b, inside.n + 2) < 0)
        return;
    b->data[b->len++] = '"';
    hr_buf_short(b, inside.p, inside.n);
    b->data[b->len++] = '"';
}

/* What a cell stands for. 1, 0, HR_ENOMEM. */
static int put_value(struct reader *r, hr_str cell, size_t depth)
{
    switch (cell.p[0]) {
    case '{':
    case '[':
        return put_json(r, cell, depth, false);
    case '"':
        hr_buf_str(r->b, cell);
        return cell.n > 1;
    case HR_CELL_QUOTED:
        hr_buf_add(r->b, cell.p + 1, cell.n - 1);
        return 1;
    default:
        if (hr_cell_may_be_literal(cell.p[0]) && hr_cell_is_literal(cell))
            hr_buf_short(r->b, cell.p, cell.n);
        else
            put_quoted(r->b, cell);
        return 1;
    }
}

/* ------------------------------------------------------------------ "@N ROWS COLUMNS" */
static uint32_t add_column(struct reader *r, uint32_t parent, uint32_t before, hr_str *s)
{
    hr_str key;
    bool bare = s->n > 0 && s->p[0] != '"';
    size_t n = bare ? 0 : hr_cell_string(*s);

    while (bare && n < s->n && !(hr_cell_stops[(unsigned char)s->p[n]] & HR_CELL_KEY))
        n++;
    if (n == 0 || r->n == HR_COLUMNS_MOST)
        return 0;
    key = hr_str_make(s->p, n);
    *s = hr_str_make(s->p + n, s->n - n);
    r->list[r->n] = (struct column){.key = key, .bare = bare};
    *(before ? &r->list[before].next : &r->list[parent].child) = r->n;
    return r->n++;
}

/* COLUMNS up to `end` (0: the end of the line), which is taken off too. */
static bool read_columns(struct reader *r, hr_str *s, uint32_t parent, char end, unsigned depth)
{
    uint32_t at = 0;

    if (depth > HR_COLUMNS_DEPTH)
        return false;
    for (;;) {
        if (!(at = add_column(r, parent, at, s)))
            return false;
        char c = s->n ? s->p[0] : 0;
        if (c == '=' || c == '{' || c == '[')
            *s = hr_str_make(s->p + 1, s->n - 1);
        r->named = c == '=' ? 0 : at;
        if (c == '=' && !hr_cell_take(s, r->end, HR_CELL_INNER, &r->list[at].constant))
            return false;
        if (c == '{' || c == '[') {
            r->list[at].kind = c == '{' ? HR_COLUMN_GROUP : HR_COLUMN_TABLE;
            if (!read_columns(r, s, at, c == '{' ? '}' : ']', depth + 1))
                return false;
            if (c == '[')
                r->named = 0;
        }
        if (s->n == 0)
            return end == 0;
        c = s->p[0];
        *s = hr_str_make(s->p + 1, s->n - 1);
        if (c == ' ' && r->named)
            r->list[r->named].narrow = true;
        else if (c != ',')
            return c == end;
    }
}

/* ------------------------------------------------------------------ rows */
/* Is there a cell to be read? Else the row is at its end, or cannot be read: whoever goes on behind it will see. */
static bool next_cell(struct row *row, bool narrow)
{
    if (row->begun) {
        if (row->rest.n == 0 || row->rest.p[0] != row->divider)
            return false;
        row->rest = hr_str_make(row->rest.p + 1, row->rest.n - 1);
    }
    row->begun = true;
    row->divider = narrow ? ' ' : ',';
    return true;
}

static int put_list(struct reader *r, struct row *row, uint32_t column, size_t depth);

static int put_object(struct reader *r, struct row *row, uint32_t parent, size_t depth);

enum { PART = 16 }; /* bytes that are copied at once */

/* A column stands at one depth, so that what stands before its values is made once. */
static void make_lead(struct reader *r, struct column *c, size_t depth)
{
    hr_buf *b = r->b;

    r->b = &r->leads;
    c->lead = r->leads.len;
    put_between(r, false, depth);
    if (c->bare)
        put_quoted(r->b, c->key);
    else
        hr_buf_str(r->b, c->key);
    put_colon(r);
    c->lead_len = r->leads.len - c->lead;
    hr_buf_reserve(r->b, 2 * PART); /* put_short() */
    r->b = b;
}

/* Of a lead, where no comma stands before the key. */
static inline size_t comma_length(const struct reader *r)
{
    return r->style->space && !r->style->wide ? 2 : 1;
}

static void put_key(struct reader *r, struct column *c, bool first, size_t depth)
{
    const size_t skip = first ? comma_length(r) : 0;

    if (c->lead_len == 0)
        make_lead(r, c, depth);
    if (r->leads.err)
        r->b->err = HR_ENOMEM;
    else
        hr_buf_short(r->b, r->leads.data + c->lead + skip, c->lead_len - skip);
}

/* Key and value, where both are short, as most are, and the cell is a word, a number or text. false: nothing was done. */
static inline bool put_short(struct reader *r, const struct column *c, bool first, hr_str cell)
{
    const size_t skip = first ? comma_length(r) : 0, lead = c->lead_len - skip;
    const char begin = cell.p[0];

    if (c->lead_len == 0 || lead > 2 * PART || cell.n > PART || r->end - cell.p < PART || r->leads.err ||
        begin == '{' || begin == '[' || begin == '"' || begin == HR_CELL_QUOTED ||
        r->b->cap - r->b->len < 4 * PART)
        return false;
    const char *from = r->leads.data + c->lead + skip;
    const bool bare = hr_cell_may_be_literal(begin) && hr_cell_is_literal_inside(cell, r->end);
    char *to = r->b->data + r->b->len;
    memcpy(to, from, PART);
    memcpy(to + PART, from + PART, PART);
    to += lead;
    *to = '"';
    memcpy(to + !bare, cell.p, PART);
    to += !bare + cell.n;
    *to = '"';
    r->b->len = (size_t)(to + !bare - r->b->data);
    return true;
}

/* A member that has a cell; *first: none was written before. 1, 0, HR_ENOMEM. */
static int put_member(struct reader *r, struct row *row, uint32_t column, bool *first, size_t depth)
{
    struct column *c = &r->list[column];
    hr_str cell = {0};
    bool more = next_cell(row, c->narrow);

    if (more && c->kind == HR_COLUMN_TABLE && row->rest.n > 0 && row->rest.p[0] == '[') {
        put_key(r, c, *first, depth);
        *first = false;
        c->last = (hr_str){0};
        return put_list(r, row, column, depth);
    }
    if (more &&
        !hr_cell_take(&row->rest, r->end, c->narrow ? row->place | HR_CELL_NARROW : row->place, &cell))
        return 0;
    if (!more || (cell.n == 1 && cell.p[0] == HR_CELL_SAME))
        cell = c->last;
    if (cell.n == 0)
        return 0;
    c->last = cell;
    if (cell.n == 1 && cell.p[0] == HR_CELL_ABSENT)
        return 1;
    if (!put_short(r, c, *first, cell)) {
        put_key(r, c, *first, depth);
        *first = false;
        return put_value(r, cell, depth);
    }
    *first = false;
    return 1;
}

static int put_object(struct reader *r, struct row *row, uint32_t parent, size_t depth)
{
    bool first = true;
    int ok = 1;

    hr_buf_putc(r->b, '{');
    for (uint32_t i = r->list[parent].child; i && ok == 1; i = r->list[i].next) {
        struct column *c = &r->list[i];
        if (c->kind != HR_COLUMN_GROUP && c->constant.n == 0) {
            ok = put_member(r, row, i, &first, depth + 1);
            continue;
        }
        if (c->kind == HR_COLUMN_GROUP || !put_short(r, c, first, c->constant)) {
            put_key(r, c, first, depth + 1);
            ok = c->kind == HR_COLUMN_GROUP ? put_object(r, row, i, depth + 1)
                                            : put_value(r, c->constant, depth + 1);
        }
        first = false;
    }
    if (!first)
        put_feed(r, depth);
    hr_buf_putc(r->b, '}');
    return r->b->err ? HR_ENOMEM : ok;
}

/* One object from the row; what is behind its last cell stays in row->rest. 1, 0, HR_ENOMEM. */
static int put_row(struct reader *r, struct row *row, uint32_t parent, size_t depth)
{
    row->begun = false;
    int ok = put_object(r, row, parent, depth);
    if (ok == 1 && !row->begun) { /* all is constant */
        if (row->rest.n == 0 || row->rest.p[0] != HR_CELL_SAME)
            return 0;
        row->rest = hr_str_make(row->rest.p + 1, row->rest.n - 1);
    }
    return ok;
}

/* "[row;row]" at the row's rest. */
static int put_list(struct reader *r, struct row *row, uint32_t column, size_t depth)
{
    struct row inner = {.rest = hr_str_make(row->rest.p + 1, row->rest.n - 1), .place = HR_CELL_INNER};
    bool first = true;
    int ok = 1;

    hr_buf_putc(r->b, '[');
    while (ok == 1) {
        char c = inner.rest.n ? inner.rest.p[0] : 0;
        if (first && c == ']')
            break;
        put_between(r, first, depth + 1);
        first = false;
        ok = put_row(r, &inner, column, depth + 1);
        c = inner.rest.n ? inner.rest.p[0] : 0;
        if (ok != 1 || c == ']')
            break;
        if (c != ';')
            return 0;
        inner.rest = hr_str_make(inner.rest.p + 1, inner.rest.n - 1);
    }
    if (ok != 1)
        return ok;
    if (!first)
        put_feed(r, depth);
    hr_buf_putc(r->b, ']');
    row->rest = hr_str_make(inner.rest.p + 1, inner.rest.n - 1);
    return hr_cell_ends(row->rest, row->place);
}

/* ------------------------------------------------------------------ tables */
/* A decimal number without leading zeros and what stands behind it, a space, are taken off. */
static bool take_number(hr_str *s, uint32_t *out)
{
    enum { MOST_DIGITS = 9 };
    const char *end = hr_lex_digits(s->p, s->p + s->n);
    size_t n = (size_t)(end - s->p);

    *out = 0;
    if (n == 0 || n > MOST_DIGITS || s->p[0] == '0' || n == s->n || *end != ' ')
        return false;
    for (size_t i = 0; i < n; i++)
        *out = *out * 10 + (uint32_t)(s->p[i] - '0');
    *s = hr_str_make(end + 1, s->n - n - 1);
    return true;
}

static int put_line(struct reader *r, hr_str line, size_t depth)
{
    struct row row = {.rest = line, .place = HR_CELL_ROW};

    if (line.n > 0 && line.p[0] == HR_CELL_WHOLE)
        return line.n > 1 ? put_json(r, hr_str_make(line.p + 1, line.n - 1), depth, false) : 0;
    int ok = put_row(r, &row, 1, depth);
    return ok == 1 ? row.rest.n == 0 : ok;
}

/* The next table, whose number the text names as `digits`. 1, 0, HR_ENOMEM. */
static int put_table(struct reader *r, hr_str digits, size_t depth)
{
    hr_str line, name;
    uint32_t number, rows;
    bool ended, lines = r->style->lines;
    int ok = 1;

    if (!hr_line_next(&r->tables, &line, &ended) || line.n == 0 || line.p[0] != '@')
        return 0;
    name = line = hr_str_make(line.p + 1, line.n - 1);
    if (!take_number(&line, &number) || number != ++r->number)
        return 0;
    name.n = (size_t)(line.p - name.p) - 1;
    r->n = 2;
    r->leads.len = 0;
    r->list[1] = (struct column){0};
    if (!hr_str_eq(name, digits) || !take_number(&line, &rows) || !read_columns(r, &line, 1, 0, 0))
        return 0;
    if (!lines)
        hr_buf_putc(r->b, '[');
    for (uint32_t i = 0; i < rows && ok == 1; i++) {
        if (!hr_line_next(&r->tables, &line, &ended))
            return 0;
        if (!lines)
            put_between(r, i == 0, depth + 1);
        else if (i > 0)
            hr_buf_putc(r->b, '\n');
        ok = put_line(r, line, lines ? depth : depth + 1);
    }
    if (lines)
        return ok;
    put_feed(r, depth);
    hr_buf_putc(r->b, ']');
    return ok;
}

int hr_columns_read(hr_buf *b, hr_str body, const hr_style **compact)
{
    struct reader r = {.b = b, .tables = body, .end = body.p + body.n};
    hr_str line;
    bool ended;

    if (!hr_line_next(&r.tables, &line, &ended) || !(r.style = hr_style_take(&line)) ||
        (r.style->lines && !hr_str_is(line, "@1")))
        return 0;
    if (compact) {
        *compact = r.style;
        r.style = r.style->wide ? hr_styles : r.style;
    }
    if (!(r.list = hr_malloc(HR_COLUMNS_MOST * sizeof *r.list)))
        return HR_ENOMEM;
    int ok = put_json(&r, line, 0, true);
    hr_free(r.list);
    hr_buf_free(&r.leads);
    return b->err ? HR_ENOMEM : ok == 1 ? r.tables.n == 0 && !ended == (r.number == 0) : ok;
}

int hr_columns_decode(hr_buf *b, hr_str body)
{
    return hr_columns_read(b, body, NULL);
}

int hr_style_put(hr_buf *b, hr_str compact, const hr_style *style)
{
    struct reader r = {.b = b, .style = style};

    return put_json(&r, compact, 0, false);
}
