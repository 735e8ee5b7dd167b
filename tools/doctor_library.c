/* doctor_library.c - are the libraries there, of one version, and do they get into a child? See doctor.h. */
#include "child.h"
#include "doctor.h"
#include "preload.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY "libheadroom_preload.so"

enum { MAPS = 64 << 10, SECONDS = 10 };

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The path under which a real child has the library mapped. False: it has not; out is then what the child said. */
static bool try_child(const char *preload, char *out, size_t size)
{
    static char *const argv[] = {"cat", "/proc/self/maps", NULL};
    const struct child c = {argv, preload, true, SECONDS};
    char maps[MAPS];
    int code = child_run(&c, maps, sizeof(maps));
    char *found = strstr(maps, "/" LIBRARY);

    while (found != NULL && found[strlen("/" LIBRARY)] != '\n')
        found = strstr(found + 1, "/" LIBRARY);
    if (code != 0 || found == NULL) {
        bool complained = strstr(maps, "ld.so") != NULL;

        maps[strcspn(maps, "\n")] = '\0';
        snprintf(out, size, "%.400s",
                 code == CHILD_TIMEOUT ? "it did not end in time"
                 : complained          ? maps
                                       : "it ran without the library, or not at all");
        return false;
    }
    found[strlen("/" LIBRARY)] = '\0';
    while (found > maps && found[-1] != '\n')
        found--;
    found = strchr(found, '/');
    snprintf(out, size, "%s", found == NULL ? "" : found);
    return true;
}

static void check_version(struct report *r, const char *library)
{
    char core[PATH_MAX];
    Dl_info info;
    size_t n = strlen(library) - strlen(LIBRARY);

    snprintf(core, sizeof(core), "%.*slibheadroom.so", (int)n, library);
    if (access(core, R_OK) != 0)
        doctor_say(r, DOCTOR_FAIL, "libraries", "Install both libraries in one directory: make install.",
                   "%s: %s; %s finds its other half only beside itself", core, strerror(errno), LIBRARY);
    else if (dladdr((const void *)headroom_abi, &info) != 0 && !same_file(info.dli_fname, core))
        doctor_say(r, DOCTOR_WARN, "libraries", "Take one of the two installations away.",
                   "programs load %s, this command %s", core, info.dli_fname);
    else if (strcmp(headroom_version(), HEADROOM_VERSION) != 0)
        doctor_say(r, DOCTOR_FAIL, "libraries", "Install all parts anew: make install.",
                   "libheadroom.so is %s, this command %s", headroom_version(), HEADROOM_VERSION);
    else
        doctor_say(r, DOCTOR_OK, "libraries", NULL, "%s and libheadroom.so %s in %.*s", LIBRARY,
                   headroom_version(), (int)n - 1, library);
}

static void check_child(struct report *r, const char *library)
{
    char said[PATH_MAX];

    if (try_child(library, said, sizeof(said)) && same_file(said, library))
        doctor_say(r, DOCTOR_OK, "preload", NULL, "a child started as 'headroom run' starts it has %s in it",
                   said);
    else
        doctor_say(r, DOCTOR_FAIL, "preload",
                   "Is its file system mounted noexec, or /proc not mounted? Install into another directory.",
                   "a child did not get %s: %s", library, said);
}

static void check_bare_name(struct report *r, const char *library)
{
    char said[PATH_MAX];

    if (!try_child(LIBRARY, said, sizeof(said)))
        doctor_say(r, DOCTOR_WARN, "bare name",
                   "Use 'headroom run', or the absolute path; 'make install' into /usr/local (as root) makes "
                   "the name work.",
                   "LD_PRELOAD=" LIBRARY " without a path is not found by ld.so");
    else if (!same_file(said, library))
        doctor_say(r, DOCTOR_WARN, "bare name", "Take one of the two installations away.",
                   "LD_PRELOAD=" LIBRARY " loads %s, 'headroom run' %s", said, library);
    else
        doctor_say(r, DOCTOR_OK, "bare name", NULL, "LD_PRELOAD=" LIBRARY " COMMAND works, too: %s", said);
}

