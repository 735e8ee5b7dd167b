/* log_errors.c - see log_marks.h. */
#include "transform/log_marks.h"
#include "transform/signs.h"

#include <string.h>

enum {
    PROSE_SHARE = 20,    /* 1/20 of the records: words like "failed" in the middle of a line */
    MANY_SHARE = 4,      /* 1/4: errors are the rule ... */
    MANY = 200,          /* ... or so many that no note could tell where the lines between them were */
    FEW_VALUES = 20,     /* of a word in the errors of one pattern: a record for each */
    MOST_EXEMPLARS = 150 /* of all patterns together, and then the first of each pattern only */
};

enum verdict { FINE, PROSE, FAULT };

/* What stands at the beginning of a line, or varies, speaks for itself: a level, a state. */
static bool is_strong(const hr_log *l, uint32_t record)
{
    const uint32_t line = l->record[record], words = hr_split_words(l->split, line),
                   p = hr_log_pattern(l, record);
    const uint64_t varies = p == l->patterns->n ? 0 : l->patterns->list[p].varies;
    bool strong;

    for (uint32_t i = 0; i < words; i++)
        if ((i < HR_LOG_SHARED || (varies >> i & 1)) &&
            hr_prose_says_error(hr_split_word(l->split, line, i), &strong) && strong)
            return true;
    return false;
}

static enum verdict judge(const hr_log *l, uint32_t record)
{
    bool strong;

    if (!hr_prose_says_error(hr_log_text(l, record), &strong))
        return FINE;
    return strong || is_strong(l, record) ? FAULT : PROSE;
}

/* Few records hold a word that tells of an error, and only those are read. */
static int judge_all(const hr_log *l, uint8_t *verdict, uint32_t count[3])
{
    enum { STRETCH = 512 }; /* records between two looks at the clock */

    memset(verdict, FINE, l->n);
    for (uint32_t from = 0, to; from < l->n; from = to) {
        to = l->n - from > STRETCH ? from + STRETCH : l->n;
        const hr_str first = hr_log_text(l, from), last = hr_log_text(l, to - 1);
        const hr_str text = hr_str_make(first.p, (size_t)(last.p + last.n - first.p));
        bool sure;
        for (size_t at = 0; (at = hr_prose_error_place(text, at, &sure)) != SIZE_MAX;) {
            hr_str record;
            while (record = hr_log_text(l, from), text.p + at >= record.p + record.n)
                from++;
            verdict[from] = (uint8_t)judge(l, from);
            count[verdict[from]]++;
            at = (size_t)(record.p + record.n - text.p);
        }
        if (hr_watch_spend(l->watch, text.n) < 0)
            return HR_ETIME;
    }
    return 0;
}

/* ------------------------------------------------------------------ many errors */
struct folding {
    const hr_log *l;
    const uint8_t *verdict;
    bool folds[3]; /* verdicts of which there are many */
    bool *keep;
    uint32_t kept;
};

static void exemplar(struct folding *f, uint32_t record)
{
    f->kept += !f->keep[record];
    f->keep[record] = true;
}

/* One for each value of a word, where it has few. */
static void each_value(struct folding *f, uint32_t pattern, uint32_t word)
{
    const hr_log *l = f->l;
    uint64_t value[FEW_VALUES];
    uint32_t first[FEW_VALUES], n = 0;

    for (uint32_t i = l->begin[pattern]; i < l->begin[pattern + 1]; i++) {
        const uint32_t record = l->order[i];
        if (!f->folds[f->verdict[record]])
            continue;
        uint64_t v = hr_word_bits(hr_split_word(l->split, l->record[record], word));
        uint32_t k = 0;
        while (k < n && value[k] != v)
            k++;
        if (k < n)
            continue;
        if (n == FEW_VALUES)
            return;
        value[n] = v;
        first[n++] = record;
    }
    for (uint32_t k = 0; k < n; k++)
        exemplar(f, first[k]);
}

static int fold(struct folding *f, float *strength)
{
    const hr_log *l = f->l;

    for (uint32_t p = 0; p <= l->patterns->n; p++) {
        uint32_t n = 0, last = 0;
        for (uint32_t i = l->begin[p]; i < l->begin[p + 1]; i++) {
            uint32_t record = l->order[i];
            if (!f->folds[f->verdict[record]])
                continue;
            if (n++ == 0 && f->kept < MOST_EXEMPLARS)
                exemplar(f, record);
            else if (n == 1 || p == l->patterns->n) /* each of these is a class of its own */
                hr_mark(strength, record, 100);
            last = record;
        }
        if (n == 0 || p == l->patterns->n)
            continue;
        hr_mark(strength, last, 81);
        for (uint64_t v = l->patterns->list[p].varies; v && f->kept < MOST_EXEMPLARS; v &= v - 1)
            each_value(f, p, (uint32_t)__builtin_ctzll(v));
        if (hr_watch_spend(l->watch, (size_t)n * 64) < 0)
            return HR_ETIME;
    }
    return 0;
}

int hr_log_mark_errors(const hr_log *l, bool *keep, bool *folded, float *strength)
{
    uint8_t *verdict = hr_arena_alloc(l->scratch, l->n + 1u);
    uint32_t count[3] = {0};

    if (!verdict)
        return HR_ENOMEM;
    int r = judge_all(l, verdict, count);
    if (r < 0)
        return r;
    const uint32_t few = l->n / PROSE_SHARE > 3 ? l->n / PROSE_SHARE : 3;
    struct folding f = {.l = l, .verdict = verdict, .keep = keep};
    f.folds[PROSE] = count[PROSE] > few;
    f.folds[FAULT] = count[FAULT] > MANY || count[FAULT] > l->n / MANY_SHARE;
    for (uint32_t i = 0; i < l->n; i++) {
        folded[i] = f.folds[verdict[i]];
        keep[i] = keep[i] || (verdict[i] != FINE && !folded[i]);
    }
    return f.folds[PROSE] || f.folds[FAULT] ? fold(&f, strength) : 0;
}
