/* test_find.c - claims of hr_str_find() and hr_str_count() (core/find.c): what a plain search finds, wherever it stands, and in linear time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base.h"

#include <stdlib.h>
#include <string.h>

static size_t plain_search(hr_str hay, hr_str needle, size_t from)
{
    for (size_t i = from; i <= hay.n && needle.n <= hay.n - i; i++)
        if (needle.n == 0 || memcmp(hay.p + i, needle.p, needle.n) == 0)
            return i;
    return SIZE_MAX;
}

static void finds_what_a_plain_search_finds(void **state)
{
    uint32_t seed = 1;
    (void)state;
    for (int round = 0; round < 60000; round++) {
        const size_t n = (size_t)round % 97, least = (size_t)round % 3;
        char needle[9],
            *exact = malloc(n ? n : 1); /* of exactly the size, so that one byte too far is seen */
        assert_non_null(exact);
        for (size_t i = 0; i < n; i++)
            exact[i] = (char)('a' + ((seed = seed * 1664525u + 1013904223u) >> 24) % (2 + least));
        const size_t length = (size_t)round % 8;
        for (size_t i = 0; i < length; i++)
            needle[i] = (char)('a' + ((seed = seed * 1664525u + 1013904223u) >> 24) % (2 + least));
        const hr_str h = hr_str_make(exact, n), k = hr_str_make(needle, length);
        for (size_t from = 0; from <= n + 1; from += 1 + n / 5)
            assert_int_equal(hr_str_find(h, k, from), plain_search(h, k, from));
        free(exact);
    }
}

/* Each place looks like a beginning and an end of what is sought: 8 MB by 4 KB would not come to an end in the time of a test. */
static void many_places_in_vain_cost_no_more_than_once_through_the_text(void **state)
{
    enum { TEXT = 8 << 20, NEEDLE = 4096 };
    char *hay = malloc(TEXT), *needle = malloc(NEEDLE);
    (void)state;
    assert_non_null(hay);
    assert_non_null(needle);
    memset(hay, 'a', TEXT);
    memset(needle, 'a', NEEDLE);
    needle[NEEDLE / 2] = 'b';
    assert_int_equal(hr_str_find(hr_str_make(hay, TEXT), hr_str_make(needle, NEEDLE), 0), SIZE_MAX);
    hay[TEXT - 1 - NEEDLE + 1 + NEEDLE / 2] = 'b';
    assert_int_equal(hr_str_find(hr_str_make(hay, TEXT), hr_str_make(needle, NEEDLE), 0), TEXT - NEEDLE);
    free(hay);
    free(needle);
}

static void counts_what_a_loop_counts(void **state)
{
    (void)state;
    for (size_t n = 0; n < 9000; n += n < 100 ? 1 : 797) {
        char *text = malloc(n ? n : 1);
        size_t as = 0;
        assert_non_null(text);
        for (size_t i = 0; i < n; i++) {
            text[i] = n % 2 || i % 5 == n % 7 ? 'a' : 'b';
            as += text[i] == 'a';
        }
        assert_int_equal(hr_str_count(hr_str_make(text, n), 'a'), as);
        assert_int_equal(hr_str_count(hr_str_make(text, n), 'b'), n - as);
        assert_int_equal(hr_str_count(hr_str_make(text, n), 'c'), 0);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_plain_search_finds),
        cmocka_unit_test(counts_what_a_loop_counts),
        cmocka_unit_test(many_places_in_vain_cost_no_more_than_once_through_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
