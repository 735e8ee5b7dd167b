/* bm25.c - which rows a query asks for: anchors first, then rare words weighed by BM25. See query.h.

   One pass over the rows finds, per row, the terms that stand in it (a term in more than a tenth of the rows is dropped on
   the way, so that the list of hits stays short) and the anchors whose words stand side by side. Such a term of an anchor sleeps: it is
   only looked for in rows that hold another term, and one of each anchor stays awake. */
#include "limits.h"
#include "transform/query.h"
#include "transform/query_words.h"
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

enum { AWAKE, TIRED, ASLEEP }; /* of terms; AWAKE is 0 */

struct hit {
    uint32_t row;
    uint16_t term, tf;
};

struct scoring {
    const hr_query *q;
    hr_arena *scratch;
    const hr_str *rows;
    size_t n;
    size_t limit;   /* rows that a word may stand in */
    uint32_t *df;   /* per term */
    uint32_t *last; /* per term: index of its latest hit + 1 */
    uint64_t words; /* in all rows */
    struct hit *hits;
    size_t nhits, cap;
    struct hit *found; /* (row, anchor) */
    size_t nfound, found_cap;
    uint16_t *anchored; /* per term: anchors that can still pick, a place in each */
    uint8_t *awake;     /* per term: how it is looked for */
    uint16_t *tired;    /* terms that sleep from the next row on */
    uint32_t ntired;
    bool any_sleeps;
    uint8_t *begins; /* of words that may be terms, without those of terms that were dropped */
    uint32_t *ends;  /* per term: an anchor that ends with it, + 1; 0: none does */
    struct found {
        uint32_t df, row; /* rows that hold it; the last one of them, + 1 */
        uint32_t next;    /* anchor + 1 of the same last term; 0: there are no more */
    } * anchor;
    uint16_t *seen; /* terms of the row at hand, in order; NO_TERM elsewhere */
    size_t seen_cap;
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

/* Has the anchor another term that is awake? */
static bool is_watched(const struct scoring *s, const hr_anchor *a, uint32_t t)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (a->term[i] != t && s->awake[a->term[i]] == AWAKE)
            return true;
    return false;
}

/* Can rows that hold no other term do without this one? */
static bool may_sleep(const struct scoring *s, uint32_t t)
{
    const hr_query *q = s->q;

    for (uint32_t k = 0; s->anchored[t] && k < q->nanchors; k++) {
        const hr_anchor *a = &q->anchors[k];
        bool holds = false;
        for (uint32_t i = 0; i < a->n; i++)
            holds = holds || a->term[i] == t;
        if (holds && s->anchor[k].df <= s->limit && !is_watched(s, a, t))
            return false;
    }
    return true;
}

/* A term that stands in too many rows to pick any is a word as all others are, but for its anchors. */
static void drop_term(struct scoring *s, uint32_t t)
{
    const uint16_t b = s->q->terms[t].beginning;

    if (s->awake[t] != AWAKE || (s->q->terms[t].scored && s->df[t] <= s->limit) || b >= HR_QUERY_BEGINNINGS ||
        s->begins[b] >= HR_QUERY_MANY || !may_sleep(s, t))
        return;
    s->awake[t] = TIRED;
    s->tired[s->ntired++] = (uint16_t)t;
}

/* Between two rows. */
static void fall_asleep(struct scoring *s)
{
    while (s->ntired > 0) {
        const uint16_t t = s->tired[--s->ntired];
        s->awake[t] = ASLEEP;
        s->any_sleeps = s->any_sleeps || s->anchored[t];
        s->begins[s->q->terms[t].beginning]--;
    }
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
    if (++s->df[t] > s->limit)
        drop_term(s, t);
    if (!push(s, &s->hits, &s->nhits, &s->cap, (struct hit){row, (uint16_t)t, 1}))
        return HR_ENOMEM;
    s->last[t] = (uint32_t)s->nhits;
    return 0;
}

/* The anchor stands in too many rows to pick any. */
static void drop_anchor(struct scoring *s, const hr_anchor *a)
{
    for (uint32_t i = 0; i < a->n; i++) {
        s->anchored[a->term[i]]--;
        drop_term(s, a->term[i]);
    }
}

/* What was read of the row at hand. */
struct row {
    uint32_t row;
    size_t seen; /* terms, and NO_TERM between those that do not stand side by side */
    bool apart;  /* other words stand behind the last one */
};

