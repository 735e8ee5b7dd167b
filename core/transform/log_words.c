/* log_words.c - see log_marks.h. As novelties.c does it for texts in JSON: where lines draw on few words, one that has several of its own is
   an event of its own, though no keyword and no number says so. */
#include "transform/log_marks.h"
#include "transform/words.h"

#include <string.h>

enum {
    MIN_RECORDS = 20,
    OWN_WORDS = 2,     /* words of its own that make a record novel */
    NOVEL_SHARE = 100, /* more than 1/100 of the records: the log draws on many words */
    MIN_WORDS = 256,   /* vocabulary that is always looked at, and then half a word a record */
    MAX_WORDS = 1 << 16,
    SAID = 512, /* words of lines that are remembered; the next one of the same place takes it */
    EVERYBODYS = UINT32_MAX,
    STRENGTH = 49 /* marks.h: seven deviations, as for values that two or three rows have */
};

struct vocabulary {
    struct entry {
        uint64_t hash;
        uint32_t owner; /* record + 1; EVERYBODYS: of several; 0: a free slot */
    } * slot;
    uint32_t mask, n, max;
    struct said {
        uint64_t bits;  /* hr_word_bits of a word of a line; 0: none */
        uint32_t owner; /* who said it first; EVERYBODYS: somebody else did, too */
    } said[SAID];
};

/* The record, or everybody, uses the word. false: there is no room. */
static inline bool use_word(struct vocabulary *v, uint64_t hash, uint32_t owner)
{
    uint32_t at = (uint32_t)(hash ^ hash >> 32) & v->mask;

    while (v->slot[at].owner && v->slot[at].hash != hash)
        at = (at + 1) & v->mask;
    struct entry *e = &v->slot[at];
    if (e->owner == 0) {
        if (v->n++ == v->max)
            return false;
        *e = (struct entry){hash, owner};
    } else if (e->owner != owner) {
        e->owner = EVERYBODYS;
    }
    return true;
}

/* Words with digits are identifiers, and none that anybody could own. */
static inline bool holds_digit(hr_str word)
{
    if (word.n <= 8)
        return hr_eight_digit(hr_eight(word.p, word.n)) != 0;
    for (size_t i = 0; i < word.n; i++)
        if ((unsigned char)(word.p[i] - '0') < 10)
            return true;
    return false;
}

static bool use_words(struct vocabulary *v, hr_str text, uint32_t owner)
{
    hr_plain_words words = hr_plain_words_of(text);
    hr_str word;

    while (hr_plain_words_next(&words, &word))
        if (!holds_digit(word) && !use_word(v, hr_plain_word_hash(word), owner))
            return false;
    return true;
}

/* One of the words of a line, which is one word of the vocabulary or several. */
static bool use_part(struct vocabulary *v, hr_str word, uint32_t owner)
{
    if (word.n <= 8) {
        const uint64_t eight = hr_eight(word.p, word.n), digits = hr_eight_digit(eight),
                       letters = hr_eight_letter(eight);
        if (!letters)
            return true;
        if ((digits | letters) == HR_EIGHT(0x80) >> (8 - word.n) * 8) /* one, whatever else would part it */
            return digits || use_word(v, hr_plain_word_hash(word), owner);
    } else if (!hr_log_is_spoken(word)) {
        return true;
    }
    /* What two records have said is everybody's, and stays so. */
    const uint64_t bits = hr_word_bits(word);
    struct said *said = &v->said[bits % SAID];
    if (said->bits == bits && (said->owner == EVERYBODYS || said->owner == owner))
        return true;
    *said = (struct said){bits, said->bits == bits ? EVERYBODYS : owner};
    return use_words(v, word, owner);
}

/* Some of the words of a line: those of the bits. */
static bool use_some(struct vocabulary *v, const hr_log *l, uint32_t line, uint64_t which, uint32_t owner)
{
    for (; which; which &= which - 1)
        if (!use_part(v, hr_split_word(l->split, line, (uint32_t)__builtin_ctzll(which)), owner))
            return false;
    return true;
}

/* 1; 0: the log draws on too many words; HR_ETIME. */
static int read_words(const hr_log *l, struct vocabulary *v)
{
    const hr_patterns *p = l->patterns;

    for (uint32_t k = 0; k < p->n; k++) {
        const uint32_t line = p->list[k].first;
        const uint64_t all = (1ull << hr_split_words(l->split, line)) - 1;
        if (p->list[k].lines >= HR_LOG_PATTERN && !use_some(v, l, line, all & ~p->list[k].varies, EVERYBODYS))
            return 0;
    }
    for (uint32_t i = 0; i < l->n; i++) {
        const uint32_t k = hr_log_pattern(l, i), line = l->record[i], behind = l->record[i + 1];
        if (k == p->n) {
            if (!use_words(v, hr_log_text(l, i), i + 1))
                return 0;
        } else {
            if (!use_some(v, l, line, p->list[k].varies, i + 1))
                return 0;
            for (uint32_t more = line + 1; more < behind; more++)
                if (!use_words(v, hr_split_line(l->split, more), i + 1))
                    return 0;
        }
        if (hr_watch_spend(l->watch, hr_log_text(l, i).n) < 0)
            return HR_ETIME;
    }
    return 1;
}

int hr_log_mark_novelties(const hr_log *l, float *strength)
{
    struct vocabulary v = {.max = l->n / 2 + MIN_WORDS < MAX_WORDS ? l->n / 2 + MIN_WORDS : MAX_WORDS};
    const uint32_t most = l->n / NOVEL_SHARE > 2 ? l->n / NOVEL_SHARE : 2;
    uint32_t novel = 0;

    if (l->n < MIN_RECORDS)
        return 0;
    for (v.mask = 1; v.mask < 2 * v.max; v.mask = 2 * v.mask + 1)
        ;
    v.slot = hr_arena_zalloc(l->scratch, (v.mask + 1) * sizeof *v.slot);
    uint8_t *own = hr_arena_zalloc(l->scratch, l->n + 1u);
    if (!v.slot || !own)
        return HR_ENOMEM;
    int r = read_words(l, &v);
    if (r != 1)
        return r;
    for (uint32_t at = 0; at <= v.mask; at++) {
        const uint32_t owner = v.slot[at].owner;
        if (owner && owner != EVERYBODYS && own[owner] < OWN_WORDS)
            novel += ++own[owner] == OWN_WORDS;
    }
    for (uint32_t i = 0; i < l->n && novel <= most; i++)
        if (own[i + 1] >= OWN_WORDS)
            hr_mark(strength, i, STRENGTH);
    return 0;
}
