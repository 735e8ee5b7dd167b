/* novelties.c - texts that use words which no other text of their field uses. See marks.h.

   Logs, titles and messages made by programs draw on few words. Where that is so, a text with several words of its own is
   an event of its own, though no keyword and no number says so. Where every text brings new words (prose, names of people)
   nothing is novel. Words with digits do not count: they are identifiers. */
#include "transform/marks.h"
#include "transform/words.h"

#include <string.h>

enum {
    MIN_ROWS = 8,      /* of fewer no text is said to be unlike the others */
    OWN_WORDS = 2,     /* words of its own that make a text novel */
    NOVEL_SHARE = 100, /* more than 1/100 of the texts: the field draws on many words */
    MIN_WORDS = 256,   /* vocabulary that is always looked at, and then half a word a row */
    MAX_WORDS = 1 << 16,
    SHARED = UINT32_MAX,
    KNOWN = 1024, /* a power of two; a quarter for few rows */
    FEW_ROWS = 200,
    STRENGTH = 49 /* marks.h: seven deviations, as for values that two or three rows have */
};

struct vocabulary {
    struct word {
        uint64_t hash;
        uint32_t owner;  /* cell + 1; SHARED: of several; 0: a free slot */
        uint32_t tokens; /* how often it stands there */
    } * slot;
    uint32_t *used; /* places of the words in the order in which they came */
    uint32_t mask, n, max;
    struct
        known { /* words that need no further look: of several cells, or with a digit. Both ends say all of it. */
        uint64_t first, last;
        uint32_t n, path; /* of this path; 0: none */
    } * known;
    uint32_t known_mask;
    uint32_t path;           /* at hand */
    const char *begin, *end; /* of the whole text */
};

/* The cell uses the word. true: no other cell can change anything about it. *full: there is no room. */
static inline bool use_word(struct vocabulary *v, uint64_t hash, uint32_t owner, bool *full)
{
    uint32_t at = (uint32_t)(hash ^ hash >> 32) & v->mask;

    while (v->slot[at].owner && v->slot[at].hash != hash)
        at = (at + 1) & v->mask;
    struct word *w = &v->slot[at];
    if (w->owner == 0) {
        *full = v->n == v->max;
        v->used[v->n++] = at;
        *w = (struct word){hash, owner, 1};
    } else if (w->owner == owner && owner != SHARED) {
        w->tokens++;
    } else {
        w->owner = SHARED;
    }
    return w->owner == SHARED;
}

static bool holds_digit(hr_str word)
{
    for (size_t i = 0; i < word.n; i++)
        if ((unsigned char)(word.p[i] - '0') < 10)
            return true;
    return false;
}

/* The same for a word as it stands in the text. */
static inline void use_plain_word(struct vocabulary *v, hr_str word, uint32_t owner, bool *full)
{
    struct known now = {.n = (uint32_t)word.n, .path = v->path};

    if (word.n > 16 || v->end - word.p < 16) {
        if (!holds_digit(word))
            use_word(v, hr_plain_word_hash(word), owner, full);
        return;
    }
    now.first = hr_eight_of_more(word.p, word.n);
    if (word.n > 8)
        now.last = hr_eight_of_more(word.p + word.n - 8, 8);
    struct known *k = &v->known[hr_mix(now.first ^ now.last, word.n) & v->known_mask];
    if (k->n == now.n && k->path == now.path && k->first == now.first && k->last == now.last)
        return;
    if (hr_eight_digit(now.first) || hr_eight_digit(now.last) ||
        use_word(v, hr_plain_word_hash(word), owner, full))
        *k = now;
}

/* false: there are too many words. */
static bool use_words(struct vocabulary *v, hr_str text, bool escaped, uint32_t owner)
{
    hr_plain_words plain;
    hr_words words = {text, 0};
    hr_word w;
    hr_str word;
    bool full = false;

    if (escaped && !hr_plain_words_begin(&plain, text)) {
        while (!full && hr_words_next(&words, &w))
            if (!(w.flags & HR_WORD_DIGIT))
                use_word(v, w.hash, owner, &full);
        return !full;
    }
    if (!escaped)
        plain = hr_plain_words_inside(v->begin, text);
    while (!full && hr_plain_words_next(&plain, &word))
        use_plain_word(v, word, owner, &full);
    return !full;
}

