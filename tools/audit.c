/* audit.c - `headroom audit`: whom programs talked to, and what left in their requests. */
#include "audit.h"
#include "cli.h"
#include "filter.h"
#include "operand.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_FILES = 40 };

struct auditing {
    headroom *h;
    struct audit found;
};

static int add_row(void *arg, const headroom_row *row)
{
    struct auditing *a = arg;
    headroom_bytes body = {NULL, 0};

    if (row->path == NULL || *row->path == '\0')
        return 0; /* a connection that was only watched */
    if (headroom_get_capture(a->h, row->time_us, row->pid, HEADROOM_CAPTURE_SENT, &body, NULL) != 1)
        body.data = NULL;
    audit_add(&a->found, row, &body);
    headroom_free(body.data);
    return a->found.failed;
}

static int audit(const struct command *self, const headroom_filter *f, size_t files, bool json)
{
    struct auditing a = {.h = headroom_open(HEADROOM_READ_ONLY)};
    int code = EX_OK, err;

    if (a.h == NULL)
        return cli_fail(EX_OSERR, "audit: no memory");
    err = headroom_each_request_where(a.h, f, add_row, &a);
    tally_sort(&a.found.hosts);
    tally_sort(&a.found.tools);
    tally_sort(&a.found.files);
    if (a.found.failed)
        code = cli_fail(EX_OSERR, "audit: no memory");
    else if (err < 0)
        code = cli_fail_core(self, a.h, err);
    else if (json)
        code = audit_print_json(&a.found);
    else
        audit_print(&a.found, files);
    audit_free(&a.found);
    headroom_close(a.h);
    return code;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        FILTER_OPTIONS,
        {"files", required_argument, NULL, 'n'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    headroom_filter f = {.last = 0};
    size_t files = DEFAULT_FILES;
    bool json = false;
    int option;

    while ((option = cli_option(self, argc, argv, ":n:jh", names)) != -1) {
        int taken = filter_take(self, option, &f);

        if (taken < 0)
            return EX_USAGE;
        if (taken == 0 && option != 'n' && option != 'j')
            return cli_option_exit(option);
        json |= option == 'j';
        if (option == 'n' && !operand_is_number(optarg))
            return cli_usage(self, "--files takes a whole number");
        if (option == 'n')
            files = (size_t)strtoull(optarg, NULL, 10);
    }
    if (optind != argc)
        return cli_usage(self, "no argument is taken");
    return audit(self, &f, files, json);
}

const struct command command_audit = {
    .name = "audit",
    .summary = "whom programs talked to, which tools, files and secrets left",
    .help = "usage: headroom audit [FILTER..] [--files N] [--json]\n"
            "\n"
            "Prints which hosts of LLM APIs programs sent requests to, how many, and how many bytes. Where "
            "bodies were\n"
            "captured ('headroom capture'): the tools that were called, the files that their arguments name, "
            "and what has\n"
            "the shape of a secret, of which no more than the first four characters is told. All of what was "
            "sent, behind\n"
            "Headroom's rewriting; a call that a history repeats counts once. Shapes are signs, no proof: "
            "what has no\n"
            "known shape is not seen.\n"
            "\n" FILTER_HELP "  -n, --files N    list so many tools and files at most (40)\n"
            "  -j, --json       one object: requests captured unread hosts tools files secrets\n"
            "  -h, --help       this text\n"
            "\n"
            "exit status: 0; 64 wrong usage, 69 database not usable\n"
            "\n"
            "example: headroom audit --program claude --since 7d\n",
    .run = run,
};
