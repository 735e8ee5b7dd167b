/* show.c - `headroom show`: what was rewritten, one rewritten result with its original, or one request. */
#include "../core/headroom.h"
#include "cli.h"
#include "format.h"
#include "json.h"
#include "left_out.h"
#include "operand.h"
#include "result.h"
#include "row.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum part { PART_ALL, PART_ORIGINAL, PART_SENT, PART_REQUEST, PART_RESPONSE };

struct options {
    bool json;
    enum part part;
    size_t limit;
};

/* ------------------------------------------------------------------ recent results */
struct listing {
    struct json_tree *tree;
    cJSON *array; /* NULL: for people */
    size_t lines;
    int64_t now_us;
};

static int list_result(void *arg, const headroom_result *r, int64_t created_us)
{
    struct listing *l = arg;
    char time[FORMAT_TIME], age[FORMAT_AGE];

    if (l->tree != NULL) {
        cJSON *o = json_object(l->tree, l->array, NULL);

        result_to_json(l->tree, o, r);
        json_string(l->tree, o, "time", format_time(time, created_us));
    } else {
        if (l->lines == 0)
            result_print_head("AGE");
        result_print_line(r, format_age(age, created_us, l->now_us));
    }
    l->lines++;
    return 0;
}

static int show_recent(const struct command *self, headroom *h, const struct options *o)
{
    struct json_tree t = {NULL, false};
    struct listing l = {.now_us = format_now_us()};
    int err;

    if (o->json) {
        l.tree = &t;
        l.array = json_array(&t, NULL, NULL);
    }
    err = headroom_each_result(h, o->limit, list_result, &l);
    if (err < 0) {
        cJSON_Delete(t.root);
        return cli_fail_core(self, h, err);
    }
    if (o->json)
        return json_print(&t, true);
    if (l.lines == 0)
        puts("Nothing was rewritten yet.");
    return EX_OK;
}

/* ------------------------------------------------------------------ one result */
static int print_result_json(const headroom_result *r, const headroom_bytes *original,
                             const headroom_bytes *sent)
{
    struct json_tree t = {NULL, false};
    cJSON *o = json_object(&t, NULL, NULL);

    result_to_json(&t, o, r);
    json_string(&t, o, "original", original->data);
    json_string(&t, o, "sent", sent->data);
    return json_print(&t, true);
}

static int print_part(const headroom_bytes *text, const char *what, const char *id)
{
    if (text->data == NULL)
        return cli_fail(EX_UNAVAILABLE, "show: %s: the %s is not stored, or no longer", id, what);
    fwrite(text->data, 1, text->len, stdout);
    return EX_OK;
}

static int show_result(const struct command *self, headroom *h, const struct options *o, const char *id)
{
    headroom_bytes original = {NULL, 0}, sent = {NULL, 0};
    headroom_result info;
    int code = EX_OK;
    int err;

    memset(&info, 0, sizeof(info));
    /* Asked for one by one: an original that is gone must not hide what else is known. */
    err = headroom_get_original(h, id, &info, NULL, &sent);
    if (err < 0 && headroom_store_reason(h) != NULL)
        return cli_fail_core(self, h, err);
    if (err < 0)
        return cli_fail(EX_NOINPUT, "show: %s: %s; 'headroom show' lists what is there", id,
                        headroom_strerror(err));
    headroom_get_original(h, id, NULL, &original, NULL);
    if (o->part == PART_ORIGINAL)
        code = print_part(&original, "original", id);
    else if (o->part == PART_SENT)
        code = print_part(&sent, "replacement", id);
    else if (o->json)
        code = print_result_json(&info, &original, &sent);
    else
        result_print_whole(&info, &original);
    headroom_free(original.data);
    headroom_free(sent.data);
    return code;
}

/* ------------------------------------------------------------------ one request */
struct finding {
    headroom *h;
    int64_t id;
    const struct options *options;
    bool found;
    int code;
};

static int print_body(headroom *h, const headroom_row *row, enum part part)
{
    enum headroom_capture_part which = part == PART_ORIGINAL   ? HEADROOM_CAPTURE_MADE
                                       : part == PART_RESPONSE ? HEADROOM_CAPTURE_RESPONSE
                                                               : HEADROOM_CAPTURE_SENT;
    headroom_bytes body;
    bool cut = false;
    int got = headroom_get_capture(h, row->time_us, row->pid, which, &body, &cut);

    if (got < 0)
        return cli_fail(EX_DATAERR, "show: request %lld: its capture: %s", (long long)row->id,
                        headroom_strerror(got));
    if (got == 0)
        return cli_fail(EX_UNAVAILABLE,
                        "show: the %s of request %lld was not captured, or is no longer kept; 'headroom "
                        "capture on' stores those to come",
                        which == HEADROOM_CAPTURE_RESPONSE ? "response" : "body", (long long)row->id);
    result_print_text(&body);
    headroom_free(body.data);
    if (cut)
        return cli_fail(EX_DATAERR, "show: the response was longer; this is its beginning");
    return EX_OK;
}

