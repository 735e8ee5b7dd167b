/* patch.c - see patch.h. In the order of the work: read, place, write the stubs, make them executable, store the jumps. */
#include "patch.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/mman.h>

#include "jump.h"
#include "maps.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE                                                                                  \
    0x100000 /* Linux 4.17; older kernels take the address for a hint, and the result is compared */
#endif

enum { PAGE = 4096, WORD = 8, MOST_REGIONS = 2 * PATCH_MOST };

/* Pages of ours, still writable. */
struct region {
    uint64_t start, end;
};

struct site {
    struct jump jump;
    uint8_t code[JUMP_CODE];
    int prot; /* of the function's page */
    uint64_t stub;
    void *trampoline;
};

struct work {
    struct maps maps;
    struct region region[MOST_REGIONS];
    size_t regions;
    struct site site[PATCH_MOST];
    size_t n;
};

/* ------------------------------------------------------------------ placing */
static bool is_taken(const struct work *w, uint64_t stub)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->site[i].stub && stub < w->site[i].stub + JUMP_STUB && w->site[i].stub < stub + JUMP_STUB)
            return true;
    return false;
}

/* A place in the pages that are ours already; 0: none. */
static uint64_t place_in_regions(const struct work *w, const struct jump *j)
{
    for (size_t i = 0; i < w->regions; i++) {
        uint64_t from = w->region[i].start, to = w->region[i].end - JUMP_STUB;

        if (from < j->low)
            from = j->low;
        if (to > j->high)
            to = j->high;
        for (; from <= to; from += JUMP_STUB)
            if (!is_taken(w, from))
                return from;
    }
    return 0;
}

static bool map_pages(struct work *w, uint64_t stub)
{
    uint64_t start = stub & ~(uint64_t)(PAGE - 1),
             end = (stub + JUMP_STUB + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    void *wanted = (void *)(uintptr_t)start; // NOLINT: the address is the point
    void *got = mmap(wanted, end - start, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (got == MAP_FAILED)
        return false;
    if (got != wanted) {
        munmap(got, end - start);
        return false;
    }
    w->region[w->regions++] = (struct region){start, end};
    return true;
}

/* A gap for it; the pages may also touch one of ours: then only what is missing could be mapped, which is not worth the code. */
static uint64_t place_in_gap(struct work *w, const struct jump *j)
{
    uint64_t stub = maps_gap(&w->maps, j->low, j->high, JUMP_STUB, j->at);

    return stub && !is_taken(w, stub) && map_pages(w, stub) ? stub : 0;
}

static bool has_cmpxchg16b(void)
{
    unsigned a, b, c, d;

    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_CMPXCHG16B);
}

/* Do the bytes that change lie in one word of 8? Else the store needs the whole block. */
static bool fits_word(const struct jump *j)
{
    return j->at % WORD + j->changed <= WORD;
}

/* One kind of jump: false, if it has nowhere to lead. */
static bool place_jump(struct work *w, struct site *s, const struct patch *p, unsigned point, unsigned form)
{
    size_t trampoline;
    uint8_t bytes[JUMP_STUB];
    uint64_t stub;

    if (!jump_form(p->function, s->code, &p->entry, point, form, &s->jump) ||
        (!fits_word(&s->jump) && !has_cmpxchg16b()))
        return false;
    stub = place_in_regions(w, &s->jump);
    if (stub == 0)
        stub = place_in_gap(w, &s->jump);
    if (stub == 0 ||
        !jump_stub(&s->jump, s->code, stub, (uint64_t)(uintptr_t)p->replacement, bytes, &trampoline))
        return false;
    memcpy((void *)(uintptr_t)stub, bytes, sizeof(bytes)); // NOLINT
    s->stub = stub;
    s->trampoline = (void *)(uintptr_t)(stub + trampoline); // NOLINT
    return true;
}

static const char *place(struct work *w, struct site *s, const struct patch *p)
{
    for (unsigned point = 0; point < p->entry.n; point++) {
        const headroom_entry_point *at = &p->entry.point[point];
        if (at->behind && !(p->clear >> at->offset & 1))
            continue;
        for (unsigned form = 0; form < JUMP_FORMS; form++)
            if (w->regions < MOST_REGIONS && place_jump(w, s, p, point, form))
                return NULL;
    }
    return "there is no free address that a jump from it could reach";
}

/* ------------------------------------------------------------------ reading */
static const char *read_site(const struct work *w, struct site *s, const struct patch *p)
{
    const struct mapping *m = maps_at(&w->maps, p->function);

    if (p->entry.reason)
        return p->entry.reason;
    if (!m || !(m->prot & PROT_READ) || !(m->prot & PROT_EXEC) || p->function > m->end - JUMP_CODE)
        return "its code is not mapped";
    s->prot = m->prot;
    memcpy(s->code, (const void *)(uintptr_t)p->function, sizeof(s->code)); // NOLINT
    if (memcmp(s->code, p->expected, PATCH_EXPECTED) != 0)
        return "its code in memory is not that of the file";
    return NULL;
}

/* ------------------------------------------------------------------ storing */
static bool exchange_block(void *block, const uint8_t *was, const uint8_t *now)
{
    uint64_t was_low, was_high, now_low, now_high;
    bool done;

    memcpy(&was_low, was, WORD);
    memcpy(&was_high, was + WORD, WORD);
    memcpy(&now_low, now, WORD);
    memcpy(&now_high, now + WORD, WORD);
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*(uint8_t(*)[JUMP_BLOCK])block), "+a"(was_low), "+d"(was_high)
                     : "b"(now_low), "c"(now_high)
                     : "memory");
    return done;
}

