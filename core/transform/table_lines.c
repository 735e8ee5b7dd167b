/* table_lines.c - see table_lines.h.

     text -> cells (text_table.c) -> fields (table_fields.c) -> select.c -> kept_lines.c */
#include "transform/table_lines.h"

#include "transform/kept_lines.h"
#include "transform/lines.h"
#include "transform/select.h"
#include "transform/table_fields.h"

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

/* What stays of the rows. 1, 0, <0. */
static int choose(struct work *w, hr_plan *plan)
{
    const hr_text_table *t = &w->table;
    hr_table_fields f;
    hr_str *text = hr_arena_alloc(w->scratch, t->n * sizeof *text);
    size_t bytes = 0;

    for (uint32_t i = 0; text && i < t->n; i++) {
        text[i] = t->line[t->row[i]];
        bytes += text[i].n;
    }
    if (!text || hr_select_all(w->in, t->n, bytes))
        return text ? 0 : HR_ENOMEM;
    int r = hr_table_fields_read(&f, w->scratch, t, w->in->text, &w->watch);
    if (r == 0)
        r = hr_select_fields(plan, w->scratch, w->in, &f.fields, text, &w->watch);
    hr_buf_free(&f.copy);
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
