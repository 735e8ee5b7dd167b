/* purge.c - `headroom purge`: delete what is stored, and take its bytes out of the files. */
#include "../core/headroom.h"
#include "cli.h"
#include "format.h"
#include "json.h"
#include "moment.h"
#include "older.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_US INT64_C(86400000000)

enum {
    DECISION_DAYS = 30, /* DESIGN.md, Caps: younger decisions go only where they are named */
    WAIT_SECONDS = 10,
    MAX_WAIT_SECONDS = 3600
};

struct options {
    bool originals, requests, decisions, captures, all;
    bool dry_run, yes, json;
    int64_t age_us; /* -1: not given */
    int64_t wait_us;
};

/* ------------------------------------------------------------------ what is meant */
static bool names_none(const struct options *o)
{
    return !o->originals && !o->requests && !o->decisions && !o->captures && !o->all;
}

/* Captures are files, not rows; 0: they are not meant. */
static int64_t captures_before(const struct options *o, int64_t now_us)
{
    if (!o->captures && !o->all && !names_none(o))
        return 0;
    return o->age_us < 0 ? INT64_MAX : now_us - o->age_us;
}

struct scope {
    headroom_purge_scope rows;
    int64_t captures_before_us;
};

struct counts {
    headroom_purge_counts rows;
    int64_t captures, captures_bytes;
};

static struct scope scope_of(const struct options *o, int64_t now_us)
{
    bool none = names_none(o);
    int64_t before = o->age_us < 0 ? INT64_MAX : now_us - o->age_us;
    int64_t unused = now_us - DECISION_DAYS * DAY_US;
    struct scope scope = {{0, 0, 0}, captures_before(o, now_us)};

    if (o->originals || o->all || none)
        scope.rows.originals_before_us = before;
    if (o->requests || o->all || none)
        scope.rows.requests_before_us = before;
    if (o->decisions || o->all)
        scope.rows.decisions_before_us = before;
    else if (none)
        scope.rows.decisions_before_us = before < unused ? before : unused;
    return scope;
}

/* ------------------------------------------------------------------ what is said */
static int64_t file_bytes(const headroom *h)
{
    static const char *const names[] = {"headroom.db", "headroom.db-wal"};
    const char *directory = headroom_state_directory(h);
    int64_t sum = 0;

    for (size_t i = 0; directory != NULL && i < sizeof(names) / sizeof(names[0]); i++) {
        char path[4096];
        struct stat st;

        if (snprintf(path, sizeof(path), "%s/%s", directory, names[i]) < (int)sizeof(path) &&
            lstat(path, &st) == 0)
            sum += st.st_size;
    }
    return sum;
}

static void print_line(const char *what, int64_t rows, int64_t bytes, const char *why)
{
    char n[FORMAT_COUNT], b[FORMAT_COUNT];

    printf("%-10s %12s %15s  %s\n", what, format_count(n, rows), format_count(b, bytes), why);
}

static void print_counts(const char *head, const struct scope *scope, const struct counts *c,
                         const struct options *o)
{
    bool old_only = !o->decisions && !o->all;

    printf("%-10s %12s %15s\n", head, "ROWS", "BYTES");
    if (scope->rows.originals_before_us != 0)
        print_line("originals", c->rows.originals, c->rows.originals_bytes,
                   "tool outputs as they were (compressed)");
    if (scope->rows.requests_before_us != 0)
        print_line("requests", c->rows.requests, c->rows.requests_bytes, "what log and stats tell");
    if (scope->rows.decisions_before_us != 0)
        print_line("decisions", c->rows.decisions, c->rows.decisions_bytes,
                   old_only ? "replacements not used for 30 days" : "replacements");
    if (scope->captures_before_us != 0)
        print_line("captures", c->captures, c->captures_bytes, "whole bodies (compressed files)");
}

static int add_total(void *arg, const char *name, const headroom_totals *t)
{
    (void)name;
    *(headroom_totals *)arg = *t;
    return 0;
}

/* What the rows of requests tell of money goes with them. */
static void print_money(headroom *h, const struct scope *scope)
{
    headroom_totals t = {.priced = 0};
    char priced[FORMAT_COUNT], requests[FORMAT_COUNT], cost[FORMAT_USD], saved[FORMAT_USD];

    if (scope->rows.requests_before_us == 0 ||
        headroom_each_total(h, 0, scope->rows.requests_before_us, HEADROOM_BY_NOTHING, add_total, &t) < 0 ||
        t.priced == 0)
        return;
    printf("With the requests goes the record of %s spent and %s saved (%s of %s requests have a price).\n",
           format_usd(cost, t.cost), format_usd(saved, t.saved), format_count(priced, t.priced),
           format_count(requests, t.requests));
}

