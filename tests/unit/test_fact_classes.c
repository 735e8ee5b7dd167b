/* test_fact_classes.c - one test for each way in which other compressors of JSON are known to state or hide something false. A test's name is
   what must not happen. */
#include "crush_rig.h"

static const uint32_t sizes[] = {20, 100, 1000, 10000};

static void start(void)
{
    hr_buf_free(&array);
    count = 0;
}

/* Text of an item of the original or of what was made of it. */
static hr_str item_of(const hr_tree *t, uint32_t container, uint32_t position)
{
    uint32_t c = t->nodes[container].child;
    while (position-- > 0)
        c = t->nodes[c].next;
    return hr_str_make(t->text + t->nodes[c].off, t->nodes[c].len);
}

/* Each item that stays is, byte for byte, the one that stood where the note says, and behind them stands nothing but the note. */
static void expect_items_unchanged(void)
{
    hr_tree before, after;
    assert_int_equal(hr_tree_parse(&before, arena, array.data, array.len, NULL), 0);
    assert_int_equal(hr_tree_parse(&after, arena, out.text.p, out.text.n, NULL), 0);
    const uint32_t kept = note.of - note.omitted;
    assert_int_equal(after.nodes[1].count, kept + 1);
    for (uint32_t k = 0; k < kept; k++)
        assert_true(hr_str_eq(item_of(&after, 1, k), item_of(&before, 1, note.kept[k])));
}

static bool says(const char *z)
{
    return hr_str_find(out.text, hr_str_make(z, strlen(z)), 0) != SIZE_MAX;
}

/* ------------------------------------------------------------------ errors by keyword */
static void a_count_of_no_failures_is_no_error(void **state)
{
    (void)state;
    static const char *const nothing[] = {
        "\"failed\":0",     "\"error\":null",       "\"errors\":[]",      "\"error\":\"\"",
        "\"exception\":{}", "\"failures\":0.0",     "\"error\":\"none\"", "\"fatal\":false",
        "\"errors\":\"0\"", "\"msg\":\"0 errors\"",
    };
    for (size_t k = 0; k < sizeof nothing / sizeof *nothing; k++) {
        start();
        for (uint32_t i = 0; i < 200; i++)
            row("{\"name\":\"suite %u\",\"passed\":17,%s}", i, i % 3 ? nothing[k] : "\"skipped\":0");
        if (crush("") > 20)
            fail_msg("%s counts as an error", nothing[k]);
        expect_items_unchanged();
    }
}

static void a_failure_is_not_hidden_among_counts_of_none(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        row("{\"name\":\"suite %u\",\"passed\":%u,\"failed\":%u,\"error\":%s}", i, 20 + i % 7,
            i == 141 ? 1 : 0, i == 222 ? "\"lease lost\"" : "null");
    assert_true(crush("") < 25);
    expect_kept(141);
    expect_kept(222);
}

static void no_error_is_ever_reported_as_none(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "\"level\":\"fatal\"", "\"level\":\"ERROR\"",     "\"status\":500",           "\"ok\":false",
        "\"exit_code\":137",   "\"state\":\"OOMKilled\"", "\"result\":\"timed out\"",
    };
    static const char *const usual[] = {
        "\"level\":\"info\"", "\"level\":\"INFO\"",    "\"status\":200",      "\"ok\":true",
        "\"exit_code\":0",    "\"state\":\"Running\"", "\"result\":\"done\"",
    };
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const uint32_t n = sizes[s], places[] = {0, n / 3, 2 * n / 3, n * 67 / 100, n - 2};
            for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
                start();
                for (uint32_t i = 0; i < n; i++)
                    row("{\"job\":\"nightly %u\",%s}", i, i == places[p] ? odd[k] : usual[k]);
                crush("");
                if (note.omitted && !stays(places[p]))
                    fail_msg("%s at %u of %u is gone", odd[k], places[p], n);
            }
            if (n > 1000)
                break;
        }
    }
    assert_false(says("0 error") || says("no error")); /* the note counts items, not errors */
}

