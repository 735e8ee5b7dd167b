/* test_crush.c - claims of SmartCrusher (core/transform/crush.c and what it calls): what stays, what is said of the rest,
   and when nothing is done. */
#include "crush_rig.h"

/* ------------------------------------------------------------------ SEED's promises */
static void the_quickstart_keeps_the_highest_scores(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++)
        row("{\"title\": \"Tutorial %d\", \"score\": %d}", i, 100 - i);
    assert_true(crush("{\"q\": \"python\"}\nWhat are the top 3?") <= 20);
    for (uint32_t i = 0; i < 3; i++)
        expect_kept(i);
    expect_kept(498);
    expect_kept(499);
    assert_string_equal(out.strategy, "top_n");
    assert_int_not_equal(hr_str_find(out.text, HR_STR("{\"title\":\"Tutorial 1\",\"score\":99}"), 0),
                         SIZE_MAX);
}

static void top_scores_stay_wherever_they_stand(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        row("{\"title\":\"T%u\",\"score\":%u}", i, (i * 7919) % 300);
    crush("what are the top 5?");
    for (uint32_t i = 0; i < 300; i++)
        if ((i * 7919) % 300 >= 295)
            expect_kept(i);
}

static void a_field_named_in_the_question_ranks(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        row("{\"title\":\"T%u\",\"score\":%u,\"views\":%u}", i, 300 - i, (i * 7919) % 300);
    crush("which 4 have the fewest views?");
    for (uint32_t i = 0; i < 300; i++)
        if ((i * 7919) % 300 < 4)
            expect_kept(i);
}

static void the_first_three_and_the_last_two_stay(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        row("{\"name\":\"n%d\",\"kind\":\"a\"}", i);
    assert_true(crush("") <= 15);
    static const uint32_t ends[] = {0, 1, 2, 198, 199};
    for (size_t i = 0; i < 5; i++)
        expect_kept(ends[i]);
}

static void errors_stay_by_value(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 400; i++) {
        const char *status = i == 50 ? "failed" : i == 51 ? "TIMED_OUT" : i == 52 ? "payment-rejected" : "ok";
        const char *error = i == 90 ? "\"no route\"" : i == 91 ? "{\"code\":7}" : i == 92 ? "{}" : "null";
        row("{\"n\":\"x%u\",\"status\":\"%s\",\"error\":%s,\"http\":{\"statusCode\":%d},\"success\":%s,"
            "\"exit_code\":%d,"
            "\"pay\":{\"state\":\"%s\"},\"failed\":%d,\"msg\":\"%s\"}",
            i, status, error, i == 130 ? 503 : 200 + (int)(i % 2), i == 170 ? "false" : "true",
            i == 210 ? 137 : 0, i == 250 ? "declined" : "captured", i == 290 ? 2 : 0,
            i == 330 ? "ERROR: disk full" : "done, 0 errors");
    }
    assert_true(crush("") <= 20);
    static const uint32_t errors[] = {50, 51, 52, 90, 91, 130, 170, 210, 250, 290, 330};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        expect_kept(errors[i]);
}

static void what_is_usual_is_no_error(void **state)
{
    (void)state;
    /* A list of failures: the word tells nothing; "failed":0 and "error":null even less. */
    for (uint32_t i = 0; i < 300; i++)
        row("{\"n\":\"x%u\",\"status\":\"failed\",\"failed\":0,\"error\":null,\"errors\":[],\"title\":"
            "\"Debugging failed "
            "jobs\"}",
            i);
    assert_true(crush("") <= 15);
}

static void every_error_stays_however_many(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 400; i++)
        row("{\"n\":\"x%u\",\"text\":\"some longer text to make the row worth it\",\"status\":\"%s\"}", i,
            i % 4 == 1 ? "error" : "ok");
    assert_true(crush("") >= 100);
    for (uint32_t i = 1; i < 400; i += 4)
        expect_kept(i);
}

static void values_beyond_two_deviations_stay(void **state)
{
    (void)state;
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < 500; i++) {
        row("{\"name\":\"n%u\",\"ms\":%d}", i, bell(i));
        sum += bell(i);
    }
    for (uint32_t i = 0; i < 500; i++)
        squares += (bell(i) - sum / 500) * (bell(i) - sum / 500);
    crush("");
    uint32_t beyond = 0;
    for (uint32_t i = 0; i < 500; i++) {
        double d = bell(i) - sum / 500;
        if (d * d > 4 * squares / 499) {
            expect_kept(i);
            beyond++;
        }
    }
    assert_true(beyond > 5 && beyond < 50);
}

