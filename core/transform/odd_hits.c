/* odd_hits.c - see odd_hits.h. */
#include "transform/odd_hits.h"

#include <string.h>

#include "transform/hash_table.h"
#include "transform/patterns.h"
#include "transform/signs.h"
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
    hr_patterns patterns; /* of them */
};

/* ------------------------------------------------------------------ what they say */
/* The hashes of remarks[]; by the lowest five bits of a first letter those that begin so, and the same bits of their second letters. */
struct remarks {
    uint64_t hash[REMARKS];
    uint8_t from[32], to[32];
    uint32_t begins[32];
};

static void read_remarks(struct remarks *r)
{
    *r = (struct remarks){.begins = {0}};
    for (uint8_t i = 0; i < REMARKS; i++) {
        const unsigned first = remarks[i][0] & 31;
        r->hash[i] = hr_word_hash(hr_str_make(remarks[i], strlen(remarks[i])));
        r->from[first] = r->begins[first] ? r->from[first] : i;
        r->to[first] = (uint8_t)(i + 1);
        r->begins[first] |= 1u << (remarks[i][1] & 31);
    }
}

static uint64_t remark_of(const struct remarks *r, uint64_t hash)
{
    for (int i = 0; i < REMARKS; i++)
        if (hash == r->hash[i])
            return UINT64_C(1) << i;
    return 0;
}

/* The same for a word of plain text. */
static uint64_t plain_remark(const struct remarks *r, hr_str word)
{
    const unsigned first = word.p[0] & 31;

    if (word.n < SHORTEST || word.n > LONGEST)
        return 0;
    const uint64_t hash = hr_plain_word_hash(word);
    for (unsigned i = r->from[first]; i < r->to[first]; i++)
        if (hash == r->hash[i])
            return UINT64_C(1) << i;
    return 0;
}

/* Bit i: the line, in which backslashes stand, says remarks[i]. */
static uint64_t remarks_of(hr_str text, const struct remarks *r)
{
    hr_words escaped = {text, 0};
    hr_plain_words plain;
    hr_word w;
    hr_str word;
    uint64_t said = 0;

    if (hr_plain_words_begin(&plain, text)) {
        while (hr_plain_words_next(&plain, &word))
            said |= plain_remark(r, word);
    } else {
        while (hr_words_next(&escaped, &w))
            said |= remark_of(r, w.hash);
    }
    return said;
}

/* The word that begins in its block at `bit`, of those that tell of words; the text goes on to `end`. */
static hr_str word_at(const char *block, uint64_t words, uint64_t bit, const char *end)
{
    const char *p = block + __builtin_ctzll(bit);
    const uint64_t behind = words + bit; /* the carry goes through the word */
    hr_str word = {p, 0};

    if (behind > words)
        return hr_str_make(p, (size_t)(block + __builtin_ctzll(behind & ~words) - p));
    hr_runs runs = hr_runs_of(hr_str_make(p, (size_t)(end - p)), HR_RUN_WORD);
    hr_runs_next(&runs, HR_RUN_WORD, &word);
    return word;
}

/* The lines stand one behind the other in `text`, so they are gone through as one: few of its words begin as a remark does. A point within a
   number is of no remark. */
static int find_remarks(const struct odd *o, hr_str text, uint64_t *said)
{
    const char *end = text.p + text.n;
    struct remarks table;
    uint64_t before = 0; /* the last byte of the block before is of a word */
    uint32_t k = 0;

    read_remarks(&table);
    for (const char *block = text.p; block < end; block += 64) {
        const size_t n = (size_t)(end - block);
        const uint64_t words = hr_run_bits_up_to_64(block, n, (size_t)(block - text.p), HR_RUN_WORD);
        uint64_t begins = words & ~(words << 1 | before);
        before = words >> 63;
        for (; begins; begins &= begins - 1) {
            const char *p = block + __builtin_ctzll(begins);
            if (end - p < SHORTEST || __builtin_expect(!(table.begins[*p & 31] >> (p[1] & 31) & 1), true))
                continue;
            const uint64_t remark = plain_remark(&table, word_at(block, words, begins & -begins, end));
            if (!remark)
                continue;
            while (p >= o->hit[k].line.p + o->hit[k].line.n)
                k++;
            if (hr_hit_is_match(&o->hit[k]) && p >= hr_hit_words(&o->hit[k]).p)
                said[k] |= remark;
        }
        if (hr_watch_spend(o->watch, n < 64 ? n : 64) < 0)
            return HR_ETIME;
    }
    const char *slash = text.p; /* the next backslash: it parts words, or spells them */
    for (k = 0; k < o->n; k++) {
        const hr_hit *h = &o->hit[k];
        if (slash < h->line.p && !(slash = memchr(h->line.p, '\\', (size_t)(end - h->line.p))))
            break;
        if (slash < h->line.p + h->line.n && *slash == '\\' && hr_hit_is_match(h))
            said[k] = remarks_of(hr_hit_words(h), &table);
    }
    return 0;
}

