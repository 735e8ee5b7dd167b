/* road.h - one request through the public API of core, as a bench sends it. */
#ifndef BENCH_ROAD_H
#define BENCH_ROAD_H

#include "base.h"
#include "headroom.h"

/* What one request did; len 0: the body went out as it was. */
struct road_done {
    size_t len;
    uint32_t results, rewritten, replayed;
    const char *skipped; /* lives as long as the library */
};

/* From the head to the end of the response (a 200 without usage), mode optimize, level crush. */
struct road_done road_send(headroom *h, const hr_buf *body);

#endif
