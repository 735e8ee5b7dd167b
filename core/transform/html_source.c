/* html_source.c - is a text a page, and does the question ask for the page as it is written? See html.h. */
#include <string.h>

#include "transform/html.h"
#include "transform/html_token.h"
#include "transform/lines.h"
#include "transform/words.h"

/* ------------------------------------------------------------------ the text */
static bool begins(hr_str s, const char *z)
{
    size_t n = strlen(z);
    return s.n >= n && strncasecmp(s.p, z, n) == 0;
}

/* "HTTP/1.1 200 OK", "Content-Type: text/html", "Fetched https://x": no line of a program or of a document that shows markup. */
static bool is_remark(hr_str line)
{
    enum { LONGEST = 400 };

    if (line.n > LONGEST || (line.n > 0 && strchr("{(;=\\,['\"", line.p[line.n - 1])))
        return false;
    return line.n == 0 || (!memchr(line.p, '`', line.n) && !memchr(line.p, '<', line.n));
}

size_t hr_html_begins(hr_str text)
{
    enum { LOOK = 4096, MOST_LINES = 40, MOST_BEHIND = 512 };
    hr_str rest = text, line, end = HR_STR("</html>");
    bool ended;

    for (int i = 0; i < MOST_LINES && (size_t)(rest.p - text.p) < LOOK; i++) {
        if (begins(rest, "<!doctype html") || begins(rest, "<html")) {
            size_t close = hr_str_find(text, end, (size_t)(rest.p - text.p));
            return close == SIZE_MAX || text.n - close <= MOST_BEHIND ? (size_t)(rest.p - text.p) : 0;
        }
        if (!hr_line_next(&rest, &line, &ended) || !is_remark(line))
            break;
    }
    return 0;
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
        return hr_html_begins(text) > 0;
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
           (c && strchr("._-/~\\:@+%#?=&", c));
}

static bool ends_a_name(hr_str text, size_t at)
{
    char c = at < text.n ? text.p[at] : ' ';
    return !((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-');
}

static bool names_a_file(hr_str path)
{
    for (size_t at = 0; at < path.n; at++) {
        const char *dot = memchr(path.p + at, '.', path.n - at);
        if (!dot)
            return false;
        at = (size_t)(dot - path.p);
        hr_str rest = hr_str_make(dot, path.n - at);
        for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
            if (begins(rest, endings[i]) && ends_a_name(path, at + strlen(endings[i])))
                return true;
    }
    return false;
}

/* Words of those who write pages, or programs that read them; plurals included. */
static const char *const words[] = {
    "html",     "xhtml",      "css",        "markup",   "source",    "dom",     "xpath",         "selector",
    "script",   "javascript", "stylesheet", "style",    "jsx",       "tag",     "div",           "attribute",
    "element",  "iframe",     "inline",     "minified", "classname", "class",   "template",      "component",
    "layout",   "href",       "src",        "image",    "innerhtml", "onclick", "comment",       "svg",
    "aria",     "seo",        "scrape",     "scraper",  "scraping",  "crawler", "beautifulsoup", "parser",
    "selenium", "playwright", "puppeteer",
};
enum { WORDS = sizeof words / sizeof *words };

static bool names_source(hr_str path, const uint64_t hash[WORDS])
{
    hr_words reader = {path, 0};
    hr_word w;

    while (hr_words_next(&reader, &w))
        for (size_t i = 0; i < WORDS; i++)
            if (w.hash == hash[i])
                return true;
    return false;
}

bool hr_html_source_asked(const hr_query *query)
{
    hr_str rest = hr_query_source(query);
    uint64_t hash[WORDS];

    for (size_t i = 0; i < WORDS; i++)
        hash[i] = hr_word_hash(hr_str_make(words[i], strlen(words[i])));
    while (rest.n) {
        size_t n = 0;
        while (n < rest.n && inside_path(rest.p[n]))
            n++;
        hr_str path = hr_str_make(rest.p, n);
        bool address = hr_str_find(path, HR_STR("://"), 0) != SIZE_MAX && !begins(path, "file:");
        if (!address && (names_a_file(path) || names_source(path, hash)))
            return true;
        n += n < rest.n;
        rest = hr_str_make(rest.p + n, rest.n - n);
    }
    return false;
}
