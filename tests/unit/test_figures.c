/* Unit tests of tools/figures.c and spark.c: days without gaps, and lines that are higher for more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/figures.c"
#include "tools/format.c"
#include "tools/spark.c"
#include "tools/sure.c"

/* What figures.c calls to read them; here they are made up. */
int groups_read(headroom *h, enum headroom_by by, const struct span *span, const headroom_totals *all,
                struct groups *out)
{
    (void)h, (void)all;
    *out = (struct groups){.by = by, .span = *span};
    return 0;
}

void groups_free(struct groups *g)
{
    for (size_t i = 0; i < g->n; i++)
        free(g->list[i].name);
    free(g->list);
}

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
    struct groups *days = &f.by[HEADROOM_BY_DAY];
    va_list list;

    days->list = calloc(n, sizeof(days->list[0]));
    va_start(list, n);
    for (size_t i = 0; i < n; i++) {
        days->list[i].name = strdup(va_arg(list, const char *));
        days->list[i].totals.requests = 1;
        days->list[i].totals.tokens_before = 10;
        days->list[i].totals.saved = -3;
    }
    va_end(list);
    days->n = n;
    return f;
}

static void days_between_have_a_bar_without_requests(void **state)
{
    struct figures f = some_days(0, INT64_MAX, 2, "2024-02-28", "2024-03-01");
    struct figures_bars bars;

    (void)state;
    assert_int_equal(figures_days(&f, 1, 100, &bars), 0);
    assert_int_equal(bars.n, 3);
    assert_string_equal(bars.list[1].first, "2024-02-29");
    assert_int_equal(bars.list[1].totals.requests, 0);
    assert_int_equal(bars.list[2].totals.requests, 1);
    assert_string_equal(bars.list[0].last, "2024-02-28");
    free(bars.list);
    figures_free(&f);
}

static void few_days_get_earlier_ones_in_front(void **state)
{
    struct figures f = some_days(0, INT64_MAX, 1, "2026-01-02");
    struct figures_bars bars;

    (void)state;
    assert_int_equal(figures_days(&f, 4, 100, &bars), 0);
    assert_int_equal(bars.n, 4);
    assert_string_equal(bars.list[0].first, "2025-12-30");
    assert_string_equal(bars.list[3].first, "2026-01-02");
    assert_int_equal(bars.list[3].totals.requests, 1);
    free(bars.list);
    figures_free(&f);
}

static void many_days_share_a_bar_and_nothing_is_lost(void **state)
{
    struct figures f = some_days(0, INT64_MAX, 4, "2026-01-01", "2026-01-02", "2026-01-04", "2026-01-10");
    struct figures_bars bars;

    (void)state;
    for (size_t most = 1; most <= 12; most++) {
        headroom_totals sum;

        assert_int_equal(figures_days(&f, 1, most, &bars), 0);
        assert_in_range(bars.n, 1, most);
        sum = (headroom_totals){0};
        for (size_t i = 0; i < bars.n; i++)
            add(&sum, &bars.list[i].totals);
        assert_int_equal(sum.requests, 4);
        assert_int_equal(sum.tokens_before, 40);
        assert_int_equal(sum.saved, -12);
        assert_string_equal(bars.list[0].first, "2026-01-01");
        assert_string_equal(bars.list[bars.n - 1].last, "2026-01-10");
        free(bars.list);
    }
    figures_free(&f);
}

static void a_span_has_its_own_first_and_last_day(void **state)
{
    /* 2026-01-01 00:00 to 2026-01-06 00:00, which is no part of it */
    struct figures f = some_days(20454 * DAY, 20459 * DAY, 1, "2026-01-03");
    struct figures_bars bars;

    (void)state;
    assert_int_equal(figures_days(&f, 1, 100, &bars), 0);
    assert_int_equal(bars.n, 5);
    assert_string_equal(bars.list[0].first, "2026-01-01");
    assert_string_equal(bars.list[4].first, "2026-01-05");
    free(bars.list);
    figures_free(&f);
}

static void no_day_has_no_bar(void **state)
{
    struct figures f = {.to_us = INT64_MAX};
    struct figures_bars bars;

    (void)state;
    assert_int_equal(figures_days(&f, 14, 60, &bars), 0);
    assert_int_equal(bars.n, 0);
    free(bars.list);
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

static void exact_is_never_said_of_an_estimate_nor_the_reverse(void **state)
{
    (void)state;
    char text[SURE_TEXT];
    headroom_row row = {.tokens_before = 0};
    assert_string_equal(sure_row(text, &row), "");
    row.tokens_before = 1200;
    assert_string_equal(sure_row(text, &row), "estimated, error unknown");
    row.factor = 1250000, row.factor_off = 41000;
    assert_string_equal(sure_row(text, &row), "estimated, +-4.1 %");
    row.factor = row.factor_off = 0, row.exact = true;
    assert_string_equal(sure_row(text, &row), "exact");

    headroom_totals t = {.requests = 9};
    assert_string_equal(sure_sums(text, &t), "none counted");
    assert_string_equal(sure_error(text, &t), "");
    t.counted = 5;
    assert_string_equal(sure_sums(text, &t), "estimated");
    assert_string_equal(sure_error(text, &t), "error unknown: no provider has counted these");
    t.compared = 4, t.compared_input = 1000, t.estimate_off = 32;
    assert_string_equal(sure_error(text, &t),
                        "off by 3.2 % on average in 4 requests that providers counted, too");
    t.exact = 2;
    assert_string_equal(sure_sums(text, &t), "estimated in 3 of 5 requests");
    t.exact = 5;
    assert_string_equal(sure_sums(text, &t), "exact");
    assert_string_equal(sure_error(text, &t), "");

    headroom_result r = {.counted = "o200k_base"};
    assert_string_equal(sure_result(text, &r), "exact by o200k_base");
    r.counted = NULL;
    assert_string_equal(sure_result(text, &r), "estimated");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_is_never_said_of_an_estimate_nor_the_reverse),
        cmocka_unit_test(days_between_have_a_bar_without_requests),
        cmocka_unit_test(few_days_get_earlier_ones_in_front),
        cmocka_unit_test(many_days_share_a_bar_and_nothing_is_lost),
        cmocka_unit_test(a_span_has_its_own_first_and_last_day),
        cmocka_unit_test(no_day_has_no_bar),
        cmocka_unit_test(a_spark_is_higher_for_more_and_blank_for_nothing),
        cmocka_unit_test(a_spark_never_outgrows_its_buffer),
    };

    return cmocka_run_group_tests(tests, utc, NULL);
}
