/* html_read.c - from the tokens of a page to segments of text. See html_page.h.

     tokens -> elements that are open: hidden? navigation? table cell? -> text, white space collapsed, in segments */
#include "transform/html_entities.h"
#include "transform/html_page.h"
#include "transform/html_token.h"

#include <string.h>

enum {
    MOST_OPEN = 512,     /* elements that are open at once; browsers stop at the same */
    MOST_PREFIX = 64,    /* bytes of marks before a text: list item, heading, link */
    PIECE = 1024,        /* bytes of a script that stay together where the question asks for some of it */
    UNCLOSED_TAIL = 256, /* of what is cut off within a script: what the tool says about the cut stands there */
    MOST_INDENT = 8      /* levels of lists */
};

struct element {
    uint8_t tag, signs;
    uint32_t children; /* cells of a row, items of a list */
};

struct reader {
    hr_html_page *page;
    hr_html html;
    hr_html_token token;
    hr_watch *watch;
    struct element stack[MOST_OPEN];
    unsigned depth, open[HR_TAGS];
    unsigned hidden, nav, alert; /* open elements with these signs */
    size_t hidden_from;          /* the first segment of the outermost hidden element */
    uint32_t units[HR_HTML_SORTS];
    hr_html_segment now; /* the last segment; len is known when the next begins */
    bool begun;
    enum hr_html_gap gap;
    bool fresh; /* nothing stands in the item, heading or cell yet: no gap within it */
    char prefix[MOST_PREFIX];
    size_t nprefix;
    hr_str href, label; /* of the open link */
    enum { NO_LINK, LINK_WAITS, LINK_BEGUN } link;
    size_t markup_at; /* where the tag of a raw text begins */
};

/* ------------------------------------------------------------------ segments */
static uint8_t sort_of(const struct reader *r)
{
    if (r->alert)
        return HR_HTML_SHOWN;
    if (r->hidden)
        return r->open[HR_TAG_NOSCRIPT] ? HR_HTML_NOSCRIPT : HR_HTML_UNSEEN;
    return r->nav && r->open[HR_TAG_A] ? HR_HTML_LINK : HR_HTML_SHOWN;
}

static void end_segment(struct reader *r)
{
    if (!r->begun)
        return;
    r->now.len = (uint32_t)(r->page->text.len - r->now.off);
    hr_buf_add(&r->page->segments, &r->now, sizeof r->now);
    r->begun = false;
}

/* A segment of the source itself. */
static void add_source(struct reader *r, enum hr_html_sort sort, size_t from, size_t to)
{
    hr_html_segment s = {.off = (uint32_t)from,
                         .len = (uint32_t)(to - from),
                         .from = (uint32_t)from,
                         .to = (uint32_t)to,
                         .unit = r->units[sort],
                         .sort = (uint8_t)sort,
                         .gap = HR_GAP_LINE};
    end_segment(r);
    hr_buf_add(&r->page->segments, &s, sizeof s);
}

/* Text comes: what waits before it is written. */
static void begin(struct reader *r)
{
    hr_buf *b = &r->page->text;
    uint8_t sort = sort_of(r);

    if (r->begun && r->gap < HR_GAP_LINE && r->now.sort == sort && r->now.unit == r->units[sort]) {
        if (r->gap == HR_GAP_SPACE)
            hr_buf_putc(b, ' ');
    } else {
        end_segment(r);
        r->now = (hr_html_segment){.off = (uint32_t)b->len,
                                   .from = (uint32_t)r->token.at,
                                   .unit = r->units[sort],
                                   .sort = sort,
                                   .gap = (uint8_t)r->gap};
        r->begun = true;
    }
    hr_buf_add(b, r->prefix, r->nprefix);
    r->nprefix = 0;
    r->gap = HR_GAP_NONE;
    r->fresh = false;
    r->now.to = (uint32_t)r->html.at;
    if (r->link == LINK_WAITS)
        r->link = LINK_BEGUN;
}

static void gap(struct reader *r, enum hr_html_gap g)
{
    if (!r->fresh && r->gap < g)
        r->gap = g;
}

static void prefix(struct reader *r, const char *z)
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

static bool has_word(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_word(s.p[i]))
            return true;
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
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
static void literal(struct reader *r, hr_str s)
{
    begin(r);
    decoded(&r->page->text, s, false);
}

