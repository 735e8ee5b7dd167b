/* testrun_text.h - the small reading steps that the readers of a test run's lines share. Pure; views borrow. ASCII blanks are space and tab;
   a carriage return at the end of a line counts as one. */
#ifndef HR_TESTRUN_TEXT_H
#define HR_TESTRUN_TEXT_H

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base.h"

static inline bool hr_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool hr_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool hr_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static inline hr_str hr_cut(hr_str s, size_t from, size_t to)
{
    return hr_str_make(s.p + from, to - from);
}

static inline hr_str hr_trim(hr_str s)
{
    while (s.n > 0 && hr_is_blank(s.p[s.n - 1]))
        s.n--;
    while (s.n > 0 && hr_is_blank(s.p[0]))
        s = hr_cut(s, 1, s.n);
    return s;
}

/* z is not empty. Most lines are told apart by their first byte. */
static inline bool hr_begins(hr_str s, const char *z)
{
    if (s.n == 0 || s.p[0] != z[0])
        return false;
    size_t n = strlen(z);
    return s.n >= n && memcmp(s.p, z, n) == 0;
}

/* Is it z? */
static inline bool hr_is(hr_str s, const char *z)
{
    if (s.n == 0 || s.p[0] != z[0])
        return false;
    size_t n = strlen(z);
    return s.n == n && memcmp(s.p, z, n) == 0;
}

/* Does one of two bytes stand in it? */
static inline bool hr_holds_one(hr_str s, char a, char b)
{
    size_t i = 0;

#ifdef __SSE2__
    const __m128i x = _mm_set1_epi8(a), y = _mm_set1_epi8(b);
    for (size_t at; s.n >= 16 && i < s.n; i += 16) {
        at = i + 16 <= s.n ? i : s.n - 16; /* the last bytes are looked at twice */
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + at));
        if (_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, x), _mm_cmpeq_epi8(v, y))))
            return true;
    }
#endif
    for (; i < s.n; i++)
        if (s.p[i] == a || s.p[i] == b)
            return true;
    return false;
}

/* Take z and the blanks behind it off the beginning. */
static inline bool hr_take(hr_str *s, const char *z)
{
    if (!hr_begins(*s, z))
        return false;
    *s = hr_trim(hr_cut(*s, strlen(z), s->n));
    return true;
}

/* Take z and the blanks before it off the end. */
static inline bool hr_drop(hr_str *s, const char *z)
{
    if (!hr_str_ends(*s, z))
        return false;
    *s = hr_trim(hr_cut(*s, 0, s->n - strlen(z)));
    return true;
}

/* The first word, up to a space or tab. */
static inline hr_str hr_word_of(hr_str s)
{
    size_t n = 0;

#ifdef __SSE2__
    const __m128i space = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t');
    for (; s.n - n >= 16; n += 16) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + n));
        const int found = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, space), _mm_cmpeq_epi8(v, tab)));
        if (found)
            return hr_cut(s, 0, n + (size_t)__builtin_ctz((unsigned)found));
    }
#endif
    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
        n++;
    return hr_cut(s, 0, n);
}

/* Take it off. */
static inline hr_str hr_take_word(hr_str *s)
{
    hr_str word = hr_word_of(*s);

    *s = hr_trim(hr_cut(*s, word.n, s->n));
    return word;
}

/* The last word, behind the last space or tab; *before: what stands before it. */
static inline hr_str hr_last_word(hr_str s, hr_str *before)
{
    size_t from = s.n;

#ifdef __SSE2__
    const __m128i space = _mm_set1_epi8(' '), tab = _mm_set1_epi8('\t');
    for (; from >= 16; from -= 16) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + from - 16));
        const int found = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, space), _mm_cmpeq_epi8(v, tab)));
        if (found) {
            from -= (size_t)__builtin_clz((unsigned)found) - 16;
            break;
        }
    }
#endif
    while (from > 0 && s.p[from - 1] != ' ' && s.p[from - 1] != '\t')
        from--;
    *before = hr_trim(hr_cut(s, 0, from));
    return hr_cut(s, from, s.n);
}

/* The length of the digits at the beginning. */
static inline size_t hr_digits(hr_str s)
{
    size_t i = 0;
    while (i < s.n && hr_is_digit(s.p[i]))
        i++;
    return i;
}

/* Take a decimal number and the blanks behind it; below 0: there is none. */
double hr_run_take_number(hr_str *s);
/* "12 ms", "0.01 sec", "1m 3.5s": seconds; below 0: anything else. */
double hr_run_seconds(hr_str s);
/* Take "(12 ms)", "<0.01s>", "12ms" or "0.01 sec" off the end; below 0: there is none. */
double hr_run_drop_seconds(hr_str *s);

/* A word that says that not all is well: failed, warning, TimeoutError, not. counted: only behind a number that is not 0 ("2 failed");
   else anywhere but in options ("-Werror") and in paths. */
bool hr_run_trouble(hr_str s, bool counted);

#endif
