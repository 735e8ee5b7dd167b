/* test_testrun_line.c - claims of core/transform/testrun_line.h: what one line of a test run or a build says. The lines are those of the
   programs named beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transform/testrun_line.h"
#include "transform/testrun_text.h"

#include <stdlib.h>
#include <string.h>

struct claim {
    const char *line;
    enum hr_run_kind kind;
    const char *name; /* NULL: not looked at */
    double seconds;
};

/* An exact copy, so that the sanitizer sees a byte read too much. */
static void read_copy(const char *line, size_t n, hr_run_line *out, char **copy)
{
    *copy = malloc(n ? n : 1);
    assert_non_null(*copy);
    memcpy(*copy, line, n);
    hr_run_line_read(hr_str_make(*copy, n), out);
}

static void expect(const struct claim *claims, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hr_run_line out;
        char *copy;
        read_copy(claims[i].line, strlen(claims[i].line), &out, &copy);
        if (out.kind != claims[i].kind)
            fail_msg("kind %d, not %d: %s", (int)out.kind, (int)claims[i].kind, claims[i].line);
        if (claims[i].name && !hr_str_is(out.name, claims[i].name))
            fail_msg("name \"%.*s\": %s", (int)out.name.n, out.name.p, claims[i].line);
        if (claims[i].name && out.seconds - claims[i].seconds > 1e-9)
            fail_msg("%g seconds: %s", out.seconds, claims[i].line);
        if (claims[i].name && claims[i].seconds - out.seconds > 1e-9)
            fail_msg("%g seconds: %s", out.seconds, claims[i].line);
        free(copy);
    }
}
#define EXPECT(claims) expect(claims, sizeof(claims) / sizeof *(claims))

