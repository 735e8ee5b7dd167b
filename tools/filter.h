/* filter.h - which requests a command is about: the options that `log`, `audit` and `export` share. */
#ifndef FILTER_H
#define FILTER_H

#include "../core/headroom.h"
#include "cli.h"

/* For a command's table of options: letters from 256 on, so that none is taken. */
enum filter_option {
    FILTER_PROGRAM = 256,
    FILTER_MODEL,
    FILTER_HOST,
    FILTER_DIALECT,
    FILTER_STATUS,
    FILTER_SKIPPED,
    FILTER_SINCE,
    FILTER_UNTIL,
    FILTER_LAST,
    FILTER_END
};
/* clang-format off */
#define FILTER_OPTIONS                                                                                       \
    {"program", required_argument, NULL, FILTER_PROGRAM},                                                    \
    {"model", required_argument, NULL, FILTER_MODEL},                                                        \
    {"host", required_argument, NULL, FILTER_HOST},                                                          \
    {"dialect", required_argument, NULL, FILTER_DIALECT},                                                    \
    {"status", required_argument, NULL, FILTER_STATUS},                                                      \
    {"skipped", optional_argument, NULL, FILTER_SKIPPED},                                                    \
    {"since", required_argument, NULL, FILTER_SINCE},                                                        \
    {"until", required_argument, NULL, FILTER_UNTIL},                                                        \
    {"last", required_argument, NULL, FILTER_LAST}
/* clang-format on */

/* The lines of --help that explain them. */
#define FILTER_HELP                                                                                          \
    "      --program P, --model M, --host H, --dialect D\n"                                                  \
    "                   only these; a glob where it holds * ? or []: --model 'claude-*'\n"                   \
    "      --status S   an HTTP status, 4xx, failed (400 and up, or no response), none (no response)\n"      \
    "      --skipped[=REASON]\n"                                                                             \
    "                   only what was passed on untouched, for any or for this reason\n"                     \
    "      --since T, --until T\n"                                                                           \
    "                   that began in this time: 2026-11-21, 2026-11-21T09:30 (local, with Z UTC), today,\n" \
    "                   yesterday, or an age: 90s, 30m, 12h, 7d, 2w\n"                                       \
    "      --last N     of these the last N\n"

/* An option as cli_option returned it, its value in optarg. 1: taken into *f. 0: it is none of these. -1: a wrong value was said;
   the command returns EX_USAGE. Names point to optarg. */
int filter_take(const struct command *self, int option, headroom_filter *f);

#endif
