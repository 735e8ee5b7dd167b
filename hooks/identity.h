/* identity.h - does the SSL at this address still serve the connection that it served a moment ago? For a library without names
   (connections.c): its SSL can be freed, and its address given to another connection, without our knowing.

   What a connection has of its own are the random numbers of its two hellos: 64 bytes side by side (server_random, client_random), in
   every OpenSSL from 1.1.0 on inside the object or the one that its s3 points to, and in BoringSSL there. Where exactly differs from
   build to build, and is found by watching:

     candidate   at the first request: eight words in a row, no more, of which none looks like a number or an address
     trusted     it stayed what it was through a request and its response, and was another one for another connection; never otherwise

   OTHER: all candidates have changed, and one of them at least is trusted. SAME: all that are trusted stayed. Else, and so until a second
   connection was answered, or where memory may not be read (peek.h): UNKNOWN.
   A renegotiation (TLS 1.2) makes other random numbers, and so another connection.

   Any thread; waits a moment for another one, and then gives UNKNOWN. errno may change. */
#ifndef HR_IDENTITY_H
#define HR_IDENTITY_H

#include "../shim/shim.h"

enum { IDENTITY_PLACES = 8 };

struct identity {
    unsigned generation;             /* of the places; 0: nothing is known */
    uint64_t print[IDENTITY_PLACES]; /* fingerprints of what lies there; 0: no random numbers */
};

enum identity_verdict { IDENTITY_UNKNOWN, IDENTITY_SAME, IDENTITY_OTHER };

/* The handshake is done: note who this is. Candidates are looked for where *id was {0}. */
void identity_take(struct identity *id, const void *ssl) HR_HIDDEN;
/* Is ssl now what it was when id was taken? */
enum identity_verdict identity_compare(const struct identity *id, const void *ssl) HR_HIDDEN;
/* Since id was taken a request has left and its whole response was read, on this same connection: learn from what has changed. */
void identity_learn(const struct identity *id, const void *ssl) HR_HIDDEN;

#endif
