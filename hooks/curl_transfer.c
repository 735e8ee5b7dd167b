/* curl_transfer.c - one transfer of a handle: options swapped, response heard, options given back. See curl_transfer.h. */
#include "curl_transfer.h"

#include <errno.h>
#include <string.h>

#include "curl_head.h"

/* ------------------------------------------------------------------ the response */
static size_t default_write(char *p, size_t size, size_t n, void *out)
{
    return fwrite(p, size, n, out);
}

/* What libcurl would have called. */
static curl_write_callback writer_of(const struct curl_options *o)
{
    return o->write ? o->write : default_write;
}

/* Requests that we only watch: does the stream machine below see them? Over TLS 1.1 by OpenSSL it does, and records them. */
static const char *unseen_below(const struct curl_handle *h)
{
    const struct curl_library *l = h->library;
    struct curl_tlssessioninfo *tls = NULL;
    const char *scheme = NULL;
    long version = 0;

    l->easy_getinfo(h->owner, CURLINFO_HTTP_VERSION, &version);
    if (version >= CURL_HTTP_VERSION_2_0)
        return "http2";
    l->easy_getinfo(h->owner, CURLINFO_SCHEME, &scheme);
    l->easy_getinfo(h->owner, CURLINFO_TLS_SSL_PTR, &tls);
    bool plain = scheme && (strcmp(scheme, "HTTP") == 0 || strcmp(scheme, "http") == 0);
    return plain || (tls && tls->backend != CURLSSLBACKEND_OPENSSL) ? "read_callback" : NULL;
}

/* A line of the response's head; NULL: none, or a libcurl before 7.83, which has no way to ask. */
static const char *header_of(const struct curl_handle *h, const char *name)
{
    struct curl_header *found = NULL;

    if (!h->library->easy_header ||
        h->library->easy_header(h->owner, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
        return NULL;
    return found->value;
}

/* How the body that the program gets is coded. */
static const char *coding_of(const struct curl_handle *h)
{
    if (h->options.decodes && !h->options.raw)
        return NULL;
    return h->library->easy_header ? header_of(h, "Content-Encoding") : "unknown";
}

static void hear_head(struct curl_handle *h)
{
    long status = 0;
    const char *type = NULL;

    if (h->transfer.responded)
        return;
    h->library->easy_getinfo(h->owner, CURLINFO_RESPONSE_CODE, &status);
    if (status == 0)
        return;
    h->library->easy_getinfo(h->owner, CURLINFO_CONTENT_TYPE, &type);
    transfer_response(&h->transfer, (int)status, type, coding_of(h));
    transfer_error(&h->transfer, header_of(h, "x-amzn-errortype"));
}

static void admit(struct curl_handle *h)
{
    const char *skip = h->kind == TRANSFER_WATCHED && !h->transfer.request ? unseen_below(h) : NULL;
    if (skip)
        transfer_admit(&h->transfer, skip);
}

/* CURLOPT_HEADER: header lines come first, one a call, heads of interim responses and of redirects included. */
static bool is_header_line(struct curl_handle *h, const char *p, size_t n)
{
    if (!h->options.head_in_body || h->in_body)
        return false;
    if (!h->in_head)
        h->in_head = n > 5 && memcmp(p, "HTTP/", 5) == 0;
    if (!h->in_head)
        return false;
    if (n <= 2 && p[n - 1] == '\n')
        h->in_head = false;
    return true;
}

static void hear(struct curl_handle *h, const char *p, size_t n)
{
    if (n == 0 || is_header_line(h, p, n))
        return;
    if (!h->in_body) {
        h->in_body = true;
        admit(h);
        hear_head(h);
    }
    transfer_data(&h->transfer, p, n);
}

/* Stands before the program's callback. What a callback does not take (paused, aborted) is not heard: it comes again, or never. */
static size_t write_before(char *p, size_t size, size_t n, void *data)
{
    struct curl_handle *h = data;
    size_t taken = writer_of(&h->options)(p, size, n, h->options.write_data);
    int saved = errno;

    if (taken == size * n && curl_transfer_active(h))
        hear(h, p, taken);
    errno = saved;
    return taken;
}

/* ------------------------------------------------------------------ options of ours */
#define SET(h, option, value) ((void)(h)->library->easy_setopt((h)->owner, option, value))

static void take_body(struct curl_handle *h)
{
    if (!h->transfer.body)
        return;
    h->own_size = (curl_off_t)curl_options_body_size(&h->options);
    h->sent_size = (curl_off_t)h->transfer.body_len;
    SET(h, CURLOPT_POSTFIELDS, h->transfer.body);
    SET(h, CURLOPT_POSTFIELDSIZE_LARGE, h->sent_size);
    h->body_ours = true;
}

/* The order matters for copied fields: libcurl copies as much as the size says, and drops them at a larger one. */
static void put_body(const struct curl_library *l, CURL *handle, const struct curl_options *o)
{
    l->easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, o->copied ? o->copied_at : o->size);
    l->easy_setopt(handle, o->copied ? CURLOPT_COPYPOSTFIELDS : CURLOPT_POSTFIELDS, o->post);
    l->easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, o->size);
}

