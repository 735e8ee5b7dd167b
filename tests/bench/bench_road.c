/* bench_road.c - the whole road in a process that is warm: a 1 MB body with one new result of 50 KB, committed to a real ledger;
   the same without anything new; and the parts of the first, apart. Against cJSON parsing and freeing the same body.

   The history of the body was sent turn by turn before, as an agent does: its JSON results are rewritten and replayed. */
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "bodies.h"
#include "context.h"
#include "measure.h"
#include "road.h"
#include "token/token.h"
#include "transform/transform.h"
#include "json/json.h"

enum { BODY = 1 << 20, FRESH = 50 << 10, ROUNDS = 120 };

static headroom *h;
static hr_buf body;    /* the conversation, ended */
static size_t history; /* its length before the newest turn */
static unsigned turn;  /* number of the newest turn */
static struct road_done done;
static bool parsed;

static void new_turn(size_t n, enum text_kind kind)
{
    body.len = history;
    body_turn(&body, ++turn, kind, n);
    body_end(&body);
}

static void next_fresh(void *arg)
{
    (void)arg;
    new_turn(FRESH, TEXT_JSON);
}

static void send(void *arg)
{
    (void)arg;
    done = road_send(h, &body);
}

static void parse(void *arg)
{
    (void)arg;
    cJSON *all = cJSON_ParseWithLength(body.data, body.len);
    parsed = all != NULL;
    cJSON_Delete(all);
}

/* The agent's session so far, up to where a result of FRESH bytes fills BODY. */
static void live_through(void)
{
    static const enum text_kind kinds[] = {TEXT_C,    TEXT_LOGS,    TEXT_C,  TEXT_JSON,
                                           TEXT_LOGS, TEXT_ENGLISH, TEXT_CJK};
    body_begin(&body);
    history = body.len;
    while (history + FRESH * 6 / 5 < BODY) {
        new_turn(2000 + turn * 7919 % 13000, kinds[turn % (sizeof kinds / sizeof *kinds)]);
        send(NULL);
        measure_check(done.skipped == NULL && done.results == turn, "each turn of the history is worked on");
        history = body.len - strlen("]}");
    }
    measure_check(done.replayed > 5, "the history holds rewritten results");
}

static void whole(void)
{
    struct contestant list[] = {{.prepare = next_fresh, .run = send}, {.run = parse}};
    const uint32_t before = done.rewritten;
    measure_rounds(MEASURE_CPU, list, 2, ROUNDS);
    measure_check(parsed, "cJSON reads the body");
    measure_check(done.rewritten == before + 1 && done.replayed == before,
                  "exactly the new result is decided anew");
    measure_check(done.len > 0 && done.len + FRESH / 2 < body.len, "the new result shrinks by half");
    measure_say("road.whole", &list[0], &list[1]);

    struct contestant again[] = {{.run = send}, {.run = parse}};
    measure_rounds(MEASURE_CPU, again, 2, ROUNDS);
    measure_check(done.replayed == before + 1 && done.len + FRESH / 2 < body.len,
                  "the same body is replayed whole");
    measure_say("road.replay", &again[0], &again[1]);

    struct contestant wall[] = {{.prepare = next_fresh, .run = send}, {.run = parse}};
    measure_rounds(MEASURE_WALL, wall, 2, ROUNDS);
    measure_say("road.wall", &wall[0], &wall[1]);
}

/* ------------------------------------------------------------------ the parts, in the order of the road */
enum part { LOCATE, DECODE, KEY, DECISIONS, COUNT, TRANSFORM, STORE, SPLICE, REST, PARTS };
static const char *const part_names[PARTS] = {"locate",    "decode", "key",    "decisions",   "count",
                                              "transform", "store",  "splice", "rest-counted"};

static double lap(double *since)
{
    double now = measure_now(MEASURE_CPU), took = now - *since;
    *since = now;
    return took;
}

/* Look all results up; the last, which must be the undecided one, is left in *fresh. */
static void look_up(hr_conversation *c, const hr_dialect *d, hr_item *items, size_t n,
                    const uint8_t secret[32], hr_str *query, double took[PARTS], double *since)
{
    hr_str arguments;
    for (size_t i = 0; i < n; i++) {
        const hr_event *e = &c->ev[items[i].event];
        hr_decision *x = &items[i].decision;
        measure_check(hr_conversation_query(c, items[i].event, query) == 0 &&
                          hr_conversation_arguments(c, items[i].event, &arguments) == 0,
                      "a query");
        hr_result_keys(secret, d, c, e, arguments, items[i].content, *query, x->key, x->idkey);
    }
    took[KEY] = lap(since);
    for (size_t i = 0; i < n; i++) {
        uint8_t key[16], idkey[16];
        memcpy(key, items[i].decision.key, sizeof key);
        memcpy(idkey, items[i].decision.idkey, sizeof idkey);
        int found = hr_ledger_find(h->ledger, c->arena, key, idkey, i == n - 1, &items[i].decision);
        measure_check(found == (i + 1 < n), "all but the new result have a decision");
    }
    took[DECISIONS] = lap(since);
}

