/* test_form_repeats.c - claims of text whose lines, blocks and paths stand again and again (core/transform/form_repeats.c, outline.h): read
   back byte for byte. */
#include "form_rig.h"

#include "transform/outline.h"

static const struct codec repeats = {hr_repeats_encode, hr_repeats_decode};

static void expect_decoded(const char *body, const char *text)
{
    expect_body_decoded(repeats, body, text);
}

static void expect_pinned_body(const char *text, const bool *pinned, const char *body)
{
    expect_body_encoded(repeats, text, pinned, body);
}

static void expect_body(const char *text, const char *body)
{
    expect_pinned_body(text, NULL, body);
}

static void expect_left_alone(const char *text)
{
    expect_body_left_alone(repeats, text);
}

#define FRAMES "  File \"main.py\", line 9, in run_everything_now\n    job.run_with(arguments, timeout=30)\n"
#define LONG   "WARNING: the cache of the index is older than its source\n"

/* ------------------------------------------------------------------ what is said once */
static void a_block_of_lines_is_named_where_it_stands_first(void **state)
{
    (void)state;
    expect_body("Traceback\n" FRAMES "ValueError: 1\nTraceback\n" FRAMES "ValueError: 2\nTraceback\n" FRAMES
                "ValueError: 3",
                "[#1 3]\nTraceback\n" FRAMES "ValueError: 1\n[#1]\nValueError: 2\n[#1]\nValueError: 3");
}

static void lines_in_a_row_are_counted(void **state)
{
    (void)state;
    expect_body("a\n" LONG LONG LONG LONG "b\n" LONG, "a\n[#1 1]\n" LONG "[#1 *3]\nb\n[#1]\n");
    expect_body(FRAMES "x\n" FRAMES "x\n" FRAMES "x\n" FRAMES "x\nend", "[#1 3]\n" FRAMES "x\n[#1 *3]\nend");
}

/* The two lines stand apart in the end: each is a block of its own. */
static void a_block_ends_where_its_lines_part(void **state)
{
    (void)state;
    expect_body(LONG FRAMES LONG FRAMES FRAMES "z", "[#1 1]\n" LONG "[#2 2]\n" FRAMES "[#1]\n[#2 *2]\nz");
}

static void short_lines_stay(void **state)
{
    (void)state;
    expect_left_alone("}\n}\n}\n\n\nok\nok\n}\n");
    expect_left_alone(LONG "once\n");
}

static void beginnings_of_paths_have_names(void **state)
{
    (void)state;
    expect_body("total of /usr/lib/gcc/x86_64-linux-gnu/12/include/a.h\n"
                "4\t/usr/lib/gcc/x86_64-linux-gnu/12/include/float.h\n8\t/usr/lib/gcc/x86_64-linux-gnu/12/"
                "include/iso646.h\n"
                "4\t(/usr/lib/gcc/x86_64-linux-gnu/12/include/limits.h)\n9\t/usr/lib/gcc/x86_64-linux-gnu/12/"
                "include/tgmath.h\n",
                "$1=/usr/lib/gcc/x86_64-linux-gnu/12/include\n"
                "total of /usr/lib/gcc/x86_64-linux-gnu/12/include/a.h\n"
                "4\t$1/float.h\n8\t$1/iso646.h\n4\t($1/limits.h)\n9\t$1/tgmath.h\n");
}

static void what_is_asked_for_stays_whole(void **state)
{
    (void)state;
    const bool pinned[] = {false, false, true, true, false, false, false};
    expect_pinned_body("x\n" LONG LONG
                       "4 /usr/lib/gcc/x86_64-linux-gnu/12/a.h\n4 /usr/lib/gcc/x86_64-linux-gnu/12/b.h\n"
                       "4 /usr/lib/gcc/x86_64-linux-gnu/12/c.h\n4 /usr/lib/gcc/x86_64-linux-gnu/12/d.h",
                       pinned,
                       "$1=/usr/lib/gcc/x86_64-linux-gnu/12\nx\n" LONG LONG
                       "4 /usr/lib/gcc/x86_64-linux-gnu/12/a.h\n4 $1/b.h\n"
                       "4 $1/c.h\n4 $1/d.h");
}

