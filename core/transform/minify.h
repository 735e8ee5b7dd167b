/* minify.h - JSON without the white space between its tokens: the first lossless form. Every lexeme, the order of keys and
   the inside of strings stay byte for byte.
   Pure; the buffer belongs to the caller, its sticky error tells of missing memory. */
#ifndef HR_MINIFY_H
#define HR_MINIFY_H

#include "json/json.h"

/* Append p[0..n), which must begin and end between tokens of valid JSON. */
void hr_minify(hr_buf *b, const char *p, size_t n);
/* The length of what it would append for the value at node i, the last of whose nodes is the one before `end`. */
size_t hr_minified_node(const hr_tree *t, uint32_t i, uint32_t end);

#endif
