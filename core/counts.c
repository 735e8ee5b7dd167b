/* counts.c - see counts.h. */
#include "counts.h"

#include <string.h>

enum {
    /* Below this counting costs no more than the fingerprint. */
    WORTH_IT = 32
};

size_t hr_counts_json(hr_counts *c, const hr_print_key *k, const hr_counter *by, const char *p, size_t n)
{
    uint8_t print[16];
    uint64_t mark, slot;
    hr_siphash h;

    if (!k || n < WORTH_IT)
        return hr_counter_tokens_json(by, p, n);
    hr_print_init(&h, k);
    hr_print_field(&h, k, hr_str_make(p, n));
    hr_siphash_field(&h, hr_str_make(by->by == HR_ENCODING_CL100K ? "c" : "o", 1));
    hr_siphash_end(&h, print);
    memcpy(&mark, print, sizeof mark);
    memcpy(&slot, print + sizeof mark, sizeof slot);
    slot %= HR_COUNT_SLOTS;
    size_t free = slot;
    for (size_t i = 0; i < 2;
         i++) { /* a pair: two that fall together must not drive each other out turn by turn */
        const uint64_t known = atomic_load_explicit(&c->slots[slot ^ i].tokens, memory_order_relaxed);
        if (!known)
            free = slot ^ i;
        else if ((atomic_load_explicit(&c->slots[slot ^ i].check, memory_order_relaxed) ^ known) == mark)
            return (size_t)known;
    }
    slot = free;
    uint64_t tokens = hr_counter_tokens_json(by, p, n);
    atomic_store_explicit(&c->slots[slot].tokens, tokens, memory_order_relaxed);
    atomic_store_explicit(&c->slots[slot].check, mark ^ tokens, memory_order_relaxed);
    return (size_t)tokens;
}
