/* chunked.h - a complete chunked body (RFC 9112 7.1), read more strictly than the framing reads it: where the two could differ
   the body is left alone. Pure functions; any thread. */
#ifndef HR_CHUNKED_H
#define HR_CHUNKED_H

#include "shim.h"

/* Room for the line before a chunk, and for the line end behind one. */
enum { CHUNKED_LINE = 2 * sizeof(size_t) + 2, CHUNKED_END = 2 };

/* Join the data of raw[0..n), a body from its first chunk line to its very end, into out, which has room for n bytes. *len: how
   many came out. *last: where in raw the last chunk begins, with the trailers behind it. NULL: done. Else why the body must stay as
   it is: "chunked" (chunk extensions, or not what the RFC says), "signed" (by a trailer). */
const char *chunked_decode(const char *raw, size_t n, char *out, size_t *len, size_t *last) HR_HIDDEN;

/* Write the line before a chunk of n > 0 bytes; its length. */
size_t chunked_line(char line[CHUNKED_LINE], size_t n) HR_HIDDEN;

#endif
