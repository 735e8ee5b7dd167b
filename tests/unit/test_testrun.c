/* test_testrun.c - claims of core/transform/testrun.h: of a test run or a build what passed is left out, and nothing else. The texts are
   shortened outputs of the programs that the tests name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/lines.h"
#include "transform/note.h"
#include "transform/testrun.h"

#include <stdio.h>
#include <string.h>

#define ID "0123456789abcdef0123"

static hr_str view(const char *z)
{
    return hr_str_make(z, strlen(z));
}

/* The note is true, and what stands before it are lines of the text, in their order. */
static void expect_true(hr_arena *a, hr_str text, hr_str out)
{
    hr_note note;
    hr_str kept, line, was;
    bool ended;
    uint32_t n = 0, k = 0;

    assert_true(out.n < text.n);
    assert_int_equal(hr_note_of_text(a, out, &note, &kept), 1);
    assert_string_equal(note.id, ID);
    for (; hr_line_next(&text, &was, &ended); n++)
        if (k < note.of - note.omitted && note.kept[k] == n) {
            assert_true(hr_line_next(&kept, &line, &ended));
            assert_true(hr_str_eq(line, was));
            k++;
        }
    assert_int_equal(n, note.of);
    assert_int_equal(kept.n, 0);
}

static int run(hr_arena *a, hr_str text, const char *question, hr_transform_out *out)
{
    hr_transform_in in = {.text = text,
                          .query = hr_query_new(a, view(question)),
                          .allow_lossy = true,
                          .max_items = 15,
                          .id = ID};
    *out = (hr_transform_out){0};
    assert_non_null(in.query);
    int r = hr_testrun_select(a, &in, out);
    assert_true(r == 0 || r == 1);
    if (r == 1)
        expect_true(a, text, out->text);
    return r;
}

/* What stays of `text`, the note apart. */
static void expect(const char *text, const char *question, const char *kept)
{
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    assert_non_null(a);
    assert_int_equal(run(a, view(text), question, &out), 1);
    const char *note = strstr(out.text.p, "[_headroom: ");
    assert_non_null(note);
    char *lines = hr_arena_dup(a, out.text.p, (size_t)(note - out.text.p));
    assert_string_equal(lines, kept);
    hr_arena_free(a);
}

static void expect_nothing(const char *text)
{
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    assert_non_null(a);
    assert_int_equal(run(a, view(text), "", &out), 0);
    hr_arena_free(a);
}

/* Line after line of one form, `%d` being their numbers. */
static void add(hr_buf *b, const char *form, int from, int to)
{
    char line[200];
    for (int i = from; i < to; i++) {
        snprintf(line, sizeof line, form, i, i, i);
        hr_buf_puts(b, line);
    }
}

static const char *text_of(hr_buf *b)
{
    hr_buf_putc(b, 0);
    assert_int_equal(b->err, 0);
    return b->data;
}

/* ------------------------------------------------------------------ runners */
#define PYTEST_HEAD                                                                                          \
    "============================= test session starts ==============================\n"                     \
    "platform linux -- Python 3.11.2, pytest-8.3.4, pluggy-1.5.0\n"                                          \
    "collected 44 items\n\n"
#define PYTEST_REST                                                                                          \
    "test_a.py::test_sum FAILED                                               [ 97%]\n"                      \
    "test_a.py::test_known XFAIL (see #5120)                                  [ 98%]\n"                      \
    "test_a.py::test_docker SKIPPED (needs docker)                            [100%]\n"                      \
    "\n=================================== FAILURES ===================================\n"                   \
    "___________________________________ test_sum ___________________________________\n\n"                   \
    "    def test_sum():\n"                                                                                  \
    "        print(\"test_a.py::test_1 PASSED [ 10%]\")\n"                                                   \
    ">       assert add(1, 2) == 4\n"                                                                        \
    "E       AssertionError: 3 != 4\n\n"                                                                     \
    "test_a.py:17: AssertionError\n"                                                                         \
    "----------------------------- Captured stdout call -----------------------------\n"                     \
    "test_a.py::test_1 PASSED [ 10%]\ntest_a.py::test_2 PASSED [ 10%]\ntest_a.py::test_3 PASSED [ 10%]\n"    \
    "  Compiling inner v1.0\n  Compiling inner v1.1\n"                                                       \
    "============================= slowest 2 durations ==============================\n"                     \
    "41.73s call     test_a.py::test_17\n5.02s call     test_a.py::test_sum\n"                               \
    "=========================== short test summary info ============================\n"                     \
    "FAILED test_a.py::test_sum - AssertionError: 3 != 4\n"                                                  \
    "======== 1 failed, 40 passed, 1 skipped, 1 xfailed in 88.41s (0:01:28) ========\n"

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

