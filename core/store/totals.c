/* totals.c - sums over requests, grouped. See totals.h, and headroom_each_total in headroom.h.

     [from, to) = requests before the first whole slot │ slots │ whole days │ slots │ requests behind the last */
#include "store/totals.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/handle.h"

enum { MEMBERS = sizeof(headroom_totals) / sizeof(int64_t) };

/* Groups of one answer, read before the caller sees the first: no lock is held in its callback. */
struct group {
    struct group *next;
    headroom_totals totals;
    char name[];
};

struct sums {
    hr_store *s;
    hr_arena *a;
    enum headroom_by by;
    struct group *first;
    size_t n;
    struct group **of; /* by the number of a group of requests; not for days */
    int64_t groups;
    int64_t day_slot; /* the slot whose day was named last */
    struct group *day;
};

/* The group of this name, a new one where there is none. NULL: no memory. */
static struct group *group_of(struct sums *u, hr_str name)
{
    struct group *g = u->first;

    while (g && !hr_str_is(name, g->name))
        g = g->next;
    if (g)
        return g;
    if (!(g = hr_arena_zalloc(u->a, sizeof *g + name.n + 1)))
        return NULL;
    if (name.n)
        memcpy(g->name, name.p, name.n);
    g->next = u->first;
    u->first = g;
    u->n++;
    return g;
}

/* The members of headroom_totals from column `at` on. */
static void add(headroom_totals *t, const hr_query *q, int at)
{
    int64_t *member = (int64_t *)t;

    for (int i = 0; i < MEMBERS; i++)
        member[i] += hr_query_col_int(q, at + i);
}

static void add_tool(headroom_totals *t, const hr_query *q)
{
    t->requests += hr_query_col_int(q, 1);
    t->touched += hr_query_col_int(q, 2);
    t->replayed += hr_query_col_int(q, 3);
    t->tokens_before += hr_query_col_int(q, 4);
    t->tokens_after += hr_query_col_int(q, 5);
}

/* Statements whose first column is the name: of requests, and of tools. */
static int add_named(struct sums *u, hr_query q)
{
    int rc;

    while ((rc = hr_query_step(&q)) == 1) {
        struct group *g = group_of(u, hr_query_col(&q, 0));
        if (!g) {
            rc = HR_ENOMEM;
            break;
        }
        if (u->by == HEADROOM_BY_TOOL)
            add_tool(&g->totals, &q);
        else
            add(&g->totals, &q, 1);
    }
    hr_query_end(&q);
    return rc;
}

static int add_requests(struct sums *u, int64_t from_us, int64_t to_us)
{
    if (from_us >= to_us)
        return 0;
    hr_query q = hr_query_start(u->s, (enum hr_statement)(HR_Q_TOTALS + u->by));
    hr_query_int(&q, from_us);
    hr_query_int(&q, to_us);
    return add_named(u, q);
}

/* ------------------------------------------------------------------ slots and days */
static int read_group_names(struct sums *u)
{
    static const int column[] = {[HEADROOM_BY_PROGRAM] = 1,
                                 [HEADROOM_BY_MODEL] = 2,
                                 [HEADROOM_BY_DIALECT] = 3,
                                 [HEADROOM_BY_HOST] = 4};
    hr_query q = hr_query_start(u->s, HR_Q_GROUPS);
    int rc;

    while ((rc = hr_query_step(&q)) == 1) {
        const int64_t id = hr_query_col_int(&q, 0);
        const hr_str name = u->by == HEADROOM_BY_NOTHING ? HR_STR("") : hr_query_col(&q, column[u->by]);
        if (id >= u->groups) {
            struct group **grown = hr_arena_zalloc(u->a, (size_t)id * 2 * sizeof *grown);
            if (grown && u->groups)
                memcpy(grown, u->of, (size_t)u->groups * sizeof *grown);
            u->of = grown;
            u->groups = id * 2;
        }
        if (!u->of || !(u->of[id] = group_of(u, name))) {
            rc = HR_ENOMEM;
            break;
        }
    }
    hr_query_end(&q);
    return rc;
}

/* The local day of a slot; the UTC day of a day. */
static struct group *day_of(struct sums *u, enum hr_level_of_sums level, int64_t slot)
{
    const time_t begin = (time_t)(slot * ((level == HR_SLOTS ? HR_SLOT_US : HR_DAY_US) / 1000000));
    char name[32] = "";
    struct tm tm;

    if (u->day && u->day_slot == slot)
        return u->day;
    if (level == HR_SLOTS ? localtime_r(&begin, &tm) : gmtime_r(&begin, &tm))
        strftime(name, sizeof name, "%Y-%m-%d", &tm);
    u->day_slot = slot;
    return u->day = group_of(u, hr_str_make(name, strlen(name)));
}

