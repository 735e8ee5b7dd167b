/* Unit tests of core/print.c, against the formula written down word by word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"

enum { LONGEST = 3 * HR_PRINT_BLOCK + 100 };

static const uint8_t secret[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static hr_print_key key;
static char text[LONGEST];

static int setup(void **state)
{
    (void)state;
    hr_print_key_make(&key, secret);
    for (size_t i = 0; i < LONGEST; i++)
        text[i] = (char)(i * 167 + (i >> 7));
    return 0;
}

static void print_of(const char *p, size_t n, uint8_t out[16])
{
    hr_siphash h;
    /* A copy of exactly this length: the sanitizer sees a look beyond it. */
    char *copy = malloc(n ? n : 1);
    memcpy(copy, p, n);
    hr_print_init(&h, &key);
    hr_print_field(&h, &key, hr_str_make(copy, n));
    hr_siphash_end(&h, out);
    free(copy);
}

static uint32_t word_at(const char *p, size_t n, size_t i)
{
    char bytes[4] = {0};
    uint32_t w;
    for (size_t k = 0; k < 4 && 4 * i + k < n; k++)
        bytes[k] = p[4 * i + k];
    memcpy(&w, bytes, sizeof w);
    return w;
}

static void slow_print(const char *p, size_t n, uint8_t out[16])
{
    hr_siphash h;
    uint64_t length = n;
    hr_siphash_init(&h, secret);
    hr_siphash_add(&h, &length, sizeof length);
    if (n < 64)
        hr_siphash_add(&h, p, n);
    for (size_t at = 0; n >= 64 && at < n; at += HR_PRINT_BLOCK) {
        size_t m = n - at < HR_PRINT_BLOCK ? n - at : HR_PRINT_BLOCK;
        uint64_t sum[2] = {0, 0};
        for (size_t i = 0; 4 * i < (m + 15) / 16 * 16; i += 2) {
            uint32_t a = word_at(p + at, m, i), b = word_at(p + at, m, i + 1);
            sum[0] += (uint64_t)(uint32_t)(a + key.nh[i]) * (uint32_t)(b + key.nh[i + 1]);
            sum[1] += (uint64_t)(uint32_t)(a + key.nh[i + 4]) * (uint32_t)(b + key.nh[i + 5]);
        }
        hr_siphash_add(&h, sum, sizeof sum);
    }
    hr_siphash_end(&h, out);
}

static void every_length_gives_what_the_formula_gives(void **state)
{
    (void)state;
    uint8_t fast[16], slow[16];
    for (size_t n = 0; n <= LONGEST; n += n < 200 || n % HR_PRINT_BLOCK > 1000 ? 1 : 7) {
        print_of(text, n, fast);
        slow_print(text, n, slow);
        assert_memory_equal(fast, slow, 16);
    }
}

static void every_bit_and_the_length_count(void **state)
{
    (void)state;
    enum { N = HR_PRINT_BLOCK + 77 };
    uint8_t before[16], after[16];
    char changed[N + 1] = {0};
    memcpy(changed, text, N);
    print_of(text, N, before);
    for (size_t bit = 0; bit < (size_t)N * 8; bit++) {
        changed[bit / 8] ^= (char)(1 << bit % 8);
        print_of(changed, N, after);
        assert_memory_not_equal(before, after, 16);
        changed[bit / 8] ^= (char)(1 << bit % 8);
    }
    print_of(changed, N + 1, after); /* a zero more */
    assert_memory_not_equal(before, after, 16);
}

static void words_and_blocks_that_change_places_are_seen(void **state)
{
    (void)state;
    uint8_t before[16], after[16];
    char swapped[LONGEST];
    print_of(text, LONGEST, before);
    for (size_t unit = 4; unit <= HR_PRINT_BLOCK; unit *= 2) {
        memcpy(swapped, text, LONGEST);
        memcpy(swapped, text + unit, unit);
        memcpy(swapped + unit, text, unit);
        print_of(swapped, LONGEST, after);
        assert_memory_not_equal(before, after, 16);
    }
}

static void another_secret_gives_another_fingerprint(void **state)
{
    (void)state;
    uint8_t before[16], after[16];
    static const uint8_t other[16] = {1};
    print_of(text, 2000, before);
    hr_print_key_make(&key, other);
    print_of(text, 2000, after);
    hr_print_key_make(&key, secret);
    assert_memory_not_equal(before, after, 16);
}

static void no_two_words_of_the_key_are_alike(void **state)
{
    (void)state;
    for (size_t i = 0; i < HR_PRINT_WORDS; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(key.nh[i], key.nh[j]);
}

static void every_kernel_gives_the_same(void **state)
{
    (void)state;
    for (size_t groups = 0; groups <= HR_PRINT_BLOCK / 16; groups++) {
        uint64_t want[2] = {1, 2};
        hr_print_kernel(HR_PRINT_PORTABLE)(key.nh, text, groups, want);
        for (int k = HR_PRINT_SSE2; k < HR_PRINT_KERNELS; k++) {
            uint64_t sum[2] = {1, 2};
            if (hr_print_kernel(k)) {
                hr_print_kernel(k)(key.nh, text, groups, sum);
                assert_memory_equal(sum, want, sizeof sum);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_gives_what_the_formula_gives),
        cmocka_unit_test(every_kernel_gives_the_same),
        cmocka_unit_test(every_bit_and_the_length_count),
        cmocka_unit_test(words_and_blocks_that_change_places_are_seen),
        cmocka_unit_test(another_secret_gives_another_fingerprint),
        cmocka_unit_test(no_two_words_of_the_key_are_alike),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
