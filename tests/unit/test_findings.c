/* test_findings.c - claims of core/transform/findings.h and frames.h, traces.h: what of a build's and a crash's output is said again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "testrun_fixture.h"
#include "transform/findings.h"
#include "transform/frames.h"
#include "transform/traces.h"

enum { MOST = 400 };

static hr_str line[MOST];
static bool may_go[MOST], routine[MOST];

static uint32_t split(const char *text)
{
    hr_str rest = view(text);
    uint32_t n = 0;
    bool ended;

    memset(may_go, 0, sizeof may_go);
    memset(routine, 0, sizeof routine);
    while (n < MOST && hr_line_next(&rest, &line[n], &ended))
        n++;
    return n;
}

/* which[i]: '-' line i may go, '.' it stays. */
static void expect_marks(const char *text, const char *which, bool traces)
{
    hr_arena *a = hr_arena_new();
    hr_watch watch = {0};
    char got[MOST + 1] = "";
    assert_non_null(a);
    uint32_t n = split(text);
    int64_t r = traces ? hr_traces_mark(line, n, a, &watch, may_go)
                       : hr_findings_mark(line, n, a, &watch, may_go, routine);
    assert_true(r >= 0);
    for (uint32_t i = 0; i < n; i++)
        got[i] = may_go[i] ? '-' : '.';
    assert_string_equal(got, which);
    hr_arena_free(a);
}

/* ------------------------------------------------------------------ findings */
static void excerpts_go_where_the_class_was_met(void **state)
{
    (void)state;
    expect_marks("a.c:6:11: warning: unused variable 'p' [-Wunused]\n    6 |  char *p;\n      |        ^\n"
                 "b.c:9:3: warning: unused variable 'q' [-Wunused]\n    9 |  char *q;\n      |        ^\n"
                 "b.c:9:3: warning: x shadows\n    9 |  char *x;\n      |        ^\n",
                 "....--...", false);
    expect_marks("a.c:6:11: warning: unused variable 'p'\n  char *p;\n        ^\n"
                 "b.c:9:3: warning: unused variable 'q'\n  char *q;\n        ^~~\n",
                 "....--", false);
}

static void errors_are_whole_three_times(void **state)
{
    (void)state;
    expect_marks(
        "a.c:1:1: error: no 'p'\n    1 | p\n      | ^\na.c:2:1: error: no 'q'\n    2 | q\n      | ^\n"
        "a.c:3:1: error: no 'r'\n    3 | r\n      | ^\na.c:4:1: error: no 's'\n    4 | s\n      | ^\n",
        "..........--", false);
}

static void an_error_that_stands_twice_stays_twice(void **state)
{
    (void)state;
    expect_marks(
        "a.h:1:1: error: no 'p'\na.h:1:1: error: no 'p'\na.h:1:1: warning: odd\na.h:1:1: warning: odd\n",
        "...-", false);
}

static void a_header_included_twice_is_told_once(void **state)
{
    (void)state;
    expect_marks("In file included from a.c:1:\nc.h:4:2: warning: odd\n    4 | x\n      | ^\n"
                 "In file included from b.c:1:\nc.h:4:2: warning: odd\n    4 | x\n      | ^\n"
                 "In file included from d.c:1:\nc.h:4:3: warning: odd\n    4 | x\n      | ^\n",
                 "....----..--", false);
}

static void what_a_label_says_for_the_first_time_stays(void **state)
{
    (void)state;
    expect_marks(
        "error[E0308]: mismatched types\n --> src/a.rs:1:2\n  |\n1 | f(x)\n  |   ^ expected `u32`\n\n"
        "error[E0308]: mismatched types\n --> src/a.rs:2:2\n  |\n2 | f(x)\n  |   ^ expected `u32`\n\n"
        "error[E0308]: mismatched types\n --> src/a.rs:3:2\n  |\n3 | f(x)\n  |   ^ expected `u32`\n\n"
        "error[E0308]: mismatched types\n --> src/a.rs:4:2\n  |\n4 | f(x)\n  |   ^ expected `u8`\n\n"
        "error[E0308]: mismatched types\n --> src/a.rs:5:2\n  |\n5 | f(x)\n  |   ^ found a tuple\n",
        ".................."
        "..---."
        "..--.",
        false);
}

