/* print.h - a fast keyed fingerprint, by which a process knows the bytes again that it has seen before.

   A conversation is sent again with every turn. Decoding and hashing all of it by SipHash takes ten times as long as finding the
   results in it, so results that this process has dealt with are known by a fingerprint of the bytes as they stand in the body.

   Tool output is chosen by strangers, so it must not be possible to make two texts with one fingerprint. Long texts are shrunk by
   NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, CRYPTO 1999; two Toeplitz iterations on 32-bit words), blocks of
   HR_PRINT_BLOCK bytes to 16 bytes: two different texts of one length collide with a chance of 2^-64, whoever chose them, as long as
   the key is secret and the fingerprints are never shown. What NH leaves goes through SipHash-2-4 with its length. Fingerprints
   stay in the process: they depend on its byte order.

   A key is constant once made; any thread. Nothing allocates. */
#ifndef HR_PRINT_H
#define HR_PRINT_H

#include "siphash.h"

enum {
    HR_PRINT_BLOCK = 1024,
    HR_PRINT_WORDS = HR_PRINT_BLOCK / 4 + 4 /* the second iteration uses the key from its fifth word on */
};

typedef struct hr_print_key {
    uint8_t secret[16];
    uint32_t nh[HR_PRINT_WORDS];
} hr_print_key;

/* Make a key from the user's secret. 5 us. */
void hr_print_key_make(hr_print_key *k, const uint8_t secret[16]);
/* Begin a fingerprint; hr_siphash_end ends it. */
void hr_print_init(hr_siphash *h, const hr_print_key *k);
/* Add a field of any length. Short ones may as well be added by hr_siphash_field. */
void hr_print_field(hr_siphash *h, const hr_print_key *k, hr_str s);

/* The kernels of hr_print_field, by name so that a test can hold them against each other: NH of so many groups of 16 bytes is added to
   sum. NULL: this machine or this build has no such kernel. */
typedef void hr_print_nh(const uint32_t *key, const char *p, size_t groups, uint64_t sum[2]);
enum hr_print_kernel { HR_PRINT_PORTABLE, HR_PRINT_SSE2, HR_PRINT_AVX2, HR_PRINT_KERNELS };
hr_print_nh *hr_print_kernel(enum hr_print_kernel k);

#endif
