/* families.c - samples of token counts by family of models (calibrate.h). See store.h. */
#include <string.h>

#include "calibrate.h"
#include "store/handle.h"
#include "token/family.h"

/* A row of another size, from a version with more or fewer samples, begins anew. */
static hr_samples samples_of(const hr_query *q, int seen, int ratios)
{
    hr_samples s = {0};
    hr_str blob = hr_query_col(q, ratios);

    if (blob.n == sizeof s.ratio) {
        s.seen = (uint64_t)hr_query_col_int(q, seen);
        memcpy(s.ratio, blob.p, blob.n);
    }
    return s;
}

/* What is stored of a family: 1, 0: nothing is, <0. */
static int read_samples(hr_store *s, const char *name, hr_samples *out)
{
    hr_query q = hr_query_start(s, HR_Q_FAMILY);
    hr_query_text(&q, name);
    const int rc = hr_query_step(&q);

    if (rc == 1)
        *out = samples_of(&q, 0, 1);
    hr_query_end(&q);
    return rc;
}

int hr_store_factor(hr_store *s, const char *family, int64_t *factor, int64_t *off)
{
    hr_samples samples = {0};
    double ratio, percent;
    int rc = hr_store_enter(s, hr_now_us() + HR_REQUEST_WAIT_US, false);

    if (rc != 0)
        return rc;
    rc = read_samples(s, family, &samples);
    hr_store_leave(s);
    if (rc != 1 || !hr_samples_factor(&samples, &ratio, &percent))
        return rc < 0 ? rc : 0;
    *factor = (int64_t)(ratio * HR_FACTOR_ONE + 0.5);
    *off = (int64_t)(percent * (HR_FACTOR_ONE / 100) + 0.5);
    return 1;
}

int hr_families_add(hr_store *s, const headroom_row *row)
{
    hr_samples samples = {0};
    uint32_t ratio;

    if (!hr_sample_of(row, &ratio))
        return 0;
    const char *name = hr_family_of(hr_str_make(row->model, row->model ? strlen(row->model) : 0));
    const int rc = read_samples(s, name, &samples);
    if (rc < 0)
        return rc;
    hr_samples_add(&samples, ratio);
    hr_query q = hr_query_start(s, HR_Q_FAMILY_SET);
    hr_query_text(&q, name);
    hr_query_int(&q, (int64_t)samples.seen);
    hr_query_blob(&q, samples.ratio, sizeof samples.ratio);
    return hr_query_run(&q);
}

/* Families of one answer, read before the caller sees the first: no lock is held in its callback. */
struct family {
    struct family *next;
    hr_samples samples;
    char name[32];
};

static int read_families(hr_store *s, hr_arena *a, struct family **end)
{
    hr_query q = hr_query_start(s, HR_Q_FAMILY_EACH);
    int rc;

    while ((rc = hr_query_step(&q)) == 1) {
        struct family *f = hr_arena_zalloc(a, sizeof *f);
        hr_str name = hr_query_col(&q, 0);
        if (!f) {
            rc = HR_ENOMEM;
            break;
        }
        memcpy(f->name, name.p, name.n < sizeof f->name ? name.n : sizeof f->name - 1);
        f->samples = samples_of(&q, 1, 2);
        *end = f;
        end = &f->next;
    }
    hr_query_end(&q);
    return rc;
}

int hr_store_each_family(hr_store *s, int (*cb)(void *, const char *, double, double, int64_t), void *arg)
{
    struct family *first = NULL;
    hr_arena *a = hr_arena_new();
    int rc = a ? hr_store_enter(s, 0, false) : HR_ENOMEM;
    double factor, error;

    if (rc == 0) {
        rc = read_families(s, a, &first);
        hr_store_leave(s);
    }
    for (const struct family *f = first; f && rc == 0; f = f->next)
        if (hr_samples_factor(&f->samples, &factor, &error))
            rc = cb(arg, f->name, factor, error, (int64_t)f->samples.seen);
    hr_arena_free(a);
    return rc;
}
