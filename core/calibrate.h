/* calibrate.h - what our token counts are to a provider's, for each family of models (token/family.h), from this user's own requests.

   A sample is the prompt tokens that the provider reported for a request, over our estimate of what was sent. The factor of a family is the
   weighted median of its last HR_SAMPLES samples: one request with an image, whose base64 we count and the provider does not, must not
   move it, and a new tokenizer under an old name shall show within a day. The newest quarter of them weighs 8, each older one half of
   the next. error_percent is the weighted mean of how far samples lie from the factor.

   The figures of a request are multiplied by the factor that is known when it is made (factors.h), and its row says which that was. Samples are taken of
   the estimate before that, so that a factor never feeds on itself. Nothing is decided by a factor: thresholds, notes and the counts of
   decisions are o200k's, pure functions of the text. What a factor gives is an estimate with an error; never exact. Integers only,
   the same on every machine. */
#ifndef HR_CALIBRATE_H
#define HR_CALIBRATE_H

#include "headroom.h"

enum {
    HR_SAMPLES = 128,        /* kept of a family */
    HR_MIN_SAMPLES = 20,     /* below these a factor would be a guess */
    HR_RATIO_ONE = 1 << 16,  /* a sample of 1.0 */
    HR_FACTOR_ONE = 1000000, /* a factor of 1.0, as rows say it */
    HR_RATIO_MAX = 64 << 16  /* what lies above is taken for this: no tokenizer needs so many more */
};

typedef struct hr_samples {
    uint64_t seen;              /* in all; sample i stands at i % HR_SAMPLES */
    uint32_t ratio[HR_SAMPLES]; /* times HR_RATIO_ONE */
} hr_samples;

/* Has this row a sample, and which? Failed requests, those that only count tokens, and ones without the provider's count have none. */
bool hr_sample_of(const headroom_row *row, uint32_t *ratio);
void hr_samples_add(hr_samples *s, uint32_t ratio);
/* false: fewer than HR_MIN_SAMPLES, or a factor below 1/4 or above 4, as of requests that are pictures (money.h): no tokenizer counts so. */
bool hr_samples_factor(const hr_samples *s, double *factor, double *error_percent);

#endif
