/* gate.h - may this be an LLM call? Judged from the request head alone.

   Law 9: "no" must cost next to nothing: two comparisons for another method, a look at the end of the path
   for another path; no allocation, no system call, core is not loaded. Law 7: signed and attested requests
   are named here. Pure functions over the caller's bytes; any thread. */
#ifndef HR_GATE_H
#define HR_GATE_H

#include "shim.h"

/* Could a stream (stream.h) be of use for a connection whose first written bytes are these? False: not an HTTP request; the hook marks the
   connection as passed and never asks again. */
bool gate_wanted(const void *buf, size_t len) HR_HIDDEN;

/* Could these first bytes of a request still become a call that we want? Looks at the method and, as far as
   it is there, at the request target. n may be 0. 0: no. 1: perhaps, more bytes are needed (request line not
   complete). 2: method and path say yes. A verdict other than 1 is never changed by more bytes. */
int gate_request_line(const char *p, size_t n) HR_HIDDEN;

struct gate_head {
    const char *path, *host; /* point into the head */
    size_t path_len, host_len;
    const char *dialect; /* static name of the row that matched */
    bool count_only;     /* count_tokens */
    /* Static word why the body must not be touched, or NULL: "signed", "encoding", "multipart",
       "content_type", "upgrade", "expect" (but for 100-continue before a chunked body), "chunked" (another
       transfer coding, alone or beside it), "no_length", "http_1_0", "too_large"; the first of these that
       applies. */
    const char *skip;
    int mode; /* X-Headroom-Mode: enum headroom_mode, -1: not there, or no mode */
    headroom_span override[HEADROOM_OVERRIDES]; /* the X-Headroom lines, point into the head; of a line that
                                                   stands twice the last */
    size_t length;                              /* Content-Length */
    bool has_length;
    size_t length_off, length_len; /* where its digits lie in the head */
    bool chunked;         /* Transfer-Encoding was there; where skip is NULL it is exactly "chunked" */
    bool expect;          /* the client waits for 100 Continue before it sends the body */
    const char *encoding; /* Content-Encoding "gzip", "x-gzip" or "zstd", in any case; points into the
                                      head; NULL: none */
    size_t encoding_len;
};

/* Judge a complete head (request line to the empty line, both included). False: not ours (another method or
   path, or not HTTP/1.x as RFC 9112 says). True: *out is filled; skip != NULL: watch, but never touch. */
bool gate_head(const char *head, size_t n, struct gate_head *out) HR_HIDDEN;

/* What core is to know of it; skip: a reason of the caller's own, or NULL. Points into the head. */
headroom_head gate_about(const struct gate_head *g, const char *skip) HR_HIDDEN;

/* Take the X-Headroom-* lines, which must not be sent, out of a head that gate_head accepted, in place; its
   new length. */
size_t gate_without_ours(char *head, size_t n) HR_HIDDEN;

/* Extra rows from HEADROOM_ENDPOINTS_ADD ("HOST/PATH DIALECT", several separated by ";"), read in the
 * constructor. */
void gate_init(const char *endpoints_add) HR_HIDDEN;
/* Host of the extra row i, in lower case, with its port where the row names one; NULL: no more rows. */
const char *gate_extra_host(size_t i) HR_HIDDEN;

#endif
