/* usage.h - the provider's own count, and how it names its error, read from a response as it passes (WIRE.md 1).

   Fed in pieces split at any byte, identity-coded: a JSON body, JSON lines, SSE or AWS frames. Memory is bounded by HR_MAX_RESPONSE: kept is
   at most that much of a JSON body, of the current line or frame; of a longer body or line what is left without the ends of its long strings
   (shorten.h), and if that does not do it is unknown. Anything malformed means "unknown", never a failure; a stream that breaks off says what
   it said until then. One thread at a time. */
#ifndef HR_USAGE_H
#define HR_USAGE_H

#include "base.h"

typedef struct hr_usage hr_usage;

enum hr_usage_form {
    HR_USAGE_JSON, /* lines of it where the dialect's streams are that */
    HR_USAGE_SSE,
    HR_USAGE_FRAMES /* application/vnd.amazon.eventstream */
};

typedef struct hr_usage_counts {
    int64_t input;         /* all prompt tokens, cached ones included; -1 unknown, like all of them */
    int64_t cached;        /* of them read from the provider's cache */
    int64_t cache_written; /* of them written to it */
    int64_t output;        /* reasoning included; unknown where a stream broke off before it was said */
    const char *raw; /* the usage object as JSON text, NUL-terminated, owned by the hr_usage; NULL unknown */
    const char *error; /* a word (usage_error.h) of the body, or of an event of a stream; likewise */
} hr_usage_counts;

/* dialect: the name of one; another word gives a reader that knows errors only. failed: the status says that the request was refused, so
   there is no usage, and the body is JSON. NULL: no memory. */
hr_usage *hr_usage_new(const char *dialect, enum hr_usage_form form, bool failed);
void hr_usage_add(hr_usage *u, const void *data, size_t n);
/* Can what follows still change anything? False once a JSON body is too long. */
bool hr_usage_wants(const hr_usage *u);
/* May be called once, after the last piece (also of an aborted response). */
void hr_usage_end(hr_usage *u, hr_usage_counts *out);
void hr_usage_free(hr_usage *u); /* NULL is fine */

#endif
