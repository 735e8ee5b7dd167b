/* words.c - the word reader behind queries and text statistics. See words.h. */
#include "transform/words.h"

/* FNV-1a: the words come byte by byte. */
#define HASH_START 0xcbf29ce484222325u
#define HASH_STEP  0x100000001b3u

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
        return end - p > 1 ? 2 : 1;
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

static uint64_t mix(uint64_t h, uint8_t byte)
{
    return (h ^ byte) * HASH_STEP;
}

/* Both spellings of a non-ASCII character must give one hash: escapes are hashed as the UTF-8 that they stand for. */
static uint64_t mix_escape(uint64_t h, uint32_t c)
{
    if (c < 0x800) {
        h = mix(h, (uint8_t)(0xc0 | c >> 6));
        return mix(h, (uint8_t)(0x80 | (c & 0x3f)));
    }
    if (c < 0x10000) {
        h = mix(h, (uint8_t)(0xe0 | c >> 12));
    } else {
        h = mix(h, (uint8_t)(0xf0 | c >> 18));
        h = mix(h, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
    }
    h = mix(h, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    return mix(h, (uint8_t)(0x80 | (c & 0x3f)));
}

/* What the reader remembers of a word that grows. */
struct growing {
    uint64_t hash, before_s; /* before_s: the hash without the last character */
    size_t letters;
    int32_t last, last_but_one;
    uint8_t flags;
};

static void grow(struct growing *g, int32_t c, bool escape)
{
    g->before_s = g->hash;
    if (is_digit(c) || c == '.') {
        g->flags |= HR_WORD_DIGIT;
    } else {
        g->flags |= HR_WORD_LETTER;
        if (is_capital(c))
            g->flags |= g->letters == 0 ? HR_WORD_CAPITAL : is_small(g->last) ? HR_WORD_CAMEL : 0;
        if (c == '_')
            g->flags |= HR_WORD_UNDERSCORE;
    }
    int32_t low = is_capital(c) ? c + ('a' - 'A') : c;
    g->hash = escape && c > 0x7f ? mix_escape(g->hash, (uint32_t)c) : mix(g->hash, (uint8_t)low);
    g->last_but_one = g->last;
    g->last = low == c ? c : low; /* plural and camel case look at letters only */
    if (is_capital(c))
        g->last = c;
    g->letters++;
}

static uint64_t finish(const struct growing *g)
{
    bool s = g->last == 's' || g->last == 'S';
    int32_t b = g->last_but_one | 0x20;
    bool plural = s && g->letters >= 5 && !(g->flags & HR_WORD_DIGIT) && b != 's' && b != 'u' && b != 'i';
    return plural ? g->before_s : g->hash;
}

bool hr_words_next(hr_words *w, hr_word *out)
{
    if (w->pos >= w->text.n) /* an empty text may have no address */
        return false;
    const char *end = w->text.p + w->text.n, *p = w->text.p + w->pos;
    int32_t c = 0;
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
    struct growing g = {.hash = HASH_START};
    while (p < end) {
        n = character(p, end, &c);
        bool point = c == '.' && n == 1 && is_digit(g.last) && p + 1 < end && is_digit((unsigned char)p[1]);
        if (!is_word(c) && !point)
            break;
        grow(&g, c, n > 1);
        p += n;
    }
    *out = (hr_word){finish(&g), (uint32_t)(begin - w->text.p), (uint32_t)(p - begin), g.flags};
    w->pos = (size_t)(p - w->text.p);
    return true;
}

uint64_t hr_word_hash(hr_str word)
{
    hr_words w = {word, 0};
    hr_word out = {0};
    return hr_words_next(&w, &out) ? out.hash : 0;
}
