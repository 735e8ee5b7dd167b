/* find.c - hr_str_find(): where one string stands in another; hr_str_count(): how often a byte does. See base.h.

   Sixteen places are looked at together: does the needle's first byte stand there, and its last one where that would be? Nearly always
   neither does, so a text costs little more than reading it. libc's memmem takes each byte by itself for needles of the length of a word;
   it is linear whatever the text, so it takes over where such places are many. */
#include "base.h"

#ifdef __SSE2__
#include <emmintrin.h>

enum {
    BLOCK = 16,
    MOST_IN_VAIN = 64 /* places that held the first and the last byte only, and then one for each block */
};

/* Bit i: the needle could stand at p + i. n: of the needle, at least two. */
static inline unsigned places(const char *p, size_t n, __m128i first, __m128i last)
{
    const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
    const __m128i z = _mm_loadu_si128((const __m128i *)(const void *)(p + n - 1));
    return (unsigned)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(a, first), _mm_cmpeq_epi8(z, last)));
}

/* The needle, or where memmem is to go on; NULL: it stands nowhere. *found: which of them. */
static const char *find_in_blocks(const char *p, const char *end, hr_str needle, bool *found)
{
    const __m128i first = _mm_set1_epi8(needle.p[0]), last = _mm_set1_epi8(needle.p[needle.n - 1]);
    const char *behind = end - (needle.n - 1), *at = p; /* behind the last place where it could begin */
    size_t vain = 0;

    *found = true;
    for (;;) {
        unsigned bits = 0;
        while (behind - at >= 2 * BLOCK && !bits) {
            bits = places(at, needle.n, first, last) | places(at + BLOCK, needle.n, first, last) << BLOCK;
            at += 2 * BLOCK;
        }
        const char *from;
        if (bits) {
            from = at - 2 * BLOCK;
        } else if (at == behind) {
            return NULL;
        } else { /* the last block may overlap what was looked at */
            from = behind - at > BLOCK ? at : behind - BLOCK;
            at = from + BLOCK;
            bits = places(from, needle.n, first, last);
        }
        for (; bits; bits &= bits - 1, vain++) {
            const char *here = from + __builtin_ctz(bits);
            if (here[1] == needle.p[1] && memcmp(here, needle.p, needle.n) == 0)
                return here;
        }
        *found = vain <= MOST_IN_VAIN + (size_t)(at - p) / BLOCK;
        if (!*found)
            return at;
    }
}
#endif

size_t hr_str_find(hr_str hay, hr_str needle, size_t from)
{
    if (from > hay.n || needle.n > hay.n - from)
        return SIZE_MAX;
    if (needle.n == 0)
        return from;
    const char *at = hay.p + from, *end = hay.p + hay.n;
#ifdef __SSE2__
    if (needle.n > 1 && hay.n - from >= needle.n - 1 + BLOCK) {
        bool found;
        at = find_in_blocks(at, end, needle, &found);
        if (!at || found)
            return at ? (size_t)(at - hay.p) : SIZE_MAX;
    }
#endif
    at = memmem(at, (size_t)(end - at), needle.p, needle.n);
    return at ? (size_t)(at - hay.p) : SIZE_MAX;
}

size_t hr_str_count(hr_str s, char c)
{
    size_t n = 0, i = 0;

#ifdef __SSE2__
    enum {
        STEP = 4 * BLOCK,
        MOST_STEPS = 63
    }; /* four in a step, so that no byte of the sum goes beyond 255 */
    const __m128i sought = _mm_set1_epi8(c), zero = _mm_setzero_si128();
    while (s.n - i >= STEP) {
        __m128i here = zero;
        for (int k = 0; k < MOST_STEPS && s.n - i >= STEP; k++, i += STEP) {
            const __m128i *v = (const __m128i *)(const void *)(s.p + i);
            here = _mm_sub_epi8(here, _mm_cmpeq_epi8(_mm_loadu_si128(v), sought));
            here = _mm_sub_epi8(here, _mm_cmpeq_epi8(_mm_loadu_si128(v + 1), sought));
            here = _mm_sub_epi8(here, _mm_cmpeq_epi8(_mm_loadu_si128(v + 2), sought));
            here = _mm_sub_epi8(here, _mm_cmpeq_epi8(_mm_loadu_si128(v + 3), sought));
        }
        const __m128i sums = _mm_sad_epu8(here, zero);
        n += (size_t)_mm_cvtsi128_si32(sums) + (size_t)_mm_cvtsi128_si32(_mm_srli_si128(sums, 8));
    }
#endif
    for (; i < s.n; i++)
        n += s.p[i] == c;
    return n;
}
