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

struct vocabulary {
    uint64_t *hash;
    uint32_t *texts; /* in how many texts, up to two */
    uint32_t *last;  /* cell + 1 that counted it last */
    uint32_t mask, n, max;
};

/* The slot of the word; a free one if it is new. */
static uint32_t slot_of(const struct vocabulary *v, uint64_t hash)
{
    uint32_t at = (uint32_t)(hash ^ hash >> 32) & v->mask;
    while (v->texts[at] && v->hash[at] != hash)
        at = (at + 1) & v->mask;
    return at;
}

static hr_words words_of(const hr_fields *f, const hr_cell *c)
{
    const hr_node *v = hr_cell_node(f, c);
    hr_str s = hr_cell_text(f, c);
    return (hr_words){v->type == HR_JSON_STRING ? hr_str_make(s.p + 1, s.n - 2) : (hr_str){0}, 0};
}

/* 1; 0 where the field draws on too many words; HR_ETIME. */
static int count_words(const hr_fields *f, const hr_path *p, struct vocabulary *v, hr_watch *watch)
{
    memset(v->texts, 0, (v->mask + 1) * sizeof *v->texts);
    v->n = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        hr_words r = words_of(f, &p->cells[i]);
        hr_word w;
        while (hr_words_next(&r, &w)) {
            if (w.flags & HR_WORD_DIGIT)
                continue;
            uint32_t at = slot_of(v, w.hash);
            if (v->texts[at] == 0) {
                if (v->n++ == v->max)
                    return 0;
                v->hash[at] = w.hash;
                v->last[at] = 0;
            }
            if (v->last[at] != i + 1 && v->texts[at] < 2)
                v->texts[at]++;
            v->last[at] = i + 1;
        }
        if (hr_watch_spend(watch, r.text.n) < 0)
            return HR_ETIME;
    }
    return 1;
}

/* Words of this text that no other text uses, up to OWN_WORDS. */
static unsigned own_words(const hr_fields *f, const hr_cell *c, const struct vocabulary *v)
{
    hr_words r = words_of(f, c);
    hr_word w;
    unsigned own = 0;
    while (own < OWN_WORDS && hr_words_next(&r, &w))
        own += !(w.flags & HR_WORD_DIGIT) && v->texts[slot_of(v, w.hash)] == 1;
    return own;
}

static void mark_novel(const hr_fields *f, const hr_path *p, const struct vocabulary *v, float *strength)
{
    uint32_t novel[MAX_WORDS / NOVEL_SHARE], n = 0;
    uint32_t most = p->n / NOVEL_SHARE > 2 ? p->n / NOVEL_SHARE : 2;
    most = most < sizeof novel / sizeof *novel ? most : sizeof novel / sizeof *novel;
    for (uint32_t i = 0; i < p->n; i++) {
        if (own_words(f, &p->cells[i], v) < OWN_WORDS)
            continue;
        if (n == most)
            return;
        novel[n++] = p->cells[i].row;
    }
    for (uint32_t i = 0; i < n; i++)
        hr_mark(strength, novel[i], STRENGTH);
}

int hr_mark_novelties(const hr_fields *f, hr_arena *scratch, hr_watch *watch, float *strength)
{
    const uint32_t rows = f->rows->n;
    struct vocabulary v = {.max = rows / 2 + MIN_WORDS < MAX_WORDS ? rows / 2 + MIN_WORDS : MAX_WORDS};
    if (rows < MIN_ROWS)
        return 0;
    for (v.mask = 1; v.mask < 2 * v.max; v.mask = 2 * v.mask + 1)
        ;
    v.hash = hr_arena_alloc(scratch, (v.mask + 1) * sizeof *v.hash);
    v.texts = hr_arena_alloc(scratch, (v.mask + 1) * sizeof *v.texts);
    v.last = hr_arena_alloc(scratch, (v.mask + 1) * sizeof *v.last);
    if (!v.hash || !v.texts || !v.last)
        return HR_ENOMEM;
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k];
        if (p->rows < rows - rows / 2)
            continue;
        int r = count_words(f, p, &v, watch);
        if (r < 0)
            return r;
        if (r == 1 && v.n > 0)
            mark_novel(f, p, &v, strength);
    }
    return 0;
}
