/* test_form_search.c - claims of search results under their paths (core/transform/form.h): read back byte for byte, whatever stands in the text. */
#include "form_rig.h"

#include <stdlib.h>

#define HEAD                                                                                                 \
    "[headroom search: a path, or a name in the directory of the path before; then its lines as "            \
    "NUMBER text, NUMBER-context, NUMBER\" (same text as before)]\n"

static void expect_form(const char *text, const char *body)
{
    expect_encoded(HR_FORM_SEARCH, HEAD, text, body, NULL);
}

static void expect_none(const char *text)
{
    expect_not_encoded(HR_FORM_SEARCH, text);
}

#define D "src/a/rather/long/path/to/the/modules/of/a/program"
#define E "src/another/rather-long/path/of-1-3/that/goes/deep/into/the/tree"
#define A D "/parser.c"
#define B E "/lexer.c"

static void matches_stand_below_their_path(void **state)
{
    (void)state;
    expect_form(A ":12:int x;\n" A ":13:\tint y;\n" A ":140: \n" B ":7:y\n" B ":8:\n",
                A "\n12 int x;\n13\tint y;\n140  \n" B "\n7 y\n8 \n");
    /* the last line without its end */
    expect_form(A ":1:a\n" A ":2:b\n" A ":3:c\n" A ":4:d\n" A ":5:e", A "\n1 a\n2 b\n3 c\n4 d\n5 e");
}

static void columns_stay_beside_their_numbers(void **state)
{
    (void)state;
    expect_form(A ":1:5:a\n" A ":2:17:\tb\n" A ":3:8:\n" A ":4:1234567890:d\n" A ":5:6-f\n",
                A "\n1:5 a\n2:17\tb\n3:8 \n4 1234567890:d\n5 6-f\n");
}

static void context_lines_go_to_the_file_of_their_match(void **state)
{
    (void)state;
    expect_form(B "-6-before\n" B ":7:y\n" B "-8-after\n--\n" B "-90-\n" B ":91:z\n" A "-1-x\n" A ":2:y\n",
                B "\n6-before\n7 y\n8-after\n--\n90-\n91 z\n" A "\n1-x\n2 y\n");
}

static void files_of_one_directory_share_it(void **state)
{
    (void)state;
    expect_form(D "/a.c:1:a\n" D "/b.c:2:b\n" D "/sub/c.c:3:c\n" D "/sub/d.c:4:d\n" D "/e.c:5:e\n" D
                  "/e.c:6:f\n",
                D "/a.c\n1 a\nb.c\n2 b\n" D "/sub/c.c\n3 c\nd.c\n4 d\n" D "/e.c\n5 e\n6 f\n");
    expect_form("Makefile:1:a\nREADME:1:b\n" A ":2:c\n" A ":3:d\n" A ":4:e\n" A ":5:f\nx.c:6:g\ny.c:7:h\n",
                "Makefile\n1 a\nREADME\n1 b\n" A "\n2 c\n3 d\n4 e\n5 f\n./x.c\n6 g\ny.c\n7 h\n");
    /* grep -r . */
    expect_form("./x.c:1:a\n./y.c:1:b\n./" A ":2:c\n./" A ":3:d\n./" A ":4:e\n./" A ":5:f\n./z.c:6:g\n",
                "./x.c\n1 a\ny.c\n1 b\n./" A "\n2 c\n3 d\n4 e\n5 f\n./z.c\n6 g\n");
    /* ./x.c and x.c in one text could not be told apart */
    expect_none(A ":1:a\n" A ":2:b\n" A ":3:c\n" A ":4:d\n./x.c:5:e\n");
    expect_none("./" A ":1:a\n./" A ":2:b\n./" A ":3:c\n./" A ":4:d\nx.c:5:e\n");
}

static void the_same_text_is_said_once(void **state)
{
    (void)state;
    expect_form(A ":1:    return NULL;\n" A ":9:    return NULL;\n" A ":12:}\n" A ":13:}\n" B ":1:x();\n" B
                  ":2:8:  goto out;\n" B ":3:8:  goto out;\n",
                A "\n1     return NULL;\n9\"\n12 }\n13 }\n" B "\n1 x();\n2:8   goto out;\n3\"\n");
}

