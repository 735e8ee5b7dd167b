/* targets.c - upper halves in bulk, then each that was found in full. */
#include "elf/targets.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    BLOCK = 8192, /* positions that share a list of halves, each of which spans eight times as many */
    FIELD = 4,    /* bytes of a displacement or address */
    REACH = FIELD - 1,
    COVERS = 8, /* ranges from which halves are made; each costs as much as reading the code */
    MOST_HALVES = 2 * COVERS,
    GAP = 1 << 20, /* a narrower gap between ranges is searched along */
    STEP = 64,     /* positions that share a word of bits */
    WORDS = BLOCK / STEP
};

/* Upper halves from low to low + span, modulo 2^16. */
typedef struct halves {
    uint16_t low, span;
} halves;

/* bits[i / 64] bit i % 64: p[i + 2] and p[i + 3] are in one of the ranges. Reads p[0..BLOCK + REACH). */
typedef void kernel(const uint8_t *p, const halves *h, size_t n, uint64_t bits[WORDS]);

static void find_portable(const uint8_t *p, const halves *h, size_t n, uint64_t bits[WORDS])
{
    memset(bits, 0, WORDS * sizeof(*bits));
    for (size_t i = 0; i < BLOCK; i++) {
        unsigned half = p[i + 2] | (unsigned)p[i + 3] << 8;

        for (size_t k = 0; k < n; k++) {
            if ((uint16_t)(half - h[k].low) <= h[k].span)
                bits[i / STEP] |= 1ull << (i % STEP);
        }
    }
}

#if defined(__x86_64__)
typedef struct wide_16 {
    __m128i low, span;
} wide_16;

/* All ones where v is in the range. */
static __m128i inside_16(__m128i v, const wide_16 *h)
{
    return _mm_cmpeq_epi16(_mm_subs_epu16(_mm_sub_epi16(v, h->low), h->span), _mm_setzero_si128());
}

/* 16 positions: words at even ones, and those at odd ones. */
static uint64_t step_16(const uint8_t *p, const wide_16 *h, size_t n)
{
    const __m128i even = _mm_loadu_si128((const void *)p), odd = _mm_loadu_si128((const void *)(p + 1));
    const __m128i lower = _mm_set1_epi16(0xff);
    __m128i e = _mm_setzero_si128(), o = e;

    for (size_t k = 0; k < n; k++) {
        e = _mm_or_si128(e, inside_16(even, &h[k]));
        o = _mm_or_si128(o, inside_16(odd, &h[k]));
    }
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_and_si128(lower, e), _mm_andnot_si128(lower, o)));
}

static void find_sse2(const uint8_t *p, const halves *h, size_t n, uint64_t bits[WORDS])
{
    wide_16 wide[MOST_HALVES];

    for (size_t k = 0; k < n; k++)
        wide[k] = (wide_16){_mm_set1_epi16((short)h[k].low), _mm_set1_epi16((short)h[k].span)};
    for (size_t i = 0; i < WORDS; i++) {
        const uint8_t *at = p + i * STEP + 2;

        bits[i] = step_16(at, wide, n) | step_16(at + 16, wide, n) << 16 | step_16(at + 32, wide, n) << 32 |
                  step_16(at + 48, wide, n) << 48;
    }
}

#define AVX2 __attribute__((target("avx2")))

typedef struct wide_32 {
    __m256i low, span;
} wide_32;

/* 0 where v is in the range. */
AVX2 static __m256i over_32(__m256i v, const wide_32 *h)
{
    return _mm256_subs_epu16(_mm256_sub_epi16(v, h->low), h->span);
}

AVX2 static uint64_t zeros_32(__m256i even, __m256i odd)
{
    const __m256i zero = _mm256_setzero_si256();

    return (uint32_t)_mm256_movemask_epi8(_mm256_blendv_epi8(
        _mm256_cmpeq_epi16(even, zero), _mm256_cmpeq_epi16(odd, zero), _mm256_set1_epi16((short)0xff00)));
}

