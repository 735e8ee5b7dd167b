/* sort.h - stable sort of (key, value) pairs in linear time.

   libc's qsort may call malloc behind our seam and has bad inputs; tool output is attacker-controlled.
   Pure; no allocation: the caller gives scratch of the same length. */
#ifndef HR_SORT_H
#define HR_SORT_H

#include "base.h"

typedef struct hr_pair {
    uint64_t key;
    uint32_t value;
} hr_pair;

/* Ascending by key; equal keys keep their order. */
void hr_sort_pairs(hr_pair *list, hr_pair *scratch, size_t n);

/* A key that orders like the number itself; not for NaN. hr_sort_number is its inverse. */
uint64_t hr_sort_key(double v);
double hr_sort_number(uint64_t key);

#endif
