/* curl_handle.h - what we know of each easy handle that was made through us: its libcurl, its options, its transfer.

   A handle that was made past us (dlsym on libcurl's own module) has no entry and is never touched: nobody knows what was set on
   it. Entries are found by the handle's address without a lock, live until curl_easy_cleanup, are used again for later handles and
   never freed, so that fork() and a thread that looks meet no half-made list. libcurl's rule holds for what is in an entry: one
   thread at a time per handle. */
#ifndef HR_CURL_HANDLE_H
#define HR_CURL_HANDLE_H

#include "../shim/transfer.h"
#include "curl_options.h"

struct curl_handle {
    CURL *owner;              /* atomic; NULL: free to be used */
    struct curl_handle *next; /* constant once it is in the list */
    const struct curl_library *library;
    struct curl_options options;

    /* The transfer under way (curl_transfer.c). */
    const CURLM *multi;      /* atomic: of an active transfer; NULL: curl_easy_perform */
    enum transfer_kind kind; /* TRANSFER_NONE: none */
    struct transfer transfer;
    struct curl_slist *stripped;            /* stands for the program's header lines, where lines_ours */
    bool body_ours, lines_ours, write_ours; /* these options are not as the program left them */
    bool header_ours;                       /* HEADERFUNCTION too, within write_ours */
    bool protocols_ours;                    /* PROTOCOLS and ERRORBUFFER: a refused transfer */
    bool in_head, in_body;                  /* where the response is, if its head comes with the body */

    /* The last one: a body of own_size was to go out, one of sent_size did. 0: they are the same. */
    curl_off_t own_size, sent_size;
};

/* The entry of a handle; NULL: none. */
struct curl_handle *curl_handle_find(const CURL *handle) HR_HIDDEN;
/* A handle was made; its options are libcurl's defaults. An entry that a handle at this address has left behind (it was cleaned
   up past us) is used again. NULL: no memory. */
struct curl_handle *curl_handle_enter(CURL *handle, const struct curl_library *l) HR_HIDDEN;
/* It is about to be cleaned up. Its transfer has ended. */
void curl_handle_leave(struct curl_handle *h) HR_HIDDEN;
/* Call each entry whose transfer belongs to this multi handle. */
void curl_handle_each_of(const CURLM *multi, void (*call)(struct curl_handle *)) HR_HIDDEN;

#endif
