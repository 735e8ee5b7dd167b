/* window_marker.h - the message that says what the rolling window left out: counts only, never a word of what went. */
#ifndef HR_WINDOW_MARKER_H
#define HR_WINDOW_MARKER_H

#include "dialect/dialect.h"

/* A whole user's message in the dialect's form, in the arena. 0 or HR_ENOMEM. These bytes are stored and replayed; what was sent is read
   by hr_window_marker_read: never change their grammar. */
int hr_window_marker_write(hr_arena *a, const hr_dialect *d, size_t messages, size_t calls, hr_str *out);
/* How many messages a decoded human text says that were left out; 0: it is no text of ours, which is known by its exact form. */
uint64_t hr_window_marker_read(hr_str text);

#endif
