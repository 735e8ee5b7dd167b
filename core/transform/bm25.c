/* bm25.c - which rows a query asks for: anchors first, then rare words weighed by BM25. See query.h.

   One pass over the rows finds, per row, the terms that stand in it (a term in more than a tenth of the rows is dropped on
   the way, so that the list of hits stays short) and the anchors whose words stand side by side. */
#include "limits.h"
#include "transform/query.h"
#include "transform/sort.h"
#include "transform/terms.h"
#include "transform/watch.h"

#include <string.h>

enum {
    COMMON_SHARE = 10,  /* a word in more than 1/10 of the rows picks nothing */
    MAX_WORD_ROWS = 8,  /* rows picked by words in all */
    ROWS_OF_A_WORD = 3, /* ... and by one word */
    MAX_ANCHOR_ROWS = 50,
    MAX_NAME_ROWS = 10, /* by one anchor that is no identifier */
    NO_TERM = 0xffff
};

struct hit {
    uint32_t row;
    uint16_t term, tf;
};

struct scoring {
    const hr_query *q;
    hr_arena *scratch;
    const hr_str *rows;
    size_t n;
    size_t limit;     /* rows that a word may stand in */
    uint32_t *df;     /* per term */
    uint32_t *last;   /* per term: index of its latest hit + 1 */
    uint32_t *length; /* per row: words */
    struct hit *hits;
    size_t nhits, cap;
    struct hit *found; /* (row, anchor) */
    size_t nfound, found_cap;
    uint32_t *anchor_df;
    uint16_t *seen; /* terms of the row at hand, in order; NO_TERM elsewhere */
    size_t seen_cap;
    uint32_t begin[32]; /* bit b of begin[a]: a term may begin with a, b */
    hr_watch watch;
};

/* Arenas do not grow blocks; a doubled copy costs no more than a list would. */
static bool push(struct scoring *s, struct hit **list, size_t *n, size_t *cap, struct hit h)
{
    if (*n == *cap) {
        size_t more = *cap ? *cap * 2 : 64;
        struct hit *wider = hr_arena_alloc(s->scratch, more * sizeof *wider);
        if (!wider)
            return false;
        if (*n)
            memcpy(wider, *list, *n * sizeof *wider);
        *list = wider;
        *cap = more;
    }
    (*list)[(*n)++] = h;
    return true;
}

/* One more term (or NO_TERM) of the row at hand, the k-th. */
static int see(struct scoring *s, size_t k, uint16_t term)
{
    if (k == s->seen_cap) {
        size_t more = s->seen_cap * 2;
        uint16_t *wider = hr_arena_alloc(s->scratch, more * sizeof *wider);
        if (!wider)
            return HR_ENOMEM;
        memcpy(wider, s->seen, k * sizeof *wider);
        s->seen = wider;
        s->seen_cap = more;
    }
    s->seen[k] = term;
    return 0;
}

static int count_term(struct scoring *s, uint32_t row, uint32_t t)
{
    struct hit *last = s->last[t] ? &s->hits[s->last[t] - 1] : NULL;
    if (last && last->row == row && last->term == t) {
        last->tf = (uint16_t)(last->tf + (last->tf < 1000));
        return 0;
    }
    if (!s->q->terms[t].scored || s->df[t] > s->limit)
        return 0;
    s->df[t]++;
    if (!push(s, &s->hits, &s->nhits, &s->cap, (struct hit){row, (uint16_t)t, 1}))
        return HR_ENOMEM;
    s->last[t] = (uint32_t)s->nhits;
    return 0;
}

/* What was read of the row at hand. */
struct row {
    uint32_t row, words;
    size_t seen; /* terms, and NO_TERM between those that do not stand side by side */
    bool apart;  /* other words stand behind the last one */
};

static int take_term(struct scoring *s, struct row *r, uint32_t t)
{
    if (r->apart && r->seen > 0 && see(s, r->seen++, NO_TERM) < 0)
        return HR_ENOMEM;
    r->apart = false;
    if (see(s, r->seen++, (uint16_t)t) < 0)
        return HR_ENOMEM;
    return count_term(s, r->row, t);
}

