/* table_fields.c - see table_fields.h.

     cells of a column -> different values, each described once -> cells and nodes -> a path of each unit */
#include "transform/table_fields.h"

#include <string.h>

#include "transform/eight.h"
#include "transform/line_words.h"
#include "transform/number.h"
#include "json/json.h"

enum { MOST_TEXT = 1 << 30, NO_UNIT = 255 };

/* A column while it is read. */
struct column {
    hr_str name; /* between its quotes, as JSON spells it */
    hr_str unit[HR_TABLE_UNITS];
    uint32_t cells[HR_TABLE_UNITS]; /* how many have that unit */
    uint32_t units, last;           /* last: the unit met last */
};

struct reading {
    hr_table_fields *out;
    hr_arena *a;
    const hr_text_table *t;
    hr_str text;
    hr_watch *watch;
    hr_node *node; /* of all columns */
    uint32_t nodes;
    hr_value_table *values;
    uint8_t *of_cell, *unit_of; /* of the column at hand, for each row */
};

/* ------------------------------------------------------------------ cells as JSON spells them */
/* The name of column i, or c and its number. */
static int name_column(struct reading *r, const hr_str *header, uint32_t i, hr_str *name)
{
    hr_buf b = {0};

    hr_string_encode(&b, header[i]);
    if (header[i].n == 0) {
        hr_buf_putc(&b, 'c');
        hr_buf_u64(&b, i);
    }
    *name = hr_str_make(b.err ? NULL : hr_arena_dup(r->a, b.data, b.len), b.len);
    hr_buf_free(&b);
    return name->p ? 0 : HR_ENOMEM;
}

/* Nothing in it that JSON spells otherwise. */
static bool is_plain(hr_str s)
{
    uint64_t other = 0;

    for (size_t i = 0; i < s.n; i += 8) {
        const uint64_t v =
            hr_eight(s.p + i, s.n - i < 8 ? s.n - i : 8) | (s.n - i < 8 ? HR_EIGHT(' ') << (s.n - i) * 8 : 0);
        const uint64_t quote = v ^ HR_EIGHT('"'), slash = v ^ HR_EIGHT('\\');
        other |= (v - HR_EIGHT(0x20)) & ~v; /* control characters */
        other |= ((quote - HR_EIGHT(1)) & ~quote) | ((slash - HR_EIGHT(1)) & ~slash);
    }
    return (other & HR_EIGHT(0x80)) == 0;
}

/* The unit's number in its column; NO_UNIT: there are too many. */
static uint32_t unit_of(struct column *c, hr_str unit)
{
    if (c->last < c->units && hr_str_eq(c->unit[c->last], unit))
        return c->last;
    for (c->last = 0; c->last < c->units; c->last++)
        if (hr_str_eq(c->unit[c->last], unit))
            return c->last;
    if (c->units == HR_TABLE_UNITS)
        return NO_UNIT;
    c->unit[c->units++] = unit;
    return c->last;
}

/* The node of a cell, and its unit. The copy of the text has one byte before the text, and one behind it. */
static void describe(struct reading *r, struct column *c, hr_str cell, hr_node *node, uint8_t *unit)
{
    hr_buf *b = &r->out->copy;
    const uint32_t at = (uint32_t)(cell.p - r->text.p) + 1;
    const size_t n = hr_number_of_word(cell);

    *unit = (uint8_t)unit_of(c, n ? hr_str_make(cell.p + n, cell.n - n) : (hr_str){0});
    if (n) {
        *node = (hr_node){.type = HR_JSON_NUMBER, .off = at, .len = (uint32_t)n};
    } else if (is_plain(cell)) {
        *node = (hr_node){.type = HR_JSON_STRING, .off = at - 1, .len = (uint32_t)cell.n + 2};
        b->data[at - 1] = b->data[at + cell.n] = '"';
    } else {
        *node = (hr_node){.type = HR_JSON_STRING, .off = (uint32_t)b->len};
        hr_buf_putc(b, '"');
        hr_string_encode(b, cell);
        hr_buf_putc(b, '"');
        node->len = (uint32_t)b->len - node->off;
        node->escaped = node->len > cell.n + 2;
    }
}

/* ------------------------------------------------------------------ columns */
/* Cells of column i, a node for each, or for each of its values where they are few. Most say what the one above says. */
static int read_cells(struct reading *r, struct column *c, uint32_t i, hr_cell *cell)
{
    hr_value_table *v = r->values;
    uint32_t node_of[HR_VALUES_MAX], node = 0, k = HR_VALUES_MAX,
                                     again = 0; /* again: as above, not yet counted */
    hr_str above = {0};
    uint8_t unit = 0;
    bool few = true;

    hr_value_table_clear(v);
    for (uint32_t row = 0; row < r->t->n; row++) {
        const hr_str s = hr_text_row(r->t, row)[i];
        if (few && row > 0 && hr_word_is(s, above)) {
            again++;
        } else {
            hr_value_table_count(v, k, again);
            again = 0;
            above = s;
            const uint32_t known = v->n;
            k = few ? hr_value_table_add(v, s, row) : HR_VALUES_MAX;
            few = k < HR_VALUES_MAX;
            if (k < known) {
                node = node_of[k];
                unit = r->unit_of[v->first[k]];
            } else {
                node = r->nodes++;
                if (r->out->copy.err) /* it could not grow, and is gone */
                    return HR_ENOMEM;
                describe(r, c, s, &r->node[node], &unit);
                if (few)
                    node_of[k] = node;
            }
        }
        cell[row] = (hr_cell){row, node};
        r->of_cell[row] = (uint8_t)k;
        r->unit_of[row] = unit;
    }
    for (uint32_t row = 0; c->units > 1 && row < r->t->n; row++)
        if (r->unit_of[row] != NO_UNIT)
            c->cells[r->unit_of[row]]++;
    if (c->units == 1)
        c->cells[0] = r->t->n;
    hr_value_table_count(v, k, again);
    if (hr_watch_spend(r->watch, (size_t)r->t->n * 8))
        return HR_ETIME;
    return r->out->copy.err ? HR_ENOMEM : r->out->copy.len > UINT32_MAX ? HR_ELIMIT : 0;
}

