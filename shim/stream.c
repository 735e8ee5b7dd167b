/* stream.c - the write machine of one connection. See stream.h for the picture.

   Two kinds of bytes: held ones, which are ours to send later and lie pinned in `held`; and passed ones,
   which the original gets by the program's own pointer and of which only a copy may be collected in `held`
   (WATCH). Every step takes some of the program's bytes or changes the state; the loop in shim_stream_write
   runs until all are taken or the original said no.

   The rule that keeps the program's view true: once the original has answered with a result <= 0 nothing more
   happens in that call, and everything that was taken is remembered in `consumed`. */
#include "stream.h"

#include <string.h>

#include "exchange.h"
#include "framing.h"
#include "gate.h"
#include "held.h"
#include "known.h"

enum state { IDLE, HEAD, BODY, FLUSH, SKIP, WATCH, PASS, BROKEN };

/* Results of a step beside the original's own <= 0. */
enum { GO_ON = 1, TOOK_LESS = 2 };

struct shim_stream {
    enum state state;
    enum state next;        /* what follows FLUSH */
    struct framing framing; /* of the current request: as far as its bytes are held or have left */
    struct held held;       /* HEAD, BODY, FLUSH: to be sent. WATCH: a copy of what has left */
    size_t flushed;         /* of held: what has left. More than 0 in BODY: the head went ahead (Expect) */
    size_t consumed;        /* bytes of the program's present call that are taken; survives a result <= 0 */
    const char *skip;       /* why the body cannot be changed: "no_memory", "too_large", "not_held" */
    bool line_ok;           /* the request line said yes */
    bool collecting;        /* WATCH: an LLM request, to be told to core when it is complete */
    bool copying;           /* and its body is copied */
    struct exchange exchange;
};

shim_stream *shim_stream_new(void)
{
    shim_stream *s = shim_malloc(sizeof(*s));
    if (s) {
        memset(s, 0, sizeof(*s));
        exchange_init(&s->exchange);
    }
    return s;
}

void shim_stream_reset(shim_stream *s)
{
    held_free(&s->held);
    exchange_drop(&s->exchange);
    memset(s, 0, sizeof(*s));
    exchange_init(&s->exchange);
}

void shim_stream_free(shim_stream *s)
{
    if (s)
        shim_stream_reset(s);
    shim_free(s);
}

const char *shim_stream_state(const shim_stream *s)
{
    static const char *const names[] = {"IDLE", "HEAD", "BODY", "FLUSH", "SKIP", "WATCH", "PASS", "BROKEN"};
    return names[s->state];
}

enum shim_rest shim_stream_rest(const shim_stream *s)
{
    const struct held *h = &s->held;
    shim_tee *t = atomic_load(&s->exchange.tee);

    if (s->state == BODY && !h->chunked && h->len > h->head && h->p[h->head] == '{')
        return SHIM_IN_JSON;
    if (s->consumed > 0 || (s->state != IDLE && s->state != PASS))
        return SHIM_IN_REQUEST;
    return t && shim_tee_waits(t) ? SHIM_WAITING : SHIM_AT_REST;
}

/* ---- the exchange ---- */

static void announce(shim_stream *s, const http_parser *parser, bool candidate)
{
    exchange_announce(&s->exchange, parser->method == HTTP_HEAD || parser->method == HTTP_CONNECT, candidate);
}

/* Head and body are complete in held, or will not be needed. */
static headroom_request *ask_core(shim_stream *s, const void **out, size_t *out_len)
{
    struct held_body body = {0};
    const char *doubt = held_body(&s->held, &body); /* a body that was only watched may be known, too */
    const char *skip = s->skip ? s->skip : doubt;
    headroom_request *r =
        exchange_ask(&s->exchange, s->held.p, s->held.head, body.p, body.n, skip, out, out_len);

    shim_free(body.joined);
    return r;
}

static void request_over(shim_stream *s)
{
    held_free(&s->held);
    s->flushed = 0;
    exchange_over(&s->exchange);
}

void shim_stream_read(shim_stream *s, const void *buf, size_t n)
{
    exchange_read(&s->exchange, buf, n);
}

void shim_stream_eof(shim_stream *s)
{
    exchange_eof(&s->exchange);
}

