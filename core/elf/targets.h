/* targets.h - the search loop for code that points somewhere: every four bytes that lead into given ranges of addresses.

   Calls, jumps and taken addresses of x86-64 hold a displacement of 32 bits, counted from the byte behind it, or the address itself.
   Seen from one block of code, all displacements into a range have one of a few upper halves; so those are looked for, at every
   position, faster than memory: 64 bytes a step, with AVX2 where the processor has it, else with SSE2. What is left is computed in
   full, and what instruction it belongs to is the caller's to judge. Pure; any thread. */
#ifndef HR_ELF_TARGETS_H
#define HR_ELF_TARGETS_H

#include "base.h"

/* Addresses from low up to and without high. */
typedef struct hr_range {
    uint64_t low, high;
} hr_range;

/* Make n ranges ascending, and one of those that overlap or touch. How many are left. */
size_t hr_ranges_join(hr_range *ranges, size_t n);
/* Are n joined ranges there that hold an address? */
bool hr_ranges_hold(const hr_range *ranges, size_t n, uint64_t address);

/* Called with the position of the four bytes and where they lead; false ends the search. */
typedef bool hr_target_hit(void *arg, size_t position, uint64_t to, bool absolute);

/* Search the code p[0..n), which lies at an address, in one pass over memory for displacements into the joined ranges and, if
   `absolute`, for addresses in them. Hits come in ascending order of position, where both fit the displacement first. Only positions
   whose four bytes all lie inside are reported. false: a hit said stop. */
bool hr_targets_search(const uint8_t *p, size_t n, uint64_t address, const hr_range *ranges, size_t count,
                       bool absolute, hr_target_hit *hit, void *arg);

enum hr_target_kernel { HR_TARGET_PORTABLE, HR_TARGET_SSE2, HR_TARGET_AVX2, HR_TARGET_KERNELS };
/* For tests: take this kernel from now on. false: this processor does not have it. */
bool hr_targets_use(enum hr_target_kernel kernel);

#endif
