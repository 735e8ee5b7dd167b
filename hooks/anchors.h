/* anchors.h - is there a string that only OpenSSL, BoringSSL or aws-lc leave in a stripped program?

   Every program that connects and has no shared TLS library pays this once, most of them in vain: so it is one pass over the bytes, as
   fast as they come from memory. Pure; nothing is called. */
#ifndef HR_ANCHORS_H
#define HR_ANCHORS_H

#include "../shim/shim.h"

bool anchors_in(const char *p, size_t n) HR_HIDDEN;

#endif
