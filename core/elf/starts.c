/* starts.c - call targets around the anchors' references. */
#include "elf/starts.h"
#include "elf/walk.h"
#include "elf/x86.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

static int by_address(const void *a, const void *b)
{
    const hr_window *x = a, *y = b;

    return x->low < y->low ? -1 : x->low > y->low;
}

/* Windows around the sites, ascending, overlapping ones made one. */
static size_t make_windows(hr_window *w, const hr_site *sites, size_t n)
{
    size_t used = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t at = sites[i].at;

        w[i] = (hr_window){at > HR_REACH_BACK ? at - HR_REACH_BACK : 0, at + HR_REACH_ON};
    }
    qsort(w, n, sizeof(*w), by_address);
    for (size_t i = 0; i < n; i++) {
        if (used && w[i].low <= w[used - 1].high) {
            if (w[i].high > w[used - 1].high)
                w[used - 1].high = w[i].high;
        } else {
            w[used++] = w[i];
        }
    }
    return used;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

size_t hr_starts_below(const hr_starts *s, uint64_t address)
{
    size_t lo = 0, hi = s->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (s->address[mid] <= address)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo - 1; /* SIZE_MAX where none is below */
}

static bool begins_as_functions_do(const hr_image *img, uint64_t address)
{
    size_t n;
    const uint8_t *p = hr_image_at(img, address, &n);
    hr_x86 in;
    uint32_t w;

    if (!p || n < 16)
        return false;
    if (img->machine == EM_AARCH64) {
        memcpy(&w, p, 4);
        /* bti c, paciasp, stp with write-back to sp, sub sp */
        return w == 0xd503245f || w == 0xd503233f || (w & 0xffc003e0) == 0xa98003e0 ||
               (w & 0xff8003ff) == 0xd10003ff;
    }
    if (memcmp(p, "\xf3\x0f\x1e\xfa", 4) == 0) /* endbr64 */
        return true;
    if (!hr_x86_decode(p, n, &in) || in.map != HR_X86_ONE)
        return false;
    /* push reg, sub rsp */
    return (in.op >= 0x50 && in.op <= 0x57) ||
           ((in.op == 0x83 || in.op == 0x81) && in.mod == 3 && in.rm == 4 && in.reg == 5);
}

static unsigned own_checks(const hr_image *img, uint64_t address, bool *refuted)
{
    uint64_t start, end;
    unsigned checks = 0;

    *refuted = false;
    if (hr_walk_boundary(img, address) == 2)
        checks |= HR_CHECK_BOUNDARY;
    if (address % 16 == 0)
        checks |= HR_CHECK_ALIGNED;
    if (begins_as_functions_do(img, address))
        checks |= HR_CHECK_PROLOGUE;
    if (hr_image_frame(img, address, &start, &end)) {
        if (start == address)
            checks |= HR_CHECK_FRAME;
        else
            *refuted = true;
    }
    return checks;
}

unsigned hr_starts_checks(const hr_starts *s, const hr_image *img, uint64_t address, bool *refuted)
{
    unsigned checks = own_checks(img, address, refuted);
    size_t i = hr_starts_below(s, address);

    if (i != SIZE_MAX && s->address[i] == address)
        checks |= s->checks[i];
    return checks;
}

/* The i-th place that could be a beginning: targets of the calls, then frames of the sites. */
static uint64_t proposal(const hr_starts *s, const hr_image *img, const hr_site *sites, size_t i)
{
    uint64_t start, end;

    if (i < s->calls.n)
        return s->calls.v[i].to;
    return hr_image_frame(img, sites[i - s->calls.n].at, &start, &end) ? start : 0;
}

static void note_callers(hr_starts *s, const hr_image *img)
{
    for (size_t i = 0; i < s->calls.n; i++) {
        size_t k = hr_starts_below(s, s->calls.v[i].to), n;
        const uint8_t *p = hr_image_at(img, s->calls.v[i].at, &n);
        bool call = img->machine == EM_AARCH64 || (p && *p == 0xe8);

        if (k != SIZE_MAX && s->address[k] == s->calls.v[i].to)
            s->checks[k] |= (uint8_t)(call ? HR_CHECK_CALLED : HR_CHECK_TAKEN);
    }
}

int hr_starts_find(hr_starts *s, const hr_image *img, const hr_site *sites, size_t n)
{
    hr_window *windows = hr_malloc((n ? n : 1) * sizeof(*windows));
    size_t most, used = 0;

    memset(s, 0, sizeof(*s));
    if (!windows)
        return HR_ENOMEM;
    hr_search_calls(img, windows, make_windows(windows, sites, n), &s->calls);
    hr_free(windows);
    most = s->calls.n + n + 1;
    s->address = s->calls.failed ? NULL : hr_malloc(most * sizeof(*s->address));
    s->checks = s->address ? hr_calloc(most, sizeof(*s->checks)) : NULL;
    s->inner = s->checks ? hr_calloc(most, sizeof(*s->inner)) : NULL;
    if (!s->inner) {
        hr_starts_free(s);
        return HR_ENOMEM;
    }
    for (size_t i = 0; i < s->calls.n + n; i++) {
        uint64_t address = proposal(s, img, sites, i);

        if (address)
            s->address[used++] = address;
    }
    qsort(s->address, used, sizeof(*s->address), by_value);
    for (size_t i = 0; i < used; i++) {
        if ((s->n == 0 || s->address[i] != s->address[s->n - 1]) && hr_walk_boundary(img, s->address[i]) > 0)
            s->address[s->n++] = s->address[i];
    }
    note_callers(s, img);
    return 0;
}

void hr_starts_free(hr_starts *s)
{
    hr_free(s->address);
    hr_free(s->checks);
    hr_free(s->inner);
    hr_free(s->calls.v);
    memset(s, 0, sizeof(*s));
}
