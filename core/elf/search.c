/* search.c - what to look for, by two bytes each, and what makes a hit real. */
#include "elf/search.h"
#include "elf/pairs.h"

#include <elf.h>
#include <string.h>

/* ---------------------------------------------------------------- strings */
static const struct {
    const char *text; /* with its NUL */
    size_t size;
    enum hr_text kind;
} texts[] = {
    {"ssl_lib.cc", 11, HR_TEXT_FILE_CC}, {"ssl_lib.c", 10, HR_TEXT_FILE_C},
    {"SSL_write", 10, HR_TEXT_WRITE},    {"ssl_write_internal", 19, HR_TEXT_WRITE_INTERNAL},
    {"SSL_read", 9, HR_TEXT_READ},       {"ssl_read_internal", 18, HR_TEXT_READ_INTERNAL},
};

typedef struct string_search {
    hr_anchors *out;
    const uint8_t *p;
    size_t n;
    uint64_t address;
} string_search;

/* The file's name must be a whole last component; references may go to any place in the path before it. */
static bool path_begins(const string_search *s, size_t at, uint64_t *low)
{
    size_t first = at;

    if (at > 0 && s->p[at - 1] != '/' && s->p[at - 1] != 0)
        return false;
    while (first > 0 && at - first < HR_PATH && s->p[first - 1] >= 0x20 && s->p[first - 1] < 0x7f)
        first--;
    *low = s->address + first;
    return true;
}

static bool string_hit(void *arg, size_t at)
{
    string_search *s = arg;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        hr_anchor a = {texts[i].kind, s->address + at, s->address + at};

        if (texts[i].size > s->n - at || memcmp(s->p + at, texts[i].text, texts[i].size) != 0)
            continue;
        if ((a.text == HR_TEXT_FILE_CC || a.text == HR_TEXT_FILE_C) && !path_begins(s, at, &a.low))
            continue;
        if (s->out->n == HR_ANCHORS) {
            s->out->too_many = true;
            return false;
        }
        s->out->v[s->out->n++] = a;
    }
    return true;
}

void hr_search_anchors(const hr_image *img, hr_anchors *out)
{
    static const hr_pair pair = {0, 0xdf, 'S', 3, 0xff, '_'}; /* all texts begin so */

    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < img->segments; i++) {
        const hr_segment *g = &img->segment[i];
        string_search s = {out, img->p + g->offset, (size_t)g->size, g->address};

        if (!g->write)
            hr_pairs_search(s.p, s.n, &pair, 1, string_hit, &s);
    }
}

const hr_anchor *hr_anchor_at(const hr_anchors *a, uint64_t address)
{
    for (size_t i = 0; i < a->n; i++) {
        if (address >= a->v[i].low && address <= a->v[i].high)
            return &a->v[i];
    }
    return NULL;
}

/* ---------------------------------------------------------------- code */
typedef struct code_search {
    const uint8_t *p;
    size_t n;
    uint64_t address;
    const hr_anchors *anchors; /* or */
    const hr_window *windows;
    size_t n_windows;
    bool immediates;    /* addresses may stand in the code as they are */
    uint64_t low, high; /* of all anchors or windows: most targets fall to this test */
    hr_sites *out;
} code_search;

bool hr_sites_add(hr_sites *s, uint64_t at, uint64_t to)
{
    if (s->n == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 256;
        hr_site *v = capacity > HR_MAX_SITES ? NULL : hr_realloc(s->v, capacity * sizeof(*v));

        if (!v) {
            s->failed = true;
            return false;
        }
        s->v = v;
        s->capacity = capacity;
    }
    s->v[s->n++] = (hr_site){at, to};
    return true;
}

static bool in_windows(const hr_window *w, size_t n, uint64_t address)
{
    size_t lo = 0, hi = n;

    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (w[mid].low <= address)
            lo = mid;
        else
            hi = mid;
    }
    return n > 0 && address >= w[lo].low && address < w[lo].high;
}

static bool wanted(const code_search *s, uint64_t address)
{
    if (address < s->low || address > s->high)
        return false;
    if (s->anchors)
        return hr_anchor_at(s->anchors, address) != NULL;
    return in_windows(s->windows, s->n_windows, address);
}

