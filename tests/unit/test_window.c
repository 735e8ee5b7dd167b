/* Unit tests of core/window.c and window_cuts.c, over the whole road: conversations that grow beyond what their model takes. */
#include "road.h"

enum { FULL = 40 }; /* turns */

static int setup(void **state)
{
    static const char *const names[] = {"HEADROOM_WINDOW", "HEADROOM_KEEP_TURNS",
                                        "HEADROOM_MODEL_CONTEXT_LIMITS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    setenv("HEADROOM_MODEL_CONTEXT_LIMITS", "claude-sonnet-4-5=8000", 1);
    setenv("HEADROOM_OUTPUT_BUFFER_TOKENS", "500", 1);
    return road_setup(state);
}

/* A conversation over Messages: each turn is a question, a call with its result, an answer. The last turn ends with the result. */
static char *conversation(const char *model, int turns, const char *top)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    fprintf(f, "{\"model\":\"%s\",%s\"system\":\"Be brief.\",\"messages\":[", model, top);
    for (int t = 0; t < turns; t++) {
        fprintf(f, "%s{\"role\":\"user\",\"content\":\"Question %d?\"},", t ? "," : "", t);
        fprintf(f,
                "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t%d\",\"name\":\"n\","
                "\"input\":{}}]},",
                t);
        fprintf(f,
                "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t%d\","
                "\"content\":\"",
                t);
        for (int i = 0; i < 25; i++)
            fprintf(f, "The reader of turn %d met %d lines. ", t, (t * 31 + i * 17) % 97);
        fprintf(f, "\"}]}");
        if (t + 1 < turns)
            fprintf(f, ",{\"role\":\"assistant\",\"content\":\"Answer %d.\"}", t);
    }
    fprintf(f, "]}");
    fclose(f);
    return out;
}

struct sent {
    char *body; /* NULL: as it came */
    char window[256], transforms[64];
    int64_t before, after;
};

static struct sent send_with(headroom *h, const char *body, enum headroom_mode mode, bool count_only,
                             const char *level)
{
    headroom_head head = {.host = "api",
                          .host_len = 3,
                          .path = "/v1/messages",
                          .path_len = 12,
                          .dialect = "anthropic",
                          .count_only = count_only};
    struct sent s = {0};
    const void *out;
    size_t len;
    headroom_row row;

    if (level)
        head.override[HEADROOM_OVERRIDE_LEVEL] = (headroom_span){level, strlen(level)};
    headroom_request *r = headroom_request_new(h, &head, mode);
    if (!r)
        return s;
    if (headroom_request_body(r, body, strlen(body), &out, &len) == 1) {
        s.body = malloc(len + 1);
        memcpy(s.body, out, len);
        s.body[len] = 0;
    }
    headroom_request_row(r, &row);
    snprintf(s.window, sizeof s.window, "%s", row.window ? row.window : "");
    snprintf(s.transforms, sizeof s.transforms, "%s", row.transforms);
    s.before = row.tokens_before;
    s.after = row.tokens_after;
    headroom_request_sent(r);
    headroom_request_end(r, true);
    return s;
}

static struct sent send_one(headroom *h, const char *body)
{
    return send_with(h, body, HEADROOM_OPTIMIZE, false, NULL);
}

/* In a process of its own, as it were. */
static struct sent send_alone(const char *body)
{
    headroom *h = headroom_open(0);
    struct sent s = send_one(h, body);
    headroom_close(h);
    return s;
}

static bool did(const struct sent *s, const char *what)
{
    return strstr(s->window, what) != NULL;
}

/* A message of ours, the newest question, none of the oldest results, and less than the limit. */
static void assert_is_cut(const struct sent *s)
{
    assert_non_null(s->body);
    assert_non_null(strstr(s->body, "\"messages\":[{\"role\":\"user\",\"content\":\"[headroom: "));
    assert_null(strstr(s->body, "The reader of turn 0 met"));
    assert_non_null(strstr(s->body, "\"system\":\"Be brief.\""));
    assert_true(s->after < 7500 && s->after < s->before);
    assert_string_equal(s->transforms, "window");
}

