/* encoding.c - the two encodings: finding their vocabularies, and counting by them. See token.h.

   A vocabulary is mapped at its first count: what is shared between threads is one pointer, so there is no lock that a fork could leave held.
   Threads that come first together map for themselves, and all but one let go again. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "limits.h"
#include "token/escaped.h"
#include "token/models.h"
#include "token/pieces.h"
#include "token/place.h"

static struct encoding {
    const char *name;
    hr_split *split;
    _Atomic(const void *) map; /* NULL: not yet, or never */
    _Atomic int failed;        /* a negative code: never */
} encodings[HR_ENCODINGS] = {
    [HR_ENCODING_O200K] = {.name = "o200k_base", .split = hr_split_o200k},
    [HR_ENCODING_CL100K] = {.name = "cl100k_base", .split = hr_split_cl100k},
};

/* Apart from what has values in the file: pages of zeros cost less to touch than copies of pages of a file. */
static hr_memo memos[HR_ENCODINGS];

static bool known(enum hr_encoding e)
{
    return e == HR_ENCODING_O200K || e == HR_ENCODING_CL100K;
}

const char *hr_encoding_name(enum hr_encoding e)
{
    return known(e) ? encodings[e].name : NULL;
}

enum hr_encoding hr_encoding_named(const char *name)
{
    for (int e = HR_ENCODING_O200K; e < HR_ENCODINGS; e++)
        if (strcmp(encodings[e].name, name) == 0)
            return (enum hr_encoding)e;
    return HR_ENCODING_NONE;
}

/* Map the file: beside the library, where it was built, else in headroom/ below that, where it is installed. path: of HR_MAX_PATH, where it lies, or
   should. */
static int open_beside(enum hr_encoding e, bool all, char *path, const void **map)
{
    static const char *const below[] = {"", "headroom/"};
    const char *name = encodings[e].name;
    int r = hr_own_directory(path, HR_MAX_PATH);
    const size_t n = r == 0 ? strlen(path) : 0;

    if (r == 0 && n + strlen(below[1]) + strlen(name) + sizeof ".tokens" > HR_MAX_PATH)
        r = HR_ENOENT;
    if (r < 0) {
        *path = 0;
        return r;
    }
    for (int i = 0; i < 2; i++) {
        strcpy(path + n, below[i]);
        strcat(path, name);
        strcat(path, ".tokens");
        r = hr_table_map(path, all, map);
        if (r != HR_ENOENT)
            break;
    }
    return r;
}

/* The first text writes to nearly all of these pages, each of which would fault twice: read, then written. */
static void make_ready(hr_memo *m)
{
#ifdef MADV_POPULATE_WRITE
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)m & -page;
    const int err = errno;

    madvise((void *)begin, (uintptr_t)(m + 1) - begin, MADV_POPULATE_WRITE);
    errno = err; /* kernels before 5.14 know no such advice */
#else
    (void)m;
#endif
}

/* Fill v for counting by e. 0, or why it cannot be. */
static int pieces_of(enum hr_encoding e, hr_table *table, hr_pieces *v)
{
    struct encoding *x = &encodings[e];
    const void *map = atomic_load_explicit(&x->map, memory_order_acquire);

    if (!map) {
        char path[HR_MAX_PATH];
        const void *other = NULL;
        int r = atomic_load_explicit(&x->failed, memory_order_relaxed);
        if (r == 0 && (r = open_beside(e, false, path, &map)) < 0)
            atomic_store_explicit(&x->failed, r, memory_order_relaxed);
        if (r < 0)
            return r;
        make_ready(&memos[e]);
        if (!atomic_compare_exchange_strong_explicit(&x->map, &other, map, memory_order_acq_rel,
                                                     memory_order_acquire)) {
            hr_table_unmap(map);
            map = other;
        }
    }
    *table = hr_table_at(map);
    *v = (hr_pieces){table, x->split, &memos[e]};
    return 0;
}

int hr_encoding_check(enum hr_encoding e, bool all, char *path)
{
    const void *map = NULL;
    int r = open_beside(e, all, path, &map);

    if (r == 0)
        hr_table_unmap(map);
    return r;
}

int hr_encoding_count(enum hr_encoding e, const char *text, size_t n, size_t *count)
{
    hr_table table;
    hr_pieces v;
    int r = known(e) ? pieces_of(e, &table, &v) : HR_ENOENT;

    if (r == 0)
        *count = hr_pieces_count(&v, (const uint8_t *)text, n);
    return r;
}

static size_t count_json(enum hr_encoding e, const char *json, size_t n)
{
    hr_table table;
    hr_pieces v;

    return hr_escaped_count(pieces_of(e, &table, &v) == 0 ? &v : NULL, json, n);
}

static void put(void *arg, const uint32_t *token, size_t n)
{
    hr_buf_add(arg, token, n * sizeof *token);
}

int hr_encoding_ids(enum hr_encoding e, const char *text, size_t n, uint32_t **out, size_t *count)
{
    hr_table table;
    hr_pieces v;
    hr_buf ids = {.max = SIZE_MAX};
    int r = known(e) ? pieces_of(e, &table, &v) : HR_ENOENT;

    if (r < 0)
        return r;
    r = hr_pieces_each(&v, (const uint8_t *)text, n, put, &ids);
    if (r == 0)
        r = ids.err;
    if (r < 0) {
        hr_buf_free(&ids);
        return r;
    }
    *out = (uint32_t *)(void *)ids.data;
    *count = ids.len / sizeof **out;
    return 0;
}

/* ------------------------------------------------------------------ what decides, and what is reported */
size_t hr_tokens(const char *text, size_t n)
{
    size_t count;
    return hr_encoding_count(HR_ENCODING_O200K, text, n, &count) == 0 ? count : hr_tokens_estimate(text, n);
}

size_t hr_tokens_json(const char *json, size_t n)
{
    return count_json(HR_ENCODING_O200K, json, n);
}

hr_counter hr_counter_of(hr_str model, double factor)
{
    const enum hr_encoding own = hr_model_encoding(model);
    hr_table table;
    hr_pieces v;

    if (own != HR_ENCODING_NONE && pieces_of(own, &table, &v) == 0)
        return (hr_counter){own, true, 1};
    return (hr_counter){pieces_of(HR_ENCODING_O200K, &table, &v) == 0 ? HR_ENCODING_O200K : HR_ENCODING_NONE,
                        false, factor};
}

size_t hr_counter_tokens(const hr_counter *c, const char *text, size_t n)
{
    size_t count;
    return c->by == HR_ENCODING_CL100K && hr_encoding_count(c->by, text, n, &count) == 0 ? count
                                                                                         : hr_tokens(text, n);
}

size_t hr_counter_tokens_json(const hr_counter *c, const char *json, size_t n)
{
    return count_json(c->by == HR_ENCODING_CL100K ? c->by : HR_ENCODING_O200K, json, n);
}

size_t hr_counter_scale(const hr_counter *c, size_t tokens)
{
    return c->exact || c->factor == 1 ? tokens : (size_t)((double)tokens * c->factor + 0.5);
}
