/* test_split.c - claims of core/transform/split.h: the words of every line, as hr_line_split() has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/line_words.h"
#include "transform/lines.h"
#include "transform/split.h"

#include <stdlib.h>
#include <string.h>

static void words(hr_buf *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        hr_buf_puts(b, i ? " w" : "w");
        hr_buf_u64(b, i % 7);
    }
    hr_buf_putc(b, '\n');
}

/* Is every line of *b split as one line alone is? */
static void claim(const hr_buf *b)
{
    hr_split s;
    hr_str rest = hr_buf_view(b), line;
    bool ended;
    char *copy = malloc(b->len); /* of exactly the size, so that one byte too far is seen */

    assert_non_null(copy);
    memcpy(copy, b->data, b->len);
    assert_int_equal(hr_split_read(&s, hr_str_make(copy, b->len), &(hr_watch){0}), 0);
    for (uint32_t i = 0; hr_line_next(&rest, &line, &ended); i++) {
        hr_line_words w;
        hr_line_split(line, &w);
        const uint32_t n = s.first[i + 1] - s.first[i];
        assert_int_equal(n, w.n >= 2 && w.n <= HR_LINE_WORDS ? w.n : 0);
        for (uint32_t k = 0; k < n; k++) {
            const hr_place *p = &s.place[s.first[i] + k];
            assert_true(hr_str_eq(hr_str_make(copy + s.begin[i] + p->off, p->len), w.word[k]));
        }
    }
    hr_split_free(&s);
    free(copy);
}

static void lines_of_any_number_of_words(void **state)
{
    hr_buf b = {0};
    (void)state;
    for (unsigned n = 0; n < 300; n++) {
        b.len = 0;
        words(&b, n);
        words(&b, 3);
        words(&b, n);
        claim(&b);
    }
    hr_buf_free(&b);
}

static void lines_of_one_shape_are_told_by_it(void **state)
{
    hr_split s;
    (void)state;
    assert_int_equal(hr_split_read(&s, HR_STR("a b, c\nd e, f\nd e; f\nd e, f g\n"), &(hr_watch){0}), 0);
    assert_int_equal(s.lines, 4);
    assert_true(s.shape[0] == s.shape[1] && s.shape[1] != s.shape[2] && s.shape[1] != s.shape[3]);
    hr_split_free(&s);
}

static void missing_memory_is_told(void **state)
{
    hr_buf b = {0};
    hr_split s;
    int r = HR_ENOMEM;
    (void)state;
    for (unsigned n = 0; n < 200; n++)
        words(&b, 30);
    for (long n = 1; r != 0; n++) {
        assert_true(n < 20);
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        r = hr_split_read(&s, hr_buf_view(&b), &(hr_watch){0});
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 0 || r == HR_ENOMEM);
    }
    hr_split_free(&s);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_any_number_of_words),
        cmocka_unit_test(lines_of_one_shape_are_told_by_it),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
