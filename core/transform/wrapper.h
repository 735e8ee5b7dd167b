/* wrapper.h - what a tool puts around the text that it hands on. It stays byte for byte; the inside is worked on.

   Known is a file of one line that was read with line numbers, as agents' file tools and `cat -n` give it: spaces, "1", a tab or an
   arrow, the line, and perhaps the number of an empty second line. In a file of several lines each number is a fact; such a text is
   no wrapper. Pure; views into the text given. Any thread. */
#ifndef HR_WRAPPER_H
#define HR_WRAPPER_H

#include "../base.h"

typedef struct hr_wrapped {
    hr_str before, inside, behind; /* joined in this order they are the text */
} hr_wrapped;

/* before.n is 0 where nothing known stands around the text: inside is all of it then. */
hr_wrapped hr_unwrap(hr_str text);

#endif
