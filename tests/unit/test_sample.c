/* test_sample.c - claims of the sample that the router asks first (core/transform/sample.c), and that what it decides loses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "transform/sample.h"
#include "transform/transform.h"

enum { LONG = 2 * HR_SAMPLE_FROM };

static const char *const words[] = {"anchor", "window", "ladder",  "copper", "meadow", "signal",
                                    "timber", "harbor", "winter",  "saddle", "mirror", "candle",
                                    "bridge", "garden", "thunder", "velvet"};

static const char *const small[] = {"of", "the", "and", "was", "under", "a", "never", "with"};

static uint64_t random_state;

static unsigned pick(unsigned below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % below;
}

/* Sentences of four to nineteen words, broken where a line is full. */
static void prose(hr_buf *b, size_t n)
{
    enum { WIDTH = 72 };
    size_t line = 0;

    random_state = 7;
    for (unsigned left = 0; b->len < n; left--) {
        const bool first = left == 0;
        left = first ? 4 + pick(16) : left;
        const size_t at = b->len;
        hr_buf_puts(b, pick(2) ? words[pick(16)] : small[pick(8)]);
        if (first)
            b->data[at] = (char)(b->data[at] - 'a' + 'A');
        hr_buf_puts(b, left == 1 ? "." : pick(12) ? "" : ",");
        const bool full = b->len - line > WIDTH;
        hr_buf_putc(b, full ? '\n' : ' ');
        line = full ? b->len : line;
    }
    b->data[b->len - 1] = '\n';
}

static void a_sample_is_of_whole_lines_in_their_order(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_arena *a = hr_arena_new();
    hr_str sample;
    size_t at = 0, lines = 0;
    prose(&b, LONG);
    char *exact = malloc(b.len); /* a byte read behind it is seen */
    memcpy(exact, b.data, b.len);
    assert_int_equal(hr_sample_lines(a, hr_str_make(exact, b.len), &sample), 0);
    assert_true(sample.n > HR_SAMPLE_PARTS * HR_SAMPLE_PART / 2 &&
                sample.n <= HR_SAMPLE_PARTS * HR_SAMPLE_PART);
    for (hr_str line = sample; line.n; lines++) {
        const char *feed = memchr(line.p, '\n', line.n);
        assert_non_null(feed);
        const hr_str one = hr_str_make(line.p, (size_t)(feed - line.p) + 1);
        const size_t found = hr_str_find(hr_buf_view(&b), one, at);
        assert_true(found != SIZE_MAX && (found == 0 || b.data[found - 1] == '\n'));
        at = found + one.n;
        line = hr_str_make(line.p + one.n, line.n - one.n);
    }
    assert_true(lines > 2 * HR_SAMPLE_PARTS);
    assert_true(at > b.len - b.len / HR_SAMPLE_PARTS); /* to its end */
    free(exact);
    hr_arena_free(a);
    hr_buf_free(&b);
}

static void a_text_without_line_feeds_has_no_sample(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_arena *a = hr_arena_new();
    hr_str sample;
    prose(&b, LONG);
    for (size_t i = 0; i < b.len; i++)
        b.data[i] = b.data[i] == '\n' ? ' ' : b.data[i];
    assert_int_equal(hr_sample_lines(a, hr_buf_view(&b), &sample), 0);
    assert_int_equal(sample.n, 0);
    hr_arena_free(a);
    hr_buf_free(&b);
}

static void lines_that_stand_again_are_seen_however_far_apart(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_arena *a = hr_arena_new();
    prose(&b, LONG);
    assert_int_equal(hr_lines_repeat(a, hr_buf_view(&b)), 0);
    const size_t once = b.len;
    hr_buf_reserve(&b, once / 20);
    hr_buf_add(&b, b.data, once / 20); /* a twentieth of it stands again, at the other end */
    assert_int_equal(hr_lines_repeat(a, hr_buf_view(&b)), 1);
    hr_arena_free(a);
    hr_buf_free(&b);
}

static int transform(hr_arena *a, hr_str text, hr_transform_out *out)
{
    const hr_transform_in in = {.text = text,
                                .query = hr_query_new(a, HR_STR("")),
                                .allow_lossy = true,
                                .max_items = 15,
                                .id = "0123456789abcdef0123"};
    return hr_transform(a, &in, out);
}

static void a_long_text_of_sentences_goes_out_as_it_is(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    prose(&b, LONG);
    assert_int_equal(transform(a, hr_buf_view(&b), &out), 0);
    assert_string_equal(out.kind, "prose");
    hr_arena_free(a);
    hr_buf_free(&b);
}

static void a_chapter_that_stands_twice_is_said_once(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    prose(&b, LONG);
    const size_t once = b.len;
    hr_buf_reserve(&b, once);
    hr_buf_add(&b, b.data, once);
    assert_int_equal(transform(a, hr_buf_view(&b), &out), 1);
    assert_string_equal(out.transform, "repeats");
    assert_true(out.text.n < b.len * 3 / 5);
    hr_arena_free(a);
    hr_buf_free(&b);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    hr_buf b = {0};
    bool done = false;
    prose(&b, LONG);
    for (long n = 1; n < 400 && !done; n++) {
        hr_arena *a = hr_arena_new();
        hr_transform_out out;
        const hr_transform_in in = {.text = hr_buf_view(&b),
                                    .query = hr_query_new(a, HR_STR("")),
                                    .max_items = 15,
                                    .id = "0123456789abcdef0123"};
        hr_fault_after(HR_FAULT_ALLOC, n, false);
        const int r = hr_transform(a, &in, &out);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 0 || r == HR_ENOMEM);
        done = r == 0;
        hr_arena_free(a);
    }
    assert_true(done);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_is_of_whole_lines_in_their_order),
        cmocka_unit_test(a_text_without_line_feeds_has_no_sample),
        cmocka_unit_test(lines_that_stand_again_are_seen_however_far_apart),
        cmocka_unit_test(a_long_text_of_sentences_goes_out_as_it_is),
        cmocka_unit_test(a_chapter_that_stands_twice_is_said_once),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
