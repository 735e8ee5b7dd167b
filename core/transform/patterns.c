/* patterns.c - see patterns.h. From the top: shapes and their samples; how a sample is split; each line's way. */
#include "transform/patterns.h"

#include "transform/line_words.h"

enum {
    SAMPLE = 384,       /* lines of one shape that decide how it is split: spread over the whole text */
    MOST_DEPTH = 6,     /* splits one below the other */
    MOST_VALUES = 48,   /* of a word that splits */
    VALUE_LINES = 8,    /* or a value for so many lines of the sample */
    LEAST_VALUES = 16,  /* ... but so many are always allowed */
    MOST_CANDIDATES = 8 /* words tried at one split, those of the fewest values */
};

/* ------------------------------------------------------------------ from a hash to an index */
enum { PROBES = 32 }; /* then the key counts as unknown: who makes hashes collide loses savings, not time */

struct map {
    struct slot {
        uint64_t key; /* 0: free */
        uint32_t value;
    } * slots;
    uint32_t mask, used;
};

static int map_make(struct map *m, hr_arena *a, uint32_t size)
{
    m->slots = hr_arena_zalloc(a, size * sizeof *m->slots);
    m->mask = size - 1;
    m->used = 0;
    return m->slots ? 0 : HR_ENOMEM;
}

/* The slot of the key, free or taken; NULL: too many others are in its way. */
static struct slot *map_slot(const struct map *m, uint64_t key)
{
    for (uint32_t i = 0; i < PROBES; i++) {
        struct slot *s = &m->slots[(key + i) & m->mask];
        if (s->key == key || s->key == 0)
            return s;
    }
    return NULL;
}

/* Keep it at most half full. */
static int map_widen(struct map *m, hr_arena *a)
{
    struct map wider;

    if (m->used * 2 < m->mask)
        return 0;
    if (map_make(&wider, a, (m->mask + 1) * 2) < 0)
        return HR_ENOMEM;
    for (uint32_t i = 0; i <= m->mask; i++) {
        struct slot *s = m->slots[i].key ? map_slot(&wider, m->slots[i].key) : NULL;
        if (s) {
            *s = m->slots[i];
            wider.used++;
        }
    }
    *m = wider;
    return 0;
}

/* ------------------------------------------------------------------ shapes, and a tree below each */
struct node {
    uint32_t splits_at; /* word; HR_PATTERN_NONE: a leaf */
    uint32_t pattern;   /* of a leaf that a line has reached */
};

struct row {
    const uint64_t *word; /* hr_word_bits */
};

struct shape {
    uint32_t words, lines, sampled;
    struct row *row; /* sampled lines; NULL: not yet made */
};

struct finder {
    hr_arena *a;       /* for what is found */
    hr_arena *scratch; /* for all else */
    hr_watch *watch;
    const hr_split *split;
    const bool *skip;
    struct map shapes; /* hash of a shape -> index; its tree's root has the same index among the nodes */
    struct shape *shape;
    uint32_t nshapes, room_shapes;
    struct node *node;
    uint32_t nodes, room_nodes;
    struct map ways; /* (node, value of its word) -> node */
    hr_patterns *out;
    uint32_t room_patterns;
};

/* Make room for one more: the array grows by doubling. */
static void *grown(hr_arena *a, void *list, uint32_t n, uint32_t *room, size_t size)
{
    uint32_t more = *room ? *room * 2 : 64;
    void *wider;

    if (n < *room)
        return list;
    wider = hr_arena_alloc(a, more * size);
    if (wider && n)
        memcpy(wider, list, n * size);
    if (wider)
        *room = more;
    return wider;
}

static uint32_t add_node(struct finder *f)
{
    void *list = grown(f->scratch, f->node, f->nodes, &f->room_nodes, sizeof *f->node);

    if (!list)
        return HR_PATTERN_NONE;
    f->node = list;
    f->node[f->nodes] = (struct node){HR_PATTERN_NONE, HR_PATTERN_NONE};
    return f->nodes++;
}

