/* simulate.h - one body down the road of a request, without sending it: what `simulate` does with a file, and with each of a directory. */
#ifndef SIMULATE_H
#define SIMULATE_H

#include "../core/headroom.h"
#include "cli.h"

#include <stdbool.h>

struct simulate_options {
    const char *host, *path, *out;
    const char *override[HEADROOM_OVERRIDES]; /* as lines X-Headroom-.. would say it; NULL: not said */
    bool state, json;
};

/* The request, its body judged; *body and *len are what would be sent, valid until headroom_request_sent. NULL: *code says why, and
   stderr does. The caller drops it. */
headroom_request *simulate_body(const struct command *self, headroom *h, const struct simulate_options *o,
                                const headroom_bytes *in, const void **body, size_t *len, int *code);

/* Each regular file of a directory, in the order of names: a capture, or a body. Prints sums. Without o->state in a state of their own
   (scratch.h). Exit code. */
int simulate_directory(const struct command *self, const struct simulate_options *o, const char *path);

#endif