static bool exchange_word(void *word, const uint8_t *was, const uint8_t *now)
{
    uint64_t old, new;

    memcpy(&old, was, WORD);
    memcpy(&new, now, WORD);
    return __atomic_compare_exchange_n((uint64_t *)word, &old, new, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

/* Change the bytes of [at, at + changed) in one store, if they are what they were when they were read. */
static bool store_jump(const struct site *s)
{
    const struct jump *j = &s->jump;
    size_t unit = fits_word(j) ? WORD : JUMP_BLOCK;
    size_t into = j->at % unit;
    uint8_t *place = (uint8_t *)(uintptr_t)(j->at - into); // NOLINT
    uint8_t was[JUMP_BLOCK], now[JUMP_BLOCK];

    memcpy(was, place, unit);
    memcpy(now, was, unit);
    jump_write(j, s->stub, now + into);
    return memcmp(was + into, s->code + j->point.offset, j->changed) == 0 &&
           (unit == WORD ? exchange_word(place, was, now) : exchange_block(place, was, now)) &&
           memcmp(place, now, unit) == 0;
}

static const char *apply(const struct site *s)
{
    void *page = (void *)(uintptr_t)(s->jump.at & ~(uint64_t)(PAGE - 1)); // NOLINT
    const char *refused = NULL;

    if (mprotect(page, PAGE, s->prot | PROT_WRITE) != 0)
        return "the system does not let code be changed";
    if (!store_jump(s))
        refused = "its code changed while it was patched";
    mprotect(page, PAGE, s->prot);
    return refused;
}

static bool make_executable(const struct work *w)
{
    for (size_t i = 0; i < w->regions; i++) {
        void *start = (void *)(uintptr_t)w->region[i].start; // NOLINT
        if (mprotect(start, w->region[i].end - w->region[i].start, PROT_READ | PROT_EXEC) != 0)
            return false;
    }
    return true;
}

static void unmap(const struct work *w)
{
    for (size_t i = 0; i < w->regions; i++)
        munmap((void *)(uintptr_t)w->region[i].start, w->region[i].end - w->region[i].start); // NOLINT
}

size_t shim_patch(struct patch *list, size_t n)
{
    struct work w = {.n = n < PATCH_MOST ? n : PATCH_MOST};
    bool known = maps_read(&w.maps);
    size_t placed = 0, standing = 0;

    for (size_t i = 0; i < n; i++) {
        list[i].refused = !known || i >= w.n ? "the memory of the process cannot be surveyed"
                                             : read_site(&w, &w.site[i], &list[i]);
        if (!list[i].refused)
            list[i].refused = place(&w, &w.site[i], &list[i]);
        placed += !list[i].refused;
    }
    maps_free(&w.maps);
    bool ready = placed > 0 && make_executable(&w);
    if (!ready)
        unmap(&w);
    for (size_t i = 0; i < w.n; i++) {
        if (list[i].refused)
            continue;
        if (ready) {
            __atomic_store_n(list[i].original, w.site[i].trampoline, __ATOMIC_RELEASE);
            list[i].refused = apply(&w.site[i]);
        } else {
            list[i].refused = "the system does not let memory become executable";
        }
        standing += !list[i].refused;
    }
    return standing;
}
#else
size_t shim_patch(struct patch *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        list[i].refused = "code of this processor is not patched";
    return 0;
}
#endif
