/* tally.h - counting by name: hosts, tools, files. One thread. */
#ifndef TALLY_H
#define TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally_row {
    char *name, *other; /* the two that it is counted by; other may be "" */
    int64_t n, failed, bytes;
    int64_t before, after; /* tokens */
    int64_t first_us, last_us;
    int64_t request; /* number of the first request that it was seen in */
};

/* Zeroed at first. */
struct tally {
    struct tally_row *rows;
    size_t n, room;
    uint32_t *slots; /* row + 1; 0: empty */
    size_t n_slots;
};

/* The row of these names, made where it is missing; it may move with the next call. NULL: no memory. */
struct tally_row *tally_at(struct tally *t, const char *name, const char *other);
/* The largest n first, then by name. tally_at must not be called any more. */
void tally_sort(struct tally *t);
void tally_free(struct tally *t);

#endif
