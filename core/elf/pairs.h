/* pairs.h - the search loop of the locator: every position at which two bytes have wanted values.

   Strings are found by two of their bytes first and judged afterwards; so one loop needs to be fast. It runs over 32
   bytes a step with AVX2 where the processor has it, else with SSE2. */
#ifndef HR_ELF_PAIRS_H
#define HR_ELF_PAIRS_H

#include "base.h"

/* (p[i + at] & mask) == value and (p[i + at2] & mask2) == value2; at and at2 below 8. */
typedef struct hr_pair {
    uint8_t at, mask, value, at2, mask2, value2;
} hr_pair;

/* Called for each hit in ascending order of position; false ends the search. */
typedef bool hr_pair_hit(void *arg, size_t position);

/* Search p[0..n) for each of the pairs, in one pass over memory. Hits of one pair come in ascending order within
   blocks of 4 KB; the hits of the pairs of one block follow each other. Only positions whose two bytes both lie
   inside are reported. false: a hit said stop. */
bool hr_pairs_search(const uint8_t *p, size_t n, const hr_pair *pairs, size_t count, hr_pair_hit *hit,
                     void *arg);

enum hr_pair_kernel { HR_PAIR_PORTABLE, HR_PAIR_SSE2, HR_PAIR_AVX2, HR_PAIR_KERNELS };
/* For tests: take this kernel from now on. false: this processor does not have it. */
bool hr_pairs_use(enum hr_pair_kernel kernel);

#endif
