/* export.c - `headroom export`: the requests for other programs, as JSON lines, CSV or OpenTelemetry. */
#include "../core/headroom.h"
#include "cli.h"
#include "collector.h"
#include "filter.h"
#include "format.h"
#include "json.h"
#include "otlp.h"
#include "row.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum form { NO_FORM, JSON_LINES, CSV, OTLP };
enum { BATCH = 500 }; /* spans in one request: some 600 KB */

struct exporting {
    enum form form;
    struct collector *collector; /* NULL: standard output */
    struct json_tree tree;
    cJSON *spans;
    long batch, sent, rejected;
    int code;
};

/* ------------------------------------------------------------------ CSV (RFC 4180) */
static void csv_text(const char *text, bool last)
{
    if (text != NULL && strpbrk(text, ",\"\r\n") != NULL) {
        putchar('"');
        for (const char *p = text; *p != '\0'; p++) {
            if (*p == '"')
                putchar('"');
            putchar(*p);
        }
        putchar('"');
    } else if (text != NULL) {
        fputs(text, stdout);
    }
    fputs(last ? "\r\n" : ",", stdout);
}

/* What JSON says as well, in one cell: numbers and words as they are, null as nothing, lists with spaces between. */
static void csv_value(const cJSON *item, bool last)
{
    const cJSON *one;
    char *text;

    if (cJSON_IsNull(item)) {
        csv_text("", last);
    } else if (cJSON_IsString(item)) {
        csv_text(item->valuestring, last);
    } else if (cJSON_IsArray(item)) {
        cJSON_ArrayForEach(one, item)
        {
            printf("%s%s", one == item->child ? "" : " ", cJSON_GetStringValue(one));
        }
        csv_text("", last);
    } else {
        text = cJSON_PrintUnformatted(item);
        csv_text(text, last);
        cJSON_free(text);
    }
}

/* In the order of the JSON object; what is an object itself, and what only some rows have, is left to JSON. */
static const char *const columns[] = {
    "id",     "time",         "pid",           "program",    "host",       "path",          "dialect",
    "model",  "mode",         "stream",        "skipped",    "status",     "tokens_before", "tokens_after",
    "exact",  "bytes_before", "bytes_after",   "elapsed_us", "transforms", "error",         "input",
    "output", "cached",       "cache_written", "cost_usd",   "saved_usd",  "duration_us",   "conversation"};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static void print_csv(const headroom_row *row)
{
    struct json_tree t = {NULL, false};

    row_to_json(&t, NULL, NULL, row);
    for (size_t i = 0; i < COLUMNS; i++)
        csv_value(cJSON_GetObjectItemCaseSensitive(t.root, columns[i]), i + 1 == COLUMNS);
    cJSON_Delete(t.root);
}

/* ------------------------------------------------------------------ OpenTelemetry */
static int send_batch(struct exporting *e)
{
    long rejected = 0;
    char *text;

    if (e->batch == 0)
        return EX_OK;
    if (e->collector == NULL) {
        e->sent += e->batch;
        e->batch = 0;
        return json_print(&e->tree, false);
    }
    text = e->tree.failed ? NULL : cJSON_PrintUnformatted(e->tree.root);
    cJSON_Delete(e->tree.root);
    e->tree = (struct json_tree){NULL, false};
    if (text == NULL)
        return cli_fail(EX_OSERR, "export: no memory");
    e->code = collector_send(e->collector, text, strlen(text), &rejected);
    cJSON_free(text);
    if (e->code == EX_OK) {
        e->sent += e->batch - rejected;
        e->rejected += rejected;
    }
    e->batch = 0;
    return e->code;
}

static int add_span(struct exporting *e, const headroom_row *row)
{
    if (!otlp_wants(row))
        return EX_OK;
    if (e->batch == 0) {
        e->tree = (struct json_tree){NULL, false};
        otlp_begin(&e->tree, &e->spans);
    }
    otlp_add(&e->tree, e->spans, row);
    return ++e->batch < BATCH ? EX_OK : send_batch(e);
}

/* ------------------------------------------------------------------ the command */
static int export_row(void *arg, const headroom_row *row)
{
    struct exporting *e = arg;

    if (e->form == JSON_LINES) {
        struct json_tree t = {NULL, false};

        row_to_json(&t, NULL, NULL, row);
        e->code = json_print(&t, false);
    } else if (e->form == CSV) {
        print_csv(row);
    } else {
        e->code = add_span(e, row);
    }
    return e->code != EX_OK || ferror(stdout) != 0;
}

