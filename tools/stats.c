/* stats.c - `headroom stats`: what was sent and saved, with every figure's denominator. */
#include "stats.h"
#include "../core/headroom.h"
#include "cli.h"
#include "format.h"
#include "groups.h"
#include "json.h"
#include "older.h"
#include "span.h"
#include "sure.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Everything that one answer is made of. */
struct figures_of {
    struct span span;
    headroom_stats stats; /* of all time, whatever the span */
    headroom_totals sums; /* of the span */
};

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

static int read_figures(headroom *h, const struct span *span, struct figures_of *f)
{
    struct groups all;
    int err = headroom_get_stats(h, &f->stats);

    f->span = *span;
    if (err < 0)
        return err;
    err = groups_read(h, HEADROOM_BY_NOTHING, span, NULL, &all);
    f->sums = all.all;
    groups_free(&all);
    return err;
}

/* ------------------------------------------------------------------ JSON */
/* What the settings in force let a new request have. Selection needs originals to be stored (law 5). */
static void add_transforms(struct json_tree *t, cJSON *o, const struct settings *s)
{
    bool works = strcmp(s->mode, "optimize") == 0 || strcmp(s->mode, "simulate") == 0;
    bool crush = works && strcmp(s->level, "crush") == 0;

    json_bool(t, o, "smart_crusher_enabled", crush && s->originals);
    json_bool(t, o, "minify_enabled", crush || (works && strcmp(s->level, "lossless") == 0));
}

static void add_session(struct json_tree *t, cJSON *o, const headroom_stats *s)
{
    json_int(t, o, "requests_total", s->session_requests);
    json_int(t, o, "tokens_saved_total", s->session_tokens_before - s->session_tokens_after);
    json_string(t, o, "program", s->session_requests > 0 ? s->session_program : NULL);
    if (s->session_requests > 0)
        json_int(t, o, "pid", s->session_pid);
    else
        json_null(t, o, "pid");
}

static void build_json(struct json_tree *t, headroom *h, const struct figures_of *f)
{
    cJSON *o = json_object(t, NULL, NULL);
    struct settings settings = {.tree = t, .originals = true};
    const headroom_totals *s = &f->sums;
    int64_t saved = s->tokens_before - s->tokens_after;
    cJSON *part;

    part = json_object(t, o, "requests");
    json_int(t, part, "total", s->requests);
    json_int(t, part, "cached", 0);
    json_int(t, part, "rate_limited", 0);
    json_int(t, part, "failed", s->failed);
    if (older_left(h) > 0)
        json_int(t, part, "unsummed", older_left(h));
    part = json_object(t, o, "tokens");
    json_int(t, part, "input", s->tokens_before);
    json_int(t, part, "output", s->output);
    json_int(t, part, "saved", saved);
    json_percent(t, part, "savings_percent", saved, s->tokens_before);
    if (s->priced == 0) {
        json_null(t, o, "cost");
    } else {
        part = json_object(t, o, "cost");
        json_usd(t, part, "total_cost_usd", s->cost);
        json_usd(t, part, "total_savings_usd", s->saved);
    }
    part = json_object(t, o, "cache");
    json_int(t, part, "entries", f->stats.cache_entries);
    json_int(t, part, "total_hits", s->replayed);
    add_session(t, json_object(t, o, "session"), &f->stats);
    settings.object = json_object(t, o, "config");
    headroom_each_setting(h, take_setting, &settings);
    add_transforms(t, json_object(t, o, "transforms"), &settings);
    groups_add_counts(t, o, s);
}

int stats_json(headroom *h, cJSON **out)
{
    struct json_tree t = {NULL, false};
    const struct span all = SPAN_ALL;
    struct figures_of f;
    int err = read_figures(h, &all, &f);

    *out = NULL;
    if (err < 0)
        return err;
    build_json(&t, h, &f);
    if (t.failed)
        cJSON_Delete(t.root);
    else
        *out = t.root;
    return t.failed ? -1 : 0;
}

static int print_json(headroom *h, const struct figures_of *f)
{
    struct json_tree t = {NULL, false};

    build_json(&t, h, f);
    return json_print(&t, true);
}

