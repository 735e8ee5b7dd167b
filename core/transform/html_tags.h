/* html_tags.h - the elements of HTML that a reader of its text must know, and what the words in their attributes say.
   The one table of names. Pure. */
#ifndef HR_HTML_TAGS_H
#define HR_HTML_TAGS_H

#include "base.h"

enum hr_html_tag {
    HR_TAG_OTHER, /* not in the table */
    HR_TAG_A,
    HR_TAG_ADDRESS,
    HR_TAG_ARTICLE,
    HR_TAG_ASIDE,
    HR_TAG_B,
    HR_TAG_BASE,
    HR_TAG_BLOCKQUOTE,
    HR_TAG_BODY,
    HR_TAG_BR,
    HR_TAG_BUTTON,
    HR_TAG_CAPTION,
    HR_TAG_CODE,
    HR_TAG_DD,
    HR_TAG_DEL,
    HR_TAG_DETAILS,
    HR_TAG_DIALOG,
    HR_TAG_DIV,
    HR_TAG_DL,
    HR_TAG_DT,
    HR_TAG_EM,
    HR_TAG_FIELDSET,
    HR_TAG_FIGCAPTION,
    HR_TAG_FIGURE,
    HR_TAG_FOOTER,
    HR_TAG_FORM,
    HR_TAG_H1,
    HR_TAG_H2,
    HR_TAG_H3,
    HR_TAG_H4,
    HR_TAG_H5,
    HR_TAG_H6,
    HR_TAG_HEAD,
    HR_TAG_HEADER,
    HR_TAG_HR,
    HR_TAG_HTML,
    HR_TAG_I,
    HR_TAG_IFRAME,
    HR_TAG_IMG,
    HR_TAG_INPUT,
    HR_TAG_LABEL,
    HR_TAG_LI,
    HR_TAG_LINK,
    HR_TAG_MAIN,
    HR_TAG_MATH,
    HR_TAG_MENU,
    HR_TAG_META,
    HR_TAG_NAV,
    HR_TAG_NOFRAMES,
    HR_TAG_NOSCRIPT,
    HR_TAG_OL,
    HR_TAG_OPTION,
    HR_TAG_P,
    HR_TAG_PRE,
    HR_TAG_S,
    HR_TAG_SCRIPT,
    HR_TAG_SECTION,
    HR_TAG_SELECT,
    HR_TAG_SPAN,
    HR_TAG_STRONG,
    HR_TAG_STYLE,
    HR_TAG_SUB,
    HR_TAG_SUMMARY,
    HR_TAG_SUP,
    HR_TAG_SVG,
    HR_TAG_TABLE,
    HR_TAG_TBODY,
    HR_TAG_TD,
    HR_TAG_TEMPLATE,
    HR_TAG_TEXTAREA,
    HR_TAG_TFOOT,
    HR_TAG_TH,
    HR_TAG_THEAD,
    HR_TAG_TITLE,
    HR_TAG_TR,
    HR_TAG_UL,
    HR_TAGS
};

enum hr_html_tag_flag {
    HR_TAG_RAW = 1,       /* no tags inside */
    HR_TAG_PARAGRAPH = 2, /* stands apart from what is around it; ends an open paragraph */
    HR_TAG_LINE = 4,      /* begins a line */
    HR_TAG_TRACK = 8,     /* open ones are kept count of */
    HR_TAG_HIDE =
        16, /* ends where its end tag stands or its parent ends, in every browser: may be left out when hidden */
    HR_TAG_LINKS = 32 /* its links lead elsewhere: navigation, margins */
};

struct hr_html_tag_row {
    char name[15]; /* zeros behind it */
    uint8_t flags;
};
extern const struct hr_html_tag_row hr_html_tags[HR_TAGS];

/* By name, in any case. */
enum hr_html_tag hr_html_tag_of(hr_str name);

/* What the attributes of an element say about it. */
enum hr_html_sign {
    HR_HTML_HIDDEN = 1, /* the attribute, or display:none */
    HR_HTML_NAV = 2,    /* by role or class a navigation, a margin */
    HR_HTML_ALERT = 4   /* by role or class a message: an error, a warning */
};
/* *label: what a person is told beside its text, or instead of it: aria-label, else datetime, else title; n 0: nothing. */
unsigned hr_html_signs(hr_str attributes, hr_str *label);

/* The value of one attribute; n 0: it is not there or empty. `name` is in lower case. */
hr_str hr_html_value(hr_str attributes, const char *name);
bool hr_html_has(hr_str attributes, const char *name);

#endif