static void what_the_question_names_stays(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_buf_puts(&b, PYTEST_HEAD);
    add(&b, "test_a.py::test_lease_%d PASSED                       [ 10%%]\n", 0, 40);
    hr_buf_puts(&b, PYTEST_REST);
    expect(text_of(&b), "what became of test_lease_23?",
           PYTEST_HEAD "test_a.py::test_lease_0 PASSED                       [ 10%]\n"
                       "test_a.py::test_lease_23 PASSED                       [ 10%]\n" PYTEST_REST);
    hr_buf_free(&b);
}

static void unittest_runs_keep_failures_to_the_end(void **state)
{
    (void)state;
    static const char rest[] =
        "test_raises (m.A.test_raises) ... ERROR\n"
        "test_known (m.A.test_known) ... expected failure\n"
        "\n======================================================================\n"
        "ERROR: test_raises (m.A.test_raises)\n"
        "----------------------------------------------------------------------\n"
        "Traceback (most recent call last):\n  File \"m.py\", line 30, in test_raises\n"
        "KeyError: 'tenant_4417'\n\nStdout:\nok 1 - a\nok 2 - b\nok 3 - c\nok 4 - d\n\n"
        "----------------------------------------------------------------------\n"
        "Ran 22 tests in 0.011s\n\nFAILED (errors=1, expected failures=1)\n";
    hr_buf b = {0};
    add(&b, "test_%d (m.A.test_%d) ... ok\n", 0, 20);
    hr_buf_puts(&b, rest);
    char kept[2000];
    snprintf(kept, sizeof kept, "%s%s",
             "test_0 (m.A.test_0) ... ok\ntest_1 (m.A.test_1) ... ok\ntest_2 (m.A.test_2) ... ok\n", rest);
    expect(text_of(&b), "", kept);
    hr_buf_free(&b);
}

static void go_keeps_what_a_failing_test_prints(void **state)
{
    (void)state;
    static const char broken[] =
        "=== RUN   TestBroken\n--- PASS: TestInner (0.00s)\n--- PASS: TestInner2 (0.00s)\n"
        "ok  \tinner\t0.1s\n    a_test.go:5: got 3, want 4\n--- FAIL: TestBroken (0.00s)\n";
    hr_buf b = {0};
    char kept[1000];
    add(&b, "=== RUN   Test%d\n--- PASS: Test%d (0.00s)\n", 0, 10);
    hr_buf_puts(&b, broken);
    add(&b, "=== RUN   Test%d\n--- PASS: Test%d (0.00s)\n", 10, 20);
    hr_buf_puts(&b, "FAIL\nFAIL\texample.com/things\t0.315s\n");
    snprintf(kept, sizeof kept, "%s%s%s", "=== RUN   Test0\n--- PASS: Test0 (0.00s)\n=== RUN   Test1\n",
             broken, "FAIL\nFAIL\texample.com/things\t0.315s\n");
    expect(text_of(&b), "", kept);
    hr_buf_free(&b);
}

static void jest_keeps_headings_of_what_failed_only(void **state)
{
    (void)state;
    static const char details[] =
        "  \xe2\x97\x8f module 3 \xe2\x80\xba adds 9\n\n    Expected: 4\n    Received: 3\n\n"
        "    \xe2\x9c\x93 printed 1 (1 ms)\n    \xe2\x9c\x93 printed 2 (1 ms)\n\n";
    hr_buf b = {0};
    char kept[1000];
    for (int m = 0; m < 6; m++) {
        char head[100];
        snprintf(head, sizeof head, "%s src/mod%d.test.js\n  module %d\n", m == 3 ? "FAIL" : "PASS", m, m);
        hr_buf_puts(&b, head);
        add(&b, "    \xe2\x9c\x93 adds %d (2 ms)\n", m * 100, m * 100 + 5);
        if (m == 3)
            hr_buf_puts(&b, "    \xe2\x9c\x95 adds 9 (3 ms)\n\n");
        hr_buf_puts(&b, m == 3 ? details : "\n");
    }
    hr_buf_puts(&b, "Test Suites: 1 failed, 5 passed, 6 total\nTests:       1 failed, 30 passed, 31 total\n");
    snprintf(kept, sizeof kept, "%s%s%s",
             "PASS src/mod0.test.js\n  module 0\n    \xe2\x9c\x93 adds 0 (2 ms)\n\n"
             "FAIL src/mod3.test.js\n  module 3\n    \xe2\x9c\x95 adds 9 (3 ms)\n\n",
             details,
             "\nTest Suites: 1 failed, 5 passed, 6 total\nTests:       1 failed, 30 passed, 31 total\n");
    expect(text_of(&b), "", kept);
    hr_buf_free(&b);
}

static void tap_blocks_go_with_their_result(void **state)
{
    (void)state;
    static const char rest[] = "# Subtest: releases the lease\nnot ok 21 - releases the lease\n  ---\n"
                               "  duration_ms: 37.27\n  error: '3 == 4'\n  ...\n"
                               "ok 22 - needs docker # SKIP no docker\n1..22\n# pass 20\n# fail 1\n";
    hr_buf b = {0};
    char kept[1000];
    hr_buf_puts(&b, "TAP version 13\n");
    add(&b, "# Subtest: adds %d\nok 1 - adds %d\n  ---\n  duration_ms: 0.25\n  type: 'test'\n  ...\n", 0, 20);
    hr_buf_puts(&b, rest);
    snprintf(kept, sizeof kept, "%s%s",
             "TAP version 13\n# Subtest: adds 0\nok 1 - adds 0\n  ---\n  duration_ms: 0.25\n  type: 'test'\n "
             " ...\n",
             rest);
    expect(text_of(&b), "", kept);
    hr_buf_free(&b);
}

