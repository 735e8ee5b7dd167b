/* log.c - `headroom log`: the requests, oldest first. */
#include "../core/headroom.h"
#include "cli.h"
#include "format.h"
#include "json.h"
#include "row.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* The last `size` ids: one walk finds where to begin, a second one prints. Nothing is held but numbers. */
struct tail {
    int64_t *ids;
    size_t size, seen;
};

struct printing {
    bool json;
    int code;
};

static int note_id(void *arg, const headroom_row *row)
{
    struct tail *t = arg;

    t->ids[t->seen++ % t->size] = row->id;
    return 0;
}

/* Id before the last n rows; 0 where there are no more than n. <0: error of the walk. */
static int64_t id_before_last(headroom *h, size_t n)
{
    struct tail t = {calloc(n + 1, sizeof(int64_t)), n + 1, 0};
    int64_t id = 0;
    int err;

    if (t.ids == NULL)
        return -1;
    err = headroom_each_request(h, 0, note_id, &t);
    if (err < 0)
        id = err;
    else if (t.seen > n)
        id = t.ids[t.seen % t.size];
    free(t.ids);
    return id;
}

static int print_row(void *arg, const headroom_row *row)
{
    struct printing *p = arg;

    if (p->json) {
        struct json_tree t = {NULL, false};

        row_to_json(&t, NULL, NULL, row);
        p->code = json_print(&t, false);
    } else {
        row_print_line(row);
    }
    /* Nobody reads any more, or the disk is full: the rest need not be fetched. */
    return p->code != EX_OK || ferror(stdout) != 0;
}

static int print_rows(const struct command *self, headroom *h, long count, bool json)
{
    struct printing p = {json, EX_OK};
    int64_t after = count < 0 ? 0 : id_before_last(h, (size_t)count);
    int err;

    if (after < 0)
        return cli_fail_core(self, h, (int)after);
    err = headroom_each_request(h, after, print_row, &p);
    return err < 0 ? cli_fail_core(self, h, err) : p.code;
}

static bool read_count(const char *text, long *out)
{
    char *end;

    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= 0 && *out <= 10000000;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"json", no_argument, NULL, 'j'},
        {"number", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool json = false;
    long count = -1;
    int option, code;
    headroom *h;

    while ((option = cli_option(self, argc, argv, ":jn:h", names)) != -1) {
        if (option != 'j' && option != 'n')
            return cli_option_exit(option);
        if (option == 'j')
            json = true;
        else if (!read_count(optarg, &count))
            return cli_usage(self, "-n takes a whole number up to 10,000,000");
    }
    if (optind != argc)
        return cli_usage(self, "no argument is taken");
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "log: no memory");
    code = print_rows(self, h, count, json);
    headroom_close(h);
    return code;
}

const struct command command_log = {
    .name = "log",
    .summary = "the requests, oldest first",
    .help = "usage: headroom log [-n N] [--json]\n"
            "\n"
            "Prints a line per recorded LLM request, oldest first: number, time (UTC), program, host and "
            "path, model,\n"
            "HTTP status, estimated tokens as made and as sent, and why a request was not touched.\n"
            "\n"
            "  -n, --number N  only the last N\n"
            "  -j, --json      one JSON object a line: id time pid program host path dialect model mode "
            "stream skipped\n"
            "                  status tokens_before tokens_after bytes_before bytes_after usage elapsed_us "
            "transforms.\n"
            "                  status is 0 where no response was seen; usage is the provider's own object, "
            "or null\n"
            "  -h, --help      this text\n"
            "\n"
            "exit status: 0, also where nothing is recorded; 64 wrong usage, 69 database not usable\n"
            "\n"
            "example: headroom log --json | jq -r 'select(.skipped != null) | .skipped' | sort | uniq -c\n",
    .run = run,
};
