/* series.c - rows that follow each other in time. See marks.h.

   A step is found by comparing the mean of the five values before a place with that of the five from it on, in units of the noise between
   neighbours (the median of their differences: the step itself must not count as noise). A slope or a wave has such places everywhere; then
   it has no steps. */
#include "transform/marks.h"
#include "transform/signs.h"
#include "transform/sort.h"

#include <string.h>

enum {
    MIN_ROWS = 20,
    WINDOW = 5,
    MAX_MEASURES = 4, /* a row of more numbers, */
    MAX_PATHS = 16,   /* or of so many values, is a record: the extremes of each would be half of the rows */
    ORDERED_PERCENT = 95, /* of neighbours */
    MOST_STEPS_SHARE = 50,
    STEP_STRENGTH = 49, /* marks.h: seven deviations */
    EXTREME_STRENGTH = 16
};
static const double STEP = 6, BELL = 1.4826; /* deviations; a bell's deviation is so many median ones */

/* ------------------------------------------------------------------ time */
/* "2025-01-07T10:01:17.5Z" and its kin as seconds, or near enough to be ordered by: no zone, months of 31 days. */
static bool read_date(hr_str s, double *out)
{
    static const double unit[] = {32140800, 2678400, 86400, 3600, 60, 1};
    static const char divider[][4] = {"-/", "-/", "T t", ":", ":.", ".,"};
    double sum = 0;
    size_t at = 0;
    for (size_t part = 0; part < 6; part++) {
        double v = 0;
        size_t from = at;
        while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9' && at - from < 4)
            v = v * 10 + (s.p[at++] - '0');
        if (at - from != (part ? 2u : 4u))
            return false;
        sum += v * unit[part];
        if (at == s.n || !strchr(divider[part], s.p[at])) {
            if (part < 2)
                return false;
            break; /* a date alone, or no seconds */
        }
        at++;
    }
    double digit = 0.1;
    for (; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; at++, digit /= 10)
        sum += (s.p[at] - '0') * digit;
    *out = sum;
    return true;
}

bool hr_is_epoch(double v)
{
    for (double unit = 1; unit < 1e10; unit *= 1000)
        if (v > 1.0e9 * unit && v < 2.5e9 * unit)
            return true;
    return false;
}

static bool time_of(const hr_fields *f, const hr_path *p, uint32_t i, double *v)
{
    const hr_cell *c = &p->cells[i];
    const hr_str s = hr_cell_text(f, c);
    if (hr_cell_node(f, c)->type == HR_JSON_STRING && read_date(hr_str_make(s.p + 1, s.n - 2), v))
        return true;
    *v = p->values.number ? p->values.number[i] : 0;
    return hr_is_epoch(*v);
}

static bool is_plain(const hr_fields *f, const hr_path *p)
{
    return p->key.p && !p->many && p->n == p->rows && p->depth < 4 &&
           (uint64_t)p->rows * 100 >= (uint64_t)f->rows->n * ORDERED_PERCENT;
}

/* Times of the path's rows as pairs to be sorted; fewer than ORDERED_PERCENT of them: it tells no time. */
static uint32_t read_times(const hr_fields *f, const hr_path *p, hr_pair *order, uint32_t *up, uint32_t *down)
{
    uint32_t n = 0;
    double before = 0, v;
    *up = *down = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        if (!time_of(f, p, i, &v)) {
            if (i - n > p->n / 20)
                return 0;
            continue;
        }
        *up += n > 0 && v >= before;
        *down += n > 0 && v <= before;
        before = v;
        order[n++] = (hr_pair){hr_sort_key(v), p->cells[i].row};
    }
    return n;
}

int hr_series_find(const hr_fields *f, hr_arena *scratch, bool sorted, hr_series *out)
{
    const uint32_t rows = f->rows->n;
    hr_pair *order = hr_arena_alloc(scratch, 2 * (size_t)rows * sizeof *order);
    *out = (hr_series){hr_arena_alloc(scratch, rows * sizeof *out->row), 0, false};
    if (!order || !out->row)
        return HR_ENOMEM;
    if (rows < MIN_ROWS)
        return 0;
    /* Bare values and nothing else: their places are their times. */
    if (f->n == 2 && f->paths[1].key.p && f->paths[1].key.n == 0 && !f->rows->members) {
        for (out->in_order = true; out->n < rows; out->n++)
            out->row[out->n] = out->n;
        return 0;
    }
    for (uint32_t k = 1; k < f->n; k++) {
        uint32_t up, down, n = is_plain(f, &f->paths[k]) ? read_times(f, &f->paths[k], order, &up, &down) : 0;
        if (n == 0)
            continue;
        const uint64_t enough = (uint64_t)n * ORDERED_PERCENT / 100;
        out->in_order = up + 1 >= enough || down + 1 >= enough;
        if (sorted) {
            hr_sort_pairs(order, order + rows, n);
            for (; out->n < n; out->n++)
                out->row[out->n] = order[out->n].value;
        }
        return 0;
    }
    return 0;
}

/* ------------------------------------------------------------------ steps */
struct line {
    double *v, *height; /* values; by place, the size of the step there */
    uint32_t *row;
    hr_pair *order; /* twice as many */
    uint32_t n;
};

static double magnitude(double v)
{
    return v < 0 ? -v : v;
}

