/* table_lines.c - see table_lines.h.

     text -> cells (text_table.c) -> a JSON table of them, indexed as it is written -> select.c -> kept_lines.c */
#include "transform/table_lines.h"

#include "transform/eight.h"
#include "transform/kept_lines.h"
#include "transform/lines.h"
#include "transform/number.h"
#include "transform/select.h"
#include "transform/text_table.h"
#include "json/json.h"

struct work {
    hr_arena *scratch;
    const hr_transform_in *in;
    hr_text_table table;
    hr_str *line;
    uint32_t lines;
    hr_watch watch;
};

static int read_lines(struct work *w)
{
    hr_str rest = w->in->text;
    bool ended;

    w->lines = (uint32_t)hr_lines_count(rest);
    w->line = hr_arena_alloc(w->scratch, (w->lines + 1) * sizeof *w->line);
    if (!w->line)
        return HR_ENOMEM;
    for (uint32_t i = 0; hr_line_next(&rest, &w->line[i], &ended);)
        i++;
    return 0;
}

/* ------------------------------------------------------------------ cells as JSON */
/* The table as an array of objects, {"name":"cell","name unit":number}, and what a reader of JSON would say of it (hr_tree). */
struct json {
    hr_buf text;
    hr_node *node;
    hr_str name[HR_TABLE_CELLS + 1]; /* of each column, with the quote before it and as JSON spells it */
    bool escaped[HR_TABLE_CELLS + 1];
    size_t names; /* bytes of all */
};

