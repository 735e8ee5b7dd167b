/* test_fact_classes_text.c - how other products lost facts of test runs, builds, crashes, search results and pages, each as a test through the
   router: what they lost stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transform/form.h"
#include "transform/lines.h"
#include "transform/note.h"
#include "transform/transform.h"

#include <stdio.h>
#include <string.h>

#define ID "0123456789abcdef0123"

static hr_arena *arena;
static hr_note note;
static hr_buf text, kept; /* what goes in; of that, the lines that stay */

static int begin(void **state)
{
    (void)state;
    arena = hr_arena_new();
    text = kept = (hr_buf){0};
    return arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    hr_buf_free(&text);
    hr_buf_free(&kept);
    hr_arena_free(arena);
    return 0;
}

static void add(const char *form, int from, int to)
{
    char line[300];
    for (int i = from; i < to; i++) {
        snprintf(line, sizeof line, form, i, i, i);
        hr_buf_puts(&text, line);
    }
}

/* Through the router; the note is read, a form is read back. The kind that the router saw. */
static const char *shrink(const char *question)
{
    const hr_transform_in in = {.text = hr_buf_view(&text),
                                .query = hr_query_new(arena, hr_str_make(question, strlen(question))),
                                .allow_lossy = true,
                                .max_items = 15,
                                .id = ID};
    hr_transform_out out = {0};
    hr_str lines;

    assert_int_equal(text.err, 0);
    assert_int_equal(hr_transform(arena, &in, &out), 1);
    assert_true(out.text.n < text.len);
    note = (hr_note){0};
    lines = out.text;
    assert_true(hr_note_of_text(arena, out.text, &note, &lines) >= 0);
    hr_buf_free(&kept);
    kept = (hr_buf){0};
    if (hr_form_decode(&kept, lines) != 1)
        hr_buf_str(&kept, lines);
    return out.kind;
}

static void stays(const char *fact)
{
    if (hr_str_find(hr_buf_view(&kept), hr_str_make(fact, strlen(fact)), 0) == SIZE_MAX)
        fail_msg("lost: %s\nof: %.*s", fact, (int)kept.len, kept.data);
}

/* ------------------------------------------------------------------ test runs */
/* The failing test was cut down to its first and last lines, or its name alone. */
static void gutted_failing_test(void **state)
{
    (void)state;
    hr_buf_puts(&text, "=== test session starts ===\n\n");
    add("tests/test_a.py::test_%d PASSED [ 10%%]\n", 0, 200);
    hr_buf_puts(
        &text,
        "tests/test_a.py::test_lease FAILED [100%]\n\n=================== FAILURES ===================\n"
        "_________________ test_lease _________________\n\n    def test_lease():\n");
    add("        step_%d()  # line of the traceback\n", 0, 60);
    hr_buf_puts(
        &text,
        ">       assert lease.released == 1\nE       assert 0 == 1\n\ntests/test_a.py:71: AssertionError\n"
        "--- Captured stdout call ---\n");
    add("tests/test_b.py::test_%d PASSED [ 10%%]\n", 0, 30);
    hr_buf_puts(&text, "=== 1 failed, 200 passed in 3.20s ===\n");
    assert_string_equal(shrink(""), "test");
    for (int i = 0; i < 60; i++) {
        char line[80];
        snprintf(line, sizeof line, "        step_%d()  # line of the traceback\n", i);
        stays(line);
    }
    stays("tests/test_b.py::test_17 PASSED"); /* what the failing test printed */
    stays("E       assert 0 == 1");
    stays("1 failed, 200 passed in 3.20s");
}

/* Of go test -json, that is JSON lines with times, a log's rules left the assertion out. */
static void failing_test_told_as_json_lines(void **state)
{
    (void)state;
    add("{\"Time\":\"2026-11-21T13:45:00.5Z\",\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"TestA%d\"}\n"
        "{\"Time\":\"2026-11-21T13:45:00.5Z\",\"Action\":\"output\",\"Package\":\"p\",\"Test\":\"TestA%d\","
        "\"Output\":"
        "\"--- PASS: TestA (0.00s)\\n\"}\n"
        "{\"Time\":\"2026-11-21T13:45:00.5Z\",\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"TestA%d\","
        "\"Elapsed\":0}\n",
        0, 60);
    add("{\"Time\":\"2026-11-21T13:45:00.5Z\",\"Action\":\"output\",\"Package\":\"p\",\"Test\":\"TestB\","
        "\"Output\":"
        "\"    b_test.go:%d: got %d\\n\"}\n",
        10, 40);
    hr_buf_puts(
        &text,
        "{\"Time\":\"2026-11-21T13:45:00.5Z\",\"Action\":\"fail\",\"Package\":\"p\",\"Test\":\"TestB\","
        "\"Elapsed\":0}\n{\"Time\":\"2026-11-21T13:45:00.5Z\",\"Action\":\"fail\",\"Package\":\"p\"}\n");
    assert_string_equal(shrink(""), "test");
    for (int i = 10; i < 40; i++) {
        char fact[60];
        snprintf(fact, sizeof fact, "b_test.go:%d: got %d\\n", i, i);
        stays(fact);
    }
}