/* ------------------------------------------------------------------ small tables */
static void a_text_unlike_the_others_stays_in_a_small_table(void **state)
{
    (void)state;
    static const char *const odd[] = {"\"the reactor door was left open\"",
                                      "\"\xe6\x95\xb0\xe6\x8d\xae\xe5\xba\x93\"", "\"unplugged\"",
                                      "{\"text\":\"moved\"}"};
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++)
        for (uint32_t n = 16; n < 24; n++)
            for (uint32_t none = 0; none < 2; none++) { /* a second row whose text is none */
                start();
                for (uint32_t i = 0; i < n; i++) {
                    char text[60];
                    snprintf(text, sizeof text, "\"GET /%s took %u ms\"", i % 3 ? "orders" : "users",
                             20 + i * 7);
                    row("{\"id\":%u,\"score\":%u.5,\"message\":%s}", i, 90 - i,
                        i == 9           ? odd[k]
                        : none && i == 6 ? "null"
                                         : text);
                }
                crush("");
                assert_true(note.omitted > 0);
                if (!stays(9))
                    fail_msg("%s is gone, of %u", odd[k], n);
            }
}

static void a_number_in_a_text_far_above_the_others_stays(void **state)
{
    (void)state;
    for (uint32_t n = 20; n < 400; n += 71)
        for (uint32_t digits = 0; digits < 2; digits++) {
            start();
            for (uint32_t i = 0; i < n; i++)
                row("{\"ts\":\"2026-03-12T10:%02u:%02uZ\",\"msg\":\"order %u of %s took %u "
                    "ms\",\"id\":\"%08x-%04x\"}",
                    i / 60, i % 60, 100 + i, i % 3 ? "ann" : "ben",
                    i == n / 3 ? 88123 + 4000000 * digits : 10 + i * 7 % 80, i * 2654435761u,
                    i * 40503u & 0xffff);
            crush("");
            assert_true(note.omitted > n / 4);
            expect_kept(n / 3);
        }
}

/* ------------------------------------------------------------------ merged and altered rows */
static void rows_that_differ_in_a_digit_are_not_merged(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 400; i++)
        row("{\"sku\":\"A-%u\",\"amount\":25.1%u,\"bin\":\"K%u\"}", 100 + i % 4, i == 233 ? 1 : 0,
            i == 310 ? 7 : 1);
    assert_true(crush("") < 25);
    expect_items_unchanged();
    expect_kept(233);
    expect_kept(310);
}

static void numbers_keep_their_digits(void **state)
{
    (void)state;
    static const char *const lexeme[] = {
        "9007199254740993", "12345678901234567890", "1.0", "-0", "1e400", "0.1000"};
    for (uint32_t i = 0; i < 120; i++)
        row("{\"v\":%s,\"w\":\"%u\"}", lexeme[i % 6], i);
    assert_true(crush("") < 40);
    expect_items_unchanged();
}

static void null_missing_and_empty_stay_different(void **state)
{
    (void)state;
    static const char *const value[] = {"\"x\":null,",  "",        "\"x\":\"\",", "\"x\":\"null\",",
                                        "\"x\":\"7\",", "\"x\":7,"};
    for (uint32_t i = 0; i < 120; i++)
        row("{%s\"owner\":\"a user with a long name\",\"n\":%u}", value[i % 6], i);
    assert_true(crush("") < 40);
    expect_items_unchanged();
}

/* ------------------------------------------------------------------ silent loss */
static void no_key_of_a_kept_row_is_dropped(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        row("{\"id\":%u,\"a\":1,\"b\":{\"c\":[],\"d\":{}},\"e\":null,\"a\":2,\"\":true}", i);
    assert_true(crush("") < 25);
    expect_items_unchanged();
}

