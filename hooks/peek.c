/* peek.c - see peek.h. The kernel stops at the first piece that it cannot read whole: so the pieces are pages. */
#include "peek.h"

#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, PIECES = PEEK_MOST / PAGE + 1 };

size_t peek(uint64_t from, void *to, size_t n)
{
    struct iovec local = {to, n}, remote[PIECES];
    uint64_t end = from + n;
    size_t pieces = 0;

    for (uint64_t next; from < end; from = next) {
        next = (from & ~(uint64_t)(PAGE - 1)) + PAGE;
        if (next > end)
            next = end;
        remote[pieces++] = (struct iovec){(void *)(uintptr_t)from, next - from}; // NOLINT: it may be none
    }
    ssize_t got = process_vm_readv(getpid(), &local, 1, remote, pieces, 0);
    return got > 0 ? (size_t)got : 0;
}
