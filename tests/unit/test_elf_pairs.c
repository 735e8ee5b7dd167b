/* The search loop of the locator: every kernel finds what a plain loop finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf/pairs.h"

struct hits {
    uint8_t *count; /* of each position */
    size_t n, stop_after;
};

static bool note(void *arg, size_t position)
{
    struct hits *h = arg;

    h->count[position]++;
    return ++h->n != h->stop_after;
}

static bool stands(const uint8_t *p, size_t n, size_t i, const hr_pair *k)
{
    size_t last = k->at > k->at2 ? k->at : k->at2;

    return last < n - i && (p[i + k->at] & k->mask) == k->value && (p[i + k->at2] & k->mask2) == k->value2;
}

static void compare(const uint8_t *p, size_t n)
{
    static const hr_pair pairs[] = {
        {0, 0xff, 0x41, 1, 0xc7, 0x05}, {3, 0xff, 0x02, 0, 0xdf, 0x41}, {2, 0x0f, 1, 2, 0xf0, 0}};
    struct hits h = {calloc(n + 1, 1), 0, 0};

    assert_non_null(h.count);
    assert_true(hr_pairs_search(p, n, pairs, 3, note, &h));
    for (size_t i = 0; i < n; i++) {
        unsigned expected = 0;

        for (size_t k = 0; k < 3; k++)
            expected += stands(p, n, i, &pairs[k]);
        assert_int_equal(h.count[i], expected);
    }
    free(h.count);
}

static void every_kernel_finds_every_pair_at_every_length(void **state)
{
    static const size_t lengths[] = {0,    1,    2,    3,    7,    31,   32,   33,   4095,
                                     4096, 4097, 4103, 4104, 4105, 8191, 8200, 20000};
    static const uint8_t letters[] = {0x41, 0x61, 0x05, 0x0d, 0x02, 0x01, 0x8d, 0};

    (void)state;
    for (int kernel = 0; kernel < HR_PAIR_KERNELS; kernel++) {
        if (!hr_pairs_use((enum hr_pair_kernel)kernel)) {
            assert_int_not_equal(kernel, HR_PAIR_PORTABLE);
            continue;
        }
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            /* Exactly this long: the address sanitizer sees one byte read too far. */
            uint8_t *p = malloc(lengths[i] ? lengths[i] : 1);

            assert_non_null(p);
            for (size_t k = 0; k < lengths[i]; k++)
                p[k] = letters[(k * 2654435761u >> 7 ^ k) % sizeof(letters)];
            compare(p, lengths[i]);
            free(p);
        }
    }
}

static void a_hit_can_end_the_search(void **state)
{
    static const hr_pair pair = {0, 0xff, 0, 1, 0xff, 0};
    uint8_t zeros[100] = {0}, count[100] = {0};
    struct hits h = {count, 0, 5};

    (void)state;
    assert_false(hr_pairs_search(zeros, sizeof(zeros), &pair, 1, note, &h));
    assert_int_equal(h.n, 5);
    assert_int_equal(count[4], 1);
    assert_int_equal(count[5], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_finds_every_pair_at_every_length),
        cmocka_unit_test(a_hit_can_end_the_search),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
