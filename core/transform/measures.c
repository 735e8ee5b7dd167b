/* measures.c - numbers that stand out in their field. See marks.h.

   SEED's rule is plain: beyond two standard deviations from the mean. Two things are added. One huge value makes the
   deviation so wide that it hides the next ones, hence a second test against the median. And some numbers measure nothing
   (identifiers, sequences, times): for them only what is grotesquely far away counts. */
#include "transform/marks.h"
#include "transform/number.h"
#include "transform/signs.h"
#include "transform/sort.h"

enum {
    MIN_VALUES = 5,
    PLAIN_SHARE = 10,    /* more than 1/10 beyond the line: a class of its own, the line moves out */
    ROBUST_SHARE = 50,   /* at most 1/50 by the second test */
    IDENTITY_SHARE = 200 /* at most 1/200 of what measures nothing */
};
static const double PLAIN = 2, ROBUST = 3, FAR = 10, WIDEST = 1e6;
/* The standard deviation of a bell is this many median deviations. */
static const double MAD = 1.4826;

struct values {
    hr_pair *sorted, *scratch; /* key orders like the number; value: index of the cell */
    double *v;                 /* per cell; unused where it is no number */
    uint8_t *out;              /* per cell: taken for an outlier while others are looked for */
    uint32_t n;                /* numbers */
    double largest;            /* magnitude */
    bool integers;
};

static double magnitude(double v)
{
    return v < 0 ? -v : v;
}

bool hr_cell_number(const hr_fields *f, const hr_path *p, const hr_cell *c, double *v, bool *integer)
{
    enum { LONGEST = 24 };
    bool is_integer;
    hr_str s = hr_cell_text(f, c);
    if (hr_cell_node(f, c)->type == HR_JSON_STRING) {
        s = hr_str_make(s.p + 1, s.n - 2);
        const bool pair = p->key.n == 1 && p->key.p[0] >= '0' && p->key.p[0] <= '9';
        size_t i = s.n > 0 && s.p[0] == '-', digits = 0, points = 0;
        if (s.n > LONGEST || (s.n > i + 1 && s.p[i] == '0' && s.p[i + 1] != '.'))
            return false;
        for (; i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] == '.' && digits > 0)); i++) {
            points += s.p[i] == '.';
            digits += s.p[i] != '.';
        }
        if (i < s.n || digits == 0 || points > 1 || s.p[i - 1] == '.' || (points == 0 && !pair))
            return false;
    } else if (hr_cell_node(f, c)->type != HR_JSON_NUMBER) {
        return false;
    }
    *v = hr_number_kind(s.p, s.n, integer ? integer : &is_integer);
    return true;
}

static void read_values(const hr_path *p, struct values *s)
{
    s->n = 0;
    s->largest = 0;
    s->integers = p->values.integers;
    for (uint32_t i = 0; i < p->n; i++) {
        double v = p->values.number[i];
        if (__builtin_isnan(v))
            continue;
        /* Squares must stay finite; whatever is clipped here is an outlier anyway. */
        v = v > 1e140 ? 1e140 : v < -1e140 ? -1e140 : v;
        s->v[i] = v;
        s->out[i] = 0;
        s->largest = magnitude(v) > s->largest ? magnitude(v) : s->largest;
        s->sorted[s->n++] = (hr_pair){hr_sort_key(v), i};
    }
}

/* Mean and sample variance of the values that are not out. False: fewer than two are left. */
static bool spread(const struct values *s, double *mean, double *variance)
{
    double sum = 0, squares = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->out[s->sorted[i].value])
            continue;
        sum += s->v[s->sorted[i].value];
        n++;
    }
    if (n < 2)
        return false;
    *mean = sum / n;
    for (uint32_t i = 0; i < s->n; i++) {
        double d = s->v[s->sorted[i].value] - *mean;
        if (!s->out[s->sorted[i].value])
            squares += d * d;
    }
    *variance = squares / (n - 1);
    return true;
}

/* Squared distance in units of the deviation. */
static double distance(double v, double centre, double variance)
{
    double d = v - centre;
    return d * d / variance;
}

/* Mark what lies beyond `line` deviations; while more than `most` lie there the line moves out. */
static void mark_beyond(const struct values *s, const hr_path *p, double centre, double variance, double line,
                        uint32_t most, float *strength)
{
    if (!(variance > 0))
        return;
    for (; line < WIDEST; line = line < 4 ? line + 1 : line * 2) {
        uint32_t beyond = 0;
        for (uint32_t i = 0; i < s->n; i++)
            beyond += distance(s->v[s->sorted[i].value], centre, variance) > line * line;
        if (beyond > most)
            continue;
        for (uint32_t i = 0; beyond && i < s->n; i++) {
            uint32_t cell = s->sorted[i].value;
            double d = distance(s->v[cell], centre, variance);
            if (d > line * line)
                hr_mark(strength, p->cells[cell].row, (float)(d < 400 ? d : 400));
        }
        return;
    }
}

