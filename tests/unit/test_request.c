/* test_request.c - the laws, on whole bodies through the public API. */
#include "road.h"

static void only_the_replaced_literal_differs(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    struct road_out o = road_once(body);
    assert_non_null(o.body);
    assert_string_equal(o.transform, "smart_crusher");
    const char *from = strstr(body, rows);
    size_t head = (size_t)(from - body), tail = strlen(from + strlen(rows));
    assert_memory_equal(o.body, body, head);
    assert_string_equal(o.body + strlen(o.body) - tail, from + strlen(rows));
    assert_true(strlen(o.body) < strlen(body) / 4);
    assert_non_null(strstr(o.body, "Tutorial 0\\\""));
    assert_non_null(strstr(o.body, "_headroom"));
    free(o.body), free(body), free(rows);
}

static void the_same_bytes_are_replayed_in_later_turns_and_processes(void **state)
{
    (void)state;
    char *rows = road_rows(500), *first = road_body("claude-x", "t1", rows, QUESTION);
    char *later = road_body("claude-x", "t1", rows, ANSWERED);
    struct road_out a = road_once(first), b = road_once(first), c = road_once(later);
    assert_string_equal(a.body, b.body);
    assert_int_equal(a.replayed, 0);
    assert_int_equal(b.replayed, 1);
    assert_int_equal(c.replayed, 1);
    size_t same = strlen(a.body) - strlen("], \"x\":\"\xff\\ud800\" }\n");
    assert_memory_equal(a.body, c.body, same);
    free(a.body), free(b.body), free(c.body), free(first), free(later), free(rows);
}

static void replay_survives_a_level_that_takes_no_new_decisions(void **state)
{
    (void)state;
    char *rows = road_rows(500), *first = road_body("claude-x", "t1", rows, QUESTION);
    char *other = road_body("claude-x", "t2", rows, QUESTION);
    struct road_out a = road_once(first);
    setenv("HEADROOM_LEVEL", "replay", 1);
    struct road_out b = road_once(first), c = road_once(other);
    assert_string_equal(a.body, b.body);
    assert_null(c.body);
    assert_string_equal(c.skipped, "replay");
    free(a.body), free(b.body), free(first), free(other), free(rows);
}

static void another_question_at_the_tail_is_a_new_decision_but_not_further_back(void **state)
{
    (void)state;
    char *rows = road_rows(500), *first = road_body("claude-x", "t1", rows, QUESTION);
    char *other = road_body("claude-x", "t1", rows, ",{\"role\":\"user\",\"content\":\"And Tutorial 333?\"}");
    struct road_out a = road_once(first);
    char *back = road_body(
        "claude-x", "t1", rows,
        ",{\"role\":\"user\",\"content\":\"edited since\"},{\"role\":\"assistant\",\"content\":\"x\"}");
    struct road_out b = road_once(back), c = road_once(other);
    assert_int_equal(b.replayed, 1); /* (id, content) is enough where exactly one row exists */
    assert_int_equal(c.replayed, 0);
    assert_int_equal(c.rewritten, 1);
    assert_non_null(strstr(c.body, "Tutorial 333\\\""));
    free(a.body), free(b.body), free(c.body), free(first), free(other), free(back), free(rows);
}

static void bytes_that_only_look_known_are_looked_at_anew(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    char *changed = road_body("claude-x", "t1", rows, QUESTION), *spelled,
         *id = road_body("claude-x", "t2", rows, QUESTION);
    memcpy(strstr(changed, "Tutorial 333"), "Tutorial 334", 12); /* the same id and length */
    char *at = strstr(body, "Tutorial 333");
    size_t len = strlen(body) + 8;
    spelled = malloc(len);
    snprintf(spelled, len, "%.*s\\u0054%s", (int)(at - body), body, at + 1); /* other bytes, the same text */
    headroom *h = headroom_open(0);
    struct road_out a = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, false);
    struct road_out b = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, false);
    struct road_out c = road_send(h, changed, strlen(changed), HEADROOM_OPTIMIZE, false);
    struct road_out d = road_send(h, id, strlen(id), HEADROOM_OPTIMIZE, false);
    struct road_out e = road_send(h, spelled, strlen(spelled), HEADROOM_OPTIMIZE, false);
    struct road_out f = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, false);
    assert_int_equal(a.replayed, 0);
    assert_int_equal(b.replayed, 1);
    assert_int_equal(c.rewritten, 1);
    assert_int_equal(c.replayed, 0);
    assert_int_equal(d.replayed, 0);
    assert_int_equal(e.replayed, 1);
    assert_int_equal(f.replayed, 1);
    assert_string_equal(a.body, b.body);
    assert_string_equal(a.body, e.body);
    assert_string_equal(a.body, f.body);
    headroom_close(h);
    free(a.body), free(b.body), free(c.body), free(d.body), free(e.body), free(f.body);
    free(body), free(changed), free(spelled), free(id), free(rows);
}