static void make_keeps_the_command_and_the_directory_of_a_warning(void **state)
{
    (void)state;
    static const char warned[] = "make[1]: Entering directory '/src/b'\ngcc -Wall -O2 -c g.c -o g.o\n"
                                 "g.c:1:20: warning: unused variable 'y' [-Wunused-variable]\n"
                                 "    1 | int g(int x) { int y; return x; }\n      |                    ^\n"
                                 "gcc -Wall -O0 -c odd.c -o odd.o\nmake[1]: Leaving directory '/src/b'\n";
    hr_buf b = {0};
    hr_buf_puts(&b, "make -C a\n");
    add(&b, "gcc -Wall -O2 -c f%d.c -o f%d.o\n", 0, 2);
    hr_buf_puts(&b, "make[1]: Entering directory '/src/a'\n");
    add(&b, "gcc -Wall -O2 -c f%d.c -o f%d.o\n", 2, 20);
    hr_buf_puts(&b, "make[1]: Leaving directory '/src/a'\n");
    hr_buf_puts(&b, warned);
    hr_buf_puts(&b, "make: *** [Makefile:2: all] Error 2\n");
    char kept[1000];
    snprintf(kept, sizeof kept, "%s%s%s",
             "make -C a\ngcc -Wall -O2 -c f0.c -o f0.o\ngcc -Wall -O2 -c f1.c -o f1.o\n", warned,
             "make: *** [Makefile:2: all] Error 2\n");
    expect(text_of(&b), "", kept);
    hr_buf_free(&b);
}

static void pip_keeps_what_was_installed(void **state)
{
    (void)state;
    hr_buf b = {0};
    add(&b,
        "Collecting package%d==1.0\n  Downloading package%d-1.0-py3-none-any.whl (101 kB)\n"
        "     \xe2\x94\x81\xe2\x94\x81\xe2\x94\x81\xe2\x94\x81 101.7/101.7 kB 110.8 MB/s eta 0:00:0%d\n",
        0, 9);
    hr_buf_puts(&b, "  WARNING: Retrying after connection broken\nSuccessfully installed package0-1.0\n");
    expect(text_of(&b), "",
           "Collecting package0==1.0\n  Downloading package0-1.0-py3-none-any.whl (101 kB)\n"
           "     \xe2\x94\x81\xe2\x94\x81\xe2\x94\x81\xe2\x94\x81 101.7/101.7 kB 110.8 MB/s eta 0:00:00\n"
           "     \xe2\x94\x81\xe2\x94\x81\xe2\x94\x81\xe2\x94\x81 101.7/101.7 kB 110.8 MB/s eta 0:00:08\n"
           "  WARNING: Retrying after connection broken\nSuccessfully installed package0-1.0\n");
    hr_buf_free(&b);
}

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
    hr_buf list = {0}, diff = {0};
    add(&list, "\xe2\x9c\x85 supports protocol %d\n", 0, 40);
    expect_nothing(text_of(&list));
    hr_buf_puts(&diff, "--- a/expected\n+++ b/expected\n@@ -1,40 +1,40 @@\n");
    add(&diff, " test adds_%d ... ok\n", 0, 40);
    expect_nothing(text_of(&diff));
    hr_buf_free(&list);
    hr_buf_free(&diff);
}

/* ------------------------------------------------------------------ how others failed */
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
        cmocka_unit_test(what_the_question_names_stays),
        cmocka_unit_test(unittest_runs_keep_failures_to_the_end),
        cmocka_unit_test(go_keeps_what_a_failing_test_prints),
        cmocka_unit_test(jest_keeps_headings_of_what_failed_only),
        cmocka_unit_test(tap_blocks_go_with_their_result),
        cmocka_unit_test(make_keeps_the_command_and_the_directory_of_a_warning),
        cmocka_unit_test(pip_keeps_what_was_installed),
        cmocka_unit_test(a_duration_that_stands_out_stays),
        cmocka_unit_test(a_unit_that_failed_before_it_passed_keeps_both),
        cmocka_unit_test(few_skipped_units_stay_and_many_go),
        cmocka_unit_test(too_little_is_left_alone),
        cmocka_unit_test(lists_with_check_marks_and_diffs_are_left_alone),
        cmocka_unit_test(false_zero_errors),
        cmocka_unit_test(merged_rows_that_differ_in_a_digit),
        cmocka_unit_test(failed_zero_taken_for_an_error),
        cmocka_unit_test(every_fact_of_every_run_stays),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
