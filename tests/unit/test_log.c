/* test_log.c - claims of the selection of a log's lines (core/transform/log.h) and of its note (note.h): what stays, byte for byte. */
#include "log_fixture.h"

static void errors_stay_with_what_belongs_to_them(void **state)
{
    (void)state;
    usual(150);
    LINE("ERROR [checkout] payment %d declined", 17);
    add("java.io.IOException: broken pipe\n\tat a.b.C.run(C.java:218)\nCaused by: java.net.SocketException: "
        "reset\n");
    usual(150);
    assert_int_equal(select_for(""), 1);
    assert_true(out.text.n * 5 < text.len);
    assert_true(stays(
        "ERROR [checkout] payment 17 declined\njava.io.IOException: broken pipe\n\tat a.b.C.run(C.java:218)\n"
        "Caused by: java.net.SocketException: reset\n2026"));
}

static void what_is_rare_or_far_from_the_rest_stays(void **state)
{
    (void)state;
    usual(100);
    LINE("INFO [canary-7] page %d loaded", 5);
    usual(60);
    LINE("INFO [gateway] request %d served in %dms", 77, 48213);
    usual(60);
    LINE("WARN [gateway] certificate expires in %d days", 3);
    usual(80);
    assert_int_equal(select_for(""), 1);
    assert_true(stays("[canary-7]"));
    assert_true(stays("48213ms"));
    assert_true(stays("certificate expires"));
}

static void a_number_is_far_from_those_of_its_name_in_other_patterns(void **state)
{
    static const char *const messages[] = {"lease %d taken",   "page %d loaded",      "event %d published",
                                           "token %d renewed", "batch %d reconciled", "entry %d evicted",
                                           "GET %d served"};
    (void)state;
    for (int i = 0; i < 35; i++) {
        char message[40];
        snprintf(message, sizeof message, messages[i % 7], 1000 + i);
        LINE("INFO [catalog] rid=%08x %s took=%dms", rand(), message, i == 23 ? 61544 : 90 + rand() % 60);
    }
    assert_int_equal(select_for(""), 1);
    assert_true(stays("took=61544ms"));
    assert_true(out.text.n * 2 < text.len);
}

static void what_is_asked_for_stays(void **state)
{
    (void)state;
    usual(120);
    LINE("INFO [gateway] request %d served in 33ms", 4417123);
    usual(120);
    assert_int_equal(select_for("what happened to request 4417123?"), 1);
    assert_true(stays("request 4417123"));
}

static void the_first_and_the_last_lines_stay(void **state)
{
    (void)state;
    usual(200);
    assert_int_equal(select_for(""), 1);
    hr_str lines = kept_lines();
    size_t first = hr_str_find(hr_buf_view(&text), HR_STR("\n"), 0);
    assert_memory_equal(lines.p, text.data, first);
    const char *last = memrchr(text.data, '\n', text.len - 1);
    assert_memory_equal(lines.p + lines.n - (text.data + text.len - last - 1), last + 1,
                        text.data + text.len - last - 1);
}

static void a_log_without_errors_is_not_said_to_have_any_or_none(void **state)
{
    (void)state;
    usual(200);
    assert_int_equal(select_for("any errors?"), 1);
    hr_str lines = kept_lines();
    hr_str note = hr_str_make(lines.p + lines.n, out.text.n - lines.n);
    assert_int_equal(hr_str_find(note, HR_STR("rror"), 0), SIZE_MAX);
    assert_true(hr_str_find(note, HR_STR(" of 200 lines omitted, the first is 0: "), 0) != SIZE_MAX);
}

static void what_tells_no_time_is_no_log(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        add("tests/test_a.py::test_%d PASSED\n", i);
    assert_int_equal(select_for(""), 0);
    text.len = 0;
    usual(30);
    for (int i = 0; i < 100; i++)
        add("row %d of a table that somebody printed\n", i);
    assert_int_equal(select_for(""), 0);
    text.len = 0;
    assert_int_equal(select_for(""), 0);
    usual(10);
    assert_int_equal(select_for(""), 0);
}