/* "0 errors" was written by the product itself; and a line of that form hid what stood below it. */
static void false_zero_errors(void **state)
{
    (void)state;
    hr_buf_puts(&text, "Found 0 errors in the cache\nfailed: 0\n\n");
    add("test adds_%d ... ok\n", 0, 60);
    hr_buf_puts(&text,
                "error: could not compile `shop`\nerrors: 0\ntest result: FAILED. 60 passed; 1 failed\n");
    shrink("");
    stays("Found 0 errors in the cache\nfailed: 0\n");
    stays("error: could not compile `shop`\nerrors: 0\n");
    assert_int_equal(hr_str_find(hr_buf_view(&kept), HR_STR("adds_30"), 0),
                     SIZE_MAX); /* no heading of failures */
}

/* Passing tests whose names speak of errors were kept, and the failing one among them was not seen. */
static void name_of_an_error_taken_for_one(void **state)
{
    (void)state;
    hr_buf_puts(&text, "running 61 tests\n\n\n");
    add("test error_is_fatal_%d ... ok\n", 0, 60);
    hr_buf_puts(&text, "test releases ... FAILED\n\nx\ny\n");
    shrink("");
    stays("test releases ... FAILED\n");
    assert_true(note.omitted > 50);
}

/* ------------------------------------------------------------------ crashes and builds */
/* Crashes were merged that differ in a path, in a digit, in their message. */
static void merged_crashes_that_differ_in_a_path_or_a_digit(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        hr_buf_puts(&text, "shop.PaymentError: declined\n\tat shop.Pay.run(Pay.java:10)\n\tat "
                           "shop.Main.main(Main.java:1)\n");
    hr_buf_puts(
        &text,
        "shop.PaymentError: declined\n\tat shop.Pay.run(Pay.java:11)\n\tat shop.Main.main(Main.java:1)\n");
    hr_buf_puts(&text, "shop.PaymentError: declined\n\tat shop.pay.Run.run(Pay.java:10)\n\tat "
                       "shop.Main.main(Main.java:1)\n");
    hr_buf_puts(
        &text,
        "shop.PaymentError: timed out\n\tat shop.Pay.run(Pay.java:10)\n\tat shop.Main.main(Main.java:1)\n");
    assert_string_equal(shrink(""), "trace");
    stays("declined\n\tat shop.Pay.run(Pay.java:11)\n\tat shop.Main.main(Main.java:1)\n");
    stays("declined\n\tat shop.pay.Run.run(Pay.java:10)\n");
    stays("shop.PaymentError: timed out\n");
    size_t n = 0, at = 0; /* each crash is counted by its message */
    while ((at = hr_str_find(hr_buf_view(&kept), HR_STR("shop.PaymentError: "), at)) != SIZE_MAX)
        n += at++ < kept.len;
    assert_int_equal(n, 9);
}

static void merged_findings_that_differ_in_a_place(void **state)
{
    (void)state;
    add("src/a.c:%d:5: warning: unused variable 'x' [-Wunused]\n   12 | int x;\n      |     ^\n", 100, 160);
    hr_buf_puts(
        &text,
        "src/a.c:100:6: warning: unused variable 'x' [-Wunused]\nsrc/b.c:100:5: warning: unused variable 'x' "
        "[-Wunused]\n");
    assert_string_equal(shrink(""), "test");
    for (int i = 100; i < 160; i++) {
        char fact[80];
        snprintf(fact, sizeof fact, "src/a.c:%d:5: warning: unused variable 'x' [-Wunused]\n", i);
        stays(fact);
    }
    stays("src/a.c:100:6: warning");
    stays("src/b.c:100:5: warning");
}

/* Lines of a linter were taken for a log, by "10:15" in "a.py:10:15:", and most were left out. */
static void places_taken_for_times(void **state)
{
    (void)state;
    add("a.py:%d:15: E501 line too long (120 > 79 characters)\n", 10, 90);
    assert_string_equal(shrink(""), "test");
    assert_int_equal(note.of, 0); /* nothing is left out */
    assert_true(hr_str_eq(hr_buf_view(&kept), hr_buf_view(&text)));
}

