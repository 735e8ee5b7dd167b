/* keys.h - the keys of one JSON text, each known by a small number: records name the same few again and again, with the same white space
   around them.

   Number 0 is any other key: there are 255 at most, and who makes hashes collide gets fewer. Two keys of one number are the same bytes.
   For tree.c. The text is borrowed. One thread. */
#ifndef HR_JSON_KEYS_H
#define HR_JSON_KEYS_H

#include "json/lex.h"

enum { HR_KEYS_SLOTS = 512, HR_KEYS_PROBES = 8 };

typedef struct hr_keys {
    /* Of each number, from 1 on: */
    hr_str key[256];      /* its lexeme */
    bool escaped[256];    /* as told to hr_keys_number */
    hr_str lead[256];     /* from the comma or brace before it to the value, as it stood last; n 0: none */
    uint32_t key_at[256]; /* where in the lead the key begins */
    uint8_t follow[256];  /* the key that came behind this one last time */
    uint8_t slot[HR_KEYS_SLOTS];
    unsigned n; /* the last number that was given */
    uint8_t before;
} hr_keys;

static inline void hr_keys_init(hr_keys *k)
{
    k->n = k->before = 0;
    memset(k->follow, 0, sizeof k->follow);
    memset(k->slot, 0, sizeof k->slot);
}

/* n bytes at p and at q, which lies before it, are the same. */
static inline bool hr_keys_same(const char *q, const char *p, const char *end, size_t n)
{
#ifdef __SSE2__
    if (n <= 2 * HR_BLOCK && end - p >= 2 * HR_BLOCK) {
        const size_t at = n > HR_BLOCK ? n - HR_BLOCK : 0; /* the last block overlaps */
        const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)q);
        const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)p);
        const __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(q + at));
        const __m128i d = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
        const __m128i same = _mm_and_si128(_mm_cmpeq_epi8(a, b), _mm_cmpeq_epi8(c, d));
        return ((unsigned)_mm_movemask_epi8(same) | (n < HR_BLOCK ? ~0u << n : ~0xffffu)) == ~0u;
    }
#endif
    return (size_t)(end - p) >= n && memcmp(q, p, n) == 0;
}

/* Does what stood around the key that is likely to come next stand at p, a comma or a brace? The number of the key; 0: no. */
static inline uint8_t hr_keys_guess(hr_keys *k, const char *p, const char *end)
{
    const uint8_t guess = k->follow[k->before];

    if (guess == 0 || k->lead[guess].n == 0 || !hr_keys_same(k->lead[guess].p, p, end, k->lead[guess].n))
        return 0;
    return k->before = guess;
}

static inline uint32_t hr_keys_slot(hr_str key)
{
    uint64_t first = 0, last = 0;
    const size_t n = key.n < sizeof first ? key.n : sizeof first;

    memcpy(&first, key.p, n);
    memcpy(&last, key.p + key.n - n, n);
    return (uint32_t)((first + (last ^ key.n) * UINT64_C(0x9e3779b97f4a7c15)) *
                          UINT64_C(0x9e3779b97f4a7c15) >>
                      55);
}

/* The number of a key that was read. */
static inline uint8_t hr_keys_number(hr_keys *k, hr_str key, bool escaped)
{
    uint32_t at = hr_keys_slot(key);

    for (int i = 0; i < HR_KEYS_PROBES; i++, at = (at + 1) % HR_KEYS_SLOTS) {
        const uint8_t number = k->slot[at];
        if (number == 0) {
            if (k->n == 255)
                break;
            k->key[++k->n] = key;
            k->escaped[k->n] = escaped;
            k->lead[k->n].n = 0;
            k->slot[at] = (uint8_t)k->n;
            return k->before = k->follow[k->before] = (uint8_t)k->n;
        }
        if (hr_str_eq(k->key[number], key))
            return k->before = k->follow[k->before] = number;
    }
    return k->before = 0;
}

#endif
