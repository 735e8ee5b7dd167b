/* options.c - command lines: one getopt_long for all commands, errors in the CLI's own words. */
#include "../core/headroom.h"
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int cli_fail(int code, const char *format, ...)
{
    va_list list;

    /* Results that are already printed come before the error, also where both streams are one file. */
    fflush(stdout);
    fputs("headroom: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    return code;
}

int cli_fail_core(const struct command *self, headroom *h, int err)
{
    const char *reason =
        headroom_write_reason(h); /* where it cannot be read either, the same as for reading */
    const char *directory = headroom_state_directory(h);

    return cli_fail(EX_UNAVAILABLE, "%s: %s%s%s: %s", self->name, directory == NULL ? "state" : directory,
                    reason == NULL ? "" : ": ", reason == NULL ? "" : reason, headroom_strerror(err));
}

int cli_option(const struct command *self, int argc, char **argv, const char *letters,
               const struct option *names)
{
    int before = optind;
    int option;

    opterr = 0;
    option = getopt_long(argc, argv, letters, names, NULL);
    if (option == 'h') {
        fputs(self->help, stdout);
    } else if (option == ':') {
        cli_fail(EX_USAGE, "%s: option '%s' needs a value; see 'headroom %s --help'", self->name,
                 argv[optind - 1], self->name);
        option = '?';
    } else if (option == '?') {
        /* Within a group of letters optind does not move on before the last of them. */
        const char *word = argv[optind > before ? optind - 1 : before];

        cli_fail(EX_USAGE,
                 "%s: option '%s' is not known, not unique or takes no value; see 'headroom %s --help'",
                 self->name, word, self->name);
    }
    return option;
}

int cli_option_exit(int option)
{
    return option == 'h' ? EX_OK : EX_USAGE;
}

int cli_usage(const struct command *self, const char *what)
{
    return cli_fail(EX_USAGE, "%s: %s; see 'headroom %s --help'", self->name, what, self->name);
}