static void results_of_runners_are_read(void **state)
{
    (void)state;
    static const struct claim claims[] = {
        /* pytest -v, xdist, -rA, without -v */
        {"tests/a.py::test_x PASSED                [ 12%]", HR_RUN_PASS, "tests/a.py::test_x", -1},
        {"tests/a.py::test_x[a b-3] PASSED [100%]", HR_RUN_PASS, "tests/a.py::test_x[a b-3]", -1},
        {"tests/a.py::test_x FAILED [ 12%]", HR_RUN_FAIL, "tests/a.py::test_x", -1},
        {"tests/a.py::test_x ERROR [ 12%]", HR_RUN_FAIL, "tests/a.py::test_x", -1},
        {"tests/a.py::test_x SKIPPED [ 12%]", HR_RUN_SKIP, "tests/a.py::test_x", -1},
        {"[gw1] [ 12%] PASSED tests/a.py::test_x ", HR_RUN_PASS, "tests/a.py::test_x", -1},
        {"[gw0] [ 13%] FAILED tests/a.py::test_y ", HR_RUN_FAIL, "tests/a.py::test_y", -1},
        {"tests/a.py::test_x ", HR_RUN_NAME, "tests/a.py::test_x", -1},
        {"FAILED tests/a.py::test_x - KeyError: 'k'", HR_RUN_FAIL, "tests/a.py::test_x", -1},
        {"tests/test_a.py ......................  [ 12%]", HR_RUN_PASS, "tests/test_a.py", -1},
        {"....................................... [ 12%]", HR_RUN_PASS, "", -1},
        /* unittest, cargo test */
        {"test_x (tests.A.test_x) ... ok", HR_RUN_PASS, "test_x (tests.A.test_x)", -1},
        {"test_x (tests.A.test_x) ... FAIL", HR_RUN_FAIL, "test_x (tests.A.test_x)", -1},
        {"test tests::adds ... ok", HR_RUN_PASS, "tests::adds", -1},
        {"test tests::adds ... ok <0.012s>", HR_RUN_PASS, "tests::adds", 0.012},
        {"test tests::adds ... ignored", HR_RUN_SKIP, "tests::adds", -1},
        {"test tests::adds ... FAILED", HR_RUN_FAIL, "tests::adds", -1},
        /* go test */
        {"=== RUN   TestA/case_1", HR_RUN_BEGIN, "TestA/case_1", -1},
        {"    --- PASS: TestA/case_1 (0.02s)", HR_RUN_PASS, "TestA/case_1", 0.02},
        {"--- FAIL: TestB (0.00s)", HR_RUN_FAIL, "TestB", 0},
        {"ok  \texample.com/a/b\t0.012s", HR_RUN_PASS, "example.com/a/b", 0.012},
        {"ok  \texample.com/a/b\t(cached)", HR_RUN_PASS, "example.com/a/b", -1},
        {"FAIL\texample.com/a/c\t0.008s", HR_RUN_FAIL, "example.com/a/c", 0.008},
        /* node --test, jest, vitest, mocha */
        {"\xe2\x9c\x94 adds one (0.25ms)", HR_RUN_PASS, "adds one", 0.00025},
        {"    \xe2\x9c\x93 adds one (12 ms)", HR_RUN_PASS, "adds one", 0.012},
        {" \xe2\x9c\x93 src/a.test.ts (5 tests) 12ms", HR_RUN_PASS, "src/a.test.ts (5 tests)", 0.012},
        {"    \xe2\x9c\x95 adds two (3 ms)", HR_RUN_FAIL, "adds two", 0.003},
        {"    \xe2\x97\x8b skipped adds three", HR_RUN_SKIP, "adds three", -1},
        {"PASS src/a.test.js (5.2 s)", HR_RUN_PASS, "src/a.test.js", 5.2},
        {"FAIL src/b.test.js", HR_RUN_FAIL, "src/b.test.js", -1},
        /* TAP */
        {"ok 12 - adds one", HR_RUN_PASS, "adds one", -1},
        {"ok 12 - adds one # time=3.5ms", HR_RUN_PASS, "adds one", 0.0035},
        {"not ok 13 - adds two", HR_RUN_FAIL, "adds two", -1},
        {"# Subtest: adds one", HR_RUN_BEGIN, "adds one", -1},
        /* googletest, ctest, prove, gradle, maven, automake */
        {"[ RUN      ] Lease.Ends", HR_RUN_BEGIN, "Lease.Ends", -1},
        {"[       OK ] Lease.Ends (3 ms)", HR_RUN_PASS, "Lease.Ends", 0.003},
        {"[  FAILED  ] Lease.Ends (3 ms)", HR_RUN_FAIL, "Lease.Ends", 0.003},
        {"      Start  9: things_t9", HR_RUN_BEGIN, "things_t9", -1},
        {" 4/14 Test  #4: things_t4 ........   Passed    0.31 sec", HR_RUN_PASS, "things_t4", 0.31},
        {" 9/14 Test  #9: things_t9 ........***Failed    0.01 sec", HR_RUN_FAIL, "things_t9", 0.01},
        {"t/00-load.t .... ok", HR_RUN_PASS, "t/00-load.t", -1},
        {"LeaseTest > ends() PASSED", HR_RUN_PASS, "LeaseTest > ends()", -1},
        {"LeaseTest > ends() FAILED", HR_RUN_FAIL, "LeaseTest > ends()", -1},
        {"[INFO] Running com.example.LeaseTest", HR_RUN_NAME, "com.example.LeaseTest", -1},
        {"[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.05 s - in "
         "com.example.LeaseTest",
         HR_RUN_PASS, "com.example.LeaseTest", 0.05},
        {"[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.05 s -- in "
         "com.example.LeaseTest",
         HR_RUN_PASS, "com.example.LeaseTest", 0.05},
        {"PASS: test-lease", HR_RUN_PASS, "test-lease", -1},
    };
    EXPECT(claims);
}

