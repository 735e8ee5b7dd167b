/* base.c - strings, heap, growable buffer, clocks. See base.h. */
#include "base.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fault.h"
#include "limits.h"

static const char *const error_names[] = {
    [0] = "ok",
    [-HR_ENOMEM] = "no_memory",
    [-HR_EJSON] = "invalid_json",
    [-HR_EDEPTH] = "too_deep",
    [-HR_EUTF8] = "invalid_utf8",
    [-HR_ESURR] = "lone_surrogate",
    [-HR_ENUL] = "nul_in_text",
    [-HR_EDUP] = "duplicate_key",
    [-HR_ESHAPE] = "not_this_dialect",
    [-HR_EPAIR] = "unpaired_result",
    [-HR_ELIMIT] = "too_large",
    [-HR_ESTORE] = "no_store",
    [-HR_EBUSY] = "store_busy",
    [-HR_ETIME] = "deadline",
    [-HR_EFULL] = "originals_full",
    [-HR_EIO] = "io",
    [-HR_ENOENT] = "not_found",
    [-HR_ECODING] = "encoding",
};

const char *hr_error_name(int err)
{
    size_t i = err > 0 ? 0 : (size_t)-err;
    return i < sizeof error_names / sizeof *error_names ? error_names[i] : "error";
}

bool hr_str_eq(hr_str a, hr_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool hr_str_is(hr_str a, const char *z)
{
    return hr_str_eq(a, hr_str_make(z, strlen(z)));
}

bool hr_str_ends(hr_str a, const char *z)
{
    size_t n = strlen(z);
    return a.n >= n && memcmp(a.p + a.n - n, z, n) == 0;
}

void *hr_malloc(size_t n)
{
    return hr_fault(HR_FAULT_ALLOC) ? NULL : malloc(n ? n : 1);
}

void *hr_calloc(size_t n, size_t size)
{
    return hr_fault(HR_FAULT_ALLOC) ? NULL : calloc(n ? n : 1, size ? size : 1);
}

void *hr_realloc(void *p, size_t n)
{
    return hr_fault(HR_FAULT_ALLOC) ? NULL : realloc(p, n ? n : 1);
}

void hr_free(void *p)
{
    free(p);
}

/* ------------------------------------------------------------------ buffer */
static int buf_fail(hr_buf *b)
{
    hr_free(b->data);
    b->data = NULL;
    b->len = b->cap = 0;
    b->err = HR_ENOMEM;
    return HR_ENOMEM;
}

int hr_buf_grow(hr_buf *b, size_t n)
{
    size_t max = b->max ? b->max : (size_t)HR_MAX_FILE * 2;
    if (b->err)
        return b->err;
    if (b->len > max || n > max - b->len)
        return buf_fail(b);
    size_t want = b->len + n, cap = b->cap < 128 ? 256 : b->cap * 2;
    if (cap < want)
        cap = want;
    if (cap > max)
        cap = max;
    char *p = hr_realloc(b->data, cap);
    if (!p)
        return buf_fail(b);
    b->data = p;
    b->cap = cap;
    return 0;
}

void hr_buf_u64(hr_buf *b, uint64_t v)
{
    char digits[20];
    size_t i = sizeof digits;
    do
        digits[--i] = (char)('0' + v % 10);
    while (v /= 10);
    hr_buf_add(b, digits + i, sizeof digits - i);
}

void hr_buf_free(hr_buf *b)
{
    hr_free(b->data);
    *b = (hr_buf){.max = b->max};
}

/* ------------------------------------------------------------------ clocks */
static uint64_t clock_us(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t hr_now_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

uint64_t hr_cpu_us(void)
{
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

int64_t hr_wall_us(void)
{
    return (int64_t)clock_us(CLOCK_REALTIME);
}
