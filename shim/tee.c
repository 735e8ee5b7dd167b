/* tee.c - responses in the order of their requests, by http_parser. See tee.h. */
#include "tee.h"

#include <http_parser.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum {
    /* Longest header names looked at are "content-encoding" and "x-amzn-errortype"; longer ones are none of ours. */
    NAME_ROOM = 20,
    /* A Content-Type with a long boundary is no LLM response; what does not fit is cut off. */
    VALUE_ROOM = 128,
    /* Tries for the queue's lock. The holder needs nanoseconds; only a fork() in just that moment leaves it
       locked for ever in the child, which then gives up. */
    LOCK_TRIES = 10000
};

struct waiting {
    headroom_request *request; /* NULL: not an LLM request, or not attached yet */
    const struct shim_core *core;
    bool bodyless, begun;
};

struct value {
    char text[VALUE_ROOM];
    size_t n;
};

struct shim_tee {
    atomic_flag lock;
    uint64_t first, next; /* tickets in the queue: first .. next - 1 (lock) */
    struct waiting queue[SHIM_MAX_WAITING];
    atomic_bool off; /* responses are not followed any more */

    /* Below: the read side's own. */
    http_parser parser;
    struct waiting now; /* copy of the entry whose response is under way */
    bool in_response;   /* now is valid */
    bool interim;       /* a 1xx response is under way */
    bool in_value;
    char name[NAME_ROOM];
    size_t name_n; /* > NAME_ROOM: too long */
    struct value type, encoding, error;
};

static bool lock(shim_tee *t)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (!atomic_flag_test_and_set_explicit(&t->lock, memory_order_acquire))
            return true;
        sched_yield();
    }
    atomic_store(&t->off, true);
    return false;
}

static void unlock(shim_tee *t)
{
    atomic_flag_clear_explicit(&t->lock, memory_order_release);
}

static struct waiting *slot(shim_tee *t, uint64_t ticket)
{
    return &t->queue[ticket % SHIM_MAX_WAITING];
}

uint64_t shim_tee_expect(shim_tee *t, bool bodyless)
{
    uint64_t ticket = 0;

    if (atomic_load(&t->off) || !lock(t))
        return 0;
    if (t->next - t->first < SHIM_MAX_WAITING) {
        ticket = t->next++;
        *slot(t, ticket) = (struct waiting){.bodyless = bodyless};
    }
    unlock(t);
    if (ticket == 0)
        atomic_store(&t->off, true);
    return ticket;
}

bool shim_tee_attach(shim_tee *t, uint64_t ticket, const struct shim_core *core, headroom_request *r)
{
    bool taken = false;

    if (ticket == 0 || atomic_load(&t->off) || !lock(t))
        return false;
    if (ticket >= t->first && !slot(t, ticket)->begun) {
        slot(t, ticket)->request = r;
        slot(t, ticket)->core = core;
        taken = true;
    }
    unlock(t);
    return taken;
}

bool shim_tee_waits(shim_tee *t)
{
    bool some;

    if (atomic_load(&t->off) || !lock(t))
        return false;
    some = t->first < t->next;
    unlock(t);
    return some;
}

/* Takes the oldest entry out of the queue. False: the queue is empty. */
static bool pop(shim_tee *t, struct waiting *out)
{
    bool some;

    if (!lock(t))
        return false;
    some = t->first < t->next;
    if (some)
        *out = *slot(t, t->first++);
    unlock(t);
    return some;
}

/* The response of the oldest entry begins: nothing can be attached to it from here on. */
static bool begin_oldest(shim_tee *t)
{
    bool some;

    if (!lock(t))
        return false;
    some = t->first < t->next;
    if (some) {
        slot(t, t->first)->begun = true;
        t->now = *slot(t, t->first);
    }
    unlock(t);
    t->in_response = some;
    return some;
}

/* Stop following. A request that the write side attaches in this very moment is found by shim_tee_free. */
static void give_up(shim_tee *t)
{
    struct waiting w;

    atomic_store(&t->off, true);
    t->in_response = false;
    while (pop(t, &w)) {
        if (w.request)
            w.core->request_end(w.request, false);
    }
}

