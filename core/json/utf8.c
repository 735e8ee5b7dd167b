/* utf8.c - is it UTF-8? RFC 3629 to the letter: no overlong forms, no surrogates, nothing above U+10FFFF.

   With SSE2 a block of 64 bytes becomes a few words, one bit a byte. Which bytes must be continuations
   follows from where the lead bytes stand, and that word must equal the word of the bytes that are:

     text          a  E4 B8 AD  C3 A9  b
     lead          0  1  0  0   1  0   0      lead << 1 | lead of 3 or 4 << 2 | lead of 4 << 3
     continuation  0  0  1  1   0  1   0      is the same

   Long texts on newer processors are judged by utf8_lookup.c; what follows then finds the place of an error.
   A sequence that the block's end cuts begins the next block, so nothing is carried over. Where a block is
   not valid, or is not whole, the sequences are looked at one by one. */
#include "json/json.h"
#include "json/lex.h"

static inline bool is_tail(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Length of the valid multi-byte sequence at p, or 0. */
static inline size_t sequence(const char *p, const char *end)
{
    const unsigned char lead = (unsigned char)p[0];
    const size_t left = (size_t)(end - p);

    if (lead < 0xe0) /* C0 and C1 could only begin overlong forms */
        return lead >= 0xc2 && left >= 2 && is_tail(p[1]) ? 2 : 0;
    if (left < 3 || !is_tail(p[1]) || !is_tail(p[2]))
        return 0;
    const unsigned char second = (unsigned char)p[1];
    if (lead < 0xf0) {
        bool overlong = lead == 0xe0 && second < 0xa0;
        bool surrogate = lead == 0xed && second > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    if (lead > 0xf4 || left < 4 || !is_tail(p[3]))
        return 0;
    bool overlong = lead == 0xf0 && second < 0x90;
    bool beyond = lead == 0xf4 && second > 0x8f;
    return overlong || beyond ? 0 : 4;
}

#ifdef __SSE2__
enum { WIDE = 64 };

static inline __m128i load(const char *p, unsigned i)
{
    return _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
}

static inline uint64_t bits(__m128i marks, unsigned i)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(marks) << (16 * i);
}

static inline __m128i equal(__m128i v, int byte)
{
    return _mm_cmpeq_epi8(v, _mm_set1_epi8((char)byte));
}

static inline __m128i at_least(__m128i v, int byte)
{
    return _mm_cmpeq_epi8(_mm_max_epu8(v, _mm_set1_epi8((char)byte)), v);
}

/* Four lead bytes narrow what may follow them, F5 to FF are never leads. Looked at only where such a byte
 * stands. */
static bool seconds_are_valid(const char *p)
{
    uint64_t e0 = 0, ed = 0, f0 = 0, f4 = 0, f5 = 0, from_90 = 0, from_a0 = 0;
    for (unsigned i = 0; i < WIDE / 16; i++) {
        __m128i v = load(p, i);
        e0 |= bits(equal(v, 0xe0), i);
        ed |= bits(equal(v, 0xed), i);
        f0 |= bits(equal(v, 0xf0), i);
        f4 |= bits(equal(v, 0xf4), i);
        f5 |= bits(at_least(v, 0xf5), i);
        from_90 |= bits(at_least(v, 0x90), i);
        from_a0 |= bits(at_least(v, 0xa0), i);
    }
    uint64_t overlong = (e0 << 1 & ~from_a0) | (f0 << 1 & ~from_90);
    uint64_t surrogate = ed << 1 & from_a0, beyond = (f4 << 1 & from_90) | f5;
    return (overlong | surrogate | beyond) == 0;
}

/* How many of the WIDE bytes at p are whole valid sequences: WIDE, or a few less where the end cuts one. 0:
 * not valid. */
static inline unsigned wide_valid(const char *p)
{
    uint64_t high = 0, tail = 0, from_e0 = 0, from_f0 = 0, overlong = 0, narrowing = 0;
    for (unsigned i = 0; i < WIDE / 16; i++)
        high |= bits(load(p, i), i);
    if (!high)
        return WIDE;
    for (unsigned i = 0; i < WIDE / 16; i++) {
        __m128i v = load(p, i);
        tail |= bits(_mm_cmplt_epi8(v, _mm_set1_epi8(-64)), i); /* 80 to BF, seen as signed */
        from_e0 |= bits(at_least(v, 0xe0), i);
        from_f0 |= bits(at_least(v, 0xf0), i);
        overlong |= bits(equal(_mm_and_si128(v, _mm_set1_epi8((char)0xfe)), 0xc0), i);
        narrowing |= bits(_mm_or_si128(equal(v, 0xe0), equal(v, 0xed)), i);
    }
    uint64_t lead = high & ~tail;
    if (overlong || tail != (lead << 1 | from_e0 << 2 | from_f0 << 3))
        return 0;
    if ((narrowing | from_f0) && !seconds_are_valid(p))
        return 0;
    uint64_t cut = (lead & (uint64_t)1 << 63) | (from_e0 & (uint64_t)3 << 62) | (from_f0 & (uint64_t)7 << 61);
    return cut ? (unsigned)__builtin_ctzll(cut) : WIDE;
}
#endif

const char *hr_lex_utf8_error(const char *p, const char *end)
{
    if (end - p >= HR_UTF8_LONG) {
        hr_lex_utf8_fn *valid = hr_lex_utf8_kernel(HR_UTF8_AVX2);
        if (!valid)
            valid = hr_lex_utf8_kernel(HR_UTF8_SSSE3);
        if (valid && valid(p, end))
            return NULL;
    }
#ifdef __SSE2__
    for (unsigned n; end - p >= WIDE && (n = wide_valid(p)) > 0;)
        p += n;
#endif
    while (p < end) {
        if ((unsigned char)*p < 0x80) {
            p++;
            continue;
        }
        size_t n = sequence(p, end);
        if (n == 0)
            return p;
        p += n;
    }
    return NULL;
}

bool hr_utf8_valid(const char *p, size_t n)
{
    return n == 0 || hr_lex_utf8_error(p, p + n) == NULL;
}
