/* curl.c - the functions of libcurl that are interposed (libcurl.so.4, libcurl-gnutls.so.4, any that is loaded as a library).

     program --> our curl_easy_perform / curl_multi_add_handle
                   options of the handle --> head --> gate --> core        curl_head.c, shim/transfer.c
                   new body, header lines, write callback by setopt        curl_transfer.c
                 --> the caller's own libcurl --> (TLS hook: the body is known, it passes)
                   end: the program's options come back, the row is written

   What is set is followed in curl_easy_setopt (curl_options.c), per handle (curl_handle.c). A handle belongs to the libcurl that
   made it, whoever calls; calls that libcurl makes to itself pass. errno is the caller's before the original call and the
   original's after it. */
#include "curl.h"

#include <errno.h>
#include <stdarg.h>

#include "curl_transfer.h"

#define EXPORT                        __attribute__((visibility("default")))
#define OWN(name, result, parameters) result own_curl_##name parameters __attribute__((alias("curl_" #name)));
CURL_HOOKED(OWN)

/* Who calls, and for which handle? */
struct call {
    const struct curl_library *library; /* NULL: no original */
    struct curl_handle *handle;         /* NULL: to be passed */
};

static struct call call_of(const CURL *handle, const void *caller)
{
    struct curl_handle *h = curl_handle_find(handle);

    if (!h)
        return (struct call){curl_library_of(caller), NULL};
    return (struct call){h->library, curl_library_inside(h->library, caller) ? NULL : h};
}

#define CALL_OF(handle) call_of(handle, __builtin_return_address(0))

/* ------------------------------------------------------------------ handles */
EXPORT CURL *curl_easy_init(void)
{
    int saved = errno;
    const void *caller = __builtin_return_address(0);
    const struct curl_library *l = curl_library_of(caller);

    errno = saved;
    CURL *made = l && l->easy_init ? l->easy_init() : NULL;
    saved = errno;
    if (made && shim_enabled() && !curl_library_inside(l, caller)) {
        curl_handle_enter(made, l);
        curl_library_hooked(l);
    }
    errno = saved;
    return made;
}

EXPORT CURL *curl_easy_duphandle(CURL *handle)
{
    int saved = errno;
    struct call c = CALL_OF(handle);

    errno = saved;
    CURL *copy = c.library && c.library->easy_duphandle ? c.library->easy_duphandle(handle) : NULL;
    saved = errno;
    struct curl_handle *h = copy && c.handle ? curl_handle_enter(copy, c.library) : NULL;
    if (h)
        curl_options_copy(&h->options, &c.handle->options);
    if (copy && c.handle)
        curl_transfer_mend_copy(c.handle, copy);
    errno = saved;
    return copy;
}

EXPORT void curl_easy_reset(CURL *handle)
{
    int saved = errno;
    struct call c = CALL_OF(handle);

    if (c.handle) {
        curl_transfer_before_reset(c.handle);
        curl_options_free(&c.handle->options);
        curl_options_init(&c.handle->options, c.library);
    }
    errno = saved;
    if (c.library && c.library->easy_reset)
        c.library->easy_reset(handle);
}

EXPORT void curl_easy_cleanup(CURL *handle)
{
    int saved = errno;
    struct call c = CALL_OF(handle);

    if (c.handle) {
        curl_transfer_end(c.handle, false);
        curl_handle_leave(c.handle);
    }
    errno = saved;
    if (c.library && c.library->easy_cleanup)
        c.library->easy_cleanup(handle);
}

/* ------------------------------------------------------------------ options and figures */
EXPORT CURLcode curl_easy_setopt(CURL *handle, CURLoption option, ...)
{
    int saved = errno;
    struct call c = CALL_OF(handle);
    union curl_value v;
    CURLcode rc;
    va_list arguments;

    if (!c.library)
        return CURLE_FAILED_INIT;
    if (c.handle && curl_transfer_active(c.handle))
        curl_transfer_yield(c.handle, option);
    va_start(arguments, option);
    if (option < CURLOPTTYPE_OBJECTPOINT)
        v.number = va_arg(arguments, long);
    else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
        v.large = va_arg(arguments, curl_off_t);
    else
        v.pointer = va_arg(arguments, void *); /* functions are passed like any pointer */
    va_end(arguments);
    errno = saved;
    if (option < CURLOPTTYPE_OBJECTPOINT)
        rc = c.library->easy_setopt(handle, option, v.number);
    else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
        rc = c.library->easy_setopt(handle, option, v.large);
    else
        rc = c.library->easy_setopt(handle, option, v.pointer);
    if (c.handle) {
        saved = errno;
        curl_options_track(&c.handle->options, option, v, rc == CURLE_OK);
        errno = saved;
    }
    return rc;
}

