/* patched.h - TLS that is linked into the executable: found and patched once, at the first connection (connect.c).

     gate      no shared TLS library is loaded, and the executable exports SSL_write or holds a string of such a library
     locate    core says where SSL_write, SSL_write_ex, SSL_read, SSL_read_ex are (headroom_locate); exactly, or not at all
     patch     shim/patch.h; from then on the program's calls come to patched.c
     observe   a call passes until one was seen whose arguments are what SSL_write's must be: an SSL of this library and the
               beginning of an HTTP request. That call is the first that may be held. (A read may come before: it is looked at for
               what its handshake is about to offer, alpn.h.)

   Where the library exports enough, state hangs on its SSL objects as it does in a shared libssl (library.c). Else it lies in
   connections.c, from the first byte of a request to the last of its response.

   What refuses is written into the log once; the program then runs as without us. */
#ifndef HR_PATCHED_H
#define HR_PATCHED_H

#include "../shim/shim.h"

/* Has patched_look been through? Cheap. */
bool patched_looked(void) HR_HIDDEN;
/* Look, once per process; other threads that come meanwhile wait. errno may change. */
void patched_look(void) HR_HIDDEN;

#endif
