/* test_sort.c - claims of the sort and of the numbers that are sorted (core/transform/sort.c, number.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transform/number.h"
#include "transform/sort.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 300 };

static uint64_t key_of(int order, size_t i, size_t n)
{
    switch (order) {
    case 0:
        return i; /* rising */
    case 1:
        return n - i; /* falling */
    case 2:
        return i / 3; /* rising, with equals */
    case 3:
        return (n - i) / 3; /* falling, with equals: their order must stay */
    case 4:
        return 7;
    default:
        return (i * 2654435761u + 12345) % 97 << (i % 7) * 8;
    }
}

static void lists_are_sorted_and_equals_keep_their_order(void **state)
{
    hr_pair list[MOST], scratch[MOST];
    (void)state;
    for (int order = 0; order < 6; order++)
        for (size_t n = 0; n < MOST; n++) {
            for (size_t i = 0; i < n; i++)
                list[i] = (hr_pair){key_of(order, i, n), (uint32_t)i};
            hr_sort_pairs(list, scratch, n);
            for (size_t i = 0; i < n; i++) {
                assert_true(list[i].key == key_of(order, list[i].value, n));
                assert_true(i == 0 || list[i - 1].key < list[i].key ||
                            (list[i - 1].key == list[i].key && list[i - 1].value < list[i].value));
            }
        }
}

/* With an exponent of nothing it is read digit by digit. */
static void a_fraction_is_the_same_number_however_it_is_read(void **state)
{
    static const char *const signs[] = {"", "-"}, *const wholes[] = {"0", "7", "10", "123456789"};
    static const char *const fractions[] = {"0", "5", "05", "000001", "9876543", "12345678901"};
    (void)state;
    for (size_t s = 0; s < 2; s++)
        for (size_t w = 0; w < sizeof wholes / sizeof *wholes; w++)
            for (size_t f = 0; f < sizeof fractions / sizeof *fractions; f++) {
                char text[64];
                bool integer = true;
                const int n = snprintf(text, sizeof text, "%s%s.%se0", signs[s], wholes[w], fractions[f]);
                const double slow = hr_number(text, (size_t)n),
                             quick = hr_number_kind(text, (size_t)n - 2, &integer);
                assert_true(memcmp(&slow, &quick, sizeof slow) == 0);
                assert_false(integer);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_sorted_and_equals_keep_their_order),
        cmocka_unit_test(a_fraction_is_the_same_number_however_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