static void text_that_looks_like_a_mark_is_left_alone(void **state)
{
    (void)state;
    expect_left_alone(LONG LONG LONG "[#1]\n");
    expect_left_alone("[#1 2]\n" LONG LONG LONG);
    expect_left_alone("$1=x\n" LONG LONG LONG);
    expect_body("awk '{print $1}'\n" LONG LONG LONG,
                "awk '{print $1}'\n[#1 1]\n" LONG "[#1 *2]\n"); /* and no names */
}

static void ends_of_lines_come_back(void **state)
{
    (void)state;
    expect_body("one two three four five six seven eight\r\n\n\none two three four five six seven "
                "eight\r\n\none two three four "
                "five six seven eight\r",
                "[#1 1]\none two three four five six seven eight\r\n\n\n[#1]\n\n[#1]");
}

/* ------------------------------------------------------------------ the reader */
static void what_no_writer_writes_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"[#1]",
                                      "[#1 2]\na",
                                      "[#2 1]\na",
                                      "[#1 1]\na\n[#2]",
                                      "[#1 0]\na",
                                      "[#1 1]\na\n[#1 *0]",
                                      "[#1 1]\na\n[#",
                                      "[#1 1]\na\n[#1",
                                      "[#1 1]\na\n[#1]x",
                                      "[#1 2]\n[#1]",
                                      "[#01 1]\na",
                                      "[#1 01]\na",
                                      "$1=a\n$3",
                                      "$2=a\nx",
                                      "$1=\nx",
                                      "$1=\n$1",
                                      "$1=a\n$2=$3\nx",
                                      "[#1 2]\na\n[#2 1]\nb",
                                      "[#1  2]\na\nb",
                                      "[#1 1]\na\n[#1 *]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hr_buf b = {.max = 100000};
        if (hr_repeats_decode(&b, view(bad[i])) != 0)
            fail_msg("read: %s", bad[i]);
        hr_buf_free(&b);
    }
    expect_decoded("$1=a\n$2=$1b\n_\n$1 $2 $x $", "_\na ab $x $");
}

static void times_beyond_all_bounds_stop_at_the_buffers_end(void **state)
{
    (void)state;
    hr_buf b = {.max = 1 << 20};
    assert_int_equal(hr_repeats_decode(&b, view("[#1 1]\n" LONG "[#1 *9999999]\n[#1 *9999999]")), HR_ENOMEM);
    hr_buf_free(&b);
}

/* ------------------------------------------------------------------ which texts it is for */
static void sources_and_diffs_are_no_output_of_a_program(void **state)
{
    (void)state;
#define TEN(x) x x x x x x x x x x
    assert_false(hr_outline_output(view(TEN("int f(void)\n{\n    return g(1);\n}\n\n"))));
    assert_false(hr_outline_output(view(TEN("def f(a,\n      b):\n    return [a,\n            b]\n"))));
    assert_false(hr_outline_output(view(TEN("spec:\n  containers:\n  - name: a\n    image: b\n"))));
    assert_false(hr_outline_output(view("@@ -1,9 +1,9 @@\n" TEN(" text\n+text\n"))));
    assert_true(
        hr_outline_output(view(TEN("Traceback (most recent call last):\n" FRAMES "ValueError: 1\n"))));
    assert_true(hr_outline_output(view(TEN("commit 0123\nAuthor: Mia\n\n    Say why\n\n"))));
}

static void a_table_behind_numbers_or_below_a_ruler_is_records_and_numbered_source_is_not(void **state)
{
    (void)state;
    assert_true(hr_outline_records(view(TEN("   12345      4 drwxr-xr-x   2 root root 4096 /usr/share\n"))));
    assert_true(hr_outline_records(view(TEN("    25: 00000000     0 FUNC    GLOBAL DEFAULT  UND malloc\n"))));
    assert_true(hr_outline_records(view(TEN("10:00 ready\n"))));
    assert_true(hr_outline_records(view(" id | owner\n----+-------\n" TEN("  1 | mia\n"))));
    assert_false(hr_outline_records(view(" id | owner\n-----------\n" TEN("    mia\n"))));
    assert_false(hr_outline_records(
        view("     1\tint f(void)\n     2\t{\n     3\t    return 1;\n     4\t}\n     5\t\n     6\tint\n"
             "     7\tg(void)\n     8\t{\n     9\t\treturn 2;\n    10\t}\n    11\tx\n")));
    assert_false(hr_outline_records(view(TEN("    return 1;\n    }\n"))));
    assert_false(hr_outline_records(view(TEN("    12, 13,\n    14, 15,\n"))));
}

