/* html_tags.c - see html_tags.h. */
#include "transform/html_tags.h"

#include <string.h>

#include "transform/eight.h"
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

/* The tags of up to eight letters: a slot each, by the top eight bits of the product of the name (as a number, the first letter lowest) with
   TAG_HASH, which was sought so that none share a slot. */
#define TAG_HASH UINT64_C(0x3c6ba90fb1325a5b)
static const uint8_t slots[256] = {
    [4] = HR_TAG_MENU,      [5] = HR_TAG_DL,        [8] = HR_TAG_UL,       [11] = HR_TAG_SPAN,
    [15] = HR_TAG_BASE,     [16] = HR_TAG_SUB,      [18] = HR_TAG_BR,      [19] = HR_TAG_PRE,
    [24] = HR_TAG_ADDRESS,  [25] = HR_TAG_NOFRAMES, [29] = HR_TAG_TH,      [33] = HR_TAG_B,
    [35] = HR_TAG_DETAILS,  [36] = HR_TAG_S,        [39] = HR_TAG_H1,      [50] = HR_TAG_FIGURE,
    [53] = HR_TAG_HEAD,     [56] = HR_TAG_IFRAME,   [65] = HR_TAG_H6,      [68] = HR_TAG_BODY,
    [69] = HR_TAG_FIELDSET, [70] = HR_TAG_CODE,     [72] = HR_TAG_SUMMARY, [75] = HR_TAG_ARTICLE,
    [79] = HR_TAG_SUP,      [82] = HR_TAG_TR,       [93] = HR_TAG_STYLE,   [97] = HR_TAG_TEMPLATE,
    [98] = HR_TAG_DT,       [102] = HR_TAG_DEL,     [105] = HR_TAG_STRONG, [106] = HR_TAG_H4,
    [107] = HR_TAG_TABLE,   [110] = HR_TAG_TD,      [111] = HR_TAG_P,      [113] = HR_TAG_SECTION,
    [120] = HR_TAG_INPUT,   [121] = HR_TAG_SELECT,  [125] = HR_TAG_HR,     [127] = HR_TAG_MATH,
    [128] = HR_TAG_FOOTER,  [132] = HR_TAG_BUTTON,  [135] = HR_TAG_DIALOG, [138] = HR_TAG_HEADER,
    [145] = HR_TAG_CAPTION, [146] = HR_TAG_H2,      [154] = HR_TAG_MAIN,   [158] = HR_TAG_OL,
    [163] = HR_TAG_ASIDE,   [164] = HR_TAG_IMG,     [165] = HR_TAG_LI,     [168] = HR_TAG_DD,
    [171] = HR_TAG_TITLE,   [172] = HR_TAG_TFOOT,   [173] = HR_TAG_EM,     [174] = HR_TAG_NAV,
    [175] = HR_TAG_DIV,     [184] = HR_TAG_FORM,    [192] = HR_TAG_META,   [199] = HR_TAG_TBODY,
    [200] = HR_TAG_I,       [201] = HR_TAG_SVG,     [207] = HR_TAG_OPTION, [213] = HR_TAG_H5,
    [214] = HR_TAG_SCRIPT,  [217] = HR_TAG_LINK,    [228] = HR_TAG_A,      [231] = HR_TAG_TEXTAREA,
    [238] = HR_TAG_HTML,    [242] = HR_TAG_LABEL,   [250] = HR_TAG_THEAD,  [251] = HR_TAG_NOSCRIPT,
    [254] = HR_TAG_H3};

static enum hr_html_tag long_tag(hr_str name)
{
    static const uint8_t tags[] = {HR_TAG_BLOCKQUOTE, HR_TAG_FIGCAPTION};

    for (size_t t = 0, i; t < sizeof tags; t++) {
        const char *z = hr_html_tags[tags[t]].name;
        for (i = 0; i < name.n && (name.p[i] | 0x20) == z[i];)
            i++;
        if (i == name.n && z[i] == 0)
            return (enum hr_html_tag)tags[t];
    }
    return HR_TAG_OTHER;
}

enum hr_html_tag hr_html_tag_of(hr_str name)
{
    if (name.n - 1 >= sizeof hr_html_tags->name - 1)
        return HR_TAG_OTHER;
    if (name.n > 8)
        return long_tag(name);
    /* letters become small ones; control characters are in no name */
    const uint64_t key = hr_eight(name.p, name.n) | HR_EIGHT(0x20) >> (8 - name.n) * 8;
    const unsigned tag = slots[key * TAG_HASH >> 56];
    return hr_eight(hr_html_tags[tag].name, 8) == key ? (enum hr_html_tag)tag : HR_TAG_OTHER;
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
    while (attributes.n && hr_html_attribute(&attributes, &key, value))
        if (lower(*key.p) == *name && is_name(key, name))
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
            if (**name == lower(*word.p) && is_name(word, *name))
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
    while (attributes.n && hr_html_attribute(&attributes, &key, &value)) {
        switch (lower(*key.p)) {
        case 'a':
            if (is_name(key, "aria-label"))
                *label = value;
            break;
        case 'c':
            if (is_name(key, "class")) {
                signs |= says(value, spaces, &nav_classes) ? HR_HTML_NAV : 0;
                signs |= says(value, dashes, &alert_words) ? HR_HTML_ALERT : 0;
            }
            break;
        case 'd':
            if (is_name(key, "datetime"))
                datetime = value;
            break;
        case 'h':
            if (is_name(key, "hidden"))
                signs |= is_name(value, "until-found") ? 0 : HR_HTML_HIDDEN;
            break;
        case 'r':
            if (is_name(key, "role")) {
                signs |= says(value, spaces, &nav_roles) ? HR_HTML_NAV : 0;
                signs |= says(value, spaces, &alert_words) ? HR_HTML_ALERT : 0;
            }
            break;
        case 's':
            if (is_name(key, "style"))
                signs |= displays_none(value) ? HR_HTML_HIDDEN : 0;
            break;
        case 't':
            if (is_name(key, "title"))
                title = value;
            break;
        default:
            break;
        }
    }
    if (label->n == 0)
        *label = datetime.n ? datetime : title;
    return signs;
}
