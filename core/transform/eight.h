/* eight.h - eight bytes at a time: words as numbers, to be hashed and looked at without a loop over their bytes. Pure. */
#ifndef HR_EIGHT_H
#define HR_EIGHT_H

#include <stdint.h>
#include <string.h>

#include "base.h"

#define HR_EIGHT(byte) (UINT64_C(0x0101010101010101) * (byte))
#define HR_GOLDEN      UINT64_C(0x9e3779b97f4a7c15) /* 2^64 by the golden ratio: multiplicative hashing */

static inline uint64_t hr_mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * HR_GOLDEN;
    return h ^ (h >> 29);
}

/* n bytes, at most eight, the first one lowest; what is missing is 0. */
static inline uint64_t hr_eight(const char *p, size_t n)
{
    const unsigned char *u = (const unsigned char *)p;
    uint64_t v = 0;
    uint32_t low, high;

    if (n == 8) {
        memcpy(&v, p, 8);
    } else if (n >= 4) { /* both ends of it, which may overlap */
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);
        v = low | (uint64_t)high << (n - 4) * 8;
    } else if (n > 0) {
        v = u[0] | (uint64_t)u[n / 2] << n / 2 * 8 | (uint64_t)u[n - 1] << (n - 1) * 8;
    }
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    if (n >= 4) { /* the same number on any machine */
        v = 0;
        for (size_t i = 0; i < n; i++)
            v |= (uint64_t)u[i] << i * 8;
    }
#endif
    return v;
}

/* The same, where eight bytes can be read. */
static inline uint64_t hr_eight_of_more(const char *p, size_t n)
{
    uint64_t v;

    memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return n < 8 ? v & ((UINT64_C(1) << n * 8) - 1) : v;
}

/* 64 bits that tell texts apart; not keyed. p[0..n) is part of a text that goes on to `end`. */
static inline uint64_t hr_bits_inside(const char *p, size_t n, const char *end)
{
    uint64_t h = n;

    for (; n > 16; p += 8, n -= 8)
        h = hr_mix(h, hr_eight_of_more(p, 8));
    if (n > 8)
        return hr_mix(hr_mix(h, hr_eight_of_more(p, 8)), hr_eight_of_more(p + n - 8, 8));
    return hr_mix(hr_mix(h, end - p >= 8 ? hr_eight_of_more(p, n) : hr_eight(p, n)), HR_GOLDEN);
}

/* ASCII capitals become small. */
static inline uint64_t hr_eight_lower(uint64_t v)
{
    const uint64_t seven = v & HR_EIGHT(0x7f);
    const uint64_t from_a = seven + HR_EIGHT(0x80 - 'A'), behind_z = seven + HR_EIGHT(0x7f - 'Z');
    return v | (((from_a ^ behind_z) & ~v & HR_EIGHT(0x80)) >> 2);
}

/* Not 0: one of them is an ASCII digit. */
static inline uint64_t hr_eight_digit(uint64_t v)
{
    const uint64_t d = v ^ HR_EIGHT('0');
    return ~((d & HR_EIGHT(0x7f)) + HR_EIGHT(0x80 - 10)) & ~d & HR_EIGHT(0x80);
}

/* Not 0: one of them is an ASCII letter, or of a character beyond ASCII. */
static inline uint64_t hr_eight_letter(uint64_t v)
{
    const uint64_t small = (v | HR_EIGHT(0x20)) & HR_EIGHT(0x7f);
    const uint64_t from_a = small + HR_EIGHT(0x80 - 'a'), behind_z = small + HR_EIGHT(0x7f - 'z');
    return ((from_a ^ behind_z) | v) & HR_EIGHT(0x80);
}

#endif
