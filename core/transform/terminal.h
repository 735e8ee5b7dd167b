/* terminal.h - output that was written for a terminal, as its reader sees it: colours and other codes gone, of a line that was written
   over again and again only its last state.

     \e[32mok\e[0m 12 passed                       ok 12 passed
     Fetching  10%\rFetching  50%\rFetching 100%   Fetching 100%

   Nothing that a reader could have seen at the end is lost, and more stays than that: a state is only dropped where the one behind it is
   like it (the same but for numbers and the marks of a bar) or where the program erased it, and never one that tells of an error; a cleared
   screen drops nothing. What cannot be followed for certain (columns that tabs or wide characters make unsure, cursor addressing, a cursor
   that goes up beyond the last 128 lines) is left alone, all of it. No inverse: a selection, told by a note (note.h), of a stored original.

   Linear. One thread. */
#ifndef HR_TERMINAL_H
#define HR_TERMINAL_H

#include "base.h"
#include "transform/watch.h"

typedef struct hr_terminal_counts {
    uint32_t codes, states; /* dropped */
} hr_terminal_counts;

/* Cheap: is there a code, or a carriage return that no line feed follows? */
bool hr_terminal_is(hr_str text);

/* Append what is seen to *b: 1. 0: nothing was dropped, or it cannot be told for certain; what was appended means nothing.
   HR_ENOMEM, HR_ETIME. */
int hr_terminal_show(hr_buf *b, hr_str text, hr_terminal_counts *counts, hr_watch *watch);

#endif