/* The anchors that end with the last term of those seen. */
static int find_anchors(struct scoring *s, const struct row *r)
{
    const uint16_t *end = s->seen + r->seen;

    for (uint32_t k = s->ends[end[-1]]; k; k = s->anchor[k - 1].next) {
        const hr_anchor *a = &s->q->anchors[k - 1];
        struct found *f = &s->anchor[k - 1];
        if (f->df > s->limit || f->row == r->row + 1 || a->n > r->seen ||
            memcmp(end - a->n, a->term, a->n * sizeof *end) != 0)
            continue;
        f->row = r->row + 1;
        if (++f->df > s->limit)
            drop_anchor(s, a);
        if (!push(s, &s->found, &s->nfound, &s->found_cap, (struct hit){r->row, (uint16_t)(k - 1), 1}))
            return HR_ENOMEM;
    }
    return 0;
}

static int take_term(struct scoring *s, struct row *r, uint32_t t)
{
    if (r->apart && r->seen > 0 && see(s, r->seen++, NO_TERM) < 0)
        return HR_ENOMEM;
    r->apart = false;
    if (see(s, r->seen++, (uint16_t)t) < 0 || find_anchors(s, r) < 0)
        return HR_ENOMEM;
    return count_term(s, r->row, t);
}

/* A row whose words are spelled in any way. */
static int read_row(struct scoring *s, struct row *r)
{
    const hr_str text = s->rows[r->row];
    hr_words escaped = {text, 0};
    hr_plain_words plain;
    hr_word w;
    hr_str word;

    if (!hr_plain_words_begin(&plain, text)) {
        for (; hr_words_next(&escaped, &w); s->words++) {
            const uint32_t t = hr_query_term(s->q, w.hash);
            if (t == UINT32_MAX)
                r->apart = true;
            else if (take_term(s, r, t) < 0)
                return HR_ENOMEM;
        }
        return 0;
    }
    for (; hr_plain_words_next(&plain, &word); s->words++) {
        const uint32_t t =
            hr_query_may_have(s->q, word) ? hr_query_term(s->q, hr_plain_word_hash(word)) : UINT32_MAX;
        if (__builtin_expect(t == UINT32_MAX, true))
            r->apart = true;
        else if (take_term(s, r, t) < 0)
            return HR_ENOMEM;
    }
    return 0;
}

/* How many words a row has. */
static uint32_t count_words(hr_str text)
{
    hr_words escaped = {text, 0};
    hr_plain_words plain;
    hr_word w;
    hr_str word;
    uint32_t n = 0;

    if (text.n == 0 || !memchr(text.p, '\\', text.n))
        return (uint32_t)hr_query_words_count(text);
    if (hr_plain_words_begin(&plain, text))
        while (hr_plain_words_next(&plain, &word))
            n++;
    else
        while (hr_words_next(&escaped, &w))
            n++;
    return n;
}

/* ------------------------------------------------------------------ rows that stand side by side */
/* Does `next` stand behind `row` with nothing but a few marks between them, so that both can be read as one text? */
static bool follows(hr_str row, hr_str next)
{
    enum { MOST_BETWEEN = 8 };
    const char *from = row.p + row.n;

    if (next.p <= from || next.p - from > MOST_BETWEEN)
        return false;
    for (; from < next.p; from++)
        if (*from != '\n' && *from != ',' && *from != ' ')
            return false;
    return true;
}

/* How many rows from `from` on are one text without backslashes, of not much more than a stretch. 0: the first one has some. */
static uint32_t stretch(const struct scoring *s, uint32_t from)
{
    enum { STRETCH = 32 << 10 };
    const char *begin = s->rows[from].p;
    uint32_t n = 0;

    for (hr_str row; from + n < s->n && (row = s->rows[from + n]).p - begin < STRETCH; n++)
        if ((n > 0 && !follows(s->rows[from + n - 1], row)) || memchr(row.p, '\\', row.n))
            break;
    return n;
}

