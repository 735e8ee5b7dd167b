/* html_read.c - from the tokens of a page to segments of text. See html_page.h.

     tokens -> elements that are open: hidden? navigation? table cell? -> text, white space collapsed, in segments */
#include "transform/html_reader.h"

#include <string.h>

enum {
    PIECE = 256, /* bytes of a script that stay together where the question asks for some of it */
    UNCLOSED_TAIL =
        256 /* of what is cut off within a script: what the tool says about the cut stands there */
};

/* ------------------------------------------------------------------ elements */
static void pop(hr_html_reader *r)
{
    const struct hr_html_element *e = &r->stack[r->depth - 1];

    if (e->tag == HR_TAG_A)
        hr_html_end_link(r);
    if (e->tag == HR_TAG_LI || e->tag == HR_TAG_TD || e->tag == HR_TAG_TH)
        hr_html_end_item(r);
    if (e->tag == HR_TAG_PRE && r->open[HR_TAG_PRE] == 1) {
        if (r->fresh)
            hr_html_end_item(r);
        else
            hr_html_mark(r, "\n```");
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
static void close_to(hr_html_reader *r, unsigned tag, unsigned wall, unsigned wall2)
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
static void close_implied(hr_html_reader *r, unsigned tag)
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
static int push(hr_html_reader *r, unsigned tag, unsigned signs)
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
        hr_html_end_segment(r);
        r->hidden_from = r->page->segments.len / sizeof(hr_html_segment);
        r->units[tag == HR_TAG_NOSCRIPT ? HR_HTML_NOSCRIPT : HR_HTML_UNSEEN]++;
    }
    r->nav += (signs & HR_HTML_NAV) != 0;
    r->alert += (signs & HR_HTML_ALERT) != 0;
    r->stack[r->depth++] = (struct hr_html_element){.tag = (uint8_t)tag, .signs = (uint8_t)signs};
    r->open[tag]++;
    return 0;
}

static enum hr_html_gap gap_of(const hr_html_reader *r, unsigned tag)
{
    const unsigned flags = hr_html_tags[tag].flags;

    if (!(flags & (HR_TAG_PARAGRAPH | HR_TAG_LINE)))
        return tag == HR_TAG_BUTTON || tag == HR_TAG_TEXTAREA ? HR_GAP_SPACE : HR_GAP_NONE;
    const bool cell = r->open[HR_TAG_TD] || r->open[HR_TAG_TH];
    if (tag == HR_TAG_BR && cell)
        return HR_GAP_SPACE;
    return (flags & HR_TAG_LINE) || tag == HR_TAG_DIV || cell ? HR_GAP_LINE : HR_GAP_PARAGRAPH;
}

static int start(hr_html_reader *r)
{
    const unsigned tag = r->token.tag, flags = hr_html_tags[tag].flags;
    hr_str label = {0};
    int e = 0;

    close_implied(r, tag);
    if (tag == HR_TAG_TR)
        r->fresh = false;
    hr_html_gap(r, gap_of(r, tag));
    if (r->token.text.n || (flags & HR_TAG_TRACK)) {
        unsigned signs = r->token.text.n ? hr_html_signs(r->token.text, &label) : 0;
        if (tag == HR_TAG_A)
            r->label = label;
        if (flags & HR_TAG_TRACK)
            e = push(r, tag, signs);
    }
    if (flags & HR_TAG_RAW)
        r->markup_at = r->token.at;
    if (e == 0)
        hr_html_begin_content(r);
    if (label.n && !r->nav && !(flags & HR_TAG_PARAGRAPH) && tag != HR_TAG_A && tag != HR_TAG_IMG &&
        tag != HR_TAG_INPUT)
        hr_html_remark(r, label);
    return e;
}

static void end(hr_html_reader *r)
{
    const unsigned tag = r->token.tag, flags = hr_html_tags[tag].flags;
    bool of_table = is_cell(tag) || tag == HR_TAG_TR || tag == HR_TAG_TABLE || tag == HR_TAG_TBODY ||
                    tag == HR_TAG_THEAD || tag == HR_TAG_TFOOT;

    if (flags & HR_TAG_TRACK)
        close_to(r, tag, of_table ? HR_TAGS : HR_TAG_TD, of_table ? HR_TAGS : HR_TAG_TH);
    if (tag >= HR_TAG_H1 && tag <= HR_TAG_H6)
        hr_html_end_item(r);
    if (tag == HR_TAG_DEL || tag == HR_TAG_S)
        hr_html_mark(r, "~~");
    hr_html_gap(r, gap_of(r, tag));
}

