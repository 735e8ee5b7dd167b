/* frames.c - see frames.h. */
#include "frames.h"

#include <zlib.h>

#include "limits.h"

enum {
    PRELUDE = 12,        /* two lengths and their checksum */
    LEAST = PRELUDE + 4, /* a frame without headers and payload */
    BYTES = 6,
    TEXT = 7 /* header types that have a length of their own */
};

static uint32_t number(const char *p)
{
    const uint8_t *b = (const uint8_t *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool sum_is_right(const char *p, size_t n)
{
    return crc32(0, (const Bytef *)p, (uInt)n) == number(p + n);
}

/* Bytes of a header's value, its length included; 0: not known. */
static size_t value_size(uint8_t type, const char *p, size_t left)
{
    static const uint8_t fixed[] = {1, 1, 2, 3, 5, 9, 0, 0, 9, 17}; /* + 1: true and false have none */

    if (type == BYTES || type == TEXT)
        return left < 2 ? 0 : 2 + ((size_t)(uint8_t)p[0] << 8 | (uint8_t)p[1]) + 1;
    return type < sizeof fixed ? fixed[type] : 0;
}

static void read_header(hr_frame *f, hr_str name, hr_str value)
{
    if (hr_str_is(name, ":message-type"))
        f->type = value;
    else if (hr_str_is(name, ":event-type") || hr_str_is(name, ":exception-type") ||
             hr_str_is(name, ":error-code"))
        f->name = value;
}

static void read_headers(hr_frame *f, const char *p, size_t n)
{
    while (n > 1) {
        hr_str name = hr_str_make(p + 1, (uint8_t)*p);
        if (name.n + 2 > n)
            return;
        p += name.n + 1;
        n -= name.n + 1;
        uint8_t type = (uint8_t)*p++;
        n--;
        size_t size = value_size(type, p, n);
        if (size == 0 || size - 1 > n)
            return;
        if (type == TEXT)
            read_header(f, name, hr_str_make(p + 2, size - 3));
        p += size - 1;
        n -= size - 1;
    }
}

/* The frame at p, of n bytes that are there: how many of them it is, 0: not all of it is there. */
static size_t take_frame(hr_frames *f, const char *p, size_t n)
{
    if (n < PRELUDE)
        return 0;
    const uint32_t total = number(p), headers = number(p + 4);
    f->broken = !sum_is_right(p, 8) || total < LEAST || headers > total - LEAST;
    if (f->broken)
        return 0;
    if (total > HR_MAX_RESPONSE) {
        f->pass = total > n ? total - n : 0;
        return total > n ? n : total;
    }
    if (n < total)
        return 0;
    f->broken = !sum_is_right(p, total - 4);
    if (f->broken)
        return 0;
    hr_frame frame = {.payload = hr_str_make(p + PRELUDE + headers, total - headers - LEAST)};
    read_headers(&frame, p + PRELUDE, headers);
    f->sink(f->arg, &frame);
    return total;
}

/* Complete the frame of which a part is there; what is left of the piece. */
static hr_str complete(hr_frames *f, hr_str in)
{
    while (f->part.len && in.n && !f->broken) {
        const size_t known = f->part.len < PRELUDE ? PRELUDE : number(f->part.data);
        const size_t more = known - f->part.len < in.n ? known - f->part.len : in.n;
        hr_buf_add(&f->part, in.p, more);
        in = hr_str_make(in.p + more, in.n - more);
        if (f->part.err)
            f->broken = true;
        else if (take_frame(f, f->part.data, f->part.len))
            f->part.len = 0;
    }
    return in;
}

void hr_frames_add(hr_frames *f, const char *p, size_t n)
{
    hr_str in = hr_str_make(p, n);

    f->part.max = HR_MAX_RESPONSE;
    while (in.n && !f->broken) {
        if (f->pass) {
            const size_t skip = f->pass < in.n ? (size_t)f->pass : in.n;
            f->pass -= skip;
            in = hr_str_make(in.p + skip, in.n - skip);
            continue;
        }
        if (f->part.len) {
            in = complete(f, in);
            continue;
        }
        const size_t taken = take_frame(f, in.p, in.n);
        if (taken == 0) {
            hr_buf_add(&f->part, in.p, in.n);
            f->broken |= f->part.err != 0;
            return;
        }
        in = hr_str_make(in.p + taken, in.n - taken);
    }
}

void hr_frames_free(hr_frames *f)
{
    hr_buf_free(&f->part);
}
