/* capture_format.c - what stands in the file of a capture. See capture.h.

     "HRC1" part flags 0 0, length packed, length plain (8 bytes each, low byte first), zstd frame    .. again for each section

   The body as it was sent mostly repeats what the program made: it is packed with that as the text before it, and takes next to
   nothing. */
#include <string.h>

#include "capture.h"
#include "limits.h"
#include "zstd_heap.h"

enum { HEAD = 24, CUT = 1, BEHIND_MADE = 2, LEVEL = 1, LEAST_WINDOW = 10, MOST_WINDOW = 27 };

static void put_u64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get_u64(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* A window that reaches back over both texts. */
static int window_log(size_t n)
{
    int log = LEAST_WINDOW;
    while (log < MOST_WINDOW && ((size_t)1 << log) < n)
        log++;
    return log;
}

static size_t compress(ZSTD_CCtx *z, char *out, size_t room, hr_str text, hr_str earlier)
{
    ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    if (earlier.n > 0) {
        ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window_log(text.n + earlier.n));
        ZSTD_CCtx_setParameter(z, ZSTD_c_enableLongDistanceMatching, 1);
        ZSTD_CCtx_refPrefix(z, earlier.p, earlier.n);
    }
    return ZSTD_compress2(z, out, room, text.p, text.n);
}

int hr_capture_pack(hr_buf *out, enum headroom_capture_part part, bool cut, hr_str text, hr_str earlier)
{
    size_t room = ZSTD_compressBound(text.n), begin = out->len;
    ZSTD_CCtx *z = ZSTD_createCCtx_advanced(hr_zstd_heap);
    uint8_t head[HEAD] = {'H', 'R', 'C', '1', (uint8_t)part};

    if (!z || hr_buf_reserve(out, HEAD + room) < 0) {
        ZSTD_freeCCtx(z);
        return HR_ENOMEM;
    }
    size_t n = compress(z, out->data + begin + HEAD, room, text, earlier);
    ZSTD_freeCCtx(z);
    if (ZSTD_isError(n))
        return HR_ENOMEM; /* the room suffices, so it is memory */
    head[5] = (uint8_t)((cut ? CUT : 0) | (earlier.n > 0 ? BEHIND_MADE : 0));
    put_u64(head + 8, n);
    put_u64(head + 16, text.n);
    memcpy(out->data + begin, head, HEAD);
    out->len = begin + HEAD + n;
    return 0;
}

struct section {
    int flags;
    hr_str packed;
    size_t plain;
};

/* 0, HR_ENOENT, HR_ESHAPE. A file whose end is missing, as a full disk or a kill leaves it, has the sections before. */
static int find(hr_str file, enum headroom_capture_part part, struct section *out)
{
    bool any = false;

    while (file.n >= HEAD && memcmp(file.p, "HRC1", 4) == 0) {
        const uint8_t *head = (const uint8_t *)file.p;
        uint64_t packed = get_u64(head + 8), plain = get_u64(head + 16);
        if (packed > file.n - HEAD || plain > HR_MAX_FILE)
            break;
        any = true;
        *out = (struct section){head[5], hr_str_make(file.p + HEAD, (size_t)packed), (size_t)plain};
        if (head[4] == (uint8_t)part)
            return 0;
        file = hr_str_make(file.p + HEAD + packed, file.n - HEAD - (size_t)packed);
    }
    return any ? HR_ENOENT : HR_ESHAPE;
}

static int decompress(const struct section *s, hr_str earlier, hr_buf *out)
{
    ZSTD_DCtx *z = ZSTD_createDCtx_advanced(hr_zstd_heap);

    if (!z || hr_buf_reserve(out, s->plain + 1) < 0) {
        ZSTD_freeDCtx(z);
        return HR_ENOMEM;
    }
    if (earlier.n > 0)
        ZSTD_DCtx_refPrefix(z, earlier.p, earlier.n);
    size_t n = ZSTD_decompressDCtx(z, out->data, s->plain, s->packed.p, s->packed.n);
    ZSTD_freeDCtx(z);
    if (ZSTD_isError(n) || n != s->plain)
        return HR_ESHAPE;
    out->len = n;
    return 0;
}

int hr_capture_unpack(hr_str file, enum headroom_capture_part part, hr_buf *out, bool *cut)
{
    struct section s;
    hr_buf made = {0};
    int r = find(file, part, &s);

    if (r == HR_ENOENT && part == HEADROOM_CAPTURE_SENT)
        return hr_capture_unpack(file, HEADROOM_CAPTURE_MADE, out, cut);
    if (r < 0)
        return r;
    *cut = (s.flags & CUT) != 0;
    if ((s.flags & BEHIND_MADE) && part != HEADROOM_CAPTURE_MADE) {
        bool ignored;
        r = hr_capture_unpack(file, HEADROOM_CAPTURE_MADE, &made, &ignored);
    }
    if (r == 0)
        r = decompress(&s, made.len ? hr_buf_view(&made) : (hr_str){0}, out);
    hr_buf_free(&made);
    return r;
}
