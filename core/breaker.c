/* breaker.c - see breaker.h. */
#include "breaker.h"

#include <string.h>

#include "context.h"

static const struct {
    const char *word;
    unsigned limit; /* so many of them ... */
    int64_t within; /* ... in so many microseconds open the breaker */
} kinds[] = {
    [HR_FAULT_CACHE] = {"cache", 2, INT64_C(3600000000)},
    [HR_FAULT_REFUSED] = {"refused", 1, INT64_C(3600000000)},
};

static int add_bit(void *arg, const headroom_breaker *b)
{
    const int number = hr_dialect_number(b->dialect);

    if (number >= 0)
        *(uint32_t *)arg |= UINT32_C(1) << number;
    return 0;
}

bool hr_breaker_is_open(headroom *h, const char *dialect)
{
    hr_breaker *b = &h->breaker;
    const uint64_t now = hr_now_us();
    const int number = hr_dialect_number(dialect);
    uint32_t open = 0;

    if (!h->store || number < 0)
        return false;
    if (now >= atomic_load(&b->look_at)) {
        atomic_store(&b->look_at, now + HR_BREAKER_LOOK_US);
        if (hr_store_each_breaker(h->store, h->program, add_bit, &open) == 0)
            atomic_store(&b->open, open);
    }
    return (atomic_load(&b->open) | atomic_load(&b->own)) >> number & 1;
}

static void tell(const headroom_request *r, const headroom_fault *f)
{
    const headroom *h = r->h;

    if (strcmp(f->kind, kinds[HR_FAULT_CACHE].word) == 0)
        hr_log_write(&h->log, HR_LOG_WARN,
                     "%s, %s %s: of %lld tokens in the provider's cache %lld were read, because results went "
                     "out in other "
                     "bytes than before: our fault",
                     f->program, f->dialect, f->model, (long long)f->held_tokens,
                     (long long)f->cached_tokens);
    else
        hr_log_write(&h->log, HR_LOG_WARN, "%s, %s %s: refused with status %d: %s, which we rewrote",
                     f->program, f->dialect, f->model, r->row.status, f->place);
}

void hr_breaker_fault(headroom_request *r, enum hr_fault_of kind, const char *place, int64_t held,
                      int64_t cached)
{
    headroom *h = r->h;
    const int number = hr_dialect_number(r->row.dialect);
    const headroom_fault f = {.time_us = r->row.time_us,
                              .program = r->row.program,
                              .dialect = r->row.dialect,
                              .model = r->row.model ? r->row.model : "",
                              .conversation = r->row.conversation,
                              .kind = kinds[kind].word,
                              .place = place,
                              .held_tokens = held,
                              .cached_tokens = cached};

    tell(r, &f);
    const int tripped = hr_store_fault(h->store, &f, kinds[kind].limit, f.time_us - kinds[kind].within);
    if (number < 0 || (tripped < 0 && kinds[kind].limit > 1))
        return;
    if (tripped != 0)
        atomic_fetch_or(tripped > 0 ? &h->breaker.open : &h->breaker.own, UINT32_C(1) << number);
    if (tripped != 0)
        hr_log_write(&h->log, HR_LOG_WARN,
                     "%s, %s: no new rewrites from here on; 'headroom breaker reset %s' allows them again",
                     f.program, f.dialect, f.program);
}

/* ------------------------------------------------------------------ for the CLI */
int headroom_each_fault(headroom *h, size_t limit, int (*cb)(void *, const headroom_fault *), void *arg)
{
    int r = h->store ? hr_store_each_fault(h->store, limit, cb, arg) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_each_breaker(headroom *h, int (*cb)(void *, const headroom_breaker *), void *arg)
{
    int r = h->store ? hr_store_each_breaker(h->store, NULL, cb, arg) : 0;
    return r == HR_ENOENT ? 0 : r;
}

int headroom_reset_breaker(headroom *h, const char *program)
{
    int r = h->store ? hr_store_breaker_reset(h->store, program) : 0;
    return r == HR_ENOENT ? 0 : r;
}
