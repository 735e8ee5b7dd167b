/* simulate.c - `headroom simulate`: what would leave in place of a request body. */
#include "simulate.h"
#include "../core/endpoints.h"
#include "../core/headroom.h"
#include "files.h"
#include "format.h"
#include "json.h"
#include "left_out.h"
#include "reason.h"
#include "result.h"
#include "sure.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* endpoints.add: "HOST/PATH DIALECT", several separated by ";". */
struct search {
    const char *host, *path;
    size_t path_len;
    char dialect[32];
};

static int match_added(void *arg, const char *name, const char *value, const char *origin, const char *env,
                       const char *error)
{
    struct search *s = arg;

    (void)origin, (void)env, (void)error;
    if (strcmp(name, "endpoints.add") != 0 || value == NULL)
        return 0;
    for (const char *row = value; *row != '\0' && s->dialect[0] == '\0';) {
        size_t host, path;

        row += strspn(row, " ;");
        host = strcspn(row, "/ ;");
        path = strcspn(row + host, " ;");
        if (row[host] == '/' && row[host + path] == ' ' && strlen(s->host) == host &&
            memcmp(s->host, row, host) == 0 && s->path_len == path &&
            memcmp(s->path, row + host, path) == 0) {
            const char *dialect = row + host + path + strspn(row + host + path, " ");

            snprintf(s->dialect, sizeof(s->dialect), "%.*s", (int)strcspn(dialect, " ;"), dialect);
        }
        row += strcspn(row, ";");
    }
    return 0;
}

/* dialect is the caller's memory for a name from endpoints.add. */
static headroom_head make_head(headroom *h, const struct simulate_options *o, struct search *s)
{
    const struct endpoint *row;
    headroom_head head = {.host = o->host == NULL ? "" : o->host, .path = o->path == NULL ? "" : o->path};

    head.host_len = strlen(head.host);
    head.path_len = strlen(head.path);
    for (int i = 0; i < HEADROOM_OVERRIDES; i++) {
        if (o->override[i] != NULL)
            head.override[i] = (headroom_span){o->override[i], strlen(o->override[i])};
    }
    if (o->path == NULL)
        return head;
    *s = (struct search){.host = head.host, .path = head.path, .path_len = strcspn(head.path, "?")};
    if ((row = endpoint_of(s->path, s->path_len)) != NULL) {
        head.dialect = row->dialect;
        head.count_only = row->count_only;
        return head;
    }
    headroom_each_setting(h, match_added, s);
    if (s->dialect[0] != '\0')
        head.dialect = s->dialect;
    else
        head.skip = "path";
    return head;
}

static int print_json(const headroom_request *r, const headroom_row *row)
{
    struct json_tree t = {NULL, false};
    cJSON *o = json_object(&t, NULL, NULL);
    int64_t saved = row->tokens_before - row->tokens_after;
    cJSON *part;

    json_string(&t, o, "mode", row->mode);
    json_string(&t, o, "dialect", row->dialect);
    json_string(&t, o, "model", row->model);
    json_string(&t, o, "skipped", row->skipped);
    json_int(&t, o, "elapsed_us", row->elapsed_us);
    part = json_object(&t, o, "tokens");
    json_int(&t, part, "before", row->tokens_before);
    json_int(&t, part, "after", row->tokens_after);
    json_int(&t, part, "saved", saved);
    json_percent(&t, part, "saved_percent", saved, row->tokens_before);
    json_bool(&t, part, "exact", row->exact);
    part = json_object(&t, o, "bytes");
    json_int(&t, part, "before", row->bytes_before);
    json_int(&t, part, "after", row->bytes_after);
    json_names(&t, o, "transforms", row->transforms);
    part = json_array(&t, o, "results");
    for (size_t i = 0; i < headroom_request_results(r); i++) {
        headroom_result result;

        if (headroom_request_result(r, i, &result) == 0)
            result_to_json(&t, json_object(&t, part, NULL), &result);
    }
    if (row->window != NULL)
        json_text(&t, o, "window", row->window);
    return json_print(&t, true);
}