static int on_message_begin(http_parser *parser)
{
    shim_tee *t = parser->data;

    t->interim = t->in_value = false;
    t->name_n = t->type.n = t->encoding.n = t->error.n = 0;
    return 0;
}

static int on_header_field(http_parser *parser, const char *at, size_t n)
{
    shim_tee *t = parser->data;

    if (t->in_value) {
        t->in_value = false;
        t->name_n = 0;
    }
    if (n > NAME_ROOM - t->name_n || t->name_n > NAME_ROOM) {
        t->name_n = NAME_ROOM + 1;
        return 0;
    }
    memcpy(t->name + t->name_n, at, n);
    t->name_n += n;
    return 0;
}

static bool name_is(const shim_tee *t, const char *lower)
{
    if (t->name_n != strlen(lower))
        return false;
    for (size_t i = 0; i < t->name_n; i++) {
        char c = t->name[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c | 0x20);
        if (c != lower[i])
            return false;
    }
    return true;
}

static void append(struct value *v, const char *p, size_t n)
{
    if (n > VALUE_ROOM - v->n)
        n = VALUE_ROOM - v->n;
    memcpy(v->text + v->n, p, n);
    v->n += n;
}

static int on_header_value(http_parser *parser, const char *at, size_t n)
{
    shim_tee *t = parser->data;
    struct value *v = NULL;

    if (name_is(t, "content-type"))
        v = &t->type;
    else if (name_is(t, "content-encoding"))
        v = &t->encoding;
    else if (name_is(t, "x-amzn-errortype"))
        v = &t->error;
    if (v && !t->in_value) {
        if (v == &t->encoding && v->n > 0)
            append(v, ", ", 2); /* said twice: one list (RFC 9110 5.3) */
        else
            v->n = 0; /* the last one counts */
    }
    t->in_value = true;
    if (v)
        append(v, at, n);
    return 0;
}

/* 1: the response has no body, whatever its head says. */
static int on_headers_complete(http_parser *parser)
{
    shim_tee *t = parser->data;
    unsigned status = parser->status_code;

    if (status == 101)
        return -1;
    t->interim = status < 200;
    if (t->interim)
        return 1;
    if (!begin_oldest(t))
        return -1;
    if (t->now.request)
        t->now.core->response_head(t->now.request, (int)status, t->type.text, t->type.n, t->encoding.text,
                                   t->encoding.n);
    if (t->now.request && t->error.n > 0)
        t->now.core->response_error(t->now.request, t->error.text, t->error.n);
    /* RFC 9112 6.3: a 304 may say the length of what it does not carry. */
    return t->now.bodyless || status == 204 || status == 304;
}

static int on_body(http_parser *parser, const char *at, size_t n)
{
    shim_tee *t = parser->data;

    if (t->now.request)
        t->now.core->response_body(t->now.request, at, n);
    return 0;
}

static int on_message_complete(http_parser *parser)
{
    shim_tee *t = parser->data;
    struct waiting w;

    if (t->interim)
        return 0;
    t->in_response = false;
    if (!pop(t, &w))
        return -1;
    if (w.request)
        w.core->request_end(w.request, true);
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_message_begin,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

shim_tee *shim_tee_new(void)
{
    shim_tee *t = shim_malloc(sizeof(*t));

    if (!t)
        return NULL;
    memset(t, 0, sizeof(*t));
    atomic_flag_clear(&t->lock);
    atomic_init(&t->off, false);
    t->first = t->next = 1;
    http_parser_init(&t->parser, HTTP_RESPONSE);
    t->parser.data = t;
    return t;
}

void shim_tee_free(shim_tee *t)
{
    if (!t)
        return;
    atomic_flag_clear(&t->lock); /* nobody else is left; a fork() may have left it set */
    give_up(t);
    shim_free(t);
}

void shim_tee_read(shim_tee *t, const void *buf, size_t n)
{
    if (!atomic_load(&t->off))
        http_parser_execute(&t->parser, &settings, buf, n);
    if (atomic_load(&t->off) || HTTP_PARSER_ERRNO(&t->parser) != HPE_OK || t->parser.upgrade)
        give_up(t);
}

void shim_tee_eof(shim_tee *t)
{
    if (!atomic_load(&t->off))
        http_parser_execute(&t->parser, &settings, "", 0);
    give_up(t);
}