/* A row with backslashes, word by word. */
static int read_escaped(struct scoring *s, struct row *r)
{
    const hr_query *q = s->q;
    hr_words escaped = {s->rows[r->row], 0};
    hr_plain_words plain;
    hr_word w;
    hr_str word;

    if (!hr_plain_words_begin(&plain, s->rows[r->row])) {
        for (; hr_words_next(&escaped, &w); r->words++) {
            const uint32_t t = hr_query_term(q, w.hash);
            r->apart = r->apart || t == UINT32_MAX;
            if (t != UINT32_MAX && take_term(s, r, t) < 0)
                return HR_ENOMEM;
        }
        return 0;
    }
    for (; hr_plain_words_next(&plain, &word); r->words++) {
        const uint32_t t =
            hr_query_may_have(q, word) ? hr_query_term(q, hr_plain_word_hash(word)) : UINT32_MAX;
        r->apart = r->apart || t == UINT32_MAX;
        if (t != UINT32_MAX && take_term(s, r, t) < 0)
            return HR_ENOMEM;
    }
    return 0;
}

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* The first two letters of terms (as hr_query_slot has them), for a look that costs nearly nothing. */
static void learn_beginnings(struct scoring *s)
{
    for (uint32_t first = 0; first < 32; first++) {
        const uint32_t *lengths = &s->q->lengths[first << 5];
        for (uint32_t second = 0; second < 32; second++)
            s->begin[first] |= (uint32_t)(lengths[second] != 0) << second;
        if (lengths[0] & 2) /* of one letter: what stands behind it is no word's */
            s->begin[first] = UINT32_MAX;
    }
}

/* Could a term begin at p, behind which the row goes on to `end`? */
static inline bool may_begin(const struct scoring *s, const char *p, const char *end)
{
    return s->begin[p[0] & 31] >> (end - p > 1 ? p[1] & 31 : 0) & 1;
}

static bool parts_number(const char *point, hr_str row)
{
    return *point == '.' && point > row.p && is_digit(point[-1]) && point + 1 < row.p + row.n &&
           is_digit(point[1]);
}

/* The term that the word at p is; UINT32_MAX: none. */
static uint32_t term_at(const hr_query *q, const char *p, hr_str row)
{
    const char *end = p, *const row_end = row.p + row.n;

    do {
        hr_runs run = hr_runs_inside(row.p, hr_str_make(end, (size_t)(row_end - end)), HR_RUN_WORD);
        hr_str word;
        if (!hr_runs_next(&run, HR_RUN_WORD, &word))
            break;
        end = word.p + word.n;
    } while (end < row_end && parts_number(end, row) && ++end);
    const hr_str word = hr_str_make(p, (size_t)(end - p));
    return hr_query_may_have(q, word) ? hr_query_term(q, hr_plain_word_hash(word)) : UINT32_MAX;
}

/* Most rows have hardly a word that is a term: its first two letters tell that, and where it ends is looked for no further. */
static int read_row(struct scoring *s, struct row *r)
{
    const hr_query *q = s->q;
    const hr_str row = s->rows[r->row];
    const char *const end = row.p + row.n;
    uint64_t before = 0; /* the last byte before the block is of a word */

    if (row.n == 0)
        return 0;
    if (memchr(row.p, '\\', row.n))
        return read_escaped(s, r);
    for (const char *p = row.p; p < end; p += 64) {
        const size_t n = (size_t)(end - p) < 64 ? (size_t)(end - p) : 64;
        const uint64_t in = hr_run_bits(p, n, (size_t)(p - row.p), HR_RUN_WORD);
        for (uint64_t starts = in & ~(in << 1 | before); starts; starts &= starts - 1) {
            const char *at = p + __builtin_ctzll(starts);
            if (is_digit(*at) && at > row.p && parts_number(at - 1, row))
                continue; /* one word with what stands before */
            const uint32_t t = may_begin(s, at, end) ? term_at(q, at, row) : UINT32_MAX;
            r->words++;
            if (__builtin_expect(t == UINT32_MAX, true))
                r->apart = true;
            else if (take_term(s, r, t) < 0)
                return HR_ENOMEM;
        }
        before = in >> 63; /* of a full block */
    }
    return 0;
}

