/* reach.c - the rules, one after the other. */
#include "reach.h"
#include "format.h"

#include <stdio.h>
#include <string.h>

static void conclude(struct reach_facts *f, enum reach reach, const char *why)
{
    f->reach = reach;
    snprintf(f->why, sizeof(f->why), "%s", why);
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

const char *reach_library(const struct reach_facts *f)
{
    switch (f->located.library) {
    case HEADROOM_TLS_OPENSSL:
        return "OpenSSL";
    case HEADROOM_TLS_BORINGSSL:
        return "BoringSSL";
    default:
        return f->located.other;
    }
}

/* Files that no preload comes into. false: it does. */
static bool judge_kind(struct reach_facts *f)
{
    char loader[128];

    switch (f->elf.kind) {
    case ELF_KIND_32BIT:
        conclude(f, REACH_NO, "a 32-bit file: the 64-bit library cannot be loaded into it");
        return true;
    case ELF_KIND_STATIC:
        conclude(f, REACH_NO, "a static executable: LD_PRELOAD cannot reach it");
        return true;
    case ELF_KIND_STATIC_PIE:
        conclude(f, REACH_NO, "a static-pie executable: LD_PRELOAD cannot reach it");
        return true;
    case ELF_KIND_LIBC:
        conclude(f, REACH_NO, "");
        snprintf(f->why, sizeof(f->why), "it uses another C library (loader %s): the library needs glibc",
                 format_word(loader, sizeof(loader), f->elf.detail));
        return true;
    case ELF_KIND_MACHINE:
        conclude(f, REACH_NO, "built for another processor: the library cannot be loaded into it here");
        return true;
    default:
        return false;
    }
}

static bool has_tls(const struct reach_facts *f)
{
    return f->located.library != HEADROOM_TLS_NONE || f->located.needs[0] != '\0' ||
           f->located.other != NULL || f->located.imports;
}

static void judge_shared(struct reach_facts *f)
{
    const char *needs = f->located.needs;

    if (f->located.imports || begins(needs, "libssl.so"))
        conclude(f, REACH_YES, "by interposing the functions of the shared library");
    else if (begins(needs, "libcurl"))
        conclude(f, REACH_YES, "through libcurl");
    else
        conclude(f, REACH_NO, "this library's functions are not hooked");
}

void reach_examine(const char *path, bool anchors, struct reach_facts *out)
{
    headroom_located *at = &out->located;

    memset(out, 0, sizeof(*out));
    elf_facts_of_file(path, &out->elf);
    out->result = headroom_locate(
        NULL, path, HEADROOM_LOCATE_DESCRIBE | (anchors ? (unsigned)HEADROOM_LOCATE_ANCHORS_ONLY : 0u), at);
    out->linkage = at->library != HEADROOM_TLS_NONE || at->other != NULL ? "linked in"
                   : at->imports || at->needs[0] != '\0'                 ? "shared"
                                                                         : "none";
    if (out->result < 0 && out->elf.kind != ELF_KIND_32BIT && out->elf.kind != ELF_KIND_MACHINE) {
        conclude(out, REACH_NO, at->reason);
        return;
    }
    if (out->result >= 0 && !has_tls(out)) {
        conclude(out, REACH_NOTHING, "no TLS library was seen in it");
        return;
    }
    if (judge_kind(out))
        return;
    if (out->result == 1 && out->elf.kind == ELF_KIND_SHARED && at->tier == HEADROOM_TIER_DYNAMIC) {
        out->linkage = "shared";
        conclude(out, REACH_YES, "by interposing the functions that it exports");
    } else if (out->result == 1 && at->arm)
        conclude(out, REACH_NO, "code of this processor is located, but not patched");
    else if (out->result == 1 && out->elf.kind == ELF_KIND_SHARED)
        conclude(out, REACH_NO, "TLS is linked into a shared object, and only executables are patched");
    else if (out->result == 1)
        conclude(out, REACH_YES, "by a patch of its code at the first connection");
    else if (at->library != HEADROOM_TLS_NONE && !at->imports)
        conclude(out, REACH_NO, at->reason);
    else if (at->imports || at->needs[0] != '\0')
        judge_shared(out);
    else
        conclude(out, REACH_NO, "TLS of this kind has no functions that a preload could hook");
}
