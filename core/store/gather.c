/* gather.c - see gather.h. */
#include "store/gather.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    FRAME_HEADER = 24,
    LOG_HEADER = 32,
    /* A larger commit leaves in several calls. */
    ROOM = 64 << 10,
    /* What a commit of a result and its original takes of the room anyway. */
    READ_AHEAD = 32 << 10
};

static struct {
    int fd;
    off_t at; /* where bytes[0] belongs */
    size_t n;
    size_t ahead;   /* nothing is held back: so many bytes were read ahead from `at` on */
    bool page_next; /* the last bytes are the header of a frame */
    bool last_frame;
    char bytes[ROOM];
} held;

void hr_gather_drop(void)
{
    held.n = held.ahead = 0;
    held.page_next = false;
}

static int write_all(int fd, const char *p, size_t n, off_t at)
{
    while (n > 0) {
        ssize_t done = pwrite(fd, p, n, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = ENOSPC;
        if (done <= 0)
            return -1;
        p += done;
        n -= (size_t)done;
        at += done;
    }
    return 0;
}

int hr_gather_flush(void)
{
    size_t n = held.n;
    hr_gather_drop();
    return write_all(held.fd, held.bytes, n, held.at);
}

static void hold(const void *p, size_t n)
{
    memcpy(held.bytes + held.n, p, n);
    held.n += n;
}

ssize_t hr_gather_write(int fd, const void *p, size_t n, off_t at)
{
    const bool follows = held.n > 0 && fd == held.fd && at == held.at + (off_t)held.n && n <= ROOM - held.n;
    const bool page = follows && held.page_next, header = n == FRAME_HEADER && !page;

    if (!follows && hr_gather_flush() != 0)
        return -1;
    if (!page && !header) {
        if (hr_gather_flush() != 0)
            return -1;
        return pwrite(fd, p, n, at);
    }
    if (held.n == 0) {
        held.fd = fd;
        held.at = at;
        held.ahead = 0;
    }
    hold(p, n);
    held.page_next = header;
    if (header) {
        static const char none[4] = {0};
        held.last_frame = memcmp((const char *)p + 4, none, sizeof none) != 0;
    } else if (held.last_frame && hr_gather_flush() != 0) {
        return -1;
    }
    return (ssize_t)n;
}

/* Only who goes through the whole log reads a header and its page at once. */
static bool is_frame(size_t n, off_t at)
{
    const size_t page = n - FRAME_HEADER;
    return n > FRAME_HEADER && n <= READ_AHEAD && (page & (page - 1)) == 0 && at >= LOG_HEADER &&
           (at - LOG_HEADER) % (off_t)n == 0;
}

ssize_t hr_gather_read(int fd, void *p, size_t n, off_t at)
{
    if (held.n > 0 && hr_gather_flush() != 0)
        return -1;
    if (!is_frame(n, at)) {
        hr_gather_drop();
        return pread(fd, p, n, at);
    }
    const bool known =
        held.ahead && fd == held.fd && at >= held.at && (uint64_t)(at - held.at) + n <= held.ahead;
    if (!known) {
        hr_gather_drop();
        const ssize_t got = pread(fd, held.bytes, READ_AHEAD, at);
        if (got < (ssize_t)n)
            return got < 0 ? -1 : pread(fd, p, n, at);
        held.fd = fd;
        held.at = at;
        held.ahead = (size_t)got;
    }
    memcpy(p, held.bytes + (at - held.at), n);
    return (ssize_t)n;
}
