/* seek.h - the next of a few bytes, 16 at a time. Pure; nothing beyond the end is read. */
#ifndef HR_SEEK_H
#define HR_SEEK_H

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first byte of p..end that is a, b, c or d; end: there is none. */
static inline const char *hr_seek(const char *p, const char *end, char a, char b, char c, char d)
{
#ifdef __SSE2__
    for (; end - p >= 16; p += 16) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        const __m128i ab =
            _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(a)), _mm_cmpeq_epi8(v, _mm_set1_epi8(b)));
        const __m128i cd =
            _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)), _mm_cmpeq_epi8(v, _mm_set1_epi8(d)));
        const unsigned found = (unsigned)_mm_movemask_epi8(_mm_or_si128(ab, cd));
        if (found)
            return p + __builtin_ctz(found);
    }
#endif
    while (p < end && *p != a && *p != b && *p != c && *p != d)
        p++;
    return p;
}

/* The first c of p..end, which is mostly near; end: there is none. */
static inline const char *hr_seek_near(const char *p, const char *end, char c)
{
#ifdef __SSE2__
    for (int i = 0; i < 2 && end - p >= 16; i++, p += 16) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        const unsigned found = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)));
        if (found)
            return p + __builtin_ctz(found);
    }
#endif
    const char *at = p < end ? memchr(p, c, (size_t)(end - p)) : NULL;
    return at ? at : end;
}

#endif
