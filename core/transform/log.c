/* log.c - see log.h.

     text -> lines and words (split.c) -> patterns -> records (a line and those that continue it) -> marks (log_marks.h) -> select.c
          -> kept_lines.c */
#include "transform/log.h"

#include "transform/kept_lines.h"
#include "transform/lines.h"
#include "transform/log_templates.h"
#include "transform/log_time.h"

enum {
    LEAST_LINES = 20,
    LEAST_PERCENT = 50, /* of the records must be of a pattern that is not rare */
};

struct log {
    hr_arena *scratch;
    const hr_transform_in *in;
    hr_split split;
    hr_patterns patterns;
    uint32_t *record;
    uint32_t n; /* records */
    hr_log_templates templates;
    bool *folded, *frequent; /* records; templates (log_marks.h) */
    hr_watch watch;
};

/* ------------------------------------------------------------------ records */
/* A line that tells no time continues the line before it: a stack trace, the rest of a message. */
static int read_records(struct log *l)
{
    hr_log_clock clock = {{0}};

    l->record = hr_arena_alloc(l->scratch, (l->split.lines + 1u) * sizeof *l->record);
    if (!l->record)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < l->split.lines; i++)
        if (hr_log_tells_time(&clock, &l->split, i) || i == 0)
            l->record[l->n++] = i;
    l->record[l->n] = l->split.lines;
    return 0;
}

/* The lines that tell no time are fewer than those that do, else they are more than its traces. */
static bool tells_time(const struct log *l)
{
    return l->n >= LEAST_LINES && (uint64_t)l->n * 2 > l->split.lines;
}

/* The same, before words are looked for, which costs more than all else that a text is put to that is no log. false: no. */
static bool may_tell_time(hr_str text)
{
    const size_t lines = hr_lines_count(text);
    size_t records = 1, left = lines; /* the first line always begins one */
    hr_str line;
    bool ended;

    if (lines < LEAST_LINES)
        return false;
    while (records * 2 <= lines && (records + left--) * 2 > lines && hr_line_next(&text, &line, &ended))
        records += hr_log_may_tell_time(line);
    return records * 2 > lines;
}

/* Sort the records by their patterns. */
static int order_records(struct log *l, hr_log *log)
{
    const uint32_t patterns = l->patterns.n + 1;
    uint32_t *begin = hr_arena_zalloc(l->scratch, (patterns + 2u) * sizeof *begin);
    uint32_t *order = hr_arena_alloc(l->scratch, (l->n + 1u) * sizeof *order);

    *log = (hr_log){.split = &l->split,
                    .patterns = &l->patterns,
                    .record = l->record,
                    .n = l->n,
                    .begin = begin,
                    .order = order,
                    .scratch = l->scratch,
                    .watch = &l->watch};
    if (!begin || !order)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < l->n; i++)
        begin[hr_log_pattern(log, i) + 2]++;
    for (uint32_t p = 1; p < patterns; p++)
        begin[p + 1] += begin[p];
    for (uint32_t i = 0; i < l->n; i++)
        order[begin[hr_log_pattern(log, i) + 1]++] = i;
    return 0;
}

/* What stays of the records. 1, 0, <0. */
static int choose(struct log *l, const hr_log *log, hr_plan *plan)
{
    hr_str *text = hr_arena_alloc(l->scratch, l->n * sizeof *text);
    hr_marked rows = {.n = l->n, .text = text};

    rows.keep = hr_arena_zalloc(l->scratch, l->n * sizeof *rows.keep);
    rows.strength = hr_arena_zalloc(l->scratch, l->n * sizeof *rows.strength);
    l->folded = hr_arena_alloc(l->scratch, l->n * sizeof *l->folded);
    if (hr_log_templates_of(&l->templates, log) < 0)
        return HR_ENOMEM;
    l->frequent = hr_arena_zalloc(l->scratch, (l->templates.n + 1u) * sizeof *l->frequent);
    if (!text || !rows.keep || !rows.strength || !l->folded || !l->frequent)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < l->n; i++)
        text[i] = hr_log_text(log, i);
    int r = hr_log_mark_errors(log, rows.keep, l->folded, rows.strength);
    if (r == 0)
        r = hr_log_mark_rates(log, &l->templates, l->frequent, rows.strength);
    if (r == 0)
        r = hr_log_mark_values(log, l->in->query, rows.strength, &rows.ranking);
    if (r == 0)
        r = hr_log_mark_novelties(log, rows.strength);
    return r == 0 ? hr_select_marked(plan, l->scratch, l->in, &rows, &l->watch) : r;
}

/* Enough of the records are alike. */
static bool is_log(const struct log *l, const hr_log *log)
{
    const uint32_t rare = log->begin[l->patterns.n + 1] - log->begin[l->patterns.n];
    return (uint64_t)(l->n - rare) * 100 >= (uint64_t)l->n * LEAST_PERCENT;
}

/* The lines of the records that stay. */
static int write_selection(struct log *l, hr_arena *a, const hr_log *log, const hr_plan *plan,
                           hr_transform_out *out)
{
    bool *stays = hr_arena_zalloc(l->scratch, (l->split.lines + 1u) * sizeof *stays);
    hr_alike alike[HR_NOTE_MAX_ALIKE];
    uint32_t *kept = hr_arena_alloc(l->scratch, (l->split.lines + 1u) * sizeof *kept), n = 0;
    hr_str *line = hr_arena_alloc(l->scratch, (l->split.lines + 1u) * sizeof *line);

    if (!stays || !kept || !line)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < l->split.lines; i++)
        line[i] = hr_split_line(&l->split, i);
    for (uint32_t i = 0; i < plan->nkept; i++)
        for (uint32_t k = l->record[plan->kept[i]]; k < l->record[plan->kept[i] + 1]; k++)
            stays[kept[n++] = k] = true;
    out->strategy = plan->strategy;
    const uint32_t nalike = hr_log_told(log, &l->templates, l->folded, l->frequent, stays, alike);
    return hr_kept_lines_write_counted(a, l->in, line, l->split.lines, kept, n, alike, nalike, out);
}

static int select_lines(struct log *l, hr_arena *a, hr_transform_out *out)
{
    hr_log log;
    hr_plan plan;
    int r = read_records(l);

    if (r < 0 || !tells_time(l))
        return r;
    r = hr_patterns_of(&l->patterns, l->scratch, &l->split, NULL, &l->watch);
    if (r == 0)
        r = order_records(l, &log);
    if (r < 0 || !is_log(l, &log))
        return r;
    r = choose(l, &log, &plan);
    return r == 1 ? write_selection(l, a, &log, &plan, out) : r;
}

int hr_log_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out)
{
    struct log l = {.in = in, .watch = {.deadline_cpu_us = in->deadline_cpu_us}};
    hr_transform_out selection = *out;
    int r = may_tell_time(in->text) ? hr_split_read(&l.split, in->text, &l.watch) : HR_ELIMIT;

    if (r == 0) {
        l.scratch = hr_arena_new();
        r = l.scratch ? select_lines(&l, a, &selection) : HR_ENOMEM;
        hr_arena_free(l.scratch);
        hr_split_free(&l.split);
    }
    if (r == 1)
        *out = selection;
    return r == HR_ELIMIT ? 0 : r;
}