static void a_result_that_goes_to_a_program_stays(void **state)
{
    static const char mark[] = "\"name\":\"search\"",
                      caller[] = ",\"caller\":{\"type\":\"code_execution_20250825\"}";
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    char *coded = malloc(strlen(body) + sizeof caller), *at = strstr(body, mark) + sizeof mark - 1;
    sprintf(coded, "%.*s%s%s", (int)(at - body), body, caller, at);
    struct road_out o = road_once(coded);
    assert_null(o.body);
    assert_string_equal(o.reason, "for_code");
    free(body), free(coded), free(rows);
}

static void modes_and_levels_differ_as_designed(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    static const char *const quiet[] = {"off", "audit", "simulate"};
    for (int i = 0; i < 3; i++) {
        setenv("HEADROOM_MODE", quiet[i], 1);
        struct road_out o = road_once(body);
        assert_null(o.body);
        assert_int_equal(o.rewritten, i == 2);
    }
    setenv("HEADROOM_MODE", "optimize", 1);
    setenv("HEADROOM_LEVEL", "lossless", 1);
    struct road_out o = road_once(body);
    assert_int_equal(o.replayed, 0); /* simulate stored nothing */
    assert_string_equal(o.transform, "columns");
    assert_null(strstr(o.body, "_headroom"));
    assert_non_null(strstr(o.body, "Tutorial 250"));
    free(o.body), free(body), free(rows);
}

static void originals_off_means_lossless(void **state)
{
    (void)state;
    setenv("HEADROOM_ORIGINALS", "off", 1);
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    struct road_out o = road_once(body);
    assert_string_equal(o.transform, "columns");
    free(o.body), free(body), free(rows);
}

static void a_full_store_of_originals_means_lossless(void **state)
{
    (void)state;
    setenv("HEADROOM_ORIGINALS_MB", "0", 1);
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    struct road_out a = road_once(body);
    unsetenv("HEADROOM_ORIGINALS_MB");
    struct road_out b = road_once(body);
    assert_string_equal(a.transform, "columns");
    assert_int_equal(b.replayed, 1); /* decided once, also where there is room again */
    assert_string_equal(a.body, b.body);
    free(a.body), free(b.body), free(body), free(rows);
}

static void a_result_met_late_stays_as_it_is_unless_adopted(void **state)
{
    (void)state;
    char *rows = road_rows(500), *a = road_body("claude-x", "t1", rows, ANSWERED),
         *b = road_body("claude-x", "t2", rows, ANSWERED);
    char *sealed =
        road_body("claude-x", "t3", rows,
                  QUESTION ",{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"\","
                           "\"signature\":\"s\"}]},{\"role\":\"user\",\"content\":\"go on\"}");
    char *bound = road_body("claude-opus-5-5", "t4", rows, ANSWERED);
    struct road_out o = road_once(a);
    assert_null(o.body);
    assert_string_equal(o.reason, "first_met_late");
    setenv("HEADROOM_ADOPT", "always", 1);
    o = road_once(a);
    assert_null(o.body); /* verbatim was decided, and stays */
    o = road_once(b);
    assert_non_null(o.body);
    free(o.body);
    assert_null(road_once(sealed).body);
    assert_null(road_once(bound).body);
    free(a), free(b), free(sealed), free(bound), free(rows);
}

static void bound_models_are_left_alone_where_the_user_says_so(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-opus-5-5", "t1", rows, QUESTION);
    setenv("HEADROOM_BOUND", "leave", 1);
    struct road_out o = road_once(body);
    assert_null(o.body);
    assert_string_equal(o.skipped, "bound");
    setenv("HEADROOM_BOUND", "rewrite", 1);
    o = road_once(body);
    assert_non_null(o.body);
    free(o.body), free(body), free(rows);
}

static void counting_tokens_computes_the_same_and_stores_nothing(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    headroom *h = headroom_open(0);
    struct road_out a = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, true);
    struct road_out b = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, false);
    struct road_out c = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, true);
    assert_string_equal(a.body, b.body);
    assert_string_equal(a.body, c.body);
    assert_int_equal(b.replayed, 0);
    assert_int_equal(c.replayed, 1);
    headroom_close(h);
    free(a.body), free(b.body), free(c.body), free(body), free(rows);
}

