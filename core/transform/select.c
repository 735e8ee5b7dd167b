/* select.c - from the marks on rows to the rows that stay. See select.h. */
#include "transform/select.h"

#include "transform/gaps.h"
#include "transform/marks.h"
#include "transform/sort.h"

#include <string.h>

enum {
    FIRST = 3, /* SEED */
    LAST = 2,
    MIN_ROWS = 5,
    TOP = 3,        /* best ranked that always stay */
    TOP_ASKED = 5,  /* ... where the question asks for a rank, but not how many */
    MAX_ASKED = 50, /* ... and at most */
    STRONG_SHARE =
        5,           /* what stands out may take a fifth of the rows: 5 % a bell-shaped field, four fields, */
    MIN_STRONG = 10, /* but always so many, */
    MAX_STRONG = 300,      /* and never more: each costs a range in the note */
    MAX_KEPT_PERCENT = 60, /* beyond it nothing is selected */
    RANKED_SHARE = 3,      /* of ranked rows a third stays, where that is less than max_items: the best */
    DIVERSE_PERCENT = 66,  /* of max_items, filled up with rows spread evenly, */
    DIVERSE_SHARE = 5      /* but to no more than a fifth of the rows */
};

struct choice {
    const hr_transform_in *in;
    uint32_t n;         /* rows */
    const hr_str *text; /* of each */
    hr_arena *scratch;
    hr_watch *watch;
    bool *keep;
    uint32_t kept;
    float *strength;
    hr_ranking ranking;
    hr_series series;
    hr_classes classes;
    uint32_t steps;
};

static void keep(struct choice *c, uint32_t row)
{
    c->kept += !c->keep[row];
    c->keep[row] = true;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* How many rows the hints of the query ask for. "The last 500 entries" said of 500 rows is how they were fetched. */
static uint32_t asked_for(const struct choice *c, uint32_t otherwise)
{
    uint32_t count = hr_query_count(c->in->query);
    return count == 0 || count >= c->n / 2 ? otherwise : least(count, MAX_ASKED);
}

static void keep_ends(struct choice *c)
{
    unsigned hints = hr_query_hints(c->in->query);
    uint32_t n = c->n, first = FIRST, last = LAST;
    if (hints & HR_HINT_FIRST)
        first = asked_for(c, FIRST) > FIRST ? asked_for(c, FIRST) : FIRST;
    if (hints & HR_HINT_LAST)
        last = asked_for(c, FIRST) > LAST ? asked_for(c, FIRST) : LAST;
    for (uint32_t i = 0; i < first && i < n; i++)
        keep(c, i);
    for (uint32_t i = 0; i < last && i < n; i++)
        keep(c, n - 1 - i);
    /* The oldest and the newest may stand anywhere. */
    const uint32_t times = c->series.n;
    for (uint32_t i = 0; (hints & HR_HINT_FIRST) && i < first && i < times; i++)
        keep(c, c->series.row[i]);
    for (uint32_t i = 0; (hints & HR_HINT_LAST) && i < last && i < times; i++)
        keep(c, c->series.row[times - 1 - i]);
}

static void keep_top(struct choice *c)
{
    unsigned hints = hr_query_hints(c->in->query);
    uint32_t top = hints & (HR_HINT_TOP | HR_HINT_LOWEST) ? asked_for(c, TOP_ASKED) : TOP;
    for (uint32_t i = 0; i < top && i < c->ranking.n; i++)
        keep(c, c->ranking.row[i]);
}

static int keep_queried(struct choice *c)
{
    bool *picked = hr_arena_alloc(c->scratch, c->n * sizeof *picked);
    if (!picked)
        return HR_ENOMEM;
    int r = hr_query_pick(c->in->query, c->scratch, c->text, c->n, c->in->deadline_cpu_us, picked);
    for (uint32_t i = 0; r == 0 && i < c->n; i++)
        if (picked[i])
            keep(c, i);
    return r;
}

/* The strongest of what stands out, within their share. Rows kept already do not count. */
static int keep_strong(struct choice *c)
{
    uint32_t n = 0, rows = c->n, share = rows / STRONG_SHARE;
    hr_pair *order = hr_arena_alloc(c->scratch, 2 * (size_t)rows * sizeof *order);
    if (!order)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < rows; i++)
        if (c->strength[i] > 0 && !c->keep[i])
            order[n++] = (hr_pair){~hr_sort_key((double)c->strength[i]), i};
    hr_sort_pairs(order, order + rows, n);
    share = share < MIN_STRONG ? MIN_STRONG : least(share, MAX_STRONG);
    for (uint32_t i = 0; i < n && i < share; i++)
        keep(c, order[i].value);
    return 0;
}

