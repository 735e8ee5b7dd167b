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
    DIVERSE_PERCENT = 66   /* of max_items, filled up with rows spread evenly */
};

struct choice {
    const hr_transform_in *in;
    const hr_rows *rows;
    hr_arena *scratch;
    hr_watch *watch;
    bool *keep;
    uint32_t kept;
    float *strength;
    hr_ranking ranking;
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
    return count == 0 || count >= c->rows->n / 2 ? otherwise : least(count, MAX_ASKED);
}

static void keep_ends(struct choice *c)
{
    unsigned hints = hr_query_hints(c->in->query);
    uint32_t n = c->rows->n, first = FIRST, last = LAST;
    if (hints & HR_HINT_FIRST)
        first = asked_for(c, FIRST) > FIRST ? asked_for(c, FIRST) : FIRST;
    if (hints & HR_HINT_LAST)
        last = asked_for(c, FIRST) > LAST ? asked_for(c, FIRST) : LAST;
    for (uint32_t i = 0; i < first && i < n; i++)
        keep(c, i);
    for (uint32_t i = 0; i < last && i < n; i++)
        keep(c, n - 1 - i);
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
    hr_str *text = hr_arena_alloc(c->scratch, c->rows->n * sizeof *text);
    bool *picked = hr_arena_alloc(c->scratch, c->rows->n * sizeof *picked);
    if (!text || !picked)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < c->rows->n; i++)
        text[i] = hr_row_text(c->rows, i);
    int r = hr_query_pick(c->in->query, c->scratch, text, c->rows->n, c->in->deadline_cpu_us, picked);
    for (uint32_t i = 0; r == 0 && i < c->rows->n; i++)
        if (picked[i])
            keep(c, i);
    return r;
}

/* The strongest of what stands out, within their share. Rows kept already do not count. */
static int keep_strong(struct choice *c)
{
    uint32_t n = 0, rows = c->rows->n, share = rows / STRONG_SHARE;
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

static int mark(struct choice *c)
{
    hr_fields f;
    int r = hr_fields_read(&f, c->scratch, c->rows, c->watch);
    if (r == 0)
        r = hr_mark_errors(&f, c->scratch, c->watch, c->keep);
    for (uint32_t i = 0; r == 0 && i < c->rows->n; i++)
        c->kept += c->keep[i];
    if (r == 0)
        r = hr_mark_measures(&f, c->scratch, c->watch, c->strength);
    if (r == 0)
        r = hr_mark_rarities(&f, c->scratch, c->watch, c->strength);
    if (r == 0)
        r = hr_mark_novelties(&f, c->scratch, c->watch, c->strength);
    if (r == 0)
        r = hr_rank_rows(&f, c->scratch, c->in->query, &c->ranking);
    return r;
}

/* Rows at even distances from each other, as far as there is room. */
static void fill(struct choice *c)
{
    uint32_t n = c->rows->n, room = c->in->max_items;
    if (c->ranking.n) {
        for (uint32_t i = 0; i < c->ranking.n && c->kept < room; i++)
            keep(c, c->ranking.row[i]);
        return;
    }
    room = room * DIVERSE_PERCENT / 100;
    uint32_t parts = room > c->kept ? room - c->kept + 1 : 0;
    for (uint32_t i = 1; i < parts; i++)
        keep(c, (uint32_t)((uint64_t)n * i / parts));
}

static bool too_many(const struct choice *c)
{
    return (uint64_t)c->kept * 100 > (uint64_t)c->rows->n * MAX_KEPT_PERCENT;
}

static int decide(struct choice *c)
{
    uint32_t n = c->rows->n;
    c->keep = hr_arena_zalloc(c->scratch, n * sizeof *c->keep);
    c->strength = hr_arena_zalloc(c->scratch, n * sizeof *c->strength);
    if (!c->keep || !c->strength)
        return HR_ENOMEM;
    int r = mark(c);
    if (r < 0)
        return r;
    keep_ends(c);
    keep_top(c);
    r = keep_queried(c);
    if (r == 0)
        r = keep_strong(c);
    if (r < 0 || too_many(c))
        return r;
    fill(c);
    int64_t closed = hr_close_gaps(c->scratch, c->keep, n);
    if (closed < 0)
        return HR_ENOMEM;
    c->kept += (uint32_t)closed;
    return !too_many(c);
}

int hr_select(hr_plan *out, hr_arena *a, const hr_transform_in *in, const hr_rows *rows, hr_watch *watch)
{
    struct choice c = {.in = in, .rows = rows, .watch = watch};
    if (rows->n < MIN_ROWS || rows->n <= in->max_items)
        return 0;
    c.scratch = hr_arena_new();
    if (!c.scratch)
        return HR_ENOMEM;
    int r = decide(&c);
    if (r == 1) {
        *out = (hr_plan){hr_arena_alloc(a, c.kept * sizeof *out->kept), 0,
                         c.ranking.n ? "top_n" : "smart_sample"};
        if (!out->kept)
            r = HR_ENOMEM;
        for (uint32_t i = 0; r == 1 && i < rows->n; i++)
            if (c.keep[i])
                out->kept[out->nkept++] = i;
    }
    hr_arena_free(c.scratch);
    return r;
}