AVX2 static void find_avx2(const uint8_t *p, const halves *h, size_t n, uint64_t bits[WORDS])
{
    wide_32 wide[MOST_HALVES];

    for (size_t k = 0; k < n; k++)
        wide[k] = (wide_32){_mm256_set1_epi16((short)h[k].low), _mm256_set1_epi16((short)h[k].span)};
    for (size_t i = 0; i < WORDS; i++) {
        const uint8_t *at = p + i * STEP + 2;
        const __m256i even0 = _mm256_loadu_si256((const void *)at),
                      odd0 = _mm256_loadu_si256((const void *)(at + 1)),
                      even1 = _mm256_loadu_si256((const void *)(at + 32)),
                      odd1 = _mm256_loadu_si256((const void *)(at + 33));
        __m256i e0 = _mm256_set1_epi8(-1), o0 = e0, e1 = e0, o1 = e0;

        for (size_t k = 0; k < n; k++) {
            e0 = _mm256_min_epu16(e0, over_32(even0, &wide[k]));
            o0 = _mm256_min_epu16(o0, over_32(odd0, &wide[k]));
            e1 = _mm256_min_epu16(e1, over_32(even1, &wide[k]));
            o1 = _mm256_min_epu16(o1, over_32(odd1, &wide[k]));
        }
        bits[i] = zeros_32(e0, o0) | zeros_32(e1, o1) << 32;
    }
}
#endif

static _Atomic(kernel *) chosen;

bool hr_targets_use(enum hr_target_kernel wanted)
{
    kernel *k = wanted == HR_TARGET_PORTABLE ? find_portable : NULL;

#if defined(__x86_64__)
    if (wanted == HR_TARGET_SSE2)
        k = find_sse2;
    if (wanted == HR_TARGET_AVX2 && __builtin_cpu_supports("avx2"))
        k = find_avx2;
#endif
    if (k)
        atomic_store(&chosen, k);
    return k != NULL;
}

static kernel *best(void)
{
    kernel *k = atomic_load(&chosen);

    if (!k) {
        if (!hr_targets_use(HR_TARGET_AVX2) && !hr_targets_use(HR_TARGET_SSE2))
            hr_targets_use(HR_TARGET_PORTABLE);
        k = atomic_load(&chosen);
    }
    return k;
}

/* ---------------------------------------------------------------- ranges */
static int by_low(const void *a, const void *b)
{
    const hr_range *x = a, *y = b;

    return x->low < y->low ? -1 : x->low > y->low;
}

size_t hr_ranges_join(hr_range *ranges, size_t n)
{
    size_t used = 0;

    if (n)
        qsort(ranges, n, sizeof(*ranges), by_low);
    for (size_t i = 0; i < n; i++) {
        if (used == 0 || ranges[i].low > ranges[used - 1].high)
            ranges[used++] = ranges[i];
        else if (ranges[i].high > ranges[used - 1].high)
            ranges[used - 1].high = ranges[i].high;
    }
    return used;
}

bool hr_ranges_hold(const hr_range *ranges, size_t n, uint64_t address)
{
    size_t lo = 0, hi = n;

    if (n == 0 || address < ranges[0].low || address >= ranges[n - 1].high)
        return false;
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;

        if (ranges[mid].low <= address)
            lo = mid;
        else
            hi = mid;
    }
    return address < ranges[lo].high;
}

/* Ranges that hold all of the given ones: the gaps that are narrower than the least that will do are closed. */
static size_t cover(const hr_range *ranges, size_t n, hr_range out[COVERS])
{
    for (uint64_t gap = GAP;; gap *= 2) {
        size_t used = 0, i = 0;

        for (; i < n; i++) {
            if (used && (gap == 0 || ranges[i].low - out[used - 1].high < gap))
                out[used - 1].high = ranges[i].high;
            else if (used < COVERS)
                out[used++] = ranges[i];
            else
                break;
        }
        if (i == n)
            return used;
    }
}

