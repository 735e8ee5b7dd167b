/* zstd_heap.h - zstd's memory comes from our heap, so that tests can make each call fail in turn. Include it in place of zstd.h. */
#ifndef HR_ZSTD_HEAP_H
#define HR_ZSTD_HEAP_H

#define ZSTD_STATIC_LINKING_ONLY /* ZSTD_customMem */
#include <zstd.h>

/* For ZSTD_createCCtx_advanced and its like. Any thread. */
extern const ZSTD_customMem hr_zstd_heap;

#endif
