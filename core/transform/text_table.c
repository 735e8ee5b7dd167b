/* text_table.c - see text_table.h. */
#include "transform/text_table.h"

#include <string.h>

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
    const char *p = line.p, *end = p + line.n;
    uint32_t n = 0;

    while (p < end && is_space(*p))
        p++;
    while (p < end) {
        const char *q = p, *gap = p;
        if (n == HR_TABLE_CELLS)
            return HR_TABLE_CELLS + 1;
        while (q < end &&
               (n + 1 == most || (unsigned)(q - gap) < least)) /* gap: behind the last black byte */
            if (!is_space(*q++))
                gap = q;
        cell[n++] = hr_str_make(p, (size_t)(gap - p));
        for (p = q; p < end && is_space(*p);)
            p++;
    }
    return n;
}

uint32_t hr_text_cells(hr_str line, enum hr_divider divider, uint32_t most,
                       hr_str cell[static HR_TABLE_CELLS + 1])
{
    static const char delimiters[HR_DIVIDE_SPACES] = {',', '\t', ';', '|'};

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
/* The number of cells that most lines have, or at least have where the last one is the rest. 0: there is none. */
static uint32_t usual_cells(const hr_str *line, uint32_t n, enum hr_divider divider)
{
    uint32_t count[HR_TABLE_CELLS + 2] = {0}, black = 0;
    hr_str cell[HR_TABLE_CELLS + 1];

    for (uint32_t i = 0; i < n; i++) {
        uint32_t cells = hr_text_cells(line[i], divider, HR_TABLE_CELLS, cell);
        if (line[i].n == 0)
            continue;
        black++;
        count[cells]++;
    }
    const uint32_t least = divider == HR_DIVIDE_TAB || divider == HR_DIVIDE_SPACES ? 2 : LEAST_CELLS;
    for (uint32_t c = HR_TABLE_CELLS, sum = 0; c >= least; c--) {
        sum = divider == HR_DIVIDE_WORDS ? sum + count[c] : count[c];
        if (black >= HR_TABLE_LEAST_ROWS && (uint64_t)sum * 100 >= (uint64_t)black * ROWS_PERCENT)
            return c;
    }
    return 0;
}

/* What the cells of one column have in common. */
struct column {
    uint32_t n, numbers, counted,
        coded;      /* counted: one more than above; coded: of the length of the first one, with a digit */
    uint64_t above; /* the number of the cell above */
    size_t length;
    uint32_t few; /* different values; FEW_VALUES + 1: more */
    hr_str value[FEW_VALUES];
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

static void look_at(struct column *c, hr_str cell)
{
    bool digit = false;
    uint32_t v = 0;

    for (size_t i = 0; i < cell.n && !digit; i++)
        digit = is_digit(cell.p[i]);
    if (c->n++ == 0)
        c->length = cell.n;
    c->numbers += begins_number(cell);
    const uint64_t number = leading_number(cell);
    c->counted += number == c->above + 1;
    c->above = number;
    c->coded += digit && cell.n == c->length;
    if (c->few > FEW_VALUES)
        return;
    while (v < c->few && !hr_str_eq(c->value[v], cell))
        v++;
    if (v == c->few && c->few++ < FEW_VALUES)
        c->value[v] = cell;
}

static bool is_regular(const struct column *c)
{
    uint64_t most = (uint64_t)c->n * REGULAR_PERCENT;
    return c->few <= FEW_VALUES || c->numbers * 100ull >= most || c->coded * 100ull >= most;
}

/* Words make a table where half of the columns are regular, one of them is of numbers, and the first does not count lines: a file that is
   shown with its numbers has readers for each line. */
static int are_columns(const hr_text_table *t, hr_arena *a, hr_watch *watch)
{
    uint32_t regular = 0, numeric = 0, columns = t->cells - (t->divider == HR_DIVIDE_WORDS);
    struct column *c = hr_arena_zalloc(a, t->cells * sizeof *c);
    hr_str cell[HR_TABLE_CELLS + 1];

    if (!c)
        return HR_ENOMEM;
    for (uint32_t r = 0; r < t->n; r++) {
        hr_text_cells(t->line[t->row[r]], t->divider, t->cells, cell);
        for (uint32_t i = 0; i < columns; i++)
            look_at(&c[i], cell[i]);
        if (hr_watch_spend(watch, t->line[t->row[r]].n))
            return HR_ETIME;
    }
    for (uint32_t i = 0; i < columns; i++) {
        regular += is_regular(&c[i]);
        numeric += c[i].numbers * 100ull >= (uint64_t)c[i].n * REGULAR_PERCENT;
    }
    const bool counts = c[0].counted * 100ull >= (uint64_t)c[0].n * REGULAR_PERCENT;
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

static void find_rows(hr_text_table *t)
{
    hr_str cell[HR_TABLE_CELLS + 1];

    t->n = 0;
    t->header = UINT32_MAX;
    for (uint32_t i = 0; i < t->lines; i++) {
        if (hr_text_cells(t->line[i], t->divider, t->cells, cell) != t->cells)
            continue;
        if (t->n == 0 && t->header == UINT32_MAX && is_header(t, t->line[i]))
            t->header = i;
        else
            t->row[t->n++] = i;
    }
}

int hr_text_table_read(hr_text_table *t, hr_arena *a, const hr_str *line, uint32_t n, hr_watch *watch)
{
    *t = (hr_text_table){.line = line, .lines = n};
    if (n < HR_TABLE_LEAST_ROWS)
        return 0;
    t->row = hr_arena_alloc(a, n * sizeof *t->row);
    if (!t->row)
        return HR_ENOMEM;
    for (int d = 0; d < HR_DIVIDERS; d++) {
        t->divider = (enum hr_divider)d;
        t->cells = usual_cells(line, n, t->divider);
        if (t->cells == 0)
            continue;
        find_rows(t);
        int r = t->n < HR_TABLE_LEAST_ROWS ? 0 : are_columns(t, a, watch);
        if (r != 0)
            return r;
    }
    return 0;
}