/* ------------------------------------------------------------------ for people */
static void print_span(const struct span *span)
{
    char from[FORMAT_TIME], to[FORMAT_TIME];

    if (span->given)
        printf("span       %s%s%s%s\n", span->from_us > 0 ? "since " : "from the beginning",
               span->from_us > 0 ? format_time(from, span->from_us) : "",
               span->to_us < INT64_MAX ? ", until " : "",
               span->to_us < INT64_MAX ? format_time(to, span->to_us) : "");
}

static void print_tokens(const headroom_totals *s)
{
    int64_t saved = s->tokens_before - s->tokens_after, unique = s->unique_before - s->unique_after;
    char a[FORMAT_COUNT], b[FORMAT_COUNT], c[FORMAT_COUNT], share[FORMAT_SHARE], text[SURE_TEXT],
        error[SURE_TEXT];
    const char *sure = sure_sums(text, s);

    printf("requests   %s, of them %s failed or without a response, %s with results rewritten\n",
           format_count(a, s->requests), format_count(b, s->failed), format_count(c, s->touched));
    printf("input      %s tokens that programs made, %s sent (%s; a history counts each time it is "
           "sent)\n",
           format_count(a, s->tokens_before), format_count(b, s->tokens_after), sure);
    printf("saved      %s tokens, %s of the %s that programs made (%s, before cache discounts; requests "
           "with nothing saved count)\n",
           format_count(a, saved), format_share(share, saved, s->tokens_before),
           format_count(b, s->tokens_before), sure);
    if (*sure_error(error, s) != '\0')
        printf("estimates  %s\n", sure_error(error, s));
    printf("unique     %s tokens, %s of the %s of rewritten results, each counted once\n",
           format_count(a, unique), format_share(share, unique, s->unique_before),
           format_count(b, s->unique_before));
}

static void print_reported(const headroom_totals *s)
{
    char a[FORMAT_COUNT], b[FORMAT_COUNT], c[FORMAT_COUNT], d[FORMAT_COUNT], share[FORMAT_SHARE];

    printf("output     %s tokens (as reported by the providers)\n", format_count(a, s->output));
    if (s->reported == 0)
        return;
    printf("reported   %s input tokens in %s of %s requests; the providers' caches gave %s of them, %s\n",
           format_count(a, s->input), format_count(b, s->reported), format_count(c, s->requests),
           format_share(share, s->cached, s->input), format_count(d, s->cached));
    if (s->cache_written > 0)
        printf("           and %s of them were written to caches\n", format_count(d, s->cache_written));
}

static void print_money(const headroom_totals *s)
{
    char cost[FORMAT_USD], saved[FORMAT_USD], would[FORMAT_USD], share[FORMAT_SHARE], n[FORMAT_COUNT],
        of[FORMAT_COUNT];

    if (s->priced == 0) {
        if (s->requests > 0)
            printf("cost       unknown: none of %s requests has a price\n", format_count(of, s->requests));
        return;
    }
    printf("cost       %s for %s of %s requests, those that have a price\n", format_usd(cost, s->cost),
           format_count(n, s->priced), format_count(of, s->requests));
    printf("net        %s saved, %s of the %s that these would have cost (cache effects included)\n",
           format_usd(saved, s->saved), format_share(share, s->saved, s->cost + s->saved),
           format_usd(would, s->cost + s->saved));
}

/* Our counts against the providers', where enough requests tell. */
static int print_family(void *arg, const char *name, double factor, double error_percent, int64_t requests)
{
    enum { MOST_PERCENT = 5 }; /* beyond it the figures above are said to be rough */
    char n[FORMAT_COUNT];

    (void)arg;
    printf("counts     %s: providers count %.2f times our vocabulary; new estimates are multiplied by that, "
           "and off by "
           "%.1f %% on average (%s requests)%s\n",
           name, factor, error_percent, format_count(n, requests),
           error_percent > MOST_PERCENT ? "; more than 5 %: take its tokens as rough" : "");
    return 0;
}

static void print_people(headroom *h, const struct figures_of *f)
{
    struct settings settings = {.tree = NULL};
    const headroom_stats *s = &f->stats;
    char a[FORMAT_COUNT], b[FORMAT_COUNT], program[64], older[OLDER_NOTE];

    headroom_each_setting(h, take_setting, &settings);
    printf("mode       %s, level %s\n", settings.mode, settings.level);
    print_span(&f->span);
    if (older_note(h, older) != NULL)
        printf("missing    %s\n", older);
    print_tokens(&f->sums);
    print_reported(&f->sums);
    print_money(&f->sums);
    headroom_each_family(h, print_family, NULL);
    printf("decisions  %s stored, replayed %s times\n", format_count(a, s->cache_entries),
           format_count(b, f->sums.replayed));
    if (s->session_requests > 0)
        printf("session    %s (pid %lld): %s requests, %s tokens saved (by our count)\n",
               format_word(program, sizeof(program), s->session_program), (long long)s->session_pid,
               format_count(a, s->session_requests),
               format_count(b, s->session_tokens_before - s->session_tokens_after));
}

