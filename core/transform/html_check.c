/* html_check.c - reads a page a second time, with nothing of html_read.c but the entities: see html_page.h. It knows tags, comments and the
   elements without text only, and looks for each word of the page in what was made of it, in order. */
#include <string.h>

#include "transform/html_entities.h"
#include "transform/html_page.h"
#include "transform/runs.h"
#include "transform/seek.h"

struct check {
    hr_str in, out;
    size_t at, done; /* read of in; of out, what stands before `done` is used up */
    const hr_html_segment *segment;
    size_t n, next; /* segments, and the first that may cover what comes */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_word(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

/* Behind the next '>'. */
static size_t behind_greater(hr_str s, size_t from)
{
    const char *p = from < s.n ? memchr(s.p + from, '>', s.n - from) : NULL;
    return p ? (size_t)(p + 1 - s.p) : s.n;
}

/* Behind the '>' of the tag that begins at `at`. A quote opens a value behind an equals sign only, and spaces. */
static size_t behind_tag(hr_str s, size_t at)
{
    const char *p = s.p + at, *const begin = p, *const end = s.p + s.n, *back;

    for (; (p = hr_seek(p, end, '>', '"', '\'', '>')) < end; p++) {
        if (*p == '>')
            return (size_t)(p + 1 - s.p);
        for (back = p; back > begin && is_space(back[-1]);)
            back--;
        if (back > begin && back[-1] == '=' && !(p = memchr(p + 1, *p, (size_t)(end - p) - 1)))
            return s.n;
    }
    return s.n;
}

/* Behind the end of the element whose tag begins at `at`, where it has no text; else 0. */
static size_t behind_textless(hr_str s, size_t at, size_t behind_it)
{
    static const char *const names[] = {"script", "style", "iframe", "noframes"};

    const char first = (char)(s.p[at + 1] | 0x20);
    if (first != 's' && first != 'i' && first != 'n')
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (*names[i] != first)
            continue;
        size_t n = strlen(names[i]);
        if (s.n - at <= n + 1 || strncasecmp(s.p + at + 1, names[i], n) != 0 || is_word(s.p[at + 1 + n]) ||
            s.p[at + 1 + n] == '-')
            continue;
        if (behind_it >= 2 && s.p[behind_it - 2] == '/' && i < 2)
            return 0; /* whole in svg; elsewhere its text is asked for in vain, and the page is left alone */
        for (size_t p = behind_it; p < s.n; p++) {
            const char *less = memchr(s.p + p, '<', s.n - p);
            if (!less)
                break;
            p = (size_t)(less - s.p);
            if (s.n - p > n + 2 && s.p[p + 1] == '/' && strncasecmp(s.p + p + 2, names[i], n) == 0 &&
                !is_word(s.p[p + 2 + n]) && s.p[p + 2 + n] != '-')
                return p;
        }
        return s.n;
    }
    return 0;
}

static size_t behind_markup(hr_str s, size_t at)
{
    if (s.n - at >= 4 && memcmp(s.p + at, "<!--", 4) == 0) {
        if (at + 4 < s.n && s.p[at + 4] == '>')
            return at + 5;
        size_t end = behind_greater(s, at + 5);
        while (end < s.n && memcmp(s.p + end - 3, "--", 2) != 0 && memcmp(s.p + end - 4, "--!", 3) != 0)
            end = behind_greater(s, end);
        return end;
    }
    if (s.p[at + 1] == '!' || s.p[at + 1] == '?' ||
        (s.p[at + 1] == '/' && (at + 2 >= s.n || !is_letter(s.p[at + 2]))))
        return behind_greater(s, at);
    size_t end = behind_tag(s, at + 1), textless = behind_textless(s, at, end);
    return textless ? textless : end;
}

static bool left_out(struct check *c, size_t at)
{
    while (c->next < c->n && c->segment[c->next].to <= at)
        c->next++;
    const hr_html_segment *s = c->next < c->n ? &c->segment[c->next] : NULL;
    return s && s->from <= at && !s->keep;
}

/* Is `word` in the output behind what was found before? Most often it is the next one, behind a mark or an address. */
static bool find_near(struct check *c, hr_str word)
{
    enum { NEAR = 512 };
    size_t at = c->done, end = c->out.n - at < word.n ? at : c->out.n - word.n + 1;

    end = end - at > NEAR ? at + NEAR : end;
    const char first = *word.p, last = word.p[word.n - 1];
    const char *out = c->out.p;
    while (at < end &&
           (out[at] != first || out[at + word.n - 1] != last || memcmp(out + at, word.p, word.n) != 0))
        at++;
    if (at >= end)
        return false;
    c->done = at + word.n;
    return true;
}

static bool find(struct check *c, hr_str word)
{
    if (find_near(c, word))
        return true;
    size_t at = hr_str_find(c->out, word, c->done);
    if (at == SIZE_MAX)
        return false;
    c->done = at + word.n;
    return true;
}

enum { SPACE = 1, AMPERSAND = 2, WORD = 4, BREAK = 8 };

/* The words of s one by one. */
static bool words(struct check *c, hr_str s, const uint8_t class[256])
{
    for (size_t i = 0, from; i < s.n;) {
        unsigned seen = 0;
        for (from = i; i < s.n && !(class[(unsigned char)s.p[i]] & SPACE); i++)
            seen |= class[(unsigned char)s.p[i]];
        if ((seen & WORD) && !find(c, hr_str_make(s.p + from, i - from)))
            return false;
        i += i < s.n;
    }
    return true;
}

/* Where a stretch ends: before an entity, a line break, or at the end, behind which the page goes on for `more` bytes. */
static inline size_t stretch_end(hr_str s, size_t at, size_t more, const uint8_t class[256])
{
    (void)more; /* machines without SSE2 have no use for it */
#ifdef __SSE2__
    for (; at < s.n && s.n + more - at >= 16; at += 16) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + at));
        const __m128i ends = _mm_or_si128(hr_run_is(v, '&'), hr_run_range(v, '\t', '\r' - '\t'));
        const unsigned found = (unsigned)_mm_movemask_epi8(ends);
        if (found) {
            at += (unsigned)__builtin_ctz(found);
            return at < s.n ? at : s.n;
        }
    }
    at = at < s.n ? at : s.n;
