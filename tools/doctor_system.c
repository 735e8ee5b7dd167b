/* doctor_system.c - limits of this shell and what the kernel must offer. See doctor.h. */
#include "doctor.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    DESCRIPTORS = 512 + 64,   /* the library's lie from 512 up: database, log, and their shared memory */
    FILE_BYTES = 512 << 20,   /* originals, decisions and the log together */
    MEMORY_BYTES = 512 << 20, /* a body of 32 MB is held, rewritten, and may be decoded */
};

/* The soft limit; RLIM_INFINITY where there is none. */
static rlim_t limit_of(__rlimit_resource_t what)
{
    struct rlimit l;

    return getrlimit(what, &l) == 0 ? l.rlim_cur : RLIM_INFINITY;
}

bool doctor_memory_is_short(void)
{
    rlim_t memory = limit_of(RLIMIT_AS);

    return memory != RLIM_INFINITY && memory < MEMORY_BYTES;
}

void doctor_system(struct report *r)
{
    rlim_t descriptors = limit_of(RLIMIT_NOFILE), file = limit_of(RLIMIT_FSIZE), memory = limit_of(RLIMIT_AS);
    struct utsname u;

    if (descriptors < DESCRIPTORS)
        doctor_say(r, DOCTOR_WARN, "limits", "ulimit -n 1024",
                   "%llu file descriptors: the library's lie among the program's",
                   (unsigned long long)descriptors);
    else
        doctor_say(r, DOCTOR_OK, "limits", NULL, "enough file descriptors: the library's lie from 512 up");
    if (file != RLIM_INFINITY && file < FILE_BYTES)
        doctor_say(r, DOCTOR_WARN, "limits", "ulimit -f unlimited",
                   "files may have only %llu bytes: the database may not grow", (unsigned long long)file);
    if (doctor_memory_is_short())
        doctor_say(r, DOCTOR_WARN, "limits", "ulimit -v unlimited",
                   "processes may have only %llu bytes of address space", (unsigned long long)memory);
    if (access("/proc/self/maps", R_OK) != 0)
        doctor_say(r, DOCTOR_WARN, "system", "Mount /proc, or name the library by its absolute path.",
                   "/proc is not mounted: under a relative LD_PRELOAD the library stays idle");
    if (uname(&u) == 0)
        doctor_say(r, DOCTOR_OK, "system", NULL, "%s %s %s, glibc %s", u.sysname, u.release, u.machine,
                   gnu_get_libc_version());
}