/* ------------------------------------------------------------------ the command */
static int print_groups(const struct command *self, headroom *h, enum headroom_by by, const struct span *span,
                        bool json)
{
    struct groups g;
    char older[OLDER_NOTE];
    int err = groups_read(h, by, span, NULL, &g), code = EX_OK;

    if (err < 0)
        code = cli_fail_core(self, h, err);
    else if (json)
        code = groups_print_json(&g);
    else
        groups_print_table(&g);
    if (err == 0 && older_note(h, older) != NULL)
        fprintf(stderr, "headroom: stats: %s\n", older);
    groups_free(&g);
    return code;
}

static int print_all(const struct command *self, headroom *h, const struct span *span, bool json)
{
    struct figures_of f;
    int err = read_figures(h, span, &f);

    if (err < 0)
        return cli_fail_core(self, h, err);
    if (json)
        return print_json(h, &f);
    print_people(h, &f);
    return EX_OK;
}

static int run(const struct command *self, int argc, char **argv)
{
    static const struct option names[] = {
        SPAN_OPTIONS,
        {"by", required_argument, NULL, 'b'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    enum headroom_by by = HEADROOM_BY_NOTHING;
    struct span span = SPAN_ALL;
    bool json = false;
    int option, code;
    headroom *h;

    while ((option = cli_option(self, argc, argv, ":b:jh", names)) != -1) {
        int taken = span_take(self, option, &span);

        if (taken < 0)
            return EX_USAGE;
        if (taken == 0 && option != 'b' && option != 'j')
            return cli_option_exit(option);
        json |= option == 'j';
        if (option == 'b' && !groups_read_by(optarg, &by))
            return cli_usage(self, "--by takes " GROUPS_WORDS);
    }
    if (optind != argc)
        return cli_usage(self, "no argument is taken");
    h = headroom_open(HEADROOM_READ_ONLY);
    if (h == NULL)
        return cli_fail(EX_OSERR, "stats: no memory");
    older_sum(h);
    code =
        by == HEADROOM_BY_NOTHING ? print_all(self, h, &span, json) : print_groups(self, h, by, &span, json);
    headroom_close(h);
    return code;
}

const struct command command_stats = {
    .name = "stats",
    .summary = "requests, tokens, money and savings, of all time or a span",
    .help =
        "usage: headroom stats [--today | --week | --since T] [--until T] [--by WHAT] [--json]\n"
        "\n"
        "Prints what is recorded of all programs of this user. Input tokens are counted by us, exactly for\n"
        "OpenAI's models and else estimated, with the error that providers' own counts show, and cumulative: "
        "a\n"
        "history that is sent again counts again; 'unique' counts each rewritten result once. Output "
        "tokens and what\n"
        "caches gave are those that the providers reported, money is of the requests whose model has a "
        "price. Net\n"
        "savings are those that are left behind what rewriting cost in the providers' caches.\n"
        "\n" SPAN_HELP "      --by WHAT     a table by " GROUPS_WORDS "\n"
        "  -j, --json        one JSON object: requests tokens cost cache session config transforms counts.\n"
        "                    tokens.input is what programs made, tokens.savings_percent the share of it that "
        "was\n"
        "                    not sent; cost is\n"
        "                    null while nothing has a price; cache.entries counts stored decisions, "
        "cache.total_hits\n"
        "                    replays; session is the last process that made a request; counts: of how many\n"
        "                    requests tokens were counted, of how many exactly, and how far off providers' "
        "own\n"
        "                    counts they are. With --by: by since until groups total\n"
        "  -h, --help        this text\n"
        "\n"
        "exit status: 0, with zeros where nothing is recorded; 64 wrong usage, 69 database not usable\n"
        "\n"
        "example: headroom stats --week --by model\n"
        "         headroom stats --json | jq .tokens.savings_percent\n",
    .run = run,
};
