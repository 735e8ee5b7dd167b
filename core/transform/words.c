/* words.c - the word reader behind queries and text statistics. See words.h. */
#include "transform/words.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits behind "\u" at p, or -1. */
static int32_t escape_code(const char *p, const char *end)
{
    int32_t code = 0;
    if (end - p < 6 || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int d = hex(p[i]);
        if (d < 0)
            return -1;
        code = code * 16 + d;
    }
    return code;
}

/* What JSON writes behind a backslash. Elsewhere backslashes part words: C:\\Windows. */
static bool is_escape(char c)
{
    return c && strchr("\"\\/bfnrtu", c);
}

/* One character: its length in the text, and in *code the character; -1 for a separator. Above 0x7f single UTF-8 bytes are
   handed out as they are, escapes as code points (surrogate pairs joined). */
static size_t character(const char *p, const char *end, int32_t *code)
{
    unsigned char c = (unsigned char)*p;
    if (c != '\\') {
        *code = c;
        return 1;
    }
    *code = escape_code(p, end);
    if (*code < 0)
        return end - p > 1 && is_escape(p[1]) ? 2 : 1;
    if (*code >= 0xd800 && *code < 0xdc00 && end - p >= 12 && p[6] == '\\') {
        int32_t low = escape_code(p + 6, end);
        if (low >= 0xdc00 && low < 0xe000) {
            *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
            return 12;
        }
    }
    return 6;
}

