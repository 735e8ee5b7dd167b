/* test_terminal.c - claims of core/transform/terminal.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/terminal.h"
#include "transform/transform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hr_terminal_counts counts;

static int show(hr_buf *b, const char *text, size_t n)
{
    hr_watch watch = {0};
    char *exact = malloc(n ? n : 1); /* the sanitizer sees a byte read behind the end */
    memcpy(exact, text, n);
    int r = hr_terminal_show(b, hr_str_make(exact, n), &counts, &watch);
    free(exact);
    return r;
}

static void shows(const char *text, const char *seen)
{
    hr_buf b = {0};
    int r = show(&b, text, strlen(text));
    if (r != (seen != NULL) || (seen && !hr_str_is(hr_buf_view(&b), seen)))
        fail_msg("%d: '%.*s' of: %s", r, (int)b.len, b.data ? b.data : "", text);
    hr_buf_free(&b);
}

static void codes_that_move_nothing_are_gone(void **state)
{
    (void)state;
    shows("\x1b[1;32mok\x1b[0m 12 passed\n", "ok 12 passed\n");
    assert_int_equal(counts.codes, 2);
    assert_int_equal(counts.states, 0);
    shows("\x1b[38;2;1;2;3ma\x1b[m\x1b[?25lb\x1b[?25h", "ab");
    shows("\x1b]0;title\x07"
          "a\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\ b\x07",
          "alink b");
    shows("\x1b(Ba\x1b[4:3mb\x1b=", "ab");
    shows("gr\xc3\xbc\xc3\x9f \x1b[1m\xe2\x9c\x93\x1b[0m \xf0\x9f\x98\x80\n",
          "gr\xc3\xbc\xc3\x9f \xe2\x9c\x93 \xf0\x9f\x98\x80\n");
    shows("a\x1b[3", "a"); /* cut off */
    shows("a\tb\x1b[0m\tc\r\nd\r\n", "a\tb\tc\nd\n");
}

static void of_a_bar_the_last_state_is_left(void **state)
{
    (void)state;
    shows("Fetching  10%\rFetching  50%\rFetching 100%\ndone\n", "Fetching 100%\ndone\n");
    assert_int_equal(counts.states, 2);
    shows("[=>   ] 1/5\r[===> ] 3/5\r[====>] 5/5", "[====>] 5/5");
    shows("\xe2\xa0\x8b Installing\r\xe2\xa0\x99 Installing\r\xe2\x9c\x93 Installing\n",
          "\xe2\x9c\x93 Installing\n");
    shows("a 10%\x1b[1G\x1b[2Kb\n", "b\n");
    shows("working\r\x1b[Kdone\n", "done\n");
    shows("\x1b[32m\x1b[K5%\x1b[0K\n", "5%\n");
    shows("5%\b\b6%\n", "6%\n");
    shows("N\bNA\bAM\bME\bE\n", "NAME\n");
    shows("Fetching 1%\r\r\n", NULL); /* nothing was written over it */
}

static void states_that_are_unlike_or_longer_all_stay(void **state)
{
    (void)state;
    shows("\x1b[mone line\ranother thing\n", "one line\nanother thing\n"); /* lines of an old Macintosh */
    shows("\x1b[mtotal 1000\rtotal 5\n", "total 1000\ntotal 5\n");         /* never "total 5000" */
    shows("\x1b[m\xe2\xa0\x8b Installing\r\xe2\x9c\x93\n", "\xe2\xa0\x8b Installing\n\xe2\x9c\x93\n");
}

static void a_state_that_tells_of_an_error_stays(void **state)
{
    (void)state;
    shows("part 1 of 3: ok    \rpart 2 of 3: error \rpart 3 of 3: ok    \n",
          "part 2 of 3: error\npart 3 of 3: ok    \n");
    assert_int_equal(counts.states, 1);
    shows("job failed 10%\rjob failed 20%\n", NULL); /* they are all that there is */
}

static void a_cursor_that_goes_up_writes_to_the_lines_above(void **state)
{
    (void)state;
    shows("a: waiting\nb: waiting\n\x1b[2A\x1b[2Ka: done\n\x1b[2Kb: done\nend\n", "a: done\nb: done\nend\n");
    shows("a: 10%\nb: 10%\n\x1b[2Aa: 20%\nb: 30%\n", "a: 20%\nb: 30%\n");
    shows("a\nb\nc\n\x1b[3A\x1b[Jd\n", "d\n");
    shows("a\nb\n\x1b[1F\x1b[2Kc\n", "a\nc\n");
    shows("a\nb: old and long\n\x1b[1Ashort\n", NULL); /* two states on one line between others */
    shows("a\n\x1b[5Ab\n", NULL);                      /* beyond the first line */
}

static void a_cleared_screen_drops_nothing(void **state)
{
    (void)state;
    shows("first\n\x1b[H\x1b[2Jsecond\n", "first\nsecond\n");
    shows("first\x1b[2Jsecond\x1b"
          "cthird",
          "first\nsecond\nthird");
    shows("\x1b[?1049hin\x1b[?1049lout", "in\nout");
}

