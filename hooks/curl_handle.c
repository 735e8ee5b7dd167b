/* curl_handle.c - easy handle -> entry: lists that only grow. See curl_handle.h. */
#include "curl_handle.h"

#include <string.h>

enum { LISTS = 256 };

static struct curl_handle *lists[LISTS]; /* atomic */

static struct curl_handle **list_of(const CURL *handle)
{
    return &lists[(uintptr_t)handle * 0x9E3779B97F4A7C15u >> 56];
}

struct curl_handle *curl_handle_find(const CURL *handle)
{
    struct curl_handle *h = __atomic_load_n(list_of(handle), __ATOMIC_ACQUIRE);
    while (h && __atomic_load_n(&h->owner, __ATOMIC_ACQUIRE) != handle)
        h = h->next;
    return handle ? h : NULL;
}

/* An entry that nobody uses, now ours. */
static struct curl_handle *claim(CURL *handle)
{
    struct curl_handle **list = list_of(handle), *h;

    for (h = __atomic_load_n(list, __ATOMIC_ACQUIRE); h; h = h->next) {
        CURL *nobody = NULL;
        if (__atomic_compare_exchange_n(&h->owner, &nobody, handle, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return h;
    }
    h = shim_malloc(sizeof *h);
    if (!h)
        return NULL;
    memset(h, 0, sizeof *h);
    h->owner = handle;
    h->next = __atomic_load_n(list, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(list, &h->next, h, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
    return h;
}

static void forget(struct curl_handle *h)
{
    if (h->kind != TRANSFER_NONE)
        transfer_end(&h->transfer, false, false);
    shim_free(h->stripped);
    curl_options_free(&h->options);
    memset(&h->library, 0, sizeof *h - offsetof(struct curl_handle, library));
}

struct curl_handle *curl_handle_enter(CURL *handle, const struct curl_library *l)
{
    struct curl_handle *h = curl_handle_find(handle);

    if (h)
        forget(h);
    else
        h = claim(handle);
    if (h) {
        h->library = l;
        curl_options_init(&h->options, l);
    }
    return h;
}

void curl_handle_leave(struct curl_handle *h)
{
    forget(h);
    __atomic_store_n(&h->owner, NULL, __ATOMIC_RELEASE);
}

void curl_handle_each_of(const CURLM *multi, void (*call)(struct curl_handle *))
{
    for (size_t i = 0; i < LISTS; i++)
        for (struct curl_handle *h = __atomic_load_n(&lists[i], __ATOMIC_ACQUIRE); h; h = h->next)
            if (__atomic_load_n(&h->multi, __ATOMIC_RELAXED) == multi)
                call(h);
}