static bool has_pattern(const struct finder *f, uint32_t line)
{
    return hr_split_words(f->split, line) > 0 && !(f->skip && f->skip[line]);
}

/* Count the lines of each shape, and leave each line's in of_line[]. */
static int read_shapes(struct finder *f)
{
    const hr_split *split = f->split;

    for (uint32_t i = 0; i < split->lines; i++) {
        f->out->of_line[i] = HR_PATTERN_NONE;
        if (!has_pattern(f, i))
            continue;
        if (map_widen(&f->shapes, f->scratch) < 0)
            return HR_ENOMEM;
        struct slot *s = map_slot(&f->shapes, split->shape[i] | 1);
        if (s && s->key == 0) {
            void *list = grown(f->scratch, f->shape, f->nshapes, &f->room_shapes, sizeof *f->shape);
            if (!list || add_node(f) == HR_PATTERN_NONE)
                return HR_ENOMEM;
            f->shape = list;
            f->shape[f->nshapes] = (struct shape){.words = hr_split_words(split, i)};
            *s = (struct slot){split->shape[i] | 1, f->nshapes++};
            f->shapes.used++;
        }
        if (!s || f->shape[s->value].words != hr_split_words(split, i))
            continue;
        f->shape[s->value].lines++;
        f->out->of_line[i] = s->value;
    }
    return hr_watch_spend(f->watch, split->lines);
}

/* Hash the words of SAMPLE lines of each shape, at even distances. */
static int read_samples(struct finder *f)
{
    const hr_split *split = f->split;
    uint32_t *seen = hr_arena_zalloc(f->scratch, (f->nshapes + 1) * sizeof *seen);

    if (!seen)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < split->lines; i++) {
        uint32_t s = f->out->of_line[i];
        struct shape *shape = s != HR_PATTERN_NONE ? &f->shape[s] : NULL;
        if (!shape || shape->lines < 2)
            continue;
        uint64_t k = seen[s]++, n = shape->lines;
        if (n > SAMPLE && k * SAMPLE / n == (k + 1) * SAMPLE / n)
            continue;
        if (!shape->row)
            shape->row = hr_arena_alloc(f->scratch, (n < SAMPLE ? n : SAMPLE) * sizeof *shape->row);
        uint64_t *word = hr_arena_alloc(f->scratch, shape->words * sizeof *word);
        if (!shape->row || !word)
            return HR_ENOMEM;
        for (uint32_t j = 0; j < shape->words; j++)
            word[j] = hr_word_bits(hr_split_word(split, i, j));
        shape->row[shape->sampled++].word = word;
        if (hr_watch_spend(f->watch, shape->words * 8) < 0)
            return HR_ETIME;
    }
    return 0;
}

/* ------------------------------------------------------------------ how a sample is split */
struct part {
    struct row *row;
    uint32_t n, words, depth, node;
};

/* Number the values of a word in the order of their first rows: class[row]. Their number; 0: more than MOST_VALUES. */
static uint32_t classify(const struct part *p, uint32_t word, uint8_t *class)
{
    uint64_t value[MOST_VALUES];
    uint32_t n = 0, most = p->n / VALUE_LINES > LEAST_VALUES ? p->n / VALUE_LINES : LEAST_VALUES;

    if (most > MOST_VALUES)
        most = MOST_VALUES;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t k = 0;
        while (k < n && value[k] != p->row[i].word[word])
            k++;
        if (k == n) {
            if (n == most)
                return 0;
            value[n++] = p->row[i].word[word];
        }
        class[i] = (uint8_t)k;
    }
    return n;
}

static uint64_t constant_words(const struct part *p)
{
    uint64_t constant = (1ull << p->words) - 1;

    for (uint32_t i = 1; i < p->n; i++)
        for (uint32_t w = 0; w < p->words; w++)
            if (p->row[i].word[w] != p->row[0].word[w])
                constant &= ~(1ull << w);
    return constant;
}