/* ------------------------------------------------------------------ any text comes back */
static void put_text(hr_buf *b)
{
    static const char *const lines[] = {"",
                                        "a rather long line that may well stand again somewhere",
                                        "/usr/lib/python3/dist-packages/a.py:12: warning",
                                        "see /usr/lib/python3/dist-packages/b.py (line 3)",
                                        "\"/usr/lib/python3/dist-packages/c\",/usr/lib/gcc/x86_64/12/d",
                                        "https://api.example.net/users/mia?x=$y",
                                        "\tindented with a tab, and long enough to be named at all",
                                        "}",
                                        "$ make check and other things that are worth a name",
                                        "\xc3\xa9\xf0\x9f\x98\x80 and so on and so forth, in many words",
                                        "ends in a return\r",
                                        "[7] brackets that stand before a line of many words"};
    const uint32_t n = draw(30), few = 1 + draw(12);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t k = draw(4) ? i % few : draw(12);
        hr_buf_puts(b, lines[k]);
        if (draw(9) == 0)
            hr_buf_u64(b, draw(50));
        if (i + 1 < n || draw(2))
            hr_buf_putc(b, '\n');
    }
}

static void every_text_comes_back(void **state)
{
    (void)state;
    size_t encoded = 0;
    for (int i = 0; i < 30000; i++) {
        hr_buf text = {0}, body = {0};
        bool pinned[64];
        const uint32_t step = draw(9);
        for (uint32_t k = 0; k < 64; k++)
            pinned[k] = step && k % step == 0;
        put_text(&text);
        encoded += comes_back(repeats, hr_buf_view(&text), draw(2) ? pinned : NULL, &body);
        hr_buf_free(&text);
        hr_buf_free(&body);
    }
    assert_true(encoded > 10000);
}

static void the_reader_takes_any_bytes(void **state)
{
    (void)state;
    static const char bytes[] = "$[]#* 0129=\nx";
    for (int i = 0; i < 30000; i++) {
        hr_buf text = {0};
        put_text(&text);
        expect_any_bytes_are_read(repeats, hr_buf_view(&text), bytes);
        hr_buf_free(&text);
    }
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    const char *text = LONG LONG LONG LONG LONG
        "4 /usr/lib/gcc/x86_64-linux-gnu/12/b.h\n4 /usr/lib/gcc/x86_64-linux-gnu/12/c.h\n"
        "4 /usr/lib/gcc/x86_64-linux-gnu/12/d.h\n4 /usr/lib/gcc/x86_64-linux-gnu/12/e.h";
    expect_missing_memory_is_told(HR_FORM_REPEATS, text, 200);
}

static void a_passed_deadline_ends_the_work(void **state)
{
    (void)state;
    hr_buf text = {0}, b = {0};
    hr_watch watch = {.deadline_cpu_us = 1};
    for (int i = 0; i < 3000; i++)
        hr_buf_puts(&text, LONG);
    assert_int_equal(hr_form_encode(&b, HR_FORM_REPEATS, hr_buf_view(&text), NULL, &watch), HR_ETIME);
    hr_buf_free(&text);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_of_lines_is_named_where_it_stands_first),
        cmocka_unit_test(lines_in_a_row_are_counted),
        cmocka_unit_test(a_block_ends_where_its_lines_part),
        cmocka_unit_test(short_lines_stay),
        cmocka_unit_test(beginnings_of_paths_have_names),
        cmocka_unit_test(what_is_asked_for_stays_whole),
        cmocka_unit_test(text_that_looks_like_a_mark_is_left_alone),
        cmocka_unit_test(ends_of_lines_come_back),
        cmocka_unit_test(what_no_writer_writes_is_refused),
        cmocka_unit_test(times_beyond_all_bounds_stop_at_the_buffers_end),
        cmocka_unit_test(sources_and_diffs_are_no_output_of_a_program),
        cmocka_unit_test(a_table_behind_numbers_or_below_a_ruler_is_records_and_numbered_source_is_not),
        cmocka_unit_test(every_text_comes_back),
        cmocka_unit_test(the_reader_takes_any_bytes),
        cmocka_unit_test(missing_memory_is_told),
        cmocka_unit_test(a_passed_deadline_ends_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