static void print_skipped(const char *word)
{
    const struct reason *reason = reason_of(word);

    printf("skipped  %s%s%s\n", word, reason == NULL ? "" : ": ", reason == NULL ? "" : reason->text);
}

static void print_table(const headroom_request *r, const headroom_row *row)
{
    struct result_words words = {.n = 0};
    char dialect[32], model[64], before[FORMAT_COUNT], after[FORMAT_COUNT], saved[FORMAT_COUNT],
        share[FORMAT_SHARE];
    int64_t difference = row->tokens_before - row->tokens_after;
    char text[SURE_TEXT];
    const char *sure = sure_row(text, row);

    printf("dialect  %s, model %s, %s us\n", format_word(dialect, sizeof(dialect), row->dialect),
           format_word(model, sizeof(model), row->model), format_count(before, row->elapsed_us));
    if (row->skipped != NULL)
        print_skipped(row->skipped);
    printf("tokens   %s -> %s: %s saved, %s of the body as the program made it%s%s%s\n",
           format_count(before, row->tokens_before), format_count(after, row->tokens_after),
           format_count(saved, difference), format_share(share, difference, row->tokens_before),
           *sure == '\0' ? "" : " (", sure, *sure == '\0' ? "" : ")");
    printf("bytes    %s -> %s\n", format_count(before, row->bytes_before),
           format_count(after, row->bytes_after));
    left_out_print("window   ", row->window);
    if (headroom_request_results(r) == 0)
        return;
    putchar('\n');
    result_print_head("CALL");
    for (size_t i = 0; i < headroom_request_results(r); i++) {
        headroom_result result;
        char last[64];

        if (headroom_request_result(r, i, &result) != 0)
            continue;
        result_print_line(&result, format_word(last, sizeof(last), result.call_id));
        result_add_words(&words, &result);
    }
    result_print_words(&words);
}

headroom_request *simulate_body(const struct command *self, headroom *h, const struct simulate_options *o,
                                const headroom_bytes *in, const void **body, size_t *len, int *code)
{
    struct search added;
    headroom_head head = make_head(h, o, &added);
    headroom_request *r = headroom_request_new(h, &head, HEADROOM_OPTIMIZE);
    headroom_row row;

    *body = in->data;
    *len = in->len;
    if (r == NULL) {
        *code = cli_fail(EX_OSERR, "%s: no memory", self->name);
        return NULL;
    }
    headroom_request_row(r, &row);
    if (row.ignored != NULL) {
        *code = cli_fail(EX_USAGE, "%s: %s", self->name, row.ignored);
        headroom_request_drop(r);
        return NULL;
    }
    headroom_request_body(r, in->data, in->len, body, len);
    return r;
}

static int simulate(const struct command *self, headroom *h, const struct simulate_options *o,
                    const headroom_bytes *in)
{
    const void *body;
    size_t len;
    headroom_row row;
    int code = EX_OK;
    headroom_request *r = simulate_body(self, h, o, in, &body, &len, &code);

    if (r == NULL)
        return code;
    if (o->out != NULL)
        code = files_write(self, o->out, body, len);
    headroom_request_sent(r);
    headroom_request_row(r, &row);
    if (code == EX_OK && o->json)
        code = print_json(r, &row);
    else if (code == EX_OK && (o->out == NULL || strcmp(o->out, "-") != 0))
        print_table(r, &row);
    headroom_request_drop(r);
    return code;
}

