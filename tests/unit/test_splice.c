/* test_splice.c - claims of core/json/splice.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge.h"
#include "fault.h"
#include "json/json.h"

#define AT(off, len, text)                                                                                   \
    {                                                                                                        \
        off, len,                                                                                            \
        {                                                                                                    \
            text, sizeof(text) - 1                                                                           \
        }                                                                                                    \
    }

static void check(const hr_splice *list, size_t n, const char *expected)
{
    hr_buf out = {0};
    hr_buf_puts(&out, ">");
    assert_int_equal(hr_splice_apply(&out, edge_copy("0123456789", 10), 10, list, n), 0);
    assert_int_equal(out.data[0], '>');
    assert_int_equal(out.len, strlen(expected) + 1);
    assert_memory_equal(out.data + 1, expected, out.len - 1);
    hr_buf_free(&out);
}

static void bytes_outside_the_splices_are_copied(void **state)
{
    (void)state;
    check(NULL, 0, "0123456789");
    check((hr_splice[]){AT(3, 2, "abc")}, 1, "012abc56789");
    check((hr_splice[]){AT(0, 1, "a")}, 1, "a123456789");
    check((hr_splice[]){AT(9, 1, "a")}, 1, "012345678a");
    check((hr_splice[]){AT(0, 10, "")}, 1, "");
    check((hr_splice[]){AT(0, 10, "x")}, 1, "x");
    check((hr_splice[]){AT(2, 0, "x")}, 1, "01x23456789");
    check((hr_splice[]){AT(10, 0, "x")}, 1, "0123456789x");
    check((hr_splice[]){AT(1, 2, "a"), AT(3, 2, "b"), AT(8, 1, "")}, 3, "0ab5679");
    check((hr_splice[]){AT(4, 0, "a"), AT(4, 0, "b"), AT(4, 1, "c")}, 3, "0123abc56789");
    check((hr_splice[]){{5, 1, {NULL, 0}}}, 1, "012346789");
}

static void bad_lists_append_nothing(void **state)
{
    (void)state;
    static const hr_splice bad[][2] = {
        {AT(5, 1, "a"), AT(4, 1, "b")},
        {AT(4, 2, "a"), AT(5, 1, "b")},
        {AT(1, 1, "a"), AT(10, 1, "b")},
        {AT(1, 1, "a"), AT(11, 0, "b")},
        {AT(1, 1, "a"), AT(9, 2, "b")},
        {AT(1, 1, "a"), AT(SIZE_MAX, 1, "b")},
        {AT(1, 1, "a"), AT(2, SIZE_MAX, "b")},
        {AT(1, 1, "a"), AT(2, SIZE_MAX - 1, "b")},
        {AT(SIZE_MAX, SIZE_MAX, "a"), AT(1, 1, "b")},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        hr_buf out = {0};
        hr_buf_puts(&out, "before");
        assert_int_equal(hr_splice_apply(&out, "0123456789", 10, bad[i], 2), HR_ESHAPE);
        assert_true(hr_str_is(hr_buf_view(&out), "before"));
        hr_buf_free(&out);
    }
}

static void an_empty_body_takes_splices(void **state)
{
    (void)state;
    hr_buf out = {0};
    const hr_splice s = AT(0, 0, "x");
    assert_int_equal(hr_splice_apply(&out, NULL, 0, NULL, 0), 0);
    assert_int_equal(hr_splice_apply(&out, NULL, 0, &s, 1), 0);
    assert_true(hr_str_is(hr_buf_view(&out), "x"));
    hr_buf_free(&out);
}

static void lengths_that_overflow_are_no_memory(void **state)
{
    (void)state;
    const hr_splice s[] = {{0, 0, {"", SIZE_MAX - 4}}, {1, 0, {"", 9}}};
    hr_buf out = {0};
    assert_int_equal(hr_splice_apply(&out, "0123456789", 10, s, 2), HR_ENOMEM);
    assert_int_equal(hr_splice_apply(&out, "0123456789", 10, s, 1), HR_ENOMEM);
    hr_buf_free(&out);
}

static void a_list_of_every_byte_rebuilds_the_body(void **state)
{
    (void)state;
    static char body[3000];
    static hr_splice list[3000];
    for (size_t i = 0; i < sizeof(body); i++) {
        body[i] = (char)(i * 7);
        list[i] = (hr_splice){i, 1, {body + i, 1}};
    }
    hr_buf out = {0};
    assert_int_equal(hr_splice_apply(&out, body, sizeof(body), list, sizeof(body)), 0);
    assert_int_equal(out.len, sizeof(body));
    assert_memory_equal(out.data, body, sizeof(body));
    hr_buf_free(&out);
}

static void memory_that_fails_is_told(void **state)
{
    (void)state;
    const hr_splice s = AT(1, 1, "a");
    hr_buf out = {0};
    hr_fault_after(HR_FAULT_ALLOC, 1, false);
    assert_int_equal(hr_splice_apply(&out, "0123456789", 10, &s, 1), HR_ENOMEM);
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    assert_int_equal(out.len, 0);
    /* the error of a buffer stays */
    assert_int_equal(hr_splice_apply(&out, "0123456789", 10, &s, 1), HR_ENOMEM);
    hr_buf_free(&out);

    out = (hr_buf){.max = 9};
    assert_int_equal(hr_splice_apply(&out, "0123456789", 10, &s, 1), HR_ENOMEM);
    hr_buf_free(&out);
    out = (hr_buf){.max = 10};
    assert_int_equal(hr_splice_apply(&out, "0123456789", 10, &s, 1), 0);
    hr_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_outside_the_splices_are_copied),
        cmocka_unit_test(bad_lists_append_nothing),
        cmocka_unit_test(an_empty_body_takes_splices),
        cmocka_unit_test(lengths_that_overflow_are_no_memory),
        cmocka_unit_test(a_list_of_every_byte_rebuilds_the_body),
        cmocka_unit_test(memory_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
