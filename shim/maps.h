/* maps.h - the memory of this process, as /proc/self/maps shows it: what lies where, and where nothing lies.

   A snapshot: another thread may map and unmap while it is read; who maps into a gap must let the kernel refuse
   (MAP_FIXED_NOREPLACE). Memory by shim_malloc; errno may change. */
#ifndef HR_MAPS_H
#define HR_MAPS_H

#include "shim.h"

struct mapping {
    uint64_t start, end;
    int prot;   /* PROT_* */
    bool stack; /* grows downwards: the space below it is its own */
};

struct maps {
    struct mapping *list; /* ascending */
    size_t n;
};

/* False: it cannot be read, or no memory. maps_free either way. */
bool maps_read(struct maps *m) HR_HIDDEN;
void maps_free(struct maps *m) HR_HIDDEN;
/* The mapping that holds an address; NULL: nothing is there. */
const struct mapping *maps_at(const struct maps *m, uint64_t address) HR_HIDDEN;
/* An address s in [low, high], so that [s, s + size) lies in a gap; the nearest one below `near`, else the nearest above. 0: none. */
uint64_t maps_gap(const struct maps *m, uint64_t low, uint64_t high, uint64_t size, uint64_t near) HR_HIDDEN;

#endif
