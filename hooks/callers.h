/* callers.h - what a hook has learned about the code that calls it: return address -> value, read without a lock.

   All code of a module reaches the same library, so one entry covers the whole module (a program can have hundreds of places that
   call curl_easy_setopt). Code outside any module (made at run time) has one entry an address. Entries are written once and stay:
   resolve.h keeps the modules loaded. Where the table is full the answer is looked up each time. Any thread. */
#ifndef HR_CALLERS_H
#define HR_CALLERS_H

#include "../shim/shim.h"

enum { CALLERS_ENTRIES = 64 };

/* All zero at first. */
struct callers {
    struct {
        const char *begin, *end;
        const void *value;
        int state; /* atomic */
    } entries[CALLERS_ENTRIES];
};

/* NULL: not known. */
const void *callers_get(const struct callers *c, const void *address) HR_HIDDEN;
/* value is not NULL, and the same for each call from this module. */
void callers_put(struct callers *c, const void *address, const void *value) HR_HIDDEN;

#endif
