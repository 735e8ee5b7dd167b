/* html.h - a page of HTML as the text that its reader sees (docs/forms.md).

     <h2>Limits</h2><p>See <a href="/q">quota</a>.       ## Limits
     <table><tr><td>a<td>1</table>                       See [quota](/q).
     <script>..</script>                                 a | 1
                                                         [_headroom: HTML as text; 1 script omitted; id ..]

   Headings, paragraphs, lists, tables, preformatted text, links, images' alternative texts, form fields, title and description stay, in
   the page's order. Scripts, styles, comments, hidden elements and the links of navigations and margins go, but for what the question asks
   for (query.h) and, among the texts, what tells of an error. A note says how many of each went (note.h).

   It is not used where the page itself is the matter: where the question names a file of markup or asks for markup, style or
   script, and where the text is the template of a page. The words of the page are read a second time, by other code, and must stand
   in the output in order (html_check.c); else it is not used.

   A page behind a few lines of something else (the head of a response, what a tool says of it) is a page, too: these lines stay.

   Linear; scratch memory of its own. One thread. */
#ifndef HR_HTML_H
#define HR_HTML_H

#include "transform/transform.h"

/* Is this text a page, or a piece of one? By structure: it begins with a doctype, <html, <head or <body, or it begins with a tag and a good
   part of it is tags that HTML has. */
bool hr_html_is(hr_str text);

/* Where the page begins in such a text: behind a few lines that are no source, where they stand before a doctype or <html, and little stands behind
   </html>. 0: at its beginning, or it is none. */
size_t hr_html_begins(hr_str text);

/* Does the query ask for the page as it is written? */
bool hr_html_source_asked(const hr_query *query);

/* 1: *out is filled but for its name. 0: nothing to gain, or not to be touched. HR_ENOMEM, HR_ETIME. */
int hr_html_text(hr_arena *a, const hr_transform_in *in, hr_transform_out *out);

#endif
