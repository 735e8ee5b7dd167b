/* split.c - the two patterns by hand.

     o200k_base   lead? (Upper|Both)* (Lower|Both)+ 's?  |  lead? (Upper|Both)+ (Lower|Both)* 's?  |  number{1,3}
                  |  blank? sign+ [\r\n/]*  |  space* line+  |  space+ not before a word  |  space+
     cl100k_base  's  |  lead? letter+  |  number{1,3}  |  blank? sign+ [\r\n]*  |  space+ at the end  |  space* line
                  |  space+ not before a word  |  space

   Both: letters without case, and marks. lead: anything but letters, numbers and line ends. sign: neither space, letter nor number.
   The first alternative that matches is taken, each as long as it can be; `next` functions follow one alternative, and where an engine
   would go back they say what it would come to. On x86-64 the usual piece, short and all ASCII, is read off bit masks of 16 bytes. */
#include "token/split.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef uint8_t byte;

/* A character and where it ends. */
struct at {
    const byte *next;
    unsigned kind;
};

unsigned hr_split_char(const byte *p, const byte *end, uint32_t *c, bool *bad)
{
    const size_t left = (size_t)(end - p);
    const unsigned lead = *p;
    /* what may follow the first byte; the rest is any continuation */
    unsigned low = 0x80, high = 0xBF, more = 1;

    if (lead < 0x80) {
        *c = lead;
        return 1;
    }
    if (lead >= 0xE0) {
        more = lead < 0xF0 ? 2 : 3;
        low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    }
    uint32_t value = lead & (0x3Fu >> more);
    unsigned n = 1;
    if (lead >= 0xC2 && lead <= 0xF4) {
        for (; n <= more && n < left && p[n] >= low && p[n] <= high; n++, low = 0x80, high = 0xBF)
            value = value << 6 | (p[n] & 0x3Fu);
        if (n > more) {
            *c = value;
            return n;
        }
    }
    *c = 0xFFFD;
    *bad = true;
    return n;
}

static struct at look(const hr_table *t, const byte *p, const byte *end, bool *bad)
{
    uint32_t c;
    if (p == end)
        return (struct at){p, 0};
    if (*p < 0x80)
        return (struct at){p + 1, hr_table_class(t, *p)};
    const byte *next = p + hr_split_char(p, end, &c, bad);
    return (struct at){next, hr_table_class(t, c)};
}

/* Behind as many characters as have one of the bits and none of those that may not be. */
static const byte *run(const hr_table *t, const byte *p, const byte *end, unsigned bits, unsigned not,
                       bool *bad)
{
    bool b = false;
    for (;;) {
        const struct at a = look(t, p, end, &b);
        if (p == end || !(a.kind & bits) || (a.kind & not ))
            return p;
        p = a.next;
        *bad |= b; /* of the characters taken, not of the one behind them */
    }
}

/* Behind what no class tells: signs. */
static const byte *signs(const hr_table *t, const byte *p, const byte *end, bool *bad)
{
    bool b = false;
    for (;;) {
        const struct at a = look(t, p, end, &b);
        if (p == end || (a.kind & (HR_CHAR_SPACE | HR_CHAR_NUMBER)) ||
            ((a.kind & HR_CHAR_LETTER) && !(a.kind & HR_CHAR_MARK)))
            return p;
        p = a.next;
        *bad |= b;
    }
}

/* Behind 's 't 're 've 'm 'll 'd in any case, with the long s that folds to s; or p. */
static const byte *contraction(const byte *p, const byte *end)
{
    const size_t left = (size_t)(end - p);
    if (left < 2 || *p != '\'')
        return p;
    const int a = p[1] | 0x20, b = left > 2 ? p[2] | 0x20 : 0;
    if (p[1] == 0xC5)
        return left > 2 && p[2] == 0xBF ? p + 3 : p;
    if (p[1] < 'A' || p[1] > 'z')
        return p;
    if (a == 's' || a == 'd' || a == 'm' || a == 't')
        return p + 2;
    if (left > 2 && p[2] >= 'A' &&
        ((a == 'l' && b == 'l') || (a == 'v' && b == 'e') || (a == 'r' && b == 'e')))
        return p + 3;
    return p;
}

