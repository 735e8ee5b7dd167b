/* runs.h - where runs of bytes of one class begin and end: words. 64 bytes are classified at once, by SSE2 where the machine has it (all
   of x86-64), else by a table; both give the same runs. What a word is differs by reader, hence the classes.

   Pure; the text is borrowed, and nothing beyond its ends is read. Any thread. */
#ifndef HR_RUNS_H
#define HR_RUNS_H

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base.h"

enum hr_run_class {
    HR_RUN_LETTER,   /* ASCII letters */
    HR_RUN_DIGIT,    /* ASCII digits */
    HR_RUN_ALNUM,    /* those and digits */
    HR_RUN_WORD,     /* those, '_' and all bytes of characters beyond ASCII */
    HR_RUN_UNGAPPED, /* all but white space and , ; = ( ) [ ] { } < > | ' " ` */
    HR_RUN_BLACK,    /* all but blanks, tabs and carriage returns */
    HR_RUN_POINT,    /* full stops */
    HR_RUN_FEED,     /* line feeds */
    HR_RUN_BLANK,    /* blanks and tabs */
    HR_RUN_SLASH,    /* slashes */
    HR_RUN_COLON,    /* colons */
    HR_RUN_O         /* the letter o, which "error" and "exception" have before the last one */
};

#ifdef __SSE2__
/* The bytes from lo on, span further ones. */
static inline __m128i hr_run_range(__m128i v, char lo, char span)
{
    const __m128i d = _mm_sub_epi8(v, _mm_set1_epi8(lo));
    return _mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(span)), d);
}

static inline __m128i hr_run_is(__m128i v, char c)
{
    return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

static inline uint64_t hr_run_bits16(const char *p, enum hr_run_class class)
{
    const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i in;

    if (class == HR_RUN_BLACK) {
        in = _mm_or_si128(hr_run_is(v, ' '), _mm_or_si128(hr_run_is(v, '\t'), hr_run_is(v, '\r')));
        return (uint64_t)_mm_movemask_epi8(in) ^ 0xffff;
    }
    if (class == HR_RUN_DIGIT)
        return (uint64_t)_mm_movemask_epi8(hr_run_range(v, '0', 9));
    if (class == HR_RUN_POINT)
        return (uint64_t)_mm_movemask_epi8(hr_run_is(v, '.'));
    if (class == HR_RUN_FEED)
        return (uint64_t)_mm_movemask_epi8(hr_run_is(v, '\n'));
    if (class == HR_RUN_BLANK)
        return (uint64_t)_mm_movemask_epi8(_mm_or_si128(hr_run_is(v, ' '), hr_run_is(v, '\t')));
    if (class == HR_RUN_SLASH)
        return (uint64_t)_mm_movemask_epi8(hr_run_is(v, '/'));
    if (class == HR_RUN_COLON)
        return (uint64_t)_mm_movemask_epi8(hr_run_is(v, ':'));
    if (class == HR_RUN_O)
        return (uint64_t)_mm_movemask_epi8(hr_run_is(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'o'));
    if (class == HR_RUN_UNGAPPED) {
        /* " and ', ( and ), ; < = >, [ and ], { | } differ in one or two bits. */
        in = _mm_or_si128(hr_run_range(v, '\t', 4), hr_run_is(v, ' '));
        in = _mm_or_si128(in, _mm_or_si128(hr_run_is(v, '"'), hr_run_range(v, '\'', 2)));
        in = _mm_or_si128(in, _mm_or_si128(hr_run_is(v, ','), hr_run_range(v, ';', 3)));
        in = _mm_or_si128(in, _mm_or_si128(hr_run_is(v, '['), hr_run_is(v, ']')));
        in = _mm_or_si128(in, _mm_or_si128(hr_run_is(v, '`'), hr_run_range(v, '{', 2)));
        return (uint64_t)_mm_movemask_epi8(in) ^ 0xffff;
    }
    in = hr_run_range(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 25);
    if (class != HR_RUN_LETTER)
        in = _mm_or_si128(in, hr_run_range(v, '0', 9));
    if (class == HR_RUN_WORD)
        in = _mm_or_si128(in, _mm_or_si128(hr_run_is(v, '_'), v)); /* the highest bit is what counts */
    return (uint64_t)_mm_movemask_epi8(in);
}
#else
static inline bool hr_run_holds(unsigned char c, enum hr_run_class class)
{
    const unsigned char small = c | 0x20;
    const bool letter = (unsigned char)(small - 'a') < 26, alnum = letter || (unsigned char)(c - '0') < 10;

    if (class == HR_RUN_BLACK)
        return c != ' ' && c != '\t' && c != '\r';
    if (class == HR_RUN_DIGIT)
        return (unsigned char)(c - '0') < 10;
    if (class == HR_RUN_POINT)
        return c == '.';
    if (class == HR_RUN_FEED)
        return c == '\n';
    if (class == HR_RUN_BLANK)
        return c == ' ' || c == '\t';
    if (class == HR_RUN_SLASH)
        return c == '/';
    if (class == HR_RUN_COLON)
        return c == ':';
    if (class == HR_RUN_O)
        return small == 'o';
    if (class == HR_RUN_UNGAPPED)
        return !((unsigned char)(c - '\t') < 5 || (c && strchr(" \"'(),;<=>[]`{|}", c)));
    if (class == HR_RUN_LETTER)
        return letter;
    return alnum || (class == HR_RUN_WORD && (c == '_' || c > 0x7f));
}

static inline uint64_t hr_run_bits16(const char *p, enum hr_run_class class)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < 16; i++)
        bits |= (uint64_t)hr_run_holds((unsigned char)p[i], class) << i;
    return bits;
}
#endif

