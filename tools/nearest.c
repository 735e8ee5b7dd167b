/* nearest.c - which known word was meant by a mistyped one? */
#include "nearest.h"

#include <string.h>

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

/* Levenshtein distance of two short words; a long one is far from everything. */
static size_t distance(const char *a, const char *b)
{
    size_t row[33];
    size_t n = strlen(b);

    if (n > 32 || strlen(a) > 32)
        return 99;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t above = row[j];

            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[n];
}

const char *nearest_word(const char *word, const char *const *known, size_t n)
{
    const char *nearest = NULL;
    size_t best = 3; /* two slips of the keyboard, not more */

    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, known[i]);

        /* Of a short word two letters are most of it: at least half must be right. */
        if (d < best && d * 2 <= strlen(known[i])) {
            best = d;
            nearest = known[i];
        }
    }
    return nearest;
}
