/* page.c - the page of figures, put together. See page.h. */
#include "page.h"
#include "format.h"
#include "html.h"
#include "older.h"
#include "recent.h"
#include "sure.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEAST_BARS = 14, MOST_BARS = 62 };

struct settings {
    char mode[32], level[32];
};

static int take_setting(void *arg, const char *name, const char *value, const char *origin, const char *env,
                        const char *error)
{
    struct settings *s = arg;

    (void)origin, (void)env, (void)error;
    if (value != NULL && strcmp(name, "mode") == 0)
        snprintf(s->mode, sizeof(s->mode), "%s", value);
    if (value != NULL && strcmp(name, "level") == 0)
        snprintf(s->level, sizeof(s->level), "%s", value);
    return 0;
}

static void say_time(FILE *f, int64_t us)
{
    time_t seconds = (time_t)(us / 1000000);
    char text[48];
    struct tm t;

    if (localtime_r(&seconds, &t) != NULL && strftime(text, sizeof(text), "%Y-%m-%d %H:%M %Z", &t) > 0)
        html_word(f, text);
}

static void head(FILE *f, const struct page_options *o)
{
    fputs(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">"
        "<link rel=\"icon\" href=\"data:,\">",
        f);
    if (o->refresh > 0)
        fprintf(f, "<meta http-equiv=\"refresh\" content=\"%u\">", o->refresh);
    fputs("<title>Headroom</title><style", f);
    if (o->nonce != NULL)
        fprintf(f, " nonce=\"%s\"", o->nonce);
    fprintf(f, ">%s</style></head>\n<body><main>\n", page_style);
}

static void heading(FILE *f, headroom *h, const struct figures *figures)
{
    struct settings s = {"", ""};
    char older[OLDER_NOTE];
    const char *missing;

    headroom_each_setting(h, take_setting, &s);
    fputs("<header><h1>Headroom</h1><p class=\"soft\">Requests to LLM APIs ", f);
    if (figures->from_us > 0) {
        fputs("from ", f);
        say_time(f, figures->from_us);
        fputs(" to ", f);
    } else {
        fputs("until ", f);
    }
    say_time(f, figures->to_us);
    fputs(". Now in mode ", f);
    html_word(f, s.mode);
    fputs(", level ", f);
    html_word(f, s.level);
    missing = older_note(h, older);
    fprintf(f, ".%s%s</p></header>\n", missing == NULL ? "" : " Missing: ", missing == NULL ? "" : missing);
}

static void tile(FILE *f, const char *what, const char *figure, const char *class)
{
    fprintf(f, "<div class=\"tile\">%s<b class=\"%s\">%s</b><small class=\"soft\">", what, class, figure);
}

static void end_tile(FILE *f)
{
    fputs("</small></div>", f);
}

static void token_tiles(FILE *f, const headroom_totals *t)
{
    char a[FORMAT_COUNT], b[FORMAT_COUNT], c[FORMAT_COUNT], share[FORMAT_SHARE], sure[SURE_TEXT],
        error[SURE_TEXT];
    const char *off = sure_error(error, t);
    int64_t unique = t->unique_before - t->unique_after;

    tile(f, "Tokens saved", format_share(share, figures_saved(t), t->tokens_before),
         figures_saved(t) > 0 ? "good" : "");
    fprintf(f, "%s of the %s that programs made (%s%s%s; a history counts each time it is sent)",
            format_count(a, figures_saved(t)), format_count(b, t->tokens_before), sure_sums(sure, t),
            *off == '\0' ? "" : ", ", off);
    end_tile(f);
    tile(f, "Saved in new results", format_share(share, unique, t->unique_before), unique > 0 ? "good" : "");
    fprintf(f, "%s of the %s tokens of results that were rewritten, each counted once",
            format_count(a, unique), format_count(b, t->unique_before));
    end_tile(f);
    tile(f, "From the provider's cache", t->input > 0 ? format_share(share, t->cached, t->input) : "-", "");
    if (t->input > 0)
        fprintf(f, "%s of the %s input tokens that providers reported, ", format_count(a, t->cached),
                format_count(b, t->input));
    fprintf(f, "for %s of %s requests", format_count(a, t->reported), format_count(c, t->requests));
    end_tile(f);
}

