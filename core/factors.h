/* factors.h - what the estimates of a request are multiplied by: the factor of its model's family (calibrate.h), as this process knows it.

   Read from the database at the first request of a family, and again a minute later at the earliest: one row by its key. So a process follows what
   others have learnt, and figures of rows that are stored already never change: each row says by what its own were multiplied. Nothing
   is decided by it. A database that cannot be read leaves what was known.

   A word a family, read and written at once: any thread, no lock, a fork at any moment. */
#ifndef HR_FACTORS_H
#define HR_FACTORS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base.h"
#include "token/family.h"

struct headroom;

enum { HR_FACTOR_LOOK_US = 60000000, HR_FACTOR_AGAIN_US = 1000000 /* behind a look that failed */ };

typedef struct hr_factors {
    struct {
        _Atomic uint64_t known;   /* factor << 32 | how far samples lie off, both in millionths; 0: none */
        _Atomic uint64_t look_at; /* monotonic: when it is read again */
    } of[HR_FAMILY_NUMBERS];      /* by hr_family_number */
} hr_factors;

/* For a model whose own encoding is not known. Both in millionths; 0, 0: none is known yet. */
void hr_factor_of(struct headroom *h, hr_str model, int64_t *factor, int64_t *off);

#endif
