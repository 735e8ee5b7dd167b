/* siphash.c - SipHash-2-4 with 128 bits of output, streaming. See siphash.h. */
#include "siphash.h"

#include <endian.h>
#include <string.h>

static uint64_t rotl(uint64_t x, int b)
{
    return (x << b) | (x >> (64 - b));
}

static uint64_t load64(const uint8_t *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof x); /* a loop over the bytes stays one, and takes longer than the rounds */
    return le64toh(x);
}

static void store64(uint8_t *p, uint64_t x)
{
    x = htole64(x);
    memcpy(p, &x, sizeof x);
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] = rotl(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] = rotl(v[2], 32);
}

static inline void absorb(uint64_t v[4], uint64_t m)
{
    v[3] ^= m;
    sip_round(v);
    sip_round(v);
    v[0] ^= m;
}

void hr_siphash_init(hr_siphash *h, const uint8_t key[16])
{
    uint64_t k0 = load64(key), k1 = load64(key + 8);

    memset(h, 0, sizeof *h);
    h->v[0] = k0 ^ UINT64_C(0x736f6d6570736575);
    h->v[1] = k1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xee;
    h->v[2] = k0 ^ UINT64_C(0x6c7967656e657261);
    h->v[3] = k1 ^ UINT64_C(0x7465646279746573);
}

void hr_siphash_add(hr_siphash *h, const void *p, size_t n)
{
    const uint8_t *in = p;
    size_t have = (size_t)(h->total & 7);

    if (n == 0)
        return;
    h->total += n;
    if (have) {
        size_t take = 8 - have < n ? 8 - have : n;
        memcpy(h->tail + have, in, take);
        in += take;
        n -= take;
        if (have + take < 8)
            return;
        absorb(h->v, load64(h->tail));
    }
    uint64_t v[4] = {h->v[0], h->v[1], h->v[2],
                     h->v[3]}; /* registers: one load and store per call, not per word */
    for (; n >= 8; in += 8, n -= 8)
        absorb(v, load64(in));
    memcpy(h->v, v, sizeof v);
    if (n)
        memcpy(h->tail, in, n);
}

void hr_siphash_field(hr_siphash *h, hr_str s)
{
    uint8_t length[8];

    store64(length, s.n);
    hr_siphash_add(h, length, sizeof length);
    hr_siphash_add(h, s.p, s.n);
}

void hr_siphash_end(hr_siphash *h, uint8_t out[16])
{
    uint64_t *v = h->v;
    uint64_t last = h->total << 56;

    for (size_t i = 0; i < (h->total & 7); i++)
        last |= (uint64_t)h->tail[i] << (8 * i);
    absorb(v, last);
    v[2] ^= 0xee;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    store64(out, v[0] ^ v[1] ^ v[2] ^ v[3]);
    v[1] ^= 0xdd;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    store64(out + 8, v[0] ^ v[1] ^ v[2] ^ v[3]);
}
