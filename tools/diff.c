/* diff.c - `headroom diff`: what was sent in place of a result, beside the original. */
#include "../core/headroom.h"
#include "cells.h"
#include "cli.h"
#include "diff_view.h"
#include "format.h"
#include "json.h"
#include "operand.h"
#include "result.h"
#include "row.h"
#include "sure.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTEXT = 3, MOST_CONTEXT = 100000, LEAST_WIDTH = 30, MOST_WIDTH = 1000 };

struct options {
    bool json, raw, unified, columns;
    size_t width; /* 0: the terminal's */
    struct diff_style style;
};

/* ------------------------------------------------------------------ one result */
/* How what was sent is compared. */
struct form {
    bool read_back; /* from its lossless form */
    bool whole;     /* and so it is the original */
};

static void print_head(const headroom_result *r, const struct comparison *c, const struct form *form)
{
    char call[80], tool[80], kind[32], what[32], before[FORMAT_COUNT], after[FORMAT_COUNT], sure[SURE_TEXT];

    printf("result %s: tool %s, call %s; %s by %s", r->id, format_word(tool, sizeof(tool), r->tool),
           format_word(call, sizeof(call), r->call_id), format_word(kind, sizeof(kind), r->kind),
           format_word(what, sizeof(what), r->transform));
    if (r->of > 0)
        printf(", %lu of %lu %s kept", (unsigned long)r->kept, (unsigned long)r->of, result_unit(r));
    printf("; %s -> %s tokens (%s)\n", format_count(before, r->tokens_before),
           format_count(after, r->tokens_after), sure_result(sure, r));
    result_print_why(r);
    if (form->read_back)
        puts("form      read back to what it says; --raw shows it as it was sent");
    if (form->whole)
        puts("It reads back as the original, byte for byte.");
    else if (c->gone + c->fresh == 0)
        puts(c->json ? "Every element is the same; only white space between them differs."
                     : "Every line is the same.");
}

static void print_comparison(const headroom_result *r, const struct comparison *c, const struct form *form,
                             const struct options *o)
{
    print_head(r, c, form);
    if (c->gone + c->fresh == 0)
        return;
    if (o->columns)
        diff_print_columns(c, &o->style);
    else
        diff_print_unified(c, r->id, &o->style);
}

static void result_to_tree(struct json_tree *t, cJSON *o, const headroom_result *r)
{
    json_string(t, o, "id", r->id);
    json_string(t, o, "tool", r->tool);
    json_string(t, o, "call_id", r->call_id);
    json_string(t, o, "kind", r->kind);
    json_string(t, o, "transform", r->transform);
    json_int(t, o, "tokens_before", r->tokens_before);
    json_int(t, o, "tokens_after", r->tokens_after);
    json_int(t, o, "kept", r->kept);
    json_int(t, o, "of", r->of);
}

static int show_difference(const headroom_result *r, const headroom_bytes *original,
                           const headroom_bytes *sent, const struct options *o, struct json_tree *t,
                           cJSON *object)
{
    struct comparison c;
    struct form form = {false, false};
    headroom_bytes plain = {NULL, 0};
    int read = o->raw ? 0 : headroom_read_back(sent->data, sent->len, &plain);
    bool compared = read >= 0 && diff_compare(original, read == 1 ? &plain : sent, o->raw, &c);

    form.read_back = read == 1;
    form.whole =
        form.read_back && plain.len == original->len && memcmp(plain.data, original->data, plain.len) == 0;
    headroom_free(plain.data);
    if (!compared)
        return cli_fail(EX_OSERR, "diff: %s: no memory", r->id);
    if (o->json) {
        result_to_tree(t, object, r);
        json_bool(t, object, "read_back", form.read_back);
        diff_to_json(t, object, &c, o->style.context);
    } else {
        print_comparison(r, &c, &form, o);
    }
    diff_free(&c);
    return EX_OK;
}

