/* test_testrun_losses.c - claims of core/transform/testrun.h: what stays of what passed, and how others lost facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "testrun_fixture.h"

/* ------------------------------------------------------------------ what stays of what passed */
static void a_duration_that_stands_out_stays(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_buf_puts(&b, "TAP\n\n\n");
    add(&b, "\xe2\x9c\x94 adds %d (1.2ms)\n", 0, 20);
    hr_buf_puts(&b, "\xe2\x9c\x94 waits for the answer (41730ms)\n\xe2\x9c\x94 adds more (1.3ms)\n");
    hr_buf_puts(&b, "\xe2\x9c\x94 waits a little (52ms)\n");
    add(&b, "\xe2\x9c\x94 adds %d (1.2ms)\n", 20, 40);
    hr_buf_puts(&b, "pass 43\nfail 0\n");
    expect(text_of(&b), "",
           "TAP\n\n\n\xe2\x9c\x94 adds 0 (1.2ms)\n\xe2\x9c\x94 waits for the answer (41730ms)\n"
           "\xe2\x9c\x94 adds more (1.3ms)\n\xe2\x9c\x94 waits a little (52ms)\npass 43\nfail 0\n");
    hr_buf_free(&b);
}

static void a_unit_that_failed_before_it_passed_keeps_both(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_buf_puts(&b, "a\nb\nc\ntest lease ... FAILED\n");
    add(&b, "test adds_%d ... ok\n", 0, 15);
    hr_buf_puts(&b, "test lease ... ok\n");
    add(&b, "test adds_%d ... ok\n", 15, 30);
    hr_buf_puts(&b, "y\nz\n");
    expect(text_of(&b), "", "a\nb\nc\ntest lease ... FAILED\ntest adds_0 ... ok\ntest lease ... ok\ny\nz\n");
    hr_buf_free(&b);
}

static void few_skipped_units_stay_and_many_go(void **state)
{
    (void)state;
    hr_buf few = {0}, many = {0};
    hr_buf_puts(&few, "a\nb\nc\ntest x1 ... ignored\ntest x2 ... ignored\n");
    add(&few, "test adds_%d ... ok\n", 0, 40);
    hr_buf_puts(&few, "y\nz\n");
    expect(text_of(&few), "",
           "a\nb\nc\ntest x1 ... ignored\ntest x2 ... ignored\ntest adds_0 ... ok\ny\nz\n");
    hr_buf_puts(&many, "a\nb\nc\n");
    add(&many, "test needs_docker_%d ... ignored\ntest adds_%d ... ok\n", 0, 40);
    hr_buf_puts(&many, "y\nz\n");
    expect(text_of(&many), "", "a\nb\nc\ntest needs_docker_0 ... ignored\ntest adds_0 ... ok\ny\nz\n");
    hr_buf_free(&few);
    hr_buf_free(&many);
}

static void too_little_is_left_alone(void **state)
{
    (void)state;
    hr_buf b = {0};
    expect_nothing("");
    expect_nothing("ok\n");
    expect_nothing("test a ... ok\ntest b ... ok\ntest c ... ok\n");
    add(&b, "10:00:0%d INFO request took 12 ms\n", 0, 40); /* a log */
    add(&b, "src/a.c:%d: error: 'x' undeclared\n", 0, 40); /* a compiler that found fault */
    expect_nothing(text_of(&b));
    hr_buf_free(&b);
}

/* A wrong guess must not cost facts: what only looks like a run's output stays. */
static void lists_with_check_marks_and_diffs_are_left_alone(void **state)
{
    (void)state;
    hr_buf list = {0}, open = {0}, diff = {0};
    add(&open, "\xe2\x97\x8b supports protocol %d\n", 0, 40);
    expect_nothing(text_of(&open));
    hr_buf_free(&open);
    add(&list, "\xe2\x9c\x85 supports protocol %d\n", 0, 40);
    expect_nothing(text_of(&list));
    hr_buf_puts(&diff, "--- a/expected\n+++ b/expected\n@@ -1,40 +1,40 @@\n");
    add(&diff, " test adds_%d ... ok\n", 0, 40);
    expect_nothing(text_of(&diff));
    hr_buf_free(&list);
    hr_buf_free(&diff);
}

/* What stands where a heading could stand, and measures something, is no heading. */
static void what_a_test_prints_between_two_results_stays(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_buf_puts(&b, "\n\n  leases\n");
    add(&b, "    \xe2\x9c\x93 adds %d\n", 0, 20);
    hr_buf_puts(&b, "  connected to db-7\n");
    add(&b, "    \xe2\x9c\x93 adds %d\n", 20, 40);
    hr_buf_puts(&b, "\n  40 passing (45ms)\n");
    expect(text_of(&b), "",
           "\n\n  leases\n    \xe2\x9c\x93 adds 0\n  connected to db-7\n\n  40 passing (45ms)\n");
    hr_buf_free(&b);
}

/* ------------------------------------------------------------------ how others failed */
/* "gutted failing test": a peer dropped the middle of the traceback. */
static void gutted_failing_test(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_buf_puts(&b, PYTEST_HEAD);
    add(&b, "test_a.py::test_%d PASSED                                        [ 10%%]\n", 0, 40);
    hr_buf_puts(&b, PYTEST_REST);
    expect(text_of(&b), "",
           PYTEST_HEAD
           "test_a.py::test_0 PASSED                                        [ 10%]\n" PYTEST_REST);
    hr_buf_free(&b);
}