/* ---------------------------------------------------------------- the search */
typedef struct search {
    kernel *find;
    uint64_t address;
    const hr_range *ranges;
    size_t count;
    hr_range cover[COVERS];
    size_t covers;
    bool absolute;
    hr_target_hit *hit;
    void *arg;
} search;

/* The upper halves of all numbers from low to high that a field of 32 bits can hold. */
static size_t add_halves(halves *h, size_t n, int64_t low, int64_t high, int64_t least, int64_t most)
{
    if (low > most || high < least)
        return n;
    low = (low < least ? least : low) >> 16;
    high = (high > most ? most : high) >> 16;
    h[n] = (halves){(uint16_t)low, (uint16_t)(high - low)};
    return n + 1;
}

/* For the block of code at an address. */
static size_t make_halves(const search *s, uint64_t address, halves h[MOST_HALVES])
{
    size_t n = 0;

    for (size_t i = 0; i < s->covers; i++) {
        const hr_range *r = &s->cover[i];

        if (r->high - r->low > UINT32_MAX) { /* the differences below might wrap */
            h[n++] = (halves){0, UINT16_MAX};
            continue;
        }
        n = add_halves(h, n, (int64_t)(r->low - (address + BLOCK - 1 + FIELD)),
                       (int64_t)(r->high - 1 - (address + FIELD)), INT32_MIN, INT32_MAX);
        if (s->absolute && r->low <= UINT32_MAX)
            n = add_halves(h, n, (int64_t)r->low, (int64_t)(r->high - 1), 0, UINT32_MAX);
    }
    return n;
}

static bool report(const search *s, const uint8_t *p, size_t position)
{
    uint64_t to;
    uint32_t word;
    int32_t number;

    memcpy(&word, p, sizeof(word));
    memcpy(&number, p, sizeof(number));
    to = s->address + position + FIELD + (uint64_t)(int64_t)number;
    if (hr_ranges_hold(s->ranges, s->count, to) && !s->hit(s->arg, position, to, false))
        return false;
    return !s->absolute || !hr_ranges_hold(s->ranges, s->count, word) || s->hit(s->arg, position, word, true);
}

/* The block has n bytes of code, and can be read as far as BLOCK + REACH. */
static bool search_block(const search *s, const uint8_t *block, size_t base, size_t n)
{
    uint64_t bits[WORDS];
    halves h[MOST_HALVES];

    s->find(block, h, make_halves(s, s->address + base, h), bits);
    for (size_t w = 0; w < WORDS; w++) {
        for (uint64_t left = bits[w]; left; left &= left - 1) {
            size_t i = w * STEP + (size_t)__builtin_ctzll(left);

            if (i + FIELD > n)
                return true;
            if (!report(s, block + i, base + i))
                return false;
        }
    }
    return true;
}

bool hr_targets_search(const uint8_t *p, size_t n, uint64_t address, const hr_range *ranges, size_t count,
                       bool absolute, hr_target_hit *hit, void *arg)
{
    search s = {.find = best(),
                .address = address,
                .ranges = ranges,
                .count = count,
                .absolute = absolute,
                .hit = hit,
                .arg = arg};
    uint8_t tail[BLOCK + REACH];
    size_t at = 0;

    s.covers = cover(ranges, count, s.cover);
    for (; n - at >= BLOCK + REACH; at += BLOCK) {
        if (!search_block(&s, p + at, at, BLOCK + REACH))
            return false;
    }
    for (; at < n; at += BLOCK) { /* the rest, with zeros behind it */
        size_t rest = n - at < sizeof(tail) ? n - at : sizeof(tail);

        memset(tail, 0, sizeof(tail));
        memcpy(tail, p + at, rest);
        if (!search_block(&s, tail, at, rest))
            return false;
    }
    return true;
}
