/* calibrate.c - see calibrate.h. */
#include "calibrate.h"

#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "store/store.h"
#include "token/family.h"

bool hr_sample_of(const headroom_row *row, uint32_t *ratio)
{
    const char *path = row->path ? row->path : "";
    const bool changed = row->mode && strcmp(row->mode, "optimize") == 0;
    int64_t estimate = changed ? row->tokens_after : row->tokens_before;

    if (row->factor > 0 && estimate < INT64_MAX / HR_FACTOR_ONE)
        estimate = (estimate * HR_FACTOR_ONE + row->factor / 2) / row->factor;
    if (!*path || hr_str_ends(hr_str_make(path, strlen(path)), "/count_tokens"))
        return false;
    if (row->status < 200 || row->status > 299 || row->input_tokens <= 0 || estimate <= 0)
        return false;
    if (row->input_tokens / estimate >= HR_RATIO_MAX / HR_RATIO_ONE)
        *ratio = HR_RATIO_MAX;
    else
        *ratio = (uint32_t)(row->input_tokens * HR_RATIO_ONE / estimate);
    return true;
}

void hr_samples_add(hr_samples *s, uint32_t ratio)
{
    s->ratio[s->seen++ % HR_SAMPLES] = ratio;
}

struct weighed {
    uint32_t ratio, weight;
};

static int by_ratio(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;
    return (x->ratio > y->ratio) - (x->ratio < y->ratio);
}

bool hr_samples_factor(const hr_samples *s, double *factor, double *error_percent)
{
    const size_t n = s->seen < HR_SAMPLES ? (size_t)s->seen : HR_SAMPLES;
    struct weighed list[HR_SAMPLES];
    uint64_t all = 0, below = 0, off = 0;
    uint32_t middle = 0;

    if (n < HR_MIN_SAMPLES)
        return false;
    for (size_t age = 0; age < n; age++) {
        const size_t at = (size_t)((s->seen - 1 - age) % HR_SAMPLES);
        list[age] = (struct weighed){s->ratio[at], 8u >> (age * 4 / HR_SAMPLES)};
        all += list[age].weight;
    }
    qsort(list, n, sizeof *list, by_ratio);
    for (size_t i = 0; i < n && 2 * below < all; i++) {
        below += list[i].weight;
        middle = list[i].ratio;
    }
    if (middle < HR_RATIO_ONE / 4 || middle > HR_RATIO_ONE * 4)
        return false;
    for (size_t i = 0; i < n; i++) {
        const uint32_t x = list[i].ratio;
        off += (uint64_t)(x > middle ? x - middle : middle - x) * list[i].weight;
    }
    *factor = (double)middle / HR_RATIO_ONE;
    *error_percent = 100.0 * (double)off / (double)all / (double)middle;
    return true;
}

const char *headroom_family_of(const char *model)
{
    return hr_family_of(hr_str_make(model, model ? strlen(model) : 0));
}

int headroom_each_family(headroom *h,
                         int (*cb)(void *, const char *name, double factor, double error_percent,
                                   int64_t requests),
                         void *arg)
{
    int r = h->store ? hr_store_each_family(h->store, cb, arg) : 0;
    return r == HR_ENOENT ? 0 : r;
}