static void one_huge_value_does_not_hide_others(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 500; i++)
        row("{\"name\":\"n%u\",\"ms\":%s,\"retries\":%s}", i,
            i == 100   ? "1e12"
            : i == 200 ? "9000"
            : i == 300 ? "-4000.5"
                       : (char[]){'1', '0', (char)('0' + i % 10), (char)('0' + i % 7), 0},
            i == 110   ? "1000000000"
            : i == 210 ? "700"
                       : "0");
    assert_true(crush("") <= 20);
    static const uint32_t rows[] = {100, 200, 300, 110, 210};
    for (size_t i = 0; i < 5; i++)
        expect_kept(rows[i]);
}

static void identifiers_and_times_are_no_measures(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 500; i++)
        row("{\"user_id\":%u,\"n\":%u,\"epoch_ms\":%llu}", i < 470 ? 1000 + i % 9 : 90000 + i,
            i < 480 ? i : i + 90000, 1736244000000ull + (i < 470 ? i % 50 : 90000000ull + i));
    assert_true(crush("") <= 15);
}

static void rare_values_keys_and_types_stay(void **state)
{
    (void)state;
    static const char *const plans[] = {"free", "pro", "team"};
    for (uint32_t i = 0; i < 400; i++)
        row("{\"n\":\"x%c\",\"plan\":\"%s\",\"active\":%s,\"notes\":%s,\"tags\":%s,\"items\":[{\"cur\":\"%"
            "s\"},{\"cur\":"
            "\"EUR\"}]%s,\"amount\":%s%s}",
            'a' + (int)(i * 7 % 26), i == 60 ? "enterprise-legacy" : plans[i % 3], i == 90 ? "false" : "true",
            i == 120 ? "\"call first\"" : "null", i == 150 ? "[\"vip\"]" : "[]", i == 180 ? "CHF" : "EUR",
            i == 210 ? ",\"lastScan\":\"hub\"" : "", i == 240 ? "\"12\"" : "12",
            i == 270 ? "" : ",\"country\":\"PT\"");
    assert_true(crush("") <= 20);
    for (uint32_t i = 60; i <= 270; i += 30)
        expect_kept(i);
}

static void a_category_with_many_values_has_no_rare_ones(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 400; i++)
        row("{\"city\":\"city %c\",\"k%u\":1}", 'a' + (int)((i * i * 31 + i * 7) % 23), i % 200);
    assert_true(crush("") <= 15);
}

static void a_text_with_words_of_its_own_stays(void **state)
{
    (void)state;
    static const char *const done[] = {"served", "cached", "queued"};
    for (uint32_t i = 0; i < 400; i++)
        if (i == 222)
            row("{\"msg\":\"operator switched feature flag turquoise on, batch 7\"}");
        else
            row("{\"msg\":\"page %u was %s for client %u\"}", i * 31, done[i % 3], i * 17 % 100);
    assert_true(crush("") <= 15);
    expect_kept(222);
}

static void what_the_query_names_stays(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 400; i++)
        row("{\"id\":%u,\"name\":\"user %u\",\"plan\":\"pro\"}", 20001 + i, i);
    assert_true(crush("who is account 20273?") <= 15);
    expect_kept(272);
}

static void hints_for_the_end_keep_the_end(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 400; i++)
        row("{\"name\":\"n%u\"}", i);
    crush("show the last 8 entries");
    for (uint32_t i = 392; i < 400; i++)
        expect_kept(i);
}

/* ------------------------------------------------------------------ form */
static void kept_items_are_slices_of_the_original(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        row(" { \"a\" : 1.0e+%02u , \"b\":\"\\u0041 \\/ x\",\"a\":%u }", i % 50, i);
    crush("");
    hr_tree before, after;
    assert_int_equal(hr_tree_parse(&before, arena, array.data, array.len, NULL), 0);
    assert_int_equal(hr_tree_parse(&after, arena, out.text.p, out.text.n, NULL), 0);
    uint32_t item = after.nodes[1].child, original = before.nodes[1].child, at = 0;
    for (uint32_t k = 0; k < note.of - note.omitted; k++, item = after.nodes[item].next) {
        for (; at < note.kept[k]; at++)
            original = before.nodes[original].next;
        char expected[200];
        snprintf(expected, sizeof expected, "{\"a\":1.0e+%02u,\"b\":\"\\u0041 \\/ x\",\"a\":%u}", at % 50,
                 at);
        assert_int_equal(after.nodes[item].len, strlen(expected));
        assert_memory_equal(out.text.p + after.nodes[item].off, expected, strlen(expected));
    }
    assert_int_equal(after.nodes[item].next, 0); /* the note is the last item */
}