static void what_cannot_be_followed_is_left_alone(void **state)
{
    (void)state;
    shows("\x1b[3;7Hx", NULL);
    shows("a\x1b[2Pb", NULL);
    shows("\x1b(0lqqk", NULL);
    shows("a\tb\x1b[2Dc", NULL);                          /* where a tab is, no column is known */
    shows("\xe8\xbf\x9b\xe5\xba\xa6 10%\b\b\b20%", NULL); /* nor where a character takes two columns */
    shows("\x1b]0;no end", NULL);
    shows("\x1b[9999999999Cx", NULL);
    shows("a\x01", NULL);
    shows("plain\ntext\n", NULL);
    shows("dos\r\ntext\r\n", NULL);
    shows("", NULL);
}

static void any_bytes_give_an_answer(void **state)
{
    (void)state;
    static const char bytes[] = "\x1b\x1b[[0123;?mKJABCDFGH\r\n\b\t ab\xc3\xe2\x94\x80\xf0\x07";
    srand(3);
    for (int i = 0; i < 20000; i++) {
        char text[64];
        hr_buf b = {0};
        size_t n = (size_t)rand() % sizeof text;
        for (size_t k = 0; k < n; k++)
            text[k] = bytes[(size_t)rand() % (sizeof bytes - 1)];
        int r = show(&b, text, n);
        assert_true(r == 0 || r == 1);
        for (size_t k = 0; r == 1 && k < b.len; k++)
            assert_true(b.data[k] != '\x1b' && b.data[k] != '\r' && b.data[k] != '\b');
        hr_buf_free(&b);
    }
}

/* ------------------------------------------------------------------ through the router */
static int transform(hr_arena *a, const char *text, bool lossy, hr_transform_out *out)
{
    const hr_transform_in in = {.text = {text, strlen(text)},
                                .query = hr_query_new(a, (hr_str){0}),
                                .allow_lossy = lossy,
                                .max_items = 15,
                                .id = "0123456789abcdef0123"};
    return hr_transform(a, &in, out);
}

static char *coloured_run(void)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    for (int i = 0; i < 60; i++)
        fprintf(f, "tests/test_a.py::test_%d %s\x1b[0m%s\n", i, i == 30 ? "\x1b[31mFAILED" : "\x1b[32mPASSED",
                i == 30 ? "" : " [ 50%]");
    fprintf(f, "E   assert 1 == 2\n=== \x1b[31m1 failed\x1b[0m, \x1b[32m59 passed\x1b[0m in 2.00s ===");
    fclose(f);
    return text;
}

static void what_is_seen_is_selected_from_as_it_would_be_without_colours(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    char *text = coloured_run();
    static const char note[] =
        "\n[_headroom: terminal output as text; 124 codes omitted; id 0123456789abcdef0123]";
    assert_int_equal(transform(a, text, true, &out), 1);
    assert_string_equal(out.transform, "test_lines");
    assert_string_equal(out.kind, "test");
    assert_false(out.lossless);
    assert_int_equal(out.of, 62);
    assert_true(hr_str_find(out.text, HR_STR("tests/test_a.py::test_30 FAILED\n"), 0) != SIZE_MAX);
    assert_true(hr_str_find(out.text, HR_STR("=== 1 failed, 59 passed in 2.00s ==="), 0) != SIZE_MAX);
    assert_true(hr_str_find(out.text, HR_STR("62 lines omitted, the first is 0: "), 0) != SIZE_MAX);
    assert_true(hr_str_ends(out.text, note));
    assert_true(transform(a, text, false, &out) == 0 ||
                out.lossless); /* codes stay where nothing may be lost */
    free(text);
    hr_arena_free(a);
}

static void a_bar_alone_is_told_by_a_note(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    hr_buf text = {0};
    for (int i = 0; i < 100; i++) {
        hr_buf_puts(&text, "\rFetching ");
        hr_buf_u64(&text, 100 + (unsigned)i);
    }
    hr_buf_puts(&text, "\ndone");
    hr_buf_putc(&text, 0);
    assert_int_equal(transform(a, text.data, true, &out), 1);
    assert_string_equal(out.transform, "terminal");
    assert_true(hr_str_is(
        out.text,
        "Fetching 199\ndone\n[_headroom: terminal output as text; 99 overwritten states omitted; id "
        "0123456789abcdef0123]"));
    hr_buf_free(&text);
    hr_arena_free(a);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        hr_buf b = {0};
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        hr_watch watch = {0};
        int r = hr_terminal_show(&b, HR_STR("a 1\na 2\n\x1b[2Ab 1\rb 2\n\x1b[Jc\rc\n"), &counts, &watch);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        hr_buf_free(&b);
        assert_true(r == 1 || r == HR_ENOMEM);
        if (r == 1)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_that_move_nothing_are_gone),
        cmocka_unit_test(of_a_bar_the_last_state_is_left),
        cmocka_unit_test(states_that_are_unlike_or_longer_all_stay),
        cmocka_unit_test(a_state_that_tells_of_an_error_stays),
        cmocka_unit_test(a_cursor_that_goes_up_writes_to_the_lines_above),
        cmocka_unit_test(a_cleared_screen_drops_nothing),
        cmocka_unit_test(what_cannot_be_followed_is_left_alone),
        cmocka_unit_test(any_bytes_give_an_answer),
        cmocka_unit_test(what_is_seen_is_selected_from_as_it_would_be_without_colours),
        cmocka_unit_test(a_bar_alone_is_told_by_a_note),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