static void where_all_lines_differ_all_stay(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++)
        LINE("%c%d and nothing %d like %c%d", 'a' + rand() % 26, rand(), rand(), 'a' + rand() % 26, rand());
    int r = select_for("");
    assert_true(r == 0 || r == 1);
    if (r == 1)
        kept_lines();
}

static void random_logs_keep_every_error(void **state)
{
    (void)state;
    for (int round = 0; round < 60; round++) {
        char needle[4][40];
        text.len = 0;
        for (int i = 0; i < 4; i++) {
            usual((unsigned)(20 + rand() % 200));
            snprintf(needle[i], sizeof needle[i], "failed to open shard %d-%d\n", round, rand());
            LINE("%s [db] %.*s", rand() & 1 ? "ERROR" : "INFO", (int)strlen(needle[i]) - 1, needle[i]);
        }
        usual(3);
        assert_int_equal(select_for(""), 1);
        for (int i = 0; i < 4; i++)
            assert_true(stays(needle[i]));
    }
}

/* ------------------------------------------------------------------ many errors */
static void where_errors_are_the_rule_each_pattern_and_value_of_them_stays(void **state)
{
    (void)state;
    static const char *const users[] = {"root", "admin", "oracle", "git"};
    for (int i = 0; i < 900; i++) {
        int r = rand();
        if (i == 400)
            LINE("sshd[%d]: Accepted password for fztu from 10.0.0.9", 4711);
        else if (r % 10 < 7)
            LINE("sshd[%d]: Failed password for %s from 10.0.%d.%d", 100 + i, users[r / 16 % 4], r / 64 % 250,
                 r / 999 % 250);
        else if (r % 10 < 9)
            LINE("sshd[%d]: pam: authentication failure; rhost=10.0.%d.%d", 100 + i, r / 64 % 250,
                 r / 999 % 250);
        else
            LINE("sshd[%d]: Connection closed by 10.0.%d.%d", 100 + i, r / 64 % 250, r / 999 % 250);
        if (i == 555)
            LINE("sshd[%d]: fatal: out of entropy", 5);
    }
    assert_int_equal(select_for(""), 1);
    assert_true(out.text.n * 5 < text.len);
    for (int i = 0; i < 4; i++) {
        char z[80];
        snprintf(z, sizeof z, "Failed password for %s from", users[i]);
        assert_true(stays(z));
    }
    assert_true(stays("authentication failure"));
    assert_true(stays("fatal: out of entropy"));
    assert_true(stays("Accepted password for fztu"));
}

static void an_error_differs_from_none_in_a_number(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++)
        LINE("INFO [sync] job %d done with %d errors", 1000 + i, i == 137 || i == 244 ? 3 : 0);
    assert_int_equal(select_for(""), 1);
    assert_true(stays("job 1137 done with 3 errors"));
    assert_true(stays("job 1244 done with 3 errors"));
}

static void two_words_that_tell_together_may_stand_in_two_places(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++)
        LINE("INFO [sync] call %d of worker timed %s", 1000 + i, i == 137 ? "out" : i % 2 ? "well" : "fine");
    assert_int_equal(select_for(""), 1);
    assert_true(stays("call 1137 of worker timed out"));
}

/* ------------------------------------------------------------------ times */
static void a_time_without_colons_is_one(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        add("081109 2036%02d %d INFO dfs.DataNode: Receiving block blk_%d\n", i % 60, i, rand());
    assert_int_equal(select_for(""), 1);
    text.len = 0;
    for (int i = 0; i < 100; i++)
        add("- 11178385%02d 2005.06.03 R02-M1-N0-C:J12-U11 RAS KERNEL INFO %d cache parity corrected\n", i,
            rand());
    assert_int_equal(select_for(""), 1);
}