static void mark(struct reader *r, const char *z)
{
    literal(r, hr_str_make(z, strlen(z)));
}

/* " (value)" for what attributes tell the reader. */
static void remark(struct reader *r, hr_str value)
{
    if (!has_word(value))
        return;
    gap(r, HR_GAP_SPACE);
    mark(r, "(");
    literal(r, value);
    mark(r, ")");
    gap(r, HR_GAP_SPACE);
}

static size_t run_length(hr_str s)
{
    static const bool ends[256] = {['\t'] = 1, ['\n'] = 1, ['\f'] = 1, ['\r'] = 1, [' '] = 1, ['&'] = 1};
    size_t i = 0;
    while (i < s.n && !ends[(unsigned char)s.p[i]])
        i++;
    return i;
}

static bool is_template_mark(hr_str s)
{
    return s.n >= 2 && ((s.p[0] == '{' && (s.p[1] == '{' || s.p[1] == '%')) || (s.p[0] == '<' && s.p[1] == '%'));
}

/* Two numbers that a tag parts stay two. */
static void part_numbers(struct reader *r, char next)
{
    const hr_buf *b = &r->page->text;
    if (r->gap == HR_GAP_NONE && r->nprefix == 0 && b->len && is_digit(next) && is_digit(b->data[b->len - 1]))
        r->gap = HR_GAP_SPACE;
}

static void collapsed(struct reader *r, hr_str s)
{
    hr_buf *b = &r->page->text;

    for (size_t i = 0; i < s.n;) {
        char c[4];
        size_t n, taken;
        hr_str rest = hr_str_make(s.p + i, s.n - i);
        if (hr_html_space(*rest.p)) {
            gap(r, HR_GAP_SPACE);
            i++;
            continue;
        }
        n = run_length(rest);
        r->page->is_source |= is_template_mark(hr_str_make(rest.p, n));
        if (i == 0)
            part_numbers(r, *rest.p);
        if (n) {
            begin(r);
            hr_buf_add(b, rest.p, n);
            i += n;
            continue;
        }
        taken = hr_html_entity(rest, c, &n);
        if (taken && n == 1 && hr_html_space(*c)) {
            gap(r, HR_GAP_SPACE);
        } else {
            begin(r);
            hr_buf_add(b, taken ? c : "&", taken ? n : 1);
        }
        i += taken ? taken : 1;
    }
}

static void text(struct reader *r)
{
    hr_str s = r->token.text;

    if (r->nav && !r->open[HR_TAG_A] && !has_word(s)) {
        gap(r, HR_GAP_SPACE); /* what stands between the links that go */
        return;
    }
    uint8_t sort = sort_of(r);
    r->page->shown += sort == HR_HTML_SHOWN && !r->hidden ? s.n : 0;
    if (r->open[HR_TAG_PRE]) {
        if (r->fresh && s.n && *s.p == '\n') /* the one behind <pre> */
            s = hr_str_make(s.p + 1, s.n - 1);
        if (s.n) {
            begin(r);
            decoded(&r->page->text, s, r->token.verbatim);
        }
    } else if (r->token.verbatim) {
        literal(r, s);
    } else {
        collapsed(r, s);
    }
}

/* ------------------------------------------------------------------ elements */
static void end_link(struct reader *r)
{
    if (r->link == LINK_WAITS && r->label.n)
        literal(r, r->label); /* a picture of no name */
    if (r->link == LINK_BEGUN) {
        enum hr_html_gap g = r->gap;
        r->gap = HR_GAP_NONE;
        mark(r, "](");
        literal(r, r->href);
        mark(r, ")");
        r->gap = g;
    } else if (r->link == LINK_WAITS && r->nprefix && r->prefix[r->nprefix - 1] == '[') {
        r->nprefix--;
    }
    r->link = NO_LINK;
}

static void end_item(struct reader *r)
{
    r->fresh = false;
    r->nprefix = 0;
}

