/* patterns.h - which lines of a text say the same with other values: the patterns of a log, of a listing, of a build's output.

     10:00:03 INFO [catalog] evicted page 87299        one pattern: words 1, 3 and 6 vary
     10:00:07 INFO [checkout] evicted page 30302

   A line is words and what stands between them (its shape). Lines of one shape are split by the word that leaves the most other words
   constant, and their parts again, as long as what becomes constant outweighs one more pattern. No list of log formats, no notion of
   what a date or a number looks like. How to split is decided on a sample of each shape; then each line goes its way.

   Pure; memory lives in the arena given, some 8 bytes a line and 1 KB a pattern at most. Linear in the text. One thread. */
#ifndef HR_PATTERNS_H
#define HR_PATTERNS_H

#include "base.h"
#include "transform/split.h"

enum { HR_PATTERN_NONE = UINT32_MAX };

typedef struct hr_pattern {
    uint32_t lines;  /* that have it */
    uint32_t first;  /* index of the first one */
    uint64_t varies; /* bit i: word i is not the same in all of them */
} hr_pattern;

typedef struct hr_patterns {
    uint32_t n;       /* patterns */
    hr_pattern *list; /* in the order of their first lines */
    uint32_t lines;   /* of the text, as lines.h counts */
    uint32_t
        *of_line; /* index of its pattern, or HR_PATTERN_NONE: a line of one word and less, or of too many */
} hr_patterns;

/* skip[line]: this line has no pattern and speaks for none; NULL: none is skipped. 0, HR_ENOMEM, HR_ETIME. */
int hr_patterns_of(hr_patterns *out, hr_arena *a, const hr_split *split, const bool *skip, hr_watch *watch);

/* The same for a text that nobody else splits. HR_ELIMIT: as hr_split_read. */
int hr_patterns_find(hr_patterns *out, hr_arena *a, hr_str text, const bool *skip, hr_watch *watch);

#endif