static void a_message_that_is_wrapped_and_a_traceback_stay(void **state)
{
    (void)state;
    expect_marks(
        "m.py:12: error: Incompatible types (expression has type\n\"int\")  [assignment]\n  x: str = 5\n  ^\n"
        "n.py:12: error: odd\nTraceback (most recent call last):\n  File \"a.py\", line 3, in f\n    g()\n   "
        " ^^^\n",
        ".........", false);
}

static void a_program_that_quotes_findings_stays(void **state)
{
    (void)state;
    expect_marks("  puts(\"a.c:1:1: warning: odd\\n\"\n  puts(\"a.c:1:1: warning: odd\\n\"\n"
                 "- `a.c:1:1: warning: odd`\n- `a.c:1:1: warning: odd`\n",
                 "....", false);
}

static void a_linter_is_known_by_its_lines(void **state)
{
    (void)state;
    hr_buf flake = {0}, stylish = {0}, log = {0}, grep = {0};
    add(&flake, "shop/a.py:%d:15: E501 line too long\n", 10, 40);
    add(&stylish, "  %d:15  error  Unexpected var  no-var\n", 10, 40);
    add(&log, "10:%d:15 INFO ready\n", 10, 40);
    add(&grep, "src/a.c:%d:    int x;\n", 10, 40);
    assert_true(hr_findings_are_lines(hr_buf_view(&flake)));
    assert_true(hr_findings_are_lines(hr_buf_view(&stylish)));
    assert_false(hr_findings_are_lines(hr_buf_view(&log)));
    assert_false(hr_findings_are_lines(hr_buf_view(&grep)));
    hr_buf_free(&flake);
    hr_buf_free(&stylish);
    hr_buf_free(&log);
    hr_buf_free(&grep);
}