static void take_lines(struct curl_handle *h)
{
    if (!h->transfer.strip || !curl_head_strip(h->options.headers, &h->stripped))
        return;
    SET(h, CURLOPT_HTTPHEADER, h->stripped);
    h->lines_ours = true;
}

/* With HEADERDATA and no HEADERFUNCTION libcurl gives header lines to the write callback: to the program's, then. */
static void take_write(struct curl_handle *h)
{
    h->header_ours = h->options.header_data && !h->options.header;
    if (h->header_ours)
        SET(h, CURLOPT_HEADERFUNCTION, writer_of(&h->options));
    SET(h, CURLOPT_WRITEFUNCTION, write_before);
    SET(h, CURLOPT_WRITEDATA, h);
    h->write_ours = true;
}

static void put_write(const struct curl_library *l, CURL *handle, const struct curl_options *o,
                      bool header_too)
{
    l->easy_setopt(handle, CURLOPT_WRITEFUNCTION, o->write);
    l->easy_setopt(handle, CURLOPT_WRITEDATA, o->write_data);
    if (header_too)
        l->easy_setopt(handle, CURLOPT_HEADERFUNCTION, NULL);
}

/* A transfer without a protocol fails before it looks for a host or a connection. What libcurl would say of that is not the reason. */
static void take_protocols(struct curl_handle *h)
{
    SET(h, CURLOPT_PROTOCOLS, 0L);
    SET(h, CURLOPT_ERRORBUFFER, NULL);
    h->protocols_ours = true;
}

static void put_protocols(const struct curl_library *l, CURL *handle, const struct curl_options *o)
{
    if (o->protocol_names)
        l->easy_setopt(handle, CURLOPT_PROTOCOLS_STR, o->protocol_names);
    else
        l->easy_setopt(handle, CURLOPT_PROTOCOLS, o->protocols);
    l->easy_setopt(handle, CURLOPT_ERRORBUFFER, o->error_buffer);
}

static void give_back_protocols(struct curl_handle *h)
{
    if (h->protocols_ours)
        put_protocols(h->library, h->owner, &h->options);
    h->protocols_ours = false;
}

static void give_back_body(struct curl_handle *h)
{
    if (h->body_ours)
        put_body(h->library, h->owner, &h->options);
    h->body_ours = false;
}

static void give_back_lines(struct curl_handle *h)
{
    if (h->lines_ours)
        SET(h, CURLOPT_HTTPHEADER, h->options.headers);
    h->lines_ours = false;
}

static void give_back_write(struct curl_handle *h)
{
    if (h->write_ours)
        put_write(h->library, h->owner, &h->options, h->header_ours);
    h->write_ours = false;
}

