/* test_form_search.c - claims of search results under their paths (core/transform/form.h): read back byte for byte, whatever stands in the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/form.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "[headroom search: a path, then its lines as NUMBER:text (NUMBER-text: context)]\n"

static hr_str view(const char *z)
{
    return hr_str_make(z, strlen(z));
}

static void expect_back(hr_str form, hr_str text)
{
    hr_buf b = {0};
    assert_int_equal(hr_form_decode(&b, form), 1);
    assert_int_equal(b.len, text.n);
    assert_memory_equal(b.data, text.p, text.n);
    hr_buf_free(&b);
}

/* 1 and the form that is expected, without its head. */
static void expect_form(const char *text, const char *body)
{
    hr_buf b = {0};
    assert_int_equal(hr_form_encode(&b, HR_FORM_SEARCH, view(text), NULL), 1);
    assert_true(b.len == strlen(HEAD) + strlen(body));
    assert_memory_equal(b.data, HEAD, strlen(HEAD));
    assert_memory_equal(b.data + strlen(HEAD), body, strlen(body));
    expect_back(hr_buf_view(&b), view(text));
    hr_buf_free(&b);
}

static void expect_none(const char *text)
{
    hr_buf b = {0};
    assert_int_equal(hr_form_encode(&b, HR_FORM_SEARCH, view(text), NULL), 0);
    assert_int_equal(b.len, 0);
    hr_buf_free(&b);
}

#define A "src/a/rather/long/path/to/parser.c"
#define B "src/another/rather-long/path/of-1-3/lexer.c"

static void matches_stand_below_their_path(void **state)
{
    (void)state;
    expect_form(A ":12:int x;\n" A ":13:\tint y;\n" A ":140: \n" B ":7:y\n" B ":9:8:column\n",
                A "\n12:int x;\n13:\tint y;\n140: \n" B "\n7:y\n9:8:column\n");
    /* the last line without its end */
    expect_form(A ":1:a\n" A ":2:b\n" A ":3:c\n" A ":4:d\n" A ":5:e", A "\n1:a\n2:b\n3:c\n4:d\n5:e");
}

static void context_lines_go_to_the_file_of_their_match(void **state)
{
    (void)state;
    expect_form(B "-6-before\n" B ":7:y\n" B "-8-after\n--\n" B "-90-\n" B ":91:z\n" A "-1-x\n" A ":2:y\n",
                B "\n6-before\n7:y\n8-after\n--\n90-\n91:z\n" A "\n1-x\n2:y\n");
}

static void other_lines_stay_where_they_are(void **state)
{
    (void)state;
    expect_form("Found 5 matches\n" A ":1:a\n" A ":2:b\n" A ":3:c\n\n" B ":4:d\n" B
                ":5:e\nBinary file x matches\n",
                "Found 5 matches\n" A "\n1:a\n2:b\n3:c\n\n" B "\n4:d\n5:e\nBinary file x matches\n");
}

static void lines_that_would_be_misread_are_escaped(void **state)
{
    (void)state;
    expect_form(A ":1:a\n12:no path\n" A ":2:b\nplain before\n" A ":3:c\n\\begin\n" A ":4:d\n" A ":5:e\n" A
                  ":6:f\n" A ":7:g\n7-x\n",
                A "\n1:a\n\\12:no path\n2:b\n\\plain before\n3:c\n\\\\begin\n4:d\n5:e\n6:f\n7:g\n\\7-x\n");
}

static void what_is_no_search_result_is_left_alone(void **state)
{
    (void)state;
    expect_none("");
    expect_none(
        "2026-11-21 10:11:12 INFO started\n2026-11-21 10:11:13 INFO ready\n2026-11-21 10:11:14 INFO done\n"
        "2026-11-21 10:11:15 INFO done\n2026-11-21 10:11:16 INFO done\n");
    expect_none(A ":1:a\n" A ":2:b\n" A ":3:c\n" A ":4:d\n");                 /* too few */
    expect_none("a:1:b\na:2:b\na:3:b\na:4:b\na:5:b\n");                       /* not shorter with its head */
    expect_none(HEAD A ":1:a\n" A ":2:b\n" A ":3:c\n" A ":4:d\n" A ":5:d\n"); /* begins as ours */
}

static void what_the_encoder_does_not_write_is_not_read(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "[headroom search]\n", HEAD "12:a line without a file\n",
                                      "[headroom log: x]\ny\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hr_buf b = {0};
        assert_int_equal(hr_form_decode(&b, view(bad[i])), 0);
        assert_int_equal(b.len, 0);
        hr_buf_free(&b);
    }
}

/* ------------------------------------------------------------------ any text of such pieces comes back */
static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static void piece(hr_buf *b)
{
    static const char *const pieces[] = {
        A,    B,    "x-1-y.c", "C:\\dir\\f.c", ":",    "-", ":12:", "-13-",      "--",
        "\n", "\n", "\\",      " text ",       "\r\n", "7", "",     "[headroom "};
    hr_buf_puts(b, pieces[draw(sizeof pieces / sizeof *pieces)]);
}

static void hit(hr_buf *b)
{
    static const char *const paths[] = {A, B, "x-1-y.c", "C:\\dir\\f.c"};
    const char mark = draw(3) ? ':' : '-';
    hr_buf_puts(b, paths[draw(4)]);
    hr_buf_putc(b, mark);
    hr_buf_u64(b, draw(3000));
    hr_buf_putc(b, mark);
    for (uint32_t n = draw(4); n > 0; n--)
        hr_buf_puts(b, draw(2) ? "int f(void);" : " a:1:b-2-c");
    hr_buf_putc(b, '\n');
}

static void every_text_comes_back(void **state)
{
    (void)state;
    size_t encoded = 0;
    for (int i = 0; i < 20000; i++) {
        hr_buf text = {0}, form = {0};
        for (uint32_t n = 5 + draw(30); n > 0; n--) {
            if (draw(8))
                hit(&text);
            else
                piece(&text);
        }
        int r = hr_form_encode(&form, HR_FORM_SEARCH, hr_buf_view(&text), NULL);
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

static void missing_memory_is_told(void **state)
{
    (void)state;
    const char *text = A ":1:a\n" A ":2:b\n" A ":3:c\n" A ":4:d\n" A ":5:e\n";
    int r = HR_ENOMEM;
    for (long n = 1; r != 1; n++) {
        hr_buf b = {0};
        assert_true(n < 100);
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        r = hr_form_encode(&b, HR_FORM_SEARCH, view(text), NULL);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 1 || r == HR_ENOMEM || r == 0);
        hr_buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_stand_below_their_path),
        cmocka_unit_test(context_lines_go_to_the_file_of_their_match),
        cmocka_unit_test(other_lines_stay_where_they_are),
        cmocka_unit_test(lines_that_would_be_misread_are_escaped),
        cmocka_unit_test(what_is_no_search_result_is_left_alone),
        cmocka_unit_test(what_the_encoder_does_not_write_is_not_read),
        cmocka_unit_test(every_text_comes_back),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
