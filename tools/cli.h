/* cli.h - what every command of the CLI shares: the table row of a command, and how errors are said.

   The CLI is a plain user of headroom.h: nothing of core's inside is included here. One thread. Exit codes
   are those of sysexits.h. Messages go to stderr as "headroom: what: cause; way out"; standard output carries
   results only. */
#ifndef CLI_H
#define CLI_H

#include "../core/headroom.h"

#include <getopt.h>
#include <sysexits.h>

struct command {
    const char *name, *summary;
    const char *help; /* the whole text of `headroom NAME --help` */
    int (*run)(const struct command *self, int argc,
               char **argv); /* argv[0] is the name; returns the exit code */
};

extern const struct command command_run, command_simulate, command_restore, command_stats, command_log,
    command_show, command_diff, command_watch, command_capture, command_audit, command_export, command_tokens,
    command_config, command_doctor, command_purge, command_scan, command_metrics, command_report,
    command_serve, command_prices, command_breaker;

/* Say "headroom: ..." with a line feed on stderr; returns code, so that a command can end with `return
 * cli_fail(..)`. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a negative result of a function of headroom.h that reads the database. EX_UNAVAILABLE. */
int cli_fail_core(const struct command *self, headroom *h, int err);

/* One step of getopt_long over a command's arguments. -1: no option is left, optind is the first operand.
   'h': the help was printed. '?': a wrong option was named on stderr. For the last two the command returns
   cli_option_exit(). */
int cli_option(const struct command *self, int argc, char **argv, const char *letters,
               const struct option *names);
int cli_option_exit(int option);
/* Too few or too many operands: says so. EX_USAGE. */
int cli_usage(const struct command *self, const char *what);

#endif
