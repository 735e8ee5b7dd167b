/* Unit tests of tools/cells.c: widths as terminals have them, and nothing that steers a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/cells.c"
#include "tools/format.c"

static void each_character_has_its_width(void **state)
{
    static const struct {
        const char *text, *shown;
        unsigned column, width, length;
    } cases[] = {
        {"a", "a", 0, 1, 1},
        {"\t", "        ", 0, 8, 1},
        {"\t", "  ", 6, 2, 1},
        {"\xC3\xA4", "\xC3\xA4", 0, 1, 2},
        {"\xE6\xBC\xA2", "\xE6\xBC\xA2", 0, 2, 3},
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80", 0, 2, 4},
        {"\xCC\x81", "\xCC\x81", 3, 0, 2}, /* combining acute */
        {"\x1B[2J", "^[", 0, 2, 1},
        {"\r", "^M", 0, 2, 1},
        {"\x7F", "^?", 0, 2, 1},
        {"\xC2\x9B", "<U+009B>", 0, 8, 2}, /* CSI of eight bits */
        {"\xE2\x80\xAE", "<U+202E>", 0, 8, 3},
        {"\xE2\x80\xA8", "<U+2028>", 0, 8, 3},
        {"\xFF", "\\xFF", 0, 4, 1},
        {"\xE6\xBC", "\\xE6", 0, 4, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cell c;
        size_t n = cells_next(cases[i].text, strlen(cases[i].text), cases[i].column, &c);

        assert_int_equal(n, cases[i].length);
        assert_int_equal(c.width, cases[i].width);
        assert_int_equal(c.len, strlen(cases[i].shown));
        assert_memory_equal(c.text, cases[i].shown, c.len);
    }
}

static void no_character_of_one_or_two_bytes_steers_the_terminal(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 0x10000; i++) {
        char text[2] = {(char)(i >> 8), (char)i};
        struct cell c;
        size_t n = cells_next(text, 2, 0, &c);

        assert_true(n >= 1 && n <= 2);
        for (size_t j = 0; j < c.len; j++) {
            unsigned char byte = (unsigned char)c.text[j];
            assert_true(byte >= 0x20 && byte != 0x7F);
            /* Eight-bit controls: alone, or as C2 80 .. C2 9F. */
            assert_false(byte >= 0x80 && byte < 0xA0 && (j == 0 || (unsigned char)c.text[j - 1] == 0xC2));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_character_has_its_width),
        cmocka_unit_test(no_character_of_one_or_two_bytes_steers_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
