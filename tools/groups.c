/* groups.c - sums over requests by group. See groups.h. */
#include "groups.h"
#include "cells.h"
#include "format.h"
#include "sure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const words[] = {"", "day", "program", "model", "dialect", "host", "tool"};

bool groups_read_by(const char *word, enum headroom_by *by)
{
    for (size_t i = 1; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            *by = (enum headroom_by)i;
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ reading */
static int add_group(void *arg, const char *name, const headroom_totals *totals)
{
    struct groups *g = arg;
    struct group *grown = realloc(g->list, (g->n + 1) * sizeof(*grown));

    if (grown == NULL)
        return -1;
    g->list = grown;
    grown[g->n] = (struct group){strdup(name), *totals};
    return grown[g->n].name == NULL ? -1 : (g->n++, 0);
}

static int set_all(void *arg, const char *name, const headroom_totals *totals)
{
    (void)name;
    *(headroom_totals *)arg = *totals;
    return 0;
}

static int by_tokens(const void *x, const void *y)
{
    const struct group *a = x, *b = y;

    if (a->totals.tokens_before != b->totals.tokens_before)
        return a->totals.tokens_before < b->totals.tokens_before ? 1 : -1;
    return strcmp(a->name, b->name);
}

int groups_read(headroom *h, enum headroom_by by, const struct span *span, const headroom_totals *all,
                struct groups *out)
{
    int err = 0;

    *out = (struct groups){.by = by, .span = *span};
    if (all != NULL)
        out->all = *all;
    else
        err = headroom_each_total(h, span->from_us, span->to_us, HEADROOM_BY_NOTHING, set_all, &out->all);
    if (err == 0 && by != HEADROOM_BY_NOTHING)
        err = headroom_each_total(h, span->from_us, span->to_us, by, add_group, out);
    if (err == 0 && by != HEADROOM_BY_DAY && out->n > 1)
        qsort(out->list, out->n, sizeof(*out->list), by_tokens);
    return err;
}

void groups_free(struct groups *g)
{
    for (size_t i = 0; i < g->n; i++)
        free(g->list[i].name);
    free(g->list);
}

/* ------------------------------------------------------------------ JSON */
void groups_add_counts(struct json_tree *t, cJSON *o, const headroom_totals *s)
{
    cJSON *part = json_object(t, o, "counts");

    json_int(t, part, "requests", s->counted);
    json_int(t, part, "exact", s->exact);
    if (s->compared_input > 0)
        json_percent(t, part, "error_percent", s->estimate_off, s->compared_input);
    else
        json_null(t, part, "error_percent");
}

static void add_tokens(struct json_tree *t, cJSON *o, const headroom_totals *s)
{
    cJSON *part = json_object(t, o, "tokens");

    json_int(t, part, "made", s->tokens_before);
    json_int(t, part, "sent", s->tokens_after);
    json_int(t, part, "saved", s->tokens_before - s->tokens_after);
    json_percent(t, part, "savings_percent", s->tokens_before - s->tokens_after, s->tokens_before);
}

void groups_add_totals(struct json_tree *t, cJSON *o, enum headroom_by by, const headroom_totals *s)
{
    cJSON *part;

    if (by == HEADROOM_BY_TOOL) {
        json_int(t, o, "results", s->requests);
        json_int(t, o, "rewritten", s->touched);
        json_int(t, o, "replayed", s->replayed);
        add_tokens(t, o, s);
        return;
    }
    part = json_object(t, o, "requests");
    json_int(t, part, "total", s->requests);
    json_int(t, part, "failed", s->failed);
    json_int(t, part, "rewritten", s->touched);
    add_tokens(t, o, s);
    groups_add_counts(t, o, s);
    part = json_object(t, o, "unique");
    json_int(t, part, "made", s->unique_before);
    json_int(t, part, "sent", s->unique_after);
    json_int(t, part, "saved", s->unique_before - s->unique_after);
    part = json_object(t, o, "reported");
    json_int(t, part, "requests", s->reported);
    json_int(t, part, "input", s->input);
    json_int(t, part, "output", s->output);
    json_int(t, part, "cached", s->cached);
    json_int(t, part, "cache_written", s->cache_written);
    json_percent(t, part, "cached_percent", s->cached, s->input);
    if (s->priced == 0) {
        json_null(t, o, "cost");
    } else {
        part = json_object(t, o, "cost");
        json_int(t, part, "requests", s->priced);
        json_usd(t, part, "total_cost_usd", s->cost);
        json_usd(t, part, "total_savings_usd", s->saved);
    }
    json_int(t, o, "elapsed_us", s->elapsed_us);
}

int groups_print_json(const struct groups *g)
{
    struct json_tree t = {NULL, false};
    cJSON *root = json_object(&t, NULL, NULL), *list;
    char time[FORMAT_TIME];

    json_string(&t, root, "by", words[g->by]);
    json_string(&t, root, "since", g->span.from_us > 0 ? format_time(time, g->span.from_us) : NULL);
    json_string(&t, root, "until", g->span.to_us < INT64_MAX ? format_time(time, g->span.to_us) : NULL);
    list = json_array(&t, root, "groups");
    for (size_t i = 0; i < g->n; i++) {
        cJSON *o = json_object(&t, list, NULL);

        json_string(&t, o, "name", g->list[i].name);
        groups_add_totals(&t, o, g->by, &g->list[i].totals);
    }
    groups_add_totals(&t, json_object(&t, root, "total"), HEADROOM_BY_NOTHING, &g->all);
    return json_print(&t, true);
}

/* ------------------------------------------------------------------ a table */
enum { LEAST_NAME = 12, MOST_NAME = 40, REST = 88, REST_OF_TOOLS = 61 };

static int name_width(const struct groups *g)
{
    int rest = g->by == HEADROOM_BY_TOOL ? REST_OF_TOOLS : REST;
    int columns = isatty(STDOUT_FILENO) == 1 ? (int)cells_columns() : MOST_NAME + rest;
    int width = columns - rest;

    return width < LEAST_NAME ? LEAST_NAME : width > MOST_NAME ? MOST_NAME : width;
}

static void print_row(const char *name, int width, enum headroom_by by, const headroom_totals *s)
{
    char shown[MOST_NAME + 1], requests[FORMAT_COUNT], made[FORMAT_COUNT], saved[FORMAT_COUNT],
        unique[FORMAT_COUNT], share[FORMAT_SHARE], cached[FORMAT_SHARE] = "-", cost[FORMAT_USD] = "-",
                                                   net[FORMAT_USD] = "-";
    int64_t difference = s->tokens_before - s->tokens_after;

    format_word(shown, (size_t)width + 1, name);
    printf("%-*s  %9s  %13s  %13s  %7s", width, shown, format_count(requests, s->requests),
           format_count(made, s->tokens_before), format_count(saved, difference),
           format_share(share, difference, s->tokens_before));
    if (by == HEADROOM_BY_TOOL) {
        printf("  %9s\n", format_count(unique, s->replayed));
        return;
    }
    if (s->reported > 0)
        format_share(cached, s->cached, s->input);
    if (s->priced > 0) {
        format_usd(cost, s->cost);
        format_usd(net, s->saved);
    }
    printf("  %7s  %10s  %10s\n", cached, cost, net);
}

void groups_print_table(const struct groups *g)
{
    int width = name_width(g);
    char head[16], a[FORMAT_COUNT], b[FORMAT_COUNT], c[FORMAT_COUNT], sure[SURE_TEXT], error[SURE_TEXT];
    const char *off = sure_error(error, &g->all);

    snprintf(head, sizeof(head), "%s", words[g->by]);
    for (char *p = head; *p != '\0'; p++)
        *p = (char)(*p - 'a' + 'A');
    if (g->by == HEADROOM_BY_TOOL) {
        printf("%-*s  %9s  %13s  %13s  %7s  %9s\n", width, head, "RESULTS", "TOKENS MADE", "SAVED", "OF MADE",
               "REPLAYED");
    } else {
        printf("%-*s  %9s  %13s  %13s  %7s  %7s  %10s  %10s\n", width, head, "REQUESTS", "TOKENS MADE",
               "SAVED", "OF MADE", "CACHED", "COST", "NET SAVED");
    }
    for (size_t i = 0; i < g->n; i++)
        print_row(g->list[i].name, width, g->by, &g->list[i].totals);
    if (g->by == HEADROOM_BY_TOOL) {
        puts("\nTool results that were rewritten, or left alone for a reason other than their size; tokens "
             "by our "
             "count, each\ntime they are sent.");
        return;
    }
    print_row("all", width, HEADROOM_BY_NOTHING, &g->all);
    printf("\nTokens by our count, of all requests: %s%s%s. CACHED: of the input tokens that providers "
           "reported (%s "
           "of %s "
           "requests).\nCOST, NET SAVED: of requests with a price (%s of %s).\n",
           sure_sums(sure, &g->all), *off == '\0' ? "" : ", ", off, format_count(a, g->all.reported),
           format_count(b, g->all.requests), format_count(c, g->all.priced), b);
}
