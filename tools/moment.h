/* moment.h - a moment as people write it: "2h" ago, "today", "2026-11-21", "2026-11-21T09:30". */
#ifndef MOMENT_H
#define MOMENT_H

#include <stdbool.h>
#include <stdint.h>

/* What moment_read takes, for messages. */
#define MOMENT_FORMS                                                                                         \
    "a time (2026-11-21, 2026-11-21T09:30, with Z for UTC), today, yesterday, all, or an age (90s, 30m, "    \
    "12h, "                                                                                                  \
    "7d, 2w)"

/* Microseconds since 1970 of text; times without Z are of the local zone, as are today's and yesterday's midnight; "all" is 0. */
bool moment_read(const char *text, int64_t now_us, int64_t *us);
/* An age alone, "90s", "30m", "12h", "7d", "2w", in microseconds. */
bool moment_read_age(const char *text, int64_t *us);
/* The midnight that began the local day `days` before that of now_us. */
int64_t moment_midnight(int64_t now_us, int days);

#endif
