/* html_flow.c - text into segments: white space, entities, what stands between two texts. See html_reader.h. */
#include <string.h>

#include "transform/html_entities.h"
#include "transform/html_reader.h"
#include "transform/runs.h"

/* ------------------------------------------------------------------ segments */
static uint8_t sort_of(const hr_html_reader *r)
{
    if (r->hidden)
        return r->open[HR_TAG_NOSCRIPT] ? HR_HTML_NOSCRIPT : HR_HTML_UNSEEN;
    if (r->alert)
        return HR_HTML_SHOWN;
    return r->nav && r->open[HR_TAG_A] ? HR_HTML_LINK : HR_HTML_SHOWN;
}

void hr_html_end_segment(hr_html_reader *r)
{
    if (!r->begun)
        return;
    r->now.len = (uint32_t)(r->page->text.len - r->now.off);
    hr_buf_add(&r->page->segments, &r->now, sizeof r->now);
    r->begun = false;
}

/* A segment of the source itself. */
void hr_html_add_source(hr_html_reader *r, enum hr_html_sort sort, size_t from, size_t to)
{
    hr_html_segment s = {.off = (uint32_t)from,
                         .len = (uint32_t)(to - from),
                         .from = (uint32_t)from,
                         .to = (uint32_t)to,
                         .unit = r->units[sort],
                         .sort = (uint8_t)sort,
                         .gap = HR_GAP_LINE};
    hr_html_end_segment(r);
    hr_buf_add(&r->page->segments, &s, sizeof s);
}

/* Text comes: what waits before it is written. */
static void begin(hr_html_reader *r)
{
    hr_buf *b = &r->page->text;
    uint8_t sort = sort_of(r);

    /* What is shown is one segment, however many lines it has: nobody chooses among them. */
    if (r->begun && (r->gap < HR_GAP_LINE || sort == HR_HTML_SHOWN) && r->now.sort == sort &&
        r->now.unit == r->units[sort] && r->now.keep == (r->alert > 0)) {
        if (r->gap != HR_GAP_NONE)
            hr_buf_short(b, hr_html_gap_text(r->gap), 1 + (r->gap == HR_GAP_PARAGRAPH));
    } else {
        hr_html_end_segment(r);
        r->now = (hr_html_segment){.off = (uint32_t)b->len,
                                   .from = (uint32_t)r->token.at,
                                   .unit = r->units[sort],
                                   .sort = sort,
                                   .gap = (uint8_t)r->gap,
                                   .keep = r->alert > 0};
        r->begun = true;
    }
    if (r->nprefix)
        hr_buf_short(b, r->prefix, r->nprefix);
    r->nprefix = 0;
    r->gap = HR_GAP_NONE;
    r->fresh = false;
    r->now.to = (uint32_t)r->html.at;
    if (r->link == LINK_WAITS) {
        hr_buf_putc(b, '[');
        r->link = LINK_BEGUN;
    }
}

void hr_html_gap(hr_html_reader *r, enum hr_html_gap g)
{
    if (!r->fresh && r->gap < g)
        r->gap = g;
}

void hr_html_prefix(hr_html_reader *r, const char *z)
{
    size_t n = strlen(z);
    if (r->nprefix + n <= sizeof r->prefix) {
        memcpy(r->prefix + r->nprefix, z, n);
        r->nprefix += n;
    }
}

/* ------------------------------------------------------------------ text */
static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (unsigned char)c >= 0x80;
}

bool hr_html_has_word(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_word(s.p[i]))
            return true;
    return false;
}

/* Append s, its entities decoded. */
static void decoded(hr_buf *b, hr_str s, bool verbatim)
{
    for (size_t i = 0; i < s.n;) {
        const char *amp = verbatim ? NULL : memchr(s.p + i, '&', s.n - i);
        size_t plain = amp ? (size_t)(amp - s.p) : s.n, n;
        char c[4];
        hr_buf_add(b, s.p + i, plain - i);
        i = plain;
        if (i == s.n)
            break;
        size_t taken = hr_html_entity(hr_str_make(s.p + i, s.n - i), c, &n);
        if (taken)
            hr_buf_add(b, c, n);
        else
            hr_buf_putc(b, '&');
        i += taken ? taken : 1;
    }
}

/* A mark, or text that stands as it is. */
void hr_html_literal(hr_html_reader *r, hr_str s)
{
    begin(r);
    decoded(&r->page->text, s, false);
}

void hr_html_mark(hr_html_reader *r, const char *z)
{
    begin(r);
    hr_buf_short(&r->page->text, z, strlen(z)); /* no entity is in it */
}

/* " (value)" for what attributes tell the reader. */
void hr_html_remark(hr_html_reader *r, hr_str value)
{
    if (!hr_html_has_word(value))
        return;
    hr_html_gap(r, HR_GAP_SPACE);
    hr_html_mark(r, "(");
    hr_html_literal(r, value);
    hr_html_mark(r, ")");
    hr_html_gap(r, HR_GAP_SPACE);
}

