/* record.h - what a request did, for the row in the database and for `simulate`. */
#ifndef HR_RECORD_H
#define HR_RECORD_H

#include "context.h"

/* Fill r->row (tokens, counts, transforms, results_json) and r->results from what was decided; copies into r->keep.
   0 or HR_ENOMEM. */
int hr_record_body(headroom_request *r, const hr_conversation *conv, const hr_item *items, size_t n);

/* A decision as the public API shows it; strings live in the arena. 0 or HR_ENOMEM. */
int hr_record_result(hr_arena *a, const hr_decision *d, bool replayed, const char *reason,
                     headroom_result *out);

#endif
