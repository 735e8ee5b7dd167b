/* starts.c - call targets around the anchors' references. */
#include "elf/starts.h"
#include "elf/walk.h"
#include "elf/x86.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* Windows around the sites, ascending, overlapping ones made one. */
static size_t make_windows(hr_range *w, const hr_site *sites, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t at = sites[i].at;

        w[i] = (hr_range){at > HR_REACH_BACK ? at - HR_REACH_BACK : 0, at + HR_REACH_ON};
    }
    return hr_ranges_join(w, n);
}

static int by_target(const void *a, const void *b)
{
    const hr_site *x = a, *y = b;

    return x->to < y->to ? -1 : x->to > y->to;
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

/* All places in a window that could be beginnings, beside the targets of calls. */
static void propose(hr_sites *places, const hr_image *img, const hr_range *w, bool deep)
{
    for (uint64_t at = hr_image_next_frame(img, w->low); at && at < w->high;
         at = hr_image_next_frame(img, at + 1))
        hr_sites_add(places, 0, at);
    for (uint64_t at = (w->low + 15) & ~15ull; deep && at < w->high; at += 16) {
        if (hr_walk_boundary(img, at) == 2 && begins_as_functions_do(img, at))
            hr_sites_add(places, 0, at);
    }
}

static void note_callers(hr_starts *s, const hr_image *img)
{
    for (size_t i = 0; i < s->calls.n; i++) {
        size_t k = hr_starts_below(s, s->calls.v[i].to), n;
        const uint8_t *p = hr_image_at(img, s->calls.v[i].at, &n);
        bool call = p && (img->machine == EM_AARCH64 ? n >= 4 && p[3] >> 2 == 0x25 : *p == 0xe8);

        if (k != SIZE_MAX && s->address[k] == s->calls.v[i].to)
            s->checks[k] |= (uint8_t)(call ? HR_CHECK_CALLED : HR_CHECK_TAKEN);
    }
}

int hr_starts_find(hr_starts *s, const hr_image *img, const hr_site *sites, size_t n, bool deep)
{
    hr_range *windows = hr_malloc((n ? n : 1) * sizeof(*windows));
    hr_sites places = {0};
    size_t count;

    memset(s, 0, sizeof(*s));
    if (!windows)
        return HR_ENOMEM;
    count = make_windows(windows, sites, n);
    hr_search_calls(img, windows, count, &s->calls);
    for (size_t i = 0; i < s->calls.n; i++)
        hr_sites_add(&places, s->calls.v[i].at, s->calls.v[i].to);
    for (size_t i = 0; i < count && !places.failed; i++)
        propose(&places, img, &windows[i], deep);
    hr_free(windows);
    if (!s->calls.failed && !places.failed) {
        s->address = hr_malloc((places.n + 1) * sizeof(*s->address));
        s->checks = s->address ? hr_calloc(places.n + 1, sizeof(*s->checks)) : NULL;
        s->inner = s->checks ? hr_calloc(places.n + 1, sizeof(*s->inner)) : NULL;
    }
    if (s->inner) {
        if (places.n)
            qsort(places.v, places.n, sizeof(*places.v), by_target);
        for (size_t i = 0; i < places.n; i++) {
            uint64_t at = places.v[i].to;

            if ((s->n == 0 || at != s->address[s->n - 1]) && hr_walk_boundary(img, at) > 0)
                s->address[s->n++] = at;
        }
        note_callers(s, img);
    }
    hr_free(places.v);
    if (s->inner)
        return 0;
    hr_starts_free(s);
    return HR_ENOMEM;
}

void hr_starts_free(hr_starts *s)
{
    hr_free(s->address);
    hr_free(s->checks);
    hr_free(s->inner);
    hr_free(s->calls.v);
    memset(s, 0, sizeof(*s));
}