static void keys_of_a_map_are_not_dropped_without_a_word(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++) {
        char z[100];
        snprintf(z, sizeof z, "%s\"ORD-%u\":{\"total\":%d,\"paid\":true}", i ? "," : "{", 41000 + i, bell(i));
        hr_buf_puts(&array, z);
    }
    hr_buf_putc(&array, '}');
    assert_int_equal(transform_text(hr_buf_view(&array), "", true, 15, 0), 1);
    read_form();
    hr_tree t;
    assert_int_equal(hr_tree_parse(&t, arena, out.text.p, out.text.n, NULL), 0);
    assert_true(find_note(out.text));
    assert_int_equal(note.of, 300);
    assert_int_equal(t.nodes[1].count, note.of - note.omitted + 1);
}

static void no_list_loses_items_without_a_word(void **state)
{
    (void)state;
    static const char *const item[] = {"\"a line of text number %u\"", "%u.25", "[%u,\"x\",null]",
                                       "{\"n\":%u,\"s\":\"t\"}"};
    for (int k = 0; k < 5; k++) {
        start();
        for (uint32_t i = 0; i < 400; i++)
            row(item[k == 4 ? i % 4 : (uint32_t)k], i);
        const uint32_t kept = crush("");
        assert_true(kept < 300);
        assert_int_equal(note.of, 400);
        assert_int_equal(note.omitted, 400 - kept);
        expect_items_unchanged();
    }
}

static void a_selection_inside_a_string_says_so_inside_that_string(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 200; i++)
        row("{\"id\":%u,\"name\":\"a name of some length\"}", i);
    hr_buf_putc(&array, ']');
    hr_buf b = {0};
    hr_buf_puts(&b, "{\"content\":[{\"type\":\"text\",\"text\":\"");
    hr_string_encode(&b, hr_buf_view(&array));
    hr_buf_puts(&b, "\"}],\"isError\":false}");
    assert_int_equal(transform_text(hr_buf_view(&b), "", true, 15, 0), 1);
    assert_true(says(" of 200 items omitted: "));
    assert_true(hr_str_ends(out.text, "\"}],\"isError\":false}"));
    hr_buf_free(&b);
}

/* ------------------------------------------------------------------ what was asked for */
static void an_ordinary_row_that_is_asked_for_is_not_lost(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const uint32_t n = sizes[s];
        char question[100];
        start();
        for (uint32_t i = 0; i < n; i++)
            row("{\"order\":\"ORD-%05u\",\"carrier\":\"DHL\",\"status\":\"delivered\"}", 41000 + i * 3);
        snprintf(question, sizeof question, "Where is the parcel of ORD-%05u now?", 41000 + n / 2 * 3);
        assert_true(crush(question) <= 20);
        if (note.omitted)
            expect_kept(n / 2);
    }
}

static void a_shared_word_like_the_picks_no_rows(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++)
        row("{\"t\":\"the %s of the day is number %u\"}", i % 2 ? "thing" : "word", i);
    assert_true(crush("What is the thing of the day, and the word in the list?") < 20);
}

static void the_best_ranked_are_not_cut_by_position(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 500; i++)
        row("{\"title\":\"page %u\",\"score\":%u.%03u}", i, i == 480 ? 9 : i == 333 ? 8 : 1, i * 7919 % 1000);
    assert_true(crush("Which two pages have the best score?") <= 20);
    expect_kept(480);
    expect_kept(333);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_count_of_no_failures_is_no_error),
        TEST(a_failure_is_not_hidden_among_counts_of_none),
        TEST(no_error_is_ever_reported_as_none),
        TEST(a_text_unlike_the_others_stays_in_a_small_table),
        TEST(a_number_in_a_text_far_above_the_others_stays),
        TEST(rows_that_differ_in_a_digit_are_not_merged),
        TEST(numbers_keep_their_digits),
        TEST(null_missing_and_empty_stay_different),
        TEST(no_key_of_a_kept_row_is_dropped),
        TEST(keys_of_a_map_are_not_dropped_without_a_word),
        TEST(no_list_loses_items_without_a_word),
        TEST(a_selection_inside_a_string_says_so_inside_that_string),
        TEST(an_ordinary_row_that_is_asked_for_is_not_lost),
        TEST(a_shared_word_like_the_picks_no_rows),
        TEST(the_best_ranked_are_not_cut_by_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
