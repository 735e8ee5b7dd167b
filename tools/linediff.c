/* linediff.c - which lines of two texts are the same, in order. See linediff.h.

     lines -> numbers (equal lines, equal numbers) -> without those of one text alone -> boxes

   A box is a stretch of a and one of b. Equal lines at its ends are taken off; two searches, from its first corner and from
   its last, find where a shortest path through it has its middle; that makes two boxes. x counts lines of a, y of b; a
   diagonal k = x - y is walked for nothing while the lines are equal. */
#include "linediff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NOWHERE = -2 }; /* a diagonal that no path has reached inside the box; NOWHERE + 1 is no line either */

struct side {
    uint32_t *number; /* of each line that both texts have */
    size_t *origin;   /* its place in the text */
    size_t n;
    bool *changed;
};

struct search {
    struct side a, b;
    ptrdiff_t *ahead, *back; /* per diagonal: how far x came from the first corner, and from the last */
};

struct box {
    ptrdiff_t x0, x1, y0, y1;
};

/* ------------------------------------------------------------------ numbers */
struct table {
    struct entry {
        const struct diff_line *line; /* NULL: free */
        uint32_t hash, number;
    } * slot;
    size_t mask;
    uint32_t numbers;
};

static uint32_t hash_of(const struct diff_line *l)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < l->len; i++)
        h = (h ^ (unsigned char)l->text[i]) * 16777619u;
    return h ^ h >> 15;
}

static uint32_t number_of(struct table *t, const struct diff_line *l)
{
    uint32_t h = hash_of(l);

    for (size_t i = h & t->mask;; i = (i + 1) & t->mask) {
        struct entry *e = &t->slot[i];

        if (e->line == NULL) {
            *e = (struct entry){l, h, t->numbers};
            return t->numbers++;
        }
        if (e->hash == h && e->line->len == l->len &&
            (l->len == 0 || memcmp(e->line->text, l->text, l->len) == 0))
            return e->number;
    }
}

static bool number_lines(const struct diff_line *a, size_t n, const struct diff_line *b, size_t m,
                         uint32_t *out, uint32_t *numbers)
{
    struct table t = {NULL, 15, 0};

    while (t.mask < 2 * (n + m))
        t.mask = t.mask * 2 + 1;
    t.slot = calloc(t.mask + 1, sizeof(*t.slot));
    if (t.slot == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] = number_of(&t, &a[i]);
    for (size_t i = 0; i < m; i++)
        out[n + i] = number_of(&t, &b[i]);
    *numbers = t.numbers;
    free(t.slot);
    return true;
}

/* ------------------------------------------------------------------ boxes */
static bool same(const struct search *s, ptrdiff_t x, ptrdiff_t y)
{
    return s->a.number[x] == s->b.number[y];
}

static void mark(struct side *s, ptrdiff_t from, ptrdiff_t to)
{
    for (ptrdiff_t i = from; i < to; i++)
        s->changed[s->origin[i]] = true;
}

/* Step c from the first corner: every diagonal that c edits can reach. 1: the searches met, *x and *y is where. */
static bool step_ahead(struct search *s, const struct box *b, ptrdiff_t c, ptrdiff_t *meet_x,
                       ptrdiff_t *meet_y)
{
    ptrdiff_t start = b->x0 - b->y0, end = b->x1 - b->y1;
    ptrdiff_t least = b->x0 - b->y1, most = b->x1 - b->y0;

    for (ptrdiff_t k = start - c; k <= start + c; k += 2) {
        ptrdiff_t x = NOWHERE, y;

        if (k < least || k > most)
            continue;
        if (k - 1 > start - c && k - 1 >= least && s->ahead[k - 1] >= 0)
            x = s->ahead[k - 1] + 1; /* a line of a is gone */
        if (k + 1 < start + c && k + 1 <= most && s->ahead[k + 1] > x)
            x = s->ahead[k + 1]; /* a line of b is fresh */
        y = x - k;
        if (x < b->x0 || x > b->x1 || y < b->y0 || y > b->y1) {
            s->ahead[k] = NOWHERE;
            continue;
        }
        while (x < b->x1 && y < b->y1 && same(s, x, y))
            x++, y++;
        s->ahead[k] = x;
        if (k > end - c && k < end + c && s->back[k] != NOWHERE && x >= s->back[k]) {
            *meet_x = x;
            *meet_y = y;
            return true;
        }
    }
    return false;
}

static bool step_back(struct search *s, const struct box *b, ptrdiff_t c, ptrdiff_t *meet_x,
                      ptrdiff_t *meet_y)
{
    ptrdiff_t start = b->x0 - b->y0, end = b->x1 - b->y1;
    ptrdiff_t least = b->x0 - b->y1, most = b->x1 - b->y0;

    for (ptrdiff_t k = end - c; k <= end + c; k += 2) {
        ptrdiff_t x = NOWHERE, y;

        if (k < least || k > most)
            continue;
        if (k + 1 < end + c && k + 1 <= most && s->back[k + 1] != NOWHERE)
            x = s->back[k + 1] - 1;
        if (k - 1 > end - c && k - 1 >= least && s->back[k - 1] != NOWHERE &&
            (x < b->x0 || s->back[k - 1] < x))
            x = s->back[k - 1];
        y = x - k;
        if (x < b->x0 || x > b->x1 || y < b->y0 || y > b->y1) {
            s->back[k] = NOWHERE;
            continue;
        }
        while (x > b->x0 && y > b->y0 && same(s, x - 1, y - 1))
            x--, y--;
        s->back[k] = x;
        if (k >= start - c && k <= start + c && s->ahead[k] != NOWHERE && x <= s->ahead[k]) {
            *meet_x = x;
            *meet_y = y;
            return true;
        }
    }
    return false;
}

