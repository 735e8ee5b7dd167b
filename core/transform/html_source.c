/* html_source.c - is a text a page, and does the question ask for the page as it is written? See html.h. */
#include <string.h>

#include "transform/html.h"
#include "transform/html_token.h"

/* ------------------------------------------------------------------ the text */
static bool begins(hr_str s, const char *z)
{
    size_t n = strlen(z);
    return s.n >= n && strncasecmp(s.p, z, n) == 0;
}

bool hr_html_is(hr_str text)
{
    enum { LOOK = 32 << 10, LEAST_TAGS = 20, LEAST_PERCENT = 20 };
    static const char *const heads[] = {"<!doctype html", "<html", "<head", "<body"};
    size_t tags = 0, bytes = 0;
    hr_html_token t;

    if (begins(text, "\xef\xbb\xbf"))
        text = hr_str_make(text.p + 3, text.n - 3);
    while (text.n && hr_html_space(*text.p))
        text = hr_str_make(text.p + 1, text.n - 1);
    if (text.n == 0 || *text.p != '<')
        return false;
    hr_html h = {.in = hr_str_make(text.p, text.n < LOOK ? text.n : LOOK)};
    while (hr_html_next(&h, &t)) {
        hr_str here = hr_str_make(text.p + t.at, text.n - t.at);
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
            if (tags == 0 && begins(here, heads[i]))
                return true;
        bool known = (t.kind == HR_HTML_START || t.kind == HR_HTML_END) && t.tag != HR_TAG_OTHER;
        tags += known;
        bytes += known ? h.at - t.at : 0;
    }
    return tags >= LEAST_TAGS && bytes * 100 >= h.in.n * LEAST_PERCENT;
}

/* ------------------------------------------------------------------ the question */
/* Endings of files in which a page, or a part of one, is written. */
static const char *const endings[] = {
    ".html",     ".htm",    ".xhtml", ".shtml", ".vue",   ".svelte", ".jsx",   ".tsx",  ".php",    ".phtml",
    ".erb",      ".ejs",    ".hbs",   ".twig",  ".jinja", ".j2",     ".astro", ".aspx", ".cshtml", ".razor",
    ".mustache", ".liquid", ".njk",   ".jsp",   ".tmpl",  ".tpl",    ".haml",  ".pug",  ".xml",    ".svg",
};

static bool inside_path(char c)
{
    return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           strchr("._-/~\\:@+%#?=&", c);
}

static bool ends_a_name(hr_str text, size_t at)
{
    char c = at < text.n ? text.p[at] : ' ';
    return !((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-');
}

/* A path in this text, at the dot of its ending: is it the address of something on the web? */
static bool is_address(hr_str text, size_t dot)
{
    size_t from = dot;
    while (from > 0 && inside_path(text.p[from - 1]) && text.p[from - 1])
        from--;
    hr_str word = hr_str_make(text.p + from, dot - from);
    size_t scheme = hr_str_find(word, HR_STR("://"), 0);
    return scheme != SIZE_MAX && hr_str_find(word, HR_STR("file://"), 0) == SIZE_MAX;
}

static bool names_a_file(hr_str text)
{
    for (size_t at = 0; at < text.n; at++) {
        const char *dot = memchr(text.p + at, '.', text.n - at);
        if (!dot)
            return false;
        at = (size_t)(dot - text.p);
        hr_str rest = hr_str_make(dot, text.n - at);
        for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
            if (begins(rest, endings[i]) && ends_a_name(text, at + strlen(endings[i])) &&
                !is_address(text, at))
                return true;
    }
    return false;
}

bool hr_html_source_asked(const hr_query *query)
{
    static const char *const words[] = {
        "html",    "xhtml",      "css",        "markup",   "source",    "dom",       "xpath",   "selector",
        "script",  "javascript", "stylesheet", "style",    "jsx",       "tag",       "div",     "attribute",
        "element", "iframe",     "inline",     "minified", "classname", "innerhtml", "onclick", "href",
        "src",     "image",      "comment",    "svg",      "aria",      "seo",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hr_query_has(query, hr_str_make(words[i], strlen(words[i]))))
            return true;
    return names_a_file(hr_query_source(query));
}
