/* frames.c - .eh_frame_hdr: a sorted table of (function, frame entry), in the one form that linkers write. */
#include "elf/image.h"

#include <string.h>

enum {
    PCREL_SDATA4 = 0x1b,  /* DW_EH_PE_pcrel | DW_EH_PE_sdata4 */
    UDATA4 = 0x03,        /* DW_EH_PE_udata4 */
    DATAREL_SDATA4 = 0x3b /* DW_EH_PE_datarel | DW_EH_PE_sdata4 */
};

static bool read_i32(const hr_image *img, uint64_t address, int32_t *out)
{
    size_t n;
    const uint8_t *p = hr_image_at(img, address, &n);

    if (!p || n < sizeof(*out))
        return false;
    memcpy(out, p, sizeof(*out));
    return true;
}

/* Entry i of the table: the function's address, and that of its frame entry. */
static bool entry_at(const hr_image *img, uint64_t i, uint64_t *function, uint64_t *frame)
{
    int32_t at, to;

    if (!read_i32(img, img->frames + 12 + i * 8, &at) || !read_i32(img, img->frames + 16 + i * 8, &to))
        return false;
    *function = img->frames + (uint64_t)(int64_t)at;
    *frame = img->frames + (uint64_t)(int64_t)to;
    return true;
}

static uint64_t count_entries(const hr_image *img)
{
    size_t n;
    const uint8_t *p = img->frames ? hr_image_at(img, img->frames, &n) : NULL;
    int32_t count;

    if (!p || n < 12 || p[0] != 1 || p[1] != PCREL_SDATA4 || p[2] != UDATA4 || p[3] != DATAREL_SDATA4 ||
        !read_i32(img, img->frames + 8, &count) || count <= 0 || (uint64_t)count > (n - 12) / 8)
        return 0;
    return (uint64_t)count;
}

/* Number of entries whose function begins at or below an address. */
static uint64_t entries_below(const hr_image *img, uint64_t address, uint64_t count)
{
    uint64_t lo = 0, hi = count, function, frame;

    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;

        if (!entry_at(img, mid, &function, &frame))
            return 0;
        if (function <= address)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

int hr_image_frame(const hr_image *img, uint64_t address, uint64_t *start, uint64_t *end)
{
    uint64_t below = entries_below(img, address, count_entries(img)), frame;
    int32_t begin, length;

    if (below == 0 || !entry_at(img, below - 1, start, &frame))
        return 0;
    /* length, CIE pointer, then the function's begin (pc relative) and length; held against the table. */
    if (!read_i32(img, frame + 8, &begin) || !read_i32(img, frame + 12, &length) ||
        frame + 8 + (uint64_t)(int64_t)begin != *start || length <= 0)
        return 0;
    *end = *start + (uint32_t)length;
    return address >= *start && address < *end;
}

uint64_t hr_image_next_frame(const hr_image *img, uint64_t address)
{
    uint64_t count = count_entries(img), function, frame;
    uint64_t below = address ? entries_below(img, address - 1, count) : 0;

    return below < count && entry_at(img, below, &function, &frame) && function >= address ? function : 0;
}
