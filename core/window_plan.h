/* window_plan.h - which messages of a conversation go, when not all of them fit.

   A pure function of the elements and their tokens. A tool unit is the model's call message (parallel calls: all of them) with all its
   results; a turn begins with a human message. What goes, until the rest is at `target` or below:

     1. tool units, oldest first. Where a turn has sealed reasoning, all of its units at once, and only if none of the reasoning stays
        behind them;
     2. whole turns, oldest first.

   What stays: system text; everything from the N-th human message from the end on (N = keep_turns; with 0 the last human message, and
   the newest tool unit behind it); what is `fixed`, and with it its unit and its turn; calls without a result and results without a call.
   A message that holds results and human text goes with its turn only.

   The message of ours that says what went comes before the first message that is left. Where roles must take turns (`alternate`) that
   one must be the model's: the oldest question goes as well, or the answer before the first question that is left stays. */
#ifndef HR_WINDOW_PLAN_H
#define HR_WINDOW_PLAN_H

#include "window_elements.h"

typedef struct hr_window_task {
    const hr_element *list;
    size_t n;
    const uint32_t *tokens; /* of each element as it would go out, with what stands between it and the next */
    bool alternate;
    int64_t keep_turns;
    uint64_t total;           /* tokens of the whole body */
    uint64_t allowed, target; /* tokens that it may have, and that a cut leaves where it can */
    uint64_t marker;          /* tokens of the message of ours */
} hr_window_task;

typedef struct hr_window_plan {
    bool *cut;              /* for each element: it goes; in the arena */
    size_t messages, calls; /* that go */
    uint64_t tokens;        /* of what goes */
} hr_window_plan;

/* 1: *out is a cut after which the body has at most `allowed` tokens; 0: there is none; HR_ENOMEM. Time grows with n. */
int hr_window_plan_make(hr_arena *a, const hr_window_task *task, hr_window_plan *out);

/* Index of the first element that is no system text; n: there is none. The message of ours is put before it. */
size_t hr_window_first(const hr_element *list, size_t n);

#endif
