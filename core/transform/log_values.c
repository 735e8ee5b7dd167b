/* log_values.c - see log_marks.h. The rules are those of rarities.c and measures.c, held against columns that a log has. */
#include "transform/log_marks.h"

#include <stdlib.h>
#include <string.h>

#include "transform/number.h"
#include "transform/runs.h"

enum {
    MIN_VALUES = 5,    /* among fewer numbers none is far from the others */
    MAX_DISTINCT = 64, /* a column with more values is no category */
    SMALL_TABLE = 40,  /* records; below it rare means once */
    RARE_SHARE = 33,   /* of more: 3 in 100 */
    VALUE_SHARE = 50,  /* one rare value: 2 in 100 */
    SHAPE_SHARE = 100,
    RARER = 8,        /* a rare value stands at most 1/8 as often as the average value */
    MANY_RARE = 10,   /* rare patterns with more than 1/10 of the records are a tail, not exceptions */
    RANKED_SHARE = 90 /* percent of the records that have the number by which all are ranked */
};

/* Room for what is known of the values of one column, used again by the next. */
struct room {
    hr_str *value;
    uint8_t *class;
    hr_node *node;
    hr_cell *cell;
};

/* One column of some records. */
struct column {
    const hr_log *l;
    const struct room *room;
    const uint32_t *record;
    uint32_t n, word; /* records; which of their words */
    float *strength;
    const uint8_t *word_of; /* NULL: that word of all of them; else which of each */
};

/* The words of the column, for all that look at it. */
static void read_values(const struct column *c)
{
    const hr_split *split = c->l->split;

    for (uint32_t i = 0; i < c->n; i++) {
        const uint32_t line = c->l->record[c->record[i]], word = c->word_of ? c->word_of[i] : c->word;
        c->room->value[i] = word < hr_split_words(split, line) ? hr_split_word(split, line, word)
                                                               : hr_str_make(split->text.p, 0);
    }
}

/* Records that a trait may be found in and still be rare, among n. */
static uint32_t rare_limit(uint32_t n, uint32_t part)
{
    if (n < SMALL_TABLE)
        return 1;
    return n / part > 2 ? n / part : 2;
}

/* The fewer, the stronger; the unit is that of marks.h. */
static float strength_of(uint32_t count)
{
    return count <= 1 ? 81 : count <= 3 ? 49 : 25;
}

/* ------------------------------------------------------------------ categories */
struct category {
    uint64_t value[MAX_DISTINCT];
    uint32_t count[MAX_DISTINCT], n;
    uint8_t slot[4 * MAX_DISTINCT]; /* index + 1 */
};

/* Index of the value; MAX_DISTINCT: it is new and there is no room. */
static uint32_t value_index(struct category *c, uint64_t value)
{
    uint32_t at = (uint32_t)(value >> 32) % sizeof c->slot;

    for (; c->slot[at]; at = (at + 1) % sizeof c->slot)
        if (c->value[c->slot[at] - 1] == value)
            return c->slot[at] - 1u;
    if (c->n == MAX_DISTINCT)
        return MAX_DISTINCT;
    c->value[c->n] = value;
    c->count[c->n] = 0;
    c->slot[at] = (uint8_t)++c->n;
    return c->n - 1;
}

/* Which values are rare: highest count that is, 0: none. Many rare values together are a tail, not exceptions: then those that stand alone. */
static uint32_t rare_count(const uint32_t *count, uint32_t values, uint32_t total)
{
    const uint32_t limit = rare_limit(total, VALUE_SHARE);
    const uint32_t most = rare_limit(total, RARE_SHARE) > 3 ? rare_limit(total, RARE_SHARE) : 3;
    uint32_t few = 0, single = 0, highest = 0;

    for (uint32_t k = 0; k < values; k++) {
        if (count[k] == 0 || count[k] > limit || (uint64_t)count[k] * RARER * values > total)
            continue;
        few += count[k];
        single += count[k] == 1;
        highest = count[k] > highest ? count[k] : highest;
    }
    return few <= most ? highest : single && single <= most ? 1 : 0;
}