/* What is won by a pattern for each class: a word for each line where it becomes constant, less the words of one more line. */
static int64_t gain(const struct part *p, uint64_t constant, const uint8_t *class, uint32_t classes)
{
    uint32_t first[MOST_VALUES], count[MOST_VALUES] = {0};
    uint64_t same[MOST_VALUES];
    int64_t sum = 0;

    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t c = class[i];
        if (count[c]++ == 0) {
            first[c] = i;
            same[c] = ((1ull << p->words) - 1) & ~constant;
            continue;
        }
        for (uint64_t left = same[c]; left; left &= left - 1) {
            uint32_t w = (uint32_t)__builtin_ctzll(left);
            if (p->row[i].word[w] != p->row[first[c]].word[w])
                same[c] &= ~(1ull << w);
        }
    }
    for (uint32_t c = 0; c < classes; c++)
        sum += (int64_t)__builtin_popcountll(same[c]) * (count[c] - 1) - p->words;
    return sum;
}

/* The word to split at, with its classes; HR_PATTERN_NONE: none is worth it. */
static uint32_t best_word(const struct part *p, uint8_t *class, uint32_t *classes)
{
    uint64_t constant = constant_words(p);
    uint32_t candidate[HR_LINE_WORDS], values[HR_LINE_WORDS], n = 0, best = HR_PATTERN_NONE;
    int64_t most = 0;

    for (uint32_t w = 0; w < p->words; w++) {
        uint32_t v = constant >> w & 1 ? 0 : classify(p, w, class), at = n;
        if (v < 2)
            continue;
        for (; at > 0 && values[at - 1] > v; at--) {
            values[at] = values[at - 1];
            candidate[at] = candidate[at - 1];
        }
        values[at] = v;
        candidate[at] = w;
        n++;
    }
    for (uint32_t i = 0; i < n && i < MOST_CANDIDATES; i++) {
        uint32_t v = classify(p, candidate[i], class);
        int64_t g = gain(p, constant, class, v);
        if (g > most) {
            most = g;
            best = candidate[i];
        }
    }
    if (best != HR_PATTERN_NONE)
        *classes = classify(p, best, class);
    return best;
}

/* The node behind `node` for a value of its word, made where there is none. HR_PATTERN_NONE: no memory, or its hash is in the way. */
static uint32_t way(struct finder *f, uint32_t node, uint64_t value)
{
    uint64_t key = hr_mix(hr_mix(HR_GOLDEN, node), value) | 1;

    if (map_widen(&f->ways, f->scratch) < 0)
        return HR_PATTERN_NONE;
    struct slot *s = map_slot(&f->ways, key);
    if (!s)
        return HR_PATTERN_NONE;
    if (s->key == 0) {
        uint32_t next = add_node(f);
        if (next == HR_PATTERN_NONE)
            return next;
        *s = (struct slot){key, next};
        f->ways.used++;
    }
    return s->value;
}

/* Split one part; its classes stand one behind the other in its rows, as parts of their own from *todo on. */
static int split(struct finder *f, const struct part *p, struct part *todo, uint32_t *n)
{
    uint8_t class[SAMPLE];
    struct row sorted[SAMPLE];
    uint32_t classes = 0, word, end = 0;

    word = p->depth < MOST_DEPTH && p->n >= 4 ? best_word(p, class, &classes) : HR_PATTERN_NONE;
    f->node[p->node].splits_at = word;
    if (word == HR_PATTERN_NONE)
        return 0;
    for (uint32_t c = 0; c < classes; c++) {
        uint32_t from = end, next;
        for (uint32_t i = 0; i < p->n; i++)
            if (class[i] == c)
                sorted[end++] = p->row[i];
        next = way(f, p->node, sorted[from].word[word]);
        if (next == HR_PATTERN_NONE)
            return HR_ENOMEM;
        todo[(*n)++] = (struct part){p->row + from, end - from, p->words, p->depth + 1, next};
    }
    memcpy(p->row, sorted, end * sizeof *sorted);
    return hr_watch_spend(f->watch, (size_t)p->n * p->words * 8);
}

