/* maps.c - see maps.h. */
#include "maps.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, MAX_MAPPINGS = 65536 };

/* Lowest address that a process may map by default (vm.mmap_min_addr), and the end of what user space has. */
static const uint64_t LOWEST = 64 << 10, HIGHEST = (1ull << 47) - PAGE;
/* Kept free below a stack, which grows; more than any usual limit of one. */
static const uint64_t STACK_ROOM = 1ull << 30;

static uint64_t hex(const char **p)
{
    uint64_t v = 0;

    for (;; (*p)++) {
        char c = **p;
        if (c >= '0' && c <= '9')
            v = v << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v << 4 | (uint64_t)(c - 'a' + 10);
        else
            return v;
    }
}

/* A line: "start-end rwxp offset device inode   name". */
static bool read_line(const char *line, struct mapping *m)
{
    const char *p = line, *name;

    m->start = hex(&p);
    if (*p++ != '-')
        return false;
    m->end = hex(&p);
    if (*p++ != ' ' || strlen(p) < 4 || m->start >= m->end)
        return false;
    m->prot = (p[0] == 'r' ? PROT_READ : 0) | (p[1] == 'w' ? PROT_WRITE : 0) | (p[2] == 'x' ? PROT_EXEC : 0);
    name = strchr(p, '[');
    m->stack = name && strncmp(name, "[stack", 6) == 0;
    return true;
}

static bool add(struct maps *m, size_t *room, const struct mapping *one)
{
    if (m->n == *room) {
        size_t more = *room ? *room * 2 : 256;
        struct mapping *list = more > MAX_MAPPINGS ? NULL : shim_realloc(m->list, more * sizeof(*list));
        if (!list)
            return false;
        m->list = list;
        *room = more;
    }
    m->list[m->n++] = *one;
    return true;
}

bool maps_read(struct maps *m)
{
    char chunk[4096], line[128]; /* of a long name only the beginning is wanted */
    size_t len = 0, room = 0;
    ssize_t got;
    bool ok = true;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

    *m = (struct maps){0};
    if (fd < 0)
        return false;
    while (ok && (got = read(fd, chunk, sizeof(chunk))) > 0) {
        for (ssize_t i = 0; i < got && ok; i++) {
            struct mapping one;
            if (chunk[i] != '\n') {
                if (len < sizeof(line) - 1)
                    line[len++] = chunk[i];
                continue;
            }
            line[len] = 0;
            len = 0;
            ok = read_line(line, &one) && add(m, &room, &one);
        }
    }
    close(fd);
    return ok && got == 0 && m->n > 0;
}

void maps_free(struct maps *m)
{
    shim_free(m->list);
    *m = (struct maps){0};
}

const struct mapping *maps_at(const struct maps *m, uint64_t address)
{
    for (size_t i = 0; i < m->n; i++)
        if (address >= m->list[i].start && address < m->list[i].end)
            return &m->list[i];
    return NULL;
}

uint64_t maps_gap(const struct maps *m, uint64_t low, uint64_t high, uint64_t size, uint64_t near)
{
    uint64_t below = 0, above = 0, from = LOWEST;

    for (size_t i = 0; i <= m->n; i++) {
        uint64_t to = i < m->n ? m->list[i].start : HIGHEST, first = from, last;

        if (i < m->n && m->list[i].stack)
            to = to > STACK_ROOM ? to - STACK_ROOM : 0;
        from = i < m->n ? m->list[i].end : HIGHEST;
        if (to < size || first > to - size)
            continue;
        last = to - size;
        if (first < low)
            first = low;
        if (last > high)
            last = high;
        if (first > last)
            continue;
        if (last < near)
            below = last;
        else if (above == 0)
            above = first;
    }
    return below ? below : above;
}
