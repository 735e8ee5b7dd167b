/* rarities.c - rows with a value, a key, a type, a shape of text or a size of the numbers in it that hardly any other row has. See marks.h.

   A thing is rare only against a background that agrees: in a field where everything differs nothing is rare. */
#include "transform/eight.h"
#include "transform/marks.h"
#include "transform/runs.h"
#include "transform/signs.h"

#include <string.h>

enum {
    SMALL_TABLE = 40, /* rows; below it rare means once */
    RARE_SHARE = 33,  /* of larger ones: 3 in 100 */
    VALUE_SHARE = 50, /* one rare value: 2 in 100 */
    SHAPE_SHARE = 100,
    FEW_TEXTS = 8,   /* of fewer none is said to be unlike the others */
    RARER = 8,       /* a rare value stands at most 1/8 as often as the average value, */
    RARER_SMALL = 3, /* in a small table a third; */
    FEW_ROWS =
        20, /* of so few rows one that has a value alone is rare, where there are half as many values, */
    FEW_SHARE = 3,       /* and a third of the rows at most is so */
    DOMINANT_SHARE = 10, /* a state in which nine of ten rows are: all others are worth keeping */
    DICTIONARY_SHARE = 10,
    MAX_RARE_KEYS = 32
};

struct tally {
    const hr_fields *f;
    hr_watch *watch;
    float *strength;
    uint32_t *stamp; /* per row: path + 1 that touched it last */
    uint8_t *class;  /* per cell of the path at hand */
    uint8_t *shape;  /* the same */
};

/* Rows that a trait may be found in and still be rare, among n. */
static uint32_t rare_limit(uint32_t n, uint32_t part)
{
    if (n < SMALL_TABLE)
        return 1;
    return n / part > 2 ? n / part : 2;
}

/* The fewer rows, the stronger; the unit is that of marks.h. */
static float strength_of(uint32_t count)
{
    return count <= 1 ? 81 : count <= 3 ? 49 : 25;
}

/* ------------------------------------------------------------------ keys */
static bool is_common(const hr_fields *f, const hr_path *p)
{
    return p->rows >= f->rows->n - f->rows->n / 2;
}

/* Keys that few rows have, in objects that most have. */
static void rare_keys(const struct tally *t, const uint32_t *rare_rows, const uint32_t *rare_kinds)
{
    const hr_fields *f = t->f;
    const uint32_t n = f->rows->n;
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k], *up = &f->paths[p->parent];
        if (!p->key.p || !is_common(f, up) || p->n > rare_limit(up->n, RARE_SHARE))
            continue;
        /* An object whose rare keys are many, or touch many rows, is a dictionary, not a record with an odd member. */
        uint32_t most = n / DICTIONARY_SHARE > 2 ? n / DICTIONARY_SHARE : 2;
        if (rare_rows[p->parent] > most || rare_kinds[p->parent] > MAX_RARE_KEYS)
            continue;
        for (uint32_t i = 0; i < p->n; i++)
            hr_mark(t->strength, p->cells[i].row, strength_of(p->n));
    }
}

/* Rows that lack a key which nearly all have. */
static void missing_keys(const struct tally *t)
{
    const hr_fields *f = t->f;
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k], *up = &f->paths[p->parent];
        uint32_t missing = up->rows - p->rows;
        if (!p->key.p || p->many || !is_common(f, up) || missing == 0 ||
            missing > rare_limit(up->rows, RARE_SHARE))
            continue;
        for (uint32_t i = 0; i < p->n; i++)
            t->stamp[p->cells[i].row] = k + 1;
        for (uint32_t i = 0; i < up->n; i++) {
            uint32_t row = p->parent ? up->cells[i].row : i;
            if (t->stamp[row] != k + 1)
                hr_mark(t->strength, row, strength_of(missing));
        }
    }
}

static int keys(const struct tally *t, hr_arena *scratch)
{
    const hr_fields *f = t->f;
    uint32_t *rare_rows = hr_arena_zalloc(scratch, f->n * sizeof *rare_rows);
    uint32_t *rare_kinds = hr_arena_zalloc(scratch, f->n * sizeof *rare_kinds);
    if (!rare_rows || !rare_kinds)
        return HR_ENOMEM;
    for (uint32_t k = 1; k < f->n; k++) {
        const hr_path *p = &f->paths[k];
        if (p->key.p && p->n <= rare_limit(f->paths[p->parent].n, RARE_SHARE)) {
            rare_rows[p->parent] += p->rows;
            rare_kinds[p->parent]++;
        }
    }
    rare_keys(t, rare_rows, rare_kinds);
    missing_keys(t);
    return 0;
}

