/* gaps.h - as many gaps between the items that stay as one note can list. Pure; scratch is the caller's. Linear. One thread. */
#ifndef HR_GAPS_H
#define HR_GAPS_H

#include "base.h"

/* keep[n]: gaps are closed, the shortest first, until HR_MAX_NOTE_RANGES are left. HR_ENOMEM; else the number of items that came to
   stay by it. */
int64_t hr_close_gaps(hr_arena *scratch, bool *keep, uint32_t n);

#endif
