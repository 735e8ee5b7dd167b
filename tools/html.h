/* html.h - foreign text in HTML. */
#ifndef HTML_H
#define HTML_H

#include <stdio.h>

/* Text for an element or a quoted attribute: & < > " ' as references, control characters and bytes that are no UTF-8 as '?'; NULL and
   "" give "-". What is longer than HTML_WORD bytes is cut with "..". */
enum { HTML_WORD = 200 };
void html_word(FILE *f, const char *text);

#endif