static void print_warnings(headroom *h, const struct scope *scope, const struct counts *c,
                           const struct options *o)
{
    print_money(h, scope);
    if (c->rows.originals > 0)
        puts("Without its original a result can no longer be read back by show, diff and restore; what is "
             "sent stays.");
    if (c->rows.decisions > 0 && (o->decisions || o->all))
        puts(
            "Without its decisions a conversation that goes on sends originals where replacements were sent "
            "before:\n"
            "the provider's prompt cache is lost for it, and models that bind their reasoning refuse it with "
            "status 400.");
}

static void json_kind(struct json_tree *t, cJSON *parent, const char *key, bool meant, int64_t rows,
                      int64_t bytes)
{
    cJSON *o;

    if (!meant) {
        json_null(t, parent, key);
        return;
    }
    o = json_object(t, parent, key);
    json_int(t, o, "rows", rows);
    json_int(t, o, "bytes", bytes);
}

static int print_json(const struct options *o, const struct scope *s, const struct counts *c, int64_t before,
                      int64_t after, bool erased)
{
    struct json_tree t = {NULL, false};
    cJSON *root = json_object(&t, NULL, NULL);
    cJSON *files;

    json_bool(&t, root, "dry_run", o->dry_run);
    json_kind(&t, root, "originals", s->rows.originals_before_us != 0, c->rows.originals,
              c->rows.originals_bytes);
    json_kind(&t, root, "requests", s->rows.requests_before_us != 0, c->rows.requests,
              c->rows.requests_bytes);
    json_kind(&t, root, "decisions", s->rows.decisions_before_us != 0, c->rows.decisions,
              c->rows.decisions_bytes);
    json_kind(&t, root, "captures", s->captures_before_us != 0, c->captures, c->captures_bytes);
    json_bool(&t, root, "erased", erased);
    files = json_object(&t, root, "files");
    json_int(&t, files, "before", before);
    json_int(&t, files, "after", after);
    return json_print(&t, true);
}

/* Only a terminal is told how far it is: the two steps may each take seconds. */
static void progress(const char *what)
{
    if (isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "headroom: %s ..\n", what);
}

