/* secrets.h - what in a text is likely a secret, by well-known shapes. Pure; any thread.

   The text is JSON as it stands in a body: a backslash and an n end a line. A shape is a sign, not a proof: examples in documents have it,
   and a secret without a shape is not seen. */
#ifndef SECRETS_H
#define SECRETS_H

#include <stdbool.h>
#include <stddef.h>

struct secret {
    const char *kind; /* static: "aws_access_key", .. */
    size_t offset, len;
};

/* The next one at or behind *from, which then stands behind it. False: there is none. */
bool secrets_next(const char *text, size_t n, size_t *from, struct secret *out);

#endif
