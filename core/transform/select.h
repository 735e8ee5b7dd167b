/* select.h - which rows of one array or map stay.

   Always: the first three, the last two, every error, what the query asks for, the best ranked. Then the strongest of what
   stands out (marks.h), and one message of each class. Then, up to max_items, the next best ranked, or rows spread evenly where nothing ranks
   them.
   Scratch memory is the module's own; the plan lives in the arena. One thread. */
#ifndef HR_SELECT_H
#define HR_SELECT_H

#include "transform/fields.h"
#include "transform/marks.h"
#include "transform/transform.h"

typedef struct hr_plan {
    uint32_t *kept; /* ascending */
    uint32_t nkept;
    const char *strategy;
    hr_alike alike[HR_CLASSES_MAX]; /* messages of one class, by the first that stays */
    uint32_t nalike;
} hr_plan;

/* Rows of which all stay: no more than max_items, but for heavy ones, of which two thirds as many may be selected from. */
static inline bool hr_select_all(const hr_transform_in *in, uint32_t n, size_t bytes)
{
    enum { HEAVY = 3 << 10 }; /* bytes: some 1,000 tokens of JSON */
    return n <= in->max_items && (bytes < HEAVY || n * 3ull <= in->max_items * 2ull);
}

/* 1: *out says what stays. 0: all of it should. HR_ENOMEM, HR_ETIME. */
int hr_select(hr_plan *out, hr_arena *a, const hr_transform_in *in, const hr_rows *rows, hr_watch *watch);

/* The same for rows whose fields were read, and text[] of each for the query; they are more than a few. */
int hr_select_fields(hr_plan *out, hr_arena *a, const hr_transform_in *in, const hr_fields *fields,
                     const hr_str *text, hr_watch *watch);

/* Rows that are no JSON, and what the marks (marks.h) say of them. */
typedef struct hr_marked {
    uint32_t n;
    const hr_str *text; /* of each row, for the query */
    bool *keep;         /* those that stay in any case; becomes those that stay */
    float *strength;    /* of the others */
    hr_ranking ranking;
} hr_marked;

/* The same for those. */
int hr_select_marked(hr_plan *out, hr_arena *a, const hr_transform_in *in, hr_marked *rows, hr_watch *watch);

#endif
