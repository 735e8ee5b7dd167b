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

/* ------------------------------------------------------------------ spare chunks */
/* What the system takes back it gives again page by page, which costs more than most of what is done with the memory. A few chunks stay, for
   whichever arena comes next. Each place is taken and filled in one step: any thread may. Tests that make allocations fail, and those that look
   for the use of freed memory, are not to be misled by it. */
enum { SPARES = 3, LEAST_SPARE = 32 << 10, MOST_SPARE = 512 << 10 }; /* so at most 1.5 MB */
#ifndef __has_feature
#define __has_feature(x) 0 /* clang's */
#endif
#if defined(HR_FAULT) || defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define KEEPS_SPARES 0
#else
#define KEEPS_SPARES 1
#endif

static struct chunk *spare[SPARES];

static struct chunk *change(size_t i, struct chunk *c)
{
    return __atomic_exchange_n(&spare[i], c, __ATOMIC_ACQ_REL);
}

/* The newest goes to the front, the oldest to the system. */
static void give_back(struct chunk *c)
{
    if (KEEPS_SPARES && c->size >= LEAST_SPARE && c->size <= MOST_SPARE)
        for (size_t i = 0; i < SPARES && c; i++)
            c = change(i, c);
    hr_free(c);
}

/* A chunk with room for so many bytes; NULL: no memory. */
static struct chunk *take_chunk(size_t size)
{
    struct chunk *c;

    for (size_t i = 0; KEEPS_SPARES && size >= LEAST_SPARE && size <= MOST_SPARE && i < SPARES; i++) {
        if (!(c = change(i, NULL)))
            continue;
        if (c->size >= size)
            return c;
        hr_free(change(i, c));
    }
    c = hr_malloc(sizeof *c + size);
    if (c)
        c->size = size;
    return c;
}

/* ------------------------------------------------------------------ arenas */
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
        c = take_chunk(size);
        if (!c)
            return NULL;
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
        give_back(c);
    }
    hr_free(a);
}