static void mark_rare_values(const struct column *c)
{
    struct category values = {.n = 0};
    uint8_t *class = c->room->class;

    for (uint32_t i = 0; i < c->n; i++) {
        uint32_t k = value_index(&values, hr_word_bits(c->room->value[i]));
        if (k == MAX_DISTINCT)
            return;
        class[i] = (uint8_t)k;
        values.count[k]++;
    }
    const uint32_t highest = values.n > 1 ? rare_count(values.count, values.n, c->n) : 0;
    for (uint32_t i = 0; highest && i < c->n; i++)
        if (values.count[class[i]] <= highest)
            hr_mark(c->strength, c->record[i], strength_of(values.count[class[i]]));
}

/* ------------------------------------------------------------------ shapes of text */
enum shape { DIGITS = 1, FOREIGN = 2, LONG = 4 };

static uint8_t shape_of(hr_str s, bool whole)
{
    uint64_t digit = 0, high = 0;
    size_t i = 0;

    for (; whole && i + 8 <= s.n; i += 8) /* a record tells its time: it holds digits */
        high |= hr_eight(s.p + i, 8);
    for (; i + 8 <= s.n; i += 8) {
        const uint64_t v = hr_eight(s.p + i, 8);
        digit |= hr_eight_digit(v);
        high |= v;
    }
    const uint64_t v = hr_eight(s.p + i, s.n - i);
    return (uint8_t)((digit | hr_eight_digit(v) ? DIGITS : 0) | ((high | v) & HR_EIGHT(0x80) ? FOREIGN : 0));
}

/* Mark the texts that have the trait, or those that have it not, where those are rare. */
static void mark_trait(const struct column *c, const uint8_t *shape, enum shape trait)
{
    uint32_t with = 0;

    for (uint32_t i = 0; i < c->n; i++)
        with += (shape[i] & trait) != 0;
    const uint32_t fewer = with < c->n - with ? with : c->n - with;
    if (fewer == 0 || fewer > rare_limit(c->n, SHAPE_SHARE))
        return;
    for (uint32_t i = 0; i < c->n; i++)
        if (((shape[i] & trait) != 0) == (with == fewer))
            hr_mark(c->strength, c->record[i], strength_of(fewer));
}

/* Texts with digits among texts without, the other way round, other scripts, and texts far longer than the rest. whole: of records, not of
   words. */
static int mark_shapes(const struct column *c, bool whole)
{
    uint8_t *shape = c->room->class;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < c->n && !whole; i++)
        sum += c->room->value[i].n;
    if (whole)
        sum = c->l->split->text.n;
    for (uint32_t i = 0; i < c->n; i++) {
        hr_str s = whole ? hr_log_text(c->l, c->record[i]) : c->room->value[i];
        shape[i] = (uint8_t)(shape_of(s, whole) | (s.n > 4 * sum / c->n + 16 ? LONG : 0));
        if (hr_watch_spend(c->l->watch, s.n) < 0)
            return HR_ETIME;
    }
    if (!whole)
        mark_trait(c, shape, DIGITS);
    mark_trait(c, shape, FOREIGN);
    mark_trait(c, shape, LONG);
    return 0;
}

/* ------------------------------------------------------------------ numbers */
/* The numbers of a column as a table that the rules for tables can read: each a row, a node and a cell. Those of another unit than most have
   are left out, and marked where they are few. */
