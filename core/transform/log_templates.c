/* log_templates.c - see log_templates.h. */
#include "transform/log_templates.h"

static bool holds_digit(hr_str s)
{
    for (size_t i = 0; i < s.n; i += 8)
        if (hr_eight_digit(hr_eight(s.p + i, s.n - i < 8 ? s.n - i : 8)))
            return true;
    return false;
}

/* What the patterns of one message have in common: its shape and its words. */
static uint64_t key_of(const hr_log *l, const hr_pattern *p)
{
    const uint32_t words = hr_split_words(l->split, p->first);
    uint64_t key = l->split->shape[p->first];

    for (uint32_t i = HR_LOG_SHARED; i < words; i++) {
        const hr_str word = hr_split_word(l->split, p->first, i);
        if (!(p->varies >> i & 1) && !holds_digit(word))
            key = hr_mix(key, hr_word_bits(word) + i);
    }
    return key;
}

/* The template of each pattern: the first one with its key. */
static int number_patterns(hr_log_templates *t, const hr_log *l, uint32_t *template_of)
{
    const uint32_t patterns = l->patterns->n;
    uint32_t mask = 15;

    while (mask < 2 * patterns)
        mask = 2 * mask + 1;
    uint64_t *key = hr_arena_alloc(l->scratch, (patterns + 1u) * sizeof *key); /* of each template */
    uint32_t *slot = hr_arena_zalloc(l->scratch, (mask + 1u) * sizeof *slot);  /* template + 1 */
    if (!key || !slot)
        return HR_ENOMEM;
    for (uint32_t p = 0; p < patterns; p++) {
        const uint64_t k = key_of(l, &l->patterns->list[p]);
        uint32_t at = (uint32_t)(k ^ k >> 32) & mask;
        while (slot[at] && key[slot[at] - 1] != k)
            at = (at + 1) & mask;
        if (slot[at] == 0) {
            key[t->n] = k;
            slot[at] = ++t->n;
        }
        template_of[p] = slot[at] - 1;
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
