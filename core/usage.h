/* usage.h - the provider's own count, read from a response as it passes (WIRE.md 1).

   Fed in pieces split at any byte, identity-coded JSON, JSON lines or SSE. Memory is bounded by HR_MAX_RESPONSE: of a JSON body at most
   that much is kept, of a stream only the current line. Anything malformed means "unknown", never a failure. One thread at a time. */
#ifndef HR_USAGE_H
#define HR_USAGE_H

#include "base.h"

typedef struct hr_usage hr_usage;

typedef struct hr_usage_counts {
    int64_t input;         /* all prompt tokens, cached ones included; -1 unknown, like all of them */
    int64_t cached;        /* of them read from the provider's cache */
    int64_t cache_written; /* of them written to it */
    int64_t output;
    const char *raw; /* the usage object as JSON text, NUL-terminated, owned by the hr_usage; NULL unknown */
} hr_usage_counts;

/* dialect: the name of one; another word gives a reader that knows nothing. sse: the response is an event stream. NULL: no memory. */
hr_usage *hr_usage_new(const char *dialect, bool sse);
void hr_usage_add(hr_usage *u, const void *data, size_t n);
/* May be called once, after the last piece (also of an aborted response). */
void hr_usage_end(hr_usage *u, hr_usage_counts *out);
void hr_usage_free(hr_usage *u); /* NULL is fine */

#endif