static bool is_digit(int32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(int32_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_small(int32_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_word(int32_t c)
{
    return is_digit(c) || is_capital(c) || is_small(c) || c == '_' || c > 0x7f;
}

/* ------------------------------------------------------------------ hashes */
/* A word's s is left out where it may be a plural's. n: its bytes; no digit is among them. */
static bool is_plural(unsigned char last, unsigned char last_but_one, size_t n)
{
    const unsigned char b = last_but_one | 0x20;
    return (last | 0x20) == 's' && n >= 5 && b != 's' && b != 'u' && b != 'i';
}

static bool holds_digit(hr_str word)
{
    uint64_t any = 0;
    size_t i = 0;

    for (; i + 8 <= word.n; i += 8)
        any |= hr_eight_digit(hr_eight(word.p + i, 8));
    return (any | hr_eight_digit(hr_eight(word.p + i, word.n - i))) != 0;
}

uint64_t hr_plain_word_hash(hr_str word)
{
    uint64_t h = 0;
    size_t n = word.n, i = 0;

    if (n >= 5 && is_plural((unsigned char)word.p[n - 1], (unsigned char)word.p[n - 2], n) &&
        !holds_digit(word))
        n--;
    for (; i + 8 <= n; i += 8)
        h = hr_mix(h, hr_eight_lower(hr_eight(word.p + i, 8)));
    return hr_mix(hr_mix(h, hr_eight_lower(hr_eight(word.p + i, n - i))), n);
}

/* The same for bytes that come one by one: the last one is held back, since it may be a plural's. */
struct growing {
    uint64_t h, lane;
    size_t n; /* bytes in them */
    unsigned char last, last_but_one;
    bool begun, digit;
};

static void put_last(struct growing *g)
{
    g->lane |= (uint64_t)g->last << g->n % 8 * 8;
    if (++g->n % 8 == 0) {
        g->h = hr_mix(g->h, g->lane);
        g->lane = 0;
    }
}

static void put_byte(struct growing *g, uint32_t byte)
{
    if (g->begun)
        put_last(g);
    g->last_but_one = g->last;
    g->last = (unsigned char)(is_capital((int32_t)byte) ? byte + ('a' - 'A') : byte);
    g->digit = g->digit || is_digit((int32_t)byte);
    g->begun = true;
}

/* Both spellings of a character beyond ASCII must give one hash: escapes are hashed as the UTF-8 that they stand for. */
static void put_escape(struct growing *g, uint32_t c)
{
    if (c < 0x80) {
        put_byte(g, c);
        return;
    }
    if (c < 0x800) {
        put_byte(g, 0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            put_byte(g, 0xe0 | c >> 12);
        } else {
            put_byte(g, 0xf0 | c >> 18);
            put_byte(g, 0x80 | (c >> 12 & 0x3f));
        }
        put_byte(g, 0x80 | (c >> 6 & 0x3f));
    }
    put_byte(g, 0x80 | (c & 0x3f));
}

static uint64_t escaped_hash(hr_str word)
{
    struct growing g = {0};
    int32_t c;

    for (const char *p = word.p, *end = word.p + word.n; p < end;) {
        size_t n = character(p, end, &c);
        if (n > 1)
            put_escape(&g, (uint32_t)c);
        else
            put_byte(&g, (uint32_t)c);
        p += n;
    }
    if (g.digit || !is_plural(g.last, g.last_but_one, g.n + 1))
        put_last(&g);
    return hr_mix(hr_mix(g.h, g.lane), g.n);
}

/* ------------------------------------------------------------------ words */
static uint8_t flags_of(int32_t c, int32_t last, bool first)
{
    if (is_digit(c) || c == '.')
        return HR_WORD_DIGIT;
    if (is_capital(c))
        return HR_WORD_LETTER | (first ? HR_WORD_CAPITAL : is_small(last) ? HR_WORD_CAMEL : 0);
    return c == '_' ? HR_WORD_LETTER | HR_WORD_UNDERSCORE : HR_WORD_LETTER;
}

bool hr_words_next(hr_words *w, hr_word *out)
{
    if (w->pos >= w->text.n) /* an empty text may have no address */
        return false;
    const char *end = w->text.p + w->text.n, *p = w->text.p + w->pos;
    int32_t c = 0, last = 0;
    size_t n = 0;

    for (; p < end; p += n) {
        n = character(p, end, &c);
        if (is_word(c))
            break;
    }
    if (p >= end) {
        w->pos = w->text.n;
        return false;
    }
    const char *begin = p;
    bool escaped = false;
    uint8_t flags = 0;
    while (p < end) {
        n = character(p, end, &c);
        bool point = c == '.' && n == 1 && is_digit(last) && p + 1 < end && is_digit((unsigned char)p[1]);
        if (!is_word(c) && !point)
            break;
        flags |= flags_of(c, last, p == begin);
        escaped = escaped || n > 1;
        last = c;
        p += n;
    }
    hr_str word = hr_str_make(begin, (size_t)(p - begin));
    *out = (hr_word){escaped ? escaped_hash(word) : hr_plain_word_hash(word), (uint32_t)(begin - w->text.p),
                     (uint32_t)word.n, flags};
    w->pos = (size_t)(p - w->text.p);
    return true;
}

uint64_t hr_word_hash(hr_str word)
{
    hr_words w = {word, 0};
    hr_word out = {0};
    return hr_words_next(&w, &out) ? out.hash : 0;
}

/* ------------------------------------------------------------------ without escapes */
static bool spells_characters(const char *p, const char *end)
{
    while (p < end && (p = memchr(p, '\\', (size_t)(end - p)))) {
        if (end - p > 1 && p[1] == 'u')
            return true;
        p += 2;
    }
    return false;
}

/* The part from `from` to the next backslash, which stands at slash, if at all. */
static void begin_part(hr_plain_words *w, const char *from, const char *slash)
{
    w->runs = hr_runs_of(hr_str_make(from, (size_t)((slash ? slash : w->end) - from)), HR_RUN_WORD);
    w->part = slash && w->end - slash > 1 ? slash + 1 + is_escape(slash[1]) : NULL;
}

bool hr_plain_words_begin(hr_plain_words *w, hr_str text)
{
    const char *slash;

    if (text.n == 0) {
        *w = (hr_plain_words){0};
        return true;
    }
    slash = memchr(text.p, '\\', text.n);
    w->end = text.p + text.n;
    if (slash && spells_characters(slash, w->end))
        return false;
    begin_part(w, text.p, slash);
    return true;
}

bool hr_plain_words_part(hr_plain_words *w)
{
    const char *from = w->part;

    if (!from)
        return false;
    begin_part(w, from, from < w->end ? memchr(from, '\\', (size_t)(w->end - from)) : NULL);
    return true;
}