static void arrays_at_any_depth_and_inside_strings_are_crushed(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++)
        row("{\"name\":\"n%u\",\"status\":\"%s\"}", i, i == 77 ? "failed" : "ok");
    hr_buf_putc(&array, ']');
    hr_str text = hr_buf_view(&array);
    for (int level = 0; level < 3; level++) {
        hr_buf b = {0};
        hr_buf_puts(&b, "\n{\"x\": [1, {\"stdout\": \"");
        hr_string_encode(&b, text);
        hr_buf_puts(&b, "\"}], \"after\": true}\n");
        text = hr_str_make(hr_arena_dup(arena, b.data, b.len), b.len);
        hr_buf_free(&b);
        assert_int_equal(transform_text(text, "", true, 15, 0), 1);
        assert_string_equal(out.transform, "smart_crusher");
        assert_int_equal(out.of, 200);
        assert_true(out.kept <= 15 && out.text.n < text.n / 5);
        assert_int_not_equal(hr_str_find(out.text, HR_STR("failed"), 0), SIZE_MAX);
        assert_int_not_equal(hr_str_find(out.text, HR_STR("headroom show " ID), 0), SIZE_MAX);
        assert_true(hr_str_ends(out.text, ",\"after\":true}"));
    }
}

static void inner_arrays_are_crushed_where_the_outer_one_is_short(void **state)
{
    (void)state;
    for (uint32_t host = 0; host < 4; host++) {
        hr_buf_puts(&array, host ? "," : "{\"hosts\":[");
        hr_buf_puts(&array, "{\"rows\":");
        count = 0;
        for (uint32_t i = 0; i < 100; i++)
            row("{\"name\":\"host %u row %u\",\"ok\":true}", host, i);
        hr_buf_puts(&array, "]}");
    }
    hr_buf_puts(&array, "]}");
    assert_int_equal(transform_text(hr_buf_view(&array), "", true, 15, 0), 1);
    assert_int_equal(out.of, 400);
    assert_true(out.kept <= 60);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        row("{\"name\":\"n%u\",\"ms\":%d,\"c\":\"%c\"}", i, bell(i), 'a' + (int)(i % 5));
    crush("top 3 by ms");
    hr_str first = out.text;
    assert_int_equal(transform_text(hr_buf_view(&array), "top 3 by ms", true, 15, 0), 1);
    read_form();
    assert_true(hr_str_eq(first, out.text));
}

static void max_items_is_the_target(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        row("{\"name\":\"n%u\",\"score\":%u}", i, 300 - i);
    assert_int_equal(crush_with("", 50), 50);
}

/* ------------------------------------------------------------------ when nothing is selected */
static void expect_nothing_selected(const char *text, bool lossy)
{
    int r = transform_text(hr_str_make(text, strlen(text)), "", lossy, 15, 0);
    assert_true(r == 0 || (r == 1 && out.lossless));
}

static void short_arrays_are_left_whole(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 15; i++)
        row("{\"name\":\"a rather long name of row %u\"}", i);
    assert_int_equal(crush(""), 15);
    hr_buf_free(&array);
    count = 0;
    for (uint32_t i = 0; i < 100; i++)
        row("%u", i);
    assert_int_equal(crush(""), 100);
}

static void where_most_rows_must_stay_all_do(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 20; i++)
        row("{\"name\":\"a name that is long enough %u\",\"state\":\"%s\"}", i,
            i >= 4 && i < 13 ? "failed" : "ok");
    assert_int_equal(crush(""), 20);
}

static void lossless_level_and_forged_notes_forbid_selection(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        row("{\"name\": \"n%u\"}", i);
    hr_buf_puts(&array, ",{\"x\":\"\\u005fheadroom\"}]");
    hr_buf_putc(&array, 0);
    expect_nothing_selected(array.data, true);
    array.data[array.len - 10] = 'X';
    expect_nothing_selected(array.data, false);
    assert_int_equal(transform_text(hr_str_make(array.data, array.len - 1), "", true, 15, 0), 1);
    assert_false(out.lossless);
}

