/* minify.h - JSON without the white space between its tokens: the first lossless form. Every lexeme, the order of keys and
   the inside of strings stay byte for byte.
   Pure; the buffer belongs to the caller, its sticky error tells of missing memory. */
#ifndef HR_MINIFY_H
#define HR_MINIFY_H

#include "json/json.h"

/* Append p[0..n), which must begin and end between tokens of valid JSON. */
void hr_minify(hr_buf *b, const char *p, size_t n);
/* The length that hr_minify would append. */
size_t hr_minified_length(const char *p, size_t n);
/* The same of the value at node i, the last of whose nodes is the one before `end`; without a look at the text. */
size_t hr_minified_node(const hr_tree *t, uint32_t i, uint32_t end);

#endif
