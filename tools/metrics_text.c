/* metrics_text.c - figures in the exposition format of Prometheus. See metrics.h.

   https://prometheus.io/docs/instrumenting/exposition_formats/: a line # HELP and a line # TYPE, then the samples of that name. */
#include "figures.h"
#include "format.h"
#include "metrics.h"

#include <inttypes.h>
#include <string.h>

/* Programs and models that get a series of their own: the ones with the most tokens. The sums without a label hold all. */
enum { MOST_SERIES = 50, MOST_LABEL_BYTES = 128 };

static void head(FILE *f, const char *name, const char *type, const char *help)
{
    fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void whole(FILE *f, const char *name, const char *type, int64_t value, const char *help)
{
    head(f, name, type, help);
    fprintf(f, "%s %" PRId64 "\n", name, value);
}

/* Value in parts of `unit`, a power of ten, with all its digits: a double has not enough of them for money. */
static void print_parts(FILE *f, int64_t value, int64_t unit, int digits)
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    fprintf(f, "%s%" PRIu64 ".%0*" PRIu64 "\n", value < 0 ? "-" : "", size / (uint64_t)unit, digits,
            size % (uint64_t)unit);
}

static void usd(FILE *f, const char *name, const char *type, int64_t billionths, const char *help)
{
    head(f, name, type, help);
    fprintf(f, "%s ", name);
    print_parts(f, billionths, 1000000000, 9);
}

/* A label's value: foreign text, escaped, of bounded length, and UTF-8 whatever it was. */
static void label(FILE *f, const char *text)
{
    size_t left = MOST_LABEL_BYTES;

    while (*text != '\0') {
        size_t n = format_utf8_length(text), step = n == 0 ? 1 : n;

        if (step > left)
            return;
        left -= step;
        if (n == 0)
            fputs("\xEF\xBF\xBD", f);
        else if (*text == '\n')
            fputs("\\n", f);
        else if (*text == '\\' || *text == '"')
            fprintf(f, "\\%c", *text);
        else
            fwrite(text, 1, n, f);
        text += step;
    }
}

static void by_mode(FILE *f, const headroom_tally *t)
{
    static const char name[] = "headroom_requests_total";

    head(f, name, "counter", "Requests to LLM APIs, by the mode they were made in.");
    fprintf(f, "%s{mode=\"audit\"} %" PRId64 "\n", name, t->audit);
    fprintf(f, "%s{mode=\"simulate\"} %" PRId64 "\n", name, t->simulate);
    fprintf(f, "%s{mode=\"optimize\"} %" PRId64 "\n", name, t->optimize);
}

