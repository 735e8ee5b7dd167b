/* clang-format off: the picture */
/* stream.h - the HTTP/1.1 write machine and the response tee of one connection (DESIGN.md "Write path",
   HOOKS.md 7).

     IDLE --first bytes--> HEAD --gate says yes--> BODY --complete--> FLUSH --all out--> IDLE
       \                     \--no---> SKIP (passed, framing followed) ----------------/
        \-- not HTTP ------------------------------------------------> PASS (for ever)
     a request that core refuses: BROKEN (for ever), nothing of it leaves

   A body comes with Content-Length or in chunks; both are held as they come. Where the client asks for
   100 Continue before a chunked body, the head goes ahead (HEAD -> FLUSH -> BODY) and the body is held.

   Held bytes are only ever written inside a call of the program for this very connection, by the function
   that the caller gives. In modes audit and simulate nothing is held: bytes pass and a copy is collected
   (WATCH).

   Knows nothing of OpenSSL: the hook wraps the original functions in a shim_wire. One thread at a time per
   stream for writing and one for reading (OpenSSL's own rule is stricter: one thread per SSL); state that
   both sides use is said below. Never changes errno where the original function set it; the hook guards errno
   around everything else. */
/* clang-format on */
#ifndef HR_STREAM_H
#define HR_STREAM_H

#include "shim.h"

/* How to reach the wire. */
struct shim_wire {
    void *conn;
    /* Write with the original function. > 0: success, *done bytes were taken (1 <= *done <= len; less than
       len only in partial mode). <= 0: the original's own result, to be handed to the program unchanged as
       the last operation. */
    int (*write)(void *conn, const void *buf, size_t len, size_t *done);
    /* Bring the handshake to its end if it is not done. 1: done. <= 0: the result to hand to the program. */
    int (*handshake)(void *conn);
    /* Fail as a write does where the connection is broken (errno EPIPE), without sending anything; the result is for the program. <= 0. */
    int (*broken)(void *conn);
};

typedef struct shim_stream shim_stream;

/* NULL: no memory (the hook passes everything on). */
shim_stream *shim_stream_new(void) HR_HIDDEN;
/* The connection is gone: held bytes are dropped (the program abandoned them), waiting requests end as
 * incomplete. */
void shim_stream_free(shim_stream *s) HR_HIDDEN;

/* The program writes buf[0..len), len > 0. > 0: success, *done is what the program's call must report. <= 0:
   return it to the program unchanged. The program's retry after a failure may come with a moved or a longer
   buffer. One that is shorter than the record which the original has pending gets the original's own error;
   one that is shorter than what was taken but satisfies the original is told that all of it was taken, and
   the rest is skipped in the next call: no byte leaves twice. */
int shim_stream_write(shim_stream *s, const struct shim_wire *wire, const void *buf, size_t len,
                      size_t *done) HR_HIDDEN;

/* The program has read n > 0 bytes of the response. Copies, never alters, never fails. */
void shim_stream_read(shim_stream *s, const void *buf, size_t n) HR_HIDDEN;
/* The peer closed: a response without length is complete now. */
void shim_stream_eof(shim_stream *s) HR_HIDDEN;
/* Bytes go out that we do not see, or the connection begins anew (SSL_clear): forget everything. */
void shim_stream_reset(shim_stream *s) HR_HIDDEN;

/* What would be lost if the stream were freed now? */
enum shim_rest {
    SHIM_IN_REQUEST, /* the place in a request, held bytes */
    SHIM_IN_JSON,    /* the same, and what comes next is JSON text */
    SHIM_WAITING,    /* what a response says */
    SHIM_AT_REST     /* nothing */
};
enum shim_rest shim_stream_rest(const shim_stream *s) HR_HIDDEN;

/* For tests: "IDLE", "HEAD", ... */
const char *shim_stream_state(const shim_stream *s) HR_HIDDEN;

#endif
