/* shorten.h - JSON text without the ends of its long strings. What makes an answer large is one: an image, a document. Its structure stays,
   so members are found as before, but for a string of which only the beginning is left.

   Works on text as it passes, split at any byte; escapes are kept or dropped whole. Text that is no JSON gives some text that is none. */
#ifndef HR_SHORTEN_H
#define HR_SHORTEN_H

#include "base.h"

enum { HR_SHORTEN_KEEP = 512 }; /* bytes that stay of a string: longer than any name or number in one */

/* All zero before. */
typedef struct hr_shorten {
    bool in_string, kept_unit;
    unsigned unit; /* bytes of an escape that are still to come */
    size_t kept;
} hr_shorten;

/* What stays of p[0..n) is written to `to`, which has room for n bytes and may be p itself; returns how much it is. */
size_t hr_shorten_some(hr_shorten *s, char *to, const char *p, size_t n);

#endif
