/* row.c - one recorded request, as JSON and for people. */
#include "row.h"
#include "cells.h"
#include "format.h"
#include "result.h"
#include "sure.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <unistd.h>

static const char *or_null(const char *s)
{
    return s == NULL || *s == '\0' ? NULL : s;
}

cJSON *row_to_json(struct json_tree *t, cJSON *parent, const char *key, const headroom_row *row)
{
    cJSON *o = json_object(t, parent, key);
    char time[FORMAT_TIME], conversation[20];

    json_int(t, o, "id", row->id);
    json_string(t, o, "time", format_time(time, row->time_us));
    json_int(t, o, "pid", row->pid);
    json_string(t, o, "program", row->program);
    json_string(t, o, "host", row->host);
    json_string(t, o, "path", row->path);
    json_string(t, o, "dialect", or_null(row->dialect));
    json_string(t, o, "model", or_null(row->model));
    json_string(t, o, "mode", row->mode);
    json_bool(t, o, "stream", row->stream);
    json_string(t, o, "skipped", or_null(row->skipped));
    json_int(t, o, "status", row->status);
    json_int(t, o, "tokens_before", row->tokens_before);
    json_int(t, o, "tokens_after", row->tokens_after);
    json_bool(t, o, "exact", row->exact);
    if (row->factor > 0) {
        json_percent(t, o, "factor_percent", row->factor, 1000000);
        json_percent(t, o, "error_percent", row->factor_off, 1000000);
    }
    json_int(t, o, "bytes_before", row->bytes_before);
    json_int(t, o, "bytes_after", row->bytes_after);
    json_text(t, o, "usage", row->usage);
    json_int(t, o, "elapsed_us", row->elapsed_us);
    json_names(t, o, "transforms", row->transforms);
    json_string(t, o, "error", or_null(row->error));
    json_known(t, o, "input", row->input_tokens);
    json_known(t, o, "output", row->output_tokens);
    json_known(t, o, "cached", row->cached_tokens);
    json_known(t, o, "cache_written", row->cache_written_tokens);
    json_usd(t, o, "cost_usd", row->cost);
    json_usd(t, o, "saved_usd", row->saved);
    json_known(t, o, "duration_us", row->duration_us);
    snprintf(conversation, sizeof(conversation), "%016llx", (unsigned long long)row->conversation);
    json_string(t, o, "conversation", row->conversation == 0 ? NULL : conversation);
    if (or_null(row->window) != NULL)
        json_text(t, o, "window", row->window);
    return o;
}

/* From the longest form of a line to the shortest: what is given up first is what others tell as well. */
enum form { WHOLE, WITHOUT_PATH, WITHOUT_HOST, FORMS };

static int line_of(char *out, size_t room, const headroom_row *row, enum form form)
{
    char time[FORMAT_TIME], program[17], host[40], path[40], model[33], status[16] = "-";
    char before[FORMAT_COUNT], after[FORMAT_COUNT], share[FORMAT_SHARE];

    if (row->status != 0)
        snprintf(status, sizeof(status), "%d", row->status);
    format_word(host, sizeof(host), row->host);
    format_word(path, sizeof(path), row->path);
    return snprintf(out, room, "%lld  %s  %s  %s%s%s%s  %s  %s  %s -> %s tokens, %s saved",
                    (long long)row->id, format_time(time, row->time_us),
                    format_word(program, sizeof(program), row->program), form == WITHOUT_HOST ? "" : host,
                    form == WHOLE ? path : "", form == WITHOUT_HOST ? "" : "  ",
                    format_word(model, sizeof(model), row->model), row->mode == NULL ? "-" : row->mode,
                    status, format_count(before, row->tokens_before), format_count(after, row->tokens_after),
                    format_share(share, row->tokens_before - row->tokens_after, row->tokens_before));
}

