/* lines.h - a text as the lines that a person compares.

   Plain text is cut at its line feeds. A JSON text gets a line for each member and each element, whatever its own white space:

     {
       "results": [
         {"title":"Tutorial 0","score":100}
       ]
     }

   An element of an array stays on one line unless an array with arrays or objects lies in it, or a string that holds JSON;
   commas between lines and white space between tokens are left out, every token is copied as it stands. A string that holds
   JSON is shown as that JSON. The lines of an element depend on that element alone, so that those of a selection equal those of the whole. */
#ifndef LINES_H
#define LINES_H

#include "linediff.h"

struct lines {
    char *text; /* what the lines lie in; owned */
    struct diff_line *line;
    size_t n;
};

/* False: no memory; *out is empty then. A line feed at the end begins no line. */
bool lines_of_text(const char *text, size_t len, struct lines *out);
/* The JSON form. 1; 0: text is no JSON object or array (RFC 8259, 200 levels deep at most); -1: no memory. *out is empty
   unless 1. */
int lines_of_json(const char *text, size_t len, struct lines *out);
void lines_free(struct lines *l);

#endif