/* One row of each class of messages of which none stays yet. */
static void keep_exemplars(struct choice *c)
{
    bool there[HR_CLASSES_MAX] = {false};
    for (int pass = 0; c->classes.n > 0 && pass < 2; pass++) {
        for (uint32_t i = 0; i < c->n; i++) {
            const uint8_t class = c->classes.of_row[i];
            if (class == HR_CLASS_NONE || there[class] || (pass == 0 && !c->keep[i]))
                continue;
            there[class] = true;
            keep(c, i);
        }
    }
}

/* Rows at even distances from each other, as far as there is room. */
static void fill(struct choice *c)
{
    uint32_t n = c->n, room = c->in->max_items;
    if (c->ranking.n) {
        room = least(room, n / RANKED_SHARE > MIN_ROWS ? n / RANKED_SHARE : MIN_ROWS);
        for (uint32_t i = 0; i < c->ranking.n && c->kept < room; i++)
            keep(c, c->ranking.row[i]);
        return;
    }
    room = least(room * DIVERSE_PERCENT / 100, n / DIVERSE_SHARE);
    uint32_t parts = room > c->kept ? room - c->kept + 1 : 0;
    for (uint32_t i = 1; i < parts; i++)
        keep(c, (uint32_t)((uint64_t)n * i / parts));
}

static bool too_many(const struct choice *c)
{
    return (uint64_t)c->kept * 100 > (uint64_t)c->n * MAX_KEPT_PERCENT;
}

/* From the marks on. 1, 0, <0. */
static int decide(struct choice *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        c->kept += c->keep[i];
    keep_ends(c);
    keep_top(c);
    int r = keep_queried(c);
    if (r == 0)
        r = keep_strong(c);
    if (r == 0)
        keep_exemplars(c);
    if (r < 0 || too_many(c))
        return r;
    fill(c);
    int64_t closed = hr_close_gaps(c->scratch, c->keep, c->n);
    if (closed < 0)
        return HR_ENOMEM;
    c->kept += (uint32_t)closed;
    return !too_many(c);
}

static const char *strategy_of(const struct choice *c)
{
    return c->ranking.n ? "top_n" : c->steps ? "time_series" : c->classes.n ? "cluster" : "smart_sample";
}

/* How many messages there are of each class, all in all. */
static void count_classes(const struct choice *c, hr_plan *out)
{
    uint32_t count[HR_CLASSES_MAX] = {0};
    bool told[HR_CLASSES_MAX] = {false};
    for (uint32_t i = 0; c->classes.n > 0 && i < c->n; i++)
        if (c->classes.of_row[i] != HR_CLASS_NONE)
            count[c->classes.of_row[i]]++;
    for (uint32_t k = 0; c->classes.n > 0 && k < out->nkept; k++) {
        const uint8_t class = c->classes.of_row[out->kept[k]];
        if (class == HR_CLASS_NONE || told[class])
            continue;
        told[class] = true;
        out->alike[out->nalike++] = (hr_alike){out->kept[k], count[class]};
    }
}