static double noise_of(const struct line *l)
{
    double least = l->v[0], most = l->v[0];
    for (uint32_t i = 1; i < l->n; i++) {
        least = l->v[i] < least ? l->v[i] : least;
        most = l->v[i] > most ? l->v[i] : most;
        l->order[i - 1] = (hr_pair){hr_sort_key(magnitude(l->v[i] - l->v[i - 1])), i};
    }
    hr_sort_pairs(l->order, l->order + l->n, l->n - 1);
    const double between = hr_sort_number(l->order[(l->n - 1) / 2].key);
    const double noise = BELL * between * 0.70710678; /* of one value, not of the difference of two */
    return noise > (most - least) / 1000 ? noise : (most - least) / 1000;
}

/* Places whose step is the largest within a window on either side, and large beside the noise. */
static uint32_t find_steps(const struct line *l, uint32_t *place, uint32_t most)
{
    const double limit = STEP * noise_of(l) * 0.63245553; /* of the difference of two means of five */
    uint32_t found = 0;
    double left = 0, right = 0;
    if (!(limit > 0))
        return 0;
    for (uint32_t i = 0; i < WINDOW; i++) {
        left += l->v[i];
        right += l->v[i + WINDOW];
    }
    memset(l->height, 0, l->n * sizeof *l->height);
    for (uint32_t i = WINDOW; i + WINDOW <= l->n; i++) {
        l->height[i] = magnitude(right - left) / WINDOW;
        left += l->v[i] - l->v[i - WINDOW];
        right += i + WINDOW < l->n ? l->v[i + WINDOW] - l->v[i] : 0;
    }
    for (uint32_t i = WINDOW; i + WINDOW <= l->n; i++) {
        bool largest = l->height[i] > limit;
        for (uint32_t k = 1; largest && k <= WINDOW; k++)
            largest = l->height[i] > l->height[i - k] && (i + k >= l->n || l->height[i] >= l->height[i + k]);
        if (!largest)
            continue;
        if (found == most)
            return 0;
        place[found++] = i;
    }
    return found;
}

static void mark_line(const struct line *l, bool narrow, uint32_t *place, float *strength, uint32_t *steps)
{
    uint32_t least = 0, most = 0;
    for (uint32_t i = 1; i < l->n; i++) {
        least = l->v[i] < l->v[least] ? i : least;
        most = l->v[i] > l->v[most] ? i : most;
    }
    if (!(l->v[most] > l->v[least]))
        return;
    if (narrow) {
        hr_mark(strength, l->row[least], EXTREME_STRENGTH);
        hr_mark(strength, l->row[most], EXTREME_STRENGTH);
    }
    const uint32_t found = find_steps(l, place, l->n / MOST_STEPS_SHARE + 3);
    for (uint32_t i = 0; i < found; i++) {
        hr_mark(strength, l->row[place[i] - 1], STEP_STRENGTH);
        hr_mark(strength, l->row[place[i]], STEP_STRENGTH);
    }
    *steps += found;
}

/* The numbers of a path that measure something, in the order of the rows. */
static void read_line(const hr_fields *f, const hr_path *p, struct line *l)
{
    double v;
    l->n = 0;
    if (!p->values.number || !is_plain(f, p) || (hr_key_signs(p->key) & HR_KEY_IDENTITY))
        return;
    for (uint32_t i = 0; i < p->n; i++) {
        v = p->values.number[i];
        if (__builtin_isnan(v))
            continue;
        if (hr_is_epoch(v) || magnitude(v) > 1e140)
            break;
        l->row[l->n] = p->cells[i].row;
        l->v[l->n++] = v;
    }
    if (l->n < MIN_ROWS || l->n < p->n / 2)
        l->n = 0;
}

int hr_mark_series(const hr_fields *f, hr_arena *scratch, hr_watch *watch, const hr_series *series,
                   float *strength, uint32_t *steps)
{
    const uint32_t rows = f->rows->n;
    uint32_t measure[MAX_MEASURES], measures = 0;
    *steps = 0;
    if (!series->in_order)
        return 0;
    struct line l = {.v = hr_arena_alloc(scratch, rows * sizeof *l.v),
                     .height = hr_arena_alloc(scratch, rows * sizeof *l.height),
                     .row = hr_arena_alloc(scratch, rows * sizeof *l.row),
                     .order = hr_arena_alloc(scratch, 2 * (size_t)rows * sizeof *l.order)};
    uint32_t *place = hr_arena_alloc(scratch, rows * sizeof *place);
    if (!l.v || !l.height || !l.row || !l.order || !place)
        return HR_ENOMEM;
    for (uint32_t k = 1; k < f->n; k++) {
        read_line(f, &f->paths[k], &l);
        if (l.n == 0)
            continue;
        if (measures == MAX_MEASURES)
            return 0;
        measure[measures++] = k;
        if (hr_watch_spend(watch, (size_t)l.n * 16) < 0)
            return HR_ETIME;
    }
    for (uint32_t m = 0; m < measures; m++) {
        read_line(f, &f->paths[measure[m]], &l);
        mark_line(&l, f->n <= MAX_PATHS, place, strength, steps);
        if (hr_watch_spend(watch, (size_t)l.n * 64) < 0)
            return HR_ETIME;
    }
    return 0;
}
