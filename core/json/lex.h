/* lex.h - the characters of JSON: white space, numbers, literals and escapes, for the files of core/json/
   and what reads single lexemes.

   All functions take a position p and the end of the text, and never look at end or beyond: the text may
   stand directly before an unreadable page. "Block" functions look at exactly HR_BLOCK bytes; the caller has
   made sure that they are there. Nothing is owned, nothing is allocated; any thread. */
#ifndef HR_JSON_LEX_H
#define HR_JSON_LEX_H

#include "base.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { HR_BLOCK = 16 };

/* What one block holds, bit i for byte i. */
#ifdef __SSE2__
/* Bytes that end a run of plain string text: quote, backslash, control characters. */
static inline unsigned hr_block_special(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, slash)));
}

/* Bytes that are c. */
static inline unsigned hr_block_byte(const char *p, char c)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(c)));
}

/* Bytes above 0x7f. */
static inline unsigned hr_block_high(const char *p)
{
    return (unsigned)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* Bytes that are not JSON white space. */
static inline unsigned hr_block_dark(const char *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i a = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
    __m128i b = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\t')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\r')));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(a, b)) ^ 0xffffu;
}
#else
static inline unsigned hr_block_byte(const char *p, char c)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < HR_BLOCK; i++)
        mask |= (unsigned)(p[i] == c) << i;
    return mask;
}

static inline unsigned hr_block_special(const char *p)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < HR_BLOCK; i++)
        mask |= (unsigned)(p[i] == '"' || p[i] == '\\' || (unsigned char)p[i] < 0x20) << i;
    return mask;
}

static inline unsigned hr_block_high(const char *p)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < HR_BLOCK; i++)
        mask |= (unsigned)((unsigned char)p[i] >> 7) << i;
    return mask;
}

static inline unsigned hr_block_dark(const char *p)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < HR_BLOCK; i++)
        mask |= (unsigned)!(p[i] == ' ' || p[i] == '\n' || p[i] == '\t' || p[i] == '\r') << i;
    return mask;
}
#endif

static inline bool hr_lex_is_space(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\n' || c == '\t' || c == '\r');
}

/* First byte that is no white space, or end. */
static inline const char *hr_lex_space(const char *p, const char *end)
{
    /* Between two tokens there is mostly nothing, or one space. */
    if (p == end || !hr_lex_is_space(*p))
        return p;
    p++;
    if (p == end || !hr_lex_is_space(*p))
        return p;
    while (end - p >= HR_BLOCK) {
        unsigned dark = hr_block_dark(p);
        if (dark)
            return p + __builtin_ctz(dark);
        p += HR_BLOCK;
    }
    while (p < end && hr_lex_is_space(*p))
        p++;
    return p;
}

static inline const char *hr_lex_digits(const char *p, const char *end)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (uint64_t v; end - p >= 8; p += 8) {
        memcpy(&v, p, sizeof v);
        v ^= UINT64_C(0x3030303030303030); /* digits become 0 to 9: with 0x76 they stay below 0x80 */
        const uint64_t other = (((v & UINT64_C(0x7f7f7f7f7f7f7f7f)) + UINT64_C(0x7676767676767676)) | v) &
                               UINT64_C(0x8080808080808080);
        if (other)
            return p + __builtin_ctzll(other) / 8;
    }
#endif
    while (p < end && (unsigned char)(*p - '0') < 10)
        p++;
    return p;
}

/* End of the number that begins at p (RFC 8259 section 6), or NULL. What may follow it is the caller's
 * grammar. */
static inline const char *hr_lex_number(const char *p, const char *end)
{
    if (p < end && *p == '-')
        p++;
    const char *digits = p;
    p = hr_lex_digits(p, end);
    if (p == digits || (*digits == '0' && p - digits > 1))
        return NULL;
    if (p < end && *p == '.') {
        digits = ++p;
        p = hr_lex_digits(p, end);
        if (p == digits)
            return NULL;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        digits = p;
        p = hr_lex_digits(p, end);
        if (p == digits)
            return NULL;
    }
    return p;
}

/* End of the literal `word` of n bytes if it stands at p, or NULL. */
static inline const char *hr_lex_word(const char *p, const char *end, const char *word, size_t n)
{
    return (size_t)(end - p) >= n && memcmp(p, word, n) == 0 ? p + n : NULL;
}

/* Read the escape at *p (a backslash); a surrogate pair is one escape. On success *p is behind it and *code
   the code point. On error *p stays. 0, HR_EJSON (no such escape, or cut off), HR_ESURR (half a pair). */
int hr_lex_escape(const char **p, const char *end, uint32_t *code);

/* First byte of p[0..end) that does not belong to a valid UTF-8 sequence (RFC 3629), or NULL. */
const char *hr_lex_utf8_error(const char *p, const char *end);

/* The same question for a whole text, yes or no, by name: NULL where this machine or this build lacks the kernel. Texts of
   HR_UTF8_LONG bytes and more are given to the best one. */
typedef bool hr_lex_utf8_fn(const char *p, const char *end);
enum hr_utf8_kernel { HR_UTF8_SSSE3, HR_UTF8_AVX2, HR_UTF8_KERNELS };
enum { HR_UTF8_LONG = 128 };
hr_lex_utf8_fn *hr_lex_utf8_kernel(enum hr_utf8_kernel k);

/* Closing quote of the string whose inside begins at p, or NULL where there is none; *escaped tells whether a
   backslash stands before it. Nothing else about the string is checked. hr_lex_skip is for strings that are
   probably short. */
const char *hr_lex_skip_long(const char *p, const char *end, bool *escaped);

static inline const char *hr_lex_skip(const char *p, const char *end, bool *escaped)
{
    /* Keys and ids end within one block: they pay neither for a call nor for the choice of a kernel. */
    if (end - p >= HR_BLOCK) {
        unsigned quote = hr_block_byte(p, '"'), slash = hr_block_byte(p, '\\');
        if (quote && !(slash & (quote ^ (quote - 1)))) {
            *escaped = false;
            return p + __builtin_ctz(quote);
        }
        if (!(quote | slash))
            p += HR_BLOCK;
    }
    return hr_lex_skip_long(p, end, escaped);
}

/* The kernels of hr_lex_skip_long, by name so that a test can hold them against each other. A kernel that
   this machine or this build lacks is NULL in the table. */
typedef const char *hr_lex_skip_fn(const char *p, const char *end, bool *escaped);
enum hr_lex_kernel { HR_SKIP_PORTABLE, HR_SKIP_SSE2, HR_SKIP_AVX2, HR_SKIP_KERNELS };
hr_lex_skip_fn *hr_lex_skip_kernel(enum hr_lex_kernel k);

#endif
