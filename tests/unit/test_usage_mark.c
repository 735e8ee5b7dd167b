/* test_usage_mark.c - an event is passed over only where it cannot tell of tokens or of an error (core/usage_mark.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "usage_mark.h"

/* In memory that ends with it, at each length up to 70 and each place. */
static void a_quote_before_the_letter_is_seen_at_any_place(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 70; n++)
        for (size_t at = 0; at + 1 < n; at++)
            for (int which = 0; which < 4; which++) {
                static const char pairs[][3] = {"\"u", "\"e", "\"x", "xu"};
                char *text = malloc(n);
                assert_non_null(text);
                memset(text, 'u', n);
                memcpy(text + at, pairs[which], 2);
                if (which == 2 && at + 2 < n)
                    text[at + 2] = 'y';
                assert_int_equal(hr_usage_unmarked(hr_str_make(text, n), "\"usage\""), which > 1);
                free(text);
            }
}

static void only_a_member_with_an_object_is_marked(void **state)
{
    static const struct {
        const char *text;
        bool object, any, error;
    } cases[] = {
        {"{\"usage\":{}}", true, true, false},
        {"{\"usage\" \n: \t{", true, true, false},
        {"{\"usage\":null}", false, true, false},
        {"{\"usage\":null,\"x\":{\"usage\":{", true, true, false},
        {"{\"usage\":", false, true, false},
        {"{\"usage\"", false, true, false},
        {"\"usage", false, false, false},
        {"{\"a\":\"\\\"usage\\\":{\"}", false, false, false},
        {"{\"error\":{}}", false, false, true},
        {"{\"error\":null}", false, false, false},
        {"{\"error\":\"words\"}", false, false, false},
        {"{\"type\":\"error\"}", false, false, true},
        {"{\"error\":null,\"type\" : \"error\" ,", false, false, true},
        {"", false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_str text = hr_str_make(cases[i].text, strlen(cases[i].text));
        assert_int_equal(hr_usage_marked(text, "\"usage\"", true), cases[i].object);
        assert_int_equal(hr_usage_marked(text, "\"usage\"", false), cases[i].any);
        assert_int_equal(hr_usage_error_marked(text), cases[i].error);
        if (cases[i].any || cases[i].error)
            assert_false(hr_usage_unmarked(text, "\"usage\""));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote_before_the_letter_is_seen_at_any_place),
        cmocka_unit_test(only_a_member_with_an_object_is_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