static void pinned_lines_keep_their_text_and_the_whole_path(void **state)
{
    (void)state;
    static const bool pinned[6] = {[2] = true, [5] = true};
    hr_buf b = {0};
    const char *text = D "/a.c:1:return NULL;\n" D "/b.c:2:return NULL;\n" D "/b.c:3:return NULL;\n" D
                         "/c.c:4:x\n" A ":5:return NULL;\n" A ":6:return NULL;\n";
    assert_int_equal(hr_form_encode(&b, HR_FORM_SEARCH, view(text), pinned, &(hr_watch){0}), 1);
    const char *body = D "/a.c\n1 return NULL;\n" D "/b.c\n2\"\n3 return NULL;\nc.c\n4 x\n" A
                         "\n5 return NULL;\n6 return NULL;\n";
    assert_int_equal(b.len, strlen(HEAD) + strlen(body));
    assert_memory_equal(b.data + strlen(HEAD), body, strlen(body));
    expect_back(hr_buf_view(&b), view(text));
    hr_buf_free(&b);
}

/* Of a file whose name stood alone above lines that were written already. */
static void a_pinned_line_further_down_brings_the_whole_path(void **state)
{
    (void)state;
    static const bool match[7] = {[4] = true}, other[7] = {[5] = true};
    const char *text = D "/a.c:1:return NULL;\n" D "/b.c:2:int x;\n" D "/b.c:3:int y;\n" D "/b.c:4:\tz\n" D
                         "/b.c:5:u\nBinary file matches\n" D "/c.c:6:v\n";
    const char *body = D "/a.c\n1 return NULL;\n" D "/b.c\n2 int x;\n3 int y;\n4\tz\n5 u\n"
                         "Binary file matches\nc.c\n6 v\n";
    const bool *const pinned[] = {match, other};
    for (size_t i = 0; i < 2; i++) {
        hr_buf b = {0};
        assert_int_equal(hr_form_encode(&b, HR_FORM_SEARCH, view(text), pinned[i], &(hr_watch){0}), 1);
        assert_int_equal(b.len, strlen(HEAD) + strlen(body));
        assert_memory_equal(b.data + strlen(HEAD), body, strlen(body));
        expect_back(hr_buf_view(&b), view(text));
        hr_buf_free(&b);
    }
}

static void a_form_is_written_up_to_a_bound(void **state)
{
    (void)state;
    const char *text = A ":1:return NULL;\n" A ":2:return NULL;\n" A ":3:x\n" B ":4:y\n" B ":5:z\n";
    hr_buf whole = {0}, b = {0};
    assert_int_equal(hr_form_encode(&whole, HR_FORM_SEARCH, view(text), NULL, &(hr_watch){0}), 1);
    for (size_t most = 0; most < whole.len + 9; most++) {
        const int r = hr_form_write(&b, HR_FORM_SEARCH, view(text), NULL, most, &(hr_watch){0});
        assert_int_equal(r, most == 0 || most >= whole.len);
        assert_int_equal(b.len, r ? whole.len : 0);
        assert_int_equal(b.err, 0);
        assert_true(!r || memcmp(b.data, whole.data, whole.len) == 0);
        assert_true(!r || hr_form_reads_back(HR_FORM_SEARCH, hr_buf_view(&b), view(text)) == 1);
        hr_buf_free(&b);
    }
    hr_buf_free(&whole);
}

static void matches_without_numbers_stand_below_their_path_too(void **state)
{
    (void)state;
    expect_form(A ":int x;\n" A ":\tint y;\n" A ":\n" A ":7 apples\n" B ":one alone\n" B ":and one\n" D
                  "/c.c:single\n",
                A "\n int x;\n\tint y;\n \n 7 apples\n" B "\n one alone\n and one\n" D "/c.c:single\n");
}

static void other_lines_stay_where_they_are(void **state)
{
    (void)state;
    expect_form("Found 5 matches\n" A ":1:a\n" A ":2:b\n" A ":3:c\n\n" B ":4:d\n" B
                ":5:e\nBinary file x matches\n",
                "Found 5 matches\n" A "\n1 a\n2 b\n3 c\n\n" B "\n4 d\n5 e\nBinary file x matches\n");
}

static void lines_that_would_be_misread_are_escaped(void **state)
{
    (void)state;
    expect_form(A ":1:a\n12:4 no path\n" A ":2:b\nplain before\n" A ":3:c\n\\begin\n" A ":4:d\n indented\n" A
                  ":5:e\n" A ":6:f\n" A ":7:g\n7-x\n8\"\n" A ":8:h\n" A ":9:i\n",
                A "\n1 a\n\\12:4 no path\n2 b\n\\plain before\n3 c\n\\\\begin\n4 d\n\\ indented\n5 e\n6 f\n7 "
                  "g\n\\7-x\n\\8\"\n8 h\n9 i\n");
}

