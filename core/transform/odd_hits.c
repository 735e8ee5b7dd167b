/* odd_hits.c - see odd_hits.h. */
#include "transform/odd_hits.h"

#include <string.h>

#include "transform/patterns.h"
#include "transform/signs.h"
#include "transform/sort.h"
#include "transform/words.h"

enum {
    COMMON_SHARE = 10, /* what one in ten matches says tells nothing */
    LEAST_PATTERN = 3, /* lines; those of fewer are rare */
    LEAST_LOOSE = 3,   /* words that vary: a name and a number do in calls and assignments that are alike */
    LEAST_VALUES = 12, /* lines of a pattern; among fewer nothing is rare */
    USUAL = 4,         /* lines that a value stands in on the average, else the word is no category */
    RARER = 8,         /* a rare value stands at most 1/8 as often as the average one */
    MOST_DIGITS = 15   /* of a number; a double holds it */
};
static const double FAR = 3; /* standard deviations */

/* Words that make a line of code worth a look. */
static const char *const remarks[] = {
    "abort",    "broken",    "bug",      "careful", "danger",  "dangerous",  "deprecated",
    "error",    "exception", "fail",     "failed",  "failure", "fatal",      "fixme",
    "hack",     "important", "insecure", "legacy",  "note",    "panic",      "remove",
    "security", "todo",      "unsafe",   "warn",    "warning", "workaround", "xxx"};
enum {
    REMARKS = sizeof remarks / sizeof *remarks,
    SHORTEST = 3,
    LONGEST = 11 /* of them, and a plural's s */
};

struct odd {
    const hr_hit *hit;
    uint32_t n, matches;
    hr_arena *scratch;
    hr_watch *watch;
    bool *odd;
    hr_buf words; /* of the matches; one line a hit */
    hr_split split;
    hr_patterns patterns;  /* of them */
    hr_pair *pair, *other; /* n each */
};

/* ------------------------------------------------------------------ what they say */
/* The hashes of remarks[], and how they begin: by the lowest five bits of the first letter, those of the second as bits. */
struct remarks {
    uint64_t hash[REMARKS];
    uint32_t begins[32];
};

static uint64_t remark_of(const struct remarks *r, uint64_t hash)
{
    for (int i = 0; i < REMARKS; i++)
        if (hash == r->hash[i])
            return UINT64_C(1) << i;
    return 0;
}

/* Bit i: the line says remarks[i]. */
static uint64_t remarks_of(hr_str text, const struct remarks *r)
{
    hr_words escaped = {text, 0};
    hr_plain_words plain;
    hr_word w;
    hr_str word;
    uint64_t said = 0;

    if (hr_plain_words_begin(&plain, text)) {
        while (hr_plain_words_next(&plain, &word))
            if (word.n >= SHORTEST && word.n <= LONGEST &&
                (r->begins[word.p[0] & 31] >> (word.p[1] & 31) & 1))
                said |= remark_of(r, hr_plain_word_hash(word));
    } else {
        while (hr_words_next(&escaped, &w))
            said |= remark_of(r, w.hash);
    }
    return said;
}

