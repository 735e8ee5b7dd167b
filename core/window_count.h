/* window_count.h - tokens of the messages of a body as it would go out: results as decided, images not as their base64. */
#ifndef HR_WINDOW_COUNT_H
#define HR_WINDOW_COUNT_H

#include "context.h"
#include "window_elements.h"

/* Where something stands that is not counted as it is written: a result, or a hole. */
typedef struct hr_mark {
    size_t off, len;
    uint32_t tokens;
} hr_mark;

typedef struct hr_window_count {
    hr_counts *counts;
    const hr_print_key *key; /* of counts; may be NULL */
    const hr_counter *counter;
    const hr_conversation *c;
    hr_mark *marks; /* in the body's order, none overlaps another */
    size_t n;
} hr_window_count;

/* Prepare for one body. holes false: only results are marks, which is how a request's row counts. 0 or HR_ENOMEM. */
int hr_window_count_init(hr_window_count *w, headroom_request *r, const hr_conversation *c,
                         const hr_item *items, size_t n, const hr_elements *el, bool holes);
/* Tokens of body[from .. to); no mark lies across an end of it. marks false: without those of the marks. */
uint64_t hr_window_count_range(const hr_window_count *w, size_t from, size_t to, bool marks);

#endif
