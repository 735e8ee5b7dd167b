/* transfer.h - one request of a library that makes the HTTP itself (libcurl), as core sees it: judged by its head before it
   leaves, rewritten whole, its response handed over piece by piece.

     transfer_begin --TAKEN--> (the body of the transfer goes out) --> transfer_response, transfer_data --> transfer_end
                    --WATCHED--> nothing is recorded until transfer_admit says so: the stream machine below may do it
                    --SILENT--> X-Headroom-Mode: off: only our lines are taken out
                    --REFUSED--> it must not be sent, and is recorded; to be failed as one whose connection breaks; no transfer_end is needed
                    --NONE--> none of ours

   The gate judges a head that the hook has made from the options: method, target, Host and the program's lines. What is dealt
   with here is announced to the stream machine below (known.h). Knows nothing of libcurl; one thread at a time per transfer;
   errno may change. No memory: NONE, the request goes out as it is. */
#ifndef HR_TRANSFER_H
#define HR_TRANSFER_H

#include "shim.h"

enum transfer_kind { TRANSFER_NONE, TRANSFER_WATCHED, TRANSFER_SILENT, TRANSFER_TAKEN, TRANSFER_REFUSED };

struct transfer {
    const struct shim_core *core;
    headroom_request *request; /* WATCHED: NULL until it is admitted */
    uint64_t ticket;           /* of the announced body */
    char *head;                /* WATCHED: what is judged again when it is admitted */
    size_t head_len;
    char *
        body; /* TAKEN: what is to be sent instead, NUL-terminated, until transfer_end. NULL: the program's own */
    size_t body_len;
    bool strip;     /* lines of X-Headroom-* must not be sent */
    bool responded; /* transfer_response was called */
};

/* A request is about to leave. head comes from shim_malloc and is the transfer's from here on. body NULL: the bytes are not at
   hand before they leave. *t needs no preparation. */
enum transfer_kind transfer_begin(struct transfer *t, char *head, size_t head_len, const char *body,
                                  size_t body_len) HR_HIDDEN;
/* A watched request is ours to record, with this reason (static) unless its head has one of its own. */
void transfer_admit(struct transfer *t, const char *skip) HR_HIDDEN;

/* Calls after the first one do nothing; encoding NULL: none, or undone already. */
void transfer_response(struct transfer *t, int status, const char *content_type,
                       const char *encoding) HR_HIDDEN;
/* How the head names its error (x-amzn-errortype), behind transfer_response; NULL: not at all. */
void transfer_error(struct transfer *t, const char *name) HR_HIDDEN;
/* A piece of the body of the response, behind transfer_response. */
void transfer_data(struct transfer *t, const void *data, size_t len) HR_HIDDEN;

/* The transfer is over. sent: something of the request has left; else nothing is recorded. */
void transfer_end(struct transfer *t, bool sent, bool complete) HR_HIDDEN;

#endif
