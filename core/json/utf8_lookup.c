/* utf8_lookup.c - is a whole text UTF-8? The fast way, for processors that look up sixteen bytes at once.

   After Keiser and Lemire, "Validating UTF-8 in less than one instruction per byte" (2020). Whether two neighbours may stand side by
   side is decided by three half bytes: the high and the low half of the first and the high half of the second. Each of the three
   names, by a table of sixteen, the errors that it allows; an error that all three allow is one. That leaves the third and
   fourth byte of a sequence, which must be continuations: there, and only there, two continuations side by side are right.

   Blocks of ASCII that follow ASCII are only looked at. The last block is filled up with zeros, which end every sequence. */
#include "json/lex.h"

#if defined(__SSE2__) && (defined(__x86_64__) || defined(__i386__))
#include <immintrin.h>

/* What may be wrong with two neighbours. */
enum {
    TOO_SHORT = 1,   /* lead, then no continuation */
    TOO_LONG = 2,    /* ASCII, then a continuation */
    OVERLONG_3 = 4,  /* E0 80-9F */
    TOO_LARGE = 8,   /* F4 90-BF, F5-FF 90-BF */
    SURROGATE = 16,  /* ED A0-BF */
    OVERLONG_2 = 32, /* C0-C1 */
    BEYOND = 64,     /* F0 80-8F (overlong), F5-FF 80-8F: their third half byte is the same */
    TWO_TAILS = 128, /* two continuations: right or wrong by what stands before */
    ANY_LOW = TOO_SHORT | TOO_LONG | TWO_TAILS
};

#define FIRST_HIGH                                                                                           \
    TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, (char)TWO_TAILS,         \
        (char)TWO_TAILS, (char)TWO_TAILS, (char)TWO_TAILS, TOO_SHORT | OVERLONG_2, TOO_SHORT,                \
        TOO_SHORT | OVERLONG_3 | SURROGATE, TOO_SHORT | TOO_LARGE | BEYOND
#define LARGE (char)(ANY_LOW | TOO_LARGE | BEYOND)
#define FIRST_LOW                                                                                            \
    (char)(ANY_LOW | OVERLONG_2 | OVERLONG_3 | BEYOND), (char)(ANY_LOW | OVERLONG_2), (char)ANY_LOW,         \
        (char)ANY_LOW, (char)(ANY_LOW | TOO_LARGE), LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE,  \
        (char)(ANY_LOW | TOO_LARGE | BEYOND | SURROGATE), LARGE, LARGE
#define TAIL (TOO_LONG | OVERLONG_2 | TWO_TAILS)
#define SECOND_HIGH                                                                                          \
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,                  \
        (char)(TAIL | OVERLONG_3 | BEYOND), (char)(TAIL | OVERLONG_3 | TOO_LARGE),                           \
        (char)(TAIL | SURROGATE | TOO_LARGE), (char)(TAIL | SURROGATE | TOO_LARGE), TOO_SHORT, TOO_SHORT,    \
        TOO_SHORT, TOO_SHORT

#define SSSE3 __attribute__((target("ssse3")))
#define AVX2  __attribute__((target("avx2")))

/* Not zero where a byte of `now` is wrong behind those before it. */
SSSE3 static inline __m128i wrong_16(__m128i before, __m128i now)
{
    const __m128i low = _mm_set1_epi8(15);
    const __m128i prev1 = _mm_alignr_epi8(now, before, 15), prev2 = _mm_alignr_epi8(now, before, 14),
                  prev3 = _mm_alignr_epi8(now, before, 13);
    __m128i a = _mm_shuffle_epi8(_mm_setr_epi8(FIRST_HIGH), _mm_and_si128(_mm_srli_epi16(prev1, 4), low));
    __m128i b = _mm_shuffle_epi8(_mm_setr_epi8(FIRST_LOW), _mm_and_si128(prev1, low));
    __m128i c = _mm_shuffle_epi8(_mm_setr_epi8(SECOND_HIGH), _mm_and_si128(_mm_srli_epi16(now, 4), low));
    /* The high bit where a lead of three stands two before, or a lead of four three before. */
    __m128i tail = _mm_or_si128(_mm_subs_epu8(prev2, _mm_set1_epi8(0xe0 - 0x80)),
                                _mm_subs_epu8(prev3, _mm_set1_epi8(0xf0 - 0x80)));
    return _mm_xor_si128(_mm_and_si128(a, _mm_and_si128(b, c)),
                         _mm_and_si128(tail, _mm_set1_epi8((char)TWO_TAILS)));
}

