/* test_aligner.c - the aligner on the road: when it decides, what it stores, what it does while everything fails. */
#include "aligner.h"

#include "road.h"

#define VOLATILE "Today is January 7, 2025. Be kind.\\nNever \\u0041 lie."
#define ALIGNED  "Be kind.\\nNever A lie.\\n\\nCurrent date: January 7, 2025"
#define BODY(system, rest)                                                                                   \
    "{\"model\":\"claude-x\",\"system\":\"" system "\",\"messages\":[{\"role\":\"user\",\"content\":"        \
    "\"Hello\"}" rest "],\"x\":1.50e0 }"
#define ANSWER ",{\"role\":\"assistant\",\"content\":\"Hi\"},{\"role\":\"user\",\"content\":\"Go on\"}"

static int setup(void **state)
{
    setenv("HEADROOM_ALIGNER", "on", 1);
    return road_setup(state);
}

static int teardown(void **state)
{
    unsetenv("HEADROOM_ALIGNER");
    return road_teardown(state);
}

static void goes_out(const char *body, const char *expected)
{
    struct road_out o = road_once(body);
    if (!expected)
        assert_null(o.body);
    else {
        assert_non_null(o.body);
        assert_string_equal(o.body, expected);
        assert_string_equal(o.transform, "cache_aligner");
        assert_int_equal(o.rewritten, 1);
    }
    free(o.body);
}

static void only_the_system_literal_differs(void **state)
{
    (void)state;
    goes_out(BODY(VOLATILE, ""), BODY(ALIGNED, ""));
    goes_out(BODY(VOLATILE, ANSWER), BODY(ALIGNED, ANSWER));
}

static void a_conversation_that_began_without_it_goes_on_without(void **state)
{
    (void)state;
    setenv("HEADROOM_ALIGNER", "off", 1);
    goes_out(BODY(VOLATILE, ""), NULL);
    setenv("HEADROOM_ALIGNER", "on", 1);
    goes_out(BODY(VOLATILE, ANSWER), NULL);
}

static void a_text_that_was_sent_by_us_is_left_alone(void **state)
{
    (void)state;
    goes_out(BODY(VOLATILE, ""), BODY(ALIGNED, ""));
    goes_out(BODY(ALIGNED, ""), NULL);
}

static void the_system_text_is_changed_beside_the_results(void **state)
{
    (void)state;
    goes_out(BODY(VOLATILE, ""), BODY(ALIGNED, ""));
    char *rows = road_rows(500), *body = NULL;
    size_t size;
    FILE *f = open_memstream(&body, &size);
    fprintf(f,
            "{\"model\":\"claude-x\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"},{\"role\":"
            "\"assistant\","
            "\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}]},{\"role\":"
            "\"user\",\"content\":[{"
            "\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":\"%s\"}]}],\"system\":\"" VOLATILE
            "\"}",
            rows);
    fclose(f);
    struct road_out o = road_once(body);
    assert_non_null(o.body);
    assert_int_equal(o.rewritten, 2);
    assert_int_equal(o.replayed, 1);
    assert_string_equal(o.transform, "smart_crusher"); /* in the body's order */
    assert_non_null(strstr(o.body, "\"system\":\"" ALIGNED "\"}"));
    free(o.body), free(body), free(rows);
}

static void counting_tokens_computes_the_same_and_stores_nothing(void **state)
{
    (void)state;
    headroom *h = headroom_open(0);
    const char *body = BODY(VOLATILE, "");
    struct road_out o = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, true);
    assert_string_equal(o.body, BODY(ALIGNED, ""));
    headroom_close(h);
    goes_out(BODY(VOLATILE, ANSWER), NULL);
    free(o.body);
}

static void other_modes_take_no_decision(void **state)
{
    static const enum headroom_mode modes[] = {HEADROOM_AUDIT, HEADROOM_SIMULATE};
    const char *body = BODY(VOLATILE, "");
    (void)state;
    for (int i = 0; i < 2; i++) {
        headroom *h = headroom_open(0);
        struct road_out o = road_send(h, body, strlen(body), modes[i], false);
        assert_null(o.body);
        headroom_close(h);
    }
    goes_out(BODY(VOLATILE, ANSWER), NULL);
}

static void without_time_or_a_store_nothing_new_is_decided(void **state)
{
    (void)state;
    setenv("HEADROOM_DEADLINE_MS", "0", 1);
    char *body = NULL;
    size_t size;
    FILE *f = open_memstream(&body, &size);
    fputs("{\"model\":\"claude-x\",\"system\":\"" VOLATILE, f);
    for (int i = 0; i < 10000; i++)
        fprintf(f, " Rule %d is one.", i);
    fputs("\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}", f);
    fclose(f);
    goes_out(body, NULL);
    setenv("HEADROOM_DEADLINE_MS", "60000", 1);
    setenv("XDG_STATE_HOME", "/proc", 1); /* nothing can be made there */
    goes_out(BODY(VOLATILE, ""), NULL);
    free(body);
}

