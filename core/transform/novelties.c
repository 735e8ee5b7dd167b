/* novelties.c - texts that use words which no other text of their field uses. See marks.h.

   Logs, titles and messages made by programs draw on few words. Where that is so, a text with several words of its own is
   an event of its own, though no keyword and no number says so. Where every text brings new words (prose, names of people)
   nothing is novel. Words with digits do not count: they are identifiers. */
#include "transform/marks.h"
#include "transform/words.h"

#include <string.h>

enum {
    MIN_ROWS = 20,
    OWN_WORDS = 2,     /* words of its own that make a text novel */
    NOVEL_SHARE = 100, /* more than 1/100 of the texts: the field draws on many words */
    MIN_WORDS = 256,   /* vocabulary that is always looked at, and then half a word a row */
    MAX_WORDS = 1 << 16,
    STRENGTH = 49 /* marks.h: seven deviations, as for values that two or three rows have */
};

/* A word, and the text that has it: EVERYBODYS where two have. */
struct known {
    uint64_t hash;
    uint32_t owner; /* cell + 1; 0: free */
};

struct vocabulary {
    struct known *slot;
    uint32_t mask, n, max;
};

#define EVERYBODYS UINT32_MAX

/* false: the field draws on too many words. */
static inline bool use_word(struct vocabulary *v, uint64_t hash, uint32_t owner)
{
    uint32_t at = (uint32_t)(hash ^ hash >> 32) & v->mask;
    while (v->slot[at].owner && v->slot[at].hash != hash)
        at = (at + 1) & v->mask;
    if (v->slot[at].owner == 0) {
        v->slot[at] = (struct known){hash, owner};
        return v->n++ < v->max;
    }
    if (v->slot[at].owner != owner)
        v->slot[at].owner = EVERYBODYS;
    return true;
}

static inline bool holds_digit(hr_str word)
{
    uint64_t any = 0;
    size_t i = 0;
    for (; i + 8 <= word.n; i += 8)
        any |= hr_eight_digit(hr_eight(word.p + i, 8));
    return (any | hr_eight_digit(hr_eight(word.p + i, word.n - i))) != 0;
}

static bool use_words(struct vocabulary *v, hr_str text, uint32_t owner)
{
    hr_plain_words plain;
    hr_words slow = {text, 0};
    hr_str word;
    hr_word w;
    if (hr_plain_words_begin(&plain, text)) {
        while (hr_plain_words_next(&plain, &word))
            if (!holds_digit(word) && !use_word(v, hr_plain_word_hash(word), owner))
                return false;
        return true;
    }
    while (hr_words_next(&slow, &w))
        if (!(w.flags & HR_WORD_DIGIT) && !use_word(v, w.hash, owner))
            return false;
    return true;
}

/* 1; 0 where the field draws on too many words; HR_ETIME. */
static int read_words(const hr_fields *f, const hr_path *p, struct vocabulary *v, hr_watch *watch)
{
    memset(v->slot, 0, (v->mask + 1) * sizeof *v->slot);
    v->n = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        const hr_str s = hr_cell_text(f, &p->cells[i]);
        if (s.p[0] != '"')
            continue;
        if (!use_words(v, hr_str_make(s.p + 1, s.n - 2), i + 1))
            return 0;
        if (hr_watch_spend(watch, s.n) < 0)
            return HR_ETIME;
    }
    return 1;
}

/* Texts with OWN_WORDS that no other text uses, if they are few. own[]: zeroes, and again afterwards. */
static void mark_novel(const hr_path *p, const struct vocabulary *v, uint8_t *own, float *strength)
{
    const uint32_t most = p->n / NOVEL_SHARE > 2 ? p->n / NOVEL_SHARE : 2;
    uint32_t novel = 0;
    for (uint32_t at = 0; at <= v->mask; at++) {
        const uint32_t owner = v->slot[at].owner;
        if (owner && owner != EVERYBODYS && own[owner] < OWN_WORDS)
            novel += ++own[owner] == OWN_WORDS;
    }
    for (uint32_t i = 0; novel > 0 && novel <= most && i < p->n; i++)
        if (own[i + 1] >= OWN_WORDS)
            hr_mark(strength, p->cells[i].row, STRENGTH);
    memset(own, 0, p->n + 1u);
}

int hr_mark_novelties(const hr_fields *f, hr_arena *scratch, hr_watch *watch, float *strength)
{
    const uint32_t rows = f->rows->n;
    struct vocabulary v = {.max = rows / 2 + MIN_WORDS < MAX_WORDS ? rows / 2 + MIN_WORDS : MAX_WORDS};
    uint32_t most = 0;
    if (rows < MIN_ROWS)
        return 0;
    for (v.mask = 1; v.mask < 2 * v.max; v.mask = 2 * v.mask + 1)
        ;
    for (uint32_t k = 1; k < f->n; k++)
        most = f->paths[k].n > most ? f->paths[k].n : most;
    v.slot = hr_arena_alloc(scratch, (v.mask + 1) * sizeof *v.slot);
    uint8_t *own = hr_arena_zalloc(scratch, most + 1u);
    if (!v.slot || !own)
        return HR_ENOMEM;
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k];
        if (p->rows < rows - rows / 2)
            continue;
        int r = read_words(f, p, &v, watch);
        if (r < 0)
            return r;
        if (r == 1 && v.n > 0)
            mark_novel(p, &v, own, strength);
    }
    return 0;
}