static void results_for_programs_are_read(void **state)
{
    (void)state;
#define EVENT "{\"Time\":\"2026-11-21T13:45:00.5Z\",\"Action\":"
    static const struct claim claims[] = {
        /* go test -json */
        {EVENT "\"pass\",\"Package\":\"p\",\"Test\":\"TestA\",\"Elapsed\":0.25}", HR_RUN_PASS,
         "\"p\",\"Test\":\"TestA\"", 0.25},
        {EVENT "\"pass\",\"Package\":\"p\",\"Elapsed\":2}", HR_RUN_PASS, "\"p\"", 2},
        {EVENT "\"fail\",\"Package\":\"p\",\"Test\":\"TestA\"}", HR_RUN_FAIL, "\"p\",\"Test\":\"TestA\"", -1},
        {EVENT "\"run\",\"Package\":\"p\",\"Test\":\"TestA\"}", HR_RUN_BEGIN, "\"p\",\"Test\":\"TestA\"", -1},
        {EVENT
         "\"output\",\"Package\":\"p\",\"Test\":\"TestA\",\"Output\":\"    --- PASS: TestA/b (0.00s)\\n\"}",
         HR_RUN_NAME, "\"p\",\"Test\":\"TestA\"", -1},
        {EVENT "\"output\",\"Package\":\"p\",\"Test\":\"TestA\",\"Output\":\"    a_test.go:9: 402\\n\"}",
         HR_RUN_OTHER, NULL, -1},
        {EVENT
         "\"output\",\"Package\":\"p\",\"Output\":\"ok  \\tp\\t0.1s\\tcoverage: 81.5% of statements\\n\"}",
         HR_RUN_OTHER, NULL, -1},
        {EVENT "\"bench\",\"Package\":\"p\"}", HR_RUN_OTHER, NULL, -1},
        {EVENT "\"pass\",\"Package\":\"p", HR_RUN_OTHER, NULL, -1},
        /* JUnit's XML */
        {"<testcase classname=\"a.B\" name=\"c\" time=\"0.01\"/>", HR_RUN_PASS, NULL, 0.01},
        {"<testcase classname=\"a.B\" name=\"c\"><failure message=\"402\"/></testcase>", HR_RUN_OTHER, NULL,
         -1},
        {"<testcase classname=\"a.B\" name=\"c\">", HR_RUN_OTHER, NULL, -1},
        {"<testcase name=\"c\"><skipped/>", HR_RUN_OTHER, NULL, -1},
        /* a file that is covered, one that is not, a disk that is full */
        {"shop/mod0.py      25      0   100%", HR_RUN_PASS, "shop/mod0.py", -1},
        {"shop/mod0.py      25      2    92%   7-8", HR_RUN_OTHER, NULL, -1},
        {"TOTAL             25      0   100%", HR_RUN_OTHER, NULL, -1},
        {"/dev/sda1.2   40G   40G   0  100%", HR_RUN_OTHER, NULL, -1},
        /* dotnet, ctest -V */
        {"  Passed Shop.Tests.Adds [12 ms]", HR_RUN_PASS, "Shop.Tests.Adds", 0.012},
        {"  Failed Shop.Tests.Adds [< 1 ms]", HR_RUN_FAIL, "Shop.Tests.Adds", 0.001},
        {"  Skipped Shop.Tests.Adds [1 ms]", HR_RUN_SKIP, "Shop.Tests.Adds", 0.001},
        {"  Passed the limits [sic]", HR_RUN_OTHER, NULL, -1},
        {"12: Test command: /usr/bin/true", HR_RUN_STEP, NULL, -1},
        {"test 12", HR_RUN_STEP, NULL, -1},
        {"12: order 7731", HR_RUN_OTHER, NULL, -1},
        /* rspec's documentation marks what failed only */
        {"  adds two numbers", HR_RUN_OTHER, NULL, -1},
        {"  refunds (FAILED - 1)", HR_RUN_OTHER, NULL, -1},
    };
    EXPECT(claims);
}