/* Another bit for lines that tell of an error in any way. Where too many do it tells nothing, and the rest is not read. */
static int find_errors(const struct odd *o, hr_str text, uint64_t *said)
{
    const char *error = text.p, *end = text.p + text.n; /* error: the next word that tells of one */
    bool strong, sure = false;

    for (uint32_t k = 0, found = 0; k < o->n && (uint64_t)found * COMMON_SHARE <= o->matches; k++) {
        const hr_str line = o->hit[k].line, words = hr_hit_words(&o->hit[k]);
        if (!hr_hit_is_match(&o->hit[k]))
            continue;
        if (error <= line.p && error != end) {
            const size_t at = hr_prose_error_place(text, (size_t)(line.p - text.p), &sure);
            error = at == SIZE_MAX ? end : text.p + at;
        }
        if (error < line.p + line.n && ((sure && error >= words.p) || hr_prose_says_error(words, &strong))) {
            said[k] |= UINT64_C(1) << REMARKS;
            found++;
        }
        if (hr_watch_spend(o->watch, line.n) < 0)
            return HR_ETIME;
    }
    return 0;
}

static int mark_remarks(struct odd *o)
{
    uint64_t *said = hr_arena_zalloc(o->scratch, (o->n + 1) * sizeof *said), rare = 0;
    uint32_t lines[REMARKS + 1] = {0};

    if (!said)
        return HR_ENOMEM;
    if (o->n == 0)
        return 0;
    const hr_str last = o->hit[o->n - 1].line,
                 text = hr_str_make(o->hit[0].line.p, (size_t)(last.p + last.n - o->hit[0].line.p));
    int r = find_remarks(o, text, said);
    r = r < 0 ? r : find_errors(o, text, said);
    if (r < 0)
        return r;
    for (uint32_t k = 0; k < o->n; k++)
        for (uint64_t left = said[k]; left; left &= left - 1)
            lines[__builtin_ctzll(left)]++;
    for (int i = 0; i <= REMARKS; i++)
        if ((uint64_t)lines[i] * COMMON_SHARE <= o->matches)
            rare |= UINT64_C(1) << i;
    for (uint32_t k = 0; k < o->n; k++)
        o->odd[k] = o->odd[k] || (said[k] & rare);
    return 0;
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
static int mark_new_texts(struct odd *o)
{
    uint32_t *loose = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *loose), n = 0;
    hr_hash_table seen;

    if (!loose)
        return HR_ENOMEM;
    for (uint32_t k = 0; k < o->n; k++)
        if (hr_hit_is_match(&o->hit[k]) && is_loose(o, o->patterns.of_line[k]))
            loose[n++] = k;
    if (n == 0)
        return 0;
    if (hr_hash_make(&seen, o->scratch, n) < 0)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        hr_hash_entry *e = hr_hash_at(&seen, hr_word_bits(hr_hit_words(&o->hit[loose[i]])) | 1);
        if (!e || e->value++ == 0)
            o->odd[loose[i]] = true;
    }
    return 0;
}

static int mark_shapes(struct odd *o)
{
    for (uint32_t k = 0; k < o->n; k++) {
        uint32_t p = o->patterns.of_line[k];
        if (p != HR_PATTERN_NONE && o->patterns.list[p].lines < LEAST_PATTERN)
            o->odd[k] = true;
    }
    return mark_new_texts(o);
}

/* ------------------------------------------------------------------ values */
/* How often each value of one word stands in the lines of a pattern: in a table for as many of them as may be a category. */
struct values {
    hr_hash_table often;
    size_t n;    /* different ones */
    bool common; /* so far no more than may be */
};

