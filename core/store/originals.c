/* originals.c - what a program made, kept so that it can be read back (law 5): zstd, capped in age here and
   in size by hr_store_commit. See store.h. */
#include "store/handle.h"
#include "zstd_heap.h"

enum {
    LEVEL = 1 /* 50 KB in 20-140 us; higher levels gain a tenth and cost twice */
};

int hr_originals_pack(hr_arena *a, hr_str raw, hr_str *packed)
{
    size_t room = ZSTD_compressBound(raw.n);
    char *out = hr_arena_alloc(a, room);
    ZSTD_CCtx *z = out ? ZSTD_createCCtx_advanced(hr_zstd_heap) : NULL;

    if (!z)
        return HR_ENOMEM;
    size_t n = ZSTD_compressCCtx(z, out, room, raw.p, raw.n, LEVEL);
    ZSTD_freeCCtx(z);
    if (ZSTD_isError(n))
        return HR_ENOMEM; /* the room suffices, so it is memory */
    *packed = hr_str_make(out, n);
    return 0;
}

static int unpack(hr_store *s, hr_arena *a, hr_str packed, int64_t plain, hr_str *raw)
{
    if (plain < 0 || plain > HR_MAX_FILE) {
        s->reason = "corrupt";
        return HR_ESTORE;
    }
    char *out = hr_arena_alloc(a, (size_t)plain + 1);
    ZSTD_DCtx *z = out ? ZSTD_createDCtx_advanced(hr_zstd_heap) : NULL;
    if (!z)
        return HR_ENOMEM;
    size_t n = ZSTD_decompressDCtx(z, out, (size_t)plain, packed.p, packed.n);
    ZSTD_freeDCtx(z);
    if (ZSTD_isError(n) || n != (size_t)plain) {
        s->reason = "corrupt";
        return HR_ESTORE;
    }
    out[n] = 0;
    *raw = hr_str_make(out, n);
    return 0;
}

int hr_store_original(hr_store *s, hr_arena *a, const uint8_t id[10], hr_str *raw)
{
    int rc = hr_store_enter(s, 0, false);

    if (rc != 0)
        return rc;
    hr_query q = hr_query_start(s, HR_Q_ORIGINAL_GET);
    hr_query_blob(&q, id, 10);
    rc = hr_query_step(&q);
    if (rc == 0)
        rc = HR_ENOENT;
    else if (rc == 1)
        rc = unpack(s, a, hr_query_col(&q, 1), hr_query_col_int(&q, 0), raw);
    hr_query_end(&q);
    hr_store_leave(s);
    return rc;
}

static int stored_bytes(hr_store *s, int64_t *bytes)
{
    hr_query q = hr_query_start(s, HR_Q_META_GET);
    hr_query_text(&q, "originals_bytes");
    int rc = hr_query_step(&q);
    *bytes = rc == 1 ? hr_query_col_int(&q, 0) : 0;
    hr_query_end(&q);
    return rc < 0 ? rc : 0;
}

int64_t hr_originals_room(hr_store *s)
{
    int64_t bytes, cap = (int64_t)s->options.originals_mb << 20;
    int rc = stored_bytes(s, &bytes);

    return rc < 0 ? rc : bytes < cap ? cap - bytes : 0;
}

int64_t hr_store_originals_room(hr_store *s)
{
    int rc = hr_store_enter(s, 0, true);

    if (rc != 0)
        return rc;
    int64_t room = hr_originals_room(s);
    hr_store_leave(s);
    return room;
}

int hr_originals_account(hr_store *s, int64_t bytes)
{
    hr_query q = hr_query_start(s, HR_Q_META_ADD);
    hr_query_int(&q, bytes);
    return hr_query_run(&q);
}

int hr_originals_expire(hr_store *s, int64_t now_us, int limit)
{
    int64_t before = now_us - (int64_t)s->options.originals_days * HR_DAY_US, last = 0, bytes = 0;
    int rc, n = 0;

    /* In the order of their numbers, which is that of their age. */
    hr_query q = hr_query_start(s, HR_Q_ORIGINAL_AGED);
    hr_query_int(&q, limit);
    while ((rc = hr_query_step(&q)) == 1 && hr_query_col_int(&q, 1) < before) {
        last = hr_query_col_int(&q, 0);
        bytes += hr_query_col_int(&q, 2);
        n++;
    }
    hr_query_end(&q);
    if (rc < 0 || n == 0)
        return rc < 0 ? rc : 0;
    q = hr_query_start(s, HR_Q_ORIGINAL_DELETE);
    hr_query_int(&q, last);
    rc = hr_query_run(&q);
    if (rc == 0)
        rc = hr_originals_account(s, -bytes);
    return rc < 0 ? rc : n;
}
