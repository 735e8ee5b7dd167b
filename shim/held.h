/* held.h - the bytes of one request that wait to be sent, or the copy of one that is only watched; and a new body put in the place
   of the old one.

   Zero-initialise; held_free gives the memory back and may be followed by another use. One thread at a time. A failed call
   leaves the bytes as they were. */
#ifndef HR_HELD_H
#define HR_HELD_H

#include "shim.h"

struct held {
    char *p;
    size_t len, cap;
    size_t head;  /* length of the head, which stands first; 0 while it is not complete */
    bool chunked; /* the body behind it lies there as it came, chunk lines and all */
    size_t last;  /* where in p the last chunk begins; set by held_body */
};

void held_free(struct held *h) HR_HIDDEN;
/* Room for total bytes in all. False: no memory. */
bool held_reserve(struct held *h, size_t total) HR_HIDDEN;
/* Append; the room grows by doubling. False: no memory. */
bool held_add(struct held *h, const char *p, size_t n) HR_HIDDEN;

/* Take the X-Headroom-* lines out of the head. */
void held_strip_head(struct held *h) HR_HIDDEN;
/* Append a copy of the complete head without those lines: what is to leave before the body is there, while the head itself stays
   to be judged with the body. False: no memory. */
bool held_add_stripped_head(struct held *h) HR_HIDDEN;

/* The complete body as core shall see it. NULL: *out is filled. Else a static word why the body must stay as it is: "no_memory", or
   what chunked_decode says. The caller gives out->joined back with shim_free, after either answer. */
struct held_body {
    const char *p;
    size_t n;
    char *joined; /* what the chunks carried, or NULL */
};
const char *held_body(struct held *h, struct held_body *out) HR_HIDDEN;

/* Put a new body of n > 0 bytes in the place of the old one, which held_body has accepted. Of the head only the digits of
   Content-Length change; of a chunked body the last chunk and the trailers stay. In place where it fits, so that it cannot
   fail where the body shrinks. False: no memory. */
bool held_replace(struct held *h, const void *body, size_t n) HR_HIDDEN;

#endif