static int diff_result(const struct command *self, headroom *h, const struct options *o, const char *id,
                       struct json_tree *t, cJSON *object)
{
    headroom_bytes original = {NULL, 0}, sent = {NULL, 0};
    headroom_result info;
    int code, err;

    memset(&info, 0, sizeof(info));
    err = headroom_get_original(h, id, &info, NULL, &sent);
    if (err < 0 && headroom_store_reason(h) != NULL)
        return cli_fail_core(self, h, err);
    if (err < 0)
        return cli_fail(EX_NOINPUT, "diff: %s: %s; 'headroom show' lists what is there", id,
                        headroom_strerror(err));
    if (info.transform == NULL) {
        code =
            cli_fail(EX_NOINPUT, "diff: %s: this result was sent as it was; there is nothing to compare", id);
    } else if (headroom_get_original(h, id, NULL, &original, NULL) < 0) {
        if (o->json) { /* among the results of a request it still has its place */
            result_to_tree(t, object, &info);
            json_null(t, object, "hunks");
        }
        code = cli_fail(EX_UNAVAILABLE,
                        "diff: %s: the original is not stored, or no longer (originals = off, its age, or "
                        "'headroom purge'); 'headroom show %s --sent' prints what was sent",
                        id, id);
    } else {
        code = show_difference(&info, &original, &sent, o, t, object);
    }
    headroom_free(original.data);
    headroom_free(sent.data);
    return code;
}

/* ------------------------------------------------------------------ the results of one request */
struct finding {
    bool json;
    int64_t number;
    cJSON *results; /* of the record, as `show` prints it; owned */
    bool found;
};

static int find_request(void *arg, const headroom_row *row)
{
    struct finding *f = arg;

    if (row->id == f->number) {
        f->found = true;
        f->results = row->results_json == NULL ? NULL : cJSON_Parse(row->results_json);
        if (!f->json)
            row_print_usage(row);
    }
    return 1;
}

static int diff_each(const struct command *self, headroom *h, const struct options *o, const cJSON *results,
                     struct json_tree *t, cJSON *list)
{
    const cJSON *item;
    size_t shown = 0;
    int code = EX_OK;

    cJSON_ArrayForEach(item, results)
    {
        const char *word = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "id"));
        char id[21];
        int one;

        if (word == NULL || !operand_read_id(word, id))
            continue;
        if (shown++ > 0 && !o->json)
            putchar('\n');
        one = diff_result(self, h, o, id, t, o->json ? json_object(t, list, NULL) : NULL);
        if (code == EX_OK)
            code = one;
    }
    if (shown == 0 && !o->json)
        puts("No result of this request was rewritten.");
    return code;
}

static int diff_request(const struct command *self, headroom *h, const struct options *o, const char *number)
{
    struct finding f = {.number = strtoll(number, NULL, 10), .json = o->json};
    struct json_tree t = {NULL, false};
    cJSON *root = NULL;
    int code, printed;
    int err = headroom_each_request(h, f.number - 1, find_request, &f);

    if (err < 0)
        return cli_fail_core(self, h, err);
    if (!f.found)
        return cli_fail(EX_NOINPUT, "diff: there is no request %s; 'headroom log' lists them", number);
    if (o->json)
        root = json_array(&t, NULL, NULL);
    code = diff_each(self, h, o, f.results, &t, root);
    cJSON_Delete(f.results);
    printed = o->json ? json_print(&t, true) : EX_OK;
    return code == EX_OK ? printed : code;
}

/* ------------------------------------------------------------------ the command */
static int diff(const struct command *self, const struct options *o, const char *word)
{
    char id[21];
    headroom *h;
    int code;

    if (!operand_is_number(word) && !operand_read_id(word, id))
        return cli_usage(self, "an id has 20 hex digits, a request is a number");
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "diff: no memory");
    if (operand_is_number(word)) {
        code = diff_request(self, h, o, word);
    } else {
        struct json_tree t = {NULL, false};
        cJSON *root = o->json ? json_object(&t, NULL, NULL) : NULL;

        code = diff_result(self, h, o, id, &t, root);
        if (o->json && code == EX_OK)
            code = json_print(&t, true);
        else
            cJSON_Delete(t.root);
    }
    headroom_close(h);
    return code;
}

