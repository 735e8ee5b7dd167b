/* testrun_slow.c - see testrun_slow.h. */
#include "transform/testrun_slow.h"

#include "transform/sort.h"

enum { MIN_VALUES = 5, ROUNDS = 3, SHARE = 20, ALWAYS = 10 };
static const double SIGMAS = 2;

/* One round over the values that are not yet out; how many more are, at most `room`. */
static uint32_t look(const double *value, uint32_t n, bool *out, hr_pair *order, uint32_t room)
{
    double sum = 0, squares = 0;
    uint32_t left = 0, far = 0;

    for (uint32_t i = 0; i < n; i++)
        if (!out[i]) {
            sum += value[i];
            left++;
        }
    if (left < MIN_VALUES)
        return 0;
    double mean = sum / left;
    for (uint32_t i = 0; i < n; i++)
        if (!out[i])
            squares += (value[i] - mean) * (value[i] - mean);
    double line = SIGMAS * SIGMAS * squares / left;
    for (uint32_t i = 0; i < n; i++) {
        double d = (value[i] - mean) * (value[i] - mean);
        if (!out[i] && d > line)
            order[far++] = (hr_pair){~hr_sort_key(d), i};
    }
    hr_sort_pairs(order, order + n, far);
    for (uint32_t i = 0; i < far && i < room; i++)
        out[order[i].value] = true;
    return far < room ? far : room;
}

int hr_run_outliers(hr_arena *scratch, const double *value, uint32_t n, bool *out)
{
    hr_pair *order = hr_arena_alloc(scratch, (2 * (size_t)n + 1) * sizeof *order);
    uint32_t room = n / SHARE > ALWAYS ? n / SHARE : ALWAYS;

    if (!order)
        return HR_ENOMEM;
    for (int round = 0; round < ROUNDS && room > 0; round++) {
        uint32_t found = look(value, n, out, order, room);
        if (found == 0)
            break;
        room -= found;
    }
    return 0;
}

int hr_run_slowest(hr_arena *scratch, const double *value, uint32_t n, uint32_t top, bool *out)
{
    hr_pair *order = hr_arena_alloc(scratch, (2 * (size_t)n + 1) * sizeof *order);

    if (!order)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        order[i] = (hr_pair){~hr_sort_key(value[i]), i};
    hr_sort_pairs(order, order + n, n);
    for (uint32_t i = 0; i < n && i < top; i++)
        out[order[i].value] = true;
    return 0;
}
