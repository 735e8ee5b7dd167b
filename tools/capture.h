/* capture.h - what `capture status`, `doctor` and `run` say of captured bodies. */
#ifndef TOOLS_CAPTURE_H
#define TOOLS_CAPTURE_H

#include "../core/headroom.h"

#include <stdbool.h>
#include <stddef.h>

struct capture_facts {
    bool on;
    int64_t until_us; /* on: INT64_MAX where it has no end */
    int64_t files, bytes, oldest_us;
    int64_t cap_bytes, days; /* as the settings say */
};

/* 0 or a negative code. */
int capture_facts(headroom *h, struct capture_facts *out);
/* "on until 2026-11-21T18:00:00.000Z", "on until it is switched off", "off" */
const char *capture_state(const struct capture_facts *f, char *out, size_t room);

#endif
