/* anchors.c - see anchors.h. */
#include "anchors.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* The name of the file that SSL_write is in, which each of its errors tells, and the name of the function, which OpenSSL 3 tells beside
   it. All hold an S of either case and, LINE bytes on, a low line: few other places do. */
static const struct {
    char text[16];
    unsigned char len, s; /* where the S stands */
} anchors[] = {{"ssl/ssl_lib.c", 13, 4}, {"\0SSL_write\0", 11, 1}};

enum { LINE = 3, STEP = 16, LETTER = 0xdf /* the bits of a letter but for its case */ };

/* An S stands at p[at]. */
static bool is_anchor(const char *p, size_t n, size_t at)
{
    for (size_t i = 0; i < sizeof anchors / sizeof *anchors; i++)
        if (at >= anchors[i].s && n - (at - anchors[i].s) >= anchors[i].len &&
            memcmp(p + at - anchors[i].s, anchors[i].text, anchors[i].len) == 0)
            return true;
    return false;
}

bool anchors_in(const char *p, size_t n)
{
    size_t at = 0;

#if defined(__SSE2__)
    const __m128i letter = _mm_set1_epi8((char)LETTER), s = _mm_set1_epi8('S'), line = _mm_set1_epi8('_');

    for (; n - at >= STEP + LINE; at += STEP) {
        __m128i a = _mm_loadu_si128((const void *)(p + at)),
                b = _mm_loadu_si128((const void *)(p + at + LINE));
        __m128i both = _mm_and_si128(_mm_cmpeq_epi8(_mm_and_si128(a, letter), s), _mm_cmpeq_epi8(b, line));

        for (unsigned left = (unsigned)_mm_movemask_epi8(both); left; left &= left - 1)
            if (is_anchor(p, n, at + (size_t)__builtin_ctz(left)))
                return true;
    }
#endif
    for (; at + LINE < n; at++)
        if ((p[at] & LETTER) == 'S' && p[at + LINE] == '_' && is_anchor(p, n, at))
            return true;
    return false;
}