static double median(const struct values *s)
{
    return hr_sort_number(s->sorted[s->n / 2].key);
}

/* The median distance from the median: two ends of the sorted list move towards each other. */
static double median_deviation(const struct values *s, double centre)
{
    uint32_t lo = 0, hi = s->n - 1;
    double d = 0;
    for (uint32_t left = s->n; left > s->n / 2; left--) {
        double a = centre - hr_sort_number(s->sorted[lo].key), b = hr_sort_number(s->sorted[hi].key) - centre;
        d = a > b ? a : b;
        if (a > b)
            lo++;
        else
            hi--;
    }
    return d;
}

/* Most values are the same, so that there is no median deviation: take the farthest out and look again. */
static void peel(struct values *s, const hr_path *p, uint32_t most, float *strength)
{
    uint32_t taken = 0;
    for (int round = 0; round < 4; round++) {
        double mean, variance;
        uint32_t beyond = 0;
        if (!spread(s, &mean, &variance) || !(variance > 0))
            return;
        for (uint32_t i = 0; i < s->n; i++) {
            uint32_t cell = s->sorted[i].value;
            beyond += !s->out[cell] && distance(s->v[cell], mean, variance) > FAR * FAR / 4;
        }
        taken += beyond;
        if (beyond == 0 || taken > most)
            return;
        for (uint32_t i = 0; i < s->n; i++) {
            uint32_t cell = s->sorted[i].value;
            double d = distance(s->v[cell], mean, variance);
            if (s->out[cell] || d <= FAR * FAR / 4)
                continue;
            s->out[cell] = 1;
            hr_mark(strength, p->cells[cell].row, (float)(d < 400 ? d : 400));
        }
    }
}

/* Integers that go up or down by the same step nearly always: a numbering. */
static bool is_sequence(const struct values *s, const hr_path *p)
{
    double step = 0;
    uint32_t same = 0;
    if (!s->integers || s->n != p->n)
        return false;
    for (uint32_t i = 1; i < s->n; i++) {
        same += s->v[i] - s->v[i - 1] == step;
        step = s->v[i] - s->v[i - 1];
    }
    return step != 0.0 && (uint64_t)same * 10 >= (uint64_t)s->n * 8;
}

static uint32_t share(uint32_t n, uint32_t part, uint32_t least)
{
    return n / part > least ? n / part : least;
}

static void mark_path(struct values *s, const hr_path *p, unsigned signs, float *strength)
{
    bool sequence = is_sequence(s, p); /* needs the order of the rows */
    hr_sort_pairs(s->sorted, s->scratch, s->n);
    double centre = median(s), mad = MAD * median_deviation(s, centre), mean, variance;
    if (sequence || (signs & HR_KEY_IDENTITY) || hr_is_epoch(centre)) {
        mark_beyond(s, p, centre, mad * mad, FAR, share(s->n, IDENTITY_SHARE, 2), strength);
        return;
    }
    if (spread(s, &mean, &variance))
        mark_beyond(s, p, mean, variance, PLAIN, share(s->n, PLAIN_SHARE, 3), strength);
    if (mad > 0)
        mark_beyond(s, p, centre, mad * mad, ROBUST, share(s->n, ROBUST_SHARE, 3), strength);
    else
        peel(s, p, share(s->n, ROBUST_SHARE, 3), strength);
}

int hr_mark_measures(const hr_fields *f, hr_arena *scratch, hr_watch *watch, float *strength)
{
    struct values s = {0};
    uint32_t most = 0;
    for (uint32_t k = 1; k < f->n; k++)
        most = f->paths[k].n > most ? f->paths[k].n : most;
    s.sorted = hr_arena_alloc(scratch, (most + 1) * sizeof *s.sorted);
    s.scratch = hr_arena_alloc(scratch, (most + 1) * sizeof *s.scratch);
    s.v = hr_arena_alloc(scratch, (most + 1) * sizeof *s.v);
    s.out = hr_arena_alloc(scratch, most + 1);
    if (!s.sorted || !s.scratch || !s.v || !s.out)
        return HR_ENOMEM;
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k];
        if (!p->values.number || p->values.n == 1) /* none, or always the same */
            continue;
        read_values(p, &s);
        if (s.n >= MIN_VALUES && s.n * 2 > p->n)
            mark_path(&s, p, hr_key_signs(p->key.p ? p->key : f->paths[p->parent].key), strength);
        if (hr_watch_spend(watch, (size_t)s.n * 16 + p->n) < 0)
            return HR_ETIME;
    }
    return 0;
}