/* A pipe gets lines for programs, a terminal columns for people; colour only a terminal that can show it. */
static void choose_style(struct options *o)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool terminal = isatty(STDOUT_FILENO) == 1;

    o->columns = o->columns || (terminal && !o->unified);
    o->style.safe = terminal;
    o->style.color =
        terminal && (no_color == NULL || *no_color == '\0') && term != NULL && strcmp(term, "dumb") != 0;
    o->style.columns = o->width > 0 ? (unsigned)o->width : cells_columns();
}

static bool read_size(const char *text, size_t least, size_t most, size_t *out)
{
    if (!operand_is_number(text))
        return false;
    *out = (size_t)strtoull(text, NULL, 10);
    return *out >= least && *out <= most;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"unified", no_argument, NULL, 'u'},     {"side-by-side", no_argument, NULL, 'y'},
        {"width", required_argument, NULL, 'w'}, {"context", required_argument, NULL, 'c'},
        {"raw", no_argument, NULL, 'r'},         {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0},
    };
    struct options o = {.style.context = CONTEXT};
    int option;

    while ((option = cli_option(self, argc, argv, ":uyw:c:rjh", names)) != -1) {
        switch (option) {
        case 'u':
            o.unified = true;
            break;
        case 'y':
            o.columns = true;
            break;
        case 'w':
            if (!read_size(optarg, LEAST_WIDTH, MOST_WIDTH, &o.width))
                return cli_usage(self, "--width takes a number from 30 to 1000");
            break;
        case 'c':
            if (!read_size(optarg, 0, MOST_CONTEXT, &o.style.context))
                return cli_usage(self, "--context takes a number up to 100000");
            break;
        case 'r':
            o.raw = true;
            break;
        case 'j':
            o.json = true;
            break;
        default:
            return cli_option_exit(option);
        }
    }
    if (argc - optind != 1)
        return cli_usage(self, "exactly one id or number of a request is needed");
    if (o.unified + o.columns + o.json > 1)
        return cli_usage(self, "--unified, --side-by-side and --json exclude each other");
    choose_style(&o);
    return diff(self, &o, argv[optind]);
}

const struct command command_diff = {
    .name = "diff",
    .summary = "what was sent in place of a result, beside the original",
    .help =
        "usage: headroom diff ID [--unified | --side-by-side | --json] [--context N] [--width N] [--raw]\n"
        "       headroom diff NUMBER [..]\n"
        "\n"
        "Compares the original of a rewritten result (its ID has 20 hex digits) with what was sent in its\n"
        "place; with the NUMBER of a request, all its rewritten results. Text that was put into a lossless\n"
        "form is read back from it before. JSON is compared element by\n"
        "element: each gets a line, white space and commas between elements left out. In a terminal the two\n"
        "stand side by side ('<' gone, '>' new, '|' another line); a pipe gets the lines of diff -u.\n"
        "\n"
        "  -u, --unified       lines as a pipe gets them\n"
        "  -y, --side-by-side  two columns, also in a pipe\n"
        "  -c, --context N     show N unchanged lines around a change (3)\n"
        "  -w, --width N       width of both columns together (that of the terminal)\n"
        "  -r, --raw           compare line by line, as it was sent: JSON too, and forms not read back\n"
        "  -j, --json          an object (of a request: an array of them): id, tool, call_id, kind, "
        "transform,\n"
        "                      tokens_before, tokens_after, kept, of, read_back, view, original_lines,\n"
        "                      sent_lines, gone, fresh, hunks\n"
        "  -h, --help          this text\n"
        "\n"
        "exit status: 0; 64 wrong usage, 66 no such result or request, 69 the original is not stored, or\n"
        "database not usable\n"
        "\n"
        "example: headroom diff 0123456789abcdef0123 | grep '^-'\n",
    .run = run,
};