/* ------------------------------------------------------------------ classes of values */
/* Mark the cells of each class that is rare; class 0 takes no part. */
static void rare_classes(const struct tally *t, const hr_path *p, unsigned classes, uint32_t part)
{
    uint32_t count[16] = {0}, total = 0;
    for (uint32_t i = 0; i < p->n; i++)
        count[t->class[i]]++;
    for (unsigned c = 1; c < classes; c++)
        total += count[c];
    bool any = false;
    for (unsigned c = 1; c < classes; c++) {
        if (count[c] > rare_limit(total, part))
            count[c] = 0;
        any = any || count[c];
    }
    for (uint32_t i = 0; any && i < p->n; i++)
        if (t->class[i] && count[t->class[i]])
            hr_mark(t->strength, p->cells[i].row, strength_of(count[t->class[i]]));
}

/* Null among values, a value among nulls, a string among numbers. */
static void presence_and_types(const struct tally *t, const hr_path *p)
{
    enum { NOTHING = 1, SOMETHING = 2 };
    if (!p->empty && (p->types & (p->types - 1)) == 0) /* of one type */
        return;
    for (uint32_t i = 0; i < p->n; i++)
        t->class[i] = hr_is_empty(hr_cell_node(t->f, &p->cells[i])) ? NOTHING : SOMETHING;
    rare_classes(t, p, SOMETHING + 1, RARE_SHARE);
    for (uint32_t i = 0; i < p->n; i++) {
        const hr_node *v = hr_cell_node(t->f, &p->cells[i]);
        uint8_t type = v->type == HR_JSON_FALSE ? HR_JSON_TRUE : v->type;
        t->class[i] = hr_is_empty(v) ? 0 : type;
    }
    rare_classes(t, p, HR_JSON_OBJECT + 1, RARE_SHARE);
}

enum { DIGIT = 1, FOREIGN = 2, LONG = 4 };

/* Does the text, whose lexeme this is, hold a digit, or a character beyond ASCII? */
static uint8_t shape_of(hr_str s)
{
    uint64_t digit = 0, beyond = 0, slash = 0;
    size_t i = 0;
#ifdef __SSE2__
    __m128i digits = _mm_setzero_si128(), all = digits, slashes = digits;
    for (; i + 16 <= s.n; i += 16) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s.p + i));
        digits = _mm_or_si128(digits, hr_run_range(v, '0', 9));
        slashes = _mm_or_si128(slashes, hr_run_is(v, '\\'));
        all = _mm_or_si128(all, v);
    }
    digit = (uint64_t)_mm_movemask_epi8(digits);
    beyond = (uint64_t)_mm_movemask_epi8(all);
    slash = (uint64_t)_mm_movemask_epi8(slashes);
#endif
    for (; i < s.n; i += 8) {
        const uint64_t v = hr_eight(s.p + i, s.n - i < 8 ? s.n - i : 8), back = v ^ HR_EIGHT('\\');
        digit |= hr_eight_digit(v);
        beyond |= v & HR_EIGHT(0x80);
        slash |= (back - HR_EIGHT(1)) & ~back & HR_EIGHT(0x80);
    }
    for (i = 0; slash && !beyond && i + 1 < s.n; i++)
        beyond = s.p[i] == '\\' && s.p[i + 1] == 'u';
    return (uint8_t)((digit ? DIGIT : 0) | (beyond ? FOREIGN : 0));
}

