/* classes.c - the field whose texts are messages of a program, and which of them are alike. See marks.h. */
#include "transform/eight.h"
#include "transform/marks.h"
#include "transform/runs.h"

#include <string.h>

enum {
    MIN_LENGTH = 20, /* bytes of a text, on average: shorter ones are words of a category */
    MIN_SHARE = 5,   /* texts of a class, on average */
    SLOTS = 64       /* a power of two above twice HR_CLASSES_MAX */
};

struct table {
    uint64_t hash[SLOTS];
    uint8_t class[SLOTS]; /* + 1; 0: free */
    uint32_t n;
};

static inline bool in_word(unsigned char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26 || (unsigned char)(c - '-') <= ':' - '-' || c == '_' ||
           c > 0x7f;
}

/* The next digit from i on, or the end. */
static inline size_t next_digit(hr_str s, size_t i)
{
#ifdef __SSE2__
    for (; i + 16 <= s.n; i += 16) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
        const unsigned found = (unsigned)_mm_movemask_epi8(hr_run_range(v, '0', 9));
        if (found)
            return i + (unsigned)__builtin_ctz(found);
    }
#endif
    while (i < s.n && (unsigned char)(s.p[i] - '0') > 9)
        i++;
    return i;
}

/* A hash of the text in which each word with a digit counts as the same word. */
static uint64_t hash_of(hr_str s)
{
    const char *const past = s.p + s.n;
    uint64_t h = 0;
    size_t from = 0; /* behind the last such word */

    for (size_t digit, end; (digit = next_digit(s, from)) < s.n; from = end) {
        size_t begin = digit;
        while (begin > from && in_word((unsigned char)s.p[begin - 1]))
            begin--;
        for (end = digit + 1; end < s.n && in_word((unsigned char)s.p[end]); end++)
            ;
        h = hr_mix(h, hr_bits_inside(s.p + from, begin - from, past));
    }
    return hr_mix(h, ~hr_bits_inside(s.p + from, s.n - from, past));
}

/* The class of a text; HR_CLASS_NONE where there is no room for one more. */
static uint8_t class_of(struct table *t, hr_str s)
{
    const uint64_t h = hash_of(s);
    uint32_t at = (uint32_t)(h ^ h >> 32) % SLOTS;
    for (; t->class[at]; at = (at + 1) % SLOTS)
        if (t->hash[at] == h)
            return (uint8_t)(t->class[at] - 1);
    if (t->n == HR_CLASSES_MAX)
        return HR_CLASS_NONE;
    t->hash[at] = h;
    t->class[at] = (uint8_t)(++t->n);
    return (uint8_t)(t->n - 1);
}

/* Number of classes, 0: none. */
static uint32_t sort_path(const hr_fields *f, const hr_path *p, struct table *t, uint8_t *of_row)
{
    const hr_values *values = &p->values;
    uint8_t of_value[HR_VALUES_MAX];
    size_t length = 0;
    uint32_t texts = 0;
    if (!(p->types >> HR_JSON_STRING & 1))
        return 0;
    for (uint32_t k = 0; k < values->n; k++) {
        const bool text = values->text[k].p[0] == '"';
        texts += text ? values->count[k] : 0;
        length += text ? values->text[k].n * values->count[k] : 0;
    }
    for (uint32_t i = 0; values->n == 0 && i < p->n; i++) {
        const hr_node *v = hr_cell_node(f, &p->cells[i]);
        texts += v->type == HR_JSON_STRING;
        length += v->type == HR_JSON_STRING ? v->len : 0;
    }
    if (texts == 0 || length < (size_t)texts * MIN_LENGTH)
        return 0;
    *t = (struct table){.n = 0};
    for (uint32_t k = 0; k < values->n; k++)
        if (values->text[k].p[0] == '"' && (of_value[k] = class_of(t, values->text[k])) == HR_CLASS_NONE)
            return 0;
    memset(of_row, HR_CLASS_NONE, f->rows->n);
    for (uint32_t i = 0; i < p->n; i++) {
        if (hr_cell_node(f, &p->cells[i])->type != HR_JSON_STRING)
            continue;
        const uint8_t class =
            values->n ? of_value[values->of_cell[i]] : class_of(t, hr_cell_text(f, &p->cells[i]));
        if (class == HR_CLASS_NONE)
            return 0;
        of_row[p->cells[i].row] = class;
    }
    return texts >= t->n * MIN_SHARE ? t->n : 0;
}

int hr_classes_find(const hr_fields *f, hr_arena *scratch, hr_watch *watch, hr_classes *out)
{
    struct table t;
    uint8_t *now = hr_arena_alloc(scratch, f->rows->n);
    *out = (hr_classes){hr_arena_alloc(scratch, f->rows->n), 0};
    if (!now || !out->of_row)
        return HR_ENOMEM;
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k];
        if (!p->key.p || p->many || (uint64_t)p->rows * 10 < (uint64_t)f->rows->n * 9)
            continue;
        const uint32_t n = sort_path(f, p, &t, now);
        if (n > 1 && n > out->n) {
            uint8_t *swap = out->of_row;
            *out = (hr_classes){now, n};
            now = swap;
        }
        if (hr_watch_spend(watch, (size_t)p->n * 16) < 0)
            return HR_ETIME;
    }
    return 0;
}