static int plan(hr_plan *out, hr_arena *a, struct choice *c)
{
    int r = decide(c);
    if (r != 1)
        return r;
    *out = (hr_plan){.kept = hr_arena_alloc(a, c->kept * sizeof *out->kept), .strategy = strategy_of(c)};
    if (!out->kept)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < c->n; i++)
        if (c->keep[i])
            out->kept[out->nkept++] = i;
    count_classes(c, out);
    return 1;
}

int hr_select_marked(hr_plan *out, hr_arena *a, const hr_transform_in *in, hr_marked *rows, hr_watch *watch)
{
    struct choice c = {.in = in,
                       .n = rows->n,
                       .text = rows->text,
                       .watch = watch,
                       .keep = rows->keep,
                       .strength = rows->strength,
                       .ranking = rows->ranking};
    if (rows->n < MIN_ROWS || rows->n <= in->max_items)
        return 0;
    c.scratch = hr_arena_new();
    int r = c.scratch ? plan(out, a, &c) : HR_ENOMEM;
    hr_arena_free(c.scratch);
    return r;
}

/* ------------------------------------------------------------------ rows of fields */
static int mark(struct choice *c, const hr_fields *f)
{
    int r = hr_mark_errors(f, c->scratch, c->watch, c->keep);
    if (r == 0)
        r = hr_mark_measures(f, c->scratch, c->watch, c->strength);
    if (r == 0)
        r = hr_mark_rarities(f, c->scratch, c->watch, c->strength);
    if (r == 0)
        r = hr_mark_novelties(f, c->scratch, c->watch, c->strength);
    const bool by_time = hr_query_hints(c->in->query) & (HR_HINT_FIRST | HR_HINT_LAST);
    if (r == 0)
        r = hr_series_find(f, c->scratch, by_time, &c->series);
    if (r == 0)
        r = hr_mark_series(f, c->scratch, c->watch, &c->series, c->strength, &c->steps);
    if (r == 0)
        r = hr_rank_rows(f, c->scratch, c->in->query, &c->ranking);
    if (r == 0 && c->ranking.n == 0)
        r = hr_classes_find(f, c->scratch, c->watch, &c->classes);
    return r;
}

int hr_select_fields(hr_plan *out, hr_arena *a, const hr_transform_in *in, const hr_fields *fields,
                     const hr_str *text, hr_watch *watch)
{
    struct choice c = {.in = in, .n = fields->rows->n, .text = text, .watch = watch};
    if (c.n < MIN_ROWS)
        return 0;
    if (!(c.scratch = hr_arena_new()))
        return HR_ENOMEM;
    c.keep = hr_arena_zalloc(c.scratch, c.n * sizeof *c.keep);
    c.strength = hr_arena_zalloc(c.scratch, c.n * sizeof *c.strength);
    int r = c.keep && c.strength ? mark(&c, fields) : HR_ENOMEM;
    if (r == 0)
        r = plan(out, a, &c);
    hr_arena_free(c.scratch);
    return r;
}

int hr_select(hr_plan *out, hr_arena *a, const hr_transform_in *in, const hr_rows *rows, hr_watch *watch)
{
    hr_fields f;
    if (rows->n < MIN_ROWS)
        return 0;
    const hr_node *nodes = rows->tree->nodes, *first = &nodes[rows->row[0]],
                  *last = &nodes[rows->row[rows->n - 1]];
    if (hr_select_all(in, rows->n, last->off + last->len - first->off))
        return 0;
    hr_arena *scratch = hr_arena_new();
    hr_str *text = scratch ? hr_arena_alloc(scratch, rows->n * sizeof *text) : NULL;
    for (uint32_t i = 0; text && i < rows->n; i++)
        text[i] = hr_row_text(rows, i);
    int r = text ? hr_fields_read(&f, scratch, rows, watch) : HR_ENOMEM;
    if (r == 0)
        r = hr_select_fields(out, a, in, &f, text, watch);
    hr_arena_free(scratch);
    return r;
}