static bool stands_in(const hr_anchor *a, const uint16_t *seen, size_t n)
{
    for (size_t i = 0; i + a->n <= n; i++)
        if (seen[i] == a->term[0] && memcmp(seen + i, a->term, a->n * sizeof *seen) == 0)
            return true;
    return false;
}

static int read_rows(struct scoring *s)
{
    for (uint32_t row = 0; row < s->n; row++) {
        struct row at = {.row = row};
        int r = read_row(s, &at);
        const size_t nseen = at.seen;
        s->length[row] = at.words;
        if (r == 0)
            r = hr_watch_spend(&s->watch, s->rows[row].n);
        for (uint32_t a = 0; r == 0 && nseen && a < s->q->nanchors; a++) {
            if (s->anchor_df[a] > s->limit || !stands_in(&s->q->anchors[a], s->seen, nseen))
                continue;
            s->anchor_df[a]++;
            if (!push(s, &s->found, &s->nfound, &s->found_cap, (struct hit){row, (uint16_t)a, 1}))
                r = HR_ENOMEM;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

/* The rarest anchors first; identifiers before names. */
static int pick_by_anchor(struct scoring *s, bool *picked)
{
    const hr_query *q = s->q;
    hr_pair *order = hr_arena_alloc(s->scratch, 2 * (s->nfound + 1) * sizeof *order);
    size_t n = 0, rows = 0;
    if (!order)
        return HR_ENOMEM;
    for (size_t i = 0; i < s->nfound; i++) {
        uint32_t a = s->found[i].term, df = s->anchor_df[a];
        if (df > s->limit || (!q->anchors[a].exact && df > MAX_NAME_ROWS))
            continue;
        order[n++] = (hr_pair){(uint64_t)!q->anchors[a].exact << 40 | (uint64_t)df << 8, (uint32_t)i};
    }
    hr_sort_pairs(order, order + s->nfound + 1, n);
    for (size_t i = 0; i < n && rows < MAX_ANCHOR_ROWS; i++) {
        uint32_t row = s->found[order[i].value].row;
        rows += !picked[row];
        picked[row] = true;
    }
    return 0;
}

/* Natural logarithm, near enough for weights and the same on every machine. x >= 1. */
static double log_of(double x)
{
    int e = 0;
    while (x >= 2) {
        x /= 2;
        e++;
    }
    double y = (x - 1) / (x + 1), y2 = y * y;
    return 0.69314718055994531 * e + 2 * y * (1 + y2 / 3 + y2 * y2 / 5 + y2 * y2 * y2 / 7);
}

/* Terms that may pick: in some row, in few rows, and of those the HR_MAX_TERMS rarest. weight 0: none. */
static int weigh_terms(struct scoring *s, double *weight)
{
    const hr_query *q = s->q;
    hr_pair *order = hr_arena_alloc(s->scratch, 2 * (q->nterms + 1u) * sizeof *order);
    size_t n = 0;
    if (!order)
        return HR_ENOMEM;
    for (uint32_t t = 0; t < q->nterms; t++)
        if (q->terms[t].scored && s->df[t] > 0 && s->df[t] <= s->limit)
            order[n++] = (hr_pair){s->df[t], t};
    hr_sort_pairs(order, order + q->nterms + 1, n);
    /* Half of a name that was found whole asks for nothing more. */
    bool *settled = hr_arena_zalloc(s->scratch, q->nterms + 1u);
    if (!settled)
        return HR_ENOMEM;
    for (uint32_t a = 0; a < q->nanchors; a++)
        for (uint32_t k = 0; s->anchor_df[a] > 0 && k < q->anchors[a].n; k++)
            settled[q->anchors[a].term[k]] = true;
    for (size_t i = 0; i < n && i < HR_MAX_TERMS; i++) {
        if (settled[order[i].value])
            continue;
        double df = (double)order[i].key;
        weight[order[i].value] = log_of(1 + ((double)s->n - df + 0.5) / (df + 0.5));
    }
    return 0;
}

/* Best rows first; a row is taken while one of its words has not yet had its rows. */
static int pick_by_words(struct scoring *s, bool *picked)
{
    const double k1 = 1.2, b = 0.75;
    double total = 0, *weight = hr_arena_zalloc(s->scratch, (s->q->nterms + 1u) * sizeof *weight);
    uint8_t *rows_of = hr_arena_zalloc(s->scratch, s->q->nterms + 1u);
    hr_pair *order = hr_arena_alloc(s->scratch, 2 * (s->nhits + 1) * sizeof *order);
    uint32_t *begin = hr_arena_alloc(s->scratch, (s->nhits + 1) * sizeof *begin);
    size_t n = 0, taken = 0;

    if (!weight || !rows_of || !order || !begin || weigh_terms(s, weight) < 0)
        return HR_ENOMEM;
    for (size_t i = 0; i < s->n; i++)
        total += s->length[i];
    const double mean = total > 0 ? total / (double)s->n : 1;
    for (size_t i = 0; i < s->nhits;) { /* hits stand in row order */
        uint32_t row = s->hits[i].row;
        double score = 0, norm = k1 * (1 - b + b * (double)s->length[row] / mean);
        begin[n] = (uint32_t)i;
        for (; i < s->nhits && s->hits[i].row == row; i++)
            score += weight[s->hits[i].term] * s->hits[i].tf * (k1 + 1) / (s->hits[i].tf + norm);
        if (score > 0) {
            order[n] = (hr_pair){~hr_sort_key(score), (uint32_t)n};
            n++;
        }
    }
    hr_sort_pairs(order, order + s->nhits + 1, n);
    for (size_t k = 0; k < n && taken < MAX_WORD_ROWS; k++) {
        size_t i = begin[order[k].value];
        uint32_t row = s->hits[i].row;
        bool wanted = false;
        for (size_t h = i; h < s->nhits && s->hits[h].row == row; h++)
            wanted = wanted || (weight[s->hits[h].term] > 0 && rows_of[s->hits[h].term] < ROWS_OF_A_WORD);
        if (!wanted)
            continue;
        for (size_t h = i; h < s->nhits && s->hits[h].row == row; h++)
            rows_of[s->hits[h].term] = (uint8_t)(rows_of[s->hits[h].term] + (rows_of[s->hits[h].term] < 255));
        taken += !picked[row];
        picked[row] = true;
    }
    return 0;
}

int hr_query_pick(const hr_query *q, hr_arena *a, const hr_str *rows, size_t n, uint64_t deadline_cpu_us,
                  bool *picked)
{
    (void)a; /* what is needed on the way does not live as long as the caller's arena */
    memset(picked, 0, n * sizeof *picked);
    if (q->nterms == 0 || n == 0)
        return 0;
    if (n > UINT32_MAX)
        return HR_ENOMEM;
    struct scoring s = {
        .q = q, .rows = rows, .n = n, .seen_cap = 256, .watch = {.deadline_cpu_us = deadline_cpu_us}};
    s.limit = n / COMMON_SHARE > 2 ? n / COMMON_SHARE : 2;
    s.scratch = hr_arena_new();
    if (!s.scratch)
        return HR_ENOMEM;
    learn_beginnings(&s);
    s.df = hr_arena_zalloc(s.scratch, q->nterms * sizeof *s.df);
    s.last = hr_arena_zalloc(s.scratch, q->nterms * sizeof *s.last);
    s.length = hr_arena_zalloc(s.scratch, n * sizeof *s.length);
    s.anchor_df = hr_arena_zalloc(s.scratch, (q->nanchors + 1u) * sizeof *s.anchor_df);
    s.seen = hr_arena_alloc(s.scratch, s.seen_cap * sizeof *s.seen);
    int r = s.df && s.last && s.length && s.anchor_df && s.seen ? read_rows(&s) : HR_ENOMEM;
    if (r == 0)
        r = pick_by_anchor(&s, picked);
    if (r == 0)
        r = pick_by_words(&s, picked);
    hr_arena_free(s.scratch);
    return r;
}
