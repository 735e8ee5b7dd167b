/* table_lines.c - see table_lines.h.

     text -> cells (text_table.c) -> a JSON table of them -> select.c -> kept_lines.c */
#include "transform/table_lines.h"

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
static void put_string(hr_buf *b, hr_str s)
{
    hr_buf_putc(b, '"');
    hr_string_encode(b, s);
    hr_buf_putc(b, '"');
}

/* "name":"cell", or "name unit":number */
static void put_cell(hr_buf *b, hr_str name, uint32_t i, hr_str cell)
{
    const size_t n = hr_number_of_word(cell);
    const bool number = n > 0;

    hr_buf_putc(b, '"');
    hr_string_encode(b, name);
    if (name.n == 0) {
        hr_buf_putc(b, 'c');
        hr_buf_u64(b, i);
    }
    if (number && n < cell.n) {
        hr_buf_putc(b, ' ');
        hr_buf_add(b, cell.p + n, cell.n - n);
    }
    hr_buf_puts(b, "\":");
    if (number)
        hr_buf_add(b, cell.p, n);
    else
        put_string(b, cell);
}

static void put_row(const hr_text_table *t, const hr_str *name, uint32_t row, hr_buf *b)
{
    const hr_str *cell = hr_text_row(t, row);

    hr_buf_puts(b, row ? ",{" : "{");
    for (uint32_t i = 0; i < t->cells; i++) {
        if (i)
            hr_buf_putc(b, ',');
        put_cell(b, name[i], i, cell[i]);
    }
    hr_buf_putc(b, '}');
}

/* What stays of the rows. 1, 0, <0. */
static int choose(struct work *w, hr_plan *plan)
{
    const hr_text_table *t = &w->table;
    hr_str name[HR_TABLE_CELLS + 1] = {{0}};
    hr_buf b = {0};
    hr_tree tree;
    int r = 0;

    if (t->header != UINT32_MAX)
        hr_text_cells(t->line[t->header], t->divider, t->cells, name);
    hr_buf_putc(&b, '[');
    for (uint32_t i = 0; r == 0 && i < t->n; i++) {
        put_row(t, name, i, &b);
        r = hr_watch_spend(&w->watch, t->line[t->row[i]].n);
    }
    hr_buf_putc(&b, ']');
    if (r == 0)
        r = b.err ? HR_ENOMEM : hr_tree_parse(&tree, w->scratch, b.data, b.len, NULL);
    uint32_t *row = r == 0 ? hr_arena_alloc(w->scratch, t->n * sizeof *row) : NULL, n = 0;
    for (uint32_t k = row ? tree.nodes[1].child : 0; k; k = tree.nodes[k].next)
        row[n++] = k;
    if (r == 0 && !row)
        r = HR_ENOMEM;
    if (r == 0) {
        const hr_rows rows = {&tree, row, n, tree.n, false};
        r = hr_select(plan, w->scratch, w->in, &rows, &w->watch);
    }
    hr_buf_free(&b);
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