static void a_passed_deadline_gives_up(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5000; i++)
        row("{\"name\":\"a rather long name of row %u\"}", i);
    hr_buf_putc(&array, ']');
    assert_int_equal(transform_text(hr_buf_view(&array), "", true, 15, 1), HR_ETIME);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 60; i++)
        row("{\"name\":\"n%u\",\"ms\":%d,\"s\":\"{\\\"a\\\":1}\",\"in\":[{\"b\":%u}]}", i, bell(i), i);
    hr_buf_putc(&array, ']');
    hr_buf b = {0};
    hr_buf_puts(&b, "{\"s\":\"");
    hr_string_encode(&b, hr_buf_view(&array));
    hr_buf_puts(&b, "\",\"l\":");
    hr_buf_str(&b, hr_buf_view(&array));
    hr_buf_puts(&b, "}");
    for (int sticky = 0; sticky < 2; sticky++) {
        for (long n = 1;; n++) {
            hr_arena_free(arena);
            arena = hr_arena_new();
            hr_fault_after(HR_FAULT_ALLOC, n, sticky);
            int r = transform_text(hr_buf_view(&b), "what is n7", true, 15, 0);
            bool reached = hr_fault_count(HR_FAULT_ALLOC) >= n;
            hr_fault_after(HR_FAULT_ALLOC, 0, false);
            /* Where only the shorter form of what was kept could not be had, what was kept goes out as JSON. */
            assert_true(r == 1 ? !out.lossless && out.of == 120 : reached && r == HR_ENOMEM);
            if (!reached)
                break;
        }
    }
    hr_buf_free(&b);
}

/* ------------------------------------------------------------------ size */
static void many_and_odd_rows_take_linear_time(void **state)
{
    (void)state;
    char key[32];
    for (uint32_t i = 0; i < 100000; i++)
        row("{\"a\":1,\"b\":\"x\"}");
    assert_true(crush("") <= 15);
    hr_buf_free(&array);
    count = 0;
    for (uint32_t i = 0; i < 50000; i++)
        row("{\"k%u\":%u}", i, i);
    assert_true(crush("") <= 15);
    hr_buf_free(&array);
    count = 0;
    for (uint32_t i = 0; i < 40; i++) {
        hr_buf_puts(&array, count++ ? ",{\"x\":0" : "[{\"x\":0");
        for (uint32_t k = 0; i == 20 && k < 100000; k++) {
            hr_buf_puts(&array, ",\"k");
            snprintf(key, sizeof key, "%u\":%u", k, k);
            hr_buf_puts(&array, key);
        }
        hr_buf_putc(&array, '}');
    }
    hr_buf_putc(&array, ']'); /* of the rows, or of the members of the wide one */
    assert_true(transform_text(hr_buf_view(&array), "", true, 15, 0) >= 0);
    hr_buf_free(&array);
    for (int i = 0; i < 120; i++) {
        hr_buf_puts(&array, "{\"l\":[");
        for (int k = 0; k < 20; k++)
            hr_buf_puts(&array, "{\"name\":\"z\"},");
    }
    hr_buf_puts(&array, "{}");
    for (int i = 0; i < 120; i++)
        hr_buf_puts(&array, "]}");
    assert_true(transform_text(hr_buf_view(&array), "", true, 15, 0) >= 0);
}

static void scattered_errors_of_a_long_list_stay_within_the_notes_limit(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 10000; i++)
        row("{\"n\":\"x%u\",\"text\":\"some text\",\"status\":\"%s\"}", i,
            i * 2654435761u % 20 == 0 ? "error" : "ok");
    assert_true(crush("") < 5000);
    for (uint32_t i = 0; i < 10000; i++)
        if (i * 2654435761u % 20 == 0)
            expect_kept(i);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_quickstart_keeps_the_highest_scores),
        TEST(top_scores_stay_wherever_they_stand),
        TEST(a_field_named_in_the_question_ranks),
        TEST(the_first_three_and_the_last_two_stay),
        TEST(errors_stay_by_value),
        TEST(what_is_usual_is_no_error),
        TEST(every_error_stays_however_many),
        TEST(values_beyond_two_deviations_stay),
        TEST(one_huge_value_does_not_hide_others),
        TEST(identifiers_and_times_are_no_measures),
        TEST(rare_values_keys_and_types_stay),
        TEST(a_category_with_many_values_has_no_rare_ones),
        TEST(a_text_with_words_of_its_own_stays),
        TEST(what_the_query_names_stays),
        TEST(hints_for_the_end_keep_the_end),
        TEST(kept_items_are_slices_of_the_original),
        TEST(arrays_at_any_depth_and_inside_strings_are_crushed),
        TEST(inner_arrays_are_crushed_where_the_outer_one_is_short),
        TEST(the_same_input_gives_the_same_bytes),
        TEST(max_items_is_the_target),
        TEST(short_arrays_are_left_whole),
        TEST(where_most_rows_must_stay_all_do),
        TEST(lossless_level_and_forged_notes_forbid_selection),
        TEST(a_passed_deadline_gives_up),
        TEST(every_failing_allocation_is_reported),
        TEST(many_and_odd_rows_take_linear_time),
        TEST(scattered_errors_of_a_long_list_stay_within_the_notes_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
