/* adopt.c - see adopt.h. */
#include "adopt.h"

size_t hr_adopt_from(const hr_price *price, int64_t before, const hr_adopt_step *steps, size_t n, bool whole)
{
    const int64_t read = price->part[HR_PRICE_CACHE_READ], input = price->part[HR_PRICE_INPUT];
    const int64_t write = price->part[HR_PRICE_CACHE_WRITE], new = write > input ? write : input;
    int64_t behind = 0, saved = 0, total = before;
    __int128 best = 0;
    size_t from = n;

    for (size_t i = 0; i < n; i++)
        total += steps[i].tokens;
    for (size_t i = n; i-- > 0;) {
        behind += steps[i].tokens;
        saved += steps[i].saved;
        if (steps[i].saved <= 0)
            continue;
        __int128 gain = (__int128)(HR_ADOPT_TURNS * read) * behind -
                        (__int128)(new + (HR_ADOPT_TURNS - 1) * read) * (behind - saved);
        if (whole)
            gain -= (__int128)(new - read) * (total - behind);
        if (gain > best) {
            best = gain;
            from = i;
        }
    }
    return from;
}
