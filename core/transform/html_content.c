/* html_content.c - what tags say by themselves: list items, cells, links, images, form fields. See html_reader.h. */
#include <string.h>

#include "transform/html_reader.h"

enum { MOST_INDENT = 8 /* levels of lists */ };

void hr_html_end_link(hr_html_reader *r)
{
    if (r->link == LINK_WAITS && r->label.n)
        hr_html_literal(r, r->label); /* a picture of no name */
    if (r->link == LINK_BEGUN) {
        enum hr_html_gap g = r->gap;
        r->gap = HR_GAP_NONE;
        hr_html_mark(r, "](");
        hr_html_literal(r, r->href);
        hr_html_mark(r, ")");
        r->gap = g;
    }
    r->link = NO_LINK;
}

void hr_html_end_item(hr_html_reader *r)
{
    r->fresh = false;
    r->nprefix = 0;
}

static struct hr_html_element *innermost(hr_html_reader *r, unsigned tag, unsigned other)
{
    for (unsigned i = r->depth; i-- > 0;)
        if (r->stack[i].tag == tag || r->stack[i].tag == other)
            return &r->stack[i];
    return NULL;
}

static void begin_item(hr_html_reader *r)
{
    char number[16] = "", *p = number + sizeof number - 3;
    struct hr_html_element *list = innermost(r, HR_TAG_UL, HR_TAG_OL);
    unsigned levels = r->open[HR_TAG_UL] + r->open[HR_TAG_OL];
    hr_str first = list ? hr_html_value(r->token.text, "value") : (hr_str){0};
    uint32_t v = 0;

    r->nprefix = 0;
    for (unsigned i = 1; i < levels && i < MOST_INDENT; i++)
        hr_html_prefix(r, "  ");
    if (!list || list->tag == HR_TAG_UL) {
        hr_html_prefix(r, "- ");
    } else {
        for (size_t i = 0; i < first.n && i < 9 && hr_html_digit(first.p[i]); i++)
            v = v * 10 + (uint32_t)(first.p[i] - '0');
        list->children = v ? v : list->children + 1;
        memcpy(p, ". ", 2);
        for (v = list->children; v || !*number; v /= 10) {
            *--p = (char)('0' + v % 10);
            *number = 1;
        }
        hr_html_prefix(r, p);
    }
    r->fresh = true;
}

static void part_cells(hr_html_reader *r, struct hr_html_element *row)
{
    if (row->children++ > 0) {
        if (r->page->text.len > row->begun) /* else this row has only had empty cells: its line begins here */
            r->gap = HR_GAP_SPACE;
        hr_html_mark(r, "|");
        r->gap = HR_GAP_SPACE;
    }
}

/* colspan, rowspan: how many, 1 where nothing is said. */
static uint32_t span_of(hr_str attributes, const char *name)
{
    hr_str v = hr_html_value(attributes, name);
    uint32_t n = 0;

    for (size_t i = 0; i < v.n && i < 4 && hr_html_digit(v.p[i]); i++)
        n = n * 10 + (uint32_t)(v.p[i] - '0');
    return n ? n : 1;
}

/* Columns that a cell before or above spans are empty cells, so that what stands in a column stands below its heading. */
static void begin_cell(hr_html_reader *r)
{
    struct hr_html_element *row = innermost(r, HR_TAG_TR, HR_TAG_TR);

    if (row && r->open[HR_TAG_TABLE] == 1) {
        for (; row->wide > 0 && row->children < MOST_COLUMNS; row->wide--)
            part_cells(r, row);
        while (row->children < MOST_COLUMNS && r->covered[row->children] > r->row)
            part_cells(r, row);
        uint32_t wide = span_of(r->token.text, "colspan"), down = span_of(r->token.text, "rowspan");
        for (uint32_t i = 0; i < wide && row->children + i < MOST_COLUMNS; i++)
            r->covered[row->children + i] = r->row + down;
        row->wide = wide - 1;
    }
    if (row)
        part_cells(r, row);
    r->fresh = true;
}

static bool leads_somewhere(hr_str href)
{
    return href.n > 0 && *href.p != '#' && !(href.n >= 11 && strncasecmp(href.p, "javascript:", 11) == 0);
}

static void begin_link(hr_html_reader *r)
{
    r->href = hr_html_value(r->token.text, "href");
    if (r->nav && !r->hidden)
        r->units[HR_HTML_LINK]++;
    if (leads_somewhere(r->href))
        r->link = LINK_WAITS;
}