static void pop(struct reader *r)
{
    const struct element *e = &r->stack[r->depth - 1];

    if (e->tag == HR_TAG_A)
        end_link(r);
    if (e->tag == HR_TAG_LI || e->tag == HR_TAG_TD || e->tag == HR_TAG_TH)
        end_item(r);
    if (e->tag == HR_TAG_PRE && r->open[HR_TAG_PRE] == 1) {
        if (r->fresh)
            end_item(r);
        else
            mark(r, "\n```");
    }
    r->depth--;
    r->open[e->tag]--;
    r->hidden -= (e->signs & HR_HTML_HIDDEN) != 0;
    r->nav -= (e->signs & HR_HTML_NAV) != 0;
    r->alert -= (e->signs & HR_HTML_ALERT) != 0;
}

static bool is_cell(unsigned tag)
{
    return tag == HR_TAG_TD || tag == HR_TAG_TH;
}

/* Close the innermost `tag`, and what is open in it; nothing where one of `walls` stands between. */
static void close_to(struct reader *r, unsigned tag, unsigned wall, unsigned wall2)
{
    unsigned i = r->depth;

    if (r->open[tag] == 0)
        return;
    while (r->stack[i - 1].tag != tag) {
        unsigned t = r->stack[--i].tag;
        if (t == wall || t == wall2)
            return;
    }
    while (r->depth >= i)
        pop(r);
}

/* What the beginning of an element closes, though its end tag is not there. */
static void close_implied(struct reader *r, unsigned tag)
{
    if (hr_html_tags[tag].flags & HR_TAG_PARAGRAPH)
        close_to(r, HR_TAG_P, HR_TAG_TABLE, HR_TAG_BUTTON);
    if (tag == HR_TAG_LI)
        close_to(r, HR_TAG_LI, HR_TAG_UL, HR_TAG_OL);
    if (tag == HR_TAG_A)
        close_to(r, HR_TAG_A, HR_TAG_TABLE, HR_TAG_TABLE);
    bool group = tag == HR_TAG_TBODY || tag == HR_TAG_THEAD || tag == HR_TAG_TFOOT;
    if (is_cell(tag) || tag == HR_TAG_TR || group) {
        close_to(r, HR_TAG_TD, HR_TAG_TABLE, HR_TAG_TABLE);
        close_to(r, HR_TAG_TH, HR_TAG_TABLE, HR_TAG_TABLE);
    }
    if (tag == HR_TAG_TR || group)
        close_to(r, HR_TAG_TR, HR_TAG_TABLE, HR_TAG_TABLE);
}

/* 0, HR_ELIMIT. */
static int push(struct reader *r, unsigned tag, unsigned signs)
{
    const unsigned flags = hr_html_tags[tag].flags;

    if (r->depth == MOST_OPEN)
        return HR_ELIMIT;
    if (!(flags & HR_TAG_HIDE))
        signs &= ~(unsigned)HR_HTML_HIDDEN;
    if (tag == HR_TAG_TEMPLATE || tag == HR_TAG_NOSCRIPT)
        signs |= HR_HTML_HIDDEN;
    if (flags & HR_TAG_LINKS)
        signs |= HR_HTML_NAV;
    if ((signs & HR_HTML_HIDDEN) && r->hidden++ == 0) {
        end_segment(r);
        r->hidden_from = r->page->segments.len / sizeof(hr_html_segment);
        r->units[tag == HR_TAG_NOSCRIPT ? HR_HTML_NOSCRIPT : HR_HTML_UNSEEN]++;
    }
    r->nav += (signs & HR_HTML_NAV) != 0;
    if ((signs & HR_HTML_ALERT) && r->alert++ == 0 && r->hidden)
        prefix(r, "(hidden) ");
    r->stack[r->depth++] = (struct element){.tag = (uint8_t)tag, .signs = (uint8_t)signs};
    r->open[tag]++;
    return 0;
}

static struct element *innermost(struct reader *r, unsigned tag, unsigned other)
{
    for (unsigned i = r->depth; i-- > 0;)
        if (r->stack[i].tag == tag || r->stack[i].tag == other)
            return &r->stack[i];
    return NULL;
}