/* A script in pieces, so that one that is asked for does not bring the others. */
static void add_pieces(hr_html_reader *r, enum hr_html_sort sort, size_t from, size_t to)
{
    const char *p = r->html.in.p;

    r->units[sort]++;
    do {
        size_t cut = to - from > PIECE ? from + PIECE : to, back = cut;
        while (cut < to && back > from + PIECE / 2 && p[back - 1] != '\n' && p[back - 1] != ';' &&
               p[back - 1] != '}')
            back--;
        if (cut < to && back > from + PIECE / 2)
            cut = back;
        while (cut < to && ((unsigned char)p[cut] & 0xc0) == 0x80)
            cut--;
        hr_html_add_source(r, sort, from, cut);
        from = cut;
    } while (from < to);
}

/* What nothing closes was cut off: its end is shown. */
static void add_unclosed(hr_html_reader *r, enum hr_html_sort sort, size_t from, size_t to)
{
    size_t tail = to - from > UNCLOSED_TAIL ? to - UNCLOSED_TAIL : from;

    while (tail < to && ((unsigned char)r->html.in.p[tail] & 0xc0) == 0x80)
        tail++;
    if (tail > from)
        add_pieces(r, sort, from, tail);
    hr_html_gap(r, HR_GAP_LINE);
    hr_html_literal(r, hr_str_make(r->html.in.p + tail, to - tail));
    hr_html_gap(r, HR_GAP_LINE);
}

static void raw(hr_html_reader *r)
{
    /* The tag of a frame has been told of; that of a script goes with it. */
    const size_t from = r->token.tag == HR_TAG_IFRAME ? r->token.at : r->markup_at,
                 end_of = r->token.at + r->token.text.n;
    enum hr_html_sort sort = r->token.tag == HR_TAG_SCRIPT  ? HR_HTML_SCRIPT
                             : r->token.tag == HR_TAG_STYLE ? HR_HTML_STYLE
                                                            : HR_HTML_FALLBACK;
    if (r->token.tag == HR_TAG_TITLE) {
        hr_html_head_line(r, "title", r->token.text);
    } else if (r->token.tag == HR_TAG_TEXTAREA) {
        hr_html_literal(r, r->token.text);
    } else if (r->token.open) {
        add_unclosed(r, sort, from, end_of);
    } else if (r->token.text.n || r->token.tag != HR_TAG_IFRAME) {
        add_pieces(r, sort, from, end_of);
    }
}

static int token(hr_html_reader *r)
{
    const hr_html_token *t = &r->token;

    if (t->open && t->kind != HR_HTML_RAW && t->kind != HR_HTML_TEXT) {
        add_unclosed(r, HR_HTML_REMARK, t->at, r->html.at);
        return 0;
    }
    switch (t->kind) {
    case HR_HTML_TEXT:
        hr_html_text_node(r);
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
        r->page->is_source |=
            t->text.n && (*t->text.p == '=' || (t->text.n >= 3 && memcmp(t->text.p, "php", 3) == 0));
        break;
    }
    return 0;
}

/* A hidden element whose end never came: nobody knows what of it is hidden. */
static void show_unclosed(hr_html_reader *r)
{
    size_t n;
    hr_html_segment *s = hr_html_segments(r->page, &n);

    for (size_t i = r->hidden_from; r->hidden && i < n; i++)
        if (s[i].sort == HR_HTML_UNSEEN || s[i].sort == HR_HTML_NOSCRIPT) {
            r->page->shown += s[i].len;
            s[i].sort = HR_HTML_SHOWN;
        }
}

int hr_html_read(hr_html_page *p, hr_str source, hr_watch *watch)
{
    hr_html_reader r = {.page = p, .html = {.in = source}};
    int e = source.n > UINT32_MAX / 2 ? HR_ELIMIT : 0;

    if (e == 0)
        e = hr_buf_reserve(&p->text, source.n / 2); /* most pages need less */
    while (e == 0 && hr_html_next(&r.html, &r.token)) {
        e = token(&r);
        if (e == 0)
            e = p->text.err ? p->text.err : p->segments.err;
        if (e == 0)
            e = hr_watch_spend(watch, r.html.at - r.token.at);
    }
    if (e == 0) {
        hr_html_end_segment(&r);
        e = p->segments.err;
    }
    if (e == 0)
        show_unclosed(&r);
    return e;
}
