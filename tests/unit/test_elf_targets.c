/* The search loop for code that points somewhere: every kernel finds what a plain loop finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf/targets.h"

enum { MOST_HITS = 1 << 16, RANGES = 40 };

struct hit {
    size_t position;
    uint64_t to;
    bool absolute;
};

struct hits {
    struct hit v[MOST_HITS];
    size_t n, stop_after;
};

static bool note(void *arg, size_t position, uint64_t to, bool absolute)
{
    struct hits *h = arg;

    assert_true(h->n < MOST_HITS);
    h->v[h->n++] = (struct hit){position, to, absolute};
    return h->n != h->stop_after;
}

static bool in_one(const hr_range *ranges, size_t count, uint64_t address)
{
    bool found = false;

    for (size_t i = 0; i < count; i++)
        found |= address >= ranges[i].low && address < ranges[i].high;
    return found;
}

/* What the header says, a position at a time. */
static void search_plainly(const uint8_t *p, size_t n, uint64_t address, const hr_range *ranges, size_t count,
                           bool absolute, struct hits *out)
{
    for (size_t i = 0; i + 4 <= n; i++) {
        uint32_t word = p[i] | (uint32_t)p[i + 1] << 8 | (uint32_t)p[i + 2] << 16 | (uint32_t)p[i + 3] << 24;
        uint64_t to = address + i + 4 + word - (word >> 31 ? 1ull << 32 : 0);

        if (in_one(ranges, count, to))
            note(out, i, to, false);
        if (absolute && in_one(ranges, count, word))
            note(out, i, word, true);
    }
}

static void compare(const uint8_t *p, size_t n, uint64_t address, const hr_range *ranges, size_t count,
                    bool absolute)
{
    static struct hits expected, found;

    expected.n = found.n = 0;
    search_plainly(p, n, address, ranges, count, absolute, &expected);
    for (int kernel = 0; kernel < HR_TARGET_KERNELS; kernel++) {
        if (!hr_targets_use((enum hr_target_kernel)kernel)) {
            assert_int_not_equal(kernel, HR_TARGET_PORTABLE);
            continue;
        }
        found.n = 0;
        assert_true(hr_targets_search(p, n, address, ranges, count, absolute, note, &found));
        assert_int_equal(found.n, expected.n);
        for (size_t i = 0; i < found.n; i++) {
            assert_int_equal(found.v[i].position, expected.v[i].position);
            assert_int_equal(found.v[i].to, expected.v[i].to);
            assert_int_equal(found.v[i].absolute, expected.v[i].absolute);
        }
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return *state >> 16;
}

static void write_word(uint8_t *p, uint64_t word)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(word >> (8 * i));
}

/* Code in which one of seven positions leads to a place around the ranges' ends, and the rest is noise. */
static uint8_t *make_code(size_t n, uint64_t address, const hr_range *ranges, size_t count, uint64_t seed)
{
    uint8_t *p = malloc(n ? n : 1); /* exactly this long: the address sanitizer sees one byte read too far */

    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)next_random(&seed);
    for (size_t i = 0; i + 4 <= n; i += 4 + next_random(&seed) % 7) {
        const hr_range *r = &ranges[next_random(&seed) % count];
        uint64_t to = (next_random(&seed) & 1 ? r->low : r->high) + next_random(&seed) % 5 - 3;

        write_word(p + i, next_random(&seed) & 1 ? to : to - (address + i + 4));
    }
    return p;
}

static void every_kernel_finds_every_target_at_every_length(void **state)
{
    static const size_t lengths[] = {0,  1,  3,   4,    5,    31,   32,   33,   63,   64,   65,
                                     67, 68, 127, 8190, 8191, 8192, 8193, 8194, 8195, 8196, 20000};
    static const uint64_t addresses[] = {0x1000, 0x4f0000, 0x7ffff000, 0xfffff000, 0x7f0000000000};

    (void)state;
    for (size_t a = 0; a < sizeof(addresses) / sizeof(addresses[0]); a++) {
        const uint64_t at = addresses[a];
        const hr_range ranges[] = {{at - 0x800, at - 0x7fc},
                                   {at + 0x100, at + 0x140},
                                   {at + 0x12345, at + 0x12346},
                                   {at + 0x7ffffff0, at + 0x80000010}};

        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            uint8_t *p = make_code(lengths[i], at, ranges, 4, lengths[i]);

            compare(p, lengths[i], at, ranges, 4, false);
            compare(p, lengths[i], at, ranges, 4, true);
            compare(p, lengths[i], at, ranges + 2, 1, false);
            free(p);
        }
    }
}

static void many_ranges_are_found_as_well_as_one(void **state)
{
    hr_range ranges[RANGES];
    const size_t n = 30000;

    (void)state;
    for (uint64_t apart = 64; apart < 1ull << 40; apart *= 32) { /* near, far, out of reach */
        for (size_t i = 0; i < RANGES; i++)
            ranges[i] = (hr_range){0x10000 + i * apart, 0x10000 + i * apart + 24};
        uint8_t *p = make_code(n, 0x400000, ranges, RANGES, apart);

        compare(p, n, 0x400000, ranges, RANGES, true);
        free(p);
    }
}

static void a_range_may_be_all_there_is(void **state)
{
    const hr_range all = {0, UINT64_MAX}, wide = {0x1000, 0x1000 + (5ull << 30)};
    uint8_t *p = make_code(9000, 0x400000, &wide, 1, 1);

    (void)state;
    compare(p, 9000, 0x400000, &all, 1, false);
    compare(p, 9000, 0x400000, &wide, 1, true);
    compare(p, 9000, 0x400000, &all, 0, true);
    free(p);
}

static void a_hit_can_end_the_search(void **state)
{
    static struct hits h = {.stop_after = 5};
    const hr_range range = {0x1004, 0x1104};
    uint8_t zeros[100] = {0};

    (void)state;
    assert_false(hr_targets_search(zeros, sizeof(zeros), 0x1000, &range, 1, false, note, &h));
    assert_int_equal(h.n, 5);
    assert_int_equal(h.v[4].position, 4);
}

static void ranges_that_overlap_or_touch_are_joined(void **state)
{
    hr_range r[] = {{50, 60}, {10, 20}, {20, 30}, {55, 58}, {31, 32}};

    (void)state;
    assert_int_equal(hr_ranges_join(r, 5), 3);
    assert_int_equal(r[0].low, 10);
    assert_int_equal(r[0].high, 30);
    assert_int_equal(r[1].low, 31);
    assert_int_equal(r[2].high, 60);
    for (uint64_t address = 0; address < 100; address++)
        assert_int_equal(hr_ranges_hold(r, 3, address), in_one(r, 3, address));
    assert_false(hr_ranges_hold(r, 0, 10));
    assert_int_equal(hr_ranges_join(r, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_finds_every_target_at_every_length),
        cmocka_unit_test(many_ranges_are_found_as_well_as_one),
        cmocka_unit_test(a_range_may_be_all_there_is),
        cmocka_unit_test(a_hit_can_end_the_search),
        cmocka_unit_test(ranges_that_overlap_or_touch_are_joined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