static int mark_numbers(const struct column *c, const hr_query *query, hr_ranking *ranking)
{
    hr_node *node = c->room->node;
    hr_cell *cell = c->room->cell;
    const char *base = c->l->split->text.p;
    hr_str unit = {0};
    uint32_t n = 0, same = 0, none = 0;

    for (uint32_t i = 0; i < c->n; i++) {
        const hr_str v = c->room->value[i];
        const size_t digits = hr_number_of_word(v);
        none += digits == 0;
        if (none * 2 > c->n && none > rare_limit(c->n, RARE_SHARE))
            return 0; /* most are no numbers, and too many for an exception */
        const hr_str behind = hr_str_make(v.p + digits, v.n - digits);
        /* The unit of most, if any is that: the candidate changes where it was outvoted. */
        if (digits && same == 0)
            unit = behind;
        same += digits ? hr_word_is(behind, unit) ? 1 : (uint32_t)-1 : 0;
        node[i] = (hr_node){.type = digits ? HR_JSON_NUMBER : HR_JSON_NULL,
                            .off = (uint32_t)(v.p - base),
                            .len = (uint32_t)digits,
                            .key_len = (uint32_t)behind.n}; /* for a moment: of the unit */
    }
    for (uint32_t i = 0; i < c->n; i++) {
        if (node[i].len && hr_word_is(hr_str_make(base + node[i].off + node[i].len, node[i].key_len), unit))
            cell[n++] = (hr_cell){c->record[i], i};
        node[i].key_len = 0;
    }
    const uint32_t others = c->n - n;
    for (uint32_t i = 0, k = 0; others && others <= rare_limit(c->n, RARE_SHARE) && i < c->n; i++) {
        if (k < n && cell[k].node == i)
            k++;
        else
            hr_mark(c->strength, c->record[i], strength_of(others));
    }
    if (n < MIN_VALUES || n * 2 < c->n)
        return 0;
    const hr_tree tree = {.text = base, .len = (uint32_t)c->l->split->text.n, .nodes = node, .n = c->n};
    const hr_rows rows = {.tree = &tree, .n = c->l->n};
    hr_path path[2] = {
        {.n = c->l->n, .rows = c->l->n},
        {.key = HR_STR("value"), .cells = cell, .n = n, .rows = n, .depth = 1, .types = 1 << HR_JSON_NUMBER}};
    const hr_fields f = {.rows = &rows, .paths = path, .n = 2};
    hr_arena *a = hr_arena_new(); /* columns are many, and none outlives the next but a ranking */
    int r = a ? hr_numbers_read(&f, a, 1) : HR_ENOMEM;
    if (r == 0)
        r = hr_mark_measures(&f, a, c->l->watch, c->strength);
    if (r == 0 && ranking->n == 0 && (uint64_t)n * 100 >= (uint64_t)c->l->n * RANKED_SHARE)
        r = hr_rank_rows(&f, c->l->scratch, query, ranking);
    hr_arena_free(a);
    return r;
}

/* ------------------------------------------------------------------ patterns */
static void mark_rare_patterns(const hr_log *l, float *strength)
{
    const uint32_t patterns = l->patterns->n + 1, limit = rare_limit(l->n, RARE_SHARE);
    uint64_t rare = 0;

    for (uint32_t p = 0; p < patterns; p++) {
        const uint32_t n = l->begin[p + 1] - l->begin[p];
        rare += n <= limit ? n : 0;
    }
    if (rare * MANY_RARE > l->n)
        return;
    for (uint32_t p = 0; p < patterns; p++) {
        const uint32_t n = l->begin[p + 1] - l->begin[p];
        for (uint32_t i = l->begin[p]; n <= limit && i < l->begin[p + 1]; i++)
            hr_mark(strength, l->order[i], strength_of(n));
    }
}

