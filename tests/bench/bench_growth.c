/* bench_growth.c - a conversation of 200 turns, each with a new result of 10 KB, sent turn by turn: the cost of a turn must follow
   what is new in it, not what stands before it. Against cJSON parsing and freeing the body of the same turn. */
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "bodies.h"
#include "measure.h"
#include "road.h"

enum { TURNS = 200, CONVERSATIONS = 5, WINDOW = 5, POINTS = 4 };

/* Medians are over the turns of a window, in all conversations. */
static const unsigned first_of[POINTS] = {1, 48, 98, 196};
static const char *const names[POINTS] = {"growth.turn1", "growth.turn50", "growth.turn100",
                                          "growth.turn200"};
static double ours[POINTS][WINDOW * CONVERSATIONS], theirs[POINTS][WINDOW * CONVERSATIONS];

static double parse(const hr_buf *body)
{
    double start = measure_now(MEASURE_CPU);
    cJSON *all = cJSON_ParseWithLength(body->data, body->len);
    measure_check(all != NULL, "cJSON reads the body");
    cJSON_Delete(all);
    return measure_now(MEASURE_CPU) - start;
}

static void converse(headroom *h, unsigned number)
{
    hr_buf body = {0};
    body_begin(&body);
    for (unsigned turn = 1; turn <= TURNS; turn++) {
        const size_t before = body.len;
        body_turn(&body, number * 1000 + turn, TEXT_JSON, 10 << 10);
        const size_t after = body.len;
        body_end(&body);
        double start = measure_now(MEASURE_CPU);
        struct road_done done = road_send(h, &body);
        double took = measure_now(MEASURE_CPU) - start;
        measure_check(done.rewritten == turn && done.replayed == turn - 1,
                      "one result is new, the others are replayed");
        measure_check(done.len + turn * (size_t)5000 < body.len && after > before,
                      "each result shrinks by half");
        for (int p = 0; p < POINTS; p++) {
            if (turn < first_of[p] || turn >= first_of[p] + WINDOW)
                continue;
            size_t at = number * WINDOW + turn - first_of[p];
            ours[p][at] = took;
            theirs[p][at] = parse(&body);
        }
        body.len = after;
    }
    hr_buf_free(&body);
}

int main(void)
{
    double medians[POINTS];
    measure_own_home();
    headroom *h = headroom_open(0);
    measure_check(h && headroom_store_reason(h) == NULL, "a ledger that works");
    for (unsigned i = 0; i < CONVERSATIONS; i++)
        converse(h, i);
    for (int p = 0; p < POINTS; p++) {
        medians[p] = measure_quantile(ours[p], WINDOW * CONVERSATIONS, 0.5);
        measure_say_numbers(names[p], medians[p], measure_quantile(theirs[p], WINDOW * CONVERSATIONS, 0.5));
    }
    measure_say_numbers("growth.ratio", medians[POINTS - 1], medians[0]);
    headroom_close(h);
    return 0;
}