/* The end of the path ahead that came furthest. */
static void furthest(const struct search *s, const struct box *b, ptrdiff_t c, ptrdiff_t *best_x,
                     ptrdiff_t *best_y)
{
    ptrdiff_t start = b->x0 - b->y0, least = b->x0 - b->y1, most = b->x1 - b->y0;

    *best_x = b->x0;
    *best_y = b->y0;
    for (ptrdiff_t k = start - c; k <= start + c; k += 2) {
        ptrdiff_t x = k < least || k > most ? NOWHERE : s->ahead[k];

        if (x != NOWHERE && x + x - k > *best_x + *best_y) {
            *best_x = x;
            *best_y = x - k;
        }
    }
}

/* A point inside the box that a good path goes through. */
static void split(struct search *s, const struct box *b, ptrdiff_t *x, ptrdiff_t *y)
{
    s->ahead[b->x0 - b->y0] = b->x0;
    s->back[b->x1 - b->y1] = b->x1;
    for (ptrdiff_t c = 1; c <= LINEDIFF_EFFORT; c++) {
        if (step_ahead(s, b, c, x, y) || step_back(s, b, c, x, y))
            return;
    }
    furthest(s, b, LINEDIFF_EFFORT, x, y);
}

static void compare(struct search *s, struct box b)
{
    for (;;) {
        ptrdiff_t x, y;

        while (b.x0 < b.x1 && b.y0 < b.y1 && same(s, b.x0, b.y0))
            b.x0++, b.y0++;
        while (b.x0 < b.x1 && b.y0 < b.y1 && same(s, b.x1 - 1, b.y1 - 1))
            b.x1--, b.y1--;
        if (b.x0 == b.x1 || b.y0 == b.y1)
            break;
        split(s, &b, &x, &y);
        if ((x == b.x0 && y == b.y0) || (x == b.x1 && y == b.y1))
            break; /* cannot be; but a loop without an end would be worse than a long script */
        /* The path to the middle has at most half of the edits, so that the depth stays small. */
        compare(s, (struct box){b.x0, x, b.y0, y});
        b.x0 = x;
        b.y0 = y;
    }
    mark(&s->a, b.x0, b.x1);
    mark(&s->b, b.y0, b.y1);
}

/* ------------------------------------------------------------------ lines of one text alone */
static bool keep_common(struct side *s, const uint32_t *number, size_t n, const bool *in_other)
{
    s->number = malloc((n + 1) * sizeof(*s->number));
    s->origin = malloc((n + 1) * sizeof(*s->origin));
    if (s->number == NULL || s->origin == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        s->changed[i] = !in_other[number[i]];
        if (s->changed[i])
            continue;
        s->number[s->n] = number[i];
        s->origin[s->n++] = i;
    }
    return true;
}

static bool search_numbers(const uint32_t *number, size_t n, size_t m, bool *in_a, bool *in_b, bool *gone,
                           bool *fresh)
{
    struct search s = {.a.changed = gone, .b.changed = fresh};
    ptrdiff_t *diagonals = NULL;
    bool done = false;

    for (size_t i = 0; i < n; i++)
        in_a[number[i]] = true;
    for (size_t i = 0; i < m; i++)
        in_b[number[n + i]] = true;
    if (keep_common(&s.a, number, n, in_b) && keep_common(&s.b, number + n, m, in_a)) {
        size_t span = s.a.n + s.b.n + 3;

        diagonals = malloc(2 * span * sizeof(*diagonals));
        if (diagonals != NULL) {
            s.ahead = diagonals + s.b.n + 1;
            s.back = s.ahead + span;
            compare(&s, (struct box){0, (ptrdiff_t)s.a.n, 0, (ptrdiff_t)s.b.n});
            done = true;
        }
    }
    free(diagonals);
    free(s.a.number);
    free(s.a.origin);
    free(s.b.number);
    free(s.b.origin);
    return done;
}

bool linediff(const struct diff_line *a, size_t n, const struct diff_line *b, size_t m, bool *gone,
              bool *fresh)
{
    uint32_t *number = malloc((n + m + 1) * sizeof(*number));
    uint32_t numbers;
    bool *seen = NULL;
    bool done = false;

    if (number != NULL && number_lines(a, n, b, m, number, &numbers)) {
        seen = calloc(2 * (size_t)numbers + 1, sizeof(*seen));
        if (seen != NULL)
            done = search_numbers(number, n, m, seen, seen + numbers, gone, fresh);
    }
    free(seen);
    free(number);
    return done;
}
