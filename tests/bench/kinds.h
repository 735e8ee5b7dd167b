/* kinds.h - what tools print, by rule: one text for every row of the router's table, and texts that no row takes. The same bytes in every
   run. Buffers are hr_buf; running out of memory ends the program. */
#ifndef BENCH_KINDS_H
#define BENCH_KINDS_H

#include "base.h"

typedef struct kind {
    const char *row;       /* of `make bench`: its transform, and what tells two texts of it apart */
    const char *transform; /* that must take it; NULL: none does */
    bool lossy;            /* level crush, else lossless */
    bool adverse;          /* made to cost much: its work is counted, not timed */
    const char *question;
    void (*add)(hr_buf *b, size_t n, unsigned seed); /* about n bytes, never less */
} kind;

extern const kind kinds[];
extern const size_t kinds_count;

/* The kind of this row; NULL: there is none. */
const kind *kind_of(const char *row);

#endif
