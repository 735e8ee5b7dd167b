/* factors.c - see factors.h. */
#include "factors.h"

#include <string.h>

#include "context.h"
#include "store/store.h"

void hr_factor_of(headroom *h, hr_str model, int64_t *factor, int64_t *off)
{
    const char *family = hr_family_of(model);
    const unsigned i = hr_family_number(family);
    const uint64_t now = hr_now_us();
    uint64_t look_at = atomic_load(&h->factors.of[i].look_at);

    if (h->store && now >= look_at &&
        atomic_compare_exchange_strong(&h->factors.of[i].look_at, &look_at, now + HR_FACTOR_LOOK_US)) {
        const int found = hr_store_factor(h->store, family, factor, off);
        if (found < 0)
            atomic_store(&h->factors.of[i].look_at, now + HR_FACTOR_AGAIN_US);
        else
            atomic_store(&h->factors.of[i].known, found ? (uint64_t)*factor << 32 | (uint64_t)*off : 0);
    }
    const uint64_t known = atomic_load(&h->factors.of[i].known);
    *factor = (int64_t)(known >> 32);
    *off = (int64_t)(known & UINT32_MAX);
}
