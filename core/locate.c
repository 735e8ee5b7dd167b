/* locate.c - headroom_locate: the locator with the store as its cache. */
#include "elf/locate.h"
#include "context.h"

static bool get(void *arg, const uint8_t *build_id, size_t len, hr_located_memo *out)
{
    return hr_store_binary(arg, build_id, len, out, sizeof(*out)) == 1;
}

static void put(void *arg, const uint8_t *build_id, size_t len, const hr_located_memo *memo)
{
    hr_store_binary_put(arg, build_id, len, memo, sizeof(*memo));
}

int headroom_locate(headroom *h, const char *path, unsigned flags, headroom_located *out)
{
    hr_locate_cache cache = {get, put, h ? h->store : NULL};

    if (h)
        hr_context_check_fork(h);
    return hr_locate_file(path, flags, cache.arg ? &cache : NULL, out);
}