static void begin_item(struct reader *r)
{
    char number[16] = "", *p = number + sizeof number - 3;
    struct element *list = innermost(r, HR_TAG_UL, HR_TAG_OL);
    unsigned levels = r->open[HR_TAG_UL] + r->open[HR_TAG_OL];
    hr_str first = list ? hr_html_value(r->token.text, "value") : (hr_str){0};
    uint32_t v = 0;

    r->nprefix = 0;
    for (unsigned i = 1; i < levels && i < MOST_INDENT; i++)
        prefix(r, "  ");
    if (!list || list->tag == HR_TAG_UL) {
        prefix(r, "- ");
    } else {
        for (size_t i = 0; i < first.n && i < 9 && is_digit(first.p[i]); i++)
            v = v * 10 + (uint32_t)(first.p[i] - '0');
        list->children = v ? v : list->children + 1;
        memcpy(p, ". ", 2);
        for (v = list->children; v || !*number; v /= 10) {
            *--p = (char)('0' + v % 10);
            *number = 1;
        }
        prefix(r, p);
    }
    r->fresh = true;
}

static void begin_cell(struct reader *r)
{
    struct element *row = innermost(r, HR_TAG_TR, HR_TAG_TR);

    if (row && row->children++ > 0) {
        r->gap = HR_GAP_SPACE;
        mark(r, "|");
        r->gap = HR_GAP_SPACE;
    }
    r->fresh = true;
}

static bool leads_somewhere(hr_str href)
{
    return href.n > 0 && *href.p != '#' && !(href.n >= 11 && strncasecmp(href.p, "javascript:", 11) == 0);
}

static void begin_link(struct reader *r)
{
    r->href = hr_html_value(r->token.text, "href");
    if (r->nav && !r->hidden)
        r->units[HR_HTML_LINK]++;
    if (!leads_somewhere(r->href))
        return;
    prefix(r, "[");
    r->link = LINK_WAITS;
}

static void begin_heading(struct reader *r)
{
    r->nprefix = 0;
    prefix(r, &"###### "[HR_TAG_H6 - r->token.tag]);
    r->fresh = true;
}

/* [type name=value] */
static void begin_input(struct reader *r)
{
    const hr_str attributes = r->token.text, type = hr_html_value(attributes, "type");
    const bool hidden = type.n == 6 && strncasecmp(type.p, "hidden", 6) == 0;
    static const char *const told[] = {"name", "value", "placeholder", "aria-label"};

    if (hidden) {
        r->units[HR_HTML_UNSEEN]++;
        add_source(r, HR_HTML_UNSEEN, r->token.at, r->html.at);
        return;
    }
    gap(r, HR_GAP_SPACE);
    mark(r, "[");
    if (r->token.tag == HR_TAG_INPUT)
        literal(r, type.n ? type : HR_STR("text"));
    else
        mark(r, hr_html_tags[r->token.tag].name);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        hr_str v = hr_html_value(attributes, told[i]);
        if (v.n) {
            mark(r, i == 1 ? "=" : " ");
            literal(r, v);
        }
    }
    mark(r, hr_html_has(attributes, "checked") ? " checked]" : "]");
    gap(r, HR_GAP_SPACE);
}

static void begin_option(struct reader *r)
{
    r->nprefix = 0;
    prefix(r, hr_html_has(r->token.text, "selected") ? "* " : "- ");
    remark(r, hr_html_value(r->token.text, "value"));
}

/* A line "name: value" of what the head of a page says. */
static void head_line(struct reader *r, const char *name, hr_str value)
{
    if (!has_word(value))
        return;
    gap(r, HR_GAP_LINE);
    mark(r, name);
    mark(r, ": ");
    collapsed(r, value);
    gap(r, HR_GAP_LINE);
}

static void meta(struct reader *r)
{
    hr_str name = hr_html_value(r->token.text, "name"), equiv = hr_html_value(r->token.text, "http-equiv"),
           content = hr_html_value(r->token.text, "content");

    if (name.n == 11 && strncasecmp(name.p, "description", 11) == 0)
        head_line(r, "description", content);
    if (equiv.n == 7 && strncasecmp(equiv.p, "refresh", 7) == 0)
        head_line(r, "refresh", content);
}

