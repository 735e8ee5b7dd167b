/* Unit tests of tools/figures.c, spark.c and since.c: days without gaps, money as people read it, spans as options name them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/figures.c"
#include "tools/format.c"
#include "tools/since.c"
#include "tools/spark.c"

#define DAY INT64_C(86400000000)

static int utc(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    return 0;
}

static struct figures some_days(int64_t from_us, int64_t to_us, size_t n, ...)
{
    struct figures f = {.from_us = from_us, .to_us = to_us};
    struct figures_list *days = &f.by[HEADROOM_BY_DAY];
    va_list list;

    days->groups = calloc(n, sizeof(days->groups[0]));
    va_start(list, n);
    for (size_t i = 0; i < n; i++) {
        days->groups[i].name = strdup(va_arg(list, const char *));
        days->groups[i].totals.requests = 1;
        days->groups[i].totals.tokens_before = 10;
        days->groups[i].totals.saved = -3;
    }
    va_end(list);
    days->n = n;
    return f;
}

static void days_between_have_a_bar_without_requests(void **state)
{
    struct figures f = some_days(0, INT64_MAX, 2, "2024-02-28", "2024-03-01");
    struct figures_list bars;

    (void)state;
    assert_int_equal(figures_days(&f, 1, 100, &bars), 0);
    assert_int_equal(bars.n, 3);
    assert_string_equal(bars.groups[1].name, "2024-02-29");
    assert_int_equal(bars.groups[1].totals.requests, 0);
    assert_int_equal(bars.groups[2].totals.requests, 1);
    assert_null(bars.groups[0].last);
    figures_free_list(&bars);
    figures_free(&f);
}

static void few_days_get_earlier_ones_in_front(void **state)
{
    struct figures f = some_days(0, INT64_MAX, 1, "2026-01-02");
    struct figures_list bars;

    (void)state;
    assert_int_equal(figures_days(&f, 4, 100, &bars), 0);
    assert_int_equal(bars.n, 4);
    assert_string_equal(bars.groups[0].name, "2025-12-30");
    assert_string_equal(bars.groups[3].name, "2026-01-02");
    assert_int_equal(bars.groups[3].totals.requests, 1);
    figures_free_list(&bars);
    figures_free(&f);
}

static void many_days_share_a_bar_and_nothing_is_lost(void **state)
{
    struct figures f = some_days(0, INT64_MAX, 4, "2026-01-01", "2026-01-02", "2026-01-04", "2026-01-10");
    struct figures_list bars;

    (void)state;
    for (size_t most = 1; most <= 12; most++) {
        headroom_totals sum;

        assert_int_equal(figures_days(&f, 1, most, &bars), 0);
        assert_in_range(bars.n, 1, most);
        sum = figures_rest(&bars, 0);
        assert_int_equal(sum.requests, 4);
        assert_int_equal(sum.tokens_before, 40);
        assert_int_equal(sum.saved, -12);
        assert_string_equal(bars.groups[0].name, "2026-01-01");
        if (bars.groups[bars.n - 1].last != NULL)
            assert_string_equal(bars.groups[bars.n - 1].last, "2026-01-10");
        figures_free_list(&bars);
    }
    figures_free(&f);
}

static void a_span_has_its_own_first_and_last_day(void **state)
{
    /* 2026-01-01 00:00 to 2026-01-06 00:00, which is no part of it */
    struct figures f = some_days(20454 * DAY, 20459 * DAY, 1, "2026-01-03");
    struct figures_list bars;

    (void)state;
    assert_int_equal(figures_days(&f, 1, 100, &bars), 0);
    assert_int_equal(bars.n, 5);
    assert_string_equal(bars.groups[0].name, "2026-01-01");
    assert_string_equal(bars.groups[4].name, "2026-01-05");
    figures_free_list(&bars);
    figures_free(&f);
}

static void no_day_has_no_bar(void **state)
{
    struct figures f = {.to_us = INT64_MAX};
    struct figures_list bars;

    (void)state;
    assert_int_equal(figures_days(&f, 14, 60, &bars), 0);
    assert_int_equal(bars.n, 0);
    figures_free_list(&bars);
}

