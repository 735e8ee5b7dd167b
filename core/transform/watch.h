/* watch.h - processor time of one transform: loops tell how many bytes they went through, and every 64 KB the clock is
   looked at. A pull on the clock costs a system call in some containers, so it is not done per row.
   Thread rule: one thread, on its stack. Errors: HR_ETIME once the deadline has passed, and from then on. */
#ifndef HR_WATCH_H
#define HR_WATCH_H

#include "base.h"

typedef struct hr_watch {
    uint64_t deadline_cpu_us; /* hr_cpu_us(); 0: none */
    size_t spent;             /* bytes since the last look */
    bool late;
} hr_watch;

static inline int hr_watch_spend(hr_watch *w, size_t bytes)
{
    enum { LOOK_EVERY = 64 << 10 };
    if (w->deadline_cpu_us == 0)
        return 0;
    w->spent += bytes;
    if (w->spent >= LOOK_EVERY) {
        w->spent = 0;
        w->late = w->late || hr_cpu_us() > w->deadline_cpu_us;
    }
    return w->late ? HR_ETIME : 0;
}

#endif