/* What a tag says by itself. */
static void begin_content(struct reader *r)
{
    hr_str s;

    switch ((int)r->token.tag) {
    case HR_TAG_A:
        begin_link(r);
        break;
    case HR_TAG_BASE:
        head_line(r, "base", hr_html_value(r->token.text, "href"));
        break;
    case HR_TAG_DEL:
    case HR_TAG_S:
        mark(r, "~~");
        break;
    case HR_TAG_H1:
    case HR_TAG_H2:
    case HR_TAG_H3:
    case HR_TAG_H4:
    case HR_TAG_H5:
    case HR_TAG_H6:
        begin_heading(r);
        break;
    case HR_TAG_IFRAME:
        s = hr_html_value(r->token.text, "src");
        if (s.n) {
            mark(r, "[iframe](");
            literal(r, s);
            mark(r, ")");
        }
        break;
    case HR_TAG_IMG:
        s = hr_html_value(r->token.text, "alt");
        if (!has_word(s))
            s = hr_html_value(r->token.text, "title");
        if (has_word(s)) {
            mark(r, "[image: ");
            literal(r, s);
            mark(r, "]");
        }
        break;
    case HR_TAG_INPUT:
    case HR_TAG_SELECT:
    case HR_TAG_TEXTAREA:
        begin_input(r);
        break;
    case HR_TAG_LI:
        begin_item(r);
        break;
    case HR_TAG_META:
        meta(r);
        break;
    case HR_TAG_OPTION:
        begin_option(r);
        break;
    case HR_TAG_PRE:
        if (r->open[HR_TAG_PRE] == 1) {
            r->nprefix = 0;
            prefix(r, "```\n");
            r->fresh = true;
        }
        break;
    case HR_TAG_SUB:
        mark(r, "_");
        break;
    case HR_TAG_SUP:
        mark(r, "^");
        break;
    case HR_TAG_TD:
    case HR_TAG_TH:
        begin_cell(r);
        break;
    default:
        break;
    }
}

static enum hr_html_gap gap_of(const struct reader *r, unsigned tag)
{
    const unsigned flags = hr_html_tags[tag].flags;
    bool cell = r->open[HR_TAG_TD] || r->open[HR_TAG_TH];

    if (tag == HR_TAG_BR && cell)
        return HR_GAP_SPACE;
    if (flags & HR_TAG_PARAGRAPH)
        return tag == HR_TAG_DIV || cell ? HR_GAP_LINE : HR_GAP_PARAGRAPH;
    return flags & HR_TAG_LINE ? HR_GAP_LINE : HR_GAP_NONE;
}

static int start(struct reader *r)
{
    const unsigned tag = r->token.tag, flags = hr_html_tags[tag].flags;
    hr_str label = {0};
    int e = 0;

    close_implied(r, tag);
    if (tag == HR_TAG_TR)
        r->fresh = false;
    gap(r, gap_of(r, tag));
    if (r->token.text.n || (flags & HR_TAG_TRACK)) {
        unsigned signs = hr_html_signs(r->token.text, &label);
        if (tag == HR_TAG_A)
            r->label = label;
        if (flags & HR_TAG_TRACK)
            e = push(r, tag, signs);
    }
    if (flags & HR_TAG_RAW)
        r->markup_at = r->token.at;
    if (e == 0)
        begin_content(r);
    if (label.n && !r->nav && !(flags & HR_TAG_PARAGRAPH) && tag != HR_TAG_A && tag != HR_TAG_IMG &&
        tag != HR_TAG_INPUT)
        remark(r, label);
    return e;
}

static void end(struct reader *r)
{
    const unsigned tag = r->token.tag, flags = hr_html_tags[tag].flags;
    bool of_table = is_cell(tag) || tag == HR_TAG_TR || tag == HR_TAG_TABLE || tag == HR_TAG_TBODY ||
                    tag == HR_TAG_THEAD || tag == HR_TAG_TFOOT;

    if (flags & HR_TAG_TRACK)
        close_to(r, tag, of_table ? HR_TAGS : HR_TAG_TD, of_table ? HR_TAGS : HR_TAG_TH);
    if (tag >= HR_TAG_H1 && tag <= HR_TAG_H6)
        end_item(r);
    if (tag == HR_TAG_DEL || tag == HR_TAG_S)
        mark(r, "~~");
    gap(r, gap_of(r, tag));
}

