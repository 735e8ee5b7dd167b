/* window.h - the rolling window: whole old messages are left out of a request that its model would not take.

     limit of the model, the user's number first; none known: nothing is cut, the reason is recorded
       └─► room = limit - what the answer needs, by the estimate's error smaller (context_limit.h)
             └─► more tokens than that? a cut down to HR_WINDOW_TARGET per cent of the room (window_plan.h)
                   └─► on disk (window_cuts.h) ─► edits of the body, and one message of ours before the first that is left

   What the answer needs is output_buffer_tokens, and the request's own max_tokens where that is larger and the provider is known to
   refuse the sum. auto acts at the limit; on also where the provider was asked to make room by itself. Neither ever acts on models whose
   reasoning is bound to all that stands before it, where the provider holds the history, on batches, or in a body whose results lack
   their calls. off, level replay, bypass, a passed deadline: no new cut.

   Between two cuts a conversation has the same messages left out and the same message of ours, so each request goes on from the bytes of
   the one before. A new cut replaces the old. The originals of what went are not stored: the client sends them again with each
   request. */
#ifndef HR_WINDOW_H
#define HR_WINDOW_H

#include "context.h"

enum {
    /* Of the room that there is. A conversation that grows by less than a twentieth of it with each turn is then cut at most every
       fifth turn, and a cut loses the provider's cache of what stands behind it. */
    HR_WINDOW_TARGET = 75
};

/* Behind hr_decide: add what goes to r->edits, mark the items that go, set r->row.window. Nothing is sent that was not stored, unless the
   request is a simulation. 0 or HR_ENOMEM (then nothing was cut). */
int hr_window(headroom_request *r, hr_conversation *c, hr_item *items, size_t n);

#endif