/* "false 0 errors": no count is written, and those of the text stay. */
static void false_zero_errors(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_buf_puts(&b, "a\nb\nc\n");
    add(&b, "test adds_%d ... ok\n", 0, 30);
    hr_buf_puts(&b,
                "src/a.c:3: error: 'y' undeclared\nerrors: 1\ntest result: FAILED. 30 passed; 1 failed\n");
    expect(text_of(&b), "",
           "a\nb\nc\ntest adds_0 ... ok\nsrc/a.c:3: error: 'y' undeclared\nerrors: 1\n"
           "test result: FAILED. 30 passed; 1 failed\n");
    hr_buf_free(&b);
}

static void merged_rows_that_differ_in_a_digit(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_buf_puts(&b, "a\nb\nc\n");
    add(&b, "test adds_%d ... ok\n", 0, 30);
    hr_buf_puts(&b, "test sum_19_98 ... FAILED\ntest sum_19_99 ... FAILED\n");
    expect(text_of(&b), "",
           "a\nb\nc\ntest adds_0 ... ok\ntest sum_19_98 ... FAILED\ntest sum_19_99 ... FAILED\n");
    hr_buf_free(&b);
}

/* "\"failed\":0 taken for an error": such a line is no heading of failures, below which nothing would be left out. */
static void failed_zero_taken_for_an_error(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_buf_puts(&b, "{\"failed\":0}\nfailures: 0\nErrors: 0\n");
    add(&b, "test error_%d ... ok\n", 0, 30);
    hr_buf_puts(&b, "error: 0\n0 failed\n");
    expect(text_of(&b), "",
           "{\"failed\":0}\nfailures: 0\nErrors: 0\ntest error_0 ... ok\nerror: 0\n0 failed\n");
    hr_buf_free(&b);
}

/* ------------------------------------------------------------------ any run */
static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* What must be found again, each with a number of its own. */
static const char *const facts[] = {"tests/a.py::test_%d FAILED [ 12%%]\n",
                                    "E   KeyError: 'tenant_%d'\n",
                                    "src/a.c:%d: warning: unused\n",
                                    "--- FAIL: TestB%d (0.00s)\n",
                                    "not ok %d - lease\n",
                                    "test c%d ... FAILED\n",
                                    "%d failed, 3 passed in 0.1s\n",
                                    "tests/a.py::test_%d XFAIL\n",
                                    "error: code %d\n",
                                    "plain words %d\n",
                                    "  \xe2\x9c\x95 lease %d (2 ms)\n"};
static const char *const routine[] = {"tests/a.py::test_%d PASSED [ 12%%]\n",
                                      "=== RUN   TestP%d\n--- PASS: TestP%d (0.00s)\n",
                                      "test p%d ... ok\n",
                                      "  Compiling p v%d\n",
                                      "  \xe2\x9c\x93 adds %d (2 ms)\n",
                                      "gcc -O2 -c p%d.c -o p%d.o\n",
                                      "ok %d - adds\n",
                                      "make[1]: Entering directory '/p%d'\n",
                                      "make[1]: Leaving directory '/p%d'\n",
                                      "\n",
                                      "  group %d\n",
                                      "PASS p%d.test.js\n"};

static void every_fact_of_every_run_stays(void **state)
{
    (void)state;
    size_t selected = 0;
    for (int i = 0; i < 20000; i++) {
        hr_buf text = {0};
        char must[64][100];
        size_t musts = 0;
        for (uint32_t n = draw(40), k = 0; k < n; k++) {
            uint32_t which = draw(sizeof routine / sizeof *routine);
            add(&text, routine[which], (int)(k * 10), (int)(k * 10 + 1 + draw(9)));
            if (draw(4) == 0 && musts < 64) {
                snprintf(must[musts], sizeof *must, facts[draw(sizeof facts / sizeof *facts)], 9000 + (int)k);
                hr_buf_puts(&text, must[musts++]);
            }
        }
        hr_arena *a = hr_arena_new();
        hr_transform_out out;
        assert_non_null(a);
        if (run(a, hr_buf_view(&text), draw(2) ? "which failed? p10" : "", &out) == 1) {
            const char *all = hr_arena_dup(a, out.text.p, out.text.n);
            for (size_t k = 0; k < musts; k++)
                if (!strstr(all, must[k]))
                    fail_msg("lost: %s", must[k]);
            selected++;
        }
        hr_arena_free(a);
        hr_buf_free(&text);
    }
    assert_true(selected > 5000);
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    hr_buf b = {0};
    int r = HR_ENOMEM;
    hr_buf_puts(&b, PYTEST_HEAD);
    add(&b, "=== RUN   Test%d\n--- PASS: Test%d (0.%02ds)\n", 0, 40);
    hr_buf_puts(&b, PYTEST_REST);
    for (long n = 1; r != 1; n++) {
        hr_arena *a = hr_arena_new();
        hr_transform_out out;
        hr_transform_in in = {.text = hr_buf_view(&b), .allow_lossy = true, .max_items = 15, .id = ID};
        assert_non_null(a);
        assert_true(n < 200);
        in.query = hr_query_new(a, HR_STR("the slowest of Test3"));
        assert_non_null(in.query);
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        r = hr_testrun_select(a, &in, &out);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 1 || r == HR_ENOMEM);
        hr_arena_free(a);
    }
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gutted_failing_test),
        cmocka_unit_test(a_duration_that_stands_out_stays),
        cmocka_unit_test(a_unit_that_failed_before_it_passed_keeps_both),
        cmocka_unit_test(few_skipped_units_stay_and_many_go),
        cmocka_unit_test(too_little_is_left_alone),
        cmocka_unit_test(lists_with_check_marks_and_diffs_are_left_alone),
        cmocka_unit_test(what_a_test_prints_between_two_results_stays),
        cmocka_unit_test(false_zero_errors),
        cmocka_unit_test(merged_rows_that_differ_in_a_digit),
        cmocka_unit_test(failed_zero_taken_for_an_error),
        cmocka_unit_test(every_fact_of_every_run_stays),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
