/* edge.h - a copy of a text that ends directly before an unreadable page: one byte read too far kills the
   test.

   One place at a time: edge_copy gives the address of the copy, valid until the next edge_copy. Text above
   EDGE_ROOM bytes is refused with NULL. The bytes before the copy are readable, so that begins at any
   alignment can be tried. */
#ifndef HR_TEST_EDGE_H
#define HR_TEST_EDGE_H

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { EDGE_ROOM = 1 << 20 };

static char *edge_copy(const void *text, size_t n)
{
    static char *room;
    if (!room) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        room = mmap(NULL, EDGE_ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (room == MAP_FAILED || mprotect(room + EDGE_ROOM, page, PROT_NONE) != 0)
            return NULL;
    }
    if (n > EDGE_ROOM)
        return NULL;
    if (n)
        memcpy(room + EDGE_ROOM - n, text, n);
    return room + EDGE_ROOM - n;
}

#endif
