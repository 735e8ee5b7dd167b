/* linediff.h - which lines of two texts are the same, in order.

   The search for a shortest edit script by E. W. Myers (An O(ND) Difference Algorithm and Its Variations, Algorithmica 1,
   1986), in linear space. Lines that only one text has are set aside first, so that a selection of a long list costs little.
   Where the texts are too different the script is right, but not the shortest: time is bounded by (n + m) * LINEDIFF_EFFORT
   steps, memory by some 100 bytes a line. Pure functions; any thread. */
#ifndef LINEDIFF_H
#define LINEDIFF_H

#include <stdbool.h>
#include <stddef.h>

enum { LINEDIFF_EFFORT = 512 };

struct diff_line {
    const char *text; /* not NUL-terminated; without its line feed */
    size_t len;
};

/* gone[i]: line i of a is not in b; fresh[j]: line j of b is not in a. The other lines are pairwise equal, in order. Both
   arrays are the caller's and are filled whole. False: no memory. */
bool linediff(const struct diff_line *a, size_t n, const struct diff_line *b, size_t m, bool *gone,
              bool *fresh);

#endif
