/* bpe.c - see bpe.h. */
#include "token/bpe.h"

#include <string.h>

/* Two tokens side by side: would BPE leave them apart? Their merges are undone, the latest first; what meets at the border then must not
   have been a merge of its own that comes before the one undone last. Of equal merges the left one comes first. */
static bool stay_apart(const hr_table *t, uint32_t left, uint32_t right)
{
    uint32_t limit = UINT32_MAX;
    for (;;) {
        if (hr_table_pair(t, left, right) < limit)
            return false;
        if (left > right) {
            const uint32_t part = hr_made_right(t->made[left]);
            if (part == left)
                return true;
            limit = left;
            left = part;
        } else {
            const uint32_t part = hr_made_left(t->made[right]);
            if (part == right)
                return true;
            limit = right + 1;
            right = part;
        }
    }
}

/* The same, remembered. */
static inline bool fit(const hr_table *t, hr_bpe_memo *m, uint32_t left, uint32_t right)
{
    const uint64_t key = hr_pair_key(left, right) << 1 | (uint64_t)1 << 63;
    _Atomic uint64_t *slot = &m->pair[hr_pair_hash(key) >> (32 - HR_BPE_MEMO_BITS)];
    const uint64_t seen = atomic_load_explicit(slot, memory_order_relaxed);
    if ((seen & ~(uint64_t)1) == key)
        return seen & 1;
    const bool apart = stay_apart(t, left, right);
    atomic_store_explicit(slot, key | apart, memory_order_relaxed);
    return apart;
}

static uint32_t longest(const hr_table *t, const uint8_t *p, size_t n)
{
    uint64_t unit = t->trie[t->root ^ *p];
    uint32_t token = hr_trie_token(unit);
    for (size_t i = 1; i < n; i++) {
        unit = t->trie[hr_trie_base(unit) ^ p[i]];
        if (!hr_trie_is(unit, p[i]))
            break;
        if (hr_trie_token(unit))
            token = hr_trie_token(unit);
    }
    return token - 1;
}

size_t hr_bpe_encode(const hr_table *t, const uint8_t *p, size_t n, hr_bpe *b)
{
    size_t pos = 0, depth = 0, most = 0, clear = 0; /* places before `clear` have their bit */
    uint32_t token = longest(t, p, n);

    for (;;) {
        const size_t to = pos + hr_made_length(t->made[token]);
        while (to >= clear) {
            b->dead[(clear & (b->places - 1)) / 64] = 0;
            clear += 64;
        }
        const bool dead = b->dead[(to & (b->places - 1)) / 64] >> to % 64 & 1;
        if (!dead && (depth == 0 || fit(t, b->memo, b->token[(depth - 1) & (b->tokens - 1)], token))) {
            b->token[depth++ & (b->tokens - 1)] = token;
            if (depth > most)
                most = depth;
            if (to == n)
                return depth;
            pos = to;
            token = longest(t, p + pos, n - pos);
            continue;
        }
        const uint32_t shorter = hr_made_shorter(t->made[token]);
        if (shorter != token) {
            token = shorter;
            continue;
        }
        if (depth == 0 || most - depth + 1 >= b->tokens)
            return 0;
        b->dead[(pos & (b->places - 1)) / 64] |= (uint64_t)1 << pos % 64;
        token = b->token[--depth & (b->tokens - 1)];
        pos -= hr_made_length(t->made[token]);
        if (clear - pos > b->places)
            return 0;
    }
}

size_t hr_bpe_count_forward(const hr_table *t, const uint8_t *p, size_t n)
{
    enum { RING = 2 * HR_TABLE_TOKEN_LENGTH };
    uint32_t last[RING]; /* the token that ends at a place, + 1; 0: none does yet */
    size_t count[RING];

    memset(last, 0, sizeof last);
    count[0] = 0;
    for (size_t pos = 0; pos < n; pos++) {
        uint32_t base = t->root;
        const uint32_t before = last[pos % RING];
        const size_t so_far = count[pos % RING];
        last[pos % RING] = 0;
        if (pos > 0 && before == 0)
            continue;
        for (size_t i = pos; i < n; i++) {
            const uint64_t unit = t->trie[base ^ p[i]];
            if (!hr_trie_is(unit, p[i]))
                break;
            base = hr_trie_base(unit);
            const uint32_t token = hr_trie_token(unit);
            if (token != 0 && (pos == 0 || stay_apart(t, before - 1, token - 1))) {
                last[(i + 1) % RING] = token;
                count[(i + 1) % RING] = so_far + 1;
            }
        }
    }
    return count[n % RING];
}

size_t hr_bpe_count(const hr_table *t, hr_bpe_memo *memo, const uint8_t *p, size_t n)
{
    uint32_t token[1024];
    uint64_t dead[4096 / 64];
    hr_bpe b = {token, dead, 1024, 4096, memo};
    const size_t count = hr_bpe_encode(t, p, n, &b);
    return count != 0 ? count : hr_bpe_count_forward(t, p, n);
}