/* A path for the cells of one unit. */
static int add_path(struct reading *r, const struct column *c, uint32_t unit, const hr_cell *cell)
{
    hr_fields *f = &r->out->fields;
    hr_path *p = &f->paths[f->n++];
    hr_buf name = {0};

    *p = (hr_path){.key = c->name, .cells = cell, .n = c->cells[unit], .rows = c->cells[unit], .depth = 1};
    for (uint32_t i = 0, last = UINT32_MAX; i < p->n; i++) {
        if (cell[i].node == last)
            continue;
        last = cell[i].node;
        p->types |= (uint8_t)(1u << r->node[last].type);
        p->empty = p->empty || hr_is_empty(&r->node[last]);
    }
    if (c->unit[unit].n == 0)
        return 0;
    hr_buf_str(&name, c->name);
    hr_buf_putc(&name, ' ');
    hr_buf_str(&name, c->unit[unit]);
    p->key = hr_str_make(name.err ? NULL : hr_arena_dup(r->a, name.data, name.len), name.len);
    hr_buf_free(&name);
    return p->key.p ? 0 : HR_ENOMEM;
}

static int read_column(struct reading *r, struct column *c, uint32_t i)
{
    const uint32_t n = r->t->n;
    hr_cell *cell = hr_arena_alloc(r->a, n * sizeof *cell);
    int err = cell ? read_cells(r, c, i, cell) : HR_ENOMEM;

    if (err == 0 && c->units == 1) {
        hr_path *p = &r->out->fields.paths[r->out->fields.n];
        err = add_path(r, c, 0, cell);
        p->values.told = true;
        if (err == 0 && r->values->total == n)
            err = hr_values_keep(&p->values, r->a, r->values, r->of_cell, n);
        return err;
    }
    for (uint32_t unit = 0; err == 0 && unit < c->units; unit++) {
        hr_cell *own = hr_arena_alloc(r->a, (c->cells[unit] + 1u) * sizeof *own);
        for (uint32_t row = 0, k = 0; own && row < n; row++)
            if (r->unit_of[row] == unit)
                own[k++] = cell[row];
        err = own ? add_path(r, c, unit, own) : HR_ENOMEM;
    }
    return err;
}

/* The list of values was made of cells; it is of lexemes. */
static void spell_values(const hr_fields *f)
{
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k];
        for (uint32_t i = 0; i < p->values.n; i++)
            p->values.text[i] = hr_cell_text(f, &p->cells[p->values.first[i]]);
    }
}

/* Paths in the order in which a reader of the rows meets them. */
static void order_paths(hr_fields *f)
{
    for (uint32_t k = 2; k < f->n; k++) {
        const hr_path p = f->paths[k];
        uint32_t at = k;
        for (; at > 1 && f->paths[at - 1].cells[0].row > p.cells[0].row; at--)
            f->paths[at] = f->paths[at - 1];
        f->paths[at] = p;
    }
}

static int read_columns(struct reading *r)
{
    const hr_text_table *t = r->t;
    hr_fields *f = &r->out->fields;
    hr_str header[HR_TABLE_CELLS + 1] = {{0}};
    int err = 0;

    if (t->header != UINT32_MAX)
        hr_text_cells(t->line[t->header], t->divider, t->cells, header);
    f->paths[0] = (hr_path){.rows = t->n, .n = t->n};
    f->n = 1;
    for (uint32_t i = 0; err == 0 && i < t->cells; i++) {
        struct column c = {.units = 0};
        err = name_column(r, header, i, &c.name);
        if (err == 0)
            err = read_column(r, &c, i);
    }
    return err;
}

int hr_table_fields_read(hr_table_fields *out, hr_arena *a, const hr_text_table *t, hr_str text,
                         hr_watch *watch)
{
    struct reading r = {.out = out, .a = a, .t = t, .text = text, .watch = watch};

    *out = (hr_table_fields){.rows = {.tree = &out->tree, .n = t->n}};
    out->fields.rows = &out->rows;
    if (text.n > MOST_TEXT)
        return HR_ELIMIT;
    out->fields.paths = hr_arena_alloc(a, (1 + t->cells * HR_TABLE_UNITS) * sizeof *out->fields.paths);
    r.node = hr_arena_alloc(a, (size_t)t->n * t->cells * sizeof *r.node);
    r.values = hr_arena_alloc(a, sizeof *r.values);
    r.of_cell = hr_arena_alloc(a, t->n);
    r.unit_of = hr_arena_alloc(a, t->n);
    hr_buf_putc(&out->copy, '"');
    hr_buf_str(&out->copy, text);
    hr_buf_putc(&out->copy, '"');
    if (!out->fields.paths || !r.node || !r.values || !r.of_cell || !r.unit_of || out->copy.err)
        return HR_ENOMEM;
    int err = read_columns(&r);
    if (err < 0)
        return err;
    out->tree =
        (hr_tree){.text = out->copy.data, .len = (uint32_t)out->copy.len, .nodes = r.node, .n = r.nodes};
    spell_values(&out->fields);
    order_paths(&out->fields);
    return hr_values_read(&out->fields, a);
}