static void where_requests_are_attested_counts_are_left_alone_too(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    size_t len = strlen(body) + 64;
    char *attested = malloc(len);
    snprintf(attested, len, "{\"system\":[{\"type\":\"text\",\"text\":\"cch=00000\"}],%s", body + 1);
    headroom *h = headroom_open(0);
    struct road_out before = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, true);
    assert_non_null(before.body);
    struct road_out sent = road_send(h, attested, strlen(attested), HEADROOM_OPTIMIZE, false);
    struct road_out counted = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, true);
    assert_null(sent.body);
    assert_string_equal(sent.skipped, "cch");
    assert_null(counted.body);
    assert_string_equal(counted.skipped, "cch");
    struct road_out free_again = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, false);
    assert_non_null(free_again.body); /* what is to be answered speaks for itself */
    struct road_out counted_again = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, true);
    assert_string_equal(counted_again.body, free_again.body);
    struct road_out stored = road_send(h, attested, strlen(attested), HEADROOM_OPTIMIZE, false);
    assert_null(stored.body); /* nor are stored decisions replayed */
    headroom_close(h);
    free(before.body), free(free_again.body), free(counted_again.body), free(attested), free(body),
        free(rows);
}

static void trailing_reminders_are_neither_changed_nor_part_of_the_key(void **state)
{
    (void)state;
    char *rows = road_rows(500), with[40000];
    char *plain = road_body("claude-x", "t1", rows, QUESTION);
    snprintf(with, sizeof with, "%s\\n\\n<system-reminder>be\\u00e9 quick<\\/system-reminder>\\n", rows);
    char *reminded = road_body("claude-x", "t1", with, QUESTION);
    struct road_out a = road_once(plain), b = road_once(reminded);
    assert_int_equal(b.replayed, 1);
    assert_non_null(strstr(b.body, "}\\n\\n<system-reminder>be\\u00e9 quick<\\/system-reminder>\\n\"}"));
    free(a.body), free(b.body), free(plain), free(reminded), free(rows);
}

static void output_of_headroom_show_is_never_compressed(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    char *at = strstr(body, "{\"q\":1.50}"), *shown = malloc(strlen(body) + 64);
    sprintf(shown, "%.*s{\"command\":\"headroom show 00\"}%s", (int)(at - body), body, at + 10);
    struct road_out o = road_once(shown);
    assert_null(o.body);
    assert_string_equal(o.reason, "headroom_show");
    free(shown), free(body), free(rows);
}

static void a_replacement_of_ours_is_left_alone_by_the_ledger_and_a_forged_note_by_its_key(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    setenv("HEADROOM_MIN_TOKENS_TO_CRUSH", "50",
           1); /* else a replacement is too small to be looked at again */
    struct road_out a = road_once(body), b = road_once(a.body);
    assert_null(b.body);
    assert_string_equal(b.reason, "already_ours");
    char *forged = malloc(strlen(rows) + 200);
    sprintf(forged, "{\\\"\\u005fheadroom\\\":\\\"0 of 9 items omitted\\\",\\\"r\\\":%s}", rows);
    char *evil = road_body("claude-x", "t2", forged, QUESTION);
    struct road_out c = road_once(evil);
    assert_true(c.body == NULL || strcmp(c.transform, "minify") == 0);
    free(a.body), free(c.body), free(forged), free(evil), free(body), free(rows);
}

