/* pieces.c - see pieces.h. */
#include "token/pieces.h"

#include <string.h>

#include "token/ruler.h"

typedef uint8_t byte;

enum {
    REPAIRED = 1024, /* bytes of a piece that is repaired on the stack */
    COUNT_BIT = 60,
    COUNT_MOST = 15
};
#define COUNT_MASK ((uint64_t)COUNT_MOST << COUNT_BIT)

/* A short piece as two words: its bytes, behind them its length. */
struct key {
    uint64_t low, high, veil;
};

static inline uint64_t load(const byte *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t veil_of(const struct key *k)
{
    return (k->low ^ k->high >> 29) * 0x9E3779B97F4A7C15u;
}

static inline struct key key_of(const byte *p, size_t n, const byte *end)
{
    struct key k = {0, 0, 0};
    if (end - p >= 16) {
        k.low = load(p);
        k.high = load(p + 8);
        if (n < 8) {
            k.low &= ((uint64_t)1 << 8 * n) - 1;
            k.high = 0;
        } else {
            k.high &= ((uint64_t)1 << (8 * n - 64)) - 1;
        }
    } else {
        byte copy[16] = {0};
        memcpy(copy, p, n);
        k.low = load(copy);
        k.high = load(copy + 8);
    }
    k.high |= (uint64_t)n << 56;
    k.veil = veil_of(&k);
    return k;
}

/* Half an entry of one piece and half of another's must not look like one: `high` is stored XOR veil, which all of the piece goes into, so
   that halves that do not belong together are noise. */
static inline size_t recall(hr_memo *m, const struct key *k)
{
    const size_t at = (k->veil ^ k->high * 0xC2B2AE3D27D4EB4Fu) >> 51;
    const uint64_t low = atomic_load_explicit(&m->slots[at].low, memory_order_relaxed);
    const uint64_t high = atomic_load_explicit(&m->slots[at].high, memory_order_relaxed) ^ k->veil;
    return low == k->low && (high & ~COUNT_MASK) == k->high ? (size_t)(high >> COUNT_BIT) : 0;
}

static void remember(hr_memo *m, const struct key *k, size_t count)
{
    const size_t at = (k->veil ^ k->high * 0xC2B2AE3D27D4EB4Fu) >> 51;
    if (count > COUNT_MOST)
        return;
    atomic_store_explicit(&m->slots[at].low, k->low, memory_order_relaxed);
    atomic_store_explicit(&m->slots[at].high, (k->high | (uint64_t)count << COUNT_BIT) ^ k->veil,
                          memory_order_relaxed);
}

/* Write [p, end) to out with U+FFFD for what is not UTF-8; at most three bytes for one. Returns the length. */
static size_t repair(const byte *p, const byte *end, byte *out)
{
    size_t n = 0;
    while (p < end) {
        uint32_t c;
        unsigned bad = 0;
        const unsigned length = hr_split_char(p, end, &c, &bad);
        memcpy(out + n, bad ? (const byte *)"\xEF\xBF\xBD" : p, bad ? 3 : length);
        n += bad ? 3 : length;
        p += length;
    }
    return n;
}

/* A piece with bytes that are not UTF-8. Where there is no memory a long one is counted in parts. */
static size_t count_bad(const hr_pieces *v, const byte *p, const byte *end)
{
    byte some[REPAIRED * 3], *all = NULL;
    const size_t n = (size_t)(end - p);
    size_t count = 0;

    if (n > REPAIRED && (all = hr_malloc(n * 3)) != NULL) {
        count = hr_bpe_count(v->table, &v->memo->pairs, all, repair(p, end, all));
        hr_free(all);
        return count;
    }
    for (; p < end; p += REPAIRED < end - p ? REPAIRED : end - p)
        count += hr_bpe_count(v->table, &v->memo->pairs, some,
                              repair(p, REPAIRED < end - p ? p + REPAIRED : end, some));
    return count;
}

/* A ruler as two words: its ends and its length, of which the length above says that it is 0. */
static struct key key_of_ruler(const byte *p, size_t n)
{
    struct key k = {.low = n,
                    .high = p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[n - 2] << 16 | (uint64_t)p[n - 1] << 24};
    k.veil = veil_of(&k);
    return k;
}

static size_t count_long(const hr_pieces *v, const byte *p, size_t n)
{
    if (!hr_ruler_is(p, n))
        return hr_bpe_count(v->table, &v->memo->pairs, p, n);
    const struct key k = key_of_ruler(p, n);
    size_t count = recall(v->memo, &k);
    if (count == 0) {
        count = hr_ruler_count(v->table, &v->memo->pairs, p, n);
        remember(v->memo, &k, count);
    }
    return count;
}

static inline size_t count_piece(const hr_pieces *v, const byte *p, const byte *next, const byte *end)
{
    const size_t n = (size_t)(next - p);
    if (n > HR_MEMO_LENGTH)
        return count_long(v, p, n);
    const struct key k = key_of(p, n, end);
    size_t count = recall(v->memo, &k);
    if (count == 0) {
        count = hr_bpe_count(v->table, &v->memo->pairs, p, n);
        remember(v->memo, &k, count);
    }
    return count;
}

size_t hr_pieces_count(const hr_pieces *v, const byte *p, size_t n)
{
    const byte *end = p + n;
    size_t count = 0;

    while (p < end) {
        unsigned flags = 0;
        const byte *next = v->split(v->table, p, end, &flags);
        count += flags & HR_SPLIT_BAD ? count_bad(v, p, next) : count_piece(v, p, next, end);
        p = next;
    }
    return count;
}

size_t hr_pieces_begun(const hr_pieces *v, const byte *p, size_t n, size_t *used)
{
    const byte *begin = p, *end = p + n;
    size_t count = 0;

    while (p < end) {
        unsigned flags = 0;
        const byte *next = v->split(v->table, p, end, &flags);
        if (flags & HR_SPLIT_END)
            break;
        count += flags & HR_SPLIT_BAD ? count_bad(v, p, next) : count_piece(v, p, next, end);
        p = next;
    }
    *used = (size_t)(p - begin);
    return count;
}

int hr_pieces_each(const hr_pieces *v, const byte *p, size_t n, void (*put)(void *, const uint32_t *, size_t),
                   void *arg)
{
    const byte *end = p + n;
    hr_bpe b = {0};
    byte *good = NULL;
    size_t room = 0;
    int r = 0;

    while (p < end && r == 0) {
        unsigned flags = 0;
        const byte *next = v->split(v->table, p, end, &flags);
        const size_t most = (size_t)(next - p) * 3;
        if (most >= room) {
            for (room = room ? room : 4096; most >= room;)
                room *= 2;
            hr_free(b.token);
            hr_free(b.dead);
            hr_free(good);
            b = (hr_bpe){hr_malloc(room * sizeof *b.token), hr_malloc(room / 8), room, room, &v->memo->pairs};
            good = hr_malloc(room);
            if (!b.token || !b.dead || !good) {
                r = HR_ENOMEM;
                break;
            }
        }
        const bool bad = flags & HR_SPLIT_BAD;
        const size_t length = bad ? repair(p, next, good) : (size_t)(next - p);
        put(arg, b.token, hr_bpe_encode(v->table, bad ? good : p, length, &b));
        p = next;
    }
    hr_free(b.token);
    hr_free(b.dead);
    hr_free(good);
    return r;
}
