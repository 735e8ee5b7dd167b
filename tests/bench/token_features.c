/* token_features.c - how often each cost of the token model enters an estimate; token_fit.py loads it to fit
   the costs.

   It includes the estimator itself and counts by running it with a table in which one cost is 1 and all
   others 0. */
#include "../../core/token/estimate.c"

void token_features(const char *text, size_t n, uint32_t *counts)
{
    static uint16_t one[HR_COSTS];
    for (unsigned i = 0; i < HR_COSTS; i++) {
        one[i] = 1;
        counts[i] = (uint32_t)walk((const byte *)text, n, one);
        one[i] = 0;
    }
}

unsigned token_costs(void)
{
    return HR_COSTS;
}