/* A path may speak of errors; what is said of it may not. */
static void paths_and_options_are_no_trouble(void **state)
{
    (void)state;
    static const struct claim claims[] = {
        {"[INFO] Downloading from central: https://repo.example.org/a/maven-error-diagnostics-2.0.pom",
         HR_RUN_STEP, NULL, -1},
        {"gcc -Werror -c -o build/error/fail.o src/error/fail.c", HR_RUN_STEP, NULL, -1},
        {"  Compiling failure v0.1 (/src/failure)", HR_RUN_OTHER, NULL, -1},
        {"  Downloading https://example.org/a.jar failed", HR_RUN_OTHER, NULL, -1},
    };
    EXPECT(claims);
}

static void steps_of_builds_are_read(void **state)
{
    (void)state;
    static const struct claim claims[] = {
        {"[ 12%] Linking C executable app", HR_RUN_STEP, NULL, 0},
        {"Collecting flask", HR_RUN_STEP, NULL, 0},
        {"   Compiling serde v1.0.203", HR_RUN_STEP, NULL, 0},
        {"[ 12%] Building C object CMakeFiles/a.dir/a.c.o", HR_RUN_STEP, NULL, 0},
        {"[12/345] Linking CXX executable a", HR_RUN_STEP, NULL, 0},
        {"Collecting flask==3.0.3", HR_RUN_STEP, NULL, 0},
        {"  Downloading flask-3.0.3-py3-none-any.whl (101 kB)", HR_RUN_STEP, NULL, 0},
        {"     \xe2\x94\x81\xe2\x94\x81\xe2\x94\x81 101.7/101.7 kB 110.8 MB/s eta 0:00:00", HR_RUN_STEP, NULL,
         0},
        {"go: downloading example.com/a v1.2.3", HR_RUN_STEP, NULL, 0},
        {"> Task :compileJava UP-TO-DATE", HR_RUN_STEP, NULL, 0},
        {"gcc -Wall -Werror -O2 -c src/a.c -o a.o", HR_RUN_STEP, NULL, 0},
        {"  CC      lib/sort.o", HR_RUN_STEP, NULL, 0},
        {"make[1]: Entering directory '/src/sub'", HR_RUN_ENTER, NULL, 0},
        {"make[1]: Leaving directory '/src/sub'", HR_RUN_LEAVE, NULL, 0},
        {"-- Looking for poll.h - found", HR_RUN_PASS, "Looking for poll.h", -1},
        {"checking for poll.h... yes", HR_RUN_PASS, "checking for poll.h", -1},
    };
    EXPECT(claims);
}

/* "false 0 errors", "failed":0 taken for an error: a number beside the word is a count, and zero is no failure. */
static void counts_are_no_results(void **state)
{
    (void)state;
    static const struct claim claims[] = {
        {"=== 3 failed, 512 passed, 3 skipped in 88.41s ===", HR_RUN_OTHER, NULL, 0},
        {"test result: ok. 12 passed; 0 failed; 0 ignored; finished in 0.30s", HR_RUN_OTHER, NULL, 0},
        {"Tests:       12 passed, 12 total", HR_RUN_SUMMARY, NULL, 0},
        {"  12 passing (45ms)", HR_RUN_SUMMARY, NULL, 0},
        {"# pass 12", HR_RUN_SUMMARY, NULL, 0},
        {"tests are run", HR_RUN_OTHER, NULL, 0},
        {"[  PASSED  ] 12 tests.", HR_RUN_OTHER, NULL, 0},
        {"PASS: 12", HR_RUN_OTHER, NULL, 0},
        {"PASSED 12", HR_RUN_OTHER, NULL, 0},
        {"total 12 PASSED", HR_RUN_OTHER, NULL, 0},
        {"\xe2\x9c\x93 12 modules transformed.", HR_RUN_OTHER, NULL, 0},
        {"\xe2\x9c\x93 compiled with 3 warnings", HR_RUN_OTHER, NULL, 0},
        {"\xe2\x9c\x93 src/a.test.ts (5 tests | 1 skipped) 12ms", HR_RUN_OTHER, NULL, 0},
        {"100% tests passed, 0 tests failed out of 14", HR_RUN_OTHER, NULL, 0},
        {"[INFO] Tests run: 120, Failures: 0, Errors: 0, Skipped: 0", HR_RUN_OTHER, NULL, 0},
        {"Failures: 0", HR_RUN_OTHER, NULL, 0},
        {"\"failed\": 0", HR_RUN_OTHER, NULL, 0},
        {"0 failing", HR_RUN_OTHER, NULL, 0},
        {"2 failing", HR_RUN_FAILURES, NULL, 0},
    };
    EXPECT(claims);
}

