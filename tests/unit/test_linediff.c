/* Unit tests of tools/linediff.c: the unchanged lines are equal in order, the script is the shortest where the texts are
   small, and bounded in time where they are large and strange. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tools/linediff.c"

enum { MOST = 220000 };

static struct diff_line a[MOST], b[MOST];
static bool gone[MOST], fresh[MOST];
static char text[MOST][12];

static uint64_t state_of_chance = 1;

static unsigned chance(unsigned n)
{
    state_of_chance = state_of_chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state_of_chance >> 33) % n;
}

static struct diff_line word(unsigned i)
{
    if (!text[i][0])
        snprintf(text[i], sizeof(text[i]), "line %u", i);
    return (struct diff_line){text[i], strlen(text[i])};
}

/* The number of changed lines, after a proof that the others are pairwise equal. */
static size_t checked(size_t n, size_t m)
{
    size_t i = 0, j = 0, changes = 0;

    memset(gone, 1, n);
    memset(fresh, 1, m);
    assert_true(linediff(a, n, b, m, gone, fresh));
    for (;;) {
        for (; i < n && gone[i]; i++)
            changes++;
        for (; j < m && fresh[j]; j++)
            changes++;
        if (i == n || j == m)
            break;
        assert_int_equal(a[i].len, b[j].len);
        assert_memory_equal(a[i].text, b[j].text, a[i].len);
        i++, j++;
    }
    assert_int_equal(i, n);
    assert_int_equal(j, m);
    return changes;
}

/* n + m - 2 * longest common subsequence, the slow way. */
static size_t shortest(size_t n, size_t m)
{
    static size_t best[64][64];

    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (i == 0 || j == 0)
                best[i][j] = 0;
            else if (a[i - 1].text == b[j - 1].text)
                best[i][j] = best[i - 1][j - 1] + 1;
            else
                best[i][j] = best[i - 1][j] > best[i][j - 1] ? best[i - 1][j] : best[i][j - 1];
        }
    }
    return n + m - 2 * best[n][m];
}

static void the_script_is_the_shortest_for_every_small_pair(void **state)
{
    (void)state;
    for (int round = 0; round < 40000; round++) {
        size_t n = chance(24), m = chance(24);
        unsigned words = 1 + chance(12);

        for (size_t i = 0; i < n; i++)
            a[i] = word(chance(words));
        for (size_t i = 0; i < m; i++)
            b[i] = word(chance(words));
        assert_int_equal(checked(n, m), shortest(n, m));
    }
}

static void empty_texts_and_empty_lines_are_lines_like_others(void **state)
{
    (void)state;
    assert_int_equal(checked(0, 0), 0);
    a[0] = (struct diff_line){NULL, 0};
    b[0] = (struct diff_line){"", 0};
    assert_int_equal(checked(1, 1), 0);
    assert_int_equal(checked(1, 0), 1);
    assert_true(gone[0]);
    assert_int_equal(checked(0, 1), 1);
    assert_true(fresh[0]);
}

static void a_selection_of_100000_lines_is_found_exactly(void **state)
{
    size_t m = 0;

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        a[i] = word(i);
        if (i % 7 == 3)
            b[m++] = a[i];
    }
    b[m++] = (struct diff_line){"note", 4};
    assert_int_equal(checked(100000, m), 100000 - (m - 1) + 1);
    assert_true(fresh[m - 1]);
    assert_true(gone[0] && !gone[3]);
}

static void hostile_texts_of_100000_lines_end_in_seconds(void **state)
{
    clock_t start = clock();

    (void)state;
    for (unsigned i = 0; i < 100000; i++) { /* the same lines in another order */
        a[i] = word(i);
        b[i] = word(i);
    }
    for (unsigned i = 100000; i-- > 1;) {
        unsigned j = chance(i + 1);
        struct diff_line other = b[i];

        b[i] = b[j];
        b[j] = other;
    }
    assert_true(checked(100000, 100000) < 200000);
    for (unsigned i = 0; i < 100000; i++) { /* two words in chance order */
        a[i] = word(chance(2));
        b[i] = word(chance(2));
    }
    assert_true(checked(100000, 100000) < 100000);
    for (unsigned i = 0; i < 100000; i++) { /* the reverse */
        a[i] = word(i);
        b[i] = word(99999 - i);
    }
    checked(100000, 100000);
    /* Far above what it takes, sanitizers included; without the bound it is hours. */
    assert_true((clock() - start) / CLOCKS_PER_SEC < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_script_is_the_shortest_for_every_small_pair),
        cmocka_unit_test(empty_texts_and_empty_lines_are_lines_like_others),
        cmocka_unit_test(a_selection_of_100000_lines_is_found_exactly),
        cmocka_unit_test(hostile_texts_of_100000_lines_end_in_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
