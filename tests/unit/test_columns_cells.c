/* test_columns_cells.c - claims of the cells of the form `columns` (core/transform/columns.h): the quick answers are the slow ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transform/columns.h"

#include <stdio.h>
#include <string.h>

/* All words of up to five of these, with nothing, digits or a fraction before them. */
static void what_looks_like_a_number_is_one_by_both_answers(void **state)
{
    static const char bytes[] = "019.eE+-a,";
    static const char *const before[] = {"", "7", "123456789", "0.25", "12345678901"};
    enum { BYTES = sizeof bytes - 1, MOST = 5 };
    char text[64];
    unsigned numbers = 0, none = 0;
    (void)state;
    for (size_t k = 0; k < sizeof before / sizeof *before; k++) {
        const size_t head = strlen(before[k]);
        memcpy(text, before[k], head);
        for (size_t n = 0, words = 1; n <= MOST; n++, words *= BYTES)
            for (size_t w = 0; w < words && head + n > 0; w++) {
                for (size_t i = 0, rest = w; i < n; i++, rest /= BYTES)
                    text[head + i] = bytes[rest % BYTES];
                memset(text + head + n, '5',
                       sizeof text - head - n); /* what stands behind a cell is not read as its own */
                const hr_str s = hr_str_make(text, head + n);
                const bool literal = hr_cell_is_literal(s);
                if (literal != hr_cell_is_literal_inside(s, text + sizeof text) ||
                    literal != hr_cell_is_literal_inside(s, text + s.n))
                    fail_msg("%.*s", (int)s.n, s.p);
                numbers += literal;
                none += !literal;
            }
    }
    assert_true(numbers > 1000 && none > 1000);
}

/* A cell ends at the same byte wherever the text that it is part of ends. */
static void a_cell_ends_at_the_same_byte_whatever_stands_behind_it(void **state)
{
    static const char *const lines[] = {"alpha beta,7,\"", "1 2 3",
                                        "x;y]z}",          "-",
                                        "\"a,b\",c",       "a much longer cell than a block has bytes,\"",
                                        "{\"a\":1},b",     "twenty-five bytes of text"};
    static const unsigned places[] = {HR_CELL_ROW, HR_CELL_INNER, HR_CELL_ROW | HR_CELL_NARROW,
                                      HR_CELL_INNER | HR_CELL_NARROW};
    char text[96];
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
            const size_t n = strlen(lines[i]);
            memset(text, 'q', sizeof text);
            memcpy(text, lines[i], n);
            text[n] = '\n';
            hr_str a = hr_str_make(text, n), b = a, cell, same;
            const bool whole = hr_cell_take(&a, text + sizeof text, places[k], &cell);
            assert_int_equal(hr_cell_take(&b, text + n, places[k], &same), whole);
            assert_int_equal(cell.n, same.n);
            assert_true(!whole || hr_cell_ends(a, places[k]));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_looks_like_a_number_is_one_by_both_answers),
        cmocka_unit_test(a_cell_ends_at_the_same_byte_whatever_stands_behind_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