/* One entry of the LD_PRELOAD of this shell. */
static void check_entry(struct report *r, const char *entry, const char *library)
{
    const char *slash = strrchr(entry, '/');
    bool ours = strcmp(slash == NULL ? entry : slash + 1, LIBRARY) == 0;
    char said[PATH_MAX];

    if (slash != NULL && access(entry, R_OK) != 0)
        doctor_say(r, DOCTOR_WARN, "LD_PRELOAD",
                   "Take it out of the variable, and of the shell file that sets it.",
                   "this shell names %s: %s; ld.so complains at every command", entry, strerror(errno));
    else if (!ours)
        doctor_say(r, DOCTOR_OK, "LD_PRELOAD", NULL,
                   "this shell preloads %s as well; 'headroom run' keeps it, behind the library", entry);
    else if (slash != NULL && entry[0] != '/')
        doctor_say(r, DOCTOR_WARN, "LD_PRELOAD", "Name it by its absolute path.",
                   "this shell names %s, which depends on the current directory", entry);
    else if (!try_child(entry, said, sizeof(said)))
        doctor_say(r, DOCTOR_WARN, "LD_PRELOAD", "Name it by its absolute path, or use 'headroom run'.",
                   "this shell names %s, but a child does not get it: %s", entry, said);
    else if (!same_file(said, library))
        doctor_say(r, DOCTOR_WARN, "LD_PRELOAD",
                   "Name the file that belongs to this command, or take the entry away.",
                   "this shell preloads another copy: %s", said);
    else
        doctor_say(r, DOCTOR_OK, "LD_PRELOAD", NULL, "set in this shell: a child of it has %s in it", said);
}

static void check_variable(struct report *r, const char *library)
{
    const char *list = getenv("LD_PRELOAD");
    char entry[PATH_MAX];

    if (list == NULL || *list == '\0') {
        doctor_say(r, DOCTOR_OK, "LD_PRELOAD", NULL, "not set in this shell; 'headroom run' sets it");
        return;
    }
    while (*list != '\0') {
        size_t gap = strspn(list, " :"), n = strcspn(list + gap, " :");

        if (n > 0 && n < sizeof(entry)) {
            snprintf(entry, sizeof(entry), "%.*s", (int)n, list + gap);
            check_entry(r, entry, library);
        }
        list += gap + n;
    }
}

static void check_everywhere(struct report *r)
{
    char text[4096];
    FILE *f = fopen("/etc/ld.so.preload", "re");
    size_t n = f == NULL ? 0 : fread(text, 1, sizeof(text) - 1, f);

    if (f != NULL)
        fclose(f);
    text[n] = '\0';
    if (strstr(text, LIBRARY) != NULL)
        doctor_say(
            r, DOCTOR_WARN, "ld.so",
            "Take it out of /etc/ld.so.preload; LD_PRELOAD or 'headroom run' suffices.",
            "/etc/ld.so.preload loads the library into every process of every user, set-id ones included");
}

void doctor_libraries(struct report *r)
{
    char library[PATH_MAX];

    if (getauxval(AT_SECURE) != 0)
        doctor_say(r, DOCTOR_FAIL, "preload",
                   "Take the set-id bits or capabilities from the file of this command.",
                   "this command runs in secure execution, in which ld.so ignores a preload by path");
    if (!preload_find(library)) {
        doctor_say(r, DOCTOR_FAIL, "libraries", "Run 'make' or 'make install'.",
                   LIBRARY " is neither beside this command nor in ../lib");
        return;
    }
    check_version(r, library);
    if (!preload_can_name(library))
        doctor_say(r, DOCTOR_FAIL, "preload", "Install into a directory without such characters.",
                   "%s: LD_PRELOAD cannot hold a path with a space or colon", library);
    else
        check_child(r, library);
    check_bare_name(r, library);
    check_variable(r, library);
    check_everywhere(r);
}
