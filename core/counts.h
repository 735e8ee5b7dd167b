/* counts.h - tokens of stretches of raw JSON that this process has counted before.

   What lies around the tool results of a body, system prompt and tools foremost, is the same with every turn, and counting it took
   a quarter of a turn that brings nothing new. Counts are found again by a keyed fingerprint of the bytes (print.h). The table has a
   fixed size; a stretch that finds its slot and the one beside it taken drives another out. A wrong count would be an estimate gone wrong, and
   needs two stretches with the same 64 bits of fingerprint.

   Thread rule: any thread, without a lock: a slot that two threads write at once is seen to be torn and counts as empty; so a fork at
   any moment does no harm. Nothing is allocated. */
#ifndef HR_COUNTS_H
#define HR_COUNTS_H

#include <stdatomic.h>

#include "limits.h"
#include "print.h"
#include "token/token.h"

typedef struct hr_counts {
    struct {
        _Atomic uint64_t check, tokens; /* check: the fingerprint XOR tokens */
    } slots[HR_COUNT_SLOTS];            /* all zero: empty */
} hr_counts;

/* hr_counter_tokens_json of p[0..n). k NULL: counted, and not remembered. */
size_t hr_counts_json(hr_counts *c, const hr_print_key *k, const hr_counter *by, const char *p, size_t n);

#endif
