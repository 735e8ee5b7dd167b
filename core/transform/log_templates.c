/* log_templates.c - see log_templates.h. */
#include "transform/log_templates.h"

static bool holds_digit(hr_str s)
{
    for (size_t i = 0; i < s.n; i += 8)
        if (hr_eight_digit(hr_eight(s.p + i, s.n - i < 8 ? s.n - i : 8)))
            return true;
    return false;
}

/* The words that all patterns of one message have: neither among the first, nor varying, nor with a digit. */
static uint64_t fixed_words(const hr_log *l, const hr_pattern *p)
{
    const uint32_t words = hr_split_words(l->split, p->first);
    uint64_t fixed = 0;

    for (uint32_t i = HR_LOG_SHARED; i < words; i++)
        if (!(p->varies >> i & 1) && !holds_digit(hr_split_word(l->split, p->first, i)))
            fixed |= 1ull << i;
    return fixed;
}

static uint64_t key_of(const hr_log *l, const hr_pattern *p)
{
    uint64_t key = l->split->shape[p->first];

    for (uint64_t left = fixed_words(l, p); left; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(left);
        key = hr_mix(key, hr_word_bits(hr_split_word(l->split, p->first, i)) + i);
    }
    return key;
}

/* Hashes may be made to collide, and what is counted must be true. */
static bool is_same(const hr_log *l, const hr_pattern *p, const hr_pattern *q)
{
    const uint64_t fixed = fixed_words(l, p);

    if (hr_split_words(l->split, p->first) != hr_split_words(l->split, q->first) ||
        fixed != fixed_words(l, q))
        return false;
    for (uint64_t left = fixed; left; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(left);
        if (!hr_word_is(hr_split_word(l->split, p->first, i), hr_split_word(l->split, q->first, i)))
            return false;
    }
    return true;
}

/* The template of each pattern: that of the first one like it. Where too many others are in its way it is one of its own. */
static int number_patterns(hr_log_templates *t, const hr_log *l, uint32_t *template_of)
{
    enum { PROBES = 32 };
    const uint32_t patterns = l->patterns->n;
    const hr_pattern *list = l->patterns->list;
    uint32_t mask = 15;

    while (mask < 2 * patterns)
        mask = 2 * mask + 1;
    uint64_t *key = hr_arena_alloc(l->scratch, (patterns + 1u) * sizeof *key);
    uint32_t *slot = hr_arena_zalloc(l->scratch, (mask + 1u) * sizeof *slot); /* pattern + 1 */
    if (!key || !slot)
        return HR_ENOMEM;
    for (uint32_t p = 0; p < patterns; p++) {
        uint32_t tries = 0, at;
        key[p] = key_of(l, &list[p]);
        for (at = (uint32_t)(key[p] ^ key[p] >> 32) & mask; slot[at] && tries < PROBES;
             at = (at + 1) & mask) {
            if (key[slot[at] - 1] == key[p] && is_same(l, &list[slot[at] - 1], &list[p]))
                break;
            tries++;
        }
        if (slot[at] && tries < PROBES) {
            template_of[p] = template_of[slot[at] - 1];
            continue;
        }
        template_of[p] = t->n++;
        if (tries < PROBES)
            slot[at] = p + 1;
    }
    return 0;
}

int hr_log_templates_of(hr_log_templates *t, const hr_log *l)
{
    const uint32_t patterns = l->patterns->n;
    uint32_t *template_of = hr_arena_alloc(l->scratch, (patterns + 1u) * sizeof *template_of);

    *t = (hr_log_templates){.order = hr_arena_alloc(l->scratch, (l->n + 1u) * sizeof *t->order)};
    if (!template_of || !t->order || number_patterns(t, l, template_of) < 0)
        return HR_ENOMEM;
    if (!(t->begin = hr_arena_zalloc(l->scratch, (t->n + 2u) * sizeof *t->begin)))
        return HR_ENOMEM;
    for (uint32_t p = 0; p < patterns; p++)
        t->begin[template_of[p] + 2] += l->begin[p + 1] - l->begin[p];
    for (uint32_t k = 2; k < t->n + 1; k++)
        t->begin[k + 1] += t->begin[k];
    for (uint32_t i = 0; i < l->n; i++) {
        const uint32_t p = hr_log_pattern(l, i);
        if (p < patterns)
            t->order[t->begin[template_of[p] + 1]++] = i;
    }
    return 0;
}
