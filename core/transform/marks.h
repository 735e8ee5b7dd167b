/* marks.h - which rows of a table stand out, and why.

   Errors are marked outright: every one of them stays. The other reasons give a row a strength, in squared standard
   deviations or their equal, so that select.c can keep the strongest where there are too many:
     measures  numbers beyond two standard deviations, and those that a huge outlier would hide from that test
     rarities  values, keys, types and shapes of text that few rows have while the rest agree; numbers in texts with two digits more
     novelties texts with words of their own where the others share theirs
     series    where numbers stand in the order of time: the highest, the lowest, and both sides of a step to another level
   Scratch lives in the arena given. One thread. Linear in the cells (sorting is by radix). 0, HR_ENOMEM, HR_ETIME. */
#ifndef HR_MARKS_H
#define HR_MARKS_H

#include "transform/fields.h"
#include "transform/note.h"
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

/* The order of time, where a field of the rows tells it, or where the rows are bare values. */
typedef struct hr_series {
    uint32_t *row; /* oldest first */
    uint32_t n;    /* 0: nothing tells the time, or they were not to be sorted */
    bool in_order; /* the rows stand in that order, or the other way round */
} hr_series;
int hr_series_find(const hr_fields *f, hr_arena *scratch, bool sorted, hr_series *out);
/* Nothing where the series is not in order. *steps: level changes that were found. */
int hr_mark_series(const hr_fields *f, hr_arena *scratch, hr_watch *watch, const hr_series *series,
                   float *strength, uint32_t *steps);

/* Texts that say the same but for their numbers and names with digits, as a program's messages do. */
enum {
    HR_CLASSES_MAX = 16,
    HR_CLASS_NONE = 255
}; /* of more classes an exemplar each would be no selection */
typedef struct hr_classes {
    uint8_t *of_row; /* HR_CLASS_NONE: no such text there */
    uint32_t n;      /* 0: the rows are not of classes */
} hr_classes;
int hr_classes_find(const hr_fields *f, hr_arena *scratch, hr_watch *watch, hr_classes *out);

/* Seconds, milli-, micro- or nanoseconds since 1970, within this half century. */
bool hr_is_epoch(double v);

/* The number in a cell of p, also a fraction that is written as text ("0.5018"), and in pairs whole numbers ([1712000000, "17"], as Prometheus
   writes). Elsewhere whole numbers in quotes are codes. *integer may be NULL. */
bool hr_cell_number(const hr_fields *f, const hr_path *p, const hr_cell *c, double *v, bool *integer);

static inline void hr_mark(float *strength, uint32_t row, float s)
{
    if (strength[row] < s)
        strength[row] = s;
}

#endif
