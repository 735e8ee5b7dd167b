/* Unit tests of core/siphash.c. Expected values: an independent implementation (OpenSSL's SIPHASH MAC, 16
 * bytes). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "siphash.h"

static const uint8_t key[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static const struct {
    size_t n;
    const char *hex;
} vectors[] = {
    {0, "a3817f04ba25a8e66df67214c7550293"},  {1, "da87c1d86b99af44347659119b22fc45"},
    {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},  {8, "3b62a9ba6258f5610f83e264f31497b4"},
    {9, "264499060ad9baabc47f8b02bb6d71ed"},  {15, "5493e99933b0a8117e08ec0f97cfc3d9"},
    {16, "6ee2a4ca67b054bbfd3315bf85230577"}, {17, "473d06e8738db89854c066c47ae47740"},
    {31, "2939b0183223fafc1723de4f52c43d35"}, {63, "5150d1772f50834a503e069a973fbd7c"},
};

static void message(uint8_t m[64])
{
    for (int i = 0; i < 64; i++)
        m[i] = (uint8_t)i;
}

static void hex(const uint8_t in[16], char out[33])
{
    for (int i = 0; i < 16; i++) {
        out[2 * i] = "0123456789abcdef"[in[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[in[i] & 15];
    }
    out[32] = 0;
}

static void equals_the_published_function(void **state)
{
    uint8_t m[64], out[16];
    char text[33];
    (void)state;
    message(m);
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        hr_siphash h;
        hr_siphash_init(&h, key);
        hr_siphash_add(&h, m, vectors[i].n);
        hr_siphash_end(&h, out);
        hex(out, text);
        assert_string_equal(text, vectors[i].hex);
    }
}

static void the_cut_into_pieces_does_not_matter(void **state)
{
    uint8_t m[64], whole[16], cut[16];
    hr_siphash h;
    (void)state;
    message(m);
    hr_siphash_init(&h, key);
    hr_siphash_add(&h, m, 63);
    hr_siphash_end(&h, whole);
    for (size_t a = 0; a <= 63; a++) {
        for (size_t b = a; b <= 63; b++) {
            hr_siphash_init(&h, key);
            hr_siphash_add(&h, m, a);
            hr_siphash_add(&h, m + a, b - a);
            hr_siphash_add(&h, m + b, 63 - b);
            hr_siphash_end(&h, cut);
            assert_memory_equal(whole, cut, 16);
        }
    }
}

static void fields_do_not_run_into_each_other(void **state)
{
    uint8_t one[16], two[16];
    hr_siphash h;
    (void)state;
    hr_siphash_init(&h, key);
    hr_siphash_field(&h, HR_STR("ab"));
    hr_siphash_field(&h, HR_STR("c"));
    hr_siphash_end(&h, one);
    hr_siphash_init(&h, key);
    hr_siphash_field(&h, HR_STR("a"));
    hr_siphash_field(&h, HR_STR("bc"));
    hr_siphash_end(&h, two);
    assert_memory_not_equal(one, two, 16);
}

static void an_empty_field_counts(void **state)
{
    uint8_t one[16], two[16];
    hr_siphash h;
    (void)state;
    hr_siphash_init(&h, key);
    hr_siphash_field(&h, hr_str_make(NULL, 0));
    hr_siphash_end(&h, one);
    hr_siphash_init(&h, key);
    hr_siphash_end(&h, two);
    assert_memory_not_equal(one, two, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_published_function),
        cmocka_unit_test(the_cut_into_pieces_does_not_matter),
        cmocka_unit_test(fields_do_not_run_into_each_other),
        cmocka_unit_test(an_empty_field_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
