/* tally.c - counting by name. See tally.h. */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 256 };

static size_t slot_of(const struct tally *t, const char *name, const char *other)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    size_t i;

    for (const char *p = name; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    h *= UINT64_C(0x100000001b3);
    for (const char *p = other; *p != '\0'; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    for (i = (size_t)(h ^ h >> 32) % t->n_slots; t->slots[i] != 0; i = (i + 1) % t->n_slots) {
        const struct tally_row *row = &t->rows[t->slots[i] - 1];

        if (strcmp(row->name, name) == 0 && strcmp(row->other, other) == 0)
            break;
    }
    return i;
}

/* Half of the slots stay empty. */
static bool make_room(struct tally *t)
{
    size_t slots = t->n_slots == 0 ? FIRST_SLOTS : t->n_slots * 2;
    struct tally_row *rows;

    if (t->n < t->room)
        return true;
    rows = realloc(t->rows, slots / 2 * sizeof(*rows));
    if (rows == NULL)
        return false;
    t->rows = rows;
    free(t->slots);
    t->slots = calloc(slots, sizeof(*t->slots));
    t->n_slots = t->slots == NULL ? 0 : slots;
    t->room = slots / 2;
    for (size_t i = 0; i < t->n && t->slots != NULL; i++)
        t->slots[slot_of(t, t->rows[i].name, t->rows[i].other)] = (uint32_t)i + 1;
    return t->slots != NULL;
}

struct tally_row *tally_at(struct tally *t, const char *name, const char *other)
{
    struct tally_row *row;
    size_t slot;

    if (!make_room(t))
        return NULL;
    slot = slot_of(t, name, other);
    if (t->slots[slot] != 0)
        return &t->rows[t->slots[slot] - 1];
    row = &t->rows[t->n];
    *row = (struct tally_row){.name = strdup(name), .other = strdup(other)};
    if (row->name == NULL || row->other == NULL) {
        free(row->name);
        free(row->other);
        return NULL;
    }
    t->slots[slot] = (uint32_t)++t->n;
    return row;
}

static int by_number(const void *x, const void *y)
{
    const struct tally_row *a = x, *b = y;
    int names = strcmp(a->name, b->name);

    return a->n != b->n ? (a->n < b->n ? 1 : -1) : names != 0 ? names : strcmp(a->other, b->other);
}

void tally_sort(struct tally *t)
{
    if (t->n > 1)
        qsort(t->rows, t->n, sizeof(*t->rows), by_number);
}

void tally_free(struct tally *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->rows[i].name);
        free(t->rows[i].other);
    }
    free(t->rows);
    free(t->slots);
}
