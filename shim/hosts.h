/* hosts.h - is this the host of an LLM API?

   Asked once a handshake, of the name that the program gave for SNI, and only where the program offers HTTP/2: over which protocol
   shall this connection speak (DESIGN.md, HTTP/2)? Which requests are touched is not decided here: that is the gate's, by path,
   whatever the host. A pure function over a table and the user's rows (gate_init); any thread. */
#ifndef HR_HOSTS_H
#define HR_HOSTS_H

#include "shim.h"

/* name: NUL-terminated, in any case of letters; NULL where the program gave none (a connection to an address), which only a row of the
   user's with the host "*" matches. */
bool hosts_is_llm(const char *name) HR_HIDDEN;

#endif