static int body_complete(shim_stream *s)
{
    const void *out;
    size_t out_len;
    headroom_request *r = ask_core(s, &out, &out_len);

    if (out && out_len > 0)
        held_replace(&s->held, out, out_len); /* no memory for it: the original stays */
    if (s->flushed == 0)
        held_strip_head(&s->held);
    announce(s, &s->framing.parser, true);
    exchange_hand_over(&s->exchange, r);
    s->state = FLUSH;
    s->next = IDLE;
    return GO_ON;
}

/* ---- deciding ---- */

/* What this process does, as far as it can be known after such a request line. */
static int mode_now(shim_stream *s, int line)
{
    if (line == 2 && !s->exchange.core) {
        s->exchange.core = shim_core_get();
        if (!s->exchange.core)
            return HEADROOM_OFF;
    }
    return s->exchange.core ? (int)s->exchange.core->mode : shim_known_mode();
}

/* A complete head, not yet sent. BODY: hold on. WATCH: ours, but not to be touched. SKIP: not ours. BROKEN: not to be sent. */
static enum state judge_head(const shim_stream *s, const char *head, size_t n, const struct framing *f,
                             struct gate_head *g)
{
    if (!s->exchange.core || f->complete || !gate_head(head, n, g))
        return SKIP;
    if (exchange_refuses(&s->exchange, g))
        return BROKEN;
    return g->skip || s->exchange.core->mode != HEADROOM_OPTIMIZE ? WATCH : BODY;
}

/* The same for one that passes, where it comes in one piece. */
static bool may_pass(const shim_stream *s, const char *p, size_t n)
{
    struct framing f = s->framing;
    struct gate_head g;
    size_t head = framing_follow(&f, p, n, true);

    return !f.head_done || judge_head(s, p, head, &f, &g) != BROKEN;
}

/* Send what is held as it is, then go on in `next`. */
static int let_go(shim_stream *s, enum state next)
{
    if (s->framing.head_done && next != PASS)
        announce(s, &s->framing.parser, next == WATCH);
    s->state = FLUSH;
    s->next = next;
    return GO_ON;
}

/* ---- passing ---- */

/* WATCH: the head has left and lies in held; what was held of a body has left behind it and is not needed. */
static void watch_head(shim_stream *s)
{
    struct gate_head g;

    if (s->held.head == 0)
        s->held.head = s->held.len;
    s->held.len = s->held.head;
    if (s->framing.complete || mode_now(s, 2) == HEADROOM_OFF || !gate_head(s->held.p, s->held.head, &g)) {
        s->state = SKIP;
        held_free(&s->held);
        return;
    }
    s->collecting = true;
    s->held.chunked = g.chunked;
    if (s->exchange.core->mode == HEADROOM_OPTIMIZE && !s->skip)
        s->skip = "not_held"; /* core takes decisions only for bodies that can still be changed */
    /* Only the body tells that a hook above has recorded it (libcurl sends large ones with Expect). */
    s->copying = (!g.skip && !s->skip) || (known_any() && g.has_length && g.length <= SHIM_MAX_BODY);
    if (s->copying && !held_reserve(&s->held, s->held.head + g.length)) {
        s->skip = "no_memory";
        s->copying = false;
    }
}

/* Keep a copy of these body bytes of a WATCH request; chunks come without a length, so there is an end to it. */
static void copy_body(shim_stream *s, const char *p, size_t n)
{
    if (s->held.len - s->held.head + n > SHIM_MAX_BODY)
        s->skip = "too_large";
    else if (!held_add(&s->held, p, n))
        s->skip = "no_memory";
    else
        return;
    s->copying = false;
    s->held.len = s->held.head;
}

/* These bytes of a WATCH request have left: follow and copy them. */
static void watch(shim_stream *s, const char *p, size_t n)
{
    size_t at = 0, body;

    if (!s->framing.head_done) {
        at = framing_follow(&s->framing, p, n, true);
        if (!s->framing.broken && s->held.len + at <= SHIM_MAX_HEAD && held_add(&s->held, p, at) &&
            gate_request_line(s->held.p, s->held.len) != 0) {
            if (s->framing.head_done)
                watch_head(s);
        } else {
            s->state = SKIP;
            held_free(&s->held);
        }
    }
    if (at == n || s->framing.broken || s->framing.complete || s->framing.upgrade)
        return;
    body = framing_follow(&s->framing, p + at, n - at, false);
    if (s->copying)
        copy_body(s, p + at, body);
}

