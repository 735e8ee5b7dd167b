/* pointers.h - a shared libssl whose functions are called by pointers that were looked up in it (.NET, JNA, LuaJIT, PHP FFI, ctypes):
   such calls pass every interposed name. dlopen and dlsym are not interposed; the six functions that the hooks stand before are
   patched in that libssl itself (shim/patch.h) and lead to what the hooks do.

   Which libssl, and when? After the program's first connection to the internet protocols, and not before one of these:

     nobody names it      no loaded object is linked with it: whoever loaded it asks for pointers. Seen at that connection, and at the
                          first one after another object was opened.
     a handshake past us  libssl calls its own SSL_clear by name when a handshake begins, so that comes to us; where no hook of this
                          thread has the connection in hand, a pointer was called. That is how a pointer's user is told from
                          the rest of a process that names libssl as well (php, Python with ssl and ctypes), and one that opens
                          it after it has connected. It is before a byte of a request is written, but for a program whose first
                          SSL_write is to do the handshake: there the first request passes.

   A libssl whose own calls do not leave it (-Bsymbolic, RTLD_DEEPBIND) is seen in the first way alone (docs/limits.md).

   Both kinds of calls may go to one libssl. They share its struct library, so that each connection has one state; a call that comes
   through a hook goes on around the patch.

   An address is taken for the function only where the linker says that a symbol of this very name begins there, in that object
   (an indirect function, STT_GNU_IFUNC, does not). What refuses is written into the log once, and the process runs as without us.
   What is patched stays loaded. The setters of ALPN lists are not patched: a list set by pointer is not known (alpn.h).

   Any thread. One looks at a time; another one that comes meanwhile waits for it, but not for long (it may hold the dynamic linker's
   lock, which the first one needs). errno may change, OpenSSL's error queue does not. */
#ifndef HR_POINTERS_H
#define HR_POINTERS_H

#include "../shim/shim.h"
#include "alpn.h"

struct library;

/* An object was opened: it may be a libssl. Under the linker's lock: only noted. */
void pointers_opened(void) HR_HIDDEN;
/* Is there anything that was not looked at? Cheap. */
bool pointers_unlooked(void) HR_HIDDEN;
/* The program connects to the internet protocols: look, if there is anything. patched_look has been through. */
void pointers_look(void) HR_HIDDEN;
/* This libssl has called its own SSL_clear for a connection that no hook has in hand: a new one, or one whose handshake begins. */
void pointers_handshake(const struct library *l, SSL *ssl) HR_HIDDEN;

#endif
