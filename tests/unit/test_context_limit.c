/* Unit tests of core/context_limit.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "context_limit.h"

static hr_str str(const char *z)
{
    return hr_str_make(z, strlen(z));
}

static int64_t limit(const char *model, const char *given)
{
    hr_context_limit l;
    return hr_context_limit_of(str(model), str(given), &l) ? l.tokens : 0;
}

static void names_are_known_behind_vendors_and_before_dates(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        int64_t tokens;
    } cases[] = {
        {"gpt-4o", 128000},
        {"gpt-4o-mini", 128000},
        {"openai/gpt-4o-2024-08-06", 128000},
        {"claude-opus-4-5-20251101", 200000},
        {"claude-opus-4-20250514", 200000},
        {"anthropic/claude-opus-4.5", 200000},
        {"eu.anthropic.claude-haiku-4-5-20251001-v1:0", 200000},
        {"claude-haiku-4-5@20251001", 200000},
        {"claude-3-haiku-20240307", 200000},
        {"models/gemini-2.5-pro", 1048576},
        {"gemini-3-pro-preview", 1048576},
        {"gpt-5", 272000},
        {"gpt-5-mini-2025-08-07", 272000},
        {"gpt-5.1-chat-latest", 128000},
        {"gpt-5.4", 922000},
        {"gpt-5.4-mini", 272000},
        {"MiniMax-M2.7", 205000},
        {"command-a-03-2025", 256000},
        {"command-a", 256000},
        {"openai/gpt-oss-120b:free", 131072},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(limit(cases[i].model, ""), cases[i].tokens);
}

static void versions_that_the_table_does_not_know_are_not_guessed(void **state)
{
    (void)state;
    static const char *const models[] = {"gpt-5.9",
                                         "gpt-5-7-sol",
                                         "claude-opus-6",
                                         "claude-opus-5-6",
                                         "gpt-4",
                                         "my-gpt-4o",
                                         "gpt-4oo",
                                         "qwen3:8b",
                                         "",
                                         "gpt",
                                         "o2",
                                         "gemini-3",
                                         "claude",
                                         "gpt-west",
                                         "xo3"};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        hr_context_limit l;
        assert_false(hr_context_limit_of(str(models[i]), str(""), &l));
        assert_true(l.tokens == 0 && l.percent > 100 && !l.known && !l.given);
    }
}

static void the_users_number_replaces_the_tables_and_the_first_match_counts(void **state)
{
    (void)state;
    assert_int_equal(limit("gpt-4o-mini", "gpt-4o*=32000"), 32000);
    assert_int_equal(limit("gpt-4o-mini", "  claude*=1 gpt-4o*=32000\tgpt*=5 "), 32000);
    assert_int_equal(limit("gpt-5", "gpt-4o*=32000 *=7"), 7);
    assert_int_equal(limit("qwen3:8b", "qwen3:?b=40960"), 40960);
    assert_int_equal(limit("qwen3:8b", "qwen3=40960"), 0);
    assert_int_equal(limit("gpt-4o", "wrong gpt-4o=12"), 12);
    hr_context_limit l;
    assert_true(hr_context_limit_of(str("gpt-4o"), str(""), &l) && l.with_output && l.known && !l.given);
    assert_true(hr_context_limit_of(str("gpt-4o"), str("*=9"), &l) && !l.with_output && l.known && l.given);
    assert_int_equal(l.percent, 105);
    assert_true(hr_context_limit_of(str("unknown"), str("*=9"), &l) && !l.known && l.given);
    assert_int_equal(l.percent, 110);
}

static void a_wrong_entry_is_left_out(void **state)
{
    (void)state;
    static const char *const wrong[] = {"*", "*=", "*=5k", "*=-1", "*=0", "*=9999999999", "=5", "5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char list[80] = "";
        strcat(list, wrong[i]);
        strcat(list, ", z*=77");
        assert_int_equal(limit("zzz", list), 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_known_behind_vendors_and_before_dates),
        cmocka_unit_test(versions_that_the_table_does_not_know_are_not_guessed),
        cmocka_unit_test(the_users_number_replaces_the_tables_and_the_first_match_counts),
        cmocka_unit_test(a_wrong_entry_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