SSSE3 static bool valid_ssse3(const char *p, const char *end)
{
    __m128i before = _mm_setzero_si128(), wrong = before;
    bool plain = true; /* the block before is ASCII */
    for (bool more = true; more; p += sizeof before) {
        char rest[sizeof before] = {0};
        const char *at = p;
        if (end - p < (ptrdiff_t)sizeof before) {
            memcpy(rest, p, (size_t)(end - p));
            at = rest;
            more = false;
        }
        __m128i now = _mm_loadu_si128((const __m128i *)(const void *)at);
        bool ascii = _mm_movemask_epi8(now) == 0;
        if (!(ascii && plain))
            wrong = _mm_or_si128(wrong, wrong_16(before, now));
        before = now;
        plain = ascii;
    }
    return _mm_movemask_epi8(_mm_cmpeq_epi8(wrong, _mm_setzero_si128())) == 0xffff;
}

AVX2 static inline __m256i wrong_32(__m256i before, __m256i now)
{
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i middle = _mm256_permute2x128_si256(before, now, 0x21);
    const __m256i prev1 = _mm256_alignr_epi8(now, middle, 15), prev2 = _mm256_alignr_epi8(now, middle, 14),
                  prev3 = _mm256_alignr_epi8(now, middle, 13);
    __m256i a = _mm256_shuffle_epi8(_mm256_setr_epi8(FIRST_HIGH, FIRST_HIGH),
                                    _mm256_and_si256(_mm256_srli_epi16(prev1, 4), low));
    __m256i b = _mm256_shuffle_epi8(_mm256_setr_epi8(FIRST_LOW, FIRST_LOW), _mm256_and_si256(prev1, low));
    __m256i c = _mm256_shuffle_epi8(_mm256_setr_epi8(SECOND_HIGH, SECOND_HIGH),
                                    _mm256_and_si256(_mm256_srli_epi16(now, 4), low));
    __m256i tail = _mm256_or_si256(_mm256_subs_epu8(prev2, _mm256_set1_epi8(0xe0 - 0x80)),
                                   _mm256_subs_epu8(prev3, _mm256_set1_epi8(0xf0 - 0x80)));
    return _mm256_xor_si256(_mm256_and_si256(a, _mm256_and_si256(b, c)),
                            _mm256_and_si256(tail, _mm256_set1_epi8((char)TWO_TAILS)));
}

AVX2 static bool valid_avx2(const char *p, const char *end)
{
    __m256i before = _mm256_setzero_si256(), wrong = before;
    bool plain = true;
    for (bool more = true; more; p += sizeof before) {
        char rest[sizeof before] = {0};
        const char *at = p;
        if (end - p < (ptrdiff_t)sizeof before) {
            memcpy(rest, p, (size_t)(end - p));
            at = rest;
            more = false;
        }
        __m256i now = _mm256_loadu_si256((const __m256i *)(const void *)at);
        bool ascii = _mm256_movemask_epi8(now) == 0;
        if (!(ascii && plain))
            wrong = _mm256_or_si256(wrong, wrong_32(before, now));
        before = now;
        plain = ascii;
    }
    return _mm256_testz_si256(wrong, wrong);
}
#endif

hr_lex_utf8_fn *hr_lex_utf8_kernel(enum hr_utf8_kernel k)
{
#if defined(__SSE2__) && (defined(__x86_64__) || defined(__i386__))
    if (k == HR_UTF8_SSSE3 && __builtin_cpu_supports("ssse3"))
        return valid_ssse3;
    if (k == HR_UTF8_AVX2 && __builtin_cpu_supports("avx2"))
        return valid_avx2;
#endif
    (void)k;
    return NULL;
}