/* Texts with digits among texts without, the other way round, other scripts, and texts far longer than the rest. */
static void shapes(const struct tally *t, const hr_path *p)
{
    enum { PLAIN = 1, MARKED = 2 };
    static const uint8_t traits[] = {DIGIT, FOREIGN, LONG};
    const hr_values *values = &p->values;
    uint8_t of_value[HR_VALUES_MAX];
    uint64_t sum = 0;
    uint32_t strings = 0;
    if (!(p->types >> HR_JSON_STRING & 1))
        return;
    for (uint32_t k = 0; k < values->n; k++) { /* what repeats is looked at once */
        const hr_str text = values->text[k];
        const bool string = text.p[0] == '"' && text.n > 2;
        of_value[k] = string ? shape_of(text) : UINT8_MAX;
        sum += string ? (uint64_t)text.n * values->count[k] : 0;
        strings += string ? values->count[k] : 0;
    }
    for (uint32_t i = 0; values->n == 0 && i < p->n; i++) {
        const hr_node *v = hr_cell_node(t->f, &p->cells[i]);
        const bool string = v->type == HR_JSON_STRING && v->len > 2;
        sum += string ? v->len : 0;
        strings += string;
    }
    if (strings < FEW_TEXTS)
        return;
    const uint64_t most = 4 * (sum / strings) + 16;
    uint32_t with[3] = {0};
    for (uint32_t k = 0; k < values->n; k++) {
        if (of_value[k] == UINT8_MAX)
            continue;
        of_value[k] = (uint8_t)(of_value[k] | (values->text[k].n > most ? LONG : 0));
        for (size_t trait = 0; trait < sizeof traits; trait++)
            with[trait] += of_value[k] & traits[trait] ? values->count[k] : 0;
    }
    for (uint32_t i = 0; values->n == 0 && i < p->n; i++) {
        const hr_node *v = hr_cell_node(t->f, &p->cells[i]);
        t->shape[i] = UINT8_MAX;
        if (v->type != HR_JSON_STRING || v->len <= 2)
            continue;
        t->shape[i] = (uint8_t)(shape_of(hr_cell_text(t->f, &p->cells[i])) | (v->len > most ? LONG : 0));
        for (size_t k = 0; k < sizeof traits; k++)
            with[k] += (t->shape[i] & traits[k]) != 0;
    }
    for (size_t k = 0; k < sizeof traits; k++) {
        const uint32_t fewer = with[k] < strings - with[k] ? with[k] : strings - with[k];
        if (fewer == 0 || fewer > rare_limit(strings, SHAPE_SHARE))
            continue;
        for (uint32_t i = 0; i < p->n; i++) {
            const uint32_t value = values->n ? values->of_cell[i] : 0;
            const uint8_t shape = values->n == 0          ? t->shape[i]
                                  : value < HR_VALUES_MAX ? of_value[value]
                                                          : UINT8_MAX;
            t->class[i] = shape == UINT8_MAX ? 0 : shape & traits[k] ? MARKED : PLAIN;
        }
        rare_classes(t, p, MARKED + 1, SHAPE_SHARE);
    }
}

/* ------------------------------------------------------------------ numbers in texts */
enum { MOST_DIGITS = 15, LARGER = 2, LEAST_DIGITS = 1 + LARGER };

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