/* A script in pieces, so that one that is asked for does not bring the others. */
static void add_pieces(struct reader *r, enum hr_html_sort sort, size_t from, size_t to)
{
    const char *p = r->html.in.p;

    r->units[sort]++;
    do {
        size_t cut = to - from > PIECE ? from + PIECE : to, back = cut;
        while (cut < to && back > from + PIECE / 2 && p[back - 1] != '\n' && p[back - 1] != ';' && p[back - 1] != '}')
            back--;
        if (cut < to && back > from + PIECE / 2)
            cut = back;
        while (cut < to && ((unsigned char)p[cut] & 0xc0) == 0x80)
            cut--;
        add_source(r, sort, from, cut);
        from = cut;
    } while (from < to);
}

/* What nothing closes was cut off: its end is shown. */
static void add_unclosed(struct reader *r, enum hr_html_sort sort, size_t from, size_t to)
{
    size_t tail = to - from > UNCLOSED_TAIL ? to - UNCLOSED_TAIL : from;

    while (tail < to && ((unsigned char)r->html.in.p[tail] & 0xc0) == 0x80)
        tail++;
    if (tail > from)
        add_pieces(r, sort, from, tail);
    gap(r, HR_GAP_LINE);
    r->token.verbatim = true;
    literal(r, hr_str_make(r->html.in.p + tail, to - tail));
    gap(r, HR_GAP_LINE);
}

static void raw(struct reader *r)
{
    const size_t end_of = r->token.at + r->token.text.n;
    enum hr_html_sort sort = r->token.tag == HR_TAG_SCRIPT     ? HR_HTML_SCRIPT
                             : r->token.tag == HR_TAG_NOFRAMES ? HR_HTML_NOSCRIPT
                             : r->token.tag == HR_TAG_IFRAME   ? HR_HTML_UNSEEN
                                                               : HR_HTML_STYLE;
    if (r->token.tag == HR_TAG_TITLE) {
        gap(r, HR_GAP_LINE);
        mark(r, "title: ");
        collapsed(r, r->token.text);
        gap(r, HR_GAP_LINE);
    } else if (r->token.tag == HR_TAG_TEXTAREA) {
        literal(r, r->token.text);
    } else if (r->token.open) {
        add_unclosed(r, sort, r->markup_at, end_of);
    } else if (r->token.text.n || r->token.tag != HR_TAG_IFRAME) {
        add_pieces(r, sort, r->markup_at, end_of);
    }
}

static int token(struct reader *r)
{
    const hr_html_token *t = &r->token;

    if (t->open && t->kind != HR_HTML_RAW && t->kind != HR_HTML_TEXT) {
        add_unclosed(r, HR_HTML_REMARK, t->at, r->html.at);
        return 0;
    }
    switch (t->kind) {
    case HR_HTML_TEXT:
        text(r);
        break;
    case HR_HTML_START:
        return start(r);
    case HR_HTML_END:
        end(r);
        break;
    case HR_HTML_RAW:
        raw(r);
        break;
    case HR_HTML_COMMENT:
        add_pieces(r, HR_HTML_REMARK, t->at, r->html.at);
        break;
    case HR_HTML_OTHER:
        r->page->is_source |= t->text.n && (*t->text.p == '=' || (t->text.n >= 3 && memcmp(t->text.p, "php", 3) == 0));
        break;
    }
    return 0;
}

/* A hidden element whose end never came: nobody knows what of it is hidden. */
static void show_unclosed(struct reader *r)
{
    size_t n;
    hr_html_segment *s = hr_html_segments(r->page, &n);

    for (size_t i = r->hidden_from; r->hidden && i < n; i++)
        if (s[i].sort == HR_HTML_UNSEEN || s[i].sort == HR_HTML_NOSCRIPT) {
            r->page->shown += s[i].len;
            s[i].keep = true;
        }
}

int hr_html_read(hr_html_page *p, hr_str source, hr_watch *watch)
{
    struct reader r = {.page = p, .html = {.in = source}, .watch = watch};
    int e = source.n > UINT32_MAX / 2 ? HR_ELIMIT : 0;

    while (e == 0 && hr_html_next(&r.html, &r.token)) {
        e = token(&r);
        if (e == 0)
            e = p->text.err ? p->text.err : p->segments.err;
        if (e == 0)
            e = hr_watch_spend(watch, r.html.at - r.token.at);
    }
    if (e == 0) {
        end_segment(&r);
        e = p->segments.err;
    }
    if (e == 0)
        show_unclosed(&r);
    return e;
}
