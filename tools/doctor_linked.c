/* doctor_linked.c - see doctor_linked.h. */
#include "doctor_linked.h"
#include "dryrun.h"

#include <inttypes.h>
#include <string.h>

static const char *const names[HEADROOM_SSL_FUNCTIONS] = {"SSL_write", "SSL_write_ex", "SSL_read",
                                                          "SSL_read_ex"};

static void say_found(struct report *r, headroom *h, const char *program, const struct reach_facts *facts)
{
    static const char *const tiers[] = {"", "its exported symbol", "its symbol", "an earlier search",
                                        "the errors that it raises"};
    const headroom_located *at = &facts->located;
    headroom_located known;

    headroom_locate(h, program, HEADROOM_LOCATE_KNOWN, &known);
    doctor_say(r, DOCTOR_OK, "located", NULL, "%s: SSL_write at 0x%" PRIx64 " by %s%s",
               at->version[0] != '\0' ? at->version : reach_library(facts),
               at->function[HEADROOM_SSL_WRITE].address, tiers[at->tier],
               at->tier != HEADROOM_TIER_ANCHOR ? ""
               : known.tier == HEADROOM_TIER_CACHE
                   ? "; the database has the answer"
                   : "; its first connection searches once, then the database has it");
}

/* The functions that a program calls in the end; the others of each kind are spare. NULL: SSL_write's entry may be patched. */
static const char *check_entries(struct report *r, const headroom_located *at)
{
    static const size_t needed[] = {HEADROOM_SSL_WRITE, HEADROOM_SSL_READ};
    const char *refused = NULL;

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        const headroom_function *f = &at->function[needed[i]];
        bool writes = needed[i] == HEADROOM_SSL_WRITE;
        headroom_entry entry;

        if (f->address == 0) {
            doctor_say(r, DOCTOR_WARN, "entry",
                       "Requests are rewritten all the same; their usage is unknown.", "%s was not found: %s",
                       names[needed[i]], at->reason);
        } else if (headroom_read_entry(f->expected, sizeof(f->expected), &entry) == 1) {
            doctor_say(r, DOCTOR_OK, "entry", NULL, "%s begins with code that a jump may replace (%u %s)",
                       names[needed[i]], entry.n, entry.n == 1 ? "place" : "places");
        } else {
            doctor_say(r, writes ? DOCTOR_FAIL : DOCTOR_WARN, "entry",
                       strstr(entry.reason, "libZydis") != NULL
                           ? "Install libZydis.so.4.0 (Debian: libzydis4.0)."
                       : writes ? "Nothing to do here yet; it runs unchanged."
                                : "Requests are rewritten all the same; their usage is unknown.",
                       "%s is not patched: %s", names[needed[i]], entry.reason);
            if (writes)
                refused = entry.reason;
        }
    }
    return refused;
}

const char *doctor_linked(struct report *r, headroom *h, const char *program, const struct reach_facts *facts)
{
    const headroom_located *at = &facts->located;
    const char *why;

    say_found(r, h, program, facts);
    why = check_entries(r, at);
    if (why != NULL)
        return why;
    why = dryrun_patch(program, &at->function[HEADROOM_SSL_WRITE]);
    if (why != NULL)
        doctor_say(
            r, DOCTOR_FAIL, "patching",
            "Is there a seccomp filter, MemoryDenyWriteExecute, SELinux or ulimit -v? Start it without.",
            "SSL_write is not patched: %s", why);
    else
        doctor_say(r, DOCTOR_OK, "patching", NULL,
                   "a child of this command could change a copy of the page of SSL_write");
    return why;
}