static void a_cut_is_replayed_byte_by_byte_in_any_process_and_grows_in_steps(void **state)
{
    (void)state;
    char *before = NULL;
    int cuts = 0, since = 99;
    for (int t = 1; t <= FULL; t++) {
        char *body = conversation("claude-sonnet-4-5", t, "");
        struct sent s = send_alone(body);
        const char *now = s.body ? s.body : body;
        if (did(&s, "\"cut\"")) {
            assert_true(since >= 5);
            cuts++;
            since = 0;
        } else if (before) {
            assert_memory_equal(now, before, strlen(before) - 2); /* up to the end of its last message */
        }
        since++;
        if (cuts)
            assert_is_cut(&s);
        free(before);
        before = strdup(now);
        free(s.body);
        free(body);
    }
    assert_in_range(cuts, 2, FULL / 5);
    free(before);
}

static void the_last_questions_stay_and_the_counts_are_true(void **state)
{
    (void)state;
    char *body = conversation("claude-sonnet-4-5", FULL, ""), word[32];
    struct sent s = send_alone(body);
    unsigned messages = 0, calls = 0;
    assert_is_cut(&s);
    for (int t = FULL - 4; t < FULL; t++) {
        snprintf(word, sizeof word, "\"Question %d?\"", t);
        assert_non_null(strstr(s.body, word));
    }
    assert_int_equal(sscanf(strstr(s.body, "[headroom: "),
                            "[headroom: %u earlier messages, with %u tool calls", &messages, &calls),
                     2);
    unsigned roles[2] = {0}, uses[2] = {0};
    const char *const bodies[] = {body, s.body};
    for (int i = 0; i < 2; i++) {
        for (const char *p = bodies[i]; (p = strstr(p, "{\"role\":")); p++)
            roles[i]++;
        for (const char *p = bodies[i]; (p = strstr(p, "\"tool_use\"")); p++)
            uses[i]++;
    }
    assert_int_equal(messages, roles[0] - (roles[1] - 1));
    assert_int_equal(calls, uses[0] - uses[1]);
    assert_int_equal(headroom_left_out(s.body, strlen(s.body)), messages);
    assert_int_equal(headroom_left_out(body, strlen(body)), 0);
    free(s.body);
    setenv("HEADROOM_KEEP_TURNS", "30", 1);
    char *other = strdup(body);
    memcpy(strstr(other, "Question 0?"), "Question A?", 11);
    s = send_alone(other);
    assert_null(s.body);
    assert_true(did(&s, "\"none\"") && did(&s, "window_too_small"));
    free(other);
    free(body);
}

static void nothing_new_is_cut_where_it_must_not_be(void **state)
{
    (void)state;
    static const struct {
        const char *model, *top, *window, *level;
        enum headroom_mode mode;
        const char *reason; /* "": not worth a word */
    } cases[] = {
        {"claude-sonnet-4-5", "", "off", NULL, HEADROOM_OPTIMIZE, ""},
        {"claude-sonnet-4-5", "", "auto", "replay", HEADROOM_OPTIMIZE, "replay"},
        {"claude-sonnet-4-5", "", "auto", NULL, HEADROOM_AUDIT, ""},
        {"claude-sonnet-4-5", "\"thread\":{\"type\":\"create\"},", "on", NULL, HEADROOM_OPTIMIZE,
         "server_state"},
        {"claude-sonnet-4-5", "\"context_management\":{},", "auto", NULL, HEADROOM_OPTIMIZE, "managed"},
        {"claude-opus-5-5", "", "on", NULL, HEADROOM_OPTIMIZE, "bound"},
        {"some-model", "", "on", NULL, HEADROOM_OPTIMIZE, "unknown_model"},
        {"claude-haiku-4-5", "", "auto", NULL, HEADROOM_OPTIMIZE, ""}, /* it takes all of it */
    };
    setenv("HEADROOM_MODEL_CONTEXT_LIMITS", "claude-sonnet-4-5=8000 claude-opus-5-5=8000", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv("HEADROOM_WINDOW", cases[i].window, 1);
        headroom *h = headroom_open(0);
        char *body = conversation(cases[i].model, FULL, cases[i].top);
        struct sent s = send_with(h, body, cases[i].mode, false, cases[i].level);
        assert_null(s.body);
        assert_true(did(&s, cases[i].reason));
        assert_int_equal(*s.window == 0, *cases[i].reason == 0);
        assert_int_equal(s.before, s.after);
        free(body);
        headroom_close(h);
    }
    /* Where the provider would make room, on acts. */
    setenv("HEADROOM_WINDOW", "on", 1);
    char *body = conversation("claude-sonnet-4-5", FULL, "\"context_management\":{},");
    struct sent s = send_alone(body);
    assert_is_cut(&s);
    free(s.body);
    free(body);
}