static void a_name_that_says_error_is_a_name(void **state)
{
    (void)state;
    static const struct claim claims[] = {
        {"tests/a.py::test_error_handling PASSED [ 12%]", HR_RUN_PASS, "tests/a.py::test_error_handling", -1},
        {"test failed_login_is_refused ... ok", HR_RUN_PASS, "failed_login_is_refused", -1},
        {"  \xe2\x9c\x93 throws an error when the lease failed (2 ms)", HR_RUN_PASS, NULL, 0},
        {"--- PASS: TestErrorPanicFatal (0.00s)", HR_RUN_PASS, "TestErrorPanicFatal", 0},
    };
    EXPECT(claims);
}

static void what_tells_more_is_not_recognised(void **state)
{
    (void)state;
    static const struct claim claims[] = {
        {"tests/a.py::test_x XFAIL (see #5120) [ 12%]", HR_RUN_OTHER, NULL, 0},
        {"tests/a.py::test_x XPASS [ 12%]", HR_RUN_OTHER, NULL, 0},
        {"tests/a.py::test_x SKIPPED (needs docker) [ 12%]", HR_RUN_OTHER, NULL, 0},
        {"tests/test_a.py ......F......  [ 12%]", HR_RUN_OTHER, NULL, 0},
        {"test tests::adds ... ignored, too slow", HR_RUN_OTHER, NULL, 0},
        {"ok  \texample.com/a/b\t0.012s\tcoverage: 12.5% of statements", HR_RUN_OTHER, NULL, 0},
        {"ok 12 - adds one # SKIP no docker", HR_RUN_OTHER, NULL, 0},
        {"ok 12 - adds one # TODO later", HR_RUN_OTHER, NULL, 0},
        {"  \xe2\x9c\x93 adds one (retry x1) 12ms", HR_RUN_OTHER, NULL, 0},
        {"-- Looking for poll.h - not found", HR_RUN_NAME, "Looking for poll.h - not found", -1},
        {"checking for poll.h... no", HR_RUN_OTHER, NULL, 0},
        {"Downloading a-1.0.whl failed: 404", HR_RUN_OTHER, NULL, 0},
        {"Compiling a.c: TimeoutError", HR_RUN_OTHER, NULL, 0},
        {"Requirement already satisfied: a, but version is not b", HR_RUN_OTHER, NULL, 0},
        {"gcc: error: no input files", HR_RUN_OTHER, NULL, 0},
        {"Installing the tools takes a while.", HR_RUN_OTHER, NULL, 0},
        {"Building from source", HR_RUN_OTHER, NULL, 0},
        {"Everything is ok", HR_RUN_OTHER, NULL, 0},
        {"Collectingx y", HR_RUN_OTHER, NULL, 0},
        {"Collecting a\rCollecting b", HR_RUN_OTHER, NULL, 0},
        {"\x1b[32mtest a ... ok\x1b[0m", HR_RUN_OTHER, NULL, 0},
        {"", HR_RUN_OTHER, NULL, 0},
        {"PASSED", HR_RUN_OTHER, NULL, 0},
        {"ok", HR_RUN_OTHER, NULL, 0},
    };
    EXPECT(claims);
}