static void money_tiles(FILE *f, const headroom_totals *t)
{
    char a[FORMAT_COUNT], b[FORMAT_COUNT], share[FORMAT_SHARE], usd[FORMAT_USD], without[FORMAT_USD];

    tile(f, "Cost", t->priced > 0 ? format_usd(usd, t->cost) : "-", "");
    fprintf(f, "at the models' prices, of the %s of %s requests that have one", format_count(a, t->priced),
            format_count(b, t->requests));
    end_tile(f);
    tile(f, "Money saved", t->priced > 0 ? format_usd(usd, t->saved) : "-",
         t->saved < 0   ? "bad"
         : t->saved > 0 ? "good"
                        : "");
    if (t->priced > 0)
        fprintf(f, "%s of the %s that the same requests would have cost, net of cache effects",
                format_share(share, t->saved, t->cost + t->saved), format_usd(without, t->cost + t->saved));
    else
        fputs("no request has a price", f);
    end_tile(f);
}

static void request_tiles(FILE *f, const headroom_totals *t)
{
    char a[FORMAT_COUNT], b[FORMAT_COUNT], added[48];

    tile(f, "Requests", format_count(a, t->requests), "");
    fprintf(f, "%s of them rewritten, ", format_count(a, t->touched));
    fprintf(f, "%s failed or without a response", format_count(a, t->failed));
    end_tile(f);
    tile(f, "Output", t->reported > 0 ? format_count(a, t->output) : "-", "");
    fprintf(f, "tokens, as providers reported them for %s of %s requests", format_count(a, t->reported),
            format_count(b, t->requests));
    end_tile(f);
    snprintf(added, sizeof(added), "%.2f ms",
             t->requests > 0 ? (double)t->elapsed_us / 1000 / (double)t->requests : 0.0);
    tile(f, "Time added to a request", added, "");
    fprintf(f, "on average: %.3f s in %s requests", (double)t->elapsed_us / 1e6,
            format_count(b, t->requests));
    end_tile(f);
}

static int recent_section(FILE *f, headroom *h, unsigned most)
{
    struct recent r = {NULL, 0, 0, 0};
    int err = recent_read(h, &r, most, NULL);

    if (err == 0)
        page_recent(f, &r);
    recent_free(&r);
    return err;
}

int page_write(headroom *h, const struct page_options *o, FILE *f)
{
    struct figures figures;
    struct figures_bars days;
    int err = figures_read(h, o->from_us, format_now_us(),
                           FIGURES_DAYS | FIGURES_PROGRAMS | FIGURES_MODELS | FIGURES_TOOLS, &figures);

    if (err != 0)
        return err;
    err = figures_days(&figures, LEAST_BARS, MOST_BARS, &days);
    if (err == 0) {
        head(f, o);
        heading(f, h, &figures);
        fputs("<section class=\"tiles\">", f);
        token_tiles(f, &figures.all);
        money_tiles(f, &figures.all);
        request_tiles(f, &figures.all);
        fputs("</section>\n", f);
        if (figures.all.requests == 0)
            fputs("<section><p>Nothing is recorded of this time. <code>headroom run -- COMMAND</code> runs a "
                  "program under "
                  "Headroom; <code>headroom doctor</code> says what is wrong where nothing "
                  "comes.</p></section>\n",
                  f);
        page_charts(f, &days, &figures.all);
        if (o->recent_most > 0)
            err = recent_section(f, h, o->recent_most);
        page_table(f, "By model", "Model", &figures.by[HEADROOM_BY_MODEL]);
        page_table(f, "By program", "Program", &figures.by[HEADROOM_BY_PROGRAM]);
        page_tools(f, &figures.by[HEADROOM_BY_TOOL]);
        fprintf(f, "<footer class=\"soft\">headroom %s</footer>\n</main></body></html>\n",
                headroom_version());
    }
    free(days.list);
    figures_free(&figures);
    return err;
}