/* Bit i: byte p[i] is of the class; 64 of them. */
static inline uint64_t hr_run_bits64(const char *p, enum hr_run_class class)
{
    return hr_run_bits16(p, class) | hr_run_bits16(p + 16, class) << 16 | hr_run_bits16(p + 32, class) << 32 |
           hr_run_bits16(p + 48, class) << 48;
}

/* The same for n bytes, 1 to 64. before: bytes of the same text before p. */
static inline uint64_t hr_run_bits(const char *p, size_t n, size_t before, enum hr_run_class class)
{
    uint64_t bits = 0;
    size_t i = 0;

    for (; i + 16 <= n; i += 16)
        bits |= hr_run_bits16(p + i, class) << i;
    if (i == n)
        return bits;
    const size_t rest = n - i;
    if (before + n >= 16)
        return bits | hr_run_bits16(p + n - 16, class) >> (16 - rest) << i;
    char few[16] = {0};
    memcpy(few, p, rest);
    return hr_run_bits16(few, class) & ((1u << rest) - 1);
}

/* The same for as many of n bytes as are in a block. */
static inline uint64_t hr_run_bits_up_to_64(const char *p, size_t n, size_t before, enum hr_run_class class)
{
    return n >= 64 ? hr_run_bits64(p, class) : hr_run_bits(p, n, before, class);
}

/* A walk over the runs of one class. */
typedef struct hr_runs {
    const char *begin, *end, *block; /* of the text; of the bytes that bits tells of */
    uint64_t bits;                   /* those behind the last run */
} hr_runs;

static inline void hr_runs_next_block(hr_runs *r, enum hr_run_class class)
{
    r->bits =
        hr_run_bits_up_to_64(r->block, (size_t)(r->end - r->block), (size_t)(r->block - r->begin), class);
}

/* Of a part of a text that begins at `begin`: what stands before the part may be looked at, so that short ones need no copy. */
static inline hr_runs hr_runs_inside(const char *begin, hr_str part, enum hr_run_class class)
{
    if (part.n == 0) /* it may have no address */
        return (hr_runs){0};
    hr_runs r = {.begin = begin, .end = part.p + part.n, .block = part.p};
    hr_runs_next_block(&r, class);
    return r;
}

static inline hr_runs hr_runs_of(hr_str text, enum hr_run_class class)
{
    return hr_runs_inside(text.p, text, class);
}

/* The end of a run that goes on to the end of its block. */
static inline const char *hr_runs_follow(hr_runs *r, enum hr_run_class class)
{
    uint64_t behind = 0;

    while (behind == 0 && r->end - r->block > 64) {
        r->block += 64;
        hr_runs_next_block(r, class);
        behind = r->bits + 1;
    }
    const char *to = behind ? r->block + __builtin_ctzll(behind) : r->end;
    r->bits &= behind;
    return to;
}

/* The next run; false: there is none. */
static inline __attribute__((always_inline)) bool hr_runs_next(hr_runs *r, enum hr_run_class class,
                                                               hr_str *run)
{
    while (r->bits == 0) {
        if (r->end - r->block <= 64)
            return false;
        r->block += 64;
        hr_runs_next_block(r, class);
    }
    const unsigned from = (unsigned)__builtin_ctzll(r->bits);
    const char *p = r->block + from, *to;
    const uint64_t behind = r->bits + (1ull << from); /* the carry goes through the run */
    if (__builtin_expect(behind != 0, true)) {
        to = r->block + __builtin_ctzll(behind & ~r->bits);
        r->bits &= behind;
    } else {
        to = hr_runs_follow(r, class);
    }
    *run = hr_str_make(p, (size_t)(to - p));
    return true;
}

#endif