static void ratios(FILE *f, const headroom_tally *t)
{
    static const char name[] = "headroom_compression_ratio";

    head(f, name, "histogram",
         "Tokens sent as a part of the tokens that the program made, of each request whose tokens were "
         "counted.");
    for (int i = 0; i < HEADROOM_RATIOS; i++)
        fprintf(f, "%s_bucket{le=\"%d.%d\"} %" PRId64 "\n", name, (i + 1) / 10, (i + 1) % 10, t->at_most[i]);
    fprintf(f, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n%s_sum ", name, t->counted, name);
    print_parts(f, t->ratio_millionths, 1000000, 6);
    fprintf(f, "%s_count %" PRId64 "\n", name, t->counted);
}

static void sums(FILE *f, const headroom_totals *t)
{
    whole(f, "headroom_requests_failed_total", "counter", t->failed,
          "Requests with a status of 400 or more, or without a response.");
    whole(f, "headroom_requests_rewritten_total", "counter", t->touched,
          "Requests in which something was rewritten.");
    whole(f, "headroom_tokens_made_total", "counter", t->tokens_before,
          "Tokens in requests as programs made them; a history counts each time it is sent.");
    whole(f, "headroom_tokens_sent_total", "counter", t->tokens_after,
          "Tokens in requests as they were sent.");
    whole(f, "headroom_tokens_saved_total", "counter", figures_saved(t),
          "Tokens that programs made and that were not sent; a history counts each time.");
    whole(f, "headroom_tokens_saved_unique_total", "counter", t->unique_before - t->unique_after,
          "Tokens saved in results when they were first rewritten.");
    whole(f, "headroom_counted_requests_total", "counter", t->counted, "Requests whose tokens we counted.");
    whole(f, "headroom_exact_requests_total", "counter", t->exact,
          "Of these the ones counted by the model's own encoding; the others are estimates.");
    if (t->compared_input > 0) {
        head(f, "headroom_count_error_ratio", "gauge",
             "How far our counts lie from the providers', on average, as a part of theirs.");
        fputs("headroom_count_error_ratio ", f);
        print_parts(f, (int64_t)((double)t->estimate_off / (double)t->compared_input * 1e6 + 0.5), 1000000,
                    6);
    }
    whole(f, "headroom_results_replayed_total", "counter", t->replayed,
          "Tool results sent again as they were rewritten before.");
    whole(f, "headroom_reported_requests_total", "counter", t->reported,
          "Requests whose usage the provider reported; the next four are of these.");
    whole(f, "headroom_reported_input_tokens_total", "counter", t->input,
          "Input tokens that providers reported, cached ones included.");
    whole(f, "headroom_reported_cached_tokens_total", "counter", t->cached,
          "Input tokens that providers reported as read from their cache.");
    whole(f, "headroom_reported_cache_written_tokens_total", "counter", t->cache_written,
          "Input tokens that providers reported as written to their cache.");
    whole(f, "headroom_reported_output_tokens_total", "counter", t->output,
          "Output tokens that providers reported.");
    whole(f, "headroom_priced_requests_total", "counter", t->priced,
          "Requests with a known price; the next two are of these.");
    usd(f, "headroom_cost_usd_total", "counter", t->cost, "Dollars that the reported usage cost.");
    usd(f, "headroom_savings_usd", "gauge", t->saved,
        "Dollars saved, net of cache effects; less than 0 is a loss.");
    head(f, "headroom_overhead_seconds_total", "counter", "Time that Headroom added to requests.");
    fputs("headroom_overhead_seconds_total ", f);
    print_parts(f, t->elapsed_us, 1000000, 6);
}

static void series(FILE *f, const struct groups *groups, const char *group, const char *name,
                   const char *help, int64_t (*value)(const headroom_totals *))
{
    char full[96];

    snprintf(full, sizeof(full), "headroom_%s_%s", group, name);
    head(f, full, "counter", help);
    for (size_t i = 0; i < groups->n && i < MOST_SERIES; i++) {
        fprintf(f, "%s{%s=\"", full, group);
        label(f, groups->list[i].name);
        fprintf(f, "\"} %" PRId64 "\n", value(&groups->list[i].totals));
    }
}

static int64_t requests(const headroom_totals *t)
{
    return t->requests;
}

static int64_t made(const headroom_totals *t)
{
    return t->tokens_before;
}

static void by_group(FILE *f, const struct groups *groups, const char *group)
{
    series(f, groups, group, "requests_total", "Requests; of the 50 with the most tokens.", requests);
    series(f, groups, group, "tokens_made_total", "Tokens in requests as made; of the 50 with the most.",
           made);
    series(f, groups, group, "tokens_saved_total",
           "Tokens that were made and not sent; of the 50 with the most tokens.", figures_saved);
}

int metrics_write(headroom *h, FILE *f)
{
    headroom_stats stats;
    headroom_tally tally;
    struct figures figures;
    int64_t unsummed;
    int err = headroom_sum_older(h, 0, &unsummed);

    if (err == 0)
        err = headroom_get_tally(h, &tally);

    if (err == 0)
        err = headroom_get_stats(h, &stats);
    if (err == 0)
        err = figures_read(h, 0, INT64_MAX, FIGURES_PROGRAMS | FIGURES_MODELS, &figures);
    if (err != 0)
        return err;
    head(f, "headroom_build_info", "gauge", "1; the version is in the label.");
    fprintf(f, "headroom_build_info{version=\"%s\"} 1\n", headroom_version());
    by_mode(f, &tally);
    sums(f, &figures.all);
    ratios(f, &tally);
    whole(f, "headroom_decisions", "gauge", stats.cache_entries, "Stored decisions about tool results.");
    whole(f, "headroom_requests_unsummed", "gauge", unsummed,
          "Requests that an older version stored and that no sum has yet; 'headroom stats' adds them.");
    by_group(f, &figures.by[HEADROOM_BY_PROGRAM], "program");
    by_group(f, &figures.by[HEADROOM_BY_MODEL], "model");
    figures_free(&figures);
    return 0;
}
