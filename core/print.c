/* print.c - see print.h. */
#include "print.h"

#include <string.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

enum {
    GROUP = 16, /* bytes: four words, two products */
    /* Below this SipHash alone is as fast. */
    SHORT = 64
};

void hr_print_key_make(hr_print_key *k, const uint8_t secret[16])
{
    uint8_t out[16];

    memcpy(k->secret, secret, sizeof k->secret);
    for (uint32_t i = 0; i < HR_PRINT_WORDS; i += 4) {
        hr_siphash h;
        hr_siphash_init(&h, secret);
        hr_siphash_field(&h, HR_STR("print"));
        hr_siphash_add(&h, &i, sizeof i);
        hr_siphash_end(&h, out);
        memcpy(k->nh + i, out, sizeof out);
    }
}

void hr_print_init(hr_siphash *h, const hr_print_key *k)
{
    hr_siphash_init(h, k->secret);
}

/* The kernels: the sums of (m0 + k0) * (m1 + k1) over pairs of words, for whole groups. */
static void nh_portable(const uint32_t *key, const char *p, size_t groups, uint64_t sum[2])
{
    for (size_t i = 0; i < 2 * groups; i++, key += 2) {
        uint32_t m[2];
        memcpy(m, p + i * sizeof m, sizeof m);
        sum[0] += (uint64_t)(uint32_t)(m[0] + key[0]) * (uint32_t)(m[1] + key[1]);
        sum[1] += (uint64_t)(uint32_t)(m[0] + key[4]) * (uint32_t)(m[1] + key[5]);
    }
}

#ifdef __SSE2__
static inline __m128i load(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

static void nh_sse2(const uint32_t *key, const char *p, size_t groups, uint64_t sum[2])
{
    __m128i first = _mm_setzero_si128(), second = first;
    for (size_t i = 0; i < groups; i++) {
        __m128i text = load(p + i * GROUP);
        __m128i a = _mm_add_epi32(text, load(key + 4 * i)), b = _mm_add_epi32(text, load(key + 4 * i + 4));
        first = _mm_add_epi64(first, _mm_mul_epu32(a, _mm_srli_epi64(a, 32)));
        second = _mm_add_epi64(second, _mm_mul_epu32(b, _mm_srli_epi64(b, 32)));
    }
    uint64_t lanes[2];
    _mm_storeu_si128((__m128i *)(void *)lanes, first);
    sum[0] += lanes[0] + lanes[1];
    _mm_storeu_si128((__m128i *)(void *)lanes, second);
    sum[1] += lanes[0] + lanes[1];
}

__attribute__((target("avx2"))) static inline __m256i load_two(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* Two groups at a time. */
__attribute__((target("avx2"))) static void nh_avx2(const uint32_t *key, const char *p, size_t groups,
                                                    uint64_t sum[2])
{
    __m256i first = _mm256_setzero_si256(), second = first;
    uint64_t lanes[4];
    size_t i = 0;

    for (; i + 2 <= groups; i += 2) {
        __m256i text = load_two(p + i * GROUP);
        __m256i a = _mm256_add_epi32(text, load_two(key + 4 * i)),
                b = _mm256_add_epi32(text, load_two(key + 4 * i + 4));
        first = _mm256_add_epi64(first, _mm256_mul_epu32(a, _mm256_srli_epi64(a, 32)));
        second = _mm256_add_epi64(second, _mm256_mul_epu32(b, _mm256_srli_epi64(b, 32)));
    }
    _mm256_storeu_si256((__m256i *)(void *)lanes, first);
    sum[0] += lanes[0] + lanes[1] + lanes[2] + lanes[3];
    _mm256_storeu_si256((__m256i *)(void *)lanes, second);
    sum[1] += lanes[0] + lanes[1] + lanes[2] + lanes[3];
    if (i < groups)
        nh_sse2(key + 4 * i, p + i * GROUP, groups - i, sum);
}
#endif

hr_print_nh *hr_print_kernel(enum hr_print_kernel k)
{
#ifdef __SSE2__
    if (k == HR_PRINT_AVX2 && __builtin_cpu_supports("avx2"))
        return nh_avx2;
    if (k == HR_PRINT_SSE2)
        return nh_sse2;
#endif
    return k == HR_PRINT_PORTABLE ? nh_portable : NULL;
}

static void nh(const uint32_t *key, const char *p, size_t groups, uint64_t sum[2])
{
#ifdef __SSE2__
    if (groups >= 2 && __builtin_cpu_supports("avx2"))
        nh_avx2(key, p, groups, sum);
    else
        nh_sse2(key, p, groups, sum);
#else
    nh_portable(key, p, groups, sum);
#endif
}

void hr_print_field(hr_siphash *h, const hr_print_key *k, hr_str s)
{
    uint64_t length = s.n;

    if (s.n < SHORT) {
        hr_siphash_field(h, s);
        return;
    }
    hr_siphash_add(h, &length, sizeof length);
    for (size_t at = 0; at < s.n; at += HR_PRINT_BLOCK) {
        size_t n = s.n - at < HR_PRINT_BLOCK ? s.n - at : HR_PRINT_BLOCK, whole = n / GROUP;
        uint64_t sum[2] = {0, 0};
        nh(k->nh, s.p + at, whole, sum);
        if (n % GROUP) { /* zeros behind the text: its length is in the fingerprint */
            char rest[GROUP] = {0};
            memcpy(rest, s.p + at + whole * GROUP, n % GROUP);
            nh(k->nh + 4 * whole, rest, 1, sum);
        }
        hr_siphash_add(h, sum, sizeof sum);
    }
}
