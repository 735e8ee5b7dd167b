/* known.h - bodies that a hook above the TLS layer has dealt with, so that the stream machine below lets them pass: two hooks,
   one request (DESIGN.md).

   The libcurl hook announces the body that its transfer will send, rewritten or not; when that body comes down through SSL_write
   it is passed as it is and not recorded a second time. Known by length and hash, not by thread or connection: curl_multi
   interleaves transfers on one thread, and a transfer may be sent again on another connection. A body is known from known_add
   to the matching known_remove; equal bodies are counted. Any thread, no lock; safe after fork. */
#ifndef HR_KNOWN_H
#define HR_KNOWN_H

#include "shim.h"

/* Announce a body of n > 0 bytes. Returns a ticket for known_remove; 0: the table is full, the body is not known. */
uint64_t known_add(const void *body, size_t n) HR_HIDDEN;
/* The transfer is over. ticket 0 is fine. */
void known_remove(uint64_t ticket) HR_HIDDEN;
/* Is anything announced? Then the stream also copies bodies that it would only watch. */
bool known_any(void) HR_HIDDEN;
/* Could a body of n bytes, of which nothing else is known yet, be one that is announced? Of several of one length any. */
bool known_length(size_t n) HR_HIDDEN;
/* Is this a body that a hook above has dealt with? Costs one load where nothing is announced. */
bool known_has(const void *body, size_t n) HR_HIDDEN;

#endif