static void headings_of_failures_are_read(void **state)
{
    (void)state;
    static const struct claim claims[] = {
        {"================ FAILURES ================", HR_RUN_FAILURES, NULL, 0},
        {"================= ERRORS =================", HR_RUN_FAILURES, NULL, 0},
        {"failures:", HR_RUN_FAILURES, NULL, 0},
        {"\xe2\x9c\x96 failing tests:", HR_RUN_FAILURES, NULL, 0},
        {"\xe2\x8e\xaf\xe2\x8e\xaf Failed Tests 2 \xe2\x8e\xaf\xe2\x8e\xaf", HR_RUN_FAILURES, NULL, 0},
        {"  \xe2\x97\x8f module \xe2\x80\xba adds two", HR_RUN_DETAILS, NULL, 0},
    };
    EXPECT(claims);
}

static void options_tell_commands_apart_and_files_do_not(void **state)
{
    (void)state;
    hr_run_line a, b, c;
    hr_run_line_read(HR_STR("gcc -Wall -O2 -MT a.o -MF .deps/a.Tpo -c src/a.c -o a.o"), &a);
    hr_run_line_read(HR_STR("gcc -Wall -O2 -MT b.o -MF .deps/b.Tpo -c src/b.c -o b.o"), &b);
    hr_run_line_read(HR_STR("gcc -Wall -O0 -MT c.o -MF .deps/c.Tpo -c src/c.c -o c.o"), &c);
    assert_true(a.form == b.form);
    assert_true(a.form != c.form);
}

static void durations_are_read_to_their_end(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } claims[] = {{"12 ms", 0.012}, {"12ms", 0.012}, {"0.01 sec", 0.01}, {"1m 3.5s", 63.5},
                  {"2 h", 7200},    {"5", -1},       {"5 apples", -1},   {"ms", -1},
                  {"", -1},         {"5ms!", -1},    {"-5ms", -1},       {"1.5.2s", -1}};
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        double d = hr_run_seconds(hr_str_make(claims[i].text, strlen(claims[i].text))) - claims[i].seconds;
        if (d > 1e-9 || d < -1e-9)
            fail_msg("%s", claims[i].text);
    }
}

static void a_line_cut_at_any_byte_is_read_within_its_bounds(void **state)
{
    (void)state;
    static const char *const lines[] = {
        " 9/14 Test  #9: things_t9 ........***Failed    0.01 sec",
        "[gw1] [ 12%] PASSED tests/a.py::test_x ",
        "[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.05 s -- in com.a.B",
        "ok 12 - adds one # time=3.5ms",
        "    \xe2\x9c\x93 adds one (12 ms)",
        "gcc -Wall -O2 -MT a.o -c src/a.c -o a.o",
        "-- Looking for poll.h - found",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (size_t from = 0; from <= strlen(lines[i]); from++)
            for (size_t n = 0; from + n <= strlen(lines[i]); n++) {
                hr_run_line out;
                char *copy;
                read_copy(lines[i] + from, n, &out, &copy);
                assert_true(out.name.n <= n);
                free(copy);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_of_runners_are_read),
        cmocka_unit_test(results_for_programs_are_read),
        cmocka_unit_test(paths_and_options_are_no_trouble),
        cmocka_unit_test(steps_of_builds_are_read),
        cmocka_unit_test(counts_are_no_results),
        cmocka_unit_test(a_name_that_says_error_is_a_name),
        cmocka_unit_test(what_tells_more_is_not_recognised),
        cmocka_unit_test(headings_of_failures_are_read),
        cmocka_unit_test(options_tell_commands_apart_and_files_do_not),
        cmocka_unit_test(durations_are_read_to_their_end),
        cmocka_unit_test(a_line_cut_at_any_byte_is_read_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