/* 1; 0 where the field draws on too many words; HR_ETIME. */
static int count_words(const hr_fields *f, const hr_path *p, struct vocabulary *v, hr_watch *watch)
{
    const hr_values *values = &p->values;

    for (uint32_t k = 0; k < v->n; k++)
        v->slot[v->used[k]].owner = 0;
    v->n = 0;
    v->path++;
    for (uint32_t k = 0; k < values->n; k++) {
        const hr_str s = values->text[k];
        const bool escaped = hr_cell_node(f, &p->cells[values->first[k]])->escaped;
        const uint32_t owner = values->count[k] > 1 ? (uint32_t)SHARED : values->first[k] + 1;
        if (s.p[0] == '"' && !use_words(v, hr_str_make(s.p + 1, s.n - 2), escaped, owner))
            return 0;
    }
    for (uint32_t i = 0; values->n == 0 && i < p->n; i++) {
        hr_str s = hr_cell_text(f, &p->cells[i]);
        const hr_node *node = hr_cell_node(f, &p->cells[i]);
        if (node->type != HR_JSON_STRING)
            continue;
        if (!use_words(v, hr_str_make(s.p + 1, s.n - 2), node->escaped, i + 1))
            return 0;
        if (hr_watch_spend(watch, s.n) < 0)
            return HR_ETIME;
    }
    return 1;
}

/* own[]: zeroed room for a number for each cell. */
static void mark_novel(const hr_path *p, const struct vocabulary *v, uint8_t *own, float *strength)
{
    const uint32_t share = p->n < MAX_WORDS ? p->n / NOVEL_SHARE : MAX_WORDS / NOVEL_SHARE;
    const uint32_t most = share > 2 ? share : 2;
    uint32_t novel = 0;

    for (uint32_t k = 0; k < v->n; k++) {
        const struct word *w = &v->slot[v->used[k]];
        if (w->owner == SHARED || own[w->owner - 1] >= OWN_WORDS)
            continue;
        own[w->owner - 1] = (uint8_t)(own[w->owner - 1] + (w->tokens < OWN_WORDS ? w->tokens : OWN_WORDS));
        novel += own[w->owner - 1] >= OWN_WORDS;
    }
    for (uint32_t i = 0; i < p->n && novel <= most; i++)
        if (own[i] >= OWN_WORDS)
            hr_mark(strength, p->cells[i].row, STRENGTH);
}

/* No text stands alone: then no word does. */
static bool all_repeat(const hr_values *values)
{
    uint32_t k = 0;

    while (k < values->n && values->count[k] > 1)
        k++;
    return values->n > 0 && k == values->n;
}

int hr_mark_novelties(const hr_fields *f, hr_arena *scratch, hr_watch *watch, float *strength)
{
    const uint32_t rows = f->rows->n;
    uint32_t cells = 0;
    const hr_tree *t = f->rows->tree;
    struct vocabulary v = {.max = rows / 2 + MIN_WORDS < MAX_WORDS ? rows / 2 + MIN_WORDS : MAX_WORDS,
                           .begin = t->text,
                           .end = t->text + t->len};
    if (rows < MIN_ROWS)
        return 0;
    for (v.mask = 1; v.mask < 2 * v.max; v.mask = 2 * v.mask + 1)
        ;
    v.slot = hr_arena_zalloc(scratch, (v.mask + 1) * sizeof *v.slot);
    v.used = hr_arena_alloc(scratch, (v.max + 1) * sizeof *v.used);
    v.known_mask = (rows < FEW_ROWS ? KNOWN / 4 : KNOWN) - 1;
    v.known = hr_arena_zalloc(scratch, (v.known_mask + 1u) * sizeof *v.known);
    for (uint32_t k = 1; k < f->n; k++)
        cells = f->paths[k].n > cells ? f->paths[k].n : cells;
    uint8_t *own = hr_arena_alloc(scratch, cells + 1u);
    if (!v.slot || !v.used || !v.known || !own)
        return HR_ENOMEM;
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k];
        if (p->rows < rows - rows / 2 || !(p->types >> HR_JSON_STRING & 1) || all_repeat(&p->values))
            continue;
        int r = count_words(f, p, &v, watch);
        if (r < 0)
            return r;
        if (r == 1 && v.n > 0) {
            memset(own, 0, p->n);
            mark_novel(p, &v, own, strength);
        }
    }
    return 0;
}
