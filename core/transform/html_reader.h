/* html_reader.h - the state of one pass over a page, shared by the three files that make it: html_read.c follows the elements, html_content.c
   knows what a tag says by itself, html_flow.c writes text into segments. Nobody else's. */
#ifndef HR_HTML_READER_H
#define HR_HTML_READER_H

#include "transform/html_page.h"
#include "transform/html_token.h"

enum {
    MOST_OPEN =
        256, /* elements that are open at once: pages of people have a tenth; each end tag may look at all of them */
    MOST_PREFIX = 64, /* bytes of marks before a text: list item, heading */
    MOST_COLUMNS = 64 /* of a table in which cells span others; cells behind them are where they stand */
};

struct hr_html_element {
    uint8_t tag, signs;
    uint32_t children; /* cells of a row, items of a list */
    uint32_t wide;     /* of a row: columns that its last cell spans besides its own */
    size_t begun;      /* of a row: the length of the text before it */
};

typedef struct hr_html_reader {
    hr_html_page *page;
    hr_html html;
    hr_html_token token;
    struct hr_html_element stack[MOST_OPEN];
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
    uint32_t row,
        covered
            [MOST_COLUMNS]; /* of the outermost table: which row it is, and to which row a cell above reaches */
    hr_str href, label;     /* of the open link */
    enum { NO_LINK, LINK_WAITS, LINK_BEGUN } link;
    size_t markup_at; /* where the tag of a raw text begins */
} hr_html_reader;

/* ---- html_flow.c */
/* Is there a letter or a digit in it? */
bool hr_html_has_word(hr_str s);
static inline bool hr_html_digit(char c)
{
    return c >= '0' && c <= '9';
}
/* At least this stands between what was written and what comes. */
void hr_html_gap(hr_html_reader *r, enum hr_html_gap gap);
/* Write z before the next text of this item or heading; not at all where there is none. */
void hr_html_prefix(hr_html_reader *r, const char *z);
/* Write a mark; text whose white space stays; text whose white space is one space. */
void hr_html_mark(hr_html_reader *r, const char *z);
void hr_html_literal(hr_html_reader *r, hr_str s);
void hr_html_collapsed(hr_html_reader *r, hr_str s);
/* Write " (value)", where it holds a word. */
void hr_html_remark(hr_html_reader *r, hr_str value);
/* Write the TEXT token at hand. */
void hr_html_text_node(hr_html_reader *r);
/* A segment that is a stretch of the source. */
void hr_html_add_source(hr_html_reader *r, enum hr_html_sort sort, size_t from, size_t to);
void hr_html_end_segment(hr_html_reader *r);

/* ---- html_content.c */
/* What the START token at hand says. */
void hr_html_begin_content(hr_html_reader *r);
void hr_html_head_line(hr_html_reader *r, const char *name, hr_str value);
/* An item, a cell, a heading ends: what waits before its text is not written any more. */
void hr_html_end_item(hr_html_reader *r);
void hr_html_end_link(hr_html_reader *r);

#endif
