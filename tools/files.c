/* files.c - whole files in and out of the CLI. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What core's own limit for a file is; a request that programs send has a tenth of it. */
#define MOST_INPUT ((size_t)256 << 20)

/* 1: there is room for one byte more and a NUL. */
static bool grow(headroom_bytes *b, size_t *cap)
{
    size_t bigger = *cap == 0 ? 65536 : *cap * 2;
    char *p;

    if (b->len + 1 < *cap)
        return true;
    p = realloc(b->data, bigger);
    if (p == NULL)
        return false;
    b->data = p;
    *cap = bigger;
    return true;
}

static int read_all(const struct command *self, int fd, const char *name, headroom_bytes *out)
{
    size_t cap = 0;

    for (;;) {
        ssize_t n;

        if (!grow(out, &cap))
            return cli_fail(EX_OSERR, "%s: no memory for '%s'", self->name, name);
        n = read(fd, out->data + out->len, cap - out->len - 1);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return cli_fail(errno == EISDIR ? EX_NOINPUT : EX_IOERR, "%s: cannot read '%s': %s", self->name,
                            name, strerror(errno));
        out->len += (size_t)n;
        out->data[out->len] = '\0';
        if (n == 0)
            return EX_OK;
        if (out->len > MOST_INPUT)
            return cli_fail(EX_DATAERR, "%s: '%s' is larger than 256 MB; no request is", self->name, name);
    }
}

int files_read(const struct command *self, const char *path, headroom_bytes *out)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    int code;

    out->data = NULL;
    out->len = 0;
    if (fd == -1)
        return cli_fail(EX_NOINPUT, "%s: cannot open '%s': %s; give a file, or - for standard input",
                        self->name, path, strerror(errno));
    code = read_all(self, fd, standard ? "standard input" : path, out);
    if (!standard)
        close(fd);
    if (code != EX_OK) {
        free(out->data);
        out->data = NULL;
        out->len = 0;
    }
    return code;
}

static bool write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

int files_write(const struct command *self, const char *path, const void *data, size_t len)
{
    bool complete;
    int fd;

    if (strcmp(path, "-") == 0) {
        fwrite(data, 1, len, stdout);
        return files_flush_stdout();
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd == -1)
        return cli_fail(EX_CANTCREAT, "%s: cannot create '%s': %s", self->name, path, strerror(errno));
    complete = write_all(fd, data, len);
    if (close(fd) != 0 || !complete)
        return cli_fail(EX_IOERR, "%s: cannot write '%s': %s; what is there is not complete", self->name,
                        path, strerror(errno));
    return EX_OK;
}

/* A new file beside path; -1 with errno where there can be none. */
static int create_beside(const char *path, char name[PATH_MAX])
{
    mode_t mask = umask(0);
    int fd = -1;

    umask(mask);
    if (snprintf(name, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX)
        errno = ENAMETOOLONG;
    else
        fd = mkostemp(name, O_CLOEXEC);
    if (fd != -1)
        fchmod(fd, 0666 & ~mask);
    return fd;
}

int files_replace(const struct command *self, const char *path, const void *data, size_t len)
{
    char target[PATH_MAX], name[PATH_MAX];
    bool exists = realpath(path, target) != NULL;
    struct stat st;
    int fd, saved;

    if (strcmp(path, "-") == 0 || (exists && stat(target, &st) == 0 && !S_ISREG(st.st_mode)))
        return files_write(self, path, data, len);
    fd = create_beside(exists ? target : path, name);
    if (fd == -1)
        return cli_fail(EX_CANTCREAT, "%s: cannot create a file beside '%s': %s", self->name, path,
                        strerror(errno));
    if (write_all(fd, data, len) && close(fd) == 0 && rename(name, exists ? target : path) == 0)
        return EX_OK;
    saved = errno;
    unlink(name);
    return cli_fail(EX_IOERR, "%s: cannot write '%s': %s; it is as it was", self->name, path,
                    strerror(saved));
}

/* stdio keeps no errno of an earlier failure; a pipe without a reader is known by its state. */
static bool reader_gone(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

int files_flush_stdout(void)
{
    bool failed = ferror(stdout) != 0;

    errno = 0;
    if (fflush(stdout) == 0 && !failed)
        return EX_OK;
    if (errno != EPIPE && !reader_gone())
        cli_fail(EX_IOERR, "cannot write to standard output: %s",
                 errno != 0 ? strerror(errno) : "not all of it was taken");
    return EX_IOERR;
}