static void a_long_text_is_not_looked_at(void **state)
{
    (void)state;
    char *body = NULL;
    size_t size;
    FILE *f = open_memstream(&body, &size);
    fputs("{\"model\":\"claude-x\",\"system\":\"" VOLATILE, f);
    for (int i = 0; i < (256 << 10) / 10; i++)
        fputs(" Be kind. ", f);
    fputs("\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}", f);
    fclose(f);
    goes_out(body, NULL);
    free(body);
}

/* ------------------------------------------------------------------ failures */
static void run_with_failures(enum hr_fault_kind kind, bool sticky, const char *body, const char *aligned,
                              bool known)
{
    for (long n = 1;; n++) {
        headroom *h = headroom_open(0);
        assert_non_null(h);
        if (known) {
            struct road_out o =
                road_send(h, BODY(VOLATILE, ""), strlen(BODY(VOLATILE, "")), HEADROOM_OPTIMIZE, false);
            free(o.body);
        }
        hr_fault_after(kind, n, sticky);
        struct road_out o = road_send(h, body, strlen(body), HEADROOM_OPTIMIZE, false);
        const bool failed = hr_fault_count(kind) >= n;
        hr_fault_after(kind, 0, false);
        /* The original, or what was decided: nothing else. */
        if (o.body)
            assert_string_equal(o.body, aligned);
        if (known && kind == HR_FAULT_SQL)
            assert_non_null(o.body); /* it is in memory */
        if (!failed)
            assert_non_null(o.body);
        free(o.body);
        headroom_close(h);
        if (!failed)
            break;
        assert_true(n < 5000);
    }
}

static void whatever_fails_the_original_or_the_decision_goes_out(void **state)
{
    (void)state;
    for (int sticky = 0; sticky < 2; sticky++) {
        run_with_failures(HR_FAULT_ALLOC, sticky, BODY(VOLATILE, ""), BODY(ALIGNED, ""), false);
        run_with_failures(HR_FAULT_ALLOC, sticky, BODY(VOLATILE, ANSWER), BODY(ALIGNED, ANSWER), true);
        run_with_failures(HR_FAULT_SQL, sticky, BODY(VOLATILE, ANSWER), BODY(ALIGNED, ANSWER), true);
    }
}

/* ------------------------------------------------------------------ auto */
static void auto_follows_the_rules_of_each_cache(void **state)
{
    static const struct {
        const char *dialect, *model;
        bool resends;
        size_t before, gained;
        bool gains;
    } cases[] = {
        {"openai_chat", "gpt-4o", true, 1024, 128, true},
        {"openai_chat", "gpt-4o", true, 1023, 128, false},
        {"openai_chat", "gpt-4o", true, 5000, 127, false},
        {"openai_chat", "gpt-5.5", true, 5000, 500, true},
        {"openai_chat", "gpt-5.6", true, 5000, 500, false},
        {"openai_chat", "gpt-6", true, 5000, 500, false},
        {"openai_chat", "gpt-oss-120b", true, 5000, 500, true},
        {"openai_chat", "o4-mini", true, 5000, 500, true},
        {"openai_chat", "claude-sonnet-4.5", true, 5000, 500, false},
        {"openai_chat", "gemini-2.5-flash", true, 1024, 500, true},
        {"openai_chat", "", true, 5000, 500, true},
        {"openai_responses", "gpt-4.1", true, 5000, 500, true},
        {"openai_responses", "gpt-4.1", false, 5000, 500, false},
        {"gemini", "gemini-2.5-flash", true, 1024, 128, true},
        {"gemini", "gemini-2.5-pro", true, 4095, 500, false},
        {"gemini", "gemini-3-pro-preview", true, 4096, 500, true},
        {"gemini", "gemini-2.0-flash", true, 5000, 500, false},
        {"gemini", "tuned", true, 5000, 500, false},
        {"ollama", "qwen3:8b", true, 128, 128, true},
        {"ollama", "qwen3:8b", true, 128, 100, false},
        {"cohere", "command-a", true, 5000, 500, false},
        {"anthropic", "claude-sonnet-4-5", true, 9000, 5000, false},
        {"bedrock", "amazon.nova-pro", true, 9000, 5000, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hr_conversation c = {.model = hr_str_make(cases[i].model, strlen(cases[i].model)),
                                   .resends = cases[i].resends};
        if (hr_align_gains(&c, hr_dialect_find(cases[i].dialect), cases[i].before, cases[i].gained) !=
            cases[i].gains)
            fail_msg("%s %s %zu %zu", cases[i].dialect, cases[i].model, cases[i].before, cases[i].gained);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_the_system_literal_differs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_conversation_that_began_without_it_goes_on_without, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_text_that_was_sent_by_us_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(the_system_text_is_changed_beside_the_results, setup, teardown),
        cmocka_unit_test_setup_teardown(counting_tokens_computes_the_same_and_stores_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(other_modes_take_no_decision, setup, teardown),
        cmocka_unit_test_setup_teardown(without_time_or_a_store_nothing_new_is_decided, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_text_is_not_looked_at, setup, teardown),
        cmocka_unit_test_setup_teardown(whatever_fails_the_original_or_the_decision_goes_out, setup,
                                        teardown),
        cmocka_unit_test(auto_follows_the_rules_of_each_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
