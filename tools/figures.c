/* figures.c - sums of a span of time and what follows from them. See figures.h. */
#include "figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NO_MEMORY = -1, DAY_SECONDS = 86400 }; /* -1: what headroom_strerror says of it */

int figures_read(headroom *h, int64_t from_us, int64_t to_us, unsigned parts, struct figures *out)
{
    struct span span = {.from_us = from_us, .to_us = to_us};
    int err;

    *out = (struct figures){.from_us = from_us, .to_us = to_us};
    err = groups_read(h, HEADROOM_BY_NOTHING, &span, NULL, &out->by[HEADROOM_BY_NOTHING]);
    out->all = out->by[HEADROOM_BY_NOTHING].all;
    for (unsigned by = HEADROOM_BY_DAY; err == 0 && by <= HEADROOM_BY_TOOL; by++) {
        if ((parts & 1u << by) != 0)
            err = groups_read(h, (enum headroom_by)by, &span, &out->all, &out->by[by]);
    }
    if (err != 0)
        figures_free(out);
    return err;
}

void figures_free(struct figures *f)
{
    for (size_t by = 0; by <= HEADROOM_BY_TOOL; by++)
        groups_free(&f->by[by]);
}

/* ------------------------------------------------------------------ days */
/* Days since 1970 of "2026-11-21"; -1 where it is no date. */
static int64_t day_number(const char *name)
{
    struct tm t = {.tm_isdst = 0};
    const char *end = strptime(name, "%Y-%m-%d", &t);

    return end != NULL && *end == '\0' ? (int64_t)timegm(&t) / DAY_SECONDS : -1;
}

static void name_day(char out[11], int64_t day)
{
    time_t seconds = (time_t)(day * DAY_SECONDS);
    struct tm t;

    if (gmtime_r(&seconds, &t) == NULL || strftime(out, 11, "%Y-%m-%d", &t) == 0)
        strcpy(out, "-");
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
    sum->compared += t->compared;
    sum->compared_input += t->compared_input;
    sum->estimated += t->estimated;
    sum->estimate_off += t->estimate_off;
    sum->counted += t->counted;
    sum->exact += t->exact;
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

int figures_days(const struct figures *f, size_t least, size_t most, struct figures_bars *out)
{
    const struct groups *days = &f->by[HEADROOM_BY_DAY];
    int64_t first = day_of(f->from_us), last = f->to_us == INT64_MAX ? -1 : day_of(f->to_us - 1), width;

    *out = (struct figures_bars){NULL, 0};
    if (days->n == 0 || most == 0)
        return 0;
    if (first < 0)
        first = day_number(days->list[0].name);
    if (last < 0)
        last = day_number(days->list[days->n - 1].name);
    if (last - first + 1 < (int64_t)least)
        first = last - (int64_t)least + 1;
    width = (last - first) / (int64_t)most + 1;
    out->list = calloc((size_t)((last - first) / width + 1), sizeof(out->list[0]));
    if (out->list == NULL)
        return NO_MEMORY;
    for (int64_t day = first; day <= last; day += width) {
        struct figures_bar *bar = &out->list[out->n++];

        name_day(bar->first, day);
        name_day(bar->last, day + width - 1 < last ? day + width - 1 : last);
    }
    for (size_t i = 0; i < days->n; i++) {
        int64_t day = day_number(days->list[i].name);

        if (day >= first && day <= last)
            add(&out->list[(day - first) / width].totals, &days->list[i].totals);
    }
    return 0;
}

/* ------------------------------------------------------------------ what follows */
headroom_totals figures_rest(const struct groups *groups, size_t n)
{
    headroom_totals sum = {0};

    for (size_t i = n; i < groups->n; i++)
        add(&sum, &groups->list[i].totals);
    return sum;
}

int64_t figures_saved(const headroom_totals *t)
{
    return t->tokens_before - t->tokens_after;
}
