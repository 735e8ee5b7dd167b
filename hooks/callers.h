/* callers.h - what a hook has learned about the code that calls it, by return address: a cache that is read without a lock.

   A slot is written once and stays; where eight probes find no room the answer is looked up each time. Any thread. */
#ifndef HR_CALLERS_H
#define HR_CALLERS_H

#include "../shim/shim.h"

enum { CALLERS_SLOTS = 256 };

/* All zero at first. */
struct callers {
    struct {
        const void *address; /* atomic; set last */
        const void *value;   /* atomic */
    } slots[CALLERS_SLOTS];
};

/* NULL: not known. */
const void *callers_get(const struct callers *c, const void *address) HR_HIDDEN;
/* value is not NULL, and the same for each call with this address. */
void callers_put(struct callers *c, const void *address, const void *value) HR_HIDDEN;

#endif