static bool confirmed(void)
{
    char answer[16];

    fflush(stdout);
    fputs("Delete these for ever? [y/N] ", stderr);
    return fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

/* ------------------------------------------------------------------ the work */
static int purge(const struct command *self, headroom *h, const struct options *o, const struct scope *scope)
{
    struct counts c;
    char was[FORMAT_COUNT], is[FORMAT_COUNT];
    int64_t before = file_bytes(h);
    int err, left;
    int code = EX_OK;

    progress("deleting");
    err = headroom_purge(h, &scope->rows, o->wait_us, &c.rows);
    if (err >= 0)
        err = headroom_purge_captures(h, scope->captures_before_us, true, &c.captures, &c.captures_bytes);
    if (err < 0)
        return cli_fail_core(self, h, err);
    progress("taking the bytes out of the files");
    left = headroom_purge_erase(h, o->wait_us);
    if (o->json)
        code = print_json(o, scope, &c, before, file_bytes(h), left == 0);
    else {
        print_counts("DELETED", scope, &c, o);
        printf("files      %28s -> %s bytes\n", format_count(was, before), format_count(is, file_bytes(h)));
    }
    if (left > 0)
        return cli_fail(EX_TEMPFAIL,
                        "purge: the rows are deleted, but their bytes may still stand in %s: another process "
                        "used the database all the time; give the same command again, or a longer --wait",
                        headroom_state_directory(h));
    if (left < 0) {
        cli_fail(0, "purge: the rows are deleted, but their bytes may still stand in the files");
        return cli_fail_core(self, h, left);
    }
    return code;
}

static int ask_and_purge(const struct command *self, headroom *h, const struct options *o)
{
    struct scope scope = scope_of(o, format_now_us());
    struct counts c;
    int err = headroom_purge_count(h, &scope.rows, &c.rows);
    bool nothing;

    if (err >= 0)
        err = headroom_purge_captures(h, scope.captures_before_us, false, &c.captures, &c.captures_bytes);

    if (err < 0)
        return cli_fail_core(self, h, err);
    nothing = c.rows.originals + c.rows.requests + c.rows.decisions + c.captures == 0;
    if (o->dry_run && o->json)
        return print_json(o, &scope, &c, file_bytes(h), file_bytes(h), false);
    if (!o->json && (o->dry_run || !o->yes)) {
        print_counts("TO DELETE", &scope, &c, o);
        print_warnings(h, &scope, &c, o);
    }
    if (o->dry_run)
        return EX_OK;
    if (!o->yes && !nothing && !confirmed()) {
        puts("Nothing was deleted.");
        return EX_OK;
    }
    return purge(self, h, o, &scope);
}

static bool read_seconds(const char *text, int64_t *us)
{
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n > 4 || text[n] != '\0' || strtol(text, NULL, 10) > MAX_WAIT_SECONDS)
        return false;
    *us = strtoll(text, NULL, 10) * 1000000;
    return true;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"originals", no_argument, NULL, 'o'},  {"requests", no_argument, NULL, 'r'},
        {"decisions", no_argument, NULL, 'd'},  {"captures", no_argument, NULL, 'c'},
        {"all", no_argument, NULL, 'a'},        {"older-than", required_argument, NULL, 't'},
        {"dry-run", no_argument, NULL, 'n'},    {"yes", no_argument, NULL, 'y'},
        {"wait", required_argument, NULL, 'w'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    struct options o = {.age_us = -1, .wait_us = WAIT_SECONDS * INT64_C(1000000)};
    headroom *h;
    int option, code;

    while ((option = cli_option(self, argc, argv, ":ordcat:nyw:jh", names)) != -1) {
        switch (option) {
        case 'o':
            o.originals = true;
            break;
        case 'r':
            o.requests = true;
            break;
        case 'd':
            o.decisions = true;
            break;
        case 'c':
            o.captures = true;
            break;
        case 'a':
            o.all = true;
            break;
        case 't':
            if (!moment_read_age(optarg, &o.age_us))
                return cli_usage(self, "--older-than takes a number and one of s m h d w, as in 7d");
            break;
        case 'n':
            o.dry_run = true;
            break;
        case 'y':
            o.yes = true;
            break;
        case 'w':
            if (!read_seconds(optarg, &o.wait_us))
                return cli_usage(self, "--wait takes seconds, up to 3600");
            break;
        case 'j':
            o.json = true;
            break;
        default:
            return cli_option_exit(option);
        }
    }
    if (optind != argc)
        return cli_usage(self, "no argument is taken");
    if (!o.yes && !o.dry_run && (o.json || isatty(STDIN_FILENO) != 1))
        return cli_usage(self, o.json ? "with --json nobody is asked: give --yes, or --dry-run to look"
                                      : "there is no terminal to ask: give --yes, or --dry-run to look");
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "purge: no memory");
    older_sum(h);
    code = ask_and_purge(self, h, &o);
    headroom_close(h);
    return code;
}

const struct command command_purge = {
    .name = "purge",
    .summary = "delete what is stored, and its bytes",
    .help =
        "usage: headroom purge [--originals] [--requests] [--decisions] [--captures] [--all]\n"
        "                      [--older-than AGE] [--dry-run | --yes] [--wait SECONDS] [--json]\n"
        "\n"
        "Deletes the originals of tool outputs, the rows of requests, captured bodies, and the decisions\n"
        "(with their replacements) that were not used for 30 days. Says before what goes, and asks. All goes "
        "in one\n"
        "transaction; then the database is written anew, so that no deleted byte is left in its files.\n"
        "Programs may run on; while it works they decide nothing new. The log file holds no contents and\n"
        "stays.\n"
        "\n"
        "  -o, --originals       only these kinds, and of decisions also the young ones\n"
        "  -r, --requests\n"
        "  -d, --decisions\n"
        "  -c, --captures\n"
        "  -a, --all             all four\n"
        "  -t, --older-than AGE  only what is older: 90s, 30m, 12h, 7d, 2w; a decision is as old as its\n"
        "                        last use\n"
        "  -n, --dry-run         say what would go, and stop\n"
        "  -y, --yes             do not ask; needed where standard input is no terminal\n"
        "  -w, --wait SECONDS    wait so long for other processes that use the database (10)\n"
        "  -j, --json            one object: dry_run, originals, requests, decisions, captures (rows, "
        "bytes;\n"
        "                        null: not meant), erased, files (bytes before and after)\n"
        "  -h, --help            this text\n"
        "\n"
        "Decisions are what keeps a conversation the same from turn to turn. Without them a conversation\n"
        "that goes on sends originals again: the provider's prompt cache is lost for it, and models that\n"
        "bind their reasoning to what they read refuse it with status 400.\n"
        "\n"
        "exit status: 0 also where the answer was no; 64 wrong usage, 69 database not usable or busy,\n"
        "75 deleted, but the bytes still stand in the files\n"
        "\n"
        "example: headroom purge --originals --older-than 7d --dry-run\n",
    .run = run,
};