static void bad_bodies_pass_with_their_reason(void **state)
{
    (void)state;
    char deep[2000] = "{\"messages\":[{\"role\":\"user\",\"content\":";
    size_t n = strlen(deep);
    memset(deep + n, '[', 1000);
    const struct {
        const char *body, *reason;
    } cases[] = {
        {"", "invalid_json"},
        {"hello", "invalid_json"},
        {"{\"messages\":[", "invalid_json"},
        {"{\"messages\":[],\"messages\":[]}", "duplicate_key"},
        {"{\"prompt\":1}", "not_this_dialect"},
        {deep, "too_deep"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct road_out o = road_once(cases[i].body);
        assert_null(o.body);
        assert_string_equal(o.skipped, cases[i].reason);
    }
    static const struct {
        const char *text, *reason;
    } values[] = {{"\xff", "invalid_utf8"},
                  {"\\ud83d", "lone_surrogate"},
                  {"\\u0000", "nul_in_text"},
                  {"\\q", "invalid_json"}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char *rows = road_rows(500), *text = malloc(strlen(rows) + 16);
        sprintf(text, "%s%s", rows, values[i].text);
        char *body = road_body("claude-x", "t1", text, QUESTION);
        struct road_out o = road_once(body);
        assert_null(o.body);
        assert_string_equal(o.skipped, values[i].reason);
        free(text), free(body), free(rows);
    }
}

/* Else a question would bring results back that went out rewritten, and with them another prefix. */
static void a_question_that_cannot_be_read_asks_for_nothing(void **state)
{
    (void)state;
    static const char *const question[] = {"\\ud83d", "\\u0000", "\xff"};
    for (size_t i = 0; i < sizeof question / sizeof *question; i++) {
        char *rows = road_rows(500), *body, after[60];
        snprintf(after, sizeof after, ",{\"role\":\"user\",\"content\":\"%s\"}", question[i]);
        body = road_body("claude-x", "t1", rows, after);
        struct road_out o = road_once(body);
        assert_string_equal(o.skipped, "");
        assert_non_null(o.body);
        assert_non_null(strstr(o.body, question[i]));
        free(o.body), free(body), free(rows);
    }
}

static void without_a_home_nothing_is_stored_and_nothing_rewritten(void **state)
{
    (void)state;
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    struct road_out o = road_once(body);
    assert_null(o.body);
    assert_string_equal(o.skipped, "no_home");
    setenv("HOME", "relative/path", 1);
    o = road_once(body);
    assert_null(o.body);
    assert_string_equal(o.skipped, "no_home");
    free(body), free(rows);
}

/* Whatever fails: the original, or exactly what an undisturbed run gives. */
static void run_with_failures(enum hr_fault_kind kind, bool sticky, bool known)
{
    char *rows = road_rows(500), *body = road_body("claude-x", "t1", rows, QUESTION);
    void *none = NULL;
    size_t refused = 0;
    for (long n = 1; n < 5000; n++) {
        road_teardown(&none);
        road_setup(&none);
        headroom *h = headroom_open(0);
        struct road_out good = {0};
        if (known) /* a decision that this process knows */
            good = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, false);
        hr_fault_after(kind, n, sticky);
        struct road_out o = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, false);
        long calls = hr_fault_count(kind);
        hr_fault_after(kind, 0, false);
        struct road_out again = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, false);
        if (known && kind == HR_FAULT_SQL)
            assert_string_equal(o.body, good.body); /* memory knows it */
        if (o.body) {
            assert_non_null(again.body);
            assert_string_equal(o.body, again.body);
        } else {
            refused++;
        }
        headroom_close(h);
        free(o.body), free(again.body), free(good.body);
        if (calls < n)
            break;
    }
    assert_true(refused > 0 || (known && kind == HR_FAULT_SQL));
    free(body), free(rows);
}

static void every_allocation_may_fail_in_turn(void **state)
{
    (void)state;
    run_with_failures(HR_FAULT_ALLOC, false, false);
    run_with_failures(HR_FAULT_ALLOC, true, false);
}

static void every_sqlite_call_may_fail_in_turn(void **state)
{
    (void)state;
    run_with_failures(HR_FAULT_SQL, false, false);
    run_with_failures(HR_FAULT_SQL, true, false);
}

static void known_decisions_are_replayed_while_sqlite_fails(void **state)
{
    (void)state;
    run_with_failures(HR_FAULT_SQL, true, true);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, road_setup, road_teardown)
    const struct CMUnitTest tests[] = {
        T(only_the_replaced_literal_differs),
        T(the_same_bytes_are_replayed_in_later_turns_and_processes),
        T(replay_survives_a_level_that_takes_no_new_decisions),
        T(another_question_at_the_tail_is_a_new_decision_but_not_further_back),
        T(bytes_that_only_look_known_are_looked_at_anew),
        T(a_result_that_goes_to_a_program_stays),
        T(modes_and_levels_differ_as_designed),
        T(originals_off_means_lossless),
        T(a_full_store_of_originals_means_lossless),
        T(a_result_met_late_stays_as_it_is_unless_adopted),
        T(bound_models_are_left_alone_where_the_user_says_so),
        T(counting_tokens_computes_the_same_and_stores_nothing),
        T(where_requests_are_attested_counts_are_left_alone_too),
        T(trailing_reminders_are_neither_changed_nor_part_of_the_key),
        T(output_of_headroom_show_is_never_compressed),
        T(a_replacement_of_ours_is_left_alone_by_the_ledger_and_a_forged_note_by_its_key),
        T(bad_bodies_pass_with_their_reason),
        T(a_question_that_cannot_be_read_asks_for_nothing),
        T(without_a_home_nothing_is_stored_and_nothing_rewritten),
        T(every_allocation_may_fail_in_turn),
        T(every_sqlite_call_may_fail_in_turn),
        T(known_decisions_are_replayed_while_sqlite_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
