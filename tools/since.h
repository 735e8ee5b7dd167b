/* since.h - the beginning of a span of time, as options name it. */
#ifndef SINCE_H
#define SINCE_H

#include <stdbool.h>
#include <stdint.h>

/* "90s", "30m", "12h", "7d", "2w" before now_us; a day "2026-11-01" or a minute "2026-11-01 14:30" of local time; "all": 0. False:
   none of these. */
bool since_read(const char *word, int64_t now_us, int64_t *from_us);
#define SINCE_FORMS "30m, 12h, 7d, 2w, a day as 2026-11-01, or all"

#endif