static int add_sums(struct sums *u, enum hr_level_of_sums level, int64_t from, int64_t to)
{
    if (from >= to)
        return 0;
    hr_query q = hr_query_start(u->s, u->by == HEADROOM_BY_TOOL ? HR_Q_TOOL_SUMS : HR_Q_SUMS);
    hr_query_int(&q, u->by == HEADROOM_BY_DAY && level == HR_SLOTS ? HR_SLOTS_OF_ALL : level);
    hr_query_int(&q, from);
    hr_query_int(&q, to);
    if (u->by == HEADROOM_BY_TOOL)
        return add_named(u, q);

    int rc;
    u->day = NULL;
    while ((rc = hr_query_step(&q)) == 1) {
        const int64_t slot = hr_query_col_int(&q, 0), id = hr_query_col_int(&q, 1);
        struct group *g = u->by == HEADROOM_BY_DAY    ? day_of(u, level, slot)
                          : id >= 0 && id < u->groups ? u->of[id]
                                                      : NULL;
        if (!g) {
            rc = u->by == HEADROOM_BY_DAY ? HR_ENOMEM : HR_ESTORE;
            break;
        }
        add(&g->totals, &q, 2);
    }
    hr_query_end(&q);
    return rc;
}

/* The first slot that is still there, of any day. */
static int64_t oldest_slot(hr_store *s)
{
    hr_query q = hr_query_start(s, HR_Q_SUMS_OLDEST);
    const int rc = hr_query_step(&q);
    const int64_t slot = rc == 1 ? hr_query_col_int(&q, 0) : rc == 0 ? INT64_MAX / HR_SLOT_US : rc;

    hr_query_end(&q);
    return slot;
}

/* Whole slots [from, to). Days say the same in fewer rows, but not where days of another zone are asked for, nor of tools: there
   only those whose slots are gone. */
static int add_span(struct sums *u, int64_t from, int64_t to)
{
    const bool by_slots = u->by == HEADROOM_BY_DAY || u->by == HEADROOM_BY_TOOL;
    int64_t first_day = (from + HR_DAY_SLOTS - 1) / HR_DAY_SLOTS, end_day = to / HR_DAY_SLOTS;

    if (by_slots) {
        const int64_t oldest = oldest_slot(u->s);
        if (oldest < 0)
            return (int)oldest;
        end_day = oldest / HR_DAY_SLOTS < end_day ? oldest / HR_DAY_SLOTS : end_day;
    }
    if (first_day >= end_day)
        return add_sums(u, HR_SLOTS, from, to);
    int rc = add_sums(u, HR_SLOTS, from, first_day * HR_DAY_SLOTS);
    if (rc == 0)
        rc = add_sums(u, HR_DAYS, first_day, end_day);
    if (rc == 0)
        rc = add_sums(u, HR_SLOTS, end_day * HR_DAY_SLOTS, to);
    return rc;
}

static int add_all(struct sums *u, int64_t from_us, int64_t to_us)
{
    int64_t from = (from_us + HR_SLOT_US - 1) / HR_SLOT_US, to = to_us / HR_SLOT_US;

    if (from >= to || u->by == HEADROOM_BY_CONVERSATION)
        return add_requests(u, from_us, to_us);
    const bool named = u->by != HEADROOM_BY_DAY && u->by != HEADROOM_BY_TOOL;
    int rc = named ? read_group_names(u) : 0;
    if (rc == 0)
        rc = add_requests(u, from_us, from * HR_SLOT_US);
    if (rc == 0)
        rc = add_span(u, from, to);
    if (rc == 0)
        rc = add_requests(u, to * HR_SLOT_US, to_us);
    return rc;
}

/* ------------------------------------------------------------------ */
static int by_name(const void *x, const void *y)
{
    const struct group *const *a = x, *const *b = y;
    return strcmp((*a)->name, (*b)->name);
}

/* One moment for all of it: what is added meanwhile is in none of the parts. */
static int read_at_once(struct sums *u, int64_t from_us, int64_t to_us)
{
    int rc = hr_sql_exec(u->s, "BEGIN");

    if (rc != 0)
        return rc;
    rc = add_all(u, from_us, to_us);
    const int end = hr_sql_exec(u->s, "COMMIT");
    return rc < 0 ? rc : end;
}

int hr_store_each_total(hr_store *s, int64_t from_us, int64_t to_us, enum headroom_by by,
                        int (*cb)(void *, const char *, const headroom_totals *), void *arg)
{
    struct sums u = {.s = s, .a = hr_arena_new(), .by = by};
    const int64_t last = INT64_MAX - HR_SLOT_US;
    struct group **list = NULL;
    size_t n = 0;
    int rc = u.a ? hr_store_enter(s, 0, false) : HR_ENOMEM;

    if (rc == 0) {
        rc = read_at_once(&u, from_us < 0 ? 0 : from_us < last ? from_us : last, to_us < last ? to_us : last);
        hr_store_leave(s);
    }
    if (rc == 0 && !(list = hr_arena_alloc(u.a, (u.n + 1) * sizeof(struct group *))))
        rc = HR_ENOMEM;
    for (struct group *g = rc == 0 ? u.first : NULL; g; g = g->next)
        if (g->totals.requests) /* a group that has nothing in this span is none */
            list[n++] = g;
    if (rc == 0)
        qsort(list, n, sizeof(struct group *), by_name);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = cb(arg, list[i]->name, &list[i]->totals);
    hr_arena_free(u.a);
    return rc;
}
