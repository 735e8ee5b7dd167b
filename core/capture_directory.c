/* capture_directory.c - the files of captures: made, appended to, listed, and the oldest taken away. See capture.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "limits.h"
#include "store/directory.h"
#include "store/vfs.h"

enum { NAME_LENGTH = 16 + 1 + 8 };

void hr_capture_name(int64_t time_us, int64_t pid, char name[HR_CAPTURE_NAME])
{
    snprintf(name, HR_CAPTURE_NAME, "%016" PRIx64 "-%08" PRIx32, (uint64_t)time_us, (uint32_t)pid);
}

/* Is it such a name? Other files in the directory are nobody's business here. */
static bool read_name(const char *name, headroom_capture *out)
{
    char again[HR_CAPTURE_NAME];

    if (strlen(name) != NAME_LENGTH || name[16] != '-')
        return false;
    out->time_us = (int64_t)strtoull(name, NULL, 16);
    out->pid = (int64_t)strtoul(name + 17, NULL, 16);
    hr_capture_name(out->time_us, out->pid, again);
    return out->time_us >= 0 && strcmp(name, again) == 0;
}

int hr_capture_directory(const char *state_directory, bool create)
{
    char path[4096];
    const char *reason;
    int n = state_directory ? snprintf(path, sizeof path, "%s/captures", state_directory) : -1;

    if (n < 0 || (size_t)n >= sizeof path)
        return HR_ESTORE;
    return hr_directory_open(path, create, &reason);
}

/* A write beyond RLIMIT_FSIZE would be the host's end by SIGXFSZ. */
static bool fits(off_t size, size_t n)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           (limit.rlim_cur == RLIM_INFINITY || (uint64_t)size + n <= limit.rlim_cur);
}

static bool write_all(int fd, hr_str bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = hr_str_make(bytes.p + n, bytes.n - (size_t)n);
    }
    return true;
}

int hr_capture_make(int directory, const char *name, hr_str bytes)
{
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd >= 0)
        fd = hr_vfs_raise(fd);
    if (fd < 0)
        return HR_EIO;
    bool whole = fits(0, bytes.n) && write_all(fd, bytes);
    close(fd);
    if (!whole)
        unlinkat(directory, name, 0);
    return whole ? 0 : HR_EIO;
}

int hr_capture_append(int directory, const char *name, hr_str bytes)
{
    int fd = openat(directory, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd >= 0)
        fd = hr_vfs_raise(fd);
    if (fd < 0)
        return HR_EIO;
    bool whole = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fits(st.st_size, bytes.n);
    if (whole && !write_all(fd, bytes))
        whole = ftruncate(fd, st.st_size) < 0 && false;
    close(fd);
    return whole ? 0 : HR_EIO;
}

static int by_age(const void *x, const void *y)
{
    const headroom_capture *a = x, *b = y;
    return a->time_us != b->time_us ? (a->time_us > b->time_us) - (a->time_us < b->time_us)
                                    : (a->pid > b->pid) - (a->pid < b->pid);
}

/* A descriptor of its own: a DIR closes its one. */
static DIR *open_listing(int directory)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0)
        fd = hr_vfs_raise(fd);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d && fd >= 0)
        close(fd);
    return d;
}

int64_t hr_capture_list(int directory, headroom_capture **list)
{
    DIR *d = open_listing(directory);
    size_t n = 0, room = 0;
    const struct dirent *entry;
    struct stat st;

    *list = NULL;
    if (!d)
        return HR_EIO;
    while ((entry = readdir(d)) != NULL) {
        headroom_capture c;
        if (!read_name(entry->d_name, &c) ||
            fstatat(directory, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        if (n == room) {
            room = room ? room * 2 : 256;
            headroom_capture *grown = hr_realloc(*list, room * sizeof *grown);
            if (!grown)
                break;
            *list = grown;
        }
        c.stored_bytes = st.st_size;
        (*list)[n++] = c;
    }
    closedir(d);
    if (entry) {
        hr_free(*list);
        *list = NULL;
        return HR_ENOMEM;
    }
    if (n > 0)
        qsort(*list, n, sizeof **list, by_age);
    return (int64_t)n;
}

void hr_capture_trim(int directory, int64_t cap, int64_t before_us)
{
    headroom_capture *list;
    int64_t n = hr_capture_list(directory, &list), sum = 0;

    for (int64_t i = 0; i < n; i++)
        sum += list[i].stored_bytes;
    for (int64_t i = 0; i < n && (sum > cap || list[i].time_us < before_us); i++) {
        char name[HR_CAPTURE_NAME];
        hr_capture_name(list[i].time_us, list[i].pid, name);
        unlinkat(directory, name, 0);
        sum -= list[i].stored_bytes;
    }
    hr_free(list);
}
