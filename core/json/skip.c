/* skip.c - from the opening quote of a string to its closing quote, as fast as memory allows.

   A request body is long strings, full of escapes. Stopping at each backslash would cost half the speed, so
   the string is taken in blocks of 64 bytes, and one word of arithmetic tells which quotes of the block are
   escaped:

     text       a \ " b \ \ "          a run of backslashes escapes the byte behind it
     slash      0 1 0 0 1 1 0          if and only if its length is odd
     escaped    0 0 1 0 0 0 0
     closing    0 0 0 0 0 0 1

   Reads stay inside [p, end): the last block is copied into a buffer of its own. */
#include "json/lex.h"

#if defined(__x86_64__) || defined(__i386__)
#define HR_X86 1
#include <immintrin.h>
#endif

enum { BLOCK64 = 64 };

static const char *skip_portable(const char *p, const char *end, bool *escaped)
{
    const char *from = p;
    *escaped = false;
    for (;;) {
        const char *quote = memchr(from, '"', (size_t)(end - from));
        if (!quote)
            return NULL;
        const char *run = quote;
        while (run > from && run[-1] == '\\')
            run--;
        if ((quote - run) % 2 == 0) {
            *escaped = *escaped || memchr(p, '\\', (size_t)(quote - p)) != NULL;
            return quote;
        }
        *escaped = true;
        from = quote + 1;
    }
}

#ifdef __SSE2__
/* Quotes of a block that no backslash escapes. *carry: in, the first byte is escaped from the block before;
   out, the first byte of the next block is. */
static inline uint64_t closing(uint64_t quote, uint64_t slash, uint64_t *carry)
{
    const uint64_t even = 0x5555555555555555u, odd = ~even;
    if (!(slash | *carry))
        return quote;
    uint64_t escaped = *carry;
    slash &= ~escaped;           /* an escaped backslash begins no run */
    if (!(slash & slash << 1)) { /* mostly no two stand side by side */
        *carry = slash >> 63;
        return quote & ~(slash << 1 | escaped);
    }
    uint64_t first = slash & ~(slash << 1);
    /* Adding a run's first bit to the run carries into the byte behind it. A run of odd length that begins at
       an even place ends before an odd one, and the other way round. */
    uint64_t behind_even = slash + (first & even);
    uint64_t behind_odd;
    *carry = __builtin_add_overflow(slash, first & odd, &behind_odd);
    /* Marks that fall on backslashes do no harm: no quote stands there. */
    escaped |= (behind_even & odd) | (behind_odd & even);
    return quote & ~escaped;
}

static inline uint64_t below_lowest(uint64_t mask)
{
    return (mask & (0 - mask)) - 1;
}

static inline void masks_sse2(const char *p, uint64_t *quote, uint64_t *slash)
{
    const __m128i q = _mm_set1_epi8('"'), s = _mm_set1_epi8('\\');
    *quote = 0;
    *slash = 0;
    for (unsigned i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        *quote |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, q)) << (16 * i);
        *slash |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, s)) << (16 * i);
    }
}

/* The last, incomplete block. Zero bytes behind the text are neither quote nor backslash. */
static const char *skip_rest(const char *p, const char *end, uint64_t carry, bool *escaped)
{
    char rest[BLOCK64] = {0};
    uint64_t quote, slash;
    memcpy(rest, p, (size_t)(end - p));
    masks_sse2(rest, &quote, &slash);
    uint64_t close = closing(quote, slash, &carry);
    if (!close)
        return NULL;
    *escaped = *escaped || (slash & below_lowest(close)) != 0;
    return p + __builtin_ctzll(close);
}

static const char *skip_sse2(const char *p, const char *end, bool *escaped)
{
    uint64_t carry = 0, seen = 0;
    *escaped = false;
    for (; end - p >= BLOCK64; p += BLOCK64) {
        uint64_t quote, slash;
        masks_sse2(p, &quote, &slash);
        uint64_t close = closing(quote, slash, &carry);
        if (close) {
            *escaped = (seen | (slash & below_lowest(close))) != 0;
            return p + __builtin_ctzll(close);
        }
        seen |= slash;
    }
    *escaped = seen != 0;
    return skip_rest(p, end, carry, escaped);
}
#endif

#if defined(__SSE2__) && defined(HR_X86)
__attribute__((target("avx2"))) static const char *skip_avx2(const char *p, const char *end, bool *escaped)
{
    const __m256i q = _mm256_set1_epi8('"'), s = _mm256_set1_epi8('\\');
    uint64_t carry = 0, seen = 0;
    for (; end - p >= BLOCK64; p += BLOCK64) {
        __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
        __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
        uint64_t quote = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, q)) |
                         (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, q)) << 32;
        uint64_t slash = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, s)) |
                         (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, s)) << 32;
        uint64_t close = closing(quote, slash, &carry);
        if (close) {
            *escaped = (seen | (slash & below_lowest(close))) != 0;
            return p + __builtin_ctzll(close);
        }
        seen |= slash;
    }
    *escaped = seen != 0;
    return skip_rest(p, end, carry, escaped);
}
#endif

hr_lex_skip_fn *hr_lex_skip_kernel(enum hr_lex_kernel k)
{
    if (k == HR_SKIP_PORTABLE)
        return skip_portable;
#ifdef __SSE2__
    if (k == HR_SKIP_SSE2)
        return skip_sse2;
#ifdef HR_X86
    if (k == HR_SKIP_AVX2 && __builtin_cpu_supports("avx2"))
        return skip_avx2;
#endif
#endif
    return NULL;
}

const char *hr_lex_skip_long(const char *p, const char *end, bool *escaped)
{
#ifdef __SSE2__
#ifdef HR_X86
    if (end - p >= BLOCK64 && __builtin_cpu_supports("avx2"))
        return skip_avx2(p, end, escaped);
#endif
    return skip_sse2(p, end, escaped);
#else
    return skip_portable(p, end, escaped);
#endif
}
