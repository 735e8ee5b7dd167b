/* html_tags.c - see html_tags.h. */
#include "transform/html_tags.h"

#include <string.h>

#include "transform/html_token.h"

#define P HR_TAG_PARAGRAPH
#define T HR_TAG_TRACK
#define H (HR_TAG_TRACK | HR_TAG_HIDE)
#define N HR_TAG_LINKS

/* In the order of the enum, which is that of the names. */
const struct hr_html_tag_row hr_html_tags[HR_TAGS] = {
    {"", 0},
    {"a", T},
    {"address", P},
    {"article", P | H},
    {"aside", P | H | N},
    {"b", 0},
    {"base", 0},
    {"blockquote", P | H},
    {"body", P},
    {"br", HR_TAG_LINE},
    {"button", T},
    {"caption", HR_TAG_LINE},
    {"code", 0},
    {"dd", HR_TAG_LINE},
    {"del", 0},
    {"details", P | H},
    {"dialog", P | H},
    {"div", P | H},
    {"dl", P | T},
    {"dt", HR_TAG_LINE},
    {"em", 0},
    {"fieldset", P | H},
    {"figcaption", P},
    {"figure", P | H},
    {"footer", P | H | N},
    {"form", P | T},
    {"h1", P},
    {"h2", P},
    {"h3", P},
    {"h4", P},
    {"h5", P},
    {"h6", P},
    {"head", 0},
    {"header", P | H},
    {"hr", P},
    {"html", 0},
    {"i", 0},
    {"iframe", HR_TAG_RAW},
    {"img", 0},
    {"input", 0},
    {"label", 0},
    {"li", HR_TAG_LINE | H},
    {"link", 0},
    {"main", P | H},
    {"math", 0},
    {"menu", P | H | N},
    {"meta", 0},
    {"nav", P | H | N},
    {"noframes", HR_TAG_RAW},
    {"noscript", T},
    {"ol", P | H},
    {"option", HR_TAG_LINE},
    {"p", P | H},
    {"pre", P | T},
    {"s", 0},
    {"script", HR_TAG_RAW},
    {"section", P | H},
    {"select", HR_TAG_LINE},
    {"span", T},
    {"strong", 0},
    {"style", HR_TAG_RAW},
    {"sub", 0},
    {"summary", P},
    {"sup", 0},
    {"svg", 0},
    {"table", P | T},
    {"tbody", T},
    {"td", T},
    {"template", T},
    {"textarea", HR_TAG_RAW},
    {"tfoot", T},
    {"th", T},
    {"thead", T},
    {"title", HR_TAG_RAW},
    {"tr", HR_TAG_LINE | T},
    {"ul", P | H},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

enum hr_html_tag hr_html_tag_of(hr_str name)
{
    static const uint8_t first[26] = {
        ['a' - 'a'] = HR_TAG_A,    ['b' - 'a'] = HR_TAG_B,   ['c' - 'a'] = HR_TAG_CAPTION,
        ['d' - 'a'] = HR_TAG_DD,   ['e' - 'a'] = HR_TAG_EM,  ['f' - 'a'] = HR_TAG_FIELDSET,
        ['h' - 'a'] = HR_TAG_H1,   ['i' - 'a'] = HR_TAG_I,   ['l' - 'a'] = HR_TAG_LABEL,
        ['m' - 'a'] = HR_TAG_MAIN, ['n' - 'a'] = HR_TAG_NAV, ['o' - 'a'] = HR_TAG_OL,
        ['p' - 'a'] = HR_TAG_P,    ['s' - 'a'] = HR_TAG_S,   ['t' - 'a'] = HR_TAG_TABLE,
        ['u' - 'a'] = HR_TAG_UL,
    };
    char z[sizeof hr_html_tags->name] = "";
    uint64_t head, other;

    if (name.n == 0 || name.n >= sizeof z)
        return HR_TAG_OTHER;
    for (size_t i = 0; i < name.n; i++)
        z[i] = (char)(name.p[i] | 0x20); /* letters to small ones; control characters are in no name */
    if (*z < 'a' || *z > 'z' || first[*z - 'a'] == 0)
        return HR_TAG_OTHER;
    memcpy(&head, z, sizeof head);
    for (unsigned t = first[*z - 'a']; t < HR_TAGS && *hr_html_tags[t].name == *z; t++) {
        memcpy(&other, hr_html_tags[t].name, sizeof other); /* most names are no longer */
        if (head == other && memcmp(hr_html_tags[t].name, z, sizeof z) == 0)
            return (enum hr_html_tag)t;
    }
    return HR_TAG_OTHER;
}

/* ------------------------------------------------------------------ attributes */
static bool is_name(hr_str s, const char *z)
{
    for (size_t i = 0; i < s.n; i++)
        if (z[i] == 0 || lower(s.p[i]) != z[i])
            return false;
    return z[s.n] == 0;
}

static bool find(hr_str attributes, const char *name, hr_str *value)
{
    hr_str key;
    while (hr_html_attribute(&attributes, &key, value))
        if (is_name(key, name))
            return true;
    *value = (hr_str){0};
    return false;
}

hr_str hr_html_value(hr_str attributes, const char *name)
{
    hr_str value;
    find(attributes, name, &value);
    return value;
}

bool hr_html_has(hr_str attributes, const char *name)
{
    hr_str value;
    return find(attributes, name, &value);
}

/* What parts words: white space, and in each place some more. */
static const bool spaces[256] = {['\t'] = 1, ['\n'] = 1, ['\f'] = 1, ['\r'] = 1, [' '] = 1};
static const bool dashes[256] = {
    ['\t'] = 1, ['\n'] = 1, ['\f'] = 1, ['\r'] = 1, [' '] = 1, ['-'] = 1, ['_'] = 1};
static const bool semicolons[256] = {[';'] = 1};
static const bool colons[256] = {['\t'] = 1, ['\n'] = 1, [' '] = 1, [':'] = 1, ['!'] = 1};

/* Takes the next run of bytes that are none of these. */
static bool next_word(hr_str *s, const bool parts[256], hr_str *word)
{
    size_t i = 0, from;
    while (i < s->n && parts[(unsigned char)s->p[i]])
        i++;
    for (from = i; i < s->n && !parts[(unsigned char)s->p[i]];)
        i++;
    *word = hr_str_make(s->p + from, i - from);
    *s = hr_str_make(s->p + i, s->n - i);
    return word->n > 0;
}

/* Names, and which letters they begin with: most words begin with none of them. */
struct names {
    uint32_t letters;
    const char *list[24];
};
#define L(c) (UINT32_C(1) << ((c) - 'a'))

/* Whole names: a "nav-tabs-content" or a "menu-item-description" may hold anything. */
static const struct names nav_classes = {
    L('b') | L('f') | L('m') | L('n') | L('p') | L('s') | L('t'),
    {"nav",         "navbar", "navigation",  "menu",       "sidebar",    "breadcrumb", "breadcrumbs",
     "site-footer", "footer", "page-footer", "site-nav",   "main-nav",   "top-nav",    "subnav",
     "nav-menu",    "navbox", "site-header", "skip-links", "footer-nav", NULL}};
static const struct names nav_roles = {
    L('c') | L('m') | L('n'), {"navigation", "contentinfo", "complementary", "menu", "menubar", NULL}};
/* Parts of names: too many kept is safe here. */
static const struct names alert_words = {L('a') | L('c') | L('d') | L('e') | L('f') | L('s') | L('w'),
                                         {"error", "errors", "alert", "alerts", "alertdialog", "warning",
                                          "warnings", "danger", "failure", "critical", "status", NULL}};

static bool says(hr_str value, const bool parts[256], const struct names *names)
{
    hr_str word;
    while (next_word(&value, parts, &word)) {
        unsigned letter = (unsigned)(lower(*word.p) - 'a');
        if (letter >= 26 || !(names->letters >> letter & 1))
            continue;
        for (const char *const *name = names->list; *name; name++)
            if (is_name(word, *name))
                return true;
    }
    return false;
}

/* "display : none" in a style attribute; the last declaration counts. */
static bool displays_none(hr_str style)
{
    hr_str declaration, key, value;
    bool none = false;
    while (next_word(&style, semicolons, &declaration))
        if (next_word(&declaration, colons, &key) && is_name(key, "display"))
            none = next_word(&declaration, colons, &value) && is_name(value, "none");
    return none;
}

unsigned hr_html_signs(hr_str attributes, hr_str *label)
{
    unsigned signs = 0;
    hr_str key, value, datetime = {0}, title = {0};

    *label = (hr_str){0};
    while (hr_html_attribute(&attributes, &key, &value)) {
        if (is_name(key, "class")) {
            signs |= says(value, spaces, &nav_classes) ? HR_HTML_NAV : 0;
            signs |= says(value, dashes, &alert_words) ? HR_HTML_ALERT : 0;
        } else if (is_name(key, "role")) {
            signs |= says(value, spaces, &nav_roles) ? HR_HTML_NAV : 0;
            signs |= says(value, spaces, &alert_words) ? HR_HTML_ALERT : 0;
        } else if (is_name(key, "hidden")) {
            signs |= is_name(value, "until-found") ? 0 : HR_HTML_HIDDEN;
        } else if (is_name(key, "style")) {
            signs |= displays_none(value) ? HR_HTML_HIDDEN : 0;
        } else if (is_name(key, "aria-label")) {
            *label = value;
        } else if (is_name(key, "datetime")) {
            datetime = value;
        } else if (is_name(key, "title")) {
            title = value;
        }
    }
    if (label->n == 0)
        *label = datetime.n ? datetime : title;
    return signs;
}
