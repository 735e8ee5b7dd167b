/* values.c - see values.h. Values are found by a hash of their bytes and compared. */
#include "transform/values.h"

#include <string.h>

#include "transform/eight.h"
#include "transform/fields.h"
#include "transform/marks.h"

enum { SLOTS = sizeof((hr_value_table *)0)->slot };

static inline uint32_t slot_of(hr_str s)
{
    const size_t part = s.n < 8 ? s.n : 8;
    const uint64_t h = hr_mix(hr_mix(s.n, hr_eight(s.p, part)), hr_eight(s.p + s.n - part, part));

    return (uint32_t)(h ^ h >> 32) % SLOTS;
}

static inline bool is_same(hr_str a, hr_str b)
{
    if (a.n != b.n)
        return false;
    return a.n <= 8 ? hr_eight(a.p, a.n) == hr_eight(b.p, b.n) : memcmp(a.p, b.p, a.n) == 0;
}

void hr_value_table_clear(hr_value_table *t)
{
    t->n = t->total = t->last = 0;
    memset(t->slot, 0, sizeof t->slot);
}

/* The index of the value, added where it is new; HR_VALUES_MAX: there is no room. */
static uint32_t find(hr_value_table *t, hr_str s, uint32_t cell)
{
    uint32_t at = slot_of(s);

    for (; t->slot[at]; at = (at + 1) % SLOTS)
        if (is_same(t->text[t->slot[at] - 1], s))
            return t->slot[at] - 1u;
    if (t->n == HR_VALUES_MAX)
        return HR_VALUES_MAX;
    t->text[t->n] = s;
    t->count[t->n] = 0;
    t->first[t->n] = cell;
    t->slot[at] = (uint8_t)(++t->n);
    return t->n - 1;
}

uint32_t hr_value_table_add(hr_value_table *t, hr_str value, uint32_t cell)
{
    const bool again = t->last < t->n && is_same(t->text[t->last], value);
    const uint32_t k = again ? t->last : find(t, value, cell);

    if (k < HR_VALUES_MAX) {
        t->last = k;
        t->count[k]++;
        t->total++;
    }
    return k;
}

/* false: there are too many. */
static bool tell_apart(const hr_fields *f, const hr_path *p, hr_value_table *t, uint8_t *of_cell)
{
    hr_value_table_clear(t);
    for (uint32_t i = 0; i < p->n; i++) {
        const hr_node *v = hr_cell_node(f, &p->cells[i]);
        of_cell[i] = HR_VALUES_MAX;
        if (v->type >= HR_JSON_ARRAY)
            continue;
        const uint32_t k = hr_value_table_add(t, hr_cell_text(f, &p->cells[i]), i);
        if (k == HR_VALUES_MAX)
            return false;
        of_cell[i] = (uint8_t)k;
    }
    return true;
}

int hr_values_keep(hr_values *v, hr_arena *scratch, const hr_value_table *t, const uint8_t *of_cell,
                   uint32_t n)
{
    v->of_cell = (uint8_t *)hr_arena_dup(scratch, of_cell, n);
    v->text = hr_arena_alloc(scratch, t->n * sizeof *v->text);
    v->count = hr_arena_alloc(scratch, t->n * sizeof *v->count);
    v->first = hr_arena_alloc(scratch, t->n * sizeof *v->first);
    if (!v->of_cell || !v->text || !v->count || !v->first)
        return HR_ENOMEM;
    memcpy(v->text, t->text, t->n * sizeof *v->text);
    memcpy(v->count, t->count, t->n * sizeof *v->count);
    memcpy(v->first, t->first, t->n * sizeof *v->first);
    v->n = t->n;
    v->total = t->total;
    v->told = true;
    return 0;
}

/* Most texts end the question by their first byte. */
static inline bool may_be_number(const hr_tree *t, const hr_node *v)
{
    if (v->type != HR_JSON_STRING)
        return v->type == HR_JSON_NUMBER;
    const char c = t->text[v->off + 1];
    return c == '-' || (unsigned char)(c - '0') < 10;
}

/* number: room for one a cell. Is there any? */
static bool read_numbers(const hr_fields *f, hr_path *p, double *number)
{
    const hr_values *v = &p->values;
    double value[HR_VALUES_MAX + 1];
    bool any = false, all = true, integer;

    value[HR_VALUES_MAX] = __builtin_nan("");
    for (uint32_t i = 0, n = v->n ? v->n : p->n; i < n; i++) {
        const hr_cell *c = &p->cells[v->n ? v->first[i] : i];
        const hr_node *node = hr_cell_node(f, c);
        double *at = v->n ? &value[i] : &number[i];
        if (may_be_number(f->rows->tree, node) && hr_cell_number(f, p, c, at, &integer)) {
            any = true;
            all = all && integer;
        } else {
            *at = __builtin_nan("");
        }
    }
    for (uint32_t i = 0; any && v->n && i < p->n; i++)
        number[i] = value[v->of_cell[i]];
    p->values.integers = all;
    return any;
}

static int keep_numbers(const hr_fields *f, hr_arena *scratch, hr_path *p, double *room)
{
    if (!read_numbers(f, p, room))
        return 0;
    p->values.number = (double *)(void *)hr_arena_dup(scratch, room, p->n * sizeof *room);
    return p->values.number ? 0 : HR_ENOMEM;
}

int hr_numbers_read(const hr_fields *f, hr_arena *scratch, uint32_t path)
{
    hr_path *p = &f->paths[path];
    double *number = hr_arena_alloc(scratch, (p->n + 1u) * sizeof *number);

    if (!number)
        return HR_ENOMEM;
    if (read_numbers(f, p, number))
        p->values.number = number;
    return 0;
}

int hr_values_read(hr_fields *f, hr_arena *scratch)
{
    uint32_t most = 0;

    for (uint32_t k = 1; k < f->n; k++)
        most = f->paths[k].n > most ? f->paths[k].n : most;
    hr_value_table *t = hr_arena_alloc(scratch, sizeof *t);
    uint8_t *of_cell = hr_arena_alloc(scratch, most + 1);
    double *number = hr_arena_alloc(scratch, (most + 1) * sizeof *number);
    if (!t || !of_cell || !number)
        return HR_ENOMEM;
    for (uint32_t k = 1; k < f->n; k++) {
        hr_path *p = &f->paths[k];
        if (!p->values.told && tell_apart(f, p, t, of_cell) && t->n > 0 &&
            hr_values_keep(&p->values, scratch, t, of_cell, p->n) < 0)
            return HR_ENOMEM;
        if (keep_numbers(f, scratch, p, number) < 0)
            return HR_ENOMEM;
    }
    return 0;
}
