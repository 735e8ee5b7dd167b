/* wrapper.h - what a tool puts around the text that it hands on. It stays byte for byte; the inside is worked on.

     <stdout>                  a tag around all of it, on any name that is no tag of HTML
     Exit code: 0              an envelope: lines "Key: value", then "Output:" or "Preview (first 2KB):"; behind it the lines
     Output:                   that agents are known to write there ("Exit Code: 0", "Process Group PGID: 7")
     ```json                   a Markdown fence around all of it
          1→{"a": 1}           a file of one line that was read with line numbers
     U+FEFF                    a byte order mark, before what programs for Windows write
     [Output truncated]        a line at the end that tells what is missing

   Line feeds at the end of the inside belong to the wrapper, but of a file. Wrappers stand in one another; each is found by its own first or
   last lines alone, so that it is found again around another inside.
   Files of several lines with numbers: numbered.h. Pure; views into the text given. Any thread. */
#ifndef HR_WRAPPER_H
#define HR_WRAPPER_H

#include "../base.h"

typedef struct hr_wrapped {
    hr_str before, inside, behind; /* joined in this order they are the text */
    bool file; /* the inside is a file: who edits it finds the place by its text, white space included */
} hr_wrapped;

/* All wrappers around the text, at most eight. before.n and behind.n are 0 where nothing known stands around it. */
hr_wrapped hr_unwrap(hr_str text);

#endif