static void seconds_since_the_beginning_are_a_time(void **state)
{
    (void)state;
    for (int kernel = 0; kernel < 2; kernel++) {
        text.len = 0;
        for (int i = 0; i < 100; i++)
            if (i == 61)
                add("%s\n", kernel ? "[   22.610000] usb 1-4: device descriptor read/64, error -71"
                                   : "[0.061s] door left open");
            else if (kernel)
                add("[%12.6f] usb 1-%d: new high-speed USB device number %d\n", i * .37, i % 4, i);
            else
                add("[0.%03ds][info][class,load] shop.Order%d source: jrt:/shop\n", i, rand());
        assert_int_equal(select_for(""), 1);
        assert_true(out.of == 100 && out.kept < 20);
        assert_true(stays(kernel ? "error -71" : "door left open"));
    }
    text.len = 0;
    for (int i = 0; i < 100; i++)
        add("[%d.%d] version %d\n", i / 10, i % 10, rand());
    assert_int_equal(select_for(""), 0);
}

static void telephone_numbers_and_amounts_are_no_times(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        add("1%09d customer %d\n", rand() % 1000000000, i);
    assert_int_equal(select_for(""), 0);
    text.len = 0;
    for (int i = 0; i < 100; i++)
        add("081109 9%05d item %d\n", rand() % 100000, i);
    assert_int_equal(select_for(""), 0);
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    int r = HR_ENOMEM;
    usual(60);
    for (long n = 1; r != 1; n++) {
        assert_true(n < 500);
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        const hr_transform_in in = {
            .text = hr_buf_view(&text), .query = NULL, .allow_lossy = true, .max_items = 15, .id = ID};
        hr_transform_in copy = in;
        copy.query = hr_query_new(arena, (hr_str){0});
        r = copy.query ? hr_log_select(arena, &copy, &out) : HR_ENOMEM;
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 1 || r == HR_ENOMEM);
    }
}

/* A look at the line alone may be wrong in one way only. */
static void a_line_that_tells_its_time_is_never_passed_over(void **state)
{
    static const char *const parts[] = {
        "10:11",      "[12.345s]",
        "10:11:12",   "081109",
        "203615",     "20260102",
        "1117838570", "1117838570123",
        "INFO",       "a_far_longer_word_than_any_other_of_these_parts_so_that_words_stand_far_apart",
        "x:1",        "7",
        "12345"};
    static const char between[] = " \t,;[]-:";
    hr_log_clock clock = {{0}};
    unsigned told = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char z[400];
        size_t n = 0;
        for (int k = 1 + rand() % 5; k > 0; k--)
            n += (size_t)snprintf(z + n, sizeof z - n, "%s%c",
                                  parts[(size_t)rand() % (sizeof parts / sizeof *parts)],
                                  between[(size_t)rand() % (sizeof between - 1)]);
        hr_split split;
        assert_int_equal(hr_split_read(&split, hr_str_make(z, n), &(hr_watch){0}), 0);
        const bool tells = hr_log_tells_time(&clock, &split, 0);
        assert_true(!tells || hr_log_may_tell_time(hr_str_make(z, n)));
        told += tells;
        hr_split_free(&split);
    }
    assert_true(told > 5000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, at_ten, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(errors_stay_with_what_belongs_to_them),
        TEST(what_is_rare_or_far_from_the_rest_stays),
        TEST(a_number_is_far_from_those_of_its_name_in_other_patterns),
        TEST(what_is_asked_for_stays),
        TEST(the_first_and_the_last_lines_stay),
        TEST(a_log_without_errors_is_not_said_to_have_any_or_none),
        TEST(what_tells_no_time_is_no_log),
        TEST(where_all_lines_differ_all_stay),
        TEST(random_logs_keep_every_error),
        TEST(where_errors_are_the_rule_each_pattern_and_value_of_them_stays),
        TEST(an_error_differs_from_none_in_a_number),
        TEST(two_words_that_tell_together_may_stand_in_two_places),
        TEST(a_time_without_colons_is_one),
        TEST(seconds_since_the_beginning_are_a_time),
        TEST(telephone_numbers_and_amounts_are_no_times),
        TEST(a_line_that_tells_its_time_is_never_passed_over),
        TEST(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
