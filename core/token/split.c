/* split.c - the two patterns by hand.

     o200k_base   lead? (Upper|Both)* (Lower|Both)+ 's?  |  lead? (Upper|Both)+ (Lower|Both)* 's?  |  number{1,3}
                  |  blank? sign+ [\r\n/]*  |  space* line+  |  space+ not before a word  |  space+
     cl100k_base  's  |  lead? letter+  |  number{1,3}  |  blank? sign+ [\r\n]*  |  space+ at the end  |  space* line
                  |  space+ not before a word  |  space

   Both: letters without case, and marks. lead: anything but letters, numbers and line ends. sign: neither space, letter nor number.
   The first alternative that matches is taken, each as long as it can be; where an engine would go back, it is said what that would come to. On x86-64 the usual piece, short and all ASCII, is read off bit masks of 16 bytes. */
#include "token/split.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef uint8_t byte;

/* A character: what it is, where it ends. bad: HR_SPLIT_BAD, of a piece that it is in. */
struct at {
    const byte *next;
    unsigned kind, bad;
};

unsigned hr_split_char(const byte *p, const byte *end, uint32_t *c, unsigned *flags)
{
    const size_t left = (size_t)(end - p);
    const unsigned lead = *p;
    /* what may follow the first byte; the rest is any continuation */
    unsigned low = 0x80, high = 0xBF, more = 1, n = 1;

    if (lead < 0x80) {
        *c = lead;
        return 1;
    }
    if ((lead & 0xF0) == 0xE0 && left > 2 && (p[1] & 0xC0) == 0x80 &&
        (p[2] & 0xC0) == 0x80) { /* most of them */
        *c = (lead & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        if (*c >= 0x800 && (*c < 0xD800 || *c > 0xDFFF))
            return 3;
    }
    if (lead >= 0xE0) {
        more = lead < 0xF0 ? 2 : 3;
        low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    }
    if (lead >= 0xC2 && lead <= 0xF4) {
        uint32_t value = lead & (0x3Fu >> more);
        for (; n <= more && n < left && p[n] >= low && p[n] <= high; n++, low = 0x80, high = 0xBF)
            value = value << 6 | (p[n] & 0x3Fu);
        if (n > more) {
            *c = value;
            return n;
        }
        if (n == left)
            *flags |= HR_SPLIT_END;
    }
    *c = 0xFFFD;
    *flags |= HR_SPLIT_BAD;
    return n;
}

/* The character at p; at the end one of no kind and no length. */
static inline struct at look(const hr_table *t, const byte *p, const byte *end, unsigned *flags)
{
    uint32_t c;
    unsigned f = 0;

    if (p == end) {
        *flags |= HR_SPLIT_END;
        return (struct at){p, 0, 0};
    }
    if (*p < 0x80)
        return (struct at){p + 1, hr_table_class(t, *p), 0};
    const byte *next = p + hr_split_char(p, end, &c, &f);
    *flags |= f & HR_SPLIT_END;
    return (struct at){next, hr_table_class(t, c), f & HR_SPLIT_BAD};
}

static bool is_letter(unsigned kind)
{
    return (kind & HR_CHAR_LETTER) && !(kind & HR_CHAR_MARK);
}

/* Behind as many characters as are of one of these kinds. */
static const byte *run(const hr_table *t, const byte *p, const byte *end, unsigned kinds, unsigned *flags)
{
    for (struct at a; a = look(t, p, end, flags), a.kind & kinds; p = a.next)
        ;
    return p;
}

/* The same for letters without marks. */
static const byte *letters(const hr_table *t, const byte *p, const byte *end, unsigned *flags)
{
    for (struct at a; a = look(t, p, end, flags), is_letter(a.kind); p = a.next)
        ;
    return p;
}

/* The same for signs: what is neither space, letter nor number; marks are signs where no word takes them. */
static const byte *signs(const hr_table *t, const byte *p, const byte *end, unsigned *flags)
{
    for (;;) {
        const struct at a = look(t, p, end, flags);
        if (a.next == p || is_letter(a.kind) || a.kind & (HR_CHAR_SPACE | HR_CHAR_NUMBER))
            return p;
        *flags |= a.bad;
        p = a.next;
    }
}

/* Behind 's 't 're 've 'm 'll 'd in any case, with the long s that folds to s; or p. */
static const byte *contraction(const byte *p, const byte *end, unsigned *flags)
{
    const size_t left = (size_t)(end - p);

    if (left < 3)
        *flags |= HR_SPLIT_END;
    if (left < 2 || *p != '\'')
        return p;
    if (left > 2 && p[1] == 0xC5 && p[2] == 0xBF)
        return p + 3;
    const unsigned a = p[1] | 0x20, b = left > 2 ? p[2] | 0x20 : 0;
    if (p[1] < 'A')
        return p;
    if (a == 's' || a == 'd' || a == 'm' || a == 't')
        return p + 2;
    if (left > 2 && p[2] >= 'A' && ((a == 'l' && b == 'l') || ((a == 'v' || a == 'r') && b == 'e')))
        return p + 3;
    return p;
}

/* (Upper|Both)* (Lower|Both)+ at p, or NULL. The first part takes what both could have, and gives back the last of it where nothing else
   is left for the second. */
static const byte *cased(const hr_table *t, const byte *p, const byte *end, unsigned *flags)
{
    const byte *given = NULL;
    struct at a;

    for (; a = look(t, p, end, flags), a.kind & HR_CHAR_UPPER; p = a.next)
        if (a.kind & HR_CHAR_LOWER)
            given = a.next;
    return a.kind & HR_CHAR_LOWER ? run(t, p, end, HR_CHAR_LOWER, flags) : given;
}

static const byte *numbers(const hr_table *t, const byte *p, const byte *end, unsigned *flags)
{
    struct at a;

    for (int i = 0; i < 3 && (a = look(t, p, end, flags), a.kind & HR_CHAR_NUMBER); i++)
        p = a.next;
    return p;
}

/* White space at p: through its last line end, else all before the last of it that stands before a word. */
static const byte *spaces(const hr_table *t, const byte *p, const byte *end, bool whole_at_end,
                          unsigned *flags)
{
    const byte *line = NULL, *last = p, *q = p;

    for (struct at a; a = look(t, q, end, flags), a.kind & HR_CHAR_SPACE; q = a.next) {
        last = q;
        if (a.kind & HR_CHAR_LINE)
            line = a.next;
    }
    if (q == end && whole_at_end)
        return q;
    if (line)
        return line;
    return q == end || last == p ? q : last;
}

/* blank? sign+ and the line ends behind it; NULL: not here. */
static const byte *sign_run(const hr_table *t, const byte *p, const byte *end, bool slash, unsigned *flags)
{
    const byte *from = p + (*p == ' '), *q = signs(t, from, end, flags);

    if (q == from)
        return NULL;
    while (q < end && (*q == '\r' || *q == '\n' || (slash && *q == '/')))
        q++;
    if (q == end)
        *flags |= HR_SPLIT_END;
    return q;
}

static __attribute__((noinline)) const byte *any_o200k(const hr_table *t, const byte *p, const byte *end,
                                                       unsigned *flags)
{
    const struct at a = look(t, p, end, flags);
    const bool lead = !is_letter(a.kind) && !(a.kind & (HR_CHAR_NUMBER | HR_CHAR_LINE));
    const byte *q = NULL;

    if (lead || is_letter(a.kind)) {
        const byte *from = lead ? a.next : p;
        q = cased(t, from, end, flags);
        if (q == NULL && a.kind & HR_CHAR_MARK)
            q = a.next; /* no lead of anything: a word by itself */
        if (q == NULL) {
            const byte *upper = run(t, from, end, HR_CHAR_UPPER, flags);
            q = upper == from ? NULL : upper;
        }
    }
    if (q != NULL) {
        *flags |= a.bad;
        return contraction(q, end, flags);
    }
    if (a.kind & HR_CHAR_NUMBER)
        return numbers(t, p, end, flags);
    if ((q = sign_run(t, p, end, true, flags)) != NULL)
        return q;
    return spaces(t, p, end, false, flags);
}

static __attribute__((noinline)) const byte *any_cl100k(const hr_table *t, const byte *p, const byte *end,
                                                        unsigned *flags)
{
    const byte *q = *p == '\'' ? contraction(p, end, flags) : p;

    if (q != p)
        return q;
    const struct at a = look(t, p, end, flags);
    const bool lead = !is_letter(a.kind) && !(a.kind & (HR_CHAR_NUMBER | HR_CHAR_LINE));
    const byte *from = lead ? a.next : p;
    if ((lead || is_letter(a.kind)) && (q = letters(t, from, end, flags)) != from) {
        *flags |= a.bad;
        return q;
    }
    if (a.kind & HR_CHAR_NUMBER)
        return numbers(t, p, end, flags);
    if ((q = sign_run(t, p, end, false, flags)) != NULL)
        return q;
    return spaces(t, p, end, true, flags);
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
static inline const byte *ascii(const byte *p, const byte *end, bool o200k, unsigned *flags)
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
        return o200k && p[n] == '\'' ? contraction(p + n, end, flags) : p + n;
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
        if (q == end)
            *flags |= HR_SPLIT_END;
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

const byte *hr_split_o200k(const hr_table *t, const byte *p, const byte *end, unsigned *flags)
{
#ifdef __SSE2__
    const byte *q;
    if (end - p >= NEEDED && (q = ascii(p, end, true, flags)) != NULL)
        return q;
#endif
    return any_o200k(t, p, end, flags);
}

const byte *hr_split_cl100k(const hr_table *t, const byte *p, const byte *end, unsigned *flags)
{
#ifdef __SSE2__
    const byte *q;
    if (end - p >= NEEDED && *p != '\'' && (q = ascii(p, end, false, flags)) != NULL)
        return q;
#endif
    return any_cl100k(t, p, end, flags);
}
