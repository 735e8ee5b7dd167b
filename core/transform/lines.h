/* lines.h - a text line by line. A line is what stands before a line feed or the end of the text; a text that ends in a line feed
   has no line behind it. Carriage returns belong to the line. Pure. */
#ifndef HR_LINES_H
#define HR_LINES_H

#include <string.h>

#include "base.h"

/* Take the next line off *rest. *ended: a line feed stood behind it. false: there is none. */
static inline bool hr_line_next(hr_str *rest, hr_str *line, bool *ended)
{
    if (rest->n == 0)
        return false;
    const char *end = *rest->p == '\n' ? rest->p : memchr(rest->p, '\n', rest->n); /* many are empty */
    *ended = end != NULL;
    *line = hr_str_make(rest->p, end ? (size_t)(end - rest->p) : rest->n);
    size_t taken = line->n + *ended;
    *rest = hr_str_make(rest->p + taken, rest->n - taken);
    return true;
}

/* How many lines the text has. */
static inline size_t hr_lines_count(hr_str text)
{
    return hr_str_count(text, '\n') + (text.n > 0 && text.p[text.n - 1] != '\n');
}

#endif
