/* curl_options.h - what the program has set on one handle, as far as it decides what a request is and where its response goes.

   libcurl has no getters for options, so each successful curl_easy_setopt is followed here by libcurl's own rules: the last
   writer wins, method options switch each other off, copied post fields die with a larger size. Strings that libcurl copies are
   copied here too; what it only points to (post fields, header lists) is read when a transfer begins and never kept longer.

   No memory: `lost` is set, and no request of the handle is touched until it is reset. One thread at a time per handle. */
#ifndef HR_CURL_OPTIONS_H
#define HR_CURL_OPTIONS_H

#include "curl_library.h"

union curl_value {
    long number;
    void *pointer;
    curl_off_t large;
};

enum curl_method { CURL_GET, CURL_HEAD, CURL_POST, CURL_FORM, CURL_PUT };

struct curl_options {
    char *url, *target, *custom; /* copies; NULL: not set */
    const CURLU *parts;
    const struct curl_slist *headers;
    const char *post;                  /* NULL: the body comes from a callback */
    char *copied;                      /* what COPYPOSTFIELDS copied; then post points to it */
    curl_off_t size;                   /* POSTFIELDSIZE; -1: up to the NUL */
    curl_off_t copied_at;              /* its value when the fields were copied */
    curl_write_callback write, header; /* NULL: libcurl's own */
    void *write_data, *header_data;
    long port;            /* 0: as the URL says */
    long protocols;       /* PROTOCOLS */
    char *protocol_names; /* PROTOCOLS_STR, where it was set later; a copy */
    void *error_buffer;
    enum curl_method method;
    bool no_body, upload, signs, decodes, raw, head_in_body, lost;
};

/* A new handle, or one that was reset. Whatever was there must have been freed. */
void curl_options_init(struct curl_options *o, const struct curl_library *l) HR_HIDDEN;
void curl_options_free(struct curl_options *o) HR_HIDDEN;
/* to is initialised. */
void curl_options_copy(struct curl_options *to, const struct curl_options *from) HR_HIDDEN;
/* curl_easy_setopt has returned; ok: with CURLE_OK. */
void curl_options_track(struct curl_options *o, CURLoption option, union curl_value v, bool ok) HR_HIDDEN;
/* Bytes of the body in o->post, which is not NULL. */
size_t curl_options_body_size(const struct curl_options *o) HR_HIDDEN;

#endif