#endif
    while (at < s.n && !(class[(unsigned char)s.p[at]] & (AMPERSAND | BREAK)))
        at++;
    return at;
}

static bool has_word(hr_str s, const uint8_t class[256])
{
    size_t i = 0;

    while (i < s.n && !(class[(unsigned char)s.p[i]] & WORD)) /* the first byte, mostly */
        i++;
    return i < s.n;
}

/* A text between two tags, in stretches between line breaks and entities. Most are in the output as they stand; where not, their words
   must be. */
static bool text(struct check *c, hr_str s, const uint8_t class[256])
{
    for (size_t i = 0, from, to, n; i < s.n;) {
        char decoded[4];
        if (class[(unsigned char)s.p[i]] & SPACE) {
            i++;
            continue;
        }
        size_t taken = s.p[i] == '&' ? hr_html_entity(hr_str_make(s.p + i, s.n - i), decoded, &n) : 0;
        if (taken) {
            i += taken;
            if ((n > 1 || is_word(*decoded)) && !find(c, hr_str_make(decoded, n)))
                return false;
            continue;
        }
        from = i;
        i = stretch_end(s, i + 1, (size_t)(c->in.p + c->in.n - (s.p + s.n)), class);
        for (to = i; s.p[to - 1] == ' ';)
            to--;
        hr_str stretch = hr_str_make(s.p + from, to - from);
        if (has_word(stretch, class) && !find_near(c, stretch) && !words(c, stretch, class))
            return false;
    }
    return true;
}

/* Nothing but a line break or two: what stands between most tags. */
static bool is_blank_text(hr_str s, size_t from, size_t to, const uint8_t class[256])
{
    enum { MOST = 16 };

    if (to - from > MOST)
        return false;
    while (from < to && (class[(unsigned char)s.p[from]] & SPACE))
        from++;
    return from == to;
}

int hr_html_check(const hr_html_page *p, hr_str source, hr_str out, hr_watch *watch)
{
    struct check c = {.in = source, .out = out};

    uint8_t class[256];

    for (int i = 0; i < 256; i++)
        class[i] = i == ' '            ? SPACE
                   : is_space((char)i) ? SPACE | BREAK
                   : i == '&'          ? AMPERSAND
                   : is_word((char)i)  ? WORD
                                       : 0;
    c.segment = hr_html_segments(p, &c.n);
    while (c.at < source.n) {
        size_t from = c.at;
        char next = from + 1 < source.n ? source.p[from + 1] : 0;
        if (source.p[from] == '<' && (is_letter(next) || next == '/' || next == '!' || next == '?')) {
            c.at = behind_markup(source, from);
        } else {
            c.at = (size_t)(hr_seek_near(source.p + from + 1, source.p + source.n, '<') - source.p);
            if (!is_blank_text(source, from, c.at, class) && !left_out(&c, from) &&
                !text(&c, hr_str_make(source.p + from, c.at - from), class))
                return HR_ESHAPE;
        }
        int r = hr_watch_spend(watch, c.at - from);
        if (r < 0)
            return r;
    }
    return 0;
}
