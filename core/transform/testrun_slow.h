/* testrun_slow.h - durations that stand out among their like. Pure; scratch is the caller's. One thread. */
#ifndef HR_TESTRUN_SLOW_H
#define HR_TESTRUN_SLOW_H

#include "base.h"

/* Of the n values: out[i] is set where value i lies beyond two standard deviations from the mean; never cleared. What is found is set
   aside and the rest looked at again, so that one huge value hides no other; at most a twentieth, but always ten, those farthest away.
   HR_ENOMEM. */
int hr_run_outliers(hr_arena *scratch, const double *value, uint32_t n, bool *out);
/* Set out[i] for the `top` greatest values. HR_ENOMEM. */
int hr_run_slowest(hr_arena *scratch, const double *value, uint32_t n, uint32_t top, bool *out);

#endif
