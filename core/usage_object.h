/* usage_object.h - the object in which a provider says what a request took: where it stands in the JSON of each dialect, how two of one
   stream become one, and what its numbers mean (WIRE.md 1). For usage.c; the table of the dialects is in usage_object.c.

   Texts are JSON as it came. Nothing is kept; any thread. */
#ifndef HR_USAGE_OBJECT_H
#define HR_USAGE_OBJECT_H

#include "usage.h"
#include "json/json.h"

enum {
    HR_USAGE_BYTES =
        16 << 10 /* a usage object has under 1 KB; above this it is none, and merging stays cheap */
};

typedef struct hr_usage_dialect {
    const char *name;
    const char *mark;     /* an event or line without these bytes holds no usage */
    const char *key;      /* member that holds the usage; NULL: the object itself is it */
    const char *wrapper;  /* member of an event or body that may hold `key` instead of the object itself */
    const char *within;   /* member of the usage object that holds input and output; NULL: it does itself */
    const char *input[2]; /* their sum; the second may be missing, as in the next */
    const char *output[2];
    const char *details; /* member of the usage object that holds the next two; NULL: it does itself */
    const char *cached;
    const char *cache_written;
    bool input_has_cached; /* are cached tokens part of `input`? */
    bool merge;            /* a later object completes the one before; otherwise it replaces it */
    bool lines;            /* a body is JSON objects, one a line */
    bool array;            /* a stream that was not asked for as SSE is one array of its events */
} hr_usage_dialect;

/* The row of a dialect, or NULL. */
const hr_usage_dialect *hr_usage_dialect_of(const char *name);

/* The value of the last member `key` of the object in text. 1 found, 0 not there, negative: not a JSON object. */
int hr_usage_member(hr_str text, const char *key, hr_str *value, hr_json_type *type);

/* The usage object of a body, an event or a line. 0: there is none; 1: *usage; 2: the same, and it stood in the wrapper. */
int hr_usage_find(const hr_usage_dialect *d, hr_str text, hr_str *usage);

/* *raw becomes the old object with each member that the new one has and that is not null taken from the new one. What is malformed or too
   long changes nothing. */
void hr_usage_merge(hr_buf *raw, hr_str usage);

/* The counts of an object; false: it is malformed, all are unknown. */
bool hr_usage_count(const hr_usage_dialect *d, hr_str usage, hr_usage_counts *out);

#endif