/* Read n rows, a stretch. Few words may be terms: the rows of these are looked for, and no other row is looked at. */
static int read_stretch(struct scoring *s, uint32_t from, uint32_t n)
{
    const char *begin = s->rows[from].p, *end = s->rows[from + n - 1].p + s->rows[from + n - 1].n,
               *behind = begin;
    struct row r = {.row = from};
    hr_query_words words = hr_query_words_of(s->q, s->begins, hr_str_make(begin, (size_t)(end - begin)));
    hr_str word;
    const char *read = begin; /* rows up to here have been read as a whole */

    while (hr_query_words_next(&words, &word)) {
        const uint32_t t = word.p < read ? UINT32_MAX : hr_query_term(s->q, hr_plain_word_hash(word));
        if (t == UINT32_MAX)
            continue;
        if (word.p >= s->rows[r.row].p + s->rows[r.row].n) {
            while (word.p >= s->rows[r.row].p + s->rows[r.row].n)
                r.row++;
            fall_asleep(s);
            r = (struct row){.row = r.row};
        }
        if (r.seen == 0 && s->any_sleeps) {
            const uint64_t before = s->words; /* the words of the stretch are counted below */
            if (read_row(s, &r) < 0)
                return HR_ENOMEM;
            s->words = before;
            read = s->rows[r.row].p + s->rows[r.row].n;
            continue;
        }
        r.apart = r.seen > 0 && !hr_query_words_are_beside(behind, word.p);
        behind = word.p + word.n;
        if (take_term(s, &r, t) < 0)
            return HR_ENOMEM;
    }
    s->words += words.count;
    return 0;
}

static int read_rows(struct scoring *s)
{
    for (uint32_t row = 0, n; row < s->n; row += n) {
        int r;
        n = s->rows[row].n ? stretch(s, row) : 0;
        if (n > 0) {
            r = read_stretch(s, row, n);
        } else {
            struct row at = {.row = row};
            n = 1;
            r = read_row(s, &at);
        }
        const hr_str last = s->rows[row + n - 1];
        if (r == 0)
            r = hr_watch_spend(&s->watch, (size_t)(last.p - s->rows[row].p) + last.n);
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
        uint32_t a = s->found[i].term, df = s->anchor[a].df;
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
        for (uint32_t k = 0; s->anchor[a].df > 0 && k < q->anchors[a].n; k++)
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
    double *weight = hr_arena_zalloc(s->scratch, (s->q->nterms + 1u) * sizeof *weight);
    uint8_t *rows_of = hr_arena_zalloc(s->scratch, s->q->nterms + 1u);
    hr_pair *order = hr_arena_alloc(s->scratch, 2 * (s->nhits + 1) * sizeof *order);
    uint32_t *begin = hr_arena_alloc(s->scratch, (s->nhits + 1) * sizeof *begin);
    size_t n = 0, taken = 0;

    if (!weight || !rows_of || !order || !begin || weigh_terms(s, weight) < 0)
        return HR_ENOMEM;
    const double mean = s->words > 0 ? (double)s->words / (double)s->n : 1;
    for (size_t i = 0; i < s->nhits;) { /* hits stand in row order */
        uint32_t row = s->hits[i].row;
        double score = 0, norm = k1 * (1 - b + b * count_words(s->rows[row]) / mean);
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
    s.df = hr_arena_zalloc(s.scratch, q->nterms * sizeof *s.df);
    s.last = hr_arena_zalloc(s.scratch, q->nterms * sizeof *s.last);
    s.anchor = hr_arena_zalloc(s.scratch, (q->nanchors + 1u) * sizeof *s.anchor);
    s.ends = hr_arena_zalloc(s.scratch, q->nterms * sizeof *s.ends);
    s.seen = hr_arena_alloc(s.scratch, s.seen_cap * sizeof *s.seen);
    s.anchored = hr_arena_zalloc(s.scratch, q->nterms * sizeof *s.anchored);
    s.awake = hr_arena_zalloc(s.scratch, q->nterms);
    s.tired = hr_arena_alloc(s.scratch, q->nterms * sizeof *s.tired);
    s.begins = hr_arena_alloc(s.scratch, HR_QUERY_BEGINNINGS);
    int r = s.df && s.last && s.anchor && s.ends && s.seen && s.anchored && s.awake && s.tired && s.begins
                ? 0
                : HR_ENOMEM;
    if (r == 0)
        memcpy(s.begins, q->begins, HR_QUERY_BEGINNINGS);
    for (uint32_t k = 0; r == 0 && k < q->nanchors; k++) {
        for (uint32_t i = 0; i < q->anchors[k].n; i++)
            s.anchored[q->anchors[k].term[i]]++;
        uint32_t *first = &s.ends[q->anchors[k].term[q->anchors[k].n - 1]];
        s.anchor[k].next = *first;
        *first = k + 1;
    }
    if (r == 0)
        r = read_rows(&s);
    if (r == 0)
        r = pick_by_anchor(&s, picked);
    if (r == 0)
        r = pick_by_words(&s, picked);
    hr_arena_free(s.scratch);
    return r;
}
