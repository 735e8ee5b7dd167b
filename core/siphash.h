/* siphash.h - SipHash-2-4 with 128 bits of output (Aumasson, Bernstein; reference parameters c=2, d=4), streaming.
   Safe against chosen input as long as the key is secret; tool output is chosen by strangers. */
#ifndef HR_SIPHASH_H
#define HR_SIPHASH_H
#include "base.h"

typedef struct hr_siphash {
    uint64_t v[4];
    uint8_t tail[8];
    uint64_t total;
} hr_siphash;

void hr_siphash_init(hr_siphash *h, const uint8_t key[16]);
void hr_siphash_add(hr_siphash *h, const void *p, size_t n);
/* A field: its length as 8 bytes little endian, then its bytes, so that fields cannot run into each other. */
void hr_siphash_field(hr_siphash *h, hr_str s);
void hr_siphash_end(hr_siphash *h, uint8_t out[16]);
#endif
