/* place.c - see place.h. */
#include "token/place.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"

static int keep_directory(char *out, size_t room, const char *path)
{
    const char *slash = strrchr(path, '/');
    const size_t n = slash ? (size_t)(slash - path) + 1 : 0;

    if (path[0] != '/' || n >= room)
        return HR_ENOENT;
    memcpy(out, path, n);
    out[n] = 0;
    return 0;
}

/* A line of /proc/self/maps: does it name the file that holds `inside`? */
static const char *path_in(const char *line, uintptr_t inside)
{
    char *at;
    const unsigned long from = strtoul(line, &at, 16), to = *at == '-' ? strtoul(at + 1, NULL, 16) : 0;

    return inside >= from && inside < to ? strchr(line, '/') : NULL;
}

static int ask_kernel(char *out, size_t room, uintptr_t inside)
{
    char line[HR_MAX_PATH + 128], chunk[1024];
    size_t n = 0;
    ssize_t got;
    int r = HR_ENOENT, fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return r;
    while (r == HR_ENOENT && (got = read(fd, chunk, sizeof chunk)) > 0) {
        for (ssize_t i = 0; i < got && r == HR_ENOENT; i++) {
            if (chunk[i] != '\n') {
                if (n < sizeof line - 1)
                    line[n++] = chunk[i];
                continue;
            }
            line[n] = 0;
            n = 0;
            const char *path = path_in(line, inside);
            if (path)
                r = keep_directory(out, room, path);
        }
    }
    close(fd);
    return r;
}

int hr_own_directory(char *out, size_t room)
{
    /* A function, not a variable: the pages of .bss have no name in the maps. */
    const void *inside = (const void *)(uintptr_t)hr_own_directory;
    Dl_info info;

    if (dladdr(inside, &info) != 0 && info.dli_fname && info.dli_fname[0] == '/')
        return keep_directory(out, room, info.dli_fname);
    return ask_kernel(out, room, (uintptr_t)inside);
}
