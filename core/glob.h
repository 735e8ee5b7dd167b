/* glob.h - names by pattern: tools, paths, models.

     *       any bytes, none too, '/' included
     ?       one byte
     [abc]   one of these bytes; [a-z] a range; [!abc] any other byte; a ']' in first place is one of them
     others  themselves; [*] is how a '*' is written

   Bytes are compared as they are: no locale, no case folding, no escape character. Time is at most glob.n * text.n steps, no memory,
   nothing can fail. Pure functions; any thread. */
#ifndef HR_GLOB_H
#define HR_GLOB_H

#include "base.h"

/* Does the whole text match? A '[' without its ']' is a byte as any other. */
bool hr_glob_match(hr_str glob, hr_str text);

/* Is it what its writer can have meant: not empty, each '[' has its ']', no range runs backwards? */
bool hr_glob_valid(hr_str glob);

#endif