static bool is_directory(const char *path)
{
    struct stat st;

    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"host", required_argument, NULL, 'H'},
        {"path", required_argument, NULL, 'P'},
        {"state", no_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {"level", required_argument, NULL, 'l'},
        {"tool-profiles", required_argument, NULL, 't'},
        {"keep-turns", required_argument, NULL, 'k'},
        {"output-buffer-tokens", required_argument, NULL, 'b'},
        {"bypass", no_argument, NULL, 'B'},
        {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct simulate_options o = {.state = false};
    headroom_bytes in;
    bool directory;
    headroom *h;
    int option, code;

    while ((option = cli_option(self, argc, argv, ":H:P:sjl:t:k:b:Bo:h", names)) != -1) {
        switch (option) {
        case 'H':
            o.host = optarg;
            break;
        case 'P':
            o.path = optarg;
            break;
        case 's':
            o.state = true;
            break;
        case 'j':
            o.json = true;
            break;
        case 'l':
            o.override[HEADROOM_OVERRIDE_LEVEL] = optarg;
            break;
        case 't':
            o.override[HEADROOM_OVERRIDE_TOOL_PROFILES] = optarg;
            break;
        case 'k':
            o.override[HEADROOM_OVERRIDE_KEEP_TURNS] = optarg;
            break;
        case 'b':
            o.override[HEADROOM_OVERRIDE_OUTPUT_BUFFER] = optarg;
            break;
        case 'B':
            o.override[HEADROOM_OVERRIDE_BYPASS] = "1";
            break;
        case 'o':
            o.out = optarg;
            break;
        default:
            return cli_option_exit(option);
        }
    }
    if (argc - optind != 1)
        return cli_usage(self, "exactly one FILE (or -) or DIRECTORY is needed");
    directory = is_directory(argv[optind]);
    if (directory && (o.out != NULL || o.host != NULL))
        return cli_usage(self, "--output and --host belong to one FILE");
    if (o.json && o.out != NULL && strcmp(o.out, "-") == 0)
        return cli_usage(self, "--json and '-o -' would share standard output");
    if (directory)
        return simulate_directory(self, &o, argv[optind]);
    code = files_read(self, argv[optind], &in);
    if (code != EX_OK)
        return code;
    h = headroom_open(HEADROOM_NO_DEADLINE | (o.state ? 0u : HEADROOM_NO_STATE));
    code = h == NULL ? cli_fail(EX_OSERR, "simulate: no memory") : simulate(self, h, &o, &in);
    headroom_close(h);
    free(in.data);
    return code;
}

const struct command command_simulate = {
    .name = "simulate",
    .summary = "show what would be sent in place of a request body",
    .help = "usage: headroom simulate [OPTION..] FILE|-\n"
            "       headroom simulate [OPTION..] DIRECTORY\n"
            "\n"
            "Reads the body of an LLM request and reports what mode optimize would send in its place. Stores "
            "nothing\n"
            "and sends nothing. Of a directory, each file of which is a body or a capture ('headroom "
            "capture'), the sums:\n"
            "bodies in the order of names, each after those before it, as in a conversation that goes on, "
            "without\n"
            "--state in a state of their own that is removed behind.\n"
            "\n"
            "  -H, --host H     judge it as a request to this host\n"
            "  -P, --path P     judge it as a request to this path, for example /v1/messages; a path on "
            "which the\n"
            "                   library does not work gives 'skipped path'. Without it the body tells its "
            "dialect\n"
            "  -s, --state      replay stored decisions, take and store new ones, as a real request would\n"
            "  -j, --json       one JSON object: mode dialect model skipped elapsed_us tokens bytes "
            "transforms results\n"
            "  -o, --output OUT write the very bytes that would be sent, also where nothing changes; '-o -' "
            "prints\n"
            "                   them in place of the report\n"
            "  -l, --level L, -t, --tool-profiles P, -k, --keep-turns N, -b, --output-buffer-tokens N, -B, "
            "--bypass\n"
            "                   as if the request said so in its lines X-Headroom-Level, -Tool-Profiles and "
            "so on;\n"
            "                   P is '{\"search\": {\"max_items\": 50}}' or 'search = max_items:50; web_* = "
            "skip'\n"
            "  -h, --help       this text\n"
            "\n"
            "exit status: 0 also where nothing is changed; 64 wrong usage, 66 no such file, 73 or 74 OUT not "
            "written\n"
            "\n"
            "example: headroom simulate --path /v1/chat/completions -o sent.json body.json\n"
            "         headroom simulate --level lossless ~/.local/state/headroom/captures\n",
    .run = run,
};
