/* html_token.h - HTML as a stream of tags, text, comments and raw text; no tree.

     <p class="a">one &amp; two<!-- c --></p><script>x</script>
     START p      TEXT          COMMENT  END  START  RAW   END

   The states of the HTML standard's tokenizer that decide where text ends and a tag begins: quotes in attribute values, raw text of
   script, style, title and their kin, comments, CDATA inside svg and math. What is broken is read as a browser reads it, or as text.
   Pure; everything borrows from the input. Linear: each byte is passed a constant number of times. */
#ifndef HR_HTML_TOKEN_H
#define HR_HTML_TOKEN_H

#include "base.h"
#include "transform/html_tags.h"

enum hr_html_kind {
    HR_HTML_TEXT,    /* text: with entities, unless verbatim */
    HR_HTML_START,   /* text: what stands between the name and '>' */
    HR_HTML_END,     /* </name> */
    HR_HTML_COMMENT, /* text: its inside */
    HR_HTML_RAW,     /* text: what stands in the element `tag`, in which there are no tags */
    HR_HTML_OTHER    /* doctype, processing instruction, bogus comment */
};

typedef struct hr_html_token {
    enum hr_html_kind kind;
    enum hr_html_tag tag; /* START, END, RAW; HR_TAG_OTHER: not in the table */
    bool empty;           /* START: ends in "/>" */
    bool verbatim;        /* TEXT: CDATA */
    bool open;            /* the input ended within it */
    size_t at;            /* offset of its first byte */
    hr_str text;
} hr_html_token;

typedef struct hr_html {
    hr_str in;
    size_t at;
    enum hr_html_tag raw; /* the element whose raw text comes next; HR_TAG_OTHER: none */
    unsigned foreign;     /* svg and math elements that are open */
} hr_html;

/* The next token; false at the end. Begin with {.in = text}. */
bool hr_html_next(hr_html *h, hr_html_token *out);

/* The next attribute of a START token's text; the value without quotes, entities as they stand. false: there is none. */
bool hr_html_attribute(hr_str *rest, hr_str *name, hr_str *value);

static inline bool hr_html_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

#endif
