/* curl_library.h - one libcurl of the process: its functions, found through the caller's module (resolve.h). A process can hold
   libcurl.so.4 and libcurl-gnutls.so.4 at once; handles and state of one never meet functions of the other. */
#ifndef HR_CURL_LIBRARY_H
#define HR_CURL_LIBRARY_H

/* Constants and types only; libcurl is not linked. Programs still use what is deprecated. */
#define CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>
#include <stdio.h>

#include "../shim/shim.h"

/* One entry a function that is interposed: its name behind curl_, result and parameters. The alias own_ is its hidden name: the
   address of an exported function costs a look-up at the start of every process. */
#define CURL_HOOKED(X)                                                                                       \
    X(easy_init, CURL *, (void))                                                                             \
    X(easy_setopt, CURLcode, (CURL * handle, CURLoption option, ...))                                        \
    X(easy_getinfo, CURLcode, (CURL * handle, CURLINFO info, ...))                                           \
    X(easy_perform, CURLcode, (CURL * handle))                                                               \
    X(easy_reset, void, (CURL * handle))                                                                     \
    X(easy_duphandle, CURL *, (CURL * handle))                                                               \
    X(easy_cleanup, void, (CURL * handle))                                                                   \
    X(multi_add_handle, CURLMcode, (CURLM * multi, CURL * handle))                                           \
    X(multi_remove_handle, CURLMcode, (CURLM * multi, CURL * handle))                                        \
    X(multi_info_read, CURLMsg *, (CURLM * multi, int *queued))                                              \
    X(multi_cleanup, CURLMcode, (CURLM * multi))

/* Constant once it is published. Functions that this libcurl lacks are NULL. */
struct curl_library {
#define CURL_FIELD(name, result, parameters) result(*name) parameters;
    CURL_HOOKED(CURL_FIELD)
#undef CURL_FIELD
    CURLHcode (*easy_header)(CURL *, const char *, size_t, unsigned, int, struct curl_header **); /* 7.83 */
    CURLUcode (*url_get)(const CURLU *, CURLUPart, char **, unsigned);                            /* 7.62 */
    void (*release)(void *); /* curl_free */
    bool upload_stays; /* before 7.88: CURLOPT_UPLOAD outlives a later POSTFIELDS and makes a PUT of it */
    FILE *const *out;  /* the program's stdout; NULL: not found */
    const void *module, *module_end; /* where it lies */
    const void *key;                 /* atomic: the address of its curl_easy_setopt */
    int ready;                       /* atomic */
    int hooked;                      /* atomic: a handle was made through us */
};

#define CURL_OWN(name, result, parameters) result own_curl_##name parameters HR_HIDDEN;
CURL_HOOKED(CURL_OWN)
#undef CURL_OWN

/* The libcurl that the code at this return address would reach without us; learned at first need, then found without a lock.
   NULL: none. errno may change. */
const struct curl_library *curl_library_of(const void *return_address) HR_HIDDEN;
/* Does this libcurl call itself? Such calls pass. */
static inline bool curl_library_inside(const struct curl_library *l, const void *return_address)
{
    return return_address >= l->module && return_address < l->module_end;
}
/* A handle of this libcurl was made through us. */
void curl_library_hooked(const struct curl_library *l) HR_HIDDEN;

#endif
