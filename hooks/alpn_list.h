/* alpn_list.h - which protocols does an SSL offer, where its list was set past us? (TLS linked into an executable that exports its names)

   OpenSSL has no getter. Pointer and length lie side by side in the object, at a place that differs from release to release, so the
   place is learned from the library itself, once a process and only when a list is wanted: on an SSL of our own, made from the
   context of the one that is asked about, lists of three lengths are set in turn by the exported setter, and the place is the only
   one that shows all three lengths, with the last list behind its pointer. None, two, or a system that forbids process_vm_readv
   (by which nothing is read that is not mapped): nothing is known, and what is not known is not changed.

   One library a process has its functions in the executable; the first one that asks is the one that this knows. Any thread. errno and
   the error queue may change. */
#ifndef HR_ALPN_LIST_H
#define HR_ALPN_LIST_H

#include "library.h"

/* Copies the list, as on the wire, and returns its length. 0: none, longer than room, or not known. ssl is no QUIC object; its
   library's l->alpn is complete. */
size_t alpn_list_of(const struct library *l, const SSL *ssl, unsigned char *to, size_t room) HR_HIDDEN;

#endif
