/* reach.h - what Headroom can do with the TLS of one file: the locator's facts and the loader's, put together. */
#ifndef REACH_H
#define REACH_H

#include "../core/headroom.h"
#include "elfkind.h"

enum reach {
    REACH_NOTHING, /* no TLS was seen: there is nothing to reach */
    REACH_NO,      /* there is TLS, and the library cannot come near it */
    REACH_YES
};

struct reach_facts {
    struct elf_facts elf;
    headroom_located located;
    int result; /* of headroom_locate */
    enum reach reach;
    const char *linkage; /* "linked in", "shared", "none" */
    char why[512];       /* one English clause: by which way, or why not and what to do */
};

/* Look at one file. anchors: find functions by the anchors alone, as if there were no symbols. */
void reach_examine(const char *path, bool anchors, struct reach_facts *out);
/* "OpenSSL", "BoringSSL", "Go", "rustls", or NULL. */
const char *reach_library(const struct reach_facts *f);

#endif