static void what_is_no_search_result_is_left_alone(void **state)
{
    (void)state;
    expect_none("");
    expect_none(
        "2026-11-21 10:11:12 INFO started\n2026-11-21 10:11:13 INFO ready\n2026-11-21 10:11:14 INFO done\n"
        "2026-11-21 10:11:15 INFO done\n2026-11-21 10:11:16 INFO done\n");
    /* as ripgrep shows them to people */
    expect_none(A "\n1:int a;\n2:int b;\n3:int c;\n\n" B
                  "\n4:int d;\n5:int e;\n6:int f;\n7:int g;\n8:int h;\n");
    expect_none(A "::test_a PASSED\n" A "::test_b PASSED\n" A "::test_c PASSED\n" A "::test_d PASSED\n" A
                  "::test_e PASSED\n");
    /* one a file, without a number: nothing tells them from other text with a colon */
    expect_none(D "/a.c:x\n" D "/b.c:x\n" D "/c.c:x\n" D "/d.c:x\n" D "/e.c:x\n" D "/f.c:x\n" D "/g.c:x\n");
    hr_buf log = {0}; /* times are no paths with line numbers */
    for (int i = 0; i < 60; i++)
        hr_buf_puts(&log, "Wed Nov 21 10:11:12 2026 INFO ready\n");
    hr_buf_putc(&log, 0);
    expect_none(log.data);
    log.len = 0;
    for (int i = 0; i < 60; i++)
        hr_buf_puts(&log, "10.0.0.7 - - [10/Oct/2025:06:56:41 +0000] \"GET / HTTP/1.1\" 200\n");
    hr_buf_putc(&log, 0);
    expect_none(log.data);
    hr_buf_free(&log);
    expect_none(A ":1:a\n" A ":2:b\n" A ":3:c\n" A ":4:d\n");                 /* too few */
    expect_none("a:1:b\na:2:b\na:3:b\na:4:b\na:5:b\n");                       /* not shorter with its head */
    expect_none(HEAD A ":1:a\n" A ":2:b\n" A ":3:c\n" A ":4:d\n" A ":5:d\n"); /* begins as ours */
}

static void what_the_encoder_does_not_write_is_not_read(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "[headroom search]\n", HEAD "12 a line without a file\n",
                                      HEAD "src/a.c\n12\"\n", "[headroom log: x]\ny\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hr_buf b = {0};
        assert_int_equal(hr_form_decode(&b, view(bad[i])), 0);
        assert_int_equal(b.len, 0);
        hr_buf_free(&b);
    }
}

/* ------------------------------------------------------------------ any text of such pieces comes back */
static void piece(hr_buf *b)
{
    static const char *const pieces[] = {A,    B,        D "/other.c", "x-1-y.c", "C:\\dir\\f.c", ":",
                                         "-",  ":12:",   "-13-",       "--",      "\n",           "\n",
                                         "\\", " text ", "./x.c:3:",   "12\"",    "12:9 ",        "\r\n",
                                         "7",  "",       "[headroom "};
    hr_buf_puts(b, pieces[draw(sizeof pieces / sizeof *pieces)]);
}

static void hit(hr_buf *b)
{
    static const char *const paths[] = {A, A, B, D "/other.c", "./x.c", "./a/y.c", "x-1-y.c", "C:\\dir\\f.c"};
    const char mark = draw(3) ? ':' : '-';
    hr_buf_puts(b, paths[draw(draw(4) ? 4 : 8)]);
    hr_buf_putc(b, mark);
    if (draw(6)) {
        hr_buf_u64(b, draw(3000));
        hr_buf_putc(b, mark);
    }
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
        bool pinned[200]; /* more than the lines of 34 pieces and hits */
        for (size_t k = 0; k < sizeof pinned; k++)
            pinned[k] = draw(8) == 0;
        int r = hr_form_encode(&form, HR_FORM_SEARCH, hr_buf_view(&text), draw(2) ? pinned : NULL,
                               &(hr_watch){0});
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
    expect_missing_memory_is_told(HR_FORM_SEARCH, text, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_stand_below_their_path),
        cmocka_unit_test(context_lines_go_to_the_file_of_their_match),
        cmocka_unit_test(columns_stay_beside_their_numbers),
        cmocka_unit_test(files_of_one_directory_share_it),
        cmocka_unit_test(the_same_text_is_said_once),
        cmocka_unit_test(pinned_lines_keep_their_text_and_the_whole_path),
        cmocka_unit_test(a_pinned_line_further_down_brings_the_whole_path),
        cmocka_unit_test(a_form_is_written_up_to_a_bound),
        cmocka_unit_test(matches_without_numbers_stand_below_their_path_too),
        cmocka_unit_test(other_lines_stay_where_they_are),
        cmocka_unit_test(lines_that_would_be_misread_are_escaped),
        cmocka_unit_test(what_is_no_search_result_is_left_alone),
        cmocka_unit_test(what_the_encoder_does_not_write_is_not_read),
        cmocka_unit_test(every_text_comes_back),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
