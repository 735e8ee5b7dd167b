/* curl_transfer.h - what happens to a handle's options between the begin and the end of a transfer.

     begin    body, header lines and write callback of ours stand before the program's, by libcurl's own curl_easy_setopt
     yield    the program sets one of them itself, from a callback: its own come back first, and its call wins
     end      its own come back; the response is complete, or will never be

   At each moment at which the program can look (return of curl_easy_perform, DONE message, remove, cleanup, duphandle) its options
   are as it left them. libcurl notes the length of a body when the transfer begins: a program that sets another body from a callback
   before the request has left gets it sent with the length of ours (with its own old one, without us). errno may change. */
#ifndef HR_CURL_TRANSFER_H
#define HR_CURL_TRANSFER_H

#include "curl_handle.h"

static inline bool curl_transfer_active(const struct curl_handle *h)
{
    return h->kind != TRANSFER_NONE;
}

/* A transfer is about to begin; multi NULL: by curl_easy_perform. Nothing may happen to it, then it is not active. false: it must not be
   sent. By curl_easy_perform it is over, and the caller fails with CURLE_SEND_ERROR; in a multi handle it is active, and will fail before
   it connects. */
bool curl_transfer_begin(struct curl_handle *h, const CURLM *multi) HR_HIDDEN;
/* It did not begin: undone, nothing is recorded. */
void curl_transfer_cancel(struct curl_handle *h) HR_HIDDEN;
/* It is over; complete: with success. Nothing happens where none is active. */
void curl_transfer_end(struct curl_handle *h, bool complete) HR_HIDDEN;
/* The program is about to set this option. */
void curl_transfer_yield(struct curl_handle *h, CURLoption option) HR_HIDDEN;
/* curl_easy_reset is about to take all options and figures: none is ours any more; what the transfer still sends stays in memory. */
void curl_transfer_before_reset(struct curl_handle *h) HR_HIDDEN;
/* copy is a duplicate of h's handle, made while options of h were ours: give it the program's. */
void curl_transfer_mend_copy(const struct curl_handle *h, CURL *copy) HR_HIDDEN;
/* What curl_easy_getinfo has found. The program's own size where all of the new body went out. */
void curl_transfer_info(const struct curl_handle *h, CURLINFO info, void *value) HR_HIDDEN;

#endif
