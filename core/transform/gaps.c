/* gaps.c - see gaps.h. */
#include "transform/gaps.h"

#include "limits.h"
#include "transform/sort.h"

int64_t hr_close_gaps(hr_arena *scratch, bool *keep, uint32_t n)
{
    uint32_t gaps = 0;
    int64_t closed = 0;
    hr_pair *order = hr_arena_alloc(scratch, ((size_t)n + 2) * sizeof *order);

    if (!order)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < n;) {
        uint32_t from = i;
        while (i < n && !keep[i])
            i++;
        if (i > from)
            order[gaps++] = (hr_pair){i - from, from};
        else
            i++;
    }
    if (gaps <= HR_MAX_NOTE_RANGES)
        return 0;
    /* At most every second item begins a gap, so that the second half is free for sorting. */
    hr_sort_pairs(order, order + gaps, gaps);
    for (uint32_t g = 0; g < gaps - HR_MAX_NOTE_RANGES; g++) {
        for (uint32_t i = 0; i < order[g].key; i++)
            keep[order[g].value + i] = true;
        closed += (int64_t)order[g].key;
    }
    return closed;
}