static int export_all(const struct command *self, headroom *h, const headroom_filter *f, struct exporting *e)
{
    int err;

    if (e->form == CSV)
        for (size_t i = 0; i < COLUMNS; i++)
            csv_text(columns[i], i + 1 == COLUMNS);
    err = headroom_each_request_where(h, f, export_row, e);
    if (err < 0)
        e->code = cli_fail_core(self, h, err);
    if (e->code == EX_OK)
        e->code = send_batch(e);
    if (e->collector == NULL)
        return e->code;
    if (e->code != EX_OK)
        return cli_fail(e->code, "export: %ld spans were taken before", e->sent);
    cli_fail(0, "export: %ld spans were taken", e->sent);
    if (e->rejected > 0)
        return cli_fail(EX_UNAVAILABLE, "export: the collector says that it rejected %ld spans", e->rejected);
    return EX_OK;
}

static enum form read_form(const char *word)
{
    return strcmp(word, "jsonl") == 0  ? JSON_LINES
           : strcmp(word, "csv") == 0  ? CSV
           : strcmp(word, "otlp") == 0 ? OTLP
                                       : NO_FORM;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        FILTER_OPTIONS,
        {"format", required_argument, NULL, 'f'},
        {"endpoint", required_argument, NULL, 'e'},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct exporting e = {.form = NO_FORM};
    const char *endpoint = NULL, *out = NULL;
    headroom_filter f = {.last = 0};
    int option, code = EX_OK;
    headroom *h;

    while ((option = cli_option(self, argc, argv, ":f:e:o:h", names)) != -1) {
        int taken = filter_take(self, option, &f);

        if (taken < 0)
            return EX_USAGE;
        if (taken == 0 && strchr("feo", option) == NULL)
            return cli_option_exit(option);
        if (option == 'f' && (e.form = read_form(optarg)) == NO_FORM)
            return cli_usage(self, "--format takes jsonl, csv or otlp");
        if (option == 'e')
            endpoint = optarg;
        if (option == 'o')
            out = optarg;
    }
    if (optind != argc || e.form == NO_FORM)
        return cli_usage(self,
                         optind != argc ? "no argument is taken" : "--format is needed: jsonl, csv or otlp");
    if (endpoint != NULL && (e.form != OTLP || out != NULL))
        return cli_usage(self, "--endpoint goes with --format otlp, and without --output");
    if (endpoint != NULL && (e.collector = collector_open(self, endpoint, &code)) == NULL)
        return code;
    if (out != NULL && strcmp(out, "-") != 0 && freopen(out, "we", stdout) == NULL)
        return cli_fail(EX_CANTCREAT, "export: cannot create '%s': %s", out, strerror(errno));
    h = headroom_open(HEADROOM_READ_ONLY);
    code = h == NULL ? cli_fail(EX_OSERR, "export: no memory") : export_all(self, h, &f, &e);
    headroom_close(h);
    collector_close(e.collector);
    return code;
}

const struct command command_export = {
    .name = "export",
    .summary = "the requests as JSON lines, CSV or OpenTelemetry spans",
    .help =
        "usage: headroom export --format jsonl|csv|otlp [FILTER..] [--output FILE | --endpoint URL]\n"
        "\n"
        "Prints what 'headroom log --json' tells of each request, oldest first, for other programs. No "
        "body and no\n"
        "header is in it.\n"
        "\n"
        "  -f, --format F   jsonl  the lines of 'log --json'\n"
        "                   csv    the same in columns (RFC 4180), times in UTC\n"
        "                   otlp   spans after OpenTelemetry's conventions for generative AI (gen_ai.*), "
        "in JSON;\n"
        "                          their ids are the same each time, so that a second export adds "
        "nothing\n"
        "  -e, --endpoint U with otlp: to this collector by OTLP/HTTP, as http://127.0.0.1:4318/v1/traces; "
        "headers\n"
        "                   are taken from OTEL_EXPORTER_OTLP_HEADERS. Needs libcurl\n"
        "  -o, --output F   into this file\n" FILTER_HELP "  -h, --help       this text\n"
        "\n"
        "exit status: 0; 64 wrong usage, 69 database not usable, or the collector refuses, 73 file not "
        "created,\n"
        "75 the collector cannot be reached\n"
        "\n"
        "example: headroom export --format csv --since 7d > week.csv\n"
        "         headroom export --format otlp --since 1h --endpoint http://127.0.0.1:4318\n",
    .run = run,
};