/* Bytes of a SKIP or WATCH request have left: what now? */
static void settle(shim_stream *s)
{
    const struct framing *f = &s->framing;
    const void *out;
    size_t out_len;

    if (!f->broken && !f->complete && !f->upgrade)
        return;
    if (s->state == WATCH && s->collecting && !f->broken)
        exchange_hand_over(&s->exchange, ask_core(s, &out, &out_len));
    request_over(s);
    s->state = f->broken || f->upgrade ? PASS : IDLE;
}

/* SKIP and WATCH: give the original the program's own bytes up to the end of this request. */
static int pass_along(shim_stream *s, const struct shim_wire *wire, const char *p, size_t n, size_t *took)
{
    struct framing ahead = s->framing;
    size_t region = framing_follow(&ahead, p, n, false);
    int rc;

    if (ahead.broken || ahead.upgrade)
        region = n;
    if (ahead.head_done)
        announce(s, &ahead.parser, s->state == WATCH);
    rc = wire->write(wire->conn, p, region, took);
    if (rc <= 0)
        return rc;
    if (s->state == WATCH)
        watch(s, p, *took);
    else if (*took == region)
        s->framing = ahead;
    else
        framing_follow(&s->framing, p, *took, false);
    settle(s);
    return *took < region ? TOOK_LESS : GO_ON;
}

static int pass(const struct shim_wire *wire, const char *p, size_t n, size_t *took)
{
    int rc = wire->write(wire->conn, p, n, took);

    return rc <= 0 ? rc : *took < n ? TOOK_LESS : GO_ON;
}

/* ---- holding ---- */

static int let_go_for(shim_stream *s, const char *skip)
{
    s->skip = skip;
    return let_go(s, WATCH);
}

/* The head is complete and held, and so shall the body be. */
static int begin_body(shim_stream *s, const struct gate_head *g)
{
    bool ahead = g->expect;

    s->held.head = s->held.len;
    s->held.chunked = g->chunked;
    if (!held_reserve(&s->held, s->held.head + g->length) || (ahead && !held_add_stripped_head(&s->held)))
        return let_go_for(s, "no_memory");
    s->state = BODY;
    if (!ahead)
        return GO_ON;
    /* The client waits for the server's 100 Continue: the head leaves now. It is held twice, as core shall see it and, behind
       that, as it leaves; flush takes the second one away. */
    announce(s, &s->framing.parser, true);
    s->flushed = s->held.head;
    s->state = FLUSH;
    s->next = BODY;
    return GO_ON;
}

static int begin_hold(shim_stream *s, const struct shim_wire *wire, const char *p, size_t n, int line,
                      size_t *took)
{
    struct framing f = s->framing;
    struct gate_head g = {0};
    size_t eaten = framing_follow(&f, p, n, true);
    int rc;

    if (f.broken) {
        s->state = PASS;
        return GO_ON;
    }
    if (f.head_done) {
        enum state to = judge_head(s, p, eaten, &f, &g);

        if (to != BODY) { /* passed by the program's own pointer: nothing copied, nothing allocated */
            s->state = to;
            return GO_ON;
        }
    }
    rc = wire->handshake(wire->conn);
    if (rc <= 0)
        return rc;
    if (!held_reserve(&s->held, eaten + g.length) || !held_add(&s->held, p, eaten)) {
        s->skip = "no_memory";
        s->state = WATCH;
        return GO_ON;
    }
    s->framing = f;
    s->line_ok = line == 2;
    s->state = HEAD;
    *took = eaten;
    return f.head_done ? begin_body(s, &g) : GO_ON;
}

static int idle(shim_stream *s, const struct shim_wire *wire, const char *p, size_t n, size_t *took)
{
    size_t blank = 0;
    int line, mode;

    while (blank < n && (p[blank] == '\r' || p[blank] == '\n'))
        blank++;
    if (blank > 0) /* RFC 9112 2.2: empty lines before a request mean nothing */
        return pass(wire, p, blank, took);
    framing_begin(&s->framing);
    exchange_begin(&s->exchange);
    s->line_ok = s->collecting = s->copying = false;
    s->skip = NULL;
    line = gate_request_line(p, n);
    if (line == 0) {
        s->state = SKIP;
        return GO_ON;
    }
    mode = mode_now(s, line);
    if (mode != HEADROOM_OFF && mode != HEADROOM_AUDIT && mode != HEADROOM_SIMULATE)
        return begin_hold(s, wire, p, n, line, took);
    s->state = mode == HEADROOM_OFF ? PASS : may_pass(s, p, n) ? WATCH : BROKEN;
    return GO_ON;
}