static int32_t read_i32(const uint8_t *p)
{
    int32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* lea reg, [rip + disp]: 8d, ModRM with mod 0 and rm 5. */
static bool lea_hit(void *arg, size_t at)
{
    code_search *s = arg;
    uint64_t to;

    if (s->n - at < 6)
        return true;
    to = s->address + at + 6 + (uint64_t)(int64_t)read_i32(s->p + at + 2);
    return !wanted(s, to) || hr_sites_add(s->out, s->address + at, to);
}

/* The address itself as an immediate of 32 bits; what instruction it belongs to is seen when it is walked over. */
static bool immediate_hit(code_search *s, size_t at)
{
    uint64_t to;

    if (s->n - at < 4)
        return true;
    to = (uint32_t)read_i32(s->p + at);
    return !wanted(s, to) || hr_sites_add(s->out, s->address + at, to);
}

static bool reference_hit(void *arg, size_t at)
{
    code_search *s = arg;

    if (s->n - at >= 2 && s->p[at] == 0x8d && (s->p[at + 1] & 0xc7) == 0x05 && !lea_hit(arg, at))
        return false;
    return !s->immediates || immediate_hit(s, at);
}

static bool call_hit(void *arg, size_t at)
{
    code_search *s = arg;
    uint64_t to;

    if (s->p[at] != 0xe8 && s->p[at] != 0xe9)
        return lea_hit(arg, at);
    if (s->n - at < 5)
        return true;
    to = s->address + at + 5 + (uint64_t)(int64_t)read_i32(s->p + at + 1);
    if (s->p[at] == 0xe9 && to - (s->address + at) + HR_FAR < 2 * HR_FAR)
        return true;
    return !wanted(s, to) || hr_sites_add(s->out, s->address + at, to);
}

/* The upper two bytes of the anchors' addresses, each pair once. */
static size_t immediate_pairs(const hr_anchors *a, hr_pair *pairs)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++) {
        for (uint64_t high = a->v[i].low >> 16; high <= a->v[i].high >> 16 && high <= 0xffff; high++) {
            hr_pair k = {2, 0xff, (uint8_t)high, 3, 0xff, (uint8_t)(high >> 8)};
            size_t seen = 0;

            while (seen < n && memcmp(&pairs[seen], &k, sizeof(k)) != 0)
                seen++;
            if (seen == n && n < HR_ANCHORS)
                pairs[n++] = k;
        }
    }
    return n;
}

static const hr_pair call_pairs[2] = {{0, 0xfe, 0xe8, 0, 0xfe, 0xe8}, {0, 0xff, 0x8d, 1, 0xc7, 0x05}};

static uint32_t read_u32(const uint8_t *p)
{
    return (uint32_t)read_i32(p);
}

static int64_t signed_field(uint32_t v, unsigned width)
{
    uint64_t high = 1ull << (width - 1);

    return (int64_t)(((uint64_t)v ^ high) - high);
}

/* aarch64: adrp of a page that an anchor or window lies in, adr, and bl. */
static void search_a64(code_search *s)
{
    for (size_t at = 0; at + 4 <= s->n; at += 4) {
        uint32_t w = read_u32(s->p + at);
        uint64_t pc = s->address + at, to;

        if ((w & 0x1f000000) == 0x10000000) {
            int64_t n = signed_field((w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3), 21);

            to = w >> 31 ? (pc & ~0xfffull) + ((uint64_t)n << 12) : pc + (uint64_t)n;
            if (!s->anchors)
                continue;
            for (size_t i = 0; i < s->anchors->n; i++) {
                const hr_anchor *a = &s->anchors->v[i];

                if (w >> 31 ? to >= (a->low & ~0xfffull) && to <= a->high : to >= a->low && to <= a->high) {
                    if (!hr_sites_add(s->out, pc, to))
                        return;
                    break;
                }
            }
        } else if ((w & 0x7c000000) == 0x14000000 && !s->anchors) {
            to = pc + (uint64_t)(signed_field(w & 0x3ffffff, 26) * 4);
            if (w >> 31 == 0 && to - pc + HR_FAR < 2 * HR_FAR)
                continue;
            if (wanted(s, to) && !hr_sites_add(s->out, pc, to))
                return;
        }
    }
}

static void search_code(const hr_image *img, code_search *s)
{
    hr_pair pairs[HR_ANCHORS + 1] = {{0, 0xff, 0x8d, 1, 0xc7, 0x05}};
    size_t n = 1;

    s->immediates = s->anchors && img->type == ET_EXEC;
    if (s->immediates)
        n += immediate_pairs(s->anchors, pairs + 1);
    for (size_t i = 0; i < img->segments && !s->out->failed; i++) {
        const hr_segment *g = &img->segment[i];

        if (!g->execute)
            continue;
        s->p = img->p + g->offset;
        s->n = (size_t)g->size;
        s->address = g->address;
        if (img->machine == EM_AARCH64) {
            search_a64(s);
        } else if (s->anchors) {
            hr_pairs_search(s->p, s->n, pairs, n, reference_hit, s);
        } else {
            hr_pairs_search(s->p, s->n, call_pairs, 2, call_hit, s);
        }
    }
}

void hr_search_references(const hr_image *img, const hr_anchors *anchors, hr_sites *out)
{
    code_search s = {.anchors = anchors, .low = UINT64_MAX, .out = out};

    for (size_t i = 0; i < anchors->n; i++) {
        if (anchors->v[i].low < s.low)
            s.low = anchors->v[i].low;
        if (anchors->v[i].high > s.high)
            s.high = anchors->v[i].high;
    }
    search_code(img, &s);
}

void hr_search_calls(const hr_image *img, const hr_window *windows, size_t n, hr_sites *out)
{
    code_search s = {.windows = windows, .n_windows = n, .out = out};

    if (n == 0)
        return;
    s.low = windows[0].low;
    s.high = windows[n - 1].high;
    search_code(img, &s);
}