static void a_stored_cut_is_replayed_where_no_new_one_may_be_made(void **state)
{
    (void)state;
    char *body = conversation("claude-sonnet-4-5", FULL, ""),
         *longer = conversation("claude-sonnet-4-5", FULL + 1, "");
    struct sent first = send_alone(body);
    assert_is_cut(&first);
    static const char *const levels[] = {NULL, "replay", "lossless"};
    for (size_t i = 0; i < 3; i++) {
        setenv("HEADROOM_WINDOW", i ? "auto" : "off", 1);
        headroom *h = headroom_open(0);
        struct sent s = send_with(h, longer, HEADROOM_OPTIMIZE, false, levels[i]);
        assert_true(did(&s, "\"replayed\""));
        assert_is_cut(&s);
        assert_memory_equal(s.body, first.body, strlen(first.body) - 2);
        free(s.body);
        headroom_close(h);
    }
    free(first.body);
    free(longer);
    free(body);
}

static void a_history_that_was_rewound_or_changed_is_not_taken_for_the_cut_one(void **state)
{
    (void)state;
    char *body = conversation("claude-sonnet-4-5", FULL, "");
    struct sent first = send_alone(body);
    assert_is_cut(&first);
    /* Back to an early turn: all of it fits. */
    char *early = conversation("claude-sonnet-4-5", 3, "");
    struct sent s = send_alone(early);
    assert_null(s.body);
    /* A message that went says something else now: a cut of its own. */
    char *edited = strdup(body);
    memcpy(strstr(edited, "The reader of turn 3"), "The writer of turn 3", 20);
    s = send_alone(edited);
    assert_true(did(&s, "\"cut\""));
    free(s.body);
    /* The first one is still there. */
    s = send_alone(body);
    assert_true(did(&s, "\"replayed\""));
    assert_string_equal(s.body, first.body);
    free(s.body);
    /* A message that stays may change. */
    char *last = strstr(body, "Question 39?");
    memcpy(last, "QUESTION", 8);
    s = send_alone(body);
    assert_true(did(&s, "\"replayed\""));
    free(s.body);
    free(first.body);
    free(edited);
    free(early);
    free(body);
}

static void a_request_that_counts_is_cut_and_nothing_is_stored(void **state)
{
    (void)state;
    char *body = conversation("claude-sonnet-4-5", FULL, "");
    headroom *h = headroom_open(0);
    struct sent s = send_with(h, body, HEADROOM_OPTIMIZE, true, NULL);
    assert_is_cut(&s);
    free(s.body);
    s = send_with(h, body, HEADROOM_SIMULATE, false, NULL);
    assert_true(!s.body && did(&s, "\"cut\"") && s.after < s.before);
    s = send_with(h, body, HEADROOM_OPTIMIZE, false, NULL);
    assert_true(did(&s, "\"cut\"")); /* not replayed: it is the first */
    free(s.body);
    headroom_close(h);
    free(body);
}