static int mark_columns(const hr_log *l, const struct room *room, const hr_query *query, float *strength,
                        hr_ranking *ranking)
{
    for (uint32_t p = 0; p < l->patterns->n; p++) {
        struct column c = {l, room, l->order + l->begin[p], l->begin[p + 1] - l->begin[p], 0, strength, NULL};
        const bool usual = c.n >= l->n - l->n / 2;
        for (uint64_t v = c.n ? l->patterns->list[p].varies : 0; v; v &= v - 1) {
            c.word = (uint32_t)__builtin_ctzll(v);
            if (c.word < HR_LOG_SHARED)
                continue;
            read_values(&c);
            int r = mark_numbers(&c, query, ranking);
            if (r == 0 && usual)
                mark_rare_values(&c);
            if (r == 0 && usual)
                r = mark_shapes(&c, false);
            if (r == 0)
                r = hr_watch_spend(l->watch, (size_t)c.n * 16);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ numbers by their names */
/* "took=12ms" is one column in whatever patterns it stands: of few lines of one pattern none is far from the others. */
struct label {
    uint64_t name;    /* of the word before "=" and of the unit */
    uint32_t from, n; /* records, in the log's order by patterns */
    uint8_t word;
};

/* 0: the word has no such name, or is no number. */
static uint64_t label_of(const hr_log *l, uint32_t at, uint32_t word)
{
    const uint32_t line = l->record[l->order[at]];
    if (word == 0 || word >= hr_split_words(l->split, line))
        return 0;
    const hr_str name = hr_split_word(l->split, line, word - 1), value = hr_split_word(l->split, line, word);
    const size_t digits = value.p == name.p + name.n + 1 && value.p[-1] == '=' ? hr_number_of_word(value) : 0;
    if (digits == 0)
        return 0;
    return hr_mix(hr_word_bits(name), hr_word_bits(hr_str_make(value.p + digits, value.n - digits)));
}

static int by_name(const void *x, const void *y)
{
    const struct label *a = x, *b = y;
    if (a->name != b->name)
        return a->name < b->name ? -1 : 1;
    return (a->from > b->from) - (a->from < b->from);
}

struct labels {
    struct label *list;
    uint32_t n, room;
};

/* The named numbers among some words of n records of one pattern. */
static void add_labels(struct labels *s, const hr_log *l, uint32_t from, uint32_t n, uint64_t words)
{
    for (; words && s->n < s->room; words &= words - 1) {
        const uint8_t word = (uint8_t)__builtin_ctzll(words);
        const uint64_t name = label_of(l, from, word);
        if (name)
            s->list[s->n++] = (struct label){name, from, n, word};
    }
}

/* Those of all patterns; of a record of no pattern any word may be one. */
static int find_labels(struct labels *s, const hr_log *l)
{
    enum { MOST_RARE = 8 }; /* names in one record of no pattern */
    const uint32_t patterns = l->patterns->n;

    for (uint32_t p = 0; p < patterns; p++)
        s->room += (uint32_t)__builtin_popcountll(l->patterns->list[p].varies);
    s->room += MOST_RARE * (l->begin[patterns + 1] - l->begin[patterns]);
    s->list = hr_arena_alloc(l->scratch, (s->room + 1u) * sizeof *s->list);
    if (!s->list)
        return HR_ENOMEM;
    for (uint32_t p = 0; p < patterns; p++)
        if (l->begin[p + 1] > l->begin[p])
            add_labels(s, l, l->begin[p], l->begin[p + 1] - l->begin[p], l->patterns->list[p].varies);
    for (uint32_t at = l->begin[patterns]; at < l->begin[patterns + 1]; at++)
        add_labels(s, l, at, 1, (UINT64_C(1) << HR_LINE_WORDS) - 1);
    qsort(s->list, s->n, sizeof *s->list, by_name);
    return 0;
}

static int mark_labels(const hr_log *l, const struct room *room, const hr_query *query, float *strength,
                       hr_ranking *ranking)
{
    struct labels s = {0};
    uint32_t *record = hr_arena_alloc(l->scratch, (l->n + 1u) * sizeof *record);
    uint8_t *word_of = hr_arena_alloc(l->scratch, l->n + 1u);
    int r = record && word_of ? find_labels(&s, l) : HR_ENOMEM;

    for (uint32_t i = 0, end; r == 0 && i < s.n; i = end) {
        struct column c = {l, room, record, 0, 0, strength, word_of};
        for (end = i; end < s.n && s.list[end].name == s.list[i].name; end++)
            for (uint32_t k = 0; k < s.list[end].n && c.n < l->n;
                 k++) { /* a name may stand twice in a line */
                record[c.n] = l->order[s.list[end].from + k];
                word_of[c.n++] = s.list[end].word;
            }
        if (end == i + 1)
            continue; /* a column that was looked at */
        read_values(&c);
        r = mark_numbers(&c, query, ranking);
        if (r == 0)
            r = hr_watch_spend(l->watch, (size_t)c.n * 16);
    }
    return r;
}

int hr_log_mark_values(const hr_log *l, const hr_query *query, float *strength, hr_ranking *ranking)
{
    uint32_t *all = hr_arena_alloc(l->scratch, (l->n + 1u) * sizeof *all);
    const struct room room = {.value = hr_arena_alloc(l->scratch, (l->n + 1u) * sizeof *room.value),
                              .class = hr_arena_alloc(l->scratch, l->n + 1u),
                              .node = hr_arena_alloc(l->scratch, (l->n + 2u) * sizeof *room.node),
                              .cell = hr_arena_alloc(l->scratch, (l->n + 1u) * sizeof *room.cell)};
    struct column c = {l, &room, all, l->n, 0, strength, NULL};
    int r = 0;

    *ranking = (hr_ranking){0};
    if (!all || !room.value || !room.class || !room.node || !room.cell)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < l->n; i++)
        all[i] = i;
    for (; r == 0 && c.word < HR_LOG_SHARED; c.word++) {
        read_values(&c);
        mark_rare_values(&c);
        r = mark_shapes(&c, false);
    }
    if (r == 0)
        r = mark_shapes(&c, true);
    if (r < 0)
        return r;
    mark_rare_patterns(l, strength);
    r = mark_columns(l, &room, query, strength, ranking);
    return r == 0 ? mark_labels(l, &room, query, strength, ranking) : r;
}