static void begin_heading(hr_html_reader *r)
{
    r->nprefix = 0;
    hr_html_prefix(r, &"###### "[HR_TAG_H6 - r->token.tag]);
    r->fresh = true;
}

/* [type name=value] */
static void begin_input(hr_html_reader *r)
{
    const hr_str attributes = r->token.text, type = hr_html_value(attributes, "type");
    const bool hidden = type.n == 6 && strncasecmp(type.p, "hidden", 6) == 0;
    static const char *const told[] = {"name", "value", "placeholder", "aria-label"};

    if (hidden) {
        r->units[HR_HTML_FIELD]++;
        hr_html_add_source(r, HR_HTML_FIELD, r->token.at, r->html.at);
        return;
    }
    hr_html_gap(r, HR_GAP_SPACE);
    hr_html_mark(r, "[");
    if (r->token.tag == HR_TAG_INPUT)
        hr_html_literal(r, type.n ? type : HR_STR("text"));
    else
        hr_html_mark(r, hr_html_tags[r->token.tag].name);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        hr_str v = hr_html_value(attributes, told[i]);
        if (v.n) {
            hr_html_mark(r, i == 1 ? "=" : " ");
            hr_html_literal(r, v);
        }
    }
    hr_html_mark(r, hr_html_has(attributes, "checked") ? " checked]" : "]");
    hr_html_gap(r, HR_GAP_SPACE);
}

static void begin_option(hr_html_reader *r)
{
    r->nprefix = 0;
    hr_html_prefix(r, hr_html_has(r->token.text, "selected") ? "* " : "- ");
    hr_html_remark(r, hr_html_value(r->token.text, "value"));
}

/* A line "name: value" of what the head of a page says. */
void hr_html_head_line(hr_html_reader *r, const char *name, hr_str value)
{
    if (!hr_html_has_word(value))
        return;
    hr_html_gap(r, HR_GAP_LINE);
    hr_html_mark(r, name);
    hr_html_mark(r, ": ");
    hr_html_collapsed(r, value);
    hr_html_gap(r, HR_GAP_LINE);
}

static void meta(hr_html_reader *r)
{
    hr_str name = hr_html_value(r->token.text, "name"), equiv = hr_html_value(r->token.text, "http-equiv"),
           content = hr_html_value(r->token.text, "content");

    if (name.n == 11 && strncasecmp(name.p, "description", 11) == 0)
        hr_html_head_line(r, "description", content);
    if (equiv.n == 7 && strncasecmp(equiv.p, "refresh", 7) == 0)
        hr_html_head_line(r, "refresh", content);
}

/* What a tag says by itself. */
void hr_html_begin_content(hr_html_reader *r)
{
    hr_str s;

    switch ((int)r->token.tag) {
    case HR_TAG_A:
        begin_link(r);
        break;
    case HR_TAG_BASE:
        hr_html_head_line(r, "base", hr_html_value(r->token.text, "href"));
        break;
    case HR_TAG_DEL:
    case HR_TAG_S:
        hr_html_mark(r, "~~");
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
            hr_html_mark(r, "[iframe](");
            hr_html_literal(r, s);
            hr_html_mark(r, ")");
        }
        break;
    case HR_TAG_IMG:
        s = hr_html_value(r->token.text, "alt");
        if (!hr_html_has_word(s))
            s = hr_html_value(r->token.text, "title");
        if (hr_html_has_word(s)) {
            hr_html_mark(r, "[image: ");
            hr_html_literal(r, s);
            hr_html_mark(r, "]");
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
            hr_html_prefix(r, "```\n");
            r->fresh = true;
        }
        break;
    case HR_TAG_SUB:
        hr_html_mark(r, "_");
        break;
    case HR_TAG_SUP:
        hr_html_mark(r, "^");
        break;
    case HR_TAG_TABLE:
        if (r->open[HR_TAG_TABLE] == 1)
            memset(r->covered, 0, sizeof r->covered);
        break;
    case HR_TAG_TR:
        r->row += r->open[HR_TAG_TABLE] == 1;
        if (r->depth > 0)
            r->stack[r->depth - 1].begun = r->page->text.len;
        break;
    case HR_TAG_TD:
    case HR_TAG_TH:
        begin_cell(r);
        break;
    default:
        break;
    }
}
