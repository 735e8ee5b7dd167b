/* test_calibrate.c - claims of core/calibrate.h and core/token/family.h. */
#include "store_fixture.h"

#include "calibrate.h"
#include "token/family.h"

static const char *family(const char *model)
{
    return hr_family_of(hr_str_make(model, strlen(model)));
}

static void a_name_tells_the_family_whatever_a_gateway_puts_before_it(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"claude-sonnet-4-5", "claude"},
        {"us.anthropic.claude-opus-5-v1:0", "claude"},
        {"anthropic/Claude-3.5-Haiku", "claude"},
        {"gemini-2.5-pro", "gemini"},
        {"google/gemma-3-27b-it", "gemini"},
        {"codestral-latest", "mistral"},
        {"mistralai/Mixtral-8x7B", "mistral"},
        {"deepseek-r1-distill-llama-70b", "llama"},
        {"deepseek-chat", "deepseek"},
        {"Qwen/Qwen3-Coder", "qwen"},
        {"llama3:8b", "llama"},
        {"meta-llama/Llama-4-Scout", "llama"},
        {"command-a-03-2025", "cohere"},
        {"gpt-4o-mini", "gpt"},
        {"openai/o3", "gpt"},
        {"chatgpt-4o-latest", "gpt"},
        {"moonshotai/kimi-k2", "kimi"},
        {"foo3", "other"},
        {"", "other"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(family(cases[i][0]), cases[i][1]);
    assert_string_equal(headroom_family_of(NULL), "other");
}

static void fewer_than_twenty_requests_give_no_factor(void **state)
{
    (void)state;
    hr_samples s = {0};
    double factor, error;
    for (int i = 0; i < HR_MIN_SAMPLES - 1; i++)
        hr_samples_add(&s, HR_RATIO_ONE);
    assert_false(hr_samples_factor(&s, &factor, &error));
    hr_samples_add(&s, HR_RATIO_ONE);
    assert_true(hr_samples_factor(&s, &factor, &error));
    assert_true(factor == 1.0 && error == 0.0);
}

static void outliers_do_not_move_the_factor_but_show_in_its_error(void **state)
{
    (void)state;
    hr_samples s = {0};
    double factor, error;
    for (int i = 0; i < 100; i++)
        hr_samples_add(&s, i % 10 == 3 ? HR_RATIO_ONE / 50 : HR_RATIO_ONE * 5 / 4);
    assert_true(hr_samples_factor(&s, &factor, &error));
    assert_true(factor == 1.25);
    assert_true(error > 8 && error < 12);
}

static void new_samples_take_over_from_old_ones(void **state)
{
    (void)state;
    hr_samples s = {0};
    double factor, error;
    for (int i = 0; i < 1000; i++)
        hr_samples_add(&s, HR_RATIO_ONE);
    for (int i = 0; i < 40; i++) /* a third of those kept */
        hr_samples_add(&s, HR_RATIO_ONE * 3 / 2);
    assert_true(hr_samples_factor(&s, &factor, &error));
    assert_true(factor == 1.5);
    assert_int_equal(s.seen, 1040);
}

static void a_sample_is_what_was_sent_and_needs_the_providers_count(void **state)
{
    (void)state;
    headroom_row row = a_row(1), other = row;
    uint32_t ratio = 0;
    row.tokens_before = 2000, row.tokens_after = 1000, row.input_tokens = 1250;
    assert_true(hr_sample_of(&row, &ratio));
    assert_int_equal(ratio, HR_RATIO_ONE * 5 / 4);
    row.mode = "simulate"; /* the original went out */
    assert_true(hr_sample_of(&row, &ratio));
    assert_int_equal(ratio, HR_RATIO_ONE * 5 / 8);
    other = row, other.input_tokens = -1;
    assert_false(hr_sample_of(&other, &ratio));
    other = row, other.status = 529;
    assert_false(hr_sample_of(&other, &ratio));
    other = row, other.path = "/v1/messages/count_tokens";
    assert_false(hr_sample_of(&other, &ratio));
    other = row, other.path = "";
    assert_false(hr_sample_of(&other, &ratio));
    other = row, other.tokens_before = 0;
    assert_false(hr_sample_of(&other, &ratio));
    row.factor = 1250000; /* what was sent was multiplied by it */
    row.mode = "optimize";
    assert_true(hr_sample_of(&row, &ratio));
    assert_int_equal(ratio, HR_RATIO_ONE * 1250 / 800);
    row.input_tokens = INT64_MAX;
    assert_true(hr_sample_of(&row, &ratio));
    assert_int_equal(ratio, HR_RATIO_MAX);
}

static void a_factor_that_no_tokenizer_has_is_none(void **state)
{
    (void)state;
    double factor, error;
    for (int part = 0; part < 2; part++) {
        hr_samples s = {0};
        for (int i = 0; i < HR_SAMPLES; i++)
            hr_samples_add(&s, part ? HR_RATIO_ONE / 5 : HR_RATIO_ONE * 5);
        assert_false(hr_samples_factor(&s, &factor, &error));
    }
}

struct seen {
    char names[128];
    double factor, error;
    int64_t requests;
};

static int note(void *arg, const char *name, double factor, double error, int64_t requests)
{
    struct seen *s = arg;
    strcat(strcat(s->names, name), " ");
    s->factor = factor, s->error = error, s->requests = requests;
    return 0;
}

static void stored_rows_calibrate_their_family_in_any_process(void **state)
{
    (void)state;
    hr_store *s = open_store();
    headroom_row row = a_row(1);
    for (int i = 0; i < 30; i++) {
        row.model = i % 2 ? "claude-sonnet-4-5" : "claude-opus-5";
        row.tokens_after = 1000;
        row.input_tokens = 1200 + (i % 3) * 10;
        hr_store_request(s, &row);
    }
    row.model = "gemini-2.5-pro";
    for (int i = 0; i < HR_MIN_SAMPLES - 1; i++)
        hr_store_request(s, &row);
    hr_store_close(s);
    struct seen seen = {.names = ""};
    s = open_store();
    assert_int_equal(hr_store_each_family(s, note, &seen), 0);
    assert_string_equal(seen.names, "claude ");
    assert_true(seen.factor > 1.2 && seen.factor < 1.22 && seen.error < 1.0);
    assert_int_equal(seen.requests, 30);
    hr_store_close(s);
}

static void a_row_of_another_form_begins_anew(void **state)
{
    (void)state;
    hr_store *s = open_store();
    headroom_row row = a_row(1);
    row.model = "claude-x";
    row.input_tokens = 300;
    hr_store_request(s, &row);
    outside("UPDATE families SET ratios = x'0102', seen = 99");
    for (int i = 0; i < HR_MIN_SAMPLES; i++)
        hr_store_request(s, &row);
    struct seen seen = {.names = ""};
    assert_int_equal(hr_store_each_family(s, note, &seen), 0);
    assert_int_equal(seen.requests, HR_MIN_SAMPLES);
    hr_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_tells_the_family_whatever_a_gateway_puts_before_it),
        cmocka_unit_test(fewer_than_twenty_requests_give_no_factor),
        cmocka_unit_test(outliers_do_not_move_the_factor_but_show_in_its_error),
        cmocka_unit_test(new_samples_take_over_from_old_ones),
        cmocka_unit_test(a_sample_is_what_was_sent_and_needs_the_providers_count),
        cmocka_unit_test(a_factor_that_no_tokenizer_has_is_none),
        cmocka_unit_test_setup_teardown(stored_rows_calibrate_their_family_in_any_process, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(a_row_of_another_form_begins_anew, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