static bool is_letter(char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

/* Digits of the longest whole number in the text, at most MOST_DIGITS; 0: none of LEAST_DIGITS and more. What stands in an identifier is no number,
   nor is a fraction. */
static uint8_t longest_number(hr_str s)
{
    enum { UNIT = 3 }; /* letters: "ms", "MiB" */
    uint8_t most = 0;

    for (size_t at = LEAST_DIGITS - 1; at < s.n; at += LEAST_DIGITS) { /* no such number lies between */
        if (!is_digit(s.p[at]))
            continue;
        size_t from = at, end = at, behind;
        while (from > 0 && is_digit(s.p[from - 1]))
            from--;
        while (end < s.n && is_digit(s.p[end]))
            end++;
        for (behind = end; behind < s.n && behind <= end + UNIT && is_letter(s.p[behind]); behind++)
            ;
        const char before = from > 0 ? s.p[from - 1] : ' ';
        const bool whole =
            !is_letter(before) && !strchr("-._\\", before) &&
            (behind == s.n || (behind <= end + UNIT && !is_digit(s.p[behind]) && !strchr("-_", s.p[behind])));
        const size_t n = end - from < MOST_DIGITS ? end - from : MOST_DIGITS;
        if (whole && n >= LEAST_DIGITS && n > most)
            most = (uint8_t)n;
        at = end;
    }
    return most;
}

/* Texts with a number a hundred times as large as any that the others have. */
static void large_numbers(const struct tally *t, const hr_path *p)
{
    const hr_values *values = &p->values;
    uint8_t of_value[HR_VALUES_MAX];
    uint32_t count[MOST_DIGITS + 1] = {0}, strings = 0, above = 0;
    unsigned usual = MOST_DIGITS;

    if (!(p->types >> HR_JSON_STRING & 1))
        return;
    for (uint32_t k = 0; k < values->n; k++)
        of_value[k] = longest_number(values->text[k]);
    for (uint32_t i = 0; i < p->n; i++) {
        const bool string = hr_cell_node(t->f, &p->cells[i])->type == HR_JSON_STRING;
        t->class[i] = !string     ? 0
                      : values->n ? of_value[values->of_cell[i]]
                                  : longest_number(hr_cell_text(t->f, &p->cells[i]));
        count[t->class[i]] += string;
        strings += string;
    }
    while (usual > 0 && (above += count[usual]) <= rare_limit(strings, SHAPE_SHARE))
        usual--;
    usual = usual < LEAST_DIGITS - 1 ? LEAST_DIGITS - 1 : usual;
    for (uint32_t i = 0; strings >= FEW_TEXTS && i < p->n; i++)
        if (t->class[i] >= usual + LARGER)
            hr_mark(t->strength, p->cells[i].row, strength_of(count[t->class[i]]));
}

/* ------------------------------------------------------------------ categories */
static bool routine_level(hr_str lexeme)
{
    return lexeme.n > 2 && lexeme.p[0] == '"' && hr_says_routine(hr_str_make(lexeme.p + 1, lexeme.n - 2));
}

static void categories(const struct tally *t, const hr_path *p)
{
    const hr_values *c = &p->values;
    if (c->n < 2)
        return;
    unsigned signs = hr_key_signs(p->key.p ? p->key : t->f->paths[p->parent].key);
    uint32_t top = 0, few = 0, single = 0, limit = rare_limit(c->total, VALUE_SHARE);
    const uint32_t rarer = c->total < SMALL_TABLE ? RARER_SMALL : RARER;
    const bool tiny = c->total < FEW_ROWS && c->n * 2 <= c->total;
    bool rare[HR_VALUES_MAX] = {0}, odd[HR_VALUES_MAX] = {0};
    for (uint32_t k = 0; k < c->n; k++)
        top = c->count[k] > c->count[top] ? k : top;
    bool dominated =
        (signs & HR_KEY_STATE) && (uint64_t)(c->total - c->count[top]) * DOMINANT_SHARE <= c->total;
    for (uint32_t k = 0; k < c->n; k++) {
        odd[k] = dominated && k != top && !((signs & HR_KEY_LEVEL) && routine_level(c->text[k]));
        rare[k] = c->count[k] <= limit && (tiny || (uint64_t)c->count[k] * rarer * c->n <= c->total);
        few += rare[k] ? c->count[k] : 0;
        single += rare[k] && c->count[k] == 1;
    }
    /* Many rare values together are a tail, not exceptions: then those that stand alone, or none. */
    uint32_t most = rare_limit(c->total, RARE_SHARE) > 3 ? rare_limit(c->total, RARE_SHARE) : 3;
    if (tiny && c->total / FEW_SHARE > most)
        most = c->total / FEW_SHARE;
    uint32_t highest = few <= most ? limit : single <= most ? 1 : 0;
    for (uint32_t i = 0; (dominated || few) && i < p->n; i++) {
        uint32_t k = c->of_cell[i];
        if (k < HR_VALUES_MAX && (odd[k] || (rare[k] && c->count[k] <= highest)))
            hr_mark(t->strength, p->cells[i].row, strength_of(c->count[k]));
    }
}

int hr_mark_rarities(const hr_fields *f, hr_arena *scratch, hr_watch *watch, float *strength)
{
    struct tally t = {.f = f, .watch = watch, .strength = strength};
    uint32_t most = 0;
    for (uint32_t k = 1; k < f->n; k++)
        most = f->paths[k].n > most ? f->paths[k].n : most;
    t.stamp = hr_arena_zalloc(scratch, f->rows->n * sizeof *t.stamp);
    t.class = hr_arena_alloc(scratch, most + 1);
    t.shape = hr_arena_alloc(scratch, most + 1);
    if (!t.stamp || !t.class || !t.shape)
        return HR_ENOMEM;
    int r = keys(&t, scratch);
    for (uint32_t k = 1; r == 0 && k < f->n; k++) {
        const hr_path *p = &f->paths[k];
        if (p->rows < f->rows->n - f->rows->n / 2)
            continue;
        presence_and_types(&t, p);
        shapes(&t, p);
        large_numbers(&t, p);
        categories(&t, p);
        r = hr_watch_spend(watch, (size_t)p->n * 64);
    }
    return r;
}
