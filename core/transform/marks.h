/* marks.h - which rows of a table stand out, and why.

   Errors are marked outright: every one of them stays. The other reasons give a row a strength, in squared standard
   deviations or their equal, so that select.c can keep the strongest where there are too many:
     measures  numbers beyond two standard deviations, and those that a huge outlier would hide from that test
     rarities  values, keys, types and shapes of text that few rows have while the rest agree
     novelties texts with words of their own where the others share theirs
   Scratch lives in the arena given. One thread. Linear in the cells (sorting is by radix). 0, HR_ENOMEM, HR_ETIME. */
#ifndef HR_MARKS_H
#define HR_MARKS_H

#include "transform/fields.h"
#include "transform/query.h"

/* error[row] is set where a value says that something went wrong; never cleared. */
int hr_mark_errors(const hr_fields *f, hr_arena *scratch, hr_watch *watch, bool *error);

/* strength[row] is raised, never lowered. */
int hr_mark_measures(const hr_fields *f, hr_arena *scratch, hr_watch *watch, float *strength);
int hr_mark_rarities(const hr_fields *f, hr_arena *scratch, hr_watch *watch, float *strength);
int hr_mark_novelties(const hr_fields *f, hr_arena *scratch, hr_watch *watch, float *strength);

/* The rows in the order of the field that ranks them, best first. */
typedef struct hr_ranking {
    uint32_t *row;
    uint32_t n; /* 0: nothing ranks these rows */
} hr_ranking;
int hr_rank_rows(const hr_fields *f, hr_arena *scratch, const hr_query *query, hr_ranking *out);

static inline void hr_mark(float *strength, uint32_t row, float s)
{
    if (strength[row] < s)
        strength[row] = s;
}

#endif
