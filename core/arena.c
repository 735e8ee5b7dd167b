/* arena.c - memory of one request: chunks that grow, freed in one call. See base.h. */
#include "base.h"

#include <string.h>

enum { FIRST_CHUNK = 16 << 10, MAX_CHUNK = 1 << 20, ALIGN = 16 };

struct chunk {
    struct chunk *next;
    size_t size, used;
    _Alignas(ALIGN) char data[];
};

struct hr_arena {
    struct chunk *chunks; /* the newest first; allocations come from it alone */
    size_t next_size;
};

hr_arena *hr_arena_new(void)
{
    hr_arena *a = hr_malloc(sizeof *a);
    if (a)
        *a = (hr_arena){.next_size = FIRST_CHUNK};
    return a;
}

void *hr_arena_alloc(hr_arena *a, size_t n)
{
    struct chunk *c = a->chunks;
    if (n > SIZE_MAX / 2)
        return NULL;
    n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (!c || n > c->size - c->used) {
        size_t size = n > a->next_size ? n : a->next_size;
        c = hr_malloc(sizeof *c + size);
        if (!c)
            return NULL;
        c->size = size;
        c->used = 0;
        /* A large allocation gets a chunk of its own behind the current one, so that the room left there is not lost. */
        if (n > a->next_size / 2 && a->chunks) {
            c->next = a->chunks->next;
            a->chunks->next = c;
        } else {
            c->next = a->chunks;
            a->chunks = c;
            if (a->next_size < MAX_CHUNK)
                a->next_size *= 2;
        }
    }
    void *p = c->data + c->used;
    c->used += n;
    return p;
}

void *hr_arena_zalloc(hr_arena *a, size_t n)
{
    void *p = hr_arena_alloc(a, n);
    return p ? memset(p, 0, n) : NULL;
}

char *hr_arena_dup(hr_arena *a, const void *p, size_t n)
{
    char *copy = n < SIZE_MAX / 2 ? hr_arena_alloc(a, n + 1) : NULL;
    if (!copy)
        return NULL;
    if (n)
        memcpy(copy, p, n);
    copy[n] = 0;
    return copy;
}

void hr_arena_free(hr_arena *a)
{
    if (!a)
        return;
    for (struct chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        hr_free(c);
    }
    hr_free(a);
}
