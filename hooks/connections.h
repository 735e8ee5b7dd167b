/* connections.h - the streams of the connections of a library on whose SSL objects nothing can be hung: kept in a table, by the address
   of the SSL.

   Such an address can be freed and used again for another connection without our knowing. So a stream exists only from the first byte
   of a request to the last byte of its response, it begins only where a call begins with a whole request line, and before a write is
   taken for the continuation of a request it must prove that it is one:

     always                      the SSL's hellos had the same random numbers, where these are known (identity.h)
     after a failed write        it repeats the bytes of that call (the library itself demands that)
     in the middle of a request  where they are not known: it does not begin with a request line or the preface of HTTP/2, and holds no byte
                                 that no JSON holds
     between two requests        the response to the one before was read to its end (these programs do not pipeline)

   What does not is another connection: the stream begins anew, and what was held for the old one is dropped with it.

   No lock is held across a call of the program's functions but the mark of the one connection; an SSL belongs to one thread at a time
   (OpenSSL's rule). Where that rule is broken, what is read is not looked at. Safe after fork(). */
#ifndef HR_CONNECTIONS_H
#define HR_CONNECTIONS_H

#include "../shim/shim.h"
#include "../shim/stream.h"

struct connection_slot;

/* The program writes n > 0 bytes: the slot of the connection, now ours, or NULL: these bytes pass. */
struct connection_slot *connections_enter(const void *ssl, const void *buf, size_t n) HR_HIDDEN;
shim_stream *connections_stream(const struct connection_slot *c) HR_HIDDEN;
/* The write is over; failed: its result was <= 0 and the program is to repeat it. */
void connections_leave(struct connection_slot *c, const void *buf, size_t n, bool failed) HR_HIDDEN;
/* The program has read n bytes; 0: there are no more, the peer has closed. */
void connections_tee(const void *ssl, const void *buf, size_t n) HR_HIDDEN;

/* The process ends: requests whose responses are still waited for end as incomplete. */
void connections_end(void) HR_HIDDEN;

/* Does this begin with the whole first line of an HTTP/1 request? With the preface of HTTP/2? Pure. */
bool connections_begins_request(const void *buf, size_t n) HR_HIDDEN;
bool connections_begins_http_2(const void *buf, size_t n) HR_HIDDEN;

#endif