/* "name or "c0 for each column. 0, HR_ENOMEM. */
static int name_columns(struct json *j, const hr_text_table *t, hr_arena *a)
{
    hr_str name[HR_TABLE_CELLS + 1] = {{0}};

    if (t->header != UINT32_MAX)
        hr_text_cells(t->line[t->header], t->divider, t->cells, name);
    for (uint32_t i = 0; i < t->cells; i++) {
        hr_buf b = {0};
        hr_buf_putc(&b, '"');
        hr_string_encode(&b, name[i]);
        j->escaped[i] = b.len > name[i].n + 1;
        if (name[i].n == 0) {
            hr_buf_putc(&b, 'c');
            hr_buf_u64(&b, i);
        }
        j->name[i] = hr_str_make(b.err ? NULL : hr_arena_dup(a, b.data, b.len), b.len);
        j->names += b.len;
        hr_buf_free(&b);
        if (!j->name[i].p)
            return HR_ENOMEM;
    }
    return 0;
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

static inline void put(hr_buf *b, const char *p, size_t n)
{
    memcpy(b->data + b->len, p, n);
    b->len += n;
}

/* A member of a row's object. There is room for it, however its cell is spelled. */
static void put_cell(struct json *j, uint32_t i, hr_str cell, hr_node *node)
{
    const size_t n = hr_number_of_word(cell);
    hr_buf *b = &j->text;

    *node = (hr_node){.type = n ? HR_JSON_NUMBER : HR_JSON_STRING,
                      .key_off = (uint32_t)b->len,
                      .key_escaped = j->escaped[i]};
    put(b, j->name[i].p, j->name[i].n);
    if (n && n < cell.n) {
        put(b, " ", 1);
        put(b, cell.p + n, cell.n - n);
    }
    put(b, "\":", 2);
    node->key_len = (uint32_t)b->len - 1 - node->key_off;
    node->off = (uint32_t)b->len;
    if (n) {
        put(b, cell.p, n);
    } else if (is_plain(cell)) {
        put(b, "\"", 1);
        put(b, cell.p, cell.n);
        put(b, "\"", 1);
    } else {
        hr_buf_putc(b, '"');
        hr_string_encode(b, cell);
        hr_buf_putc(b, '"');
        node->escaped = b->len - node->off > cell.n + 2;
    }
    node->len = (uint32_t)b->len - node->off;
}

/* A row's object: its node, and behind it those of its cells. HR_ENOMEM. */
static int put_row(struct json *j, const hr_text_table *t, uint32_t row)
{
    enum {
        SIGNS = 7,
        LONGEST = 6
    }; /* of a member: quotes, colon, comma, the blank before a unit; of a byte as an escape */
    const uint32_t object = 2 + row * (t->cells + 1);
    const hr_str *cell = hr_text_row(t, row);
    hr_buf *b = &j->text;

    if (hr_buf_reserve(b, j->names + SIGNS * (t->cells + 1) + LONGEST * t->line[t->row[row]].n) < 0)
        return HR_ENOMEM;
    put(b, row ? ",{" : "[{", 2);
    const uint32_t off = (uint32_t)b->len - 1;
    for (uint32_t i = 0; i < t->cells; i++) {
        if (i)
            put(b, ",", 1);
        put_cell(j, i, cell[i], &j->node[object + 1 + i]);
        j->node[object + 1 + i].next = i + 1 < t->cells ? object + 2 + i : 0;
    }
    put(b, "}", 1);
    j->node[object] = (hr_node){.type = HR_JSON_OBJECT,
                                .off = off,
                                .len = (uint32_t)b->len - off,
                                .next = row + 1 < t->n ? object + t->cells + 1 : 0,
                                .child = object + 1,
                                .count = t->cells};
    return 0;
}

/* The whole table. 0, HR_ENOMEM, HR_ELIMIT (offsets have 32 bits), HR_ETIME. The caller frees j->text. */
static int put_table(struct json *j, struct work *w)
{
    enum { MOST = 1 << 30 };
    const hr_text_table *t = &w->table;
    const size_t nodes = 2 + (size_t)t->n * (t->cells + 1);
    int r = nodes > UINT32_MAX ? HR_ELIMIT : name_columns(j, t, w->scratch);

    j->node = r == 0 ? hr_arena_alloc(w->scratch, nodes * sizeof *j->node) : NULL;
    if (!j->node)
        return r < 0 ? r : HR_ENOMEM;
    for (uint32_t i = 0; r == 0 && i < t->n; i++) {
        r = j->text.len > MOST ? HR_ELIMIT : put_row(j, t, i);
        if (r == 0)
            r = hr_watch_spend(&w->watch, t->line[t->row[i]].n);
    }
    hr_buf_putc(&j->text, ']');
    j->node[0] = (hr_node){0};
    j->node[1] = (hr_node){.type = HR_JSON_ARRAY, .len = (uint32_t)j->text.len, .child = 2, .count = t->n};
    return j->text.err ? HR_ENOMEM : r;
}

/* What stays of the rows. 1, 0, <0. */
static int choose(struct work *w, hr_plan *plan)
{
    const uint32_t n = w->table.n, step = w->table.cells + 1;
    struct json j = {.node = NULL};
    uint32_t *row = hr_arena_alloc(w->scratch, n * sizeof *row);
    int r = row ? put_table(&j, w) : HR_ENOMEM;

    for (uint32_t i = 0; r == 0 && i < n; i++)
        row[i] = 2 + i * step;
    if (r == 0) {
        const hr_tree tree = {
            .text = j.text.data, .len = (uint32_t)j.text.len, .nodes = j.node, .n = 2 + n * step};
        const hr_rows rows = {&tree, row, n, tree.n, false};
        r = hr_select(plan, w->scratch, w->in, &rows, &w->watch);
    }
    hr_buf_free(&j.text);
    return r;
}

/* The lines that are no rows, and the rows that stay. */
static uint32_t *lines_of(const struct work *w, const hr_plan *plan, uint32_t *n)
{
    uint32_t *kept = hr_arena_alloc(w->scratch, (w->lines + 1) * sizeof *kept), row = 0, k = 0;

    *n = 0;
    for (uint32_t line = 0; kept && line < w->lines; line++) {
        bool is_row = row < w->table.n && w->table.row[row] == line;
        if (!is_row || (k < plan->nkept && plan->kept[k] == row))
            kept[(*n)++] = line;
        k += is_row && k < plan->nkept && plan->kept[k] == row;
        row += is_row;
    }
    return kept;
}

int hr_table_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out)
{
    struct work w = {.in = in, .scratch = hr_arena_new(), .watch = {.deadline_cpu_us = in->deadline_cpu_us}};
    hr_plan plan;
    int r = w.scratch ? read_lines(&w) : HR_ENOMEM;

    if (r == 0)
        r = hr_text_table_read(&w.table, w.scratch, w.line, w.lines, &w.watch);
    if (r == 1)
        r = choose(&w, &plan);
    uint32_t nkept = 0, *kept = r == 1 ? lines_of(&w, &plan, &nkept) : NULL;
    if (r == 1)
        r = kept ? hr_kept_lines_write(a, in, w.line, w.lines, kept, nkept, NULL, out) : HR_ENOMEM;
    if (r == 1)
        out->strategy = plan.strategy;
    hr_arena_free(w.scratch);
    return r == HR_ELIMIT ? 0 : r;
}
