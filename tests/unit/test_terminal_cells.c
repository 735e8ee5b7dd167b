/* test_terminal_cells.c - claims of the cells of a terminal's line (core/transform/terminal_cells.h): what is written is what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/terminal_cells.h"

#include <stdlib.h>

static const char *const letters[] = {"a", "7", " ", "\xc5\xa0", "\xe2\x96\x88", "\xf0\x9f\x9a\x80",
                                      "~", "%"};

/* n characters, mostly ASCII. */
static void add_text(hr_buf *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hr_buf_puts(b, rand() % 40 ? letters[(size_t)rand() % 3] : letters[(size_t)rand() % 8]);
}

static void a_line_shows_what_was_written_last(void **state)
{
    (void)state;
    for (int round = 0; round < 4000; round++) {
        hr_buf text = {0}, shown = {0};
        hr_cells line = {0};
        size_t n = (size_t)rand() % 70;
        uint32_t end = 99;
        add_text(&text, n);
        char *exact = malloc(text.len ? text.len : 1); /* so that one byte too far is seen */
        assert_non_null(exact);
        if (text.len)
            memcpy(exact, text.data, text.len);
        assert_int_equal(hr_cells_put(&line, 0, hr_str_make(exact, text.len), &end), 0);
        assert_int_equal(end, n);
        assert_int_equal(line.n, n);
        hr_cells_write(&shown, &line, line.n);
        assert_true(hr_str_eq(hr_buf_view(&shown), hr_buf_view(&text)));
        /* Behind the end: blanks up to there; within: the rest stays. */
        shown.len = 0;
        const uint32_t at = (uint32_t)rand() % 90;
        assert_int_equal(hr_cells_put(&line, at, HR_STR("0123456789abcdefgh"), &end), 0);
        assert_int_equal(end, at + 18);
        assert_int_equal(line.n, n > end ? n : end);
        for (uint32_t i = 0; i < 18; i++)
            assert_int_equal(line.cell[at + i], "0123456789abcdefgh"[i]);
        for (uint32_t i = (uint32_t)n; i < at; i++)
            assert_int_equal(line.cell[i], ' ');
        /* What was never written shows as a blank. */
        line.cell[at] = 0;
        hr_cells_write(&shown, &line, line.n);
        line.cell[at] = ' ';
        const size_t with_hole = shown.len;
        hr_cells_write(&shown, &line, line.n);
        assert_int_equal(shown.len, 2 * with_hole);
        assert_memory_equal(shown.data, shown.data + with_hole, with_hole);
        free(exact);
        hr_free(line.cell);
        hr_buf_free(&text);
        hr_buf_free(&shown);
    }
}

static bool alike(const char *x, const char *y)
{
    hr_cells a = {0}, b = {0};
    uint32_t end;
    assert_int_equal(hr_cells_put(&a, 0, hr_str_make(x, strlen(x)), &end), 0);
    assert_int_equal(hr_cells_put(&b, 0, hr_str_make(y, strlen(y)), &end), 0);
    const bool r = hr_cells_are_alike(&a, &b);
    hr_free(a.cell);
    hr_free(b.cell);
    return r;
}

static void states_of_one_bar_are_alike(void **state)
{
    (void)state;
    assert_true(alike("  7%|##        | 7/100", " 63%|######    | 63/100"));
    assert_true(alike("\xe2\xa0\xbc reify: timing 9ms", "\xe2\xa0\xb4 reify: timing 12ms  "));
    assert_false(alike("downloading the index", "Traceback (most recent"));
}

static void missing_memory_is_told(void **state)
{
    hr_cells line = {0};
    uint32_t end;
    (void)state;
    hr_fault_after(HR_FAULT_ALLOC, 1, true);
    assert_int_equal(hr_cells_put(&line, 3, HR_STR("abc"), &end), HR_ENOMEM);
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    assert_int_equal(line.n, 0);
    hr_free(line.cell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_shows_what_was_written_last),
        cmocka_unit_test(states_of_one_bar_are_alike),
        cmocka_unit_test(missing_memory_is_told),
    };
    srand(5);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