static int split_shapes(struct finder *f)
{
    struct part todo[MOST_DEPTH * MOST_VALUES + 1];

    for (uint32_t s = 0; s < f->nshapes; s++) {
        uint32_t n = 0;
        if (f->shape[s].sampled > 0)
            todo[n++] = (struct part){f->shape[s].row, f->shape[s].sampled, f->shape[s].words, 0, s};
        while (n > 0) {
            struct part p = todo[--n];
            int r = split(f, &p, todo, &n);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ each line's way */
static uint32_t leaf_of(struct finder *f, uint32_t node, uint32_t line)
{
    while (node != HR_PATTERN_NONE && f->node[node].splits_at != HR_PATTERN_NONE)
        node = way(f, node, hr_word_bits(hr_split_word(f->split, line, f->node[node].splits_at)));
    return node;
}

static int add_pattern(struct finder *f, uint32_t line, uint32_t *pattern)
{
    hr_patterns *out = f->out;
    void *list = grown(f->a, out->list, out->n, &f->room_patterns, sizeof *out->list);

    if (!list)
        return HR_ENOMEM;
    out->list = list;
    out->list[out->n] = (hr_pattern){.first = line};
    *pattern = out->n++;
    return 0;
}

/* The pattern gets one more line, and varies where that differs from its first one. */
static void count_line(const struct finder *f, hr_pattern *p, uint32_t line)
{
    const uint32_t words = hr_split_words(f->split, line);

    if (++p->lines == 1)
        return;
    for (uint64_t left = ((1ull << words) - 1) & ~p->varies; left; left &= left - 1) {
        uint32_t j = (uint32_t)__builtin_ctzll(left);
        if (!hr_word_is(hr_split_word(f->split, line, j), hr_split_word(f->split, p->first, j)))
            p->varies |= 1ull << j;
    }
}

static int assign(struct finder *f)
{
    for (uint32_t i = 0; i < f->split->lines; i++) {
        uint32_t *of = &f->out->of_line[i], leaf = *of == HR_PATTERN_NONE ? *of : leaf_of(f, *of, i);
        if (hr_watch_spend(f->watch, f->split->begin[i + 1] - f->split->begin[i]) < 0)
            return HR_ETIME;
        *of = HR_PATTERN_NONE;
        if (leaf == HR_PATTERN_NONE)
            continue;
        uint32_t *k = &f->node[leaf].pattern;
        if (*k == HR_PATTERN_NONE && add_pattern(f, i, k) < 0)
            return HR_ENOMEM;
        *of = *k;
        count_line(f, &f->out->list[*k], i);
    }
    return 0;
}

static int find(struct finder *f)
{
    int r = map_make(&f->shapes, f->scratch, 256);

    if (r == 0)
        r = map_make(&f->ways, f->scratch, 256);
    if (r == 0)
        r = read_shapes(f);
    if (r == 0)
        r = read_samples(f);
    if (r == 0)
        r = split_shapes(f);
    if (r == 0)
        r = assign(f);
    return r;
}

int hr_patterns_of(hr_patterns *out, hr_arena *a, const hr_split *split, const bool *skip, hr_watch *watch)
{
    struct finder f = {
        .a = a, .scratch = hr_arena_new(), .watch = watch, .split = split, .skip = skip, .out = out};

    *out = (hr_patterns){.lines = split->lines};
    out->of_line = hr_arena_alloc(a, (split->lines + 1u) * sizeof *out->of_line);
    int r = f.scratch && out->of_line ? find(&f) : HR_ENOMEM;
    hr_arena_free(f.scratch);
    return r;
}

int hr_patterns_find(hr_patterns *out, hr_arena *a, hr_str text, const bool *skip, hr_watch *watch)
{
    hr_split split;
    int r = hr_split_read(&split, text, watch);

    if (r < 0)
        return r;
    r = hr_patterns_of(out, a, &split, skip, watch);
    hr_split_free(&split);
    return r;
}
