/* totals.c - sums over requests, grouped. See headroom_each_total in headroom.h. */
#include <string.h>

#include "store/handle.h"

/* Groups of one answer, read before the caller sees the first: no lock is held in its callback. */
struct group {
    struct group *next;
    headroom_totals totals;
    char name[];
};

static headroom_totals totals_of(const hr_query *q)
{
    return (headroom_totals){
        .requests = hr_query_col_int(q, 1),
        .failed = hr_query_col_int(q, 2),
        .touched = hr_query_col_int(q, 3),
        .tokens_before = hr_query_col_int(q, 4),
        .tokens_after = hr_query_col_int(q, 5),
        .unique_before = hr_query_col_int(q, 6),
        .unique_after = hr_query_col_int(q, 7),
        .replayed = hr_query_col_int(q, 8),
        .elapsed_us = hr_query_col_int(q, 9),
        .reported = hr_query_col_int(q, 10),
        .input = hr_query_col_int(q, 11),
        .output = hr_query_col_int(q, 12),
        .cached = hr_query_col_int(q, 13),
        .cache_written = hr_query_col_int(q, 14),
        .priced = hr_query_col_int(q, 15),
        .cost = hr_query_col_int(q, 16),
        .saved = hr_query_col_int(q, 17),
    };
}

static int read_groups(hr_query *q, hr_arena *a, struct group **first)
{
    struct group **end = first;
    int rc;

    while ((rc = hr_query_step(q)) == 1) {
        const char *name = hr_query_col_text(q, 0);
        size_t n = name ? strlen(name) : 0;
        struct group *g = hr_arena_alloc(a, sizeof *g + n + 1);
        if (!g)
            return HR_ENOMEM;
        g->next = NULL;
        g->totals = totals_of(q);
        if (n)
            memcpy(g->name, name, n);
        g->name[n] = 0;
        *end = g;
        end = &g->next;
    }
    return rc;
}

int hr_store_each_total(hr_store *s, int64_t from_us, int64_t to_us, enum headroom_by by,
                        int (*cb)(void *, const char *, const headroom_totals *), void *arg)
{
    struct group *first = NULL;
    hr_arena *a = hr_arena_new();
    int rc = a ? hr_store_enter(s, 0, false) : HR_ENOMEM;

    if (rc == 0) {
        hr_query q = hr_query_start(s, (enum hr_statement)(HR_Q_TOTALS + by));
        hr_query_int(&q, from_us);
        hr_query_int(&q, to_us);
        rc = read_groups(&q, a, &first);
        hr_query_end(&q);
        hr_store_leave(s);
    }
    for (const struct group *g = first; g && rc == 0; g = g->next)
        rc = cb(arg, g->name, &g->totals);
    hr_arena_free(a);
    return rc;
}
