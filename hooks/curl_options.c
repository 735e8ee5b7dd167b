/* curl_options.c - libcurl's rules of which option undoes which. See curl_options.h. */
#include "curl_options.h"

#include <string.h>

void curl_options_init(struct curl_options *o, const struct curl_library *l)
{
    *o = (struct curl_options){.size = -1, .copied_at = -1, .protocols = (long)CURLPROTO_ALL};
    o->write_data = l->out ? *l->out : NULL;
}

void curl_options_free(struct curl_options *o)
{
    shim_free(o->url);
    shim_free(o->target);
    shim_free(o->custom);
    shim_free(o->copied);
    shim_free(o->protocol_names);
    *o = (struct curl_options){0};
}

/* n bytes and a NUL. */
static char *copy_bytes(struct curl_options *o, const char *p, size_t n)
{
    char *copy = shim_malloc(n + 1);
    if (!copy) {
        o->lost = true;
        return NULL;
    }
    memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

/* ok: libcurl could copy it; if not, nobody knows what it holds now. */
static void set_text(struct curl_options *o, char **where, const char *text, bool ok)
{
    shim_free(*where);
    *where = ok && text ? copy_bytes(o, text, strlen(text)) : NULL;
    o->lost |= !ok;
}

static size_t size_of(const char *post, curl_off_t size)
{
    return size < 0 ? strlen(post) : (size_t)size;
}

size_t curl_options_body_size(const struct curl_options *o)
{
    return size_of(o->post, o->size);
}

void curl_options_copy(struct curl_options *to, const struct curl_options *from)
{
    *to = *from;
    to->url = to->target = to->custom = to->copied = to->protocol_names = NULL;
    set_text(to, &to->url, from->url, true);
    set_text(to, &to->target, from->target, true);
    set_text(to, &to->custom, from->custom, true);
    set_text(to, &to->protocol_names, from->protocol_names, true);
    if (from->copied)
        to->post = to->copied = copy_bytes(to, from->copied, size_of(from->copied, from->copied_at));
}

static void drop_copied(struct curl_options *o)
{
    shim_free(o->copied);
    o->copied = NULL;
    o->post = NULL;
}

static void copy_post_fields(struct curl_options *o, const char *text, bool ok)
{
    drop_copied(o);
    if (ok && text)
        o->post = o->copied = copy_bytes(o, text, size_of(text, o->size));
    o->copied_at = o->size;
    o->lost |= !ok;
    o->method = CURL_POST;
}

static void set_size(struct curl_options *o, curl_off_t size)
{
    if (o->size < size && o->copied)
        drop_copied(o); /* libcurl would read beyond what it copied */
    o->size = size;
}

/* What each of these implies in libcurl. */
static void set_method(struct curl_options *o, enum curl_method method, bool upload)
{
    o->method = method;
    o->upload = upload;
    if (method != CURL_GET)
        o->no_body = false;
}

static void set_no_body(struct curl_options *o, bool on)
{
    o->no_body = on;
    if (on)
        o->method = CURL_HEAD;
    else if (o->method == CURL_HEAD)
        o->method = CURL_GET;
}

void curl_options_track(struct curl_options *o, CURLoption option, union curl_value v, bool ok)
{
    int number = (int)option;

    switch (number) {
    case CURLOPT_URL:
        set_text(o, &o->url, v.pointer, ok);
        return;
    case CURLOPT_REQUEST_TARGET:
        set_text(o, &o->target, v.pointer, ok);
        return;
    case CURLOPT_CUSTOMREQUEST:
        set_text(o, &o->custom, v.pointer, ok);
        return;
    case CURLOPT_COPYPOSTFIELDS:
        copy_post_fields(o, v.pointer, ok);
        return;
    default:
        break;
    }
    if (!ok)
        return;
    switch (number) {
    case CURLOPT_CURLU:
        o->parts = v.pointer;
        break;
    case CURLOPT_PORT:
        o->port = v.number;
        break;
    case CURLOPT_PROTOCOLS:
        set_text(o, &o->protocol_names, NULL, true);
        o->protocols = v.number;
        break;
    case CURLOPT_PROTOCOLS_STR:
        set_text(o, &o->protocol_names, v.pointer, true);
        o->protocols = (long)CURLPROTO_ALL;
        break;
    case CURLOPT_ERRORBUFFER:
        o->error_buffer = v.pointer;
        break;
    case CURLOPT_HTTPHEADER:
        o->headers = v.pointer;
        break;
    case CURLOPT_POSTFIELDS:
        drop_copied(o);
        o->post = v.pointer;
        o->method = CURL_POST;
        break;
    case CURLOPT_POSTFIELDSIZE:
        set_size(o, v.number);
        break;
    case CURLOPT_POSTFIELDSIZE_LARGE:
        set_size(o, v.large);
        break;
    case CURLOPT_POST:
        set_method(o, v.number ? CURL_POST : CURL_GET, false);
        break;
    case CURLOPT_HTTPGET:
        if (v.number) {
            set_method(o, CURL_GET, false);
            o->no_body = false;
        }
        break;
    case CURLOPT_NOBODY:
        set_no_body(o, v.number != 0);
        break;
    case CURLOPT_UPLOAD:
    case CURLOPT_PUT:
        set_method(o, v.number ? CURL_PUT : CURL_GET, v.number != 0);
        break;
    case CURLOPT_HTTPPOST:
    case CURLOPT_MIMEPOST:
        set_method(o, CURL_FORM, o->upload);
        break;
    case CURLOPT_HTTPAUTH:
        o->signs = (v.number & (long)CURLAUTH_AWS_SIGV4) != 0;
        break;
    case CURLOPT_AWS_SIGV4:
        o->signs |= v.pointer != NULL;
        break;
    case CURLOPT_WRITEFUNCTION:
        memcpy(&o->write, &v.pointer, sizeof o->write);
        break;
    case CURLOPT_WRITEDATA:
        o->write_data = v.pointer;
        break;
    case CURLOPT_HEADERFUNCTION:
        memcpy(&o->header, &v.pointer, sizeof o->header);
        break;
    case CURLOPT_HEADERDATA:
        o->header_data = v.pointer;
        break;
    case CURLOPT_HEADER:
        o->head_in_body = v.number != 0;
        break;
    case CURLOPT_ACCEPT_ENCODING:
        o->decodes = v.pointer != NULL;
        break;
    case CURLOPT_HTTP_CONTENT_DECODING:
        o->raw = v.number == 0;
        break;
    default:
        break;
    }
}
