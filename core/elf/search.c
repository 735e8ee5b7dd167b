/* search.c - what to look for, and what makes a hit real. */
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
    const hr_anchors *anchors; /* NULL: calls are searched */
    const hr_range *ranges;    /* joined: the anchors, or windows */
    size_t n_ranges;
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

/* How many bytes of the instruction whose displacement stands at `field` are looked at; 0: it is none of those that we look for. */
static size_t opcode_before(const code_search *s, size_t field, uint64_t to)
{
    const uint8_t *p = s->p + field;

    if (field >= 2 && p[-2] == 0x8d && (p[-1] & 0xc7) == 0x05) /* lea reg, [rip + disp] */
        return 2;
    if (s->anchors || field < 1 || (p[-1] != 0xe8 && p[-1] != 0xe9))
        return 0;
    return p[-1] == 0xe8 || to - (s->address + field - 1) + HR_FAR >= 2 * HR_FAR;
}

/* An address as it stands may belong to any instruction: that is seen when it is walked over. */
static bool code_hit(void *arg, size_t field, uint64_t to, bool absolute)
{
    code_search *s = arg;
    size_t before = absolute ? 0 : opcode_before(s, field, to);

    if (!absolute && before == 0)
        return true;
    return hr_sites_add(s->out, s->address + field - before, to);
}

static uint32_t read_u32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
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
            if (hr_ranges_hold(s->ranges, s->n_ranges, to) && !hr_sites_add(s->out, pc, to))
                return;
        }
    }
}

static void search_code(const hr_image *img, code_search *s)
{
    for (size_t i = 0; i < img->segments && !s->out->failed; i++) {
        const hr_segment *g = &img->segment[i];

        if (!g->execute)
            continue;
        s->p = img->p + g->offset;
        s->n = (size_t)g->size;
        s->address = g->address;
        if (img->machine == EM_AARCH64)
            search_a64(s);
        else /* only at a fixed place can code hold addresses as they are */
            hr_targets_search(s->p, s->n, s->address, s->ranges, s->n_ranges,
                              s->anchors && img->type == ET_EXEC, code_hit, s);
    }
}

void hr_search_references(const hr_image *img, const hr_anchors *anchors, hr_sites *out)
{
    hr_range ranges[HR_ANCHORS];
    code_search s = {.anchors = anchors, .ranges = ranges, .out = out};

    for (size_t i = 0; i < anchors->n; i++)
        ranges[i] = (hr_range){anchors->v[i].low, anchors->v[i].high + 1};
    s.n_ranges = hr_ranges_join(ranges, anchors->n);
    search_code(img, &s);
}

void hr_search_calls(const hr_image *img, const hr_range *windows, size_t n, hr_sites *out)
{
    code_search s = {.ranges = windows, .n_ranges = n, .out = out};

    search_code(img, &s);
}
