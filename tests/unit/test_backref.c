/* test_backref.c - claims of references to an earlier text (core/transform/backref.h): read back byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/backref.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME "[headroom again: the same as the result above of call "
#define LINES                                                                                                \
    "[headroom again: a line [A-B] stands for lines A-B, counted from 1, of the result above of call "

static hr_str view(const char *z)
{
    return hr_str_make(z, strlen(z));
}

/* Lines a..b of a file that nobody wrote. */
static char *file(int a, int b)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    for (int i = a; i <= b; i++)
        fprintf(f, "%sint value_%d = compute(%d, %d);", i > a ? "\n" : "", i, i * 17 % 101, i);
    fclose(f);
    return out;
}

static char *join(const char *a, const char *b, const char *c)
{
    char *out;
    assert_true(asprintf(&out, "%s%s%s", a, b, c) > 0);
    return out;
}

static int write_one(hr_buf *b, const char *text, const char *earlier, const char *id, const char *tool)
{
    hr_arena *a = hr_arena_new();
    hr_repeats *r = a ? hr_repeats_new(a, view(text)) : NULL;
    int ok = r ? hr_backref_write(b, r, a, view(earlier), view(id), view(tool), &(hr_watch){0}) : HR_ENOMEM;
    hr_arena_free(a);
    return ok;
}

static void expect(const char *text, const char *earlier, const char *form)
{
    hr_buf b = {0}, back = {0};
    assert_int_equal(write_one(&b, text, earlier, "toolu_01", "Read"), 1);
    hr_buf_putc(&b, 0);
    assert_string_equal(b.data, form);
    assert_true(hr_str_is(hr_backref_id(view(form)), "toolu_01"));
    assert_int_equal(hr_backref_read(&back, view(form), view(earlier)), 1);
    hr_buf_putc(&back, 0);
    assert_string_equal(back.data, text);
    hr_buf_free(&b);
    hr_buf_free(&back);
}

static void expect_none(const char *text, const char *earlier)
{
    hr_buf b = {0};
    assert_int_equal(write_one(&b, text, earlier, "toolu_01", "Read"), 0);
    assert_int_equal(b.len, 0);
    hr_buf_free(&b);
}

static void the_whole_is_one_line(void **state)
{
    (void)state;
    char *a = file(1, 30);
    expect(a, a, SAME "toolu_01, Read]");
    free(a);
}

static void other_lines_stand_as_they_are(void **state)
{
    (void)state;
    char *all = file(1, 60), *front = file(1, 20), *behind = file(22, 60),
         *text = join(front, "\n    changed(); \n", behind);
    expect(text, all, LINES "toolu_01, Read]\n[1-20]\n    changed(); \n[22-60]");
    free(all), free(front), free(behind), free(text);
}

static void the_beginning_the_end_and_another_order(void **state)
{
    (void)state;
    char *all = file(1, 60), *front = file(1, 20), *behind = file(40, 60),
         *turned = join(behind, "\n\n", front);
    expect(front, all, LINES "toolu_01, Read]\n[1-20]");
    expect(behind, all, LINES "toolu_01, Read]\n[40-60]");
    expect(turned, all, LINES "toolu_01, Read]\n[40-60]\n\n[1-20]");
    free(all), free(front), free(behind), free(turned);
}

static void few_lines_and_few_tokens_are_no_run(void **state)
{
    (void)state;
    char *all = file(1, 60), *two = file(7, 8), *text = join("a\n", two, "\nb");
    expect_none(text, all);
    expect_none("a\nb\nc\nd\ne\nf", "x\na\nb\nc\nd\ne\nf");
    expect_none("", all);
    expect_none(two, "");
    free(all), free(two), free(text);
}

static void a_line_that_differs_in_one_digit_is_not_the_same(void **state)
{
    (void)state;
    char *all = file(1, 40), *text = file(1, 40), *at = strstr(text, "value_21");
    at[7] = '9';
    hr_buf b = {0}, back = {0};
    assert_int_equal(write_one(&b, text, all, "c", "Read"), 1);
    hr_buf_putc(&b, 0);
    assert_non_null(strstr(b.data, "\n[1-20]\nint value_29 = compute(54, 21);\n[22-40]"));
    hr_buf_free(&b);
    hr_buf_free(&back);
    free(all), free(text);
}

static void a_line_that_looks_like_a_reference_leaves_no_room_for_any(void **state)
{
    (void)state;
    char *all = file(1, 60), *text = join("[1-20]\n", all, "\nx");
    expect_none(text, all);
    free(text);
    text = join("[0-20]\n[20-1]\n[1-2\n[1,2]\n", all, ""); /* these do not */
    expect(text, all, LINES "toolu_01, Read]\n[0-20]\n[20-1]\n[1-2\n[1,2]\n[1-60]");
    free(all), free(text);
}

static void names_that_could_not_be_read_are_not_told(void **state)
{
    (void)state;
    assert_true(hr_backref_takes(view("call_ab-C.9:d|e")));
    assert_false(hr_backref_takes(view("")));
    assert_false(hr_backref_takes(view("a b")));
    assert_false(hr_backref_takes(view("a]")));
    assert_false(hr_backref_takes(view("a\nb")));
    char *all = file(1, 30);
    hr_buf b = {0};
    assert_int_equal(write_one(&b, all, all, "c1", "my ] tool"), 1);
    hr_buf_putc(&b, 0);
    assert_string_equal(b.data, SAME "c1]");
    hr_buf_free(&b);
    free(all);
}

