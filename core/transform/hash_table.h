/* hash_table.h - from a hash of 64 bits to a number: what has been seen among the lines of a text, and how often.

   Not keyed: who makes hashes collide finds a table that does not take his entries, and what is not in the table is never left out.
   Where two things with one hash must not be taken for the same, the value is an index and the caller compares the bytes.
   Lives in the arena given. One thread. */
#ifndef HR_HASH_TABLE_H
#define HR_HASH_TABLE_H

#include "base.h"
#include "transform/line_words.h"

typedef struct hr_hash_entry {
    uint64_t key; /* 0: free */
    uint32_t value;
} hr_hash_entry;

typedef struct hr_hash_table {
    hr_hash_entry *entries;
    uint64_t mask;
} hr_hash_table;

/* Room for `keys` entries, half of it free. HR_ENOMEM. */
static inline int hr_hash_make(hr_hash_table *t, hr_arena *a, uint32_t keys)
{
    uint64_t size = 16;

    while (size < 2 * (uint64_t)keys)
        size *= 2;
    t->mask = size - 1;
    t->entries = hr_arena_zalloc(a, size * sizeof *t->entries);
    return t->entries ? 0 : HR_ENOMEM;
}

/* The entry of the key, which is not 0; made with value 0 where there is none. NULL: too many others are in its way. */
static inline hr_hash_entry *hr_hash_at(hr_hash_table *t, uint64_t key)
{
    enum { PROBES = 32 };
    uint64_t at = hr_mix(key, HR_GOLDEN);

    for (uint64_t i = at; i < at + PROBES; i++) {
        hr_hash_entry *e = &t->entries[i & t->mask];
        if (e->key == key || e->key == 0) {
            e->key = key;
            return e;
        }
    }
    return NULL;
}

#endif
