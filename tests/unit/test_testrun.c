/* test_testrun.c - claims of core/transform/testrun.h: of a test run or a build what passed is left out, and nothing else. The texts are
   shortened outputs of the programs that the tests name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "testrun_fixture.h"

/* docs/forms.md shows this. */
static void the_example_of_the_documentation(void **state)
{
    (void)state;
    static const char failed[] = "test lease::released_once ... FAILED\n";
    static const char rest[] = "\nfailures:\n\n---- lease::released_once stdout ----\n"
                               "thread 'lease::released_once' panicked at src/lease.rs:318:9:\n"
                               "lease-9c21 was not released\n\n"
                               "test result: FAILED. 213 passed; 1 failed; finished in 0.88s\n";
    static const char note[] =
        "[_headroom: 211 of 223 lines omitted, the first is 0: 3-91,93-214; headroom show " ID "]";
    hr_buf b = {0};
    char want[1000];
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    assert_non_null(a);
    hr_buf_puts(&b, "running 214 tests\n");
    add(&b, "test cache::case_%d ... ok\n", 0, 91);
    hr_buf_puts(&b, failed);
    add(&b, "test cache::case_%d ... ok\n", 91, 213);
    hr_buf_puts(&b, rest);
    assert_int_equal(run(a, view(text_of(&b)), "", &out), 1);
    snprintf(want, sizeof want,
             "running 214 tests\ntest cache::case_0 ... ok\ntest cache::case_1 ... ok\n%s%s%s", failed, rest,
             note);
    assert_string_equal(hr_arena_dup(a, out.text.p, out.text.n), want);
    hr_arena_free(a);
    hr_buf_free(&b);
}

/* The router asks for it where something may be left out, and only there. */
static void the_router_knows_a_test_run(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    assert_non_null(a);
    hr_buf_puts(&b, PYTEST_HEAD);
    add(&b, "test_a.py::test_%d PASSED                                        [ 10%%]\n", 0, 40);
    hr_buf_puts(&b, PYTEST_REST);
    hr_transform_in in = {
        .text = hr_buf_view(&b), .query = hr_query_new(a, HR_STR("")), .max_items = 15, .id = ID};
    assert_non_null(in.query);
    for (int lossy = 0; lossy < 2; lossy++) {
        in.allow_lossy = lossy;
        assert_true(hr_transform(a, &in, &out) >= 0);
        assert_int_equal(out.transform && strcmp(out.transform, "test_lines") == 0, lossy);
    }
    assert_string_equal(out.kind, "test");
    assert_false(out.lossless);
    in.text = out.text; /* what holds a note is not selected from again */
    assert_true(hr_transform(a, &in, &out) == 0 || out.lossless);
    hr_arena_free(a);
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
        snprintf(head, sizeof head, "%s src/mod%d.test.js\n  module\n", m == 3 ? "FAIL" : "PASS", m);
        hr_buf_puts(&b, head);
        add(&b, "    \xe2\x9c\x93 adds %d (2 ms)\n", m * 100, m * 100 + 5);
        if (m == 3)
            hr_buf_puts(&b, "    \xe2\x9c\x95 adds 9 (3 ms)\n\n");
        hr_buf_puts(&b, m == 3 ? details : "\n");
    }
    hr_buf_puts(&b, "Test Suites: 1 failed, 5 passed, 6 total\nTests:       1 failed, 30 passed, 31 total\n");
    snprintf(kept, sizeof kept, "%s%s%s",
             "PASS src/mod0.test.js\n  module\n    \xe2\x9c\x93 adds 0 (2 ms)\n\n"
             "FAIL src/mod3.test.js\n  module\n    \xe2\x9c\x95 adds 9 (3 ms)\n\n",
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_documentation),
        cmocka_unit_test(the_router_knows_a_test_run),
        cmocka_unit_test(what_the_question_names_stays),
        cmocka_unit_test(unittest_runs_keep_failures_to_the_end),
        cmocka_unit_test(go_keeps_what_a_failing_test_prints),
        cmocka_unit_test(jest_keeps_headings_of_what_failed_only),
        cmocka_unit_test(tap_blocks_go_with_their_result),
        cmocka_unit_test(make_keeps_the_command_and_the_directory_of_a_warning),
        cmocka_unit_test(pip_keeps_what_was_installed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