static int mark_remarks(struct odd *o)
{
    uint64_t *said = hr_arena_zalloc(o->scratch, (o->n + 1) * sizeof *said), rare = 0;
    struct remarks table = {.begins = {0}};
    uint32_t lines[REMARKS + 1] = {0};
    /* The lines stand one behind the other; `error` is where the next word that tells of one stands. */
    const char *begin = o->n ? o->hit[0].line.p : NULL, *error = begin,
               *end = o->n ? o->hit[o->n - 1].line.p + o->hit[o->n - 1].line.n : NULL;
    const hr_str text = hr_str_make(begin, (size_t)(end - begin));
    bool strong, sure = false;
    int r = said ? 0 : HR_ENOMEM;

    for (int i = 0; i < REMARKS; i++) {
        table.hash[i] = hr_word_hash(hr_str_make(remarks[i], strlen(remarks[i])));
        table.begins[remarks[i][0] & 31] |= 1u << (remarks[i][1] & 31);
    }
    for (uint32_t k = 0; r == 0 && k < o->n; k++) {
        if (!hr_hit_is_match(&o->hit[k]))
            continue;
        const hr_str line = o->hit[k].line, words = hr_hit_words(&o->hit[k]);
        said[k] = remarks_of(words, &table);
        if (error < line.p && error != end) {
            const size_t at = hr_prose_error_place(text, (size_t)(line.p - text.p), &sure);
            error = at == SIZE_MAX ? end : text.p + at;
        }
        if (error < line.p + line.n && ((sure && error >= words.p) || hr_prose_says_error(words, &strong)))
            said[k] |= UINT64_C(1) << REMARKS; /* it tells of an error in another way */
        for (uint64_t left = said[k]; left; left &= left - 1)
            lines[__builtin_ctzll(left)]++;
        r = hr_watch_spend(o->watch, o->hit[k].line.n);
    }
    for (int i = 0; i <= REMARKS; i++)
        if ((uint64_t)lines[i] * COMMON_SHARE <= o->matches)
            rare |= UINT64_C(1) << i;
    for (uint32_t k = 0; r == 0 && k < o->n; k++)
        o->odd[k] = o->odd[k] || (said[k] & rare);
    return r;
}

/* ------------------------------------------------------------------ shapes */
static int find_patterns(struct odd *o)
{
    bool *skip = hr_arena_zalloc(o->scratch, o->n + 1);

    if (!skip)
        return HR_ENOMEM;
    for (uint32_t k = 0; k < o->n; k++) {
        skip[k] = !hr_hit_is_match(&o->hit[k]);
        if (!skip[k])
            hr_buf_str(&o->words, hr_hit_words(&o->hit[k]));
        hr_buf_putc(&o->words, '\n');
    }
    int r = o->words.err ? HR_ENOMEM : hr_split_read(&o->split, hr_buf_view(&o->words), o->watch);
    return r == 0 ? hr_patterns_of(&o->patterns, o->scratch, &o->split, skip, o->watch) : r;
}

/* Lines of this pattern share little but their punctuation: prose, messages. Each text counts. */
static bool is_loose(const struct odd *o, uint32_t pattern)
{
    uint32_t varying = 0;

    if (pattern == HR_PATTERN_NONE)
        return true;
    for (uint64_t v = o->patterns.list[pattern].varies; v; v &= v - 1)
        varying++;
    return varying >= LEAST_LOOSE;
}

/* Of lines without a pattern of their own, the first of each text. */
static void mark_new_texts(struct odd *o)
{
    size_t n = 0;

    for (uint32_t k = 0; k < o->n; k++)
        if (hr_hit_is_match(&o->hit[k]) && is_loose(o, o->patterns.of_line[k]))
            o->pair[n++] = (hr_pair){hr_word_bits(hr_hit_words(&o->hit[k])), k};
    hr_sort_pairs(o->pair, o->other, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || o->pair[i].key != o->pair[i - 1].key)
            o->odd[o->pair[i].value] = true;
}

static void mark_shapes(struct odd *o)
{
    for (uint32_t k = 0; k < o->n; k++) {
        uint32_t p = o->patterns.of_line[k];
        if (p != HR_PATTERN_NONE && o->patterns.list[p].lines < LEAST_PATTERN)
            o->odd[k] = true;
    }
    mark_new_texts(o);
}

/* ------------------------------------------------------------------ values */
/* One word of all lines of a pattern; its values are sorted in `pair`. */
static void mark_rare_values(struct odd *o, size_t n)
{
    size_t values = 0;

    for (size_t i = 0; i < n; i++)
        values += i == 0 || o->pair[i].key != o->pair[i - 1].key;
    if (values * USUAL > n)
        return;
    for (size_t i = 0, from; i < n;) {
        for (from = i; i < n && o->pair[i].key == o->pair[from].key; i++)
            ;
        if ((i - from) * values * RARER > n)
            continue;
        for (size_t k = from; k < i; k++)
            o->odd[o->pair[k].value] = true;
    }
}

