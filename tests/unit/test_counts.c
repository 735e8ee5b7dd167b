/* Unit tests of core/counts.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "counts.h"
#include "token/token.h"

static hr_counts counts;
static hr_print_key key;
static const hr_counter by = {HR_ENCODING_O200K, true, 1};

static int setup(void **state)
{
    (void)state;
    static const uint8_t secret[16] = {7};
    memset(&counts, 0, sizeof counts);
    hr_print_key_make(&key, secret);
    return 0;
}

static size_t used(void)
{
    size_t n = 0;
    for (size_t i = 0; i < HR_COUNT_SLOTS; i++)
        n += counts.slots[i].tokens != 0;
    return n;
}

static size_t stretch(char *text, size_t room, int i)
{
    return (size_t)snprintf(text, room, "{\"role\":\"assistant\",\"content\":\"turn %d of many, %d words\"},",
                            i, i * 7);
}

static void counts_are_those_of_the_text_first_and_again(void **state)
{
    (void)state;
    char text[200];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3 * HR_COUNT_SLOTS; i++) {
            size_t n = stretch(text, sizeof text, i);
            assert_int_equal(hr_counts_json(&counts, &key, &by, text, n), hr_tokens_json(text, n));
        }
    }
    assert_true(used() > HR_COUNT_SLOTS / 2);
}

static void what_was_counted_is_not_counted_again(void **state)
{
    (void)state;
    char text[200];
    size_t n = stretch(text, sizeof text, 1), first = hr_counts_json(&counts, &key, &by, text, n);
    assert_int_equal(used(), 1);
    for (size_t i = 0; i < HR_COUNT_SLOTS; i++) {
        if (counts.slots[i].tokens) { /* another count under the same mark is what is told now */
            counts.slots[i].check ^= counts.slots[i].tokens ^ (first + 1000);
            counts.slots[i].tokens = first + 1000;
        }
    }
    assert_int_equal(hr_counts_json(&counts, &key, &by, text, n), first + 1000);
    text[n - 5] ^= 1;
    assert_int_equal(hr_counts_json(&counts, &key, &by, text, n), hr_tokens_json(text, n));
}

static void each_encoding_has_counts_of_its_own(void **state)
{
    (void)state;
    static const char text[] = "{\"content\":\"Zählwörter überall: здравствуйте, 你好世界, 안녕하세요\"}";
    static const hr_counter other = {HR_ENCODING_CL100K, true, 1};
    size_t a = hr_counts_json(&counts, &key, &by, text, sizeof text - 1);
    size_t b = hr_counts_json(&counts, &key, &other, text, sizeof text - 1);
    assert_int_equal(b, hr_counter_tokens_json(&other, text, sizeof text - 1));
    assert_int_not_equal(a, b);
    assert_int_equal(hr_counts_json(&counts, &key, &by, text, sizeof text - 1), a);
}

static void a_torn_slot_is_empty(void **state)
{
    (void)state;
    char text[200];
    size_t n = stretch(text, sizeof text, 2), tokens = hr_counts_json(&counts, &key, &by, text, n);
    for (size_t i = 0; i < HR_COUNT_SLOTS; i++)
        counts.slots[i].tokens += counts.slots[i].tokens != 0;
    assert_int_equal(hr_counts_json(&counts, &key, &by, text, n), tokens);
}

static void without_a_key_or_for_a_few_bytes_nothing_is_remembered(void **state)
{
    (void)state;
    char text[200];
    size_t n = stretch(text, sizeof text, 3);
    assert_int_equal(hr_counts_json(&counts, NULL, &by, text, n), hr_tokens_json(text, n));
    assert_int_equal(hr_counts_json(&counts, &key, &by, text, 10), hr_tokens_json(text, 10));
    assert_int_equal(hr_counts_json(&counts, &key, &by, text, 0), 0);
    assert_int_equal(used(), 0);
}

static void *count_many(void *wrong)
{
    char text[200];
    for (int i = 0; i < 20000; i++) {
        size_t n = stretch(text, sizeof text, i % 3000);
        if (hr_counts_json(&counts, &key, &by, text, n) != hr_tokens_json(text, n))
            ++*(int *)wrong;
    }
    return NULL;
}

static void threads_that_share_a_table_count_right(void **state)
{
    (void)state;
    pthread_t threads[2];
    int wrong[2] = {0, 0};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, &wrong[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wrong[0] + wrong[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(counts_are_those_of_the_text_first_and_again, setup),
        cmocka_unit_test_setup(what_was_counted_is_not_counted_again, setup),
        cmocka_unit_test_setup(each_encoding_has_counts_of_its_own, setup),
        cmocka_unit_test_setup(a_torn_slot_is_empty, setup),
        cmocka_unit_test_setup(without_a_key_or_for_a_few_bytes_nothing_is_remembered, setup),
        cmocka_unit_test_setup(threads_that_share_a_table_count_right, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