/* (Upper|Both)* (Lower|Both)+ at p, or NULL. The first part takes what both could have, and gives back the last of it where nothing else
   is left for the second. */
static const byte *cased(const hr_table *t, const byte *p, const byte *end, bool *bad)
{
    const byte *given = NULL;
    bool b = false, given_bad = false;
    for (;;) {
        const struct at a = look(t, p, end, &b);
        if (p == end || !(a.kind & HR_CHAR_UPPER)) {
            if (p != end && (a.kind & HR_CHAR_LOWER))
                return run(t, p, end, HR_CHAR_LOWER, 0, bad);
            break;
        }
        if (a.kind & HR_CHAR_LOWER) {
            given = a.next;
            given_bad = b;
        }
        p = a.next;
    }
    *bad |= given != NULL && given_bad;
    return given;
}

static const byte *numbers(const hr_table *t, const byte *p, const byte *end)
{
    bool bad;
    for (int i = 0; i < 3; i++) {
        const struct at a = look(t, p, end, &bad);
        if (p == end || !(a.kind & HR_CHAR_NUMBER))
            break;
        p = a.next;
    }
    return p;
}

/* White space at p: through its last line end, else all before the last of it that stands before a word. */
static const byte *spaces(const hr_table *t, const byte *p, const byte *end, bool whole_at_end)
{
    const byte *line = NULL, *last = p, *q = p;
    bool bad;
    while (q < end) {
        const struct at a = look(t, q, end, &bad);
        if (!(a.kind & HR_CHAR_SPACE))
            break;
        last = q;
        q = a.next;
        if (a.kind & HR_CHAR_LINE)
            line = q;
    }
    if (q == end && whole_at_end)
        return q;
    if (line)
        return line;
    return q == end || last == p ? q : last;
}

/* blank? sign+ and what may follow it; NULL: not here. */
static const byte *sign_run(const hr_table *t, const byte *p, const byte *end, bool slash, bool *bad)
{
    const byte *from = p + (*p == ' '), *q = signs(t, from, end, bad);
    if (q == from)
        return NULL;
    while (q < end && (*q == '\r' || *q == '\n' || (slash && *q == '/')))
        q++;
    return q;
}

static const byte *any_o200k(const hr_table *t, const byte *p, const byte *end, bool *bad)
{
    bool lead_bad = false;
    const struct at a = look(t, p, end, &lead_bad);
    const bool letter = (a.kind & HR_CHAR_LETTER) && !(a.kind & HR_CHAR_MARK);
    const bool lead = !letter && !(a.kind & (HR_CHAR_NUMBER | HR_CHAR_LINE));
    const byte *from = lead ? a.next : p, *q = NULL;

    if (lead || letter) {
        q = cased(t, from, end, bad);
        if (q == NULL && from != p && (a.kind & HR_CHAR_MARK))
            return contraction(a.next, end) /* the mark is a word by itself */;
        if (q == NULL && (q = run(t, from, end, HR_CHAR_UPPER, 0, bad)) == from)
            q = NULL;
    }
    if (q != NULL) {
        *bad |= from != p && lead_bad;
        return contraction(q, end);
    }
    if (a.kind & HR_CHAR_NUMBER)
        return numbers(t, p, end);
    if ((q = sign_run(t, p, end, true, bad)) != NULL)
        return q;
    return spaces(t, p, end, false);
}

