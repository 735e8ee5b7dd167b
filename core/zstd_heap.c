/* zstd_heap.c - see zstd_heap.h. */
#include "zstd_heap.h"

#include "base.h"

static void *allocate(void *opaque, size_t n)
{
    (void)opaque;
    return hr_malloc(n);
}

static void release(void *opaque, void *p)
{
    (void)opaque;
    hr_free(p);
}

const ZSTD_customMem hr_zstd_heap = {allocate, release, NULL};
