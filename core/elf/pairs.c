/* pairs.c - two bytes at a time, a block of 4 KB per turn so that several pairs cost one walk through memory. */
#include "elf/pairs.h"

#include <stdatomic.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { BLOCK = 4096, REACH = 8, WORDS = BLOCK / 32 };

/* bits[i / 32] bit i % 32: the pair stands at i. Reads p[0..BLOCK + REACH). */
typedef void kernel(const uint8_t *p, const hr_pair *k, uint32_t bits[WORDS]);

static void find_portable(const uint8_t *p, const hr_pair *k, uint32_t bits[WORDS])
{
    memset(bits, 0, WORDS * sizeof(*bits));
    for (size_t i = 0; i < BLOCK; i++) {
        if ((p[i + k->at] & k->mask) == k->value && (p[i + k->at2] & k->mask2) == k->value2)
            bits[i / 32] |= 1u << (i % 32);
    }
}

#if defined(__x86_64__)
static uint32_t find_16(const uint8_t *p, const hr_pair *k)
{
    __m128i a = _mm_loadu_si128((const void *)(p + k->at));
    __m128i b = _mm_loadu_si128((const void *)(p + k->at2));

    a = _mm_cmpeq_epi8(_mm_and_si128(a, _mm_set1_epi8((char)k->mask)), _mm_set1_epi8((char)k->value));
    b = _mm_cmpeq_epi8(_mm_and_si128(b, _mm_set1_epi8((char)k->mask2)), _mm_set1_epi8((char)k->value2));
    return (uint32_t)_mm_movemask_epi8(_mm_and_si128(a, b));
}

static void find_sse2(const uint8_t *p, const hr_pair *k, uint32_t bits[WORDS])
{
    hr_pair copy = *k; /* so that its bytes stay in registers */

    for (size_t i = 0; i < WORDS; i++)
        bits[i] = find_16(p + i * 32, &copy) | find_16(p + i * 32 + 16, &copy) << 16;
}

__attribute__((target("avx2"))) static void find_avx2(const uint8_t *p, const hr_pair *k,
                                                      uint32_t bits[WORDS])
{
    const __m256i mask = _mm256_set1_epi8((char)k->mask), value = _mm256_set1_epi8((char)k->value);
    const __m256i mask2 = _mm256_set1_epi8((char)k->mask2), value2 = _mm256_set1_epi8((char)k->value2);
    const uint8_t *first = p + k->at, *second = p + k->at2;

    for (size_t i = 0; i < WORDS; i++) {
        __m256i a = _mm256_loadu_si256((const void *)(first + i * 32));
        __m256i b = _mm256_loadu_si256((const void *)(second + i * 32));

        a = _mm256_cmpeq_epi8(_mm256_and_si256(a, mask), value);
        b = _mm256_cmpeq_epi8(_mm256_and_si256(b, mask2), value2);
        bits[i] = (uint32_t)_mm256_movemask_epi8(_mm256_and_si256(a, b));
    }
}
#endif

static _Atomic(kernel *) chosen;

bool hr_pairs_use(enum hr_pair_kernel wanted)
{
    kernel *k = wanted == HR_PAIR_PORTABLE ? find_portable : NULL;

#if defined(__x86_64__)
    if (wanted == HR_PAIR_SSE2)
        k = find_sse2;
    if (wanted == HR_PAIR_AVX2 && __builtin_cpu_supports("avx2"))
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
        if (!hr_pairs_use(HR_PAIR_AVX2) && !hr_pairs_use(HR_PAIR_SSE2))
            hr_pairs_use(HR_PAIR_PORTABLE);
        k = atomic_load(&chosen);
    }
    return k;
}

static bool report(const uint32_t bits[WORDS], size_t base, size_t end, hr_pair_hit *hit, void *arg)
{
    for (size_t w = 0; w < WORDS; w++) {
        for (uint32_t left = bits[w]; left; left &= left - 1) {
            size_t at = base + w * 32 + (size_t)__builtin_ctz(left);

            if (at >= end)
                return true;
            if (!hit(arg, at))
                return false;
        }
    }
    return true;
}

static bool search_block(const uint8_t *block, size_t base, size_t n, const hr_pair *pairs, size_t count,
                         hr_pair_hit *hit, void *arg)
{
    kernel *find = best();
    uint32_t bits[WORDS];

    for (size_t i = 0; i < count; i++) {
        size_t last = pairs[i].at > pairs[i].at2 ? pairs[i].at : pairs[i].at2;

        find(block, &pairs[i], bits);
        if (!report(bits, base, n > last ? n - last : 0, hit, arg))
            return false;
    }
    return true;
}

bool hr_pairs_search(const uint8_t *p, size_t n, const hr_pair *pairs, size_t count, hr_pair_hit *hit,
                     void *arg)
{
    uint8_t tail[BLOCK + REACH] = {0};
    size_t at = 0;

    for (; n - at >= BLOCK + REACH; at += BLOCK) {
        if (!search_block(p + at, at, n, pairs, count, hit, arg))
            return false;
    }
    for (; at < n; at += BLOCK) { /* the rest, with zeros behind it */
        size_t rest = n - at < sizeof(tail) ? n - at : sizeof(tail);

        memset(tail, 0, sizeof(tail));
        memcpy(tail, p + at, rest);
        if (!search_block(tail, at, n, pairs, count, hit, arg))
            return false;
    }
    return true;
}
