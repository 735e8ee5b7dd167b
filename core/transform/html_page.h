/* html_page.h - what html_read.c finds in a page, and html.c chooses from: segments of text, what is shown and what may go,
   each of one sort. Shared by these two and html_check.c. */
#ifndef HR_HTML_PAGE_H
#define HR_HTML_PAGE_H

#include "transform/transform.h"
#include "transform/watch.h"

/* Sorts of segments; all but the first are left out where nothing speaks for them. */
enum hr_html_sort {
    HR_HTML_SHOWN,
    HR_HTML_LINK, /* of a navigation or a margin */
    HR_HTML_UNSEEN,
    HR_HTML_NOSCRIPT,
    HR_HTML_SCRIPT, /* from here on: stretches of the source, as it stands */
    HR_HTML_STYLE,
    HR_HTML_REMARK,
    HR_HTML_FIELD,    /* <input type=hidden> */
    HR_HTML_FALLBACK, /* inside of iframe and noframes */
    HR_HTML_SORTS
};

/* What stands before a segment. In the order of their weight. */
enum hr_html_gap { HR_GAP_NONE, HR_GAP_SPACE, HR_GAP_LINE, HR_GAP_PARAGRAPH };
static inline const char *hr_html_gap_text(enum hr_html_gap gap)
{
    static const char *const texts[] = {"", " ", "\n", "\n\n"};
    return texts[gap];
}

typedef struct hr_html_segment {
    uint32_t off, len; /* in the page's text, or in the source */
    uint32_t from, to; /* where it comes from in the source */
    uint32_t unit;     /* the link, script, element it is a part of; counted in each sort from 1, 0: none */
    uint8_t sort, gap;
    bool keep;
} hr_html_segment;

typedef struct hr_html_page {
    hr_buf text;     /* of all segments */
    hr_buf segments; /* hr_html_segment */
    size_t shown;    /* bytes of text nodes that are SHOWN */
    bool is_source;  /* it holds marks of a template language */
} hr_html_page;

static inline hr_html_segment *hr_html_segments(const hr_html_page *p, size_t *n)
{
    *n = p->segments.len / sizeof(hr_html_segment);
    return (hr_html_segment *)(void *)p->segments.data;
}

/* Read `source` into *p, which begins as {0}; the caller frees its buffers. 0; HR_ENOMEM, HR_ETIME; HR_ELIMIT: nested too deep. */
int hr_html_read(hr_html_page *p, hr_str source, hr_watch *watch);

/* Does each word of the source that no left-out segment covers, outside tags, comments, scripts and styles, stand in `text`, in their order?
   0, HR_ESHAPE, HR_ETIME. */
int hr_html_check(const hr_html_page *p, hr_str source, hr_str text, hr_watch *watch);

#endif
