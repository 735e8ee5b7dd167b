/* doctor_patching.c - what it takes to patch TLS that is linked into a program: two libraries, and a system that permits it. See
   doctor.h. */
#include "doctor.h"
#include "dryrun.h"

#include <stddef.h>
#include <string.h>

/* push rbp; mov rbp, rsp; push r15; ..: how most functions begin. */
static const uint8_t usual[16] = {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56,
                                  0x41, 0x55, 0x41, 0x54, 0x53, 0x48, 0x83, 0xec};

void doctor_patching(struct report *r)
{
    static const char without[] = "%s: programs with TLS linked in (node, Bun, Claude Code) are not reached";
    headroom_located found;
    headroom_entry entry;
    const char *why;

    if (headroom_locate(NULL, "/proc/self/exe", HEADROOM_LOCATE_ANCHORS_ONLY, &found) < 0)
        doctor_say(r, DOCTOR_WARN, "patching", "Install libelf.so.1 (Debian: libelf1).", without,
                   found.reason);
    else if (headroom_read_entry(usual, sizeof(usual), &entry) == 0)
        doctor_say(r, DOCTOR_WARN, "patching",
                   strstr(entry.reason, "libZydis") != NULL ? "Install libZydis.so.4.0 (Debian: libzydis4.0)."
                                                            : "Nothing to do here yet; they run unchanged.",
                   without, entry.reason);
    else if ((why = dryrun_own()) != NULL)
        doctor_say(
            r, DOCTOR_WARN, "patching",
            "Is there a seccomp filter, MemoryDenyWriteExecute or SELinux? Start the program without it.",
            without, why);
    else
        doctor_say(r, DOCTOR_OK, "patching", NULL,
                   "libelf and Zydis are there, and a child of this command could change its own code");
}
