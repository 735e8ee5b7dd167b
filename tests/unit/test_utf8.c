/* test_utf8.c - claims of core/json/utf8.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge.h"
#include "json/json.h"
#include "json/lex.h"

/* The definition: decode, then look at the value. */
static bool valid_by_value(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        unsigned c = p[i], more = c < 0x80             ? 0
                                  : (c & 0xe0) == 0xc0 ? 1
                                  : (c & 0xf0) == 0xe0 ? 2
                                  : (c & 0xf8) == 0xf0 ? 3
                                                       : 9;
        if (more == 9 || i + more >= n)
            return false;
        uint32_t code = more == 0 ? c : c & (0x3fu >> more);
        for (unsigned k = 1; k <= more; k++) {
            if ((p[i + k] & 0xc0) != 0x80)
                return false;
            code = code << 6 | (p[i + k] & 0x3f);
        }
        static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
        if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return false;
        i += more + 1;
    }
    return true;
}

/* What every kernel of this machine says; they must agree. */
static bool all_say(const char *p, size_t n)
{
    bool valid = hr_utf8_valid(p, n);
    for (int k = 0; k < HR_UTF8_KERNELS; k++) {
        hr_lex_utf8_fn *kernel = hr_lex_utf8_kernel((enum hr_utf8_kernel)k);
        if (kernel && n && kernel(p, p + n) != valid)
            fail_msg("kernel %d does not say %d of %zu bytes from %02x", k, valid, n, (unsigned char)*p);
    }
    return valid;
}

static void utf8_agrees_with_its_definition(void **state)
{
    (void)state;
    static const unsigned char edge[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1,
                                         0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff};
    for (unsigned lead = 0; lead < 256; lead++) {
        for (size_t i = 0; i < sizeof(edge) * sizeof(edge) * sizeof(edge); i++) {
            unsigned char p[4] = {(unsigned char)lead, edge[i % sizeof(edge)],
                                  edge[i / sizeof(edge) % sizeof(edge)],
                                  edge[i / sizeof(edge) / sizeof(edge)]};
            for (size_t n = 1; n <= 4; n++) {
                if (all_say((char *)p, n) != valid_by_value(p, n))
                    fail_msg("%02x %02x %02x %02x, %zu bytes", p[0], p[1], p[2], p[3], n);
            }
        }
    }
}

static void utf8_is_checked_at_every_place_and_end(void **state)
{
    (void)state;
    static const char *const pieces[] = {"\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80",
                                         "\xc3",     "\xe4\xb8",     "\xf0\x9f\x98",
                                         "\x80",     "\xed\xa0\x80", "\xc0\x80"};
    char text[200];
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        for (size_t front = 0; front < 70; front++) {
            for (size_t behind = 0; behind < 70; behind += 1 + behind / 4) {
                size_t n = strlen(pieces[i]);
                memset(text, 'x', sizeof(text));
                memcpy(text + front, pieces[i], n);
                assert_int_equal(all_say(edge_copy(text, front + n + behind), front + n + behind), i < 3);
            }
        }
    }
    assert_true(hr_utf8_valid(NULL, 0));
}

static void utf8_of_mixed_scripts_agrees_with_its_definition(void **state)
{
    (void)state;
    static const char *const parts[] = {"a",
                                        "0123456789abcdefghij",
                                        "\xc3\xa9",
                                        "\xd0\x96\xd0\xb6",
                                        "\xe4\xb8\xad\xe6\x96\x87",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xf0\x9f\x98\x80",
                                        "\xf4\x8f\xbf\xbf"};
    uint32_t x = 3;
    char text[400];
    for (int round = 0; round < 4000; round++) {
        size_t n = 0;
        while (n < 300) {
            x = x * 1664525u + 1013904223u;
            const char *part = parts[(x >> 16) % (sizeof(parts) / sizeof(parts[0]))];
            memcpy(text + n, part, strlen(part));
            n += strlen(part);
        }
        n -= (x >> 10) % 200;
        const char *copy = edge_copy(text, n);
        assert_int_equal(all_say(copy, n), valid_by_value((const unsigned char *)copy, n));
        x = x * 1664525u + 1013904223u;
        ((char *)(uintptr_t)copy)[(x >> 8) % n] = (char)(x >> 20);
        assert_int_equal(all_say(copy, n), valid_by_value((const unsigned char *)copy, n));
    }
}

static void the_first_wrong_sequence_is_told_wherever_blocks_begin(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        "x", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "\xed\x95\x9c", "\xe0\xa4\x85"};
    static const char *const wrong[] = {"\x80",
                                        "\xc1\x81",
                                        "\xe0\x9f\xbf",
                                        "\xed\xa0\x80",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xff",
                                        "\xc3\x28",
                                        "\xe4\xb8\x28",
                                        "\xf0\x9f\x98\x28"};
    char text[400];
    for (size_t k = 0; k < sizeof(scripts) / sizeof(scripts[0]); k++) {
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
            for (size_t pad = 0; pad < 4; pad++) {
                for (size_t before = 0; before < 70; before++) {
                    size_t n = pad, unit = strlen(scripts[k]);
                    memset(text, 'p', pad);
                    for (size_t j = 0; j < before; j++, n += unit)
                        memcpy(text + n, scripts[k], unit);
                    size_t at = n;
                    memcpy(text + n, wrong[i], strlen(wrong[i]));
                    n += strlen(wrong[i]);
                    memset(text + n, 'q', 70);
                    const char *copy = edge_copy(text, n + 70);
                    assert_ptr_equal(hr_lex_utf8_error(copy, copy + n + 70), copy + at);
                    copy = edge_copy(text, at);
                    assert_null(hr_lex_utf8_error(copy, copy + at));
                }
            }
        }
    }
}

static void this_machine_has_the_kernels_that_it_should(void **state)
{
    (void)state;
#if defined(__x86_64__) || defined(__i386__)
    assert_int_equal(hr_lex_utf8_kernel(HR_UTF8_SSSE3) != NULL, __builtin_cpu_supports("ssse3") != 0);
    assert_int_equal(hr_lex_utf8_kernel(HR_UTF8_AVX2) != NULL, __builtin_cpu_supports("avx2") != 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_agrees_with_its_definition),
        cmocka_unit_test(utf8_is_checked_at_every_place_and_end),
        cmocka_unit_test(utf8_of_mixed_scripts_agrees_with_its_definition),
        cmocka_unit_test(this_machine_has_the_kernels_that_it_should),
        cmocka_unit_test(the_first_wrong_sequence_is_told_wherever_blocks_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
