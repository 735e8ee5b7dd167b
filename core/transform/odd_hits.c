/* odd_hits.c - see odd_hits.h. */
#include "transform/odd_hits.h"

#include <string.h>

#include "transform/line_words.h"
#include "transform/patterns.h"
#include "transform/signs.h"
#include "transform/sort.h"

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

/* Words that make a line of code worth a look, in the order of the alphabet. */
static const char *const remarks[] = {
    "abort",    "broken",    "bug",      "careful", "danger",  "dangerous",  "deprecated",
    "error",    "exception", "fail",     "failed",  "failure", "fatal",      "fixme",
    "hack",     "important", "insecure", "legacy",  "note",    "panic",      "remove",
    "security", "todo",      "unsafe",   "warn",    "warning", "workaround", "xxx"};
enum { REMARKS = sizeof remarks / sizeof *remarks, LETTERS = 26, LEAST_PLURAL = 5 };

/* Where the remarks of each first letter begin, and which lengths they have. */
struct remark_index {
    uint8_t first[LETTERS + 1];
    uint32_t lengths[LETTERS];
};

struct odd {
    const hr_hit *hit;
    uint32_t n, matches;
    hr_arena *scratch;
    hr_watch *watch;
    bool *odd;
    hr_patterns patterns;  /* of the matches' words */
    hr_pair *pair, *other; /* n each */
};

/* ------------------------------------------------------------------ what they say */
static void index_remarks(struct remark_index *x)
{
    *x = (struct remark_index){0};
    for (int i = 0; i < REMARKS; i++) {
        size_t n = strlen(remarks[i]);
        int letter = remarks[i][0] - 'a';
        x->lengths[letter] |= 1U << n | (n >= LEAST_PLURAL - 1 ? 1U << (n + 1) : 0);
        x->first[letter + 1] = (uint8_t)(i + 1);
    }
    for (int c = 0; c < LETTERS; c++)
        if (x->first[c + 1] < x->first[c])
            x->first[c + 1] = x->first[c];
}

/* Is s, a word, the remark z in any case, or its plural? */
static bool is_remark(hr_str s, const char *z)
{
    size_t n = strlen(z);

    if (s.n != n && (s.n != n + 1 || s.n < LEAST_PLURAL || (s.p[n] | 0x20) != 's'))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((s.p[i] | 0x20) != z[i])
            return false;
    return true;
}