static int print_request(void *arg, const headroom_row *row)
{
    struct finding *f = arg;

    if (row->id != f->id)
        return 1;
    f->found = true;
    if (f->options->part != PART_ALL) {
        f->code = print_body(f->h, row, f->options->part);
        return 1;
    }
    if (f->options->json) {
        struct json_tree t = {NULL, false};
        cJSON *o = row_to_json(&t, NULL, NULL, row);

        json_text(&t, o, "results", row->results_json);
        f->code = json_print(&t, true);
        return 1;
    }
    row_print_line(row);
    printf("%lu tool results, of them %lu rewritten (%lu by replay)\n", (unsigned long)row->results,
           (unsigned long)row->rewritten, (unsigned long)row->replayed);
    left_out_print("window: ", row->window);
    row_print_results(row);
    return 1;
}

static int show_request(const struct command *self, headroom *h, const struct options *o, const char *number)
{
    struct finding f = {.h = h, .id = strtoll(number, NULL, 10), .options = o};
    int err = headroom_each_request(h, f.id - 1, print_request, &f);

    if (err < 0)
        return cli_fail_core(self, h, err);
    if (!f.found)
        return cli_fail(EX_NOINPUT, "show: there is no request %s; 'headroom log' lists them", number);
    return f.code;
}

/* ------------------------------------------------------------------ the command */
static int show(const struct command *self, const struct options *o, const char *word)
{
    headroom *h;
    char id[21];
    int code;

    if (word != NULL && !operand_is_number(word) && !operand_read_id(word, id))
        return cli_usage(self, "an id has 20 hex digits, a request is a number");
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "show: no memory");
    if (word == NULL)
        code = show_recent(self, h, o);
    else if (operand_is_number(word))
        code = show_request(self, h, o, word);
    else
        code = show_result(self, h, o, id);
    headroom_close(h);
    return code;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"json", no_argument, NULL, 'j'},     {"original", no_argument, NULL, 'o'},
        {"sent", no_argument, NULL, 's'},     {"request", no_argument, NULL, 'r'},
        {"response", no_argument, NULL, 'R'}, {"number", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},     {NULL, 0, NULL, 0},
    };
    struct options o = {.limit = 20};
    const char *word;
    int option;

    while ((option = cli_option(self, argc, argv, ":josrRn:h", names)) != -1) {
        switch (option) {
        case 'j':
            o.json = true;
            break;
        case 'o':
            o.part = PART_ORIGINAL;
            break;
        case 's':
            o.part = PART_SENT;
            break;
        case 'r':
            o.part = PART_REQUEST;
            break;
        case 'R':
            o.part = PART_RESPONSE;
            break;
        case 'n':
            if (!operand_is_number(optarg))
                return cli_usage(self, "-n takes a whole number");
            o.limit = (size_t)strtoull(optarg, NULL, 10);
            break;
        default:
            return cli_option_exit(option);
        }
    }
    if (argc - optind > 1)
        return cli_usage(self, "at most one id or request is taken");
    word = argv[optind];
    if (o.part != PART_ALL && word == NULL)
        return cli_usage(self, "a part needs the id of a result or the number of a request");
    if ((o.part == PART_REQUEST || o.part == PART_RESPONSE) && !operand_is_number(word))
        return cli_usage(self, "--request and --response need the number of a request");
    return show(self, &o, word);
}

const struct command command_show = {
    .name = "show",
    .summary = "what was rewritten; the original of a result; one request",
    .help =
        "usage: headroom show [-n N] [--json]\n"
        "       headroom show ID [--original | --sent | --json]\n"
        "       headroom show NUMBER [--request | --response | --original | --json]\n"
        "\n"
        "Without an argument: the results that were rewritten last, newest first. With the ID of a "
        "result (20 hex\n"
        "digits, as notes in rewritten results name it): what is known of it, then its original text. "
        "With the\n"
        "NUMBER of a request ('headroom log' prints it): that request and its tool results; its bodies "
        "where they\n"
        "were captured ('headroom capture').\n"
        "\n"
        "  -o, --original   the bytes of the original alone; of a request the body as the program made "
        "it\n"
        "  -s, --sent       the bytes of what was sent in its place alone\n"
        "  -r, --request    of a request the body as it was sent (as --sent), without its content coding\n"
        "  -R, --response   the body of its response\n"
        "  -n, --number N   list the last N results (20)\n"
        "  -j, --json       JSON: an array of results; an object with original and sent; an object with "
        "results\n"
        "  -h, --help       this text\n"
        "\n"
        "exit status: 0; 64 wrong usage, 66 no such result or request, 69 not stored, or database not "
        "usable\n"
        "\n"
        "example: headroom show 0123456789abcdef0123 --original | jq length\n",
    .run = run,
};
