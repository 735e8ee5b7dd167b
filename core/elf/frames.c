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

int hr_image_frame(const hr_image *img, uint64_t address, uint64_t *start, uint64_t *end)
{
    size_t n;
    const uint8_t *p = hr_image_at(img, img->frames, &n);
    uint64_t table = img->frames + 12, entry, lo = 0, hi;
    int32_t count, at, frame, begin, length;

    if (!img->frames || !p || n < 12 || p[0] != 1 || p[1] != PCREL_SDATA4 || p[2] != UDATA4 ||
        p[3] != DATAREL_SDATA4 || !read_i32(img, img->frames + 8, &count) || count <= 0 ||
        (uint64_t)count > (n - 12) / 8)
        return 0;
    hi = (uint64_t)count;
    while (hi - lo > 1) { /* the last entry that begins at or below the address */
        uint64_t mid = lo + (hi - lo) / 2;

        if (!read_i32(img, table + mid * 8, &at))
            return 0;
        if (img->frames + (uint64_t)(int64_t)at <= address)
            lo = mid;
        else
            hi = mid;
    }
    if (!read_i32(img, table + lo * 8, &at) || !read_i32(img, table + lo * 8 + 4, &frame))
        return 0;
    *start = img->frames + (uint64_t)(int64_t)at;
    entry = img->frames + (uint64_t)(int64_t)frame;
    /* length, CIE pointer, then the function's begin (pc relative) and length; held against the table. */
    if (!read_i32(img, entry + 8, &begin) || !read_i32(img, entry + 12, &length) ||
        entry + 8 + (uint64_t)(int64_t)begin != *start || length <= 0)
        return 0;
    *end = *start + (uint32_t)length;
    return address >= *start && address < *end;
}