/* What words are made of, as words.h has them: 1 a letter, 2 anything else of a word. */
static const uint8_t of_word[256] = {
    ['0'] = 2, ['1'] = 2, ['2'] = 2, ['3'] = 2, ['4'] = 2, ['5'] = 2, ['6'] = 2, ['7'] = 2, ['8'] = 2,
    ['9'] = 2, ['_'] = 2, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1,
    ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1,
    ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1,
    ['z'] = 1, ['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1,
    ['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1,
    ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1};

static uint8_t class_of(char c)
{
    return (unsigned char)c > 0x7f ? 2 : of_word[(unsigned char)c];
}

/* Bit i: the line says remarks[i]. Bit REMARKS: it tells of an error in another way. */
static uint64_t remarks_of(hr_str text, const struct remark_index *x)
{
    enum { LONGEST = 31 };
    uint64_t said = 0;
    bool strong;

    for (size_t i = 0, from; i < text.n; i++) {
        uint8_t first = class_of(text.p[i]);
        if (first == 0) {
            i += text.p[i] == '\\'; /* "\nerror": the letter is the backslash's */
            continue;
        }
        for (from = i; i < text.n && class_of(text.p[i]); i++)
            ;
        if (first != 1 || i - from > LONGEST)
            continue;
        int letter = (text.p[from] | 0x20) - 'a';
        if (!(x->lengths[letter] >> (i - from) & 1))
            continue;
        for (int k = x->first[letter]; k < x->first[letter + 1]; k++)
            if (is_remark(hr_str_make(text.p + from, i - from), remarks[k]))
                said |= UINT64_C(1) << k;
    }
    if (hr_prose_says_error(text, &strong))
        said |= UINT64_C(1) << REMARKS;
    return said;
}

static int mark_remarks(struct odd *o)
{
    uint64_t *said = hr_arena_zalloc(o->scratch, (o->n + 1) * sizeof *said), rare = 0;
    struct remark_index index;
    uint32_t lines[REMARKS + 1] = {0};
    int r = said ? 0 : HR_ENOMEM;

    index_remarks(&index);
    for (uint32_t k = 0; r == 0 && k < o->n; k++) {
        if (!hr_hit_is_match(&o->hit[k]))
            continue;
        said[k] = remarks_of(hr_hit_words(&o->hit[k]), &index);
        for (uint64_t bits = said[k]; bits; bits &= bits - 1)
            lines[__builtin_ctzll(bits)]++;
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
    hr_buf words = {0};
    bool *skip = hr_arena_zalloc(o->scratch, o->n + 1);
    int r = skip ? 0 : HR_ENOMEM;

    for (uint32_t k = 0; r == 0 && k < o->n; k++) {
        skip[k] = !hr_hit_is_match(&o->hit[k]);
        if (!skip[k])
            hr_buf_str(&words, hr_hit_words(&o->hit[k]));
        hr_buf_putc(&words, '\n');
    }
    if (words.err)
        r = HR_ENOMEM;
    if (r == 0)
        r = hr_patterns_find(&o->patterns, o->scratch, hr_buf_view(&words), skip, o->watch);
    hr_buf_free(&words);
    return r;
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
/* One word of all lines of a pattern; its values are sorted. */
static void mark_rare_values(struct odd *o, const hr_pair *pair, size_t n)
{
    size_t values = 0;

    for (size_t i = 0; i < n; i++)
        values += i == 0 || pair[i].key != pair[i - 1].key;
    if (values * USUAL > n)
        return;
    for (size_t i = 0, from; i < n;) {
        for (from = i; i < n && pair[i].key == pair[from].key; i++)
            ;
        if ((i - from) * values * RARER > n)
            continue;
        for (size_t k = from; k < i; k++)
            o->odd[pair[k].value] = true;
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

/* Room for the values of one word in the lines of a pattern. */
struct column {
    hr_pair *pair;
    double *number;
    uint32_t *numbered;
    size_t values, numbers;
};

static void add_value(struct column *c, hr_str word, uint32_t line)
{
    c->pair[c->values++] = (hr_pair){hr_word_bits(word), line};
    c->numbered[c->numbers] = line;
    c->numbers += number_in(word, &c->number[c->numbers]);
}

/* The lines of one pattern, of which fewer than LEAST_LOOSE words vary. */
static int mark_values(struct odd *o, const hr_pattern *p, const uint32_t *line, struct column *column)
{
    hr_line_words w;
    int r = 0;

    for (int k = 0; k < LEAST_LOOSE - 1; k++)
        column[k].values = column[k].numbers = 0;
    for (uint32_t i = 0; r == 0 && p->varies && i < p->lines; i++) {
        struct column *c = column;
        hr_line_split(hr_hit_words(&o->hit[line[i]]), &w);
        for (uint64_t v = p->varies; v; v &= v - 1, c++) {
            uint32_t word = (uint32_t)__builtin_ctzll(v);
            if (word < w.n && word < HR_LINE_WORDS)
                add_value(c, w.word[word], line[i]);
        }
        r = hr_watch_spend(o->watch, o->hit[line[i]].text.n);
    }
    for (int k = 0; r == 0 && k < LEAST_LOOSE - 1; k++) {
        struct column *c = &column[k];
        hr_sort_pairs(c->pair, o->other, c->values);
        mark_rare_values(o, c->pair, c->values);
        mark_far_numbers(o, c->number, c->numbered, c->numbers);
    }
    return r;
}

static int mark_all_values(struct odd *o)
{
    const hr_patterns *p = &o->patterns;
    uint32_t *begin = hr_arena_zalloc(o->scratch, (p->n + 1) * sizeof *begin);
    uint32_t *line = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *line);
    struct column column[LEAST_LOOSE - 1];
    int r = begin && line ? 0 : HR_ENOMEM;

    for (int k = 0; k < LEAST_LOOSE - 1; k++) {
        struct column *c = &column[k];
        c->pair = k == 0 ? o->pair : hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *c->pair);
        c->number = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *c->number);
        c->numbered = hr_arena_alloc(o->scratch, (o->n + 1) * sizeof *c->numbered);
        if (!c->pair || !c->number || !c->numbered)
            r = HR_ENOMEM;
    }
    for (uint32_t i = 0; r == 0 && i < p->n; i++)
        begin[i + 1] = begin[i] + p->list[i].lines;
    for (uint32_t k = 0; r == 0 && k < o->n; k++)
        if (p->of_line[k] != HR_PATTERN_NONE)
            line[begin[p->of_line[k]]++] = k;
    /* begin[i] is its end now; of a loose pattern each text stays in any case */
    for (uint32_t i = 0; r == 0 && i < p->n; i++)
        if (p->list[i].lines >= LEAST_VALUES && !is_loose(o, i))
            r = mark_values(o, &p->list[i], line + begin[i] - p->list[i].lines, column);
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
    return r;
}