static int hold_head(shim_stream *s, const char *p, size_t n, size_t *took)
{
    struct framing f = s->framing;
    struct gate_head g;
    size_t eaten = framing_follow(&f, p, n, true);
    enum state to;

    if (f.broken)
        return let_go(s, PASS);
    if (!held_add(&s->held, p, eaten))
        return let_go_for(s, "no_memory");
    s->framing = f;
    *took = eaten;
    if (s->held.len > SHIM_MAX_HEAD)
        return let_go(s, SKIP);
    if (!s->line_ok) {
        int line = gate_request_line(s->held.p, s->held.len), mode;
        if (line == 0)
            return let_go(s, SKIP);
        mode = mode_now(s, line);
        if (mode == HEADROOM_OFF || mode == HEADROOM_AUDIT || mode == HEADROOM_SIMULATE)
            return let_go(s, mode == HEADROOM_OFF ? PASS : WATCH);
        s->line_ok = line == 2;
    }
    if (!f.head_done)
        return GO_ON;
    to = judge_head(s, s->held.p, s->held.len, &f, &g);
    if (to == BROKEN) {
        s->state = to;
        *took = 0; /* this very call fails */
        return GO_ON;
    }
    return to == BODY ? begin_body(s, &g) : let_go(s, to);
}

static int hold_body(shim_stream *s, const char *p, size_t n, size_t *took)
{
    struct framing f = s->framing;
    size_t eaten = framing_follow(&f, p, n, false);

    if (f.broken)
        return let_go(s, PASS);
    if (s->held.len - s->held.head + eaten > SHIM_MAX_BODY)
        return let_go_for(s, "too_large");
    if (!held_add(&s->held, p, eaten))
        return let_go_for(s, "no_memory");
    s->framing = f;
    *took = eaten;
    return f.complete ? body_complete(s) : GO_ON;
}

/* limit: at most so many bytes at a time. */
static int flush(shim_stream *s, const struct shim_wire *wire, size_t limit)
{
    while (s->flushed < s->held.len) {
        size_t n = s->held.len - s->flushed, done = 0;
        int rc = wire->write(wire->conn, s->held.p + s->flushed, n < limit ? n : limit, &done);

        if (rc <= 0)
            return rc;
        s->flushed += done;
    }
    s->state = s->next;
    s->flushed = 0;
    if (s->state == BODY) {
        s->flushed = s->held.len = s->held.head;
    } else if (s->state == IDLE) {
        request_over(s);
    } else if (s->state == WATCH) {
        if (s->framing.head_done)
            watch_head(s);
        settle(s);
    } else {
        held_free(&s->held);
        if (s->state == SKIP)
            settle(s);
    }
    return GO_ON;
}

int shim_stream_write(shim_stream *s, const struct shim_wire *wire, const void *buf, size_t len, size_t *done)
{
    size_t pos = s->consumed < len ? s->consumed : len;
    int rc = GO_ON;
    while (rc == GO_ON && (s->state == FLUSH || pos < len)) {
        const char *p = (const char *)buf + pos;
        size_t n = len - pos, took = 0;

        switch (s->state) {
        case IDLE:
            rc = idle(s, wire, p, n, &took);
            break;
        case HEAD:
            rc = hold_head(s, p, n, &took);
            break;
        case BODY:
            rc = hold_body(s, p, n, &took);
            break;
        case FLUSH:
            /* A retry shorter than what was taken: the original shall see how short it is, and judge. */
            rc = flush(s, wire, s->consumed > len ? len : SIZE_MAX);
            break;
        case SKIP:
        case WATCH:
            rc = pass_along(s, wire, p, n, &took);
            break;
        case PASS:
            rc = pass(wire, p, n, &took);
            break;
        case BROKEN:
            rc = wire->broken(wire->conn);
            break;
        }
        if (rc <= 0)
            return rc;
        pos += took;
        s->consumed += took;
    }
    *done = pos;
    s->consumed -= pos; /* more than 0 only after such a shorter retry: its rest is taken already */
    return 1;
}
