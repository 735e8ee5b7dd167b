/* bench_stats.c - the row of a finished request into the database, with the sums that are kept (core/store/totals.h), against write() of
   as many bytes to an append log. One with the record of 60 results of 6 tools, as a long conversation has, and one without any. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "store/store.h"

enum { ROUNDS = 2000, RESULTS = 60 };

static hr_store *store;
static headroom_row row;
static char results[RESULTS * 256];
static int append_log;

static void fill_results(void)
{
    size_t at = 0;
    for (int i = 0; i < RESULTS; i++)
        at += (size_t)snprintf(
            results + at, sizeof results - at,
            "%s{\"call_id\":\"toolu_01AbCdEfGhIjKlMnOp%02d\",\"tool\":\"tool%d\",\"kind\":\"log\","
            "\"transform\":\"log_lines\",\"reason\":null,\"id\":\"00112233445566778899\","
            "\"lossless\":false,\"replayed\":true,\"tokens_before\":2000,\"tokens_after\":200,"
            "\"kept\":15,\"of\":500}",
            i ? "," : "[", i, i % 6);
    snprintf(results + at, sizeof results - at, "]");
}

static void next_row(void *arg)
{
    (void)arg;
    row.time_us += 2000000; /* an agent's pace: now and then a new slot */
}

static void store_row(void *arg)
{
    (void)arg;
    hr_store_request(store, &row);
}

static void append(void *arg)
{
    (void)arg;
    const size_t n = row.results_json ? strlen(row.results_json) + 200 : 200;
    measure_check(write(append_log, results, n) == (ssize_t)n, "a line of the log");
}

static void measure(const char *p50, const char *p99)
{
    struct contestant list[] = {{.prepare = next_row, .run = store_row}, {.run = append}};
    measure_rounds(MEASURE_WALL, list, 2, ROUNDS);
    measure_say(p50, &list[0], &list[1]);
    measure_say_p99(p99, &list[0], &list[1]);
}

int main(void)
{
    const char *home = measure_own_home();
    char path[4200];
    headroom_stats stats;

    snprintf(path, sizeof path, "%s/headroom", home);
    const hr_store_options options = {.directory = path, .create = true, .originals_mb = 256};
    store = hr_store_new(&options);
    measure_check(store && hr_store_reason(store) == NULL, "a store that works");
    snprintf(path, sizeof path, "%s/log", home);
    append_log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    measure_check(append_log >= 0, "a log");
    fill_results();
    row = (headroom_row){.time_us = INT64_C(1795046399000000),
                         .program = "claude",
                         .host = "api.anthropic.com",
                         .path = "/v1/messages",
                         .dialect = "anthropic",
                         .model = "claude-opus-5-5",
                         .mode = "optimize",
                         .status = 200,
                         .tokens_before = 60000,
                         .tokens_after = 40000,
                         .usage = "{\"input_tokens\":12,\"output_tokens\":300}",
                         .input_tokens = 41000,
                         .output_tokens = 300,
                         .transforms = ""};
    measure("stats.insert.p50", "stats.insert.p99");
    row.results_json = results;
    measure("stats.insert60.p50", "stats.insert60.p99");
    measure_check(hr_store_stats(store, &stats) == 0 && stats.requests >= 2 * ROUNDS, "every row is counted");
    return 0;
}
