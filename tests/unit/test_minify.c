/* test_minify.c - claims of the first lossless form (core/transform/minify.c, and router.c where it is all that is done). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/minify.h"
#include "transform/transform.h"

#include <string.h>

static void expect(const char *from, const char *to)
{
    hr_buf b = {0};
    hr_minify(&b, from, strlen(from));
    assert_int_equal(b.err, 0);
    assert_int_equal(b.len, strlen(to));
    if (b.len)
        assert_memory_equal(b.data, to, b.len);
    hr_buf_free(&b);
}

static void white_space_between_tokens_goes(void **state)
{
    (void)state;
    expect(" { \"a\" :\t[ 1 ,\r\n 2 ] }\n", "{\"a\":[1,2]}");
    expect("", "");
    expect(" \n ", "");
}

static void strings_keep_every_byte(void **state)
{
    (void)state;
    expect("[ \" a  b \" ]", "[\" a  b \"]");
    expect("[ \"\\\" , \\\\\" , 1 ]", "[\"\\\" , \\\\\",1]");
    expect("[ \"\\\\\\\" x\" , \"\\\\\" ]", "[\"\\\\\\\" x\",\"\\\\\"]");
    expect("\"\\u0020 \xc3\xa9\"", "\"\\u0020 \xc3\xa9\"");
}

static void lexemes_and_order_of_keys_stay(void **state)
{
    (void)state;
    expect("{\"b\": 1.0e+02, \"a\": -0, \"b\": 12345678901234567890}",
           "{\"b\":1.0e+02,\"a\":-0,\"b\":12345678901234567890}");
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

static void pretty_json_is_minified_losslessly(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    assert_int_equal(transform(a, "\n{ \"a\": [1, 2] }\n", false, &out), 1);
    assert_true(out.lossless);
    assert_string_equal(out.transform, "minify");
    assert_string_equal(out.kind, "json");
    assert_int_equal(out.kept + out.of, 0);
    assert_true(hr_str_is(out.text, "{\"a\":[1,2]}"));
    hr_arena_free(a);
}

static void what_is_not_json_or_has_no_white_space_is_left_alone(void **state)
{
    (void)state;
    static const struct {
        const char *text, *kind;
    } cases[] = {
        {"", "text"},
        {"   ", "text"},
        {"plain words", "text"},
        {"{\"a\": 1", "text"},
        {"[1, 2,]", "text"},
        {"{\"a\": 1}\nok", "text"},
        {"{\"a\":1}", "json"},
        {"[]", "json"},
        {"\"x y\"", "json"},
        {"{\"a\": 1}\n{\"a\": 2}\n", "json lines"},
    };
    hr_arena *a = hr_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_transform_out out;
        assert_int_equal(transform(a, cases[i].text, true, &out), 0);
        assert_string_equal(out.kind, cases[i].kind);
        assert_null(out.transform);
    }
    hr_arena_free(a);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        hr_arena *a = hr_arena_new();
        hr_transform_out out;
        const hr_transform_in in = {.text = HR_STR("{ \"a\": [1, 2] }"),
                                    .query = hr_query_new(a, (hr_str){0}),
                                    .max_items = 15,
                                    .id = "0123456789abcdef0123"};
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        int r = hr_transform(a, &in, &out);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        hr_arena_free(a);
        assert_true(r == 1 || r == HR_ENOMEM);
        if (r == 1)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(white_space_between_tokens_goes),
        cmocka_unit_test(strings_keep_every_byte),
        cmocka_unit_test(lexemes_and_order_of_keys_stay),
        cmocka_unit_test(pretty_json_is_minified_losslessly),
        cmocka_unit_test(what_is_not_json_or_has_no_white_space_is_left_alone),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