/* What is known of some requests only. */
static int rest_of(char *out, size_t room, const headroom_row *row)
{
    char usd[FORMAT_USD], saved[FORMAT_USD], share[FORMAT_SHARE], error[66], skipped[40], text[SURE_TEXT];
    const char *sure = sure_row(text, row);
    size_t n = 0;

    out[0] = '\0';
    if (!row->exact && *sure != '\0')
        n += (size_t)snprintf(out + n, room - n, "; %s", sure);
    if (row->input_tokens > 0 && row->cached_tokens >= 0)
        n += (size_t)snprintf(out + n, room - n, "; %s cached",
                              format_share(share, row->cached_tokens, row->input_tokens));
    if (row->cost != HEADROOM_UNPRICED)
        n += (size_t)snprintf(out + n, room - n, "; %s, saved %s", format_usd(usd, row->cost),
                              row->saved == HEADROOM_UNPRICED ? "unknown" : format_usd(saved, row->saved));
    if (or_null(row->error) != NULL)
        n += (size_t)snprintf(out + n, room - n, "; error %s", format_word(error, sizeof(error), row->error));
    if (or_null(row->skipped) != NULL)
        n += (size_t)snprintf(out + n, room - n, "; not touched: %s",
                              format_word(skipped, sizeof(skipped), row->skipped));
    return (int)n;
}

void row_print_line(const headroom_row *row)
{
    char line[512], rest[320];
    unsigned columns = isatty(STDOUT_FILENO) == 1 ? cells_columns() : (unsigned)sizeof(line);
    int behind = rest_of(rest, sizeof(rest), row);
    enum form form = WHOLE;

    while (line_of(line, sizeof(line), row, form) + behind > (int)columns && form + 1 < FORMS)
        form++;
    printf("%s%s\n", line, rest);
}

void row_print_usage(const headroom_row *row)
{
    char n[FORMAT_COUNT], usd[FORMAT_USD];

    if (row->input_tokens < 0 && row->output_tokens < 0 && row->cost == HEADROOM_UNPRICED)
        return;
    fputs("provider: ", stdout);
    if (row->input_tokens >= 0)
        printf("%s input tokens", format_count(n, row->input_tokens));
    if (row->cached_tokens >= 0)
        printf(", %s of them from its cache", format_count(n, row->cached_tokens));
    if (row->cache_written_tokens >= 0)
        printf(", %s written to it", format_count(n, row->cache_written_tokens));
    if (row->output_tokens >= 0)
        printf("%s%s output tokens", row->input_tokens >= 0 ? "; " : "", format_count(n, row->output_tokens));
    printf("; cost %s", format_usd(usd, row->cost));
    if (row->saved != HEADROOM_UNPRICED)
        printf(", saved %s net of cache effects", format_usd(usd, row->saved));
    putchar('\n');
}

static const char *text_of(const cJSON *o, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
}

static uint32_t count_of(const cJSON *o, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);

    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < 4e9
               ? (uint32_t)item->valuedouble
               : 0;
}

/* The record of a request holds its results as JSON: the same members that result_to_json writes. */
void row_print_results(const headroom_row *row)
{
    cJSON *list = row->results_json == NULL ? NULL : cJSON_Parse(row->results_json);
    const cJSON *o;
    struct result_words words = {.n = 0};

    if (list != NULL && list->child != NULL) {
        putchar('\n');
        result_print_head("CALL");
    }
    cJSON_ArrayForEach(o, list)
    {
        headroom_result r = {.tool = text_of(o, "tool"), .kind = text_of(o, "kind")};
        const char *id = text_of(o, "id");
        char last[64];

        r.transform = text_of(o, "transform");
        r.reason = text_of(o, "reason");
        r.tokens_before = count_of(o, "tokens_before");
        r.tokens_after = count_of(o, "tokens_after");
        r.kept = count_of(o, "kept");
        r.of = count_of(o, "of");
        snprintf(r.id, sizeof(r.id), "%s", id == NULL ? "" : id);
        result_print_line(&r, format_word(last, sizeof(last), text_of(o, "call_id")));
        result_add_words(&words, &r);
    }
    result_print_words(&words);
    cJSON_Delete(list);
}
