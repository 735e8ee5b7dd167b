/* log.c - `headroom log`: the requests, oldest first, and those to come. */
#include "../core/headroom.h"
#include "cli.h"
#include "filter.h"
#include "json.h"
#include "row.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* How often --follow looks. A look that finds nothing is one read of an index. */
#define POLL_NS 200000000L

struct printing {
    bool json;
    int code;
    int64_t last; /* id of the newest row that was printed */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

static int print_row(void *arg, const headroom_row *row)
{
    struct printing *p = arg;

    p->last = row->id;
    if (p->json) {
        struct json_tree t = {NULL, false};

        row_to_json(&t, NULL, NULL, row);
        p->code = json_print(&t, false);
    } else {
        row_print_line(row);
    }
    /* Nobody reads any more, or the disk is full: the rest need not be fetched. */
    return p->code != EX_OK || ferror(stdout) != 0 || stopped;
}

static int note_id(void *arg, const headroom_row *row)
{
    *(int64_t *)arg = row->id;
    return 0;
}

/* A purge empties the table, and its numbers begin anew: what was seen before says nothing then. */
static int read_new(headroom *h, headroom_filter *f, struct printing *p)
{
    const headroom_filter newest = {.last = 1};
    int64_t id = 0;
    int err = headroom_each_request_where(h, &newest, note_id, &id);

    if (err < 0)
        return err;
    if (id < f->after_id)
        f->after_id = p->last = 0;
    if (id == f->after_id)
        return 0;
    err = headroom_each_request_where(h, f, print_row, p);
    if (err == 0)
        f->after_id = id > p->last ? id : p->last;
    return err;
}

/* Where nothing fits yet: behind the newest row of all. */
static int newest_id(headroom *h, int64_t *id)
{
    const headroom_filter newest = {.last = 1};

    *id = 0;
    return headroom_each_request_where(h, &newest, note_id, id);
}

static int follow(const struct command *self, headroom *h, const headroom_filter *filter, struct printing *p)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    struct sigaction action = {.sa_handler = stop};
    headroom_filter f = *filter;
    int64_t seen;
    int err = newest_id(h, &seen);

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (err == 0)
        err = headroom_each_request_where(h, &f, print_row, p);
    f.last = 0;
    f.after_id = seen > p->last ? seen : p->last;
    while (!stopped && p->code == EX_OK && fflush(stdout) == 0 && err >= 0) {
        nanosleep(&pause, NULL);
        err = read_new(h, &f, p);
        /* Another process may hold the file for a moment, or make it just now. */
        if (err < 0 && headroom_store_reason(h) == NULL)
            err = 0;
    }
    return err < 0 ? cli_fail_core(self, h, err) : p->code;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        FILTER_OPTIONS,
        {"follow", no_argument, NULL, 'f'},
        {"json", no_argument, NULL, 'j'},
        {"number", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct printing p = {.json = false};
    headroom_filter f = {.last = 0};
    bool following = false, nothing = false;
    int option, code, err;
    headroom *h;

    while ((option = cli_option(self, argc, argv, ":jfn:h", names)) != -1) {
        int taken;

        if (option == 'n' && strcmp(optarg, "0") == 0) {
            nothing = true;
            continue;
        }
        taken = filter_take(self, option == 'n' ? FILTER_LAST : option, &f);
        if (taken < 0)
            return EX_USAGE;
        if (taken == 0 && option != 'j' && option != 'f')
            return cli_option_exit(option);
        p.json |= option == 'j';
        following |= option == 'f';
        nothing &= option != 'n' && option != FILTER_LAST;
    }
    if (optind != argc)
        return cli_usage(self, "no argument is taken");
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "log: no memory");
    if (nothing && following && (err = newest_id(h, &f.after_id)) < 0) {
        code = cli_fail_core(self, h, err);
    } else if (following) {
        code = follow(self, h, &f, &p);
    } else {
        err = nothing ? 0 : headroom_each_request_where(h, &f, print_row, &p);
        code = err < 0 ? cli_fail_core(self, h, err) : p.code;
    }
    headroom_close(h);
    return code;
}

const struct command command_log = {
    .name = "log",
    .summary = "the requests, oldest first, and those to come",
    .help =
        "usage: headroom log [FILTER..] [--last N] [--follow] [--json]\n"
        "\n"
        "Prints a line per recorded LLM request, oldest first: number, time (UTC), program, host and "
        "path, model,\n"
        "mode, HTTP status, tokens as made and as sent (our count), the share of the input that the "
        "provider says it\n"
        "read from its cache, cost and net savings where the model has a price, the provider's error, "
        "and why a\n"
        "request was not touched. On a narrow terminal path and host are left out.\n"
        "\n" FILTER_HELP "  -n N             the same; -n 0 -f: only what comes\n"
        "  -f, --follow     go on with what comes, until Ctrl-C\n"
        "  -j, --json       one JSON object a line: id time pid program host path dialect model mode "
        "stream skipped\n"
        "                   status tokens_before tokens_after bytes_before bytes_after usage elapsed_us "
        "transforms\n"
        "                   error input output cached cache_written cost_usd saved_usd exact "
        "duration_us\n"
        "                   conversation. status is 0 where no response was seen; usage is the "
        "provider's own\n"
        "                   object, input to cache_written its tokens; null: unknown. An estimate that was\n"
        "                   calibrated says by what (factor_percent) and its error (error_percent)\n"
        "  -h, --help       this text\n"
        "\n"
        "exit status: 0, also where nothing is recorded; 64 wrong usage, 69 database not usable\n"
        "\n"
        "example: headroom log --since today --status failed\n"
        "         headroom log --follow --model 'claude-*' --json | jq .tokens_before\n",
    .run = run,
};
