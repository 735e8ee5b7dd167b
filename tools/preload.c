/* preload.c - the environment under which `headroom run` starts a program. */
#include "preload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define LIBRARY       "libheadroom_preload.so"
#define ASAN_PERMITS  "verify_asan_link_order=0"
#define ASAN_SEPARATE ":"

#if defined(__x86_64__)
#define MULTIARCH "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define MULTIARCH "aarch64-linux-gnu"
#endif

/* Seen from the directory of the CLI: a build directory, then the forms of an installed prefix. */
static const char *const places[] = {"", "../lib/", "../lib/" MULTIARCH "/", "../lib64/"};

/* /proc need not be mounted; then the name given to execve must do. */
static bool own_path(char out[PATH_MAX])
{
    const char *given;

    if (realpath("/proc/self/exe", out) != NULL)
        return true;
    given = (const char *)getauxval(AT_EXECFN);
    return given != NULL && realpath(given, out) != NULL;
}

bool preload_find(char out[PATH_MAX])
{
    char own[PATH_MAX], path[PATH_MAX + 64];
    char *slash;

    if (!own_path(own) || (slash = strrchr(own, '/')) == NULL)
        return false;
    slash[1] = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(path, sizeof(path), "%s%s" LIBRARY, own, places[i]);
        if (realpath(path, out) != NULL && access(out, R_OK) == 0)
            return true;
    }
    return false;
}

bool preload_can_name(const char *path)
{
    return strpbrk(path, " :") == NULL;
}

static bool is_ours(const char *p, size_t n)
{
    size_t len = sizeof(LIBRARY) - 1;

    return n >= len && memcmp(p + n - len, LIBRARY, len) == 0 && (n == len || p[n - len - 1] == '/');
}

/* library (may be NULL), then every entry of `old` that is not ours, separators as they stood. Caller frees.
 * NULL: no memory */
static char *new_list(const char *library, const char *old)
{
    size_t head = library == NULL ? 0 : strlen(library);
    char *list = malloc(head + strlen(old) + 2);
    char *p = list;

    if (list == NULL)
        return NULL;
    if (head > 0)
        p = (char *)memcpy(p, library, head) + head;
    while (*old != '\0') {
        size_t gap = strspn(old, " :");
        size_t n = strcspn(old + gap, " :");

        if (n > 0 && !is_ours(old + gap, n)) {
            if (p > list)
                *p++ = ':';
            p = (char *)memcpy(p, old + gap, n) + n;
        }
        old += gap + n;
    }
    *p = '\0';
    return list;
}

static bool set_list(const char *library)
{
    const char *old = getenv("LD_PRELOAD");
    char *list = new_list(library, old == NULL ? "" : old);
    bool done;

    if (list == NULL)
        return false;
    done = (*list == '\0' ? unsetenv("LD_PRELOAD") : setenv("LD_PRELOAD", list, 1)) == 0;
    free(list);
    return done;
}

static bool permit_asan(void)
{
    const char *old = getenv("ASAN_OPTIONS");
    const char *last;
    char *options;
    bool done;

    if (old == NULL || *old == '\0')
        return setenv("ASAN_OPTIONS", ASAN_PERMITS, 1) == 0;
    last = strrchr(old, ':');
    if (strcmp(last == NULL ? old : last + 1, ASAN_PERMITS) == 0)
        return true;
    options = malloc(strlen(old) + sizeof(ASAN_SEPARATE ASAN_PERMITS));
    if (options == NULL)
        return false;
    strcpy(options, old);
    strcat(options, ASAN_SEPARATE ASAN_PERMITS);
    done = setenv("ASAN_OPTIONS", options, 1) == 0;
    free(options);
    return done;
}

bool preload_export(const char *library)
{
    return set_list(library) && permit_asan();
}

bool preload_withdraw(void)
{
    return getenv("LD_PRELOAD") == NULL || set_list(NULL);
}