static void begin_values(struct values *v, hr_hash_table room, uint32_t lines)
{
    uint64_t size = 16;

    while (size < 2 * ((uint64_t)lines / USUAL + 1))
        size *= 2;
    *v = (struct values){.often = {room.entries, size - 1}, .common = true};
    memset(room.entries, 0, size * sizeof *room.entries);
}

static void count_value(struct values *v, uint64_t key, uint32_t lines)
{
    hr_hash_entry *e = hr_hash_at(&v->often, key);

    v->n += e && e->value == 0;
    v->common = e && v->n * USUAL <= lines;
    if (e)
        e->value++;
}

/* n values of the lines are keys; those that are rare among them. */
static void mark_rare_values(struct odd *o, struct values *v, const uint32_t *line, const uint64_t *key,
                             size_t n)
{
    if (!v->common || v->n * USUAL > n)
        return;
    for (size_t i = 0; i < n; i++)
        if (hr_hash_at(&v->often, key[i])->value * v->n * RARER <= n)
            o->odd[line[i]] = true;
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

/* What is read of the lines of one pattern, for one word at a time: room for all lines of the text. */
struct column {
    hr_hash_table room;
    uint64_t *key;
    double *number;
    uint32_t *valued, *numbered; /* the lines of them */
};

static int mark_column(struct odd *o, const struct column *c, uint32_t word, const uint32_t *line,
                       uint32_t lines)
{
    size_t n = 0, numbers = 0;
    struct values v;

    begin_values(&v, c->room, lines);
    for (uint32_t i = 0; i < lines; i++) {
        if (word >= hr_split_words(&o->split, line[i]))
            continue;
        const hr_str value = hr_split_word(&o->split, line[i], word);
        if (v.common) {
            c->key[n] = hr_word_bits(value) | 1;
            c->valued[n] = line[i];
            count_value(&v, c->key[n++], lines);
        }
        c->numbered[numbers] = line[i];
        numbers += number_in(value, &c->number[numbers]);
        if (hr_watch_spend(o->watch, o->hit[line[i]].text.n) < 0)
            return HR_ETIME;
    }
    mark_rare_values(o, &v, c->valued, c->key, n);
    mark_far_numbers(o, c->number, c->numbered, numbers);
    return 0;
}

static int mark_all_values(struct odd *o)
{
    const hr_patterns *p = &o->patterns;
    uint32_t *begin = hr_arena_zalloc(o->scratch, (p->n + 1) * sizeof *begin);
    uint32_t *line = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *line);
    struct column c = {.key = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *c.key),
                       .number = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *c.number),
                       .valued = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *c.valued),
                       .numbered = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *c.numbered)};
    int r = begin && line && c.key && c.number && c.valued && c.numbered ? 0 : HR_ENOMEM;

    if (r == 0)
        r = hr_hash_make(&c.room, o->scratch, o->n / USUAL + 1);
    for (uint32_t i = 0; r == 0 && i < p->n; i++)
        begin[i + 1] = begin[i] + p->list[i].lines;
    for (uint32_t k = 0; r == 0 && k < o->n; k++)
        if (p->of_line[k] != HR_PATTERN_NONE)
            line[begin[p->of_line[k]]++] = k;
    /* begin[i] is its end now; of a loose pattern each text stays in any case */
    for (uint32_t i = 0; r == 0 && i < p->n; i++) {
        const uint32_t lines = p->list[i].lines;
        if (lines < LEAST_VALUES || is_loose(o, i))
            continue;
        for (uint64_t varies = p->list[i].varies; r == 0 && varies; varies &= varies - 1)
            r = mark_column(o, &c, (uint32_t)__builtin_ctzll(varies), line + begin[i] - lines, lines);
    }
    return r;
}

int hr_odd_hits(const hr_hit *hit, uint32_t n, hr_arena *scratch, hr_watch *watch, bool *odd)
{
    struct odd o = {.hit = hit, .n = n, .scratch = scratch, .watch = watch, .odd = odd};

    for (uint32_t k = 0; k < n; k++)
        o.matches += hr_hit_is_match(&hit[k]);
    int r = mark_remarks(&o);
    if (r == 0)
        r = find_patterns(&o);
    if (r == 0)
        r = mark_shapes(&o);
    if (r == 0)
        r = mark_all_values(&o);
    hr_split_free(&o.split);
    hr_buf_free(&o.words);
    return r;
}