/* What ends a run of plain text; so does the second of two blanks. */
static const bool ends_run[256] = {
    ['\t'] = 1, ['\n'] = 1, ['\f'] = 1, ['\r'] = 1, ['&'] = 1, ['{'] = 1, ['<'] = 1};

/* The length of the run that begins at `at`: its first byte, whatever that is, and those behind it that do not end it. s is a part of the page,
   which goes on for `more` bytes behind it. */
static inline size_t plain_run(hr_str s, size_t at, size_t more)
{
    size_t i = at + 1;

    (void)more; /* machines without SSE2 have no use for it */
#ifdef __SSE2__
    for (; i < s.n && s.n + more - i >= 16; i += 16) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
        const __m128i before = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i - 1));
        const __m128i blanks = _mm_and_si128(hr_run_is(v, ' '), hr_run_is(before, ' '));
        __m128i end = _mm_or_si128(hr_run_range(v, '\t', 1), hr_run_range(v, '\f', 1));
        end = _mm_or_si128(_mm_or_si128(end, blanks), hr_run_is(v, '&'));
        end = _mm_or_si128(end, _mm_or_si128(hr_run_is(v, '{'), hr_run_is(v, '<')));
        const unsigned found = (unsigned)_mm_movemask_epi8(end);
        if (found) {
            i += (unsigned)__builtin_ctz(found);
            return (i < s.n ? i : s.n) - at;
        }
    }
    i = i < s.n ? i : s.n;
#endif
    while (i < s.n && !ends_run[(unsigned char)s.p[i]] && (s.p[i] != ' ' || s.p[i - 1] != ' '))
        i++;
    return i - at;
}

static bool is_template_mark(hr_str s)
{
    return s.n >= 2 &&
           ((s.p[0] == '{' && (s.p[1] == '{' || s.p[1] == '%')) || (s.p[0] == '<' && s.p[1] == '%'));
}

/* Two numbers that a tag parts stay two. */
static void part_numbers(hr_html_reader *r, char next)
{
    const hr_buf *b = &r->page->text;
    if (r->gap == HR_GAP_NONE && r->nprefix == 0 && b->len && hr_html_digit(next) &&
        hr_html_digit(b->data[b->len - 1]))
        r->gap = HR_GAP_SPACE;
}

/* The white space at the beginning of s, entities for it included. */
static inline size_t leading_space(hr_str s)
{
    size_t i = 0, n, taken;
    char c[4];

    if (s.n == 0 || (*s.p > ' ' && *s.p != '&'))
        return 0;
    for (;;) {
        while (i < s.n && hr_html_space(s.p[i]))
            i++;
        if (i == s.n || s.p[i] != '&')
            return i;
        taken = hr_html_entity(hr_str_make(s.p + i, s.n - i), c, &n);
        if (!taken || n > 1 || !hr_html_space(*c))
            return i;
        i += taken;
    }
}

void hr_html_collapsed(hr_html_reader *r, hr_str s)
{
    hr_buf *b = &r->page->text;
    const size_t more = (size_t)(r->html.in.p + r->html.in.n - (s.p + s.n));
    size_t i = leading_space(s), n;
    char c[4];

    if (i > 0)
        hr_html_gap(r, HR_GAP_SPACE);
    if (i == s.n)
        return;
    part_numbers(r, s.p[i]);
    begin(r);
    if (hr_buf_reserve(b, s.n - i) < 0) /* no text is longer than its source */
        return;
    char *out = b->data + b->len;
    while (i < s.n) {
        size_t taken = s.p[i] == '&' ? hr_html_entity(hr_str_make(s.p + i, s.n - i), c, &n) : 0;
        if (taken) {
            memcpy(out, c, n);
            out += n;
            i += taken;
        } else {
            r->page->is_source |= is_template_mark(hr_str_make(s.p + i, s.n - i));
            const size_t run = plain_run(s, i, more);
            memcpy(out, s.p + i, run);
            out += run;
            i += run;
            if (out[-1] == ' ') { /* white space is for what comes */
                out--;
                i--;
            }
        }
        size_t space = i < s.n ? leading_space(hr_str_make(s.p + i, s.n - i)) : 0;
        i += space;
        if (space && i < s.n)
            *out++ = ' ';
        else if (space)
            r->gap = HR_GAP_SPACE;
    }
    b->len = (size_t)(out - b->data);
}

void hr_html_text_node(hr_html_reader *r)
{
    hr_str s = r->token.text;

    if (r->nav && !r->open[HR_TAG_A] && !hr_html_has_word(s)) {
        hr_html_gap(r, HR_GAP_SPACE); /* what stands between the links that go */
        return;
    }
    uint8_t sort = sort_of(r);
    r->page->shown += sort == HR_HTML_SHOWN ? s.n : 0;
    if (r->open[HR_TAG_PRE]) {
        if (r->fresh && s.n && *s.p == '\n') /* the one behind <pre> */
            s = hr_str_make(s.p + 1, s.n - 1);
        if (s.n) {
            begin(r);
            decoded(&r->page->text, s, r->token.verbatim);
        }
    } else if (r->token.verbatim) {
        hr_html_literal(r, s);
    } else {
        hr_html_collapsed(r, s);
    }
}
