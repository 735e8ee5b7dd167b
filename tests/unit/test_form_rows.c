/* test_form_rows.c - claims of lines as rows of what varies (core/transform/form_rows.c, patterns.h): read back byte for byte. */
#include "form_rig.h"

#include "transform/patterns.h"

#include <stdlib.h>

#define HEAD                                                                                                 \
    "[headroom rows: '#N line' is a line of pattern N, in which the words behind % vary; 'N a b' the same "  \
    "line"                                                                                                   \
    " with a, b there; \" = as before, ~x = as before with x at its end, N*K = K times as before]\n"

static void expect_form(const char *text, const char *body, const bool *pinned)
{
    expect_encoded(HR_FORM_ROWS, HEAD, text, body, pinned);
}

/* A body that the decoder reads, and what it stands for. */
static void expect_decoded(const char *body, const char *text)
{
    expect_decoded_below(HEAD, body, text);
}

static void expect_refused(const char *body)
{
    expect_refused_below(HEAD, body);
}

#define LONG                                                                                                 \
    "/a/path/that/does/not/change/from/one/line/to/the/next/and/is/worth/sparing/twice/or/three/times/over " \
    "until-it-pays-for-the-words-that-must-be-said-before-the-first-row-can-be-read-by-anybody-at-all"

static void what_varies_stands_in_rows(void **state)
{
    (void)state;
    expect_form("2026-11-21T10:11:12 INFO [one] " LONG " 17\n2026-11-21T10:11:13 INFO [two] " LONG " 18\n"
                "2026-11-21T10:12:14 INFO [two] " LONG " 19\n2026-11-21T10:12:14 INFO [one] " LONG " 19\n",
                "#1 %2026-11-21T10:11:12 INFO [%one] " LONG " %17\n1 ~13 two 18\n1 ~12:14 \" 19\n1 \" one\n",
                NULL);
}

static void a_word_before_the_rest_is_compared_with_the_line_above(void **state)
{
    (void)state;
    expect_form("10:00 x " LONG " 1\n10:00 y " LONG " 2\n11:00 x " LONG " 3\n11:00 y " LONG
                " 4\n11:00 y " LONG " 5\n11:00 x " LONG " 6\n11:01 stop\n11:01 x " LONG " 7",
                "#1 %10:00 %x " LONG
                " %1\n1 \" y 2\n1 11:00 x 3\n1 \" y 4\n1 \" \" 5\n1 \" x 6\n\\11:01 stop\n1 \" \" 7",
                NULL);
}

static void lines_again_are_counted(void **state)
{
    (void)state;
    expect_form(LONG " " LONG "\n" LONG " " LONG "\n" LONG " " LONG "\n" LONG " " LONG "\n" LONG " " LONG
                     "\n",
                "#1 " LONG " " LONG "\n1*4\n", NULL);
}

static void pinned_lines_stay(void **state)
{
    (void)state;
    const bool pinned[8] = {true, false, false, true, false, false};
    expect_form(LONG " 1\n" LONG " 2\n" LONG " 3\n" LONG " 4\n" LONG " 5\n" LONG " 6\n" LONG " 7\n" LONG
                     " 8\n",
                LONG " 1\n#1 " LONG " %2\n1 3\n" LONG " 4\n1 5\n1 6\n1 7\n1 8\n", pinned);
}

static void marks_in_the_text_are_not_marks(void **state)
{
    (void)state;
    expect_form("50% %x ~a " LONG "\n50% %x ~b " LONG "\n50% %y ~c " LONG "\n#7 #\n\\ \n50% %y ~c " LONG "\n",
                "#1 50% %%x %~a " LONG "\n1 \" ~~b\n1 %y ~~c\n\\#7 #\n\\\\ \n1\n", NULL);
}

static void what_is_no_record_is_left_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", "one line", "a b\nc d\n",
                                        "to be or\nnot to be\nthat is the\nquestion\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hr_buf b = {0};
        assert_int_equal(hr_form_encode(&b, HR_FORM_ROWS, view(texts[i]), NULL, &(hr_watch){0}), 0);
        assert_int_equal(b.len, 0);
        hr_buf_free(&b);
    }
}

static void a_reader_takes_what_a_writer_could_have_meant(void **state)
{
    (void)state;
    expect_decoded("", "");
    expect_decoded("\nx\n", "\nx\n");
    expect_decoded("x\n\\\\\n\\1\n", "x\n\\\n1\n");
    expect_decoded("#1 a %b c\n1\n1*2\n1 x\n1 ~y\n1 ~~\n1 ~~~a\n",
                   "a b c\na b c\na b c\na b c\na x c\na y c\na ~ c\na ~~a c\n");
    expect_decoded("#1 %a %b\nz\n1 \" c", "a b\nz\nz c");
}

static void what_no_writer_writes_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1 a\n",
        "#2 a %b\n",
        "#1\n",
        "#1 \n",
        "#0 a\n",
        "#1 a %\n",
        "#1 a\n1 b\n",
        "#1 a %b\n1 c d\n",
        "#1 %b\n2\n",
        "#1 %b\n01 c\n",
        "#1 %b\n1*1\n",
        "#1 %b\n1*\n",
        "#1 %b\n1*x\n",
        "#1 %b\n1  \n",
        "#1 %b\n1 \n",
        "#1 %b\n1 ~\n",
        "#1 %b\n1 ~cd\n",
        "#1 %b\n1x\n",
        "#1 %b\n12345678 c\n",
        "##\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused(bad[i]);
}