static void what_no_writer_writes_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "text",
                                      SAME,
                                      SAME "a",
                                      SAME "]",
                                      SAME "a b]",
                                      SAME "a]\n",
                                      SAME "a]x",
                                      LINES "a]",
                                      LINES "a]x\n[1-2]",
                                      LINES "a]\n[1-4]",
                                      LINES "a]\n[4-4]",
                                      LINES "a]\n[1-99999999]",
                                      LINES "]\n[1-2]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hr_buf b = {0};
        assert_int_equal(hr_backref_read(&b, view(bad[i]), view("one\ntwo\nthree")), 0);
        assert_int_equal(b.len, 0);
        hr_buf_free(&b);
    }
    hr_buf b = {0};
    assert_int_equal(hr_backref_read(&b, view(LINES "a]\n[3-3]\n[1-2]\n[01-2]\n"), view("one\ntwo\nthree")),
                     1);
    hr_buf_putc(&b, 0);
    assert_string_equal(b.data, "three\none\ntwo\n[01-2]\n");
    hr_buf_free(&b);
    assert_int_equal(hr_backref_read(&b, view(SAME "a]"), view("")), 0);
}

/* Blocks that stand in the opposite order cost no pass each. */
static void references_in_any_order_are_read_in_one_pass(void **state)
{
    (void)state;
    hr_buf form = {0}, earlier = {0}, back = {0};
    hr_buf_puts(&form, LINES "a]");
    for (unsigned i = 0; i < 100000; i++) {
        hr_buf_puts(&earlier, "a line of no interest to anybody at all\n");
        hr_buf_puts(&form, "\n[");
        hr_buf_u64(&form, 100000 - i);
        hr_buf_putc(&form, '-');
        hr_buf_u64(&form, 100000 - i);
        hr_buf_putc(&form, ']');
    }
    uint64_t start = hr_cpu_us();
    assert_int_equal(hr_backref_read(&back, hr_buf_view(&form), hr_buf_view(&earlier)), 1);
    assert_true(hr_cpu_us() - start < 5000000); /* each from the front would be 400 GB */
    assert_int_equal(back.len, earlier.len - 1);
    hr_buf_free(&form);
    hr_buf_free(&earlier);
    hr_buf_free(&back);
}

/* ------------------------------------------------------------------ any text comes back */
static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static void put_text(hr_buf *b, uint32_t lines, uint32_t from)
{
    for (uint32_t i = 0; i < lines; i++) {
        if (draw(15) == 0)
            hr_buf_puts(b, draw(2) ? "}\n" : "[3-4] and more\n");
        hr_buf_puts(b, "the line number ");
        hr_buf_u64(b, (draw(30) ? from + i : draw(60)) % 70);
        hr_buf_puts(b, draw(9) ? " of this file\n" : "\n");
    }
    if (draw(2) && b->len)
        b->len--;
}

static void every_text_comes_back(void **state)
{
    (void)state;
    size_t written = 0;
    for (int i = 0; i < 20000; i++) {
        hr_buf earlier = {0}, text = {0}, form = {0}, back = {0};
        put_text(&earlier, draw(60), draw(9));
        put_text(&text, draw(60), draw(30));
        hr_arena *a = hr_arena_new();
        hr_repeats *r = hr_repeats_new(a, hr_buf_view(&text));
        int ok = hr_backref_write(&form, r, a, hr_buf_view(&earlier), view("c"), view("t"), &(hr_watch){0});
        assert_true(ok == 0 || ok == 1);
        if (ok == 1) {
            written++;
            assert_true(form.len < text.len);
            assert_int_equal(hr_backref_read(&back, hr_buf_view(&form), hr_buf_view(&earlier)), 1);
            assert_int_equal(back.len, text.len);
            assert_memory_equal(back.data, text.data, text.len);
        }
        hr_arena_free(a);
        hr_buf_free(&earlier);
        hr_buf_free(&text);
        hr_buf_free(&form);
        hr_buf_free(&back);
    }
    assert_true(written > 3000);
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    char *all = file(1, 60), *front = file(1, 50), *text = join("x\n", front, "\ny");
    int r = HR_ENOMEM;
    for (long n = 1; r != 1; n++) {
        hr_buf b = {0};
        assert_true(n < 100);
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        r = write_one(&b, text, all, "c", "t");
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 1 || r == HR_ENOMEM);
        hr_buf_free(&b);
    }
    free(all), free(front), free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_is_one_line),
        cmocka_unit_test(other_lines_stand_as_they_are),
        cmocka_unit_test(the_beginning_the_end_and_another_order),
        cmocka_unit_test(few_lines_and_few_tokens_are_no_run),
        cmocka_unit_test(a_line_that_differs_in_one_digit_is_not_the_same),
        cmocka_unit_test(a_line_that_looks_like_a_reference_leaves_no_room_for_any),
        cmocka_unit_test(names_that_could_not_be_read_are_not_told),
        cmocka_unit_test(what_no_writer_writes_is_refused),
        cmocka_unit_test(references_in_any_order_are_read_in_one_pass),
        cmocka_unit_test(every_text_comes_back),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
