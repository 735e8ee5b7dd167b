/* road.h - what the tests of the whole road share: a state directory of their own and bodies to send. */
#ifndef TEST_ROAD_H
#define TEST_ROAD_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base.h"
#include "fault.h"
#include "headroom.h"

static char road_home[64];

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static inline int road_setup(void **state)
{
    (void)state;
    static const char *const names[] = {
        "MODE", "LEVEL", "ADOPT", "BOUND", "ORIGINALS", "DEADLINE_MS", "MIN_TOKENS_TO_CRUSH"};
    char name[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "HEADROOM_%s", names[i]);
        unsetenv(name);
    }
    strcpy(road_home, "/tmp/headroom-road-XXXXXX");
    if (!mkdtemp(road_home))
        return -1;
    setenv("HEADROOM_DEADLINE_MS", "60000", 1); /* sanitizers are slow */
    setenv("XDG_STATE_HOME", road_home, 1);
    setenv("XDG_CONFIG_HOME", road_home, 1);
    setenv("HOME", road_home, 1);
    return 0;
}

static inline int road_teardown(void **state)
{
    (void)state;
    return nftw(road_home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The quickstart's 500 rows as the text of a JSON string literal, without quotes. Freed by the caller. */
static inline char *road_rows(int n)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    fputs("{\\\"results\\\": [", f);
    for (int i = 0; i < n; i++)
        fprintf(f, "%s{\\\"title\\\": \\\"Tutorial %d\\\", \\\"score\\\": %d}", i ? ", " : "", i, 100 - i);
    fputs("]}", f);
    fclose(f);
    return out;
}

/* An Anthropic body: a question, a call, its result (the inside of a literal), then whatever follows as raw JSON messages. */
static inline char *road_body(const char *model, const char *id, const char *result, const char *after)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    fprintf(f,
            "{ \"model\":\"%s\",\"temperature\": 1.0e0 , "
            "\"messages\":[{\"role\":\"user\",\"content\":\"Search \\u0041 \\/\"},"
            "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"%s\",\"name\":\"search\","
            "\"input\":{\"q\":1.50}}]},"
            "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"%s\",\"content\":\"%"
            "s\"}]}%s], "
            "\"x\":\"\xff\\ud800\" }\n",
            model, id, id, result, after);
    fclose(f);
    return out;
}

#define QUESTION ",{\"role\":\"user\",\"content\":\"What are the top 3?\"}"
#define ANSWERED                                                                                             \
    QUESTION ",{\"role\":\"assistant\",\"content\":\"Those.\"},{\"role\":\"user\",\"content\":\"Thanks\"}"

/* What one request did. body is NULL where the original went out; both strings are the caller's. */
struct road_out {
    char *body;
    char skipped[64];
    uint32_t rewritten, replayed;
    char transform[32], reason[64];
};

static inline struct road_out road_send(headroom *h, const char *body, size_t len, enum headroom_mode mode,
                                        bool count_only)
{
    struct road_out o = {0};
    const headroom_head head = {.host = "api",
                                .host_len = 3,
                                .path = "/v1/messages?beta=true",
                                .path_len = 22,
                                .dialect = "anthropic",
                                .count_only = count_only};
    const void *out;
    size_t out_len;
    headroom_row row;
    headroom_result result;
    headroom_request *r = headroom_request_new(h, &head, mode);

    if (!r)
        return o;
    if (headroom_request_body(r, body, len, &out, &out_len) == 1) {
        o.body = malloc(out_len + 1);
        memcpy(o.body, out, out_len);
        o.body[out_len] = 0;
    }
    headroom_request_row(r, &row);
    snprintf(o.skipped, sizeof o.skipped, "%s", row.skipped ? row.skipped : "");
    o.rewritten = row.rewritten;
    o.replayed = row.replayed;
    if (headroom_request_result(r, 0, &result) == 0) {
        snprintf(o.transform, sizeof o.transform, "%s", result.transform ? result.transform : "");
        snprintf(o.reason, sizeof o.reason, "%s", result.reason ? result.reason : "");
    }
    headroom_request_sent(r);
    headroom_request_end(r, true);
    return o;
}

/* Send from a process of its own, as it were: open, send, close. */
static inline struct road_out road_once(const char *body)
{
    headroom *h = headroom_open(0);
    assert_non_null(h);
    struct road_out o = road_send(h, body, strlen(body), headroom_get_mode(h), false);
    headroom_close(h);
    return o;
}

#endif