/* The first number in a word; false: there is none. */
static bool number_in(hr_str word, double *out)
{
    size_t i = 0, digits = 0;
    double v = 0;

    while (i < word.n && (word.p[i] < '0' || word.p[i] > '9'))
        i++;
    for (; i < word.n && word.p[i] >= '0' && word.p[i] <= '9' && digits <= MOST_DIGITS; i++, digits++)
        v = v * 10 + (word.p[i] - '0');
    *out = v;
    return digits > 0 && digits <= MOST_DIGITS;
}

static void mark_far_numbers(struct odd *o, const double *number, const uint32_t *line, size_t n)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < n; i++)
        sum += number[i];
    const double mean = n ? sum / (double)n : 0;
    for (size_t i = 0; i < n; i++)
        squares += (number[i] - mean) * (number[i] - mean);
    for (size_t i = 0; i < n; i++) {
        double d = number[i] - mean;
        if (d * d * (double)n > FAR * FAR * squares)
            o->odd[line[i]] = true;
    }
}

/* The lines of one pattern. */
static int mark_values(struct odd *o, const hr_pattern *p, const uint32_t *line, double *number,
                       uint32_t *numbered)
{
    int r = 0;

    for (uint32_t word = 0; r == 0 && word < HR_LINE_WORDS; word++) {
        size_t values = 0, numbers = 0;
        if (!(p->varies >> word & 1))
            continue;
        for (uint32_t i = 0; r == 0 && i < p->lines; i++) {
            if (word >= hr_split_words(&o->split, line[i]))
                continue;
            const hr_str value = hr_split_word(&o->split, line[i], word);
            o->pair[values++] = (hr_pair){hr_word_bits(value), line[i]};
            numbered[numbers] = line[i];
            numbers += number_in(value, &number[numbers]);
            r = hr_watch_spend(o->watch, o->hit[line[i]].text.n);
        }
        hr_sort_pairs(o->pair, o->other, values);
        mark_rare_values(o, values);
        mark_far_numbers(o, number, numbered, numbers);
    }
    return r;
}

static int mark_all_values(struct odd *o)
{
    const hr_patterns *p = &o->patterns;
    uint32_t *begin = hr_arena_zalloc(o->scratch, (p->n + 1) * sizeof *begin);
    uint32_t *line = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *line);
    uint32_t *numbered = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *numbered);
    double *number = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *number);
    int r = begin && line && numbered && number ? 0 : HR_ENOMEM;

    for (uint32_t i = 0; r == 0 && i < p->n; i++)
        begin[i + 1] = begin[i] + p->list[i].lines;
    for (uint32_t k = 0; r == 0 && k < o->n; k++)
        if (p->of_line[k] != HR_PATTERN_NONE)
            line[begin[p->of_line[k]]++] = k;
    /* begin[i] is its end now; of a loose pattern each text stays in any case */
    for (uint32_t i = 0; r == 0 && i < p->n; i++)
        if (p->list[i].lines >= LEAST_VALUES && !is_loose(o, i))
            r = mark_values(o, &p->list[i], line + begin[i] - p->list[i].lines, number, numbered);
    return r;
}

int hr_odd_hits(const hr_hit *hit, uint32_t n, hr_arena *scratch, hr_watch *watch, bool *odd)
{
    struct odd o = {.hit = hit, .n = n, .scratch = scratch, .watch = watch, .odd = odd};

    for (uint32_t k = 0; k < n; k++)
        o.matches += hr_hit_is_match(&hit[k]);
    o.pair = hr_arena_alloc(scratch, (n + 1) * sizeof *o.pair);
    o.other = hr_arena_alloc(scratch, (n + 1) * sizeof *o.other);
    if (!o.pair || !o.other)
        return HR_ENOMEM;
    int r = mark_remarks(&o);
    if (r == 0)
        r = find_patterns(&o);
    if (r == 0) {
        mark_shapes(&o);
        r = mark_all_values(&o);
    }
    hr_split_free(&o.split);
    hr_buf_free(&o.words);
    return r;
}
