/* figures.c - sums of a span of time and what follows from them. See figures.h. */
#include "figures.h"
#include "format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NO_MEMORY = -1, DAY_SECONDS = 86400 }; /* -1: what headroom_strerror says of it */

struct reading {
    struct figures_list *list;
    size_t room;
};

static int take_all(void *arg, const char *name, const headroom_totals *t)
{
    (void)name;
    *(headroom_totals *)arg = *t;
    return 0;
}

static int take_group(void *arg, const char *name, const headroom_totals *t)
{
    struct reading *r = arg;
    struct figures_list *list = r->list;
    struct figures_group *g;

    if (list->n == r->room) {
        size_t room = r->room == 0 ? 16 : r->room * 2;
        struct figures_group *more = realloc(list->groups, room * sizeof(*more));

        if (more == NULL)
            return NO_MEMORY;
        list->groups = more;
        r->room = room;
    }
    g = &list->groups[list->n];
    *g = (struct figures_group){.name = strdup(name), .totals = *t};
    if (g->name == NULL)
        return NO_MEMORY;
    list->n++;
    return 0;
}

static int by_tokens(const void *a, const void *b)
{
    const struct figures_group *x = a, *y = b;

    if (x->totals.tokens_before != y->totals.tokens_before)
        return x->totals.tokens_before < y->totals.tokens_before ? 1 : -1;
    return strcmp(x->name, y->name);
}

static int read_groups(headroom *h, enum headroom_by by, struct figures *out)
{
    struct figures_list *list = &out->by[by];
    struct reading r = {list, 0};
    int err = headroom_each_total(h, out->from_us, out->to_us, by, take_group, &r);

    if (err == 0 && by != HEADROOM_BY_DAY && list->n > 1)
        qsort(list->groups, list->n, sizeof(list->groups[0]), by_tokens);
    return err;
}

int figures_read(headroom *h, int64_t from_us, int64_t to_us, unsigned parts, struct figures *out)
{
    int err;

    *out = (struct figures){.from_us = from_us, .to_us = to_us};
    err = headroom_each_total(h, from_us, to_us, HEADROOM_BY_NOTHING, take_all, &out->all);
    for (unsigned by = HEADROOM_BY_DAY; err == 0 && by <= HEADROOM_BY_TOOL; by++) {
        if ((parts & 1u << by) != 0)
            err = read_groups(h, (enum headroom_by)by, out);
    }
    if (err != 0)
        figures_free(out);
    return err;
}

void figures_free_list(struct figures_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->groups[i].name);
        free(list->groups[i].last);
    }
    free(list->groups);
    *list = (struct figures_list){NULL, 0};
}

void figures_free(struct figures *f)
{
    for (size_t by = 0; by <= HEADROOM_BY_TOOL; by++)
        figures_free_list(&f->by[by]);
}

/* ------------------------------------------------------------------ days */
/* Days since 1970 of "2026-11-21"; -1 where it is no date. */
static int64_t day_number(const char *name)
{
    struct tm t = {.tm_isdst = 0};
    const char *end = strptime(name, "%Y-%m-%d", &t);

    return end != NULL && *end == '\0' ? (int64_t)timegm(&t) / DAY_SECONDS : -1;
}

static char *day_name(int64_t day)
{
    time_t seconds = (time_t)(day * DAY_SECONDS);
    char text[24];
    struct tm t;

    if (gmtime_r(&seconds, &t) == NULL || strftime(text, sizeof(text), "%Y-%m-%d", &t) == 0)
        return NULL;
    return strdup(text);
}

static void add(headroom_totals *sum, const headroom_totals *t)
{
    sum->requests += t->requests;
    sum->failed += t->failed;
    sum->touched += t->touched;
    sum->tokens_before += t->tokens_before;
    sum->tokens_after += t->tokens_after;
    sum->unique_before += t->unique_before;
    sum->unique_after += t->unique_after;
    sum->replayed += t->replayed;
    sum->elapsed_us += t->elapsed_us;
    sum->reported += t->reported;
    sum->input += t->input;
    sum->output += t->output;
    sum->cached += t->cached;
    sum->cache_written += t->cache_written;
    sum->priced += t->priced;
    sum->cost += t->cost;
    sum->saved += t->saved;
}

/* Day of a wall clock, local time; -1 for the beginning of all time. */
static int64_t day_of(int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    struct tm t;

    if (us <= 0 || localtime_r(&seconds, &t) == NULL)
        return -1;
    return (int64_t)timegm(&t) / DAY_SECONDS;
}

static int add_bar(struct figures_list *list, int64_t first, int64_t last)
{
    struct figures_group *g = &list->groups[list->n++];

    g->name = day_name(first);
    g->last = last > first ? day_name(last) : NULL;
    return g->name == NULL || (last > first && g->last == NULL) ? NO_MEMORY : 0;
}

int figures_days(const struct figures *f, size_t least, size_t most, struct figures_list *out)
{
    const struct figures_list *days = &f->by[HEADROOM_BY_DAY];
    int64_t first = day_of(f->from_us), last = f->to_us == INT64_MAX ? -1 : day_of(f->to_us - 1), width;
    int err = 0;

    *out = (struct figures_list){NULL, 0};
    if (days->n == 0 || most == 0)
        return 0;
    if (first < 0)
        first = day_number(days->groups[0].name);
    if (last < 0)
        last = day_number(days->groups[days->n - 1].name);
    if (last - first + 1 < (int64_t)least)
        first = last - (int64_t)least + 1;
    width = (last - first) / (int64_t)most + 1;
    out->groups = calloc((size_t)((last - first) / width + 1), sizeof(out->groups[0]));
    if (out->groups == NULL)
        return NO_MEMORY;
    for (int64_t day = first; err == 0 && day <= last; day += width)
        err = add_bar(out, day, day + width - 1 < last ? day + width - 1 : last);
    for (size_t i = 0; err == 0 && i < days->n; i++) {
        int64_t day = day_number(days->groups[i].name);

        if (day >= first && day <= last)
            add(&out->groups[(day - first) / width].totals, &days->groups[i].totals);
    }
    if (err != 0)
        figures_free_list(out);
    return err;
}

headroom_totals figures_rest(const struct figures_list *list, size_t n)
{
    headroom_totals sum = {0};

    for (size_t i = n; i < list->n; i++)
        add(&sum, &list->groups[i].totals);
    return sum;
}

/* ------------------------------------------------------------------ what follows */
int64_t figures_saved(const headroom_totals *t)
{
    return t->tokens_before - t->tokens_after;
}

int64_t figures_midnight(int64_t now_us)
{
    time_t now = (time_t)(now_us / 1000000);
    struct tm t;

    if (localtime_r(&now, &t) == NULL)
        return now_us;
    t.tm_hour = t.tm_min = t.tm_sec = 0;
    t.tm_isdst = -1;
    return (int64_t)mktime(&t) * 1000000;
}

const char *figures_usd(char out[FIGURES_USD], int64_t billionths)
{
    bool small = billionths > -100000000 && billionths < 100000000 && billionths != 0;
    int64_t unit = small ? 100000 : 10000000; /* of the last digit */
    int64_t size = billionths < 0 ? -billionths : billionths;
    int64_t units = size / unit + (size % unit >= unit / 2), scale = small ? 10000 : 100;
    char whole[FORMAT_COUNT];

    snprintf(out, FIGURES_USD, "%s$%s.%0*lld", billionths < 0 ? "-" : "", format_count(whole, units / scale),
             small ? 4 : 2, (long long)(units % scale));
    return out;
}
