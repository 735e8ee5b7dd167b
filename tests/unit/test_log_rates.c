/* test_log_rates.c - claims of what a log's selection tells of how many lines there were, and when (core/transform/log_rates.c, log_told.c). */
#include "log_fixture.h"

/* What the note says of lines that hold `part`: how many there are. 0: nothing. The line that it names holds it, too. */
static uint32_t told(const char *part)
{
    const hr_str needle = hr_str_make(part, strlen(part));
    hr_note note;
    hr_str lines, rest = hr_buf_view(&text), line;
    bool ended;
    assert_int_equal(hr_note_of_text(arena, out.text, &note, &lines), 1);
    for (uint32_t i = 0, k = 0; k < note.nalike && hr_line_next(&rest, &line, &ended); i++) {
        if (note.alike[k].item != i)
            continue;
        if (hr_str_find(line, needle, 0) != SIZE_MAX)
            return note.alike[k].items;
        k++;
    }
    return 0;
}

static void of_folded_errors_the_note_tells_how_many_there_were(void **state)
{
    (void)state;
    uint32_t denied = 0, lost = 0;
    for (int i = 0; i < 700; i++) {
        int r = rand();
        if (r % 10 < 6) {
            LINE("ERROR [gateway] request %d: access denied", r % 90000);
            denied++;
        } else if (r % 10 < 8) {
            LINE("ERROR [gateway] shard %d lost after %d ms", r % 90, r % 999);
            lost++;
        } else {
            LINE("INFO [gateway] request %d served", r % 90000);
        }
    }
    assert_int_equal(select_for(""), 1);
    assert_true(out.text.n * 5 < text.len);
    assert_int_equal(told("access denied"), denied);
    assert_int_equal(told(" lost after "), lost);
    assert_int_equal(told("served"), 0);
}

static void where_lines_become_frequent_the_first_stays_and_all_are_counted(void **state)
{
    (void)state;
    uint32_t retries = 0;
    for (int i = 0; i < 20; i++, retries++) {
        usual(30);
        LINE("INFO [gateway] retrying upstream %d attempt %d", rand() % 9, 1000 + i);
    }
    usual(30);
    for (int i = 0; i < 60; i++, retries++)
        LINE("INFO [gateway] retrying upstream %d attempt %d", rand() % 9, 5000 + i);
    usual(500);
    assert_int_equal(select_for(""), 1);
    assert_true(out.text.n * 5 < text.len);
    assert_true(stays(" attempt 5000\n"));
    assert_int_equal(told("retrying upstream"), retries);
}

static void where_lines_stop_the_last_of_them_stays(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        usual(3);
        if (i < 150)
            LINE("INFO [health] probe %d passed in %dms", 7000 + i * 37 % 1000, 5 + rand() % 5);
    }
    assert_int_equal(select_for(""), 1);
    assert_true(out.text.n * 5 < text.len);
    assert_true(stays(" probe 7513 passed"));
}

static void where_lines_begin_and_pause_both_sides_stay(void **state)
{
    (void)state;
    for (int i = 0; i < 600; i++) {
        usual(2);
        if (i >= 200 && (i < 320 || i >= 420))
            LINE("INFO [health] probe %d passed in %dms", 7000 + i * 37 % 1000, 5 + rand() % 5);
    }
    assert_int_equal(select_for(""), 1);
    assert_true(out.text.n * 5 < text.len);
    assert_true(stays(" probe 7400 passed"));
    assert_true(stays(" probe 7803 passed"));
    assert_true(stays(" probe 7540 passed"));
}

/* A log whose newest line is the first is read the other way round, and one that passes midnight goes on. */
static void time_may_run_backwards_and_past_midnight(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        text.len = 0;
        for (int i = 0; i < 900; i++) {
            const int s = 85000 + (down ? 900 - i : i) * 3;
            const bool burst = i >= 500 && i < 560;
            add("%02d:%02d:%02d worker %s %d\n", s / 3600 % 24, s / 60 % 60, s % 60,
                burst || i % 50 == 7 ? "sheds load" : "takes job", burst ? 5000 + i : rand() % 4000);
        }
        assert_int_equal(select_for(""), 1);
        assert_true(out.text.n * 5 < text.len);
        assert_true(stays("sheds load 5500"));
    }
}

static void what_comes_in_bursts_by_habit_is_no_change(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        usual(30);
        for (int k = 0; k < 12; k++)
            add("2026-11-21 10:%02u:%02u INFO [stats] queue %d holds %d jobs\n", clock_s / 60 % 60,
                clock_s % 60, k, rand() % 900);
    }
    assert_int_equal(select_for(""), 1);
    assert_true(out.text.n * 5 < text.len);
    assert_int_equal(told("queue"), 0);
}

/* Without seconds a stretch cannot be told from a minute. */
static void a_clock_without_seconds_tells_no_rate(void **state)
{
    (void)state;
    for (int i = 0; i < 800; i++)
        add("2026-11-21 10:%02d INFO worker %s %d\n", i / 20 % 60, i / 60 == 7 ? "sheds load" : "takes job",
            rand() % 4000);
    assert_int_equal(select_for(""), 1);
    assert_int_equal(told("sheds load"), 0);
}

static void where_the_rate_is_even_no_change_is_told(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        hr_note note;
        hr_str lines;
        text.len = 0;
        usual(900);
        assert_int_equal(select_for(""), 1);
        assert_int_equal(hr_note_of_text(arena, out.text, &note, &lines), 1);
        assert_int_equal(note.nalike, 0);
        assert_true(note.of - note.omitted < 40);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, at_ten, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_folded_errors_the_note_tells_how_many_there_were),
        TEST(where_lines_become_frequent_the_first_stays_and_all_are_counted),
        TEST(where_lines_stop_the_last_of_them_stays),
        TEST(where_lines_begin_and_pause_both_sides_stay),
        TEST(time_may_run_backwards_and_past_midnight),
        TEST(what_comes_in_bursts_by_habit_is_no_change),
        TEST(a_clock_without_seconds_tells_no_rate),
        TEST(where_the_rate_is_even_no_change_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
