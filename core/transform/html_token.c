/* html_token.c - see html_token.h. */
#include "transform/html_token.h"

#include <string.h>

#include "transform/seek.h"

static bool is_letter(char c)
{
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'z';
}

/* Offset of the first c at or behind `from`; the end where there is none. */
static inline size_t find(hr_str s, char c, size_t from)
{
    return from < s.n ? (size_t)(hr_seek_near(s.p + from, s.p + s.n, c) - s.p) : s.n;
}

static hr_str slice(hr_str s, size_t from, size_t to)
{
    return hr_str_make(s.p + from, to > from ? to - from : 0);
}

static inline bool starts(hr_str s, size_t at, const char *z)
{
    size_t n = strlen(z);
    return s.n - at >= n && memcmp(s.p + at, z, n) == 0;
}

static bool starts_tag(hr_str s, size_t at)
{
    if (at + 1 >= s.n)
        return false;
    char c = s.p[at + 1];
    return is_letter(c) || c == '/' || c == '!' || c == '?';
}

/* What ends the name of a tag, the name of an attribute, a value without quotes. */
enum { ENDS_TAG = 1, ENDS_NAME = 2, ENDS_VALUE = 4, ENDS_ALL = 7 };
static const uint8_t ends[256] = {
    ['\t'] = ENDS_ALL, ['\n'] = ENDS_ALL, ['\f'] = ENDS_ALL, ['\r'] = ENDS_ALL,
    [' '] = ENDS_ALL,  ['>'] = ENDS_ALL,  ['='] = ENDS_NAME, ['/'] = ENDS_TAG | ENDS_NAME,
};

static size_t end_of(hr_str s, size_t at, unsigned what)
{
    while (at < s.n && !(ends[(unsigned char)s.p[at]] & what))
        at++;
    return at;
}

/* Past the attributes: the offset of '>', or the end of the input. A quote counts only where a value begins. *bare: an address such as
   href=https://a/> ends there, whose slash is its own. */
static size_t tag_end(hr_str s, size_t at, bool *bare)
{
    const char *const limit = s.p + s.n;

    *bare = false;
    for (;;) {
        at = (size_t)(hr_seek(s.p + at, limit, '>', '=', '>', '=') - s.p);
        if (at == s.n || s.p[at] == '>')
            return at;
        for (at++; at < s.n && hr_html_space(s.p[at]);)
            at++;
        if (at < s.n && (s.p[at] == '"' || s.p[at] == '\''))
            at = find(s, s.p[at], at + 1);
        else
            at = end_of(s, at, ENDS_VALUE);
        *bare = at < s.n && s.p[at] == '>';
    }
}

/* `to` is where the content ends, `next` where reading goes on; both the input's end where nothing closes it. */
static void take(hr_html *h, hr_html_token *t, size_t from, size_t to, size_t next)
{
    t->text = slice(h->in, from, to);
    h->at = next < h->in.n ? next : h->in.n;
}

static void comment(hr_html *h, hr_html_token *t)
{
    size_t from = h->at + 4, end;

    t->kind = HR_HTML_COMMENT;
    if (starts(h->in, from, ">") || starts(h->in, from, "->")) {
        take(h, t, from, from, find(h->in, '>', from) + 1);
        return;
    }
    for (end = find(h->in, '>', from); end < h->in.n; end = find(h->in, '>', end + 1)) {
        size_t dashes = end > from && h->in.p[end - 1] == '!' ? end - 1 : end; /* "--!>" ends one, too */
        if (dashes >= from + 2 && memcmp(h->in.p + dashes - 2, "--", 2) == 0) {
            take(h, t, from, dashes - 2, end + 1);
            return;
        }
    }
    t->open = true;
    take(h, t, from < end ? from : end, end, end);
}

/* <!...> and <?...> but for comments; </ with no letter behind it. */
static void bogus(hr_html *h, hr_html_token *t)
{
    size_t from = h->at + 2, end = find(h->in, '>', h->at);

    if (h->foreign && starts(h->in, h->at, "<![CDATA[")) {
        size_t close = hr_str_find(h->in, HR_STR("]]>"), h->at);
        t->kind = HR_HTML_TEXT;
        t->verbatim = true;
        t->open = close == SIZE_MAX;
        take(h, t, h->at + 9, t->open ? h->in.n : close, t->open ? h->in.n : close + 3);
        return;
    }
    t->kind = HR_HTML_OTHER;
    t->open = end == h->in.n;
    take(h, t, from < end ? from : end, end, end + 1);
}