EXPORT CURLcode curl_easy_getinfo(CURL *handle, CURLINFO info, ...)
{
    int saved = errno;
    struct call c = CALL_OF(handle);
    va_list arguments;

    va_start(arguments, info);
    void *value = va_arg(arguments, void *);
    va_end(arguments);
    errno = saved;
    if (!c.library || !c.library->easy_getinfo)
        return CURLE_FAILED_INIT;
    CURLcode rc = c.library->easy_getinfo(handle, info, value);
    if (rc == CURLE_OK && c.handle)
        curl_transfer_info(c.handle, info, value);
    return rc;
}

/* ------------------------------------------------------------------ transfers */
enum begun { NOT_OURS, BEGUN, REFUSED };

/* A handle whose transfer is under way begins no other: libcurl says what it thinks of that. */
static enum begun begin(struct curl_handle *h, const CURLM *multi)
{
    if (!h || curl_transfer_active(h))
        return NOT_OURS;
    return curl_transfer_begin(h, multi) ? BEGUN : REFUSED;
}

EXPORT CURLcode curl_easy_perform(CURL *handle)
{
    int saved = errno;
    struct call c = CALL_OF(handle);

    if (!c.library || !c.library->easy_perform)
        return CURLE_FAILED_INIT;
    enum begun begun = begin(c.handle, NULL);
    errno = saved;
    if (begun == REFUSED)
        return CURLE_SEND_ERROR;
    CURLcode rc = c.library->easy_perform(handle);
    saved = errno;
    if (begun == BEGUN)
        curl_transfer_end(c.handle, rc == CURLE_OK);
    errno = saved;
    return rc;
}

EXPORT CURLMcode curl_multi_add_handle(CURLM *multi, CURL *handle)
{
    int saved = errno;
    struct call c = CALL_OF(handle);

    if (!c.library || !c.library->multi_add_handle)
        return CURLM_INTERNAL_ERROR;
    enum begun begun = begin(c.handle, multi);
    errno = saved;
    CURLMcode rc = c.library->multi_add_handle(multi, handle);
    saved = errno;
    if (begun != NOT_OURS && rc != CURLM_OK)
        curl_transfer_cancel(c.handle);
    errno = saved;
    return rc;
}

EXPORT CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *handle)
{
    int saved = errno;
    struct call c = CALL_OF(handle);

    errno = saved;
    if (!c.library || !c.library->multi_remove_handle)
        return CURLM_INTERNAL_ERROR;
    CURLMcode rc = c.library->multi_remove_handle(multi, handle);
    saved = errno;
    if (rc == CURLM_OK && c.handle)
        curl_transfer_end(c.handle, false); /* no DONE message was read: nobody has seen how it ended */
    errno = saved;
    return rc;
}

EXPORT CURLMsg *curl_multi_info_read(CURLM *multi, int *queued)
{
    int saved = errno;
    const void *caller = __builtin_return_address(0);
    const struct curl_library *l = curl_library_of(caller);

    errno = saved;
    if (!l || !l->multi_info_read)
        return NULL;
    CURLMsg *message = l->multi_info_read(multi, queued);
    if (message && message->msg == CURLMSG_DONE && !curl_library_inside(l, caller)) {
        saved = errno;
        struct curl_handle *h = curl_handle_find(message->easy_handle);
        if (h && h->kind == TRANSFER_REFUSED)
            message->data.result = CURLE_SEND_ERROR;
        if (h)
            curl_transfer_end(h, message->data.result == CURLE_OK);
        errno = saved;
    }
    return message;
}

static void abandon(struct curl_handle *h)
{
    curl_transfer_end(h, false);
}

EXPORT CURLMcode curl_multi_cleanup(CURLM *multi)
{
    int saved = errno;
    const void *caller = __builtin_return_address(0);
    const struct curl_library *l = curl_library_of(caller);

    errno = saved;
    if (!l || !l->multi_cleanup)
        return CURLM_INTERNAL_ERROR;
    CURLMcode rc = l->multi_cleanup(multi);
    saved = errno;
    if (rc == CURLM_OK && multi && !curl_library_inside(l, caller))
        curl_handle_each_of(multi, abandon); /* handles that were not removed are free again */
    errno = saved;
    return rc;
}
