/* sort.c - radix sort by bytes, least significant first; insertion sort for short lists; nothing for sorted ones. See sort.h. */
#include "transform/sort.h"

#include <string.h>

enum { SHORT = 32, RADIX = 256 };

static void insertion(hr_pair *list, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        hr_pair p = list[i];
        size_t k = i;
        for (; k > 0 && list[k - 1].key > p.key; k--)
            list[k] = list[k - 1];
        list[k] = p;
    }
}

static void reverse(hr_pair *list, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        const hr_pair p = list[i];
        list[i] = list[n - 1 - i];
        list[n - 1 - i] = p;
    }
}

void hr_sort_pairs(hr_pair *list, hr_pair *scratch, size_t n)
{
    if (n <= SHORT) {
        insertion(list, n);
        return;
    }
    uint64_t differ = 0;
    size_t rising = 0, falling = 0;
    for (size_t i = 1; i < n; i++) {
        differ |= list[i].key ^ list[0].key;
        rising += list[i].key >= list[i - 1].key;
        falling += list[i].key < list[i - 1].key;
    }
    if (rising == n - 1) /* times, ids and ranks often are */
        return;
    if (falling == n - 1) {
        reverse(list, n);
        return;
    }
    hr_pair *from = list, *to = scratch;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t start[RADIX] = {0}, sum = 0;
        if ((differ >> shift & 0xff) == 0)
            continue;
        for (size_t i = 0; i < n; i++)
            start[from[i].key >> shift & 0xff]++;
        for (size_t b = 0; b < RADIX; b++) {
            size_t count = start[b];
            start[b] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            to[start[from[i].key >> shift & 0xff]++] = from[i];
        hr_pair *swap = from;
        from = to;
        to = swap;
    }
    if (from != list)
        memcpy(list, from, n * sizeof *list);
}

uint64_t hr_sort_key(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

double hr_sort_number(uint64_t key)
{
    double v;
    uint64_t bits = key >> 63 ? key & ~((uint64_t)1 << 63) : ~key;
    memcpy(&v, &bits, sizeof v);
    return v;
}