/* ------------------------------------------------------------------ frames and traces */
static void frames_of_many_languages_are_read(void **state)
{
    static const struct {
        const char *text;
        uint32_t lines;
        bool library;
    } cases[] = {
        {"\tat a.Store.deep(Store.java:5)", 1, false},
        {"\tat java.base/java.util.List.each(List.java:5)", 1, true},
        {"\tat app//org.springframework.web.A.b(A.java:5)", 1, true},
        {"    at load (/src/a.js:2:41)", 1, false},
        {"    at async main (/src/a.js:2:41) {", 1, false},
        {"    at Object.<anonymous> (/src/a.test.js:2:41)", 1, false},
        {"    at Module._load (node:internal/modules/cjs/loader:1104:12)", 1, true},
        {"    at x (/src/node_modules/express/lib/router.js:284:15)", 1, true},
        {"   at Shop.Order.Pay(Int32 n) in /src/Order.cs:line 12", 1, false},
        {"   at System.Threading.Tasks.Task.Run()", 1, true},
        {"  File \"/src/a.py\", line 3, in f\n    g(1)\n    ^^^^", 3, false},
        {"  File \"/usr/lib/python3.11/json/decoder.py\", line 3, in f\n    g(1)", 2, true},
        {"main.(*srv).handle(0x1)\n\t/src/main.go:8 +0x73", 2, false},
        {"net/http.(*Server).Serve(0x1)\n\t/usr/local/go/src/net/http/server.go:8 +0x73", 2, true},
        {"created by main.main in goroutine 1\n\t/src/main.go:8 +0x73", 2, false},
        {"   3: shop::deep\n             at ./src/lib.rs:3:55", 2, false},
        {"   3: core::panicking::panic_fmt\n             at /rustc/5980/library/core/src/panicking.rs:80:14",
         2, true},
        {"  17:     0x55b72887f5fa - shop::deep::h7fd9\n             at /src/lib.rs:3:55", 2, false},
        {"\tfrom /src/b.rb:2:in `deep'", 1, false},
        {"\tfrom /usr/lib/ruby/3.1.0/json/common.rb:216:in `parse'", 1, true},
        {"#0 /src/c.php(1): deep()", 1, false},
        {"#3  0x00005555555551a9 in deep (n=0) at crash.c:4", 1, false},
        {"#4  0x00007ffff7df2a90 in qsort () from /lib/x86_64-linux-gnu/libc.so.6", 1, true},
        {"    #0 0x55d53ea4b1d5 in cmp /src/crash.c:3", 1, false},
        /* and none */
        {"at the end of the day (well)", 0, false},
        {"  1: buy milk", 0, false},
        {"#12 Fix the build", 0, false},
        {"# 3 Heading", 0, false},
        {"  from here to there", 0, false},
        {"call(1)\n\treturn x", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_frame f;
        uint32_t n = split(cases[i].text);
        bool is = hr_frame_read(line, n, 0, &f);
        if (is != (cases[i].lines > 0) ||
            (is && (f.lines != cases[i].lines || f.library != cases[i].library)))
            fail_msg("%s: %d, %u lines, library %d", cases[i].text, is, f.lines, f.library);
    }
}

static void library_frames_go_but_for_what_the_program_called(void **state)
{
    (void)state;
    expect_marks(
        "E: odd\n\tat java.util.A.a(A.java:1)\n\tat java.util.A.b(A.java:2)\n\tat java.util.A.c(A.java:3)\n"
        "\tat java.util.A.d(A.java:4)\n\tat shop.B.e(B.java:5)\n\t... 23 more\n",
        "..--...", true);
    expect_marks("  File \"/src/a.py\", line 1, in f\n    g()\n  File \"/x/site-packages/r/a.py\", line 1, "
                 "in g\n    h()\n"
                 "  File \"/x/site-packages/r/b.py\", line 2, in h\n    i()\n"
                 "  File \"/x/site-packages/r/c.py\", line 3, in i\n    j()\n"
                 "  File \"/x/site-packages/r/d.py\", line 4, in j\n    raise E\nE: odd\n",
                 "....----...", true);
}

static void the_example_of_the_documentation(void **state)
{
    static const char trace[] =
        "java.lang.IllegalStateException: lease-9c21 was not released\n"
        "\tat shop.Lease.release(Lease.java:41)\n"
        "\tat java.base/java.util.ArrayList.forEach(ArrayList.java:1511)\n"
        "\tat java.base/java.util.stream.AbstractPipeline.copyInto(AbstractPipeline.java:509)\n"
        "\tat java.base/java.util.stream.AbstractPipeline.evaluate(AbstractPipeline.java:234)\n"
        "\tat java.base/java.util.stream.ReferencePipeline.forEach(ReferencePipeline.java:596)\n"
        "\tat shop.Leases.walk(Leases.java:77)\n\tat shop.Leases.walk(Leases.java:77)\n"
        "\tat shop.Leases.walk(Leases.java:77)\n\tat shop.Main.main(Main.java:9)\n"
        "Caused by: java.io.IOException: connection reset\n\tat shop.Wire.read(Wire.java:118)\n\t... 9 "
        "more\n";
    static const char want[] =
        "java.lang.IllegalStateException: lease-9c21 was not released\n"
        "\tat shop.Lease.release(Lease.java:41)\n"
        "\tat java.base/java.util.ArrayList.forEach(ArrayList.java:1511)\n"
        "\tat java.base/java.util.stream.ReferencePipeline.forEach(ReferencePipeline.java:596)\n"
        "\tat shop.Leases.walk(Leases.java:77)\n\tat shop.Main.main(Main.java:9)\n"
        "Caused by: java.io.IOException: connection reset\n\tat shop.Wire.read(Wire.java:118)\n\t... 9 more\n"
        "[_headroom: 4 of 13 lines omitted, the first is 0: 3-4,7-8; headroom show " ID "]";
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    (void)state;
    assert_non_null(a);
    assert_int_equal(run(a, view(trace), "", &out), 1);
    assert_string_equal(hr_arena_dup(a, out.text.p, out.text.n), want);
    assert_string_equal(out.kind, "trace");
    hr_arena_free(a);
}

static void a_trace_of_the_library_alone_stays(void **state)
{
    (void)state;
    expect_marks("\tat java.util.A.a(A.java:1)\n\tat java.util.A.b(A.java:2)\n\tat java.util.A.c(A.java:3)\n"
                 "\tat java.util.A.d(A.java:4)\n\tat java.util.A.e(A.java:5)\n\tat java.util.A.f(A.java:6)\n",
                 "......", true);
}

static void recursion_is_told_once(void **state)
{
    (void)state;
    expect_marks("\tat s.A.a(A.java:1)\n\tat s.A.a(A.java:1)\n\tat s.A.a(A.java:1)\n\tat s.A.b(A.java:2)\n"
                 "\tat s.A.c(A.java:3)\n\tat s.A.b(A.java:2)\n\tat s.A.c(A.java:3)\n\tat s.A.b(A.java:2)\n"
                 "\tat s.A.c(A.java:3)\n\tat s.A.main(A.java:9)\n",
                 ".--..----.", true);
}

static void locks_of_a_thread_dump_stay(void **state)
{
    (void)state;
    expect_marks(
        "\"a\" #1\n\tat s.A.a(A.java:1)\n\t- waiting to lock <0x000000076b2a1c80>\n\tat s.A.b(A.java:2)\n\n"
        "\"b\" #2\n\tat s.A.a(A.java:1)\n\t- waiting to lock <0x000000076b2a1c90>\n\tat s.A.b(A.java:2)\n",
        "........-", true);
}

/* ------------------------------------------------------------------ together, and for any text */
static void a_ci_log_is_read_behind_its_stamps_and_colours(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_buf b = {0};
    hr_transform_out out;
    assert_non_null(a);
    add(&b, "2026-11-21T13:45:0%d.0412345Z \x1b[32mok %d - adds\x1b[0m\n", 0, 5);
    for (int i = 0; i < 40; i++) {
        char s[120];
        snprintf(s, sizeof s, "2026-11-21T13:45:10.0412345Z \x1b[32mtests/a.py::test_%d PASSED\x1b[0m\n", i);
        hr_buf_puts(&b, s);
    }
    hr_buf_puts(&b, "2026-11-21T13:45:11.0412345Z tests/a.py::test_lease \x1b[31mFAILED\x1b[0m\n"
                    "2026-11-21T13:45:11.0412345Z lease 9c21 was not released\n2026-11-21T13:45:12.0Z x\n");
    assert_int_equal(run(a, hr_buf_view(&b), "", &out), 1);
    assert_non_null(strstr(hr_arena_dup(a, out.text.p, out.text.n), "lease 9c21 was not released"));
    assert_non_null(strstr(hr_arena_dup(a, out.text.p, out.text.n), "test_lease \x1b[31mFAILED"));
    assert_true(out.text.n * 4 < b.len);
    b.len = 0;
    add(&b,
        "2026-11-21T13:45:00.0412345Z src/a.c:%d:1: warning: odd\n2026-11-21T13:45:00.0412345Z    12 | "
        "f(%d);\n"
        "2026-11-21T13:45:00.0412345Z       | ^\n",
        0, 30);
    assert_int_equal(run(a, hr_buf_view(&b), "", &out), 1);
    hr_buf_free(&b);
    hr_arena_free(a);
}

/* A log's traces belong to its records, which log.h chooses from. */
static void a_log_is_left_alone(void **state)
{
    (void)state;
    hr_buf b = {0};
    add(&b,
        "2026-11-21T13:45:00Z ERROR lease %d\n2026-11-21T13:45:01Z INFO x\n2026-11-21T13:45:02Z INFO y\n"
        "\tat shop.A.f(A.java:1)\n\tat shop.A.f(A.java:1)\n",
        0, 30);
    expect_nothing(text_of(&b));
    hr_buf_free(&b);
}

/* A worker that dies again and again in the same way: to name its frames once costs no more than to leave them out. */
static void traces_that_are_the_same_are_named_and_not_cut(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    char z[60];
    assert_non_null(a);
    for (int i = 0; i < 30; i++) {
        hr_buf_puts(&b, "Traceback (most recent call last):\n  File \"/srv/shop/worker.py\", line 2, in job\n"
                        "    raise LeaseLost(lease)\n");
        snprintf(z, sizeof z, "  [Previous line repeated %d more times]\n", 27 + i % 3);
        hr_buf_puts(&b, z);
        hr_buf_puts(&b, "  File \"/srv/shop/lease.py\", line 31, in check\n    raise LeaseLost(self.owner)\n"
                        "shop.LeaseLost: the lease went to another worker\n");
    }
    const hr_str text = hr_buf_view(&b);
    hr_transform_in in = {.text = text, .allow_lossy = true, .max_items = 15, .id = ID};
    in.query = hr_query_new(a, HR_STR(""));
    assert_int_equal(hr_transform(a, &in, &out), 1);
    assert_string_equal(out.transform, "repeats");
    assert_string_equal(out.kind, "trace");
    assert_true(out.lossless);
    assert_true(out.text.n * 3 < text.n);
    hr_buf_free(&b);
    hr_arena_free(a);
}

static uint32_t seed = 7;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* Each place with its words, each error's excerpt up to the third, each frame of the program in each trace. */
static void every_place_and_every_frame_of_the_program_stays(void **state)
{
    static const char *const says[] = {"unused variable 'v%u'", "no rule for `x%u`", "took %u of 9", "plain"};
    (void)state;
    size_t selected = 0;
    for (int i = 0; i < 3000; i++) {
        hr_arena *a = hr_arena_new();
        hr_buf text = {0};
        char must[130][120], s[200];
        uint32_t musts = 0;
        hr_transform_out out;
        assert_non_null(a);
        for (uint32_t k = 0, n = draw(40); k < n; k++) {
            char words[60];
            snprintf(words, sizeof words, says[draw(4)], draw(5));
            snprintf(must[musts], sizeof *must, "src/f%u.c:%u:%u: %s: %s\n", draw(3), draw(40), draw(9),
                     draw(4) ? "warning" : "error", words);
            hr_buf_puts(&text, must[musts++]);
            snprintf(s, sizeof s, draw(2) ? "   12 |  f(%u);\n      |    ^~\n" : "  f(%u);\n    ^\n",
                     draw(9));
            hr_buf_puts(&text, s);
            if (draw(6) == 0) {
                uint32_t at = draw(900);
                snprintf(must[musts], sizeof *must, "E%u: lease\n", k);
                hr_buf_puts(&text, must[musts++]);
                snprintf(must[musts], sizeof *must, "\tat shop.A.f(A.java:%u)\n",
                         at); /* once, if another trace is the same */
                hr_buf_puts(&text, must[musts++]);
                for (uint32_t f = draw(6); f > 0; f--)
                    hr_buf_puts(&text, "\tat java.util.L.each(L.java:4)\n");
                hr_buf_puts(&text, "\tat shop.A.main(A.java:1)\n");
            }
        }
        if (run(a, hr_buf_view(&text), "", &out) == 1) {
            hr_note note;
            hr_str kept;
            hr_buf plain = {0};
            assert_int_equal(hr_note_of_text(a, out.text, &note, &kept), 1);
            if (hr_form_decode(&plain, kept) == 1)
                kept = hr_buf_view(&plain);
            for (uint32_t k = 0; k < musts; k++)
                if (hr_str_find(kept, view(must[k]), 0) == SIZE_MAX)
                    fail_msg("lost: %s", must[k]);
            hr_buf_free(&plain);
            selected++;
        }
        hr_buf_free(&text);
        hr_arena_free(a);
    }
    assert_true(selected > 1000);
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    hr_buf b = {0};
    int r = HR_ENOMEM;
    add(&b, "a.c:%d:1: warning: odd\n   12 |  f(%d);\n      |    ^~\n", 0, 20);
    for (int i = 0; i < 9; i++)
        hr_buf_puts(&b,
                    "E: x\n\tat shop.A.f(A.java:1)\n\tat shop.A.g(A.java:2)\n\tat shop.A.main(A.java:3)\n");
    for (long n = 1; r != 1; n++) {
        hr_arena *a = hr_arena_new();
        hr_transform_out out;
        hr_transform_in in = {.text = hr_buf_view(&b), .allow_lossy = true, .max_items = 15, .id = ID};
        assert_non_null(a);
        assert_true(n < 200);
        in.query = hr_query_new(a, HR_STR(""));
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
        cmocka_unit_test(excerpts_go_where_the_class_was_met),
        cmocka_unit_test(errors_are_whole_three_times),
        cmocka_unit_test(an_error_that_stands_twice_stays_twice),
        cmocka_unit_test(a_header_included_twice_is_told_once),
        cmocka_unit_test(what_a_label_says_for_the_first_time_stays),
        cmocka_unit_test(a_message_that_is_wrapped_and_a_traceback_stay),
        cmocka_unit_test(a_program_that_quotes_findings_stays),
        cmocka_unit_test(a_linter_is_known_by_its_lines),
        cmocka_unit_test(frames_of_many_languages_are_read),
        cmocka_unit_test(library_frames_go_but_for_what_the_program_called),
        cmocka_unit_test(the_example_of_the_documentation),
        cmocka_unit_test(a_trace_of_the_library_alone_stays),
        cmocka_unit_test(recursion_is_told_once),
        cmocka_unit_test(locks_of_a_thread_dump_stay),
        cmocka_unit_test(a_ci_log_is_read_behind_its_stamps_and_colours),
        cmocka_unit_test(a_log_is_left_alone),
        cmocka_unit_test(traces_that_are_the_same_are_named_and_not_cut),
        cmocka_unit_test(every_place_and_every_frame_of_the_program_stays),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