static void dollars_are_rounded_and_small_ones_keep_their_digits(void **state)
{
    static const struct {
        int64_t billionths;
        const char *text;
    } cases[] = {
        {0, "$0.00"},
        {1234560000000, "$1,234.56"},
        {1234565000000, "$1,234.57"},
        {99999999, "$0.1000"},
        {100000000, "$0.10"},
        {1200000, "$0.0012"},
        {49999, "$0.0000"},
        {50000, "$0.0001"},
        {-500000000, "-$0.50"},
        {-1200000, "-$0.0012"},
        {INT64_MAX, "$9,223,372,036.85"},
        {-INT64_MAX, "-$9,223,372,036.85"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[FIGURES_USD];

        assert_string_equal(figures_usd(out, cases[i].billionths), cases[i].text);
    }
}

static void midnight_is_that_of_local_time(void **state)
{
    int64_t noon = 20454 * DAY + DAY / 2;

    utc(state);
    assert_int_equal(figures_midnight(noon), 20454 * DAY);
    setenv("TZ", "XXX-14", 1); /* 14 hours ahead: it is the next day there */
    tzset();
    assert_int_equal(figures_midnight(noon), 20455 * DAY - DAY * 14 / 24);
    utc(state);
}

static void spans_are_ages_days_minutes_or_all(void **state)
{
    static const struct {
        const char *word;
        int64_t from;
    } good[] = {
        {"90s", 100 * DAY - 90000000},
        {"2w", 86 * DAY},
        {"7d", 93 * DAY},
        {"200d", 0},
        {"all", 0},
        {"1970-01-03", 2 * DAY},
        {"1970-01-03 12:00", 2 * DAY + DAY / 2},
    };
    static const char *const bad[] = {"",           "7",           "d",         "7x",
                                      "7dd",        "-7d",         "123456d",   "2026-02-30",
                                      "2026-13-01", "2026-01-01x", "yesterday", "1960-01-01"};
    int64_t from;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(since_read(good[i].word, 100 * DAY, &from));
        assert_int_equal(from, good[i].from);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(since_read(bad[i], 100 * DAY, &from));
}

static void a_spark_is_higher_for_more_and_blank_for_nothing(void **state)
{
    static const double figures[] = {0, 1, 50, 100, 200, -5};
    char out[SPARK_TEXT];

    (void)state;
    assert_string_equal(spark(out, figures, 6, 100, false), " .=## ");
    assert_string_equal(spark(out, figures, 6, 100, true),
                        " \xE2\x96\x81\xE2\x96\x85\xE2\x96\x88\xE2\x96\x88 ");
    assert_string_equal(spark(out, figures, 2, 0, true), "  ");
    assert_string_equal(spark(out, figures, 0, 100, true), "");
}

static void a_spark_never_outgrows_its_buffer(void **state)
{
    double figures[SPARK_MOST + 50];
    char out[SPARK_TEXT];

    (void)state;
    for (size_t i = 0; i < SPARK_MOST + 50; i++)
        figures[i] = 1;
    assert_int_equal(strlen(spark(out, figures, SPARK_MOST + 50, 1, true)), 3 * SPARK_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_between_have_a_bar_without_requests),
        cmocka_unit_test(few_days_get_earlier_ones_in_front),
        cmocka_unit_test(many_days_share_a_bar_and_nothing_is_lost),
        cmocka_unit_test(a_span_has_its_own_first_and_last_day),
        cmocka_unit_test(no_day_has_no_bar),
        cmocka_unit_test(dollars_are_rounded_and_small_ones_keep_their_digits),
        cmocka_unit_test(midnight_is_that_of_local_time),
        cmocka_unit_test(spans_are_ages_days_minutes_or_all),
        cmocka_unit_test(a_spark_is_higher_for_more_and_blank_for_nothing),
        cmocka_unit_test(a_spark_never_outgrows_its_buffer),
    };

    return cmocka_run_group_tests(tests, utc, NULL);
}
