/* executable.h - what the dynamic linker tells about the program and its libraries. errno may change. */
#ifndef HR_EXECUTABLE_H
#define HR_EXECUTABLE_H

#include "../shim/shim.h"

struct executable {
    uint64_t bias;       /* what to add to an address of the file */
    uint64_t begin, end; /* all of its segments */
    bool shared_tls;     /* a libssl, GnuTLS or NSS is loaded beside it */
    bool anchored; /* it exports SSL_write, or its read-only segments hold a string of OpenSSL or BoringSSL */
};

/* Any thread. Reads the read-only segments once at most. */
void executable_survey(struct executable *out) HR_HIDDEN;
/* Does an address lie in the program's segments? */
bool executable_holds(const struct executable *e, uint64_t address) HR_HIDDEN;

#endif