static void the_reader_stops_at_the_buffers_end(void **state)
{
    (void)state;
    hr_buf b = {.max = 1000};
    assert_int_equal(hr_form_decode(&b, view(HEAD "#1 abcdef\n1*9999999\n")), HR_ENOMEM);
    hr_buf_free(&b);
}

/* ------------------------------------------------------------------ any text of such pieces comes back */
static void word(hr_buf *b)
{
    static const char *const words[] = {"%", "~", "~~", "%x",       "\"", "#1", "\\", "1",
                                        "0", "a", "ab", "\xc3\xa4", "\r", "*",  "1*2"};
    if (draw(3)) {
        hr_buf_u64(b, draw(draw(2) ? 10 : 100000));
    } else {
        hr_buf_puts(b, words[draw(sizeof words / sizeof *words)]);
    }
}

static void make_text(hr_buf *b)
{
    static const char *const lines[] = {"started worker * on port * of host *",
                                        "* INFO [*] GET /v1/* took=*ms",
                                        "*",
                                        "%* #* ~*",
                                        "a * b * c *",
                                        "",
                                        " ",
                                        "#1 *",
                                        "1 *",
                                        "\\*"};
    for (uint32_t n = 1 + draw(100); n > 0; n--) {
        const char *line = lines[draw(draw(6) ? 2 : sizeof lines / sizeof *lines)];
        for (; *line; line++) {
            if (*line == '*')
                word(b);
            else
                hr_buf_putc(b, *line);
        }
        for (uint32_t k = draw(9) ? 1 : draw(4); k > 0; k--)
            hr_buf_putc(b, '\n');
    }
}

static void every_text_comes_back(void **state)
{
    (void)state;
    size_t encoded = 0;
    for (int i = 0; i < 20000; i++) {
        hr_buf text = {0}, form = {0};
        bool pinned[256];
        for (size_t k = 0; k < sizeof pinned; k++)
            pinned[k] = draw(10) == 0;
        make_text(&text);
        int r =
            hr_form_encode(&form, HR_FORM_ROWS, hr_buf_view(&text), draw(2) ? pinned : NULL, &(hr_watch){0});
        assert_true(r == 0 || r == 1);
        if (r == 1) {
            encoded++;
            assert_true(form.len < text.len);
            expect_back(hr_buf_view(&form), hr_buf_view(&text));
        }
        hr_buf_free(&text);
        hr_buf_free(&form);
    }
    assert_true(encoded > 5000);
}

static void the_reader_takes_any_bytes(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        hr_buf form = {0}, text = {0}, b = {.max = 100000};
        hr_buf_puts(&form, HEAD);
        make_text(&text);
        hr_buf_str(&form, hr_buf_view(&text));
        int r = hr_form_decode(&b, hr_buf_view(&form));
        assert_true(r == 0 || r == 1 || r == HR_ENOMEM);
        hr_buf_free(&b);
        hr_buf_free(&form);
        hr_buf_free(&text);
    }
}

/* What reads back is only used then: that the encoder never fails to be read is a claim of its own. */
static void the_encoder_is_never_found_wrong(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_watch watch = {0};
    hr_patterns p;
    assert_non_null(a);
    assert_int_equal(hr_patterns_find(&p, a, view("x 1 y\nx 2 y\n\nx 3 z\nalone\n"), NULL, &watch), 0);
    assert_int_equal(p.lines, 5);
    assert_int_equal(p.of_line[0], p.of_line[1]);
    assert_int_equal(p.of_line[2], HR_PATTERN_NONE);
    assert_int_equal(p.list[p.of_line[0]].varies & 2, 2);
    hr_arena_free(a);
}

static void late(enum hr_form form, const char *line)
{
    hr_buf text = {0}, b = {0};
    for (unsigned i = 0; i < 20000; i++) {
        hr_buf_puts(&text, line);
        hr_buf_u64(&text, i);
        hr_buf_putc(&text, '\n');
    }
    assert_int_equal(hr_form_encode(&b, form, hr_buf_view(&text), NULL, &(hr_watch){0}), 1);
    b.len = 0;
    assert_int_equal(hr_form_encode(&b, form, hr_buf_view(&text), NULL, &(hr_watch){.deadline_cpu_us = 1}),
                     HR_ETIME);
    hr_buf_free(&text);
    hr_buf_free(&b);
}

static void a_deadline_that_has_passed_ends_the_work(void **state)
{
    (void)state;
    late(HR_FORM_ROWS, LONG " ");
    late(HR_FORM_SEARCH, "src/some/where/a.c:17:int x");
    late(HR_FORM_PATHS, "src/some/where/file");
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    const char *text = LONG " 0\n" LONG " 1\n" LONG " 2\n" LONG " 3\n" LONG " 4\n" LONG " 5\n";
    expect_missing_memory_is_told(HR_FORM_ROWS, text, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_varies_stands_in_rows),
        cmocka_unit_test(a_word_before_the_rest_is_compared_with_the_line_above),
        cmocka_unit_test(lines_again_are_counted),
        cmocka_unit_test(pinned_lines_stay),
        cmocka_unit_test(marks_in_the_text_are_not_marks),
        cmocka_unit_test(what_is_no_record_is_left_alone),
        cmocka_unit_test(a_reader_takes_what_a_writer_could_have_meant),
        cmocka_unit_test(what_no_writer_writes_is_refused),
        cmocka_unit_test(the_reader_stops_at_the_buffers_end),
        cmocka_unit_test(every_text_comes_back),
        cmocka_unit_test(the_reader_takes_any_bytes),
        cmocka_unit_test(the_encoder_is_never_found_wrong),
        cmocka_unit_test(a_deadline_that_has_passed_ends_the_work),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