void curl_transfer_yield(struct curl_handle *h, CURLoption option)
{
    switch ((int)option) {
    case CURLOPT_POSTFIELDS:
    case CURLOPT_COPYPOSTFIELDS:
    case CURLOPT_POSTFIELDSIZE:
    case CURLOPT_POSTFIELDSIZE_LARGE:
    case CURLOPT_POST:
    case CURLOPT_HTTPGET:
    case CURLOPT_NOBODY:
    case CURLOPT_UPLOAD:
    case CURLOPT_PUT:
    case CURLOPT_HTTPPOST:
    case CURLOPT_MIMEPOST:
        give_back_body(h); /* our way back sets the method: it must not be the later one */
        break;
    case CURLOPT_HTTPHEADER:
        give_back_lines(h);
        break;
    case CURLOPT_WRITEFUNCTION:
    case CURLOPT_WRITEDATA:
    case CURLOPT_HEADERFUNCTION:
    case CURLOPT_HEADERDATA:
        give_back_write(h);
        break;
    default:
        break;
    }
}

void curl_transfer_before_reset(struct curl_handle *h)
{
    if (curl_transfer_active(h)) {
        admit(h);
        hear_head(h);
    }
    h->body_ours = h->lines_ours = h->write_ours = h->protocols_ours = false;
    h->own_size = h->sent_size = 0;
}

void curl_transfer_mend_copy(const struct curl_handle *h, CURL *copy)
{
    if (h->body_ours)
        put_body(h->library, copy, &h->options);
    if (h->lines_ours)
        h->library->easy_setopt(copy, CURLOPT_HTTPHEADER, h->options.headers);
    if (h->write_ours)
        put_write(h->library, copy, &h->options, h->header_ours);
    if (h->protocols_ours)
        put_protocols(h->library, copy, &h->options);
}

/* ------------------------------------------------------------------ begin and end */
bool curl_transfer_begin(struct curl_handle *h, const CURLM *multi)
{
    const struct curl_options *o = &h->options;
    size_t len;
    bool whole;

    h->own_size = h->sent_size = 0;
    if (!h->library->easy_getinfo)
        return true;
    char *head = curl_head_make(h->library, o, &len, &whole);
    if (!head)
        return true;
    h->kind = transfer_begin(&h->transfer, head, len, whole ? o->post : NULL,
                             whole ? curl_options_body_size(o) : 0);
    const bool refused = h->kind == TRANSFER_REFUSED;
    if (refused && !multi)
        h->kind = TRANSFER_NONE;
    if (h->kind == TRANSFER_NONE)
        return !refused;
    __atomic_store_n(&h->multi, multi, __ATOMIC_RELAXED);
    h->in_head = h->in_body = false;
    if (refused) {
        take_protocols(h);
        return false;
    }
    take_body(h);
    take_lines(h);
    if (h->kind != TRANSFER_SILENT)
        take_write(h);
    return true;
}

static void over(struct curl_handle *h, bool sent, bool complete)
{
    give_back_body(h);
    give_back_lines(h);
    give_back_write(h);
    give_back_protocols(h);
    transfer_end(&h->transfer, sent, complete);
    shim_free(h->stripped);
    h->stripped = NULL;
    h->kind = TRANSFER_NONE;
    __atomic_store_n(&h->multi, NULL, __ATOMIC_RELAXED);
}

void curl_transfer_cancel(struct curl_handle *h)
{
    if (curl_transfer_active(h))
        over(h, false, false);
    h->own_size = h->sent_size = 0;
}

void curl_transfer_end(struct curl_handle *h, bool complete)
{
    long sent = 0;

    if (!curl_transfer_active(h))
        return;
    admit(h); /* no body has come */
    hear_head(h);
    h->library->easy_getinfo(h->owner, CURLINFO_REQUEST_SIZE, &sent);
    over(h, sent > 0 || h->transfer.responded, complete);
}

void curl_transfer_info(const struct curl_handle *h, CURLINFO info, void *value)
{
    if (h->sent_size == h->own_size || !value)
        return;
    if (info == CURLINFO_SIZE_UPLOAD_T || info == CURLINFO_CONTENT_LENGTH_UPLOAD_T) {
        curl_off_t *size = value;
        if (*size == h->sent_size)
            *size = h->own_size;
    } else if ((int)info == CURLINFO_SIZE_UPLOAD || (int)info == CURLINFO_CONTENT_LENGTH_UPLOAD) {
        double *size = value;
        if (*size >= (double)h->sent_size && *size <= (double)h->sent_size)
            *size = (double)h->own_size;
    }
}