static const byte *any_cl100k(const hr_table *t, const byte *p, const byte *end, bool *bad)
{
    bool lead_bad = false;
    const byte *q = contraction(p, end);
    if (q != p)
        return q;
    const struct at a = look(t, p, end, &lead_bad);
    const bool letter = (a.kind & HR_CHAR_LETTER) && !(a.kind & HR_CHAR_MARK);
    const bool lead = !letter && !(a.kind & (HR_CHAR_NUMBER | HR_CHAR_LINE));
    const byte *from = lead ? a.next : p;

    if ((lead || letter) && (q = run(t, from, end, HR_CHAR_LETTER, HR_CHAR_MARK, bad)) != from) {
        *bad |= lead && lead_bad;
        return q;
    }
    if (a.kind & HR_CHAR_NUMBER)
        return numbers(t, p, end);
    if ((q = sign_run(t, p, end, false, bad)) != NULL)
        return q;
    return spaces(t, p, end, true);
}

#ifdef __SSE2__
enum {
    NEEDED = 20, /* 16 bytes, and a contraction that begins in the last of them */
    SEEN = 15    /* a run that ends before this was seen to end */
};

/* Bit i: byte i lies in first..last, both ASCII. */
static inline unsigned within(__m128i v, int first, int last)
{
    const __m128i moved = _mm_add_epi8(v, _mm_set1_epi8((char)(0x80 - first)));
    return (unsigned)_mm_movemask_epi8(_mm_cmplt_epi8(moved, _mm_set1_epi8((char)(0x80 + last - first + 1))));
}

/* How many bits from the lowest on are set. */
static inline unsigned ones(unsigned mask)
{
    return (unsigned)__builtin_ctz(~mask);
}

/* The piece at p where it is ASCII and ends within SEEN bytes before an ASCII byte; else NULL. At least NEEDED bytes are there. */
static inline const byte *ascii(const byte *p, const byte *end, bool o200k)
{
    const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    const unsigned high = (unsigned)_mm_movemask_epi8(v);
    const unsigned upper = within(v, 'A', 'Z'), lower = within(v, 'a', 'z'), letter = upper | lower;
    unsigned n;

    if (high & 1)
        return NULL;
    const unsigned lead = ~letter & 1;
    if (letter >> lead & 1 && (!lead || (unsigned)(*p - '0') >= 10) && *p != '\n' && *p != '\r') {
        if (!o200k) {
            n = lead + ones(letter >> lead);
        } else {
            n = lead + ones(upper >> lead);
            n += ones(lower >> n);
        }
        if (n >= SEEN || high >> n & 1)
            return NULL;
        return o200k && p[n] == '\'' ? contraction(p + n, end) : p + n;
    }
    const unsigned digit = within(v, '0', '9');
    if (digit & 1) {
        n = ones(digit);
        if (n >= 3)
            return p + 3;
        return high >> n & 1 ? NULL : p + n;
    }
    const unsigned space = within(v, '\t', '\r') | within(v, ' ', ' ');
    const unsigned sign = ~(letter | digit | space | high) & 0xFFFF, blank = *p == ' ';
    if (sign >> blank & 1) {
        n = blank + ones(sign >> blank);
        if (n >= SEEN || high >> n & 1)
            return NULL;
        const byte *q = p + n;
        while (q < end && (*q == '\n' || *q == '\r' || (o200k && *q == '/')))
            q++;
        return q;
    }
    n = ones(space);
    if (n >= SEEN || high >> n & 1)
        return NULL;
    const unsigned line = (within(v, '\n', '\n') | within(v, '\r', '\r')) & ((1u << n) - 1);
    if (line)
        return p + (32 - __builtin_clz(line));
    return n == 1 ? p + 1 : p + n - 1;
}
#endif

const byte *hr_split_o200k(const hr_table *t, const byte *p, const byte *end, bool *bad)
{
#ifdef __SSE2__
    const byte *q;
    if (end - p >= NEEDED && (q = ascii(p, end, true)) != NULL)
        return q;
#endif
    return any_o200k(t, p, end, bad);
}

const byte *hr_split_cl100k(const hr_table *t, const byte *p, const byte *end, bool *bad)
{
#ifdef __SSE2__
    const byte *q;
    if (end - p >= NEEDED && *p != '\'' && (q = ascii(p, end, false)) != NULL)
        return q;
#endif
    return any_cl100k(t, p, end, bad);
}