static void without_a_database_nothing_new_is_cut_and_what_was_met_is_replayed(void **state)
{
    (void)state;
    char *body = conversation("claude-sonnet-4-5", FULL, ""),
         *longer = conversation("claude-sonnet-4-5", FULL + 1, "");
    headroom *h = headroom_open(0);
    struct sent first = send_one(h, body);
    assert_is_cut(&first);
    hr_fault_after(HR_FAULT_SQL, 1, true);
    struct sent s = send_one(h, longer);
    assert_true(did(&s, "\"replayed\""));
    assert_memory_equal(s.body, first.body, strlen(first.body) - 2);
    free(s.body);
    char *other = strdup(longer);
    memcpy(strstr(other, "Question 0?"), "Question B?", 11);
    s = send_one(h, other);
    assert_true(!s.body && did(&s, "\"none\""));
    hr_fault_after(HR_FAULT_SQL, 0, false);
    headroom_close(h);
    free(first.body);
    free(other);
    free(longer);
    free(body);
}

static void whatever_fails_the_body_is_whole_or_cut_as_ever(void **state)
{
    (void)state;
    char *body = conversation("claude-sonnet-4-5", FULL, "");
    struct sent good = send_alone(body);
    assert_is_cut(&good);
    size_t whole = 0, cut = 0;
    for (int kind = 0; kind < HR_FAULT_KINDS; kind++) {
        for (long n = 1; n < 60; n++) {
            nftw(road_home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
            mkdir(road_home, 0700);
            headroom *h = headroom_open(0);
            hr_fault_after((enum hr_fault_kind)kind, n, n % 2);
            struct sent s = send_one(h, body);
            hr_fault_after((enum hr_fault_kind)kind, 0, false);
            if (s.body)
                assert_string_equal(s.body, good.body);
            whole += !s.body;
            cut += s.body != NULL;
            free(s.body);
            headroom_close(h);
        }
    }
    assert_true(whole > 10 && cut > 10);
    free(good.body);
    free(body);
}

static void a_purge_of_decisions_takes_cuts_with_them(void **state)
{
    (void)state;
    const headroom_purge_scope scope = {.decisions_before_us = INT64_MAX};
    headroom_purge_counts all = {0}, gone = {0};
    char *body = conversation("claude-sonnet-4-5", FULL, "");
    struct sent s = send_alone(body);
    assert_is_cut(&s);
    free(s.body);
    headroom *h = headroom_open(0);
    assert_int_equal(headroom_purge_count(h, &scope, &all), 0);
    assert_int_equal(headroom_purge(h, &scope, 1000000, &gone), 0);
    assert_true(gone.decisions == all.decisions &&
                gone.decisions == FULL + 1); /* a row a result, and the cut */
    headroom_close(h);
    s = send_alone(body);
    assert_true(did(&s, "\"cut\""));
    free(s.body);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cut_is_replayed_byte_by_byte_in_any_process_and_grows_in_steps,
                                        setup, road_teardown),
        cmocka_unit_test_setup_teardown(the_last_questions_stay_and_the_counts_are_true, setup,
                                        road_teardown),
        cmocka_unit_test_setup_teardown(nothing_new_is_cut_where_it_must_not_be, setup, road_teardown),
        cmocka_unit_test_setup_teardown(a_stored_cut_is_replayed_where_no_new_one_may_be_made, setup,
                                        road_teardown),
        cmocka_unit_test_setup_teardown(a_history_that_was_rewound_or_changed_is_not_taken_for_the_cut_one,
                                        setup, road_teardown),
        cmocka_unit_test_setup_teardown(a_request_that_counts_is_cut_and_nothing_is_stored, setup,
                                        road_teardown),
        cmocka_unit_test_setup_teardown(without_a_database_nothing_new_is_cut_and_what_was_met_is_replayed,
                                        setup, road_teardown),
        cmocka_unit_test_setup_teardown(a_purge_of_decisions_takes_cuts_with_them, setup, road_teardown),
        cmocka_unit_test_setup_teardown(whatever_fails_the_body_is_whole_or_cut_as_ever, setup,
                                        road_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
