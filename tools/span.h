/* span.h - the span of time that figures are of: --today, --week, --since, --until. */
#ifndef SPAN_H
#define SPAN_H

#include "cli.h"

#include <stdbool.h>
#include <stdint.h>

struct span {
    int64_t from_us, to_us; /* [from, to); 0 and INT64_MAX: all time */
    bool given;
};
#define SPAN_ALL ((struct span){0, INT64_MAX, false})

/* For a command's table of options; letters that no command of ours uses otherwise. */
enum span_option { SPAN_TODAY = 512, SPAN_WEEK, SPAN_SINCE, SPAN_UNTIL };
/* clang-format off */
#define SPAN_OPTIONS                                                                                         \
    {"today", no_argument, NULL, SPAN_TODAY},                                                                \
    {"week", no_argument, NULL, SPAN_WEEK},                                                                  \
    {"since", required_argument, NULL, SPAN_SINCE},                                                          \
    {"until", required_argument, NULL, SPAN_UNTIL}
/* clang-format on */

/* The lines of --help that explain them. */
#define SPAN_HELP                                                                                            \
    "      --today       since midnight; --week: today and the six days before it (local time)\n"            \
    "      --since T, --until T\n"                                                                           \
    "                    2026-11-21, 2026-11-21T09:30 (with Z UTC), today, yesterday, all, or an age: "      \
    "90s,\n"                                                                                                 \
    "                    30m, 12h, 7d, 2w\n"

/* 1: the option was one of these. 0: it is none. -1: its value is wrong, which was said; the command returns EX_USAGE. */
int span_take(const struct command *self, int option, struct span *span);

#endif
