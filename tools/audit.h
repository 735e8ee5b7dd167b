/* audit.h - what `headroom audit` gathers, and how it is said. */
#ifndef AUDIT_H
#define AUDIT_H

#include "../core/headroom.h"
#include "tally.h"

#include <stdint.h>

/* One likely secret, wherever it was seen. */
struct audit_secret {
    uint64_t hash; /* of its bytes: the same one is told once */
    const char *kind;
    char first[5]; /* its first four characters */
    size_t len;
    int64_t requests, request; /* in how many; the first of them */
    int64_t last_request;
    char where[128]; /* in the first: "result of Read", .. */
};

struct audit {
    int64_t requests, captured, unread; /* unread: captured bodies that no dialect reads */
    struct tally hosts;                 /* host, program */
    struct tally tools;                 /* tool, program */
    struct tally files;                 /* path, tool */
    struct tally seen;                  /* calls that were counted: a history is sent again and again */
    struct audit_secret *secrets;
    size_t n_secrets;
    bool failed; /* no memory */
};

/* Add one request; body: as it was sent, or data NULL. */
void audit_add(struct audit *a, const headroom_row *row, const headroom_bytes *body);
void audit_free(struct audit *a);

int audit_print_json(const struct audit *a);
/* files: so many at most. */
void audit_print(const struct audit *a, size_t files);

#endif