static void tag(hr_html *h, hr_html_token *t)
{
    bool bare = false;
    size_t from = h->at + 1 + (t->kind == HR_HTML_END), name = end_of(h->in, from, ENDS_TAG), end = name;

    if (name == h->in.n || h->in.p[name] != '>') /* most have no attributes */
        end = tag_end(h->in, name, &bare);

    t->tag = hr_html_tag_of(slice(h->in, from, name));
    t->open = end == h->in.n;
    t->empty = !t->open && !bare && end > name && h->in.p[end - 1] == '/';
    take(h, t, name, end - t->empty, end + 1);
    if (t->tag == HR_TAG_SVG || t->tag == HR_TAG_MATH) {
        if (t->kind == HR_HTML_START)
            h->foreign += !t->empty;
        else
            h->foreign -= h->foreign > 0;
    }
    bool raw = hr_html_tags[t->tag].flags & HR_TAG_RAW;
    if (h->foreign) /* there <title> holds tags, and <script/> is whole */
        raw = (t->tag == HR_TAG_SCRIPT || t->tag == HR_TAG_STYLE) && !t->empty;
    if (raw && t->kind == HR_HTML_START && !t->open)
        h->raw = t->tag;
}

static void raw_text(hr_html *h, hr_html_token *t)
{
    const char *name = hr_html_tags[h->raw].name;
    size_t n = strlen(name), at = find(h->in, '<', h->at);

    for (; at < h->in.n; at = find(h->in, '<', at + 1)) {
        if (at + 2 + n > h->in.n || h->in.p[at + 1] != '/' || end_of(h->in, at + 2, ENDS_TAG) != at + 2 + n)
            continue;
        if (hr_html_tag_of(slice(h->in, at + 2, at + 2 + n)) == h->raw)
            break;
    }
    t->kind = HR_HTML_RAW;
    t->tag = h->raw;
    t->open = at == h->in.n;
    take(h, t, h->at, at, at);
    h->raw = HR_TAG_OTHER;
}

bool hr_html_next(hr_html *h, hr_html_token *out)
{
    if (h->at >= h->in.n)
        return false;
    *out = (hr_html_token){.at = h->at, .kind = HR_HTML_TEXT};
    if (h->raw != HR_TAG_OTHER) {
        raw_text(h, out);
    } else if (h->in.p[h->at] != '<' || !starts_tag(h->in, h->at)) {
        size_t end = find(h->in, '<', h->at + 1);
        take(h, out, h->at, end, end);
    } else if (starts(h->in, h->at, "<!--")) {
        comment(h, out);
    } else {
        char c = h->in.p[h->at + 1];
        bool end = c == '/';
        if (is_letter(c) || (end && h->at + 2 < h->in.n && is_letter(h->in.p[h->at + 2]))) {
            out->kind = end ? HR_HTML_END : HR_HTML_START;
            tag(h, out);
        } else {
            bogus(h, out);
        }
    }
    return true;
}

bool hr_html_attribute(hr_str *rest, hr_str *name, hr_str *value)
{
    hr_str s = *rest;
    size_t at = 0;

    while (at < s.n && (hr_html_space(s.p[at]) || s.p[at] == '/'))
        at++;
    size_t from = at;
    at = end_of(s, at + (at < s.n), ENDS_NAME); /* the first byte is of the name, whatever it is */
    *name = slice(s, from, at);
    *value = slice(s, at, at);
    while (at < s.n && hr_html_space(s.p[at]))
        at++;
    if (at < s.n && s.p[at] == '=') {
        do
            at++;
        while (at < s.n && hr_html_space(s.p[at]));
        if (at < s.n && (s.p[at] == '"' || s.p[at] == '\'')) {
            size_t close = find(s, s.p[at], at + 1);
            *value = slice(s, at + 1, close);
            at = close + (close < s.n);
        } else {
            from = at;
            at = end_of(s, at, ENDS_VALUE);
            *value = slice(s, from, at);
        }
    }
    *rest = slice(s, at, s.n);
    return name->n > 0;
}
