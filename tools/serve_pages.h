/* serve_pages.h - what `serve` answers with: /, /health, /stats, /metrics. */
#ifndef SERVE_PAGES_H
#define SERVE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERVE_NONCE = 33 };

struct serve_state {
    const char *since; /* what the page looks back on, as moment_read takes it: read anew each time */
};

struct serve_answer {
    unsigned status;
    const char *type; /* Content-Type */
    char *body;       /* free() */
    size_t len;
    char nonce[SERVE_NONCE]; /* of the page's style sheet; "": there is none */
};

/* path: without its query. The database is opened anew for each answer, so one that came, went or was replaced is seen, and settings are
   those of now. False: no memory. */
bool serve_answer(struct serve_state *state, const char *path, struct serve_answer *out);

#endif