static void one_by_one(double took[PARTS])
{
    const hr_dialect *d;
    hr_conversation c;
    uint8_t secret[32];
    hr_str query;
    hr_transform_out out;
    size_t n = 0, k = 0;
    hr_buf sent = {0}, new_body = {0};
    measure_check(hr_context_key(h, secret) == 0, "the key");
    double since = measure_now(MEASURE_CPU);

    hr_arena *a = hr_arena_new();
    measure_check(hr_conversation_read(&c, a, body.data, body.len, "anthropic", &d) == 0, "a conversation");
    took[LOCATE] = lap(&since);
    hr_item *items = hr_arena_zalloc(a, c.results * sizeof *items);
    for (size_t i = 0; i < c.n; i++)
        if (c.ev[i].kind == HR_EV_RESULT)
            measure_check(hr_item_read(&c, i, &items[n++]) == 0, "a result");
    took[DECODE] = lap(&since);
    look_up(&c, d, items, n, secret, &query, took, &since);

    hr_item *fresh = &items[n - 1];
    hr_decision *x = &fresh->decision;
    memcpy(x->id, x->key, sizeof x->id);
    x->call_id = c.ev[fresh->event].id;
    x->tokens_before = (uint32_t)hr_tokens(fresh->content.p, fresh->content.n);
    took[COUNT] = lap(&since);
    const hr_transform_in in = {.text = fresh->content,
                                .query = hr_query_new(a, query),
                                .allow_lossy = true,
                                .max_items = HR_MAX_ITEMS,
                                .id = "0123456789abcdef0123"};
    measure_check(hr_transform(a, &in, &out) == 1 && !out.lossless, "the new result is selected from");
    took[TRANSFORM] = lap(&since);
    x->tokens_after = (uint32_t)hr_tokens(out.text.p, out.text.n);
    took[COUNT] += lap(&since);
    hr_string_encode(&sent, out.text);
    x->sent = hr_buf_view(&sent);
    x->transform = hr_str_make(out.transform, strlen(out.transform));
    hr_sent_key(secret, d, &c, &c.ev[fresh->event], (hr_str){0}, out.text, x->sentkey);
    took[KEY] += lap(&since);
    hr_original original = {.raw = hr_str_make(body.data + fresh->raw_off, fresh->raw_len)};
    memcpy(original.id, x->id, sizeof original.id);
    x->has_original = true;
    measure_check(hr_ledger_commit(h->ledger, a, x, &original, 1, false, 0) == 0, "a commit");
    took[STORE] = lap(&since);
    hr_splice *list = hr_arena_alloc(a, n * sizeof *list);
    for (size_t i = 0; i < n; i++)
        if (!items[i].decision.verbatim)
            list[k++] = (hr_splice){items[i].raw_off, items[i].raw_len, items[i].decision.sent};
    measure_check(hr_splice_apply(&new_body, body.data, body.len, list, k) == 0 &&
                      new_body.len + FRESH / 2 < body.len,
                  "the new body is shorter");
    took[SPLICE] = lap(&since);
    size_t tokens = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        tokens += hr_tokens_json(body.data + at, items[i].raw_off - at);
        at = items[i].raw_off + items[i].raw_len;
    }
    measure_check(tokens > 1000, "tokens outside of the results");
    took[REST] = lap(&since);
    hr_buf_free(&sent);
    hr_buf_free(&new_body);
    hr_arena_free(a);
}

static void parts(void)
{
    static double samples[PARTS][ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        double took[PARTS];
        next_fresh(NULL);
        one_by_one(took);
        for (int k = 0; k < PARTS; k++)
            samples[k][i] = took[k];
    }
    for (int k = 0; k < PARTS; k++) {
        char row[32];
        snprintf(row, sizeof row, "part.%s", part_names[k]);
        measure_say_limit(row, measure_quantile(samples[k], ROUNDS, 0.5));
    }
}

int main(void)
{
    measure_own_home();
    h = headroom_open(0);
    measure_check(h && headroom_store_reason(h) == NULL, "a ledger that works");
    live_through();
    whole();
    parts();
    headroom_close(h);
    return 0;
}
