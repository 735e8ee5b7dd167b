/* stats.c - `headroom stats`: what was sent and saved, with every figure's denominator. */
#include "stats.h"
#include "../core/headroom.h"
#include "cli.h"
#include "format.h"
#include "json.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct settings {
    struct json_tree *tree;
    cJSON *object;
    char mode[32], level[32];
    bool originals;
};

static int take_setting(void *arg, const char *name, const char *value, const char *origin, const char *env,
                        const char *error)
{
    struct settings *s = arg;

    (void)origin, (void)env, (void)error;
    if (s->tree != NULL)
        json_string(s->tree, s->object, name, value);
    if (value != NULL && strcmp(name, "mode") == 0)
        snprintf(s->mode, sizeof(s->mode), "%s", value);
    if (value != NULL && strcmp(name, "level") == 0)
        snprintf(s->level, sizeof(s->level), "%s", value);
    if (value != NULL && strcmp(name, "originals") == 0)
        s->originals = strcmp(value, "off") != 0;
    return 0;
}

/* What the settings in force let a new request have. Selection needs originals to be stored (law 5). */
static void add_transforms(struct json_tree *t, cJSON *o, const struct settings *s)
{
    bool works = strcmp(s->mode, "optimize") == 0 || strcmp(s->mode, "simulate") == 0;
    bool crush = works && strcmp(s->level, "crush") == 0;

    json_bool(t, o, "smart_crusher_enabled", crush && s->originals);
    json_bool(t, o, "minify_enabled", crush || (works && strcmp(s->level, "lossless") == 0));
}

static void build_json(struct json_tree *t, headroom *h, const headroom_stats *s)
{
    cJSON *o = json_object(t, NULL, NULL);
    struct settings settings = {.tree = t, .originals = true};
    int64_t saved = s->tokens_before - s->tokens_after;
    cJSON *part;

    part = json_object(t, o, "requests");
    json_int(t, part, "total", s->requests);
    json_int(t, part, "cached", 0);
    json_int(t, part, "rate_limited", 0);
    json_int(t, part, "failed", s->failed);
    part = json_object(t, o, "tokens");
    json_int(t, part, "input", s->tokens_before);
    json_int(t, part, "output", s->output_tokens);
    json_int(t, part, "saved", saved);
    json_percent(t, part, "savings_percent", saved, s->tokens_before);
    json_null(t, o, "cost");
    part = json_object(t, o, "cache");
    json_int(t, part, "entries", s->cache_entries);
    json_int(t, part, "total_hits", s->cache_hits);
    part = json_object(t, o, "session");
    json_int(t, part, "requests_total", s->session_requests);
    json_int(t, part, "tokens_saved_total", s->session_tokens_before - s->session_tokens_after);
    json_string(t, part, "program", s->session_requests > 0 ? s->session_program : NULL);
    if (s->session_requests > 0)
        json_int(t, part, "pid", s->session_pid);
    else
        json_null(t, part, "pid");
    settings.object = json_object(t, o, "config");
    headroom_each_setting(h, take_setting, &settings);
    add_transforms(t, json_object(t, o, "transforms"), &settings);
}

int stats_json(headroom *h, cJSON **out)
{
    struct json_tree t = {NULL, false};
    headroom_stats stats;
    int err = headroom_get_stats(h, &stats);

    *out = NULL;
    if (err < 0)
        return err;
    build_json(&t, h, &stats);
    if (!t.failed)
        *out = t.root;
    else
        cJSON_Delete(t.root);
    return t.failed ? -1 : 0;
}

static int print_json(headroom *h, const headroom_stats *s)
{
    struct json_tree t = {NULL, false};

    build_json(&t, h, s);
    return json_print(&t, true);
}

static void print_people(headroom *h, const headroom_stats *s)
{
    struct settings settings = {.tree = NULL};
    int64_t saved = s->tokens_before - s->tokens_after;
    char a[FORMAT_COUNT], b[FORMAT_COUNT], share[FORMAT_SHARE], program[64];

    headroom_each_setting(h, take_setting, &settings);
    printf("mode       %s, level %s\n", settings.mode, settings.level);
    printf("requests   %s, of them %s failed or without a response\n", format_count(a, s->requests),
           format_count(b, s->failed));
    printf("input      %s tokens that programs made, %s sent (estimated; a history counts each time it is "
           "sent)\n",
           format_count(a, s->tokens_before), format_count(b, s->tokens_after));
    printf("saved      %s tokens, %s of the %s that programs made (estimated, before cache discounts)\n",
           format_count(a, saved), format_share(share, saved, s->tokens_before),
           format_count(b, s->tokens_before));
    printf("output     %s tokens (as reported by the providers)\n", format_count(a, s->output_tokens));
    printf("decisions  %s stored, replayed %s times\n", format_count(a, s->cache_entries),
           format_count(b, s->cache_hits));
    if (s->session_requests > 0)
        printf("session    %s (pid %lld): %s requests, %s tokens saved (estimated)\n",
               format_word(program, sizeof(program), s->session_program), (long long)s->session_pid,
               format_count(a, s->session_requests),
               format_count(b, s->session_tokens_before - s->session_tokens_after));
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    headroom_stats stats;
    bool json = false;
    int option, err, code = EX_OK;
    headroom *h;

    while ((option = cli_option(self, argc, argv, ":jh", names)) != -1) {
        if (option != 'j')
            return cli_option_exit(option);
        json = true;
    }
    if (optind != argc)
        return cli_usage(self, "no argument is taken");
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "stats: no memory");
    err = headroom_get_stats(h, &stats);
    if (err < 0)
        code = cli_fail_core(self, h, err);
    else if (json)
        code = print_json(h, &stats);
    else
        print_people(h, &stats);
    headroom_close(h);
    return code;
}

const struct command command_stats = {
    .name = "stats",
    .summary = "requests, tokens and savings of all time",
    .help = "usage: headroom stats [--json]\n"
            "\n"
            "Prints what is recorded of all programs of this user. Input tokens are estimated and "
            "cumulative: a history\n"
            "that is sent again counts again. Output tokens are those that the providers reported.\n"
            "\n"
            "  -j, --json  one JSON object: requests tokens cost cache session config transforms. "
            "tokens.input is what\n"
            "              programs made, tokens.savings_percent the share of it that was not sent; cost is "
            "null;\n"
            "              cache.entries counts stored decisions, cache.total_hits replays of them; session "
            "is the\n"
            "              last process that made a request\n"
            "  -h, --help  this text\n"
            "\n"
            "exit status: 0, with zeros where nothing is recorded; 64 wrong usage, 69 database not usable\n"
            "\n"
            "example: headroom stats --json | jq .tokens.savings_percent\n",
    .run = run,
};