/* Gaps in the output were not marked, or only with the number of errors in them. */
static void gaps_not_marked(void **state)
{
    (void)state;
    hr_buf_puts(&text, "a\nb\nc\n");
    add("test adds_%d ... ok\n", 0, 40);
    hr_buf_puts(&text, "plain words\n");
    add("test adds_%d ... ok\n", 40, 80);
    hr_buf_puts(&text, "x\ny\n");
    shrink("");
    assert_int_equal(note.of, 86);
    assert_int_equal(note.omitted, 79);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(note.kept[i], i);
    assert_int_equal(note.kept[4], 43); /* between the two gaps */
    assert_int_equal(note.kept[5], 84);
}

/* ------------------------------------------------------------------ search results */
/* Lines that did not parse vanished: headers, binary files, counts. */
static void unparsed_lines_dropped(void **state)
{
    (void)state;
    hr_buf_puts(&text, "Found 300 matches\n");
    add("src/net/a%d.c:12:    return call(x);\nsrc/net/a%d.c:14:    return call(x);\nsrc/net/a%d.c:19:    "
        "return call(x);\n",
        0, 50);
    hr_buf_puts(&text, "Binary file src/a.o matches\ngrep: src/secret: Permission denied\n");
    add("src/fs/b%d.c:12:    return call(x);\nsrc/fs/b%d.c:14:    return call(x);\nsrc/fs/b%d.c:19:    "
        "return call(x);\n",
        0, 50);
    hr_buf_puts(&text, "(results are truncated at 300)\n");
    assert_string_equal(shrink("call"), "search");
    stays("Found 300 matches\n");
    stays("Binary file src/a.o matches\ngrep: src/secret: Permission denied\n");
    stays("(results are truncated at 300)\n");
}

/* Of results under headings, the headings were lost, and with them the paths of all lines below. */
static void lost_header_lines(void **state)
{
    (void)state;
    for (int f = 0; f < 40; f++) {
        add("src/net/file_%d.c\n", f, f + 1);
        add("%d:    return call(x);\n", 10, 11);
        add("%d:    return call(x);\n", 20, 21);
        add("%d:    return call(x);\n", 30, 31);
        add("%d:    return call(x);\n", 40, 41);
        hr_buf_puts(&text, "\n");
    }
    assert_string_equal(shrink(""), "search");
    for (int f = 0; f < 40; f++) {
        char fact[60];
        snprintf(fact, sizeof fact, "src/net/file_%d.c\n10:    return", f);
        stays(fact);
    }
    assert_true(note.omitted >= 40);
}

/* A file that is shown with its numbers is no search result: its reader needs each line. */
static void a_file_with_numbers_taken_for_a_search(void **state)
{
    (void)state;
    hr_buf_puts(&text, "src/a.c\n");
    add("%d:    call(x);\n", 1, 100);
    const hr_transform_in in = {.text = hr_buf_view(&text),
                                .query = hr_query_new(arena, HR_STR("")),
                                .allow_lossy = true,
                                .max_items = 15,
                                .id = ID};
    hr_transform_out out = {0};
    int r = hr_transform(arena, &in, &out);
    assert_true(r == 0 || (r == 1 && out.lossless));
}

/* ------------------------------------------------------------------ pages */
/* A table's cells moved below other headings where a cell spans two columns or rows; a response's head vanished. */
static void cells_below_other_headings(void **state)
{
    (void)state;
    hr_buf_puts(&text, "HTTP/1.1 200 OK\nx-request-id: 9c21\n\n<!DOCTYPE html><html><head><style>");
    add(".a%d{color:red}", 0, 60);
    hr_buf_puts(&text, "</style></head><body><p>The quick brown fox jumps over the lazy dog, and the dog, "
                       "which has seen this done "
                       "before by other foxes of the parish, does not so much as lift an ear.</p><table>"
                       "<tr><th colspan=2>Plan<th>Price<tr><td "
                       "rowspan=2>Pro<td>year<td>90<tr><td>month<td>9</table></body></html>");
    shrink("");
    stays("HTTP/1.1 200 OK\nx-request-id: 9c21\n\n");
    stays("Plan | | Price\nPro | year | 90\n| month | 9\n");
}

int main(void)
{
#define CLASS(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        CLASS(gutted_failing_test),
        CLASS(failing_test_told_as_json_lines),
        CLASS(false_zero_errors),
        CLASS(name_of_an_error_taken_for_one),
        CLASS(merged_crashes_that_differ_in_a_path_or_a_digit),
        CLASS(merged_findings_that_differ_in_a_place),
        CLASS(places_taken_for_times),
        CLASS(gaps_not_marked),
        CLASS(unparsed_lines_dropped),
        CLASS(lost_header_lines),
        CLASS(a_file_with_numbers_taken_for_a_search),
        CLASS(cells_below_other_headings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
