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
#include "known.h"

enum state { IDLE, HEAD, BODY, FLUSH, SKIP, WATCH, PASS };

/* Results of a step beside the original's own <= 0. */
enum { GO_ON = 1, TOOK_LESS = 2 };

struct shim_stream {
    enum state state;
    enum state next;        /* what follows FLUSH */
    struct framing framing; /* of the current request: as far as its bytes are held or have left */
    char *held; /* HEAD, BODY, FLUSH: to be sent. WATCH: a copy of what has left. Head, then body */
    size_t held_len, held_cap;
    size_t head_len;  /* of held; 0 while the head is not complete */
    size_t flushed;   /* of held_len, in FLUSH */
    size_t consumed;  /* bytes of the program's present call that are taken; survives a result <= 0 */
    const char *skip; /* "no_memory": the body could not be held or copied */
    bool line_ok;     /* the request line said yes */
    bool collecting;  /* WATCH: an LLM request, to be told to core when it is complete */
    bool copying;     /* and its body is copied */
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
    shim_free(s->held);
    exchange_drop(&s->exchange);
    memset(s, 0, sizeof(*s));
    exchange_init(&s->exchange);
}

void shim_stream_free(shim_stream *s)
{
    if (!s)
        return;
    shim_stream_reset(s);
    shim_free(s);
}

bool shim_stream_wanted(const void *buf, size_t len)
{
    const char *p = buf;
    size_t i = 0;

    while (i < len && i < 16 && ((p[i] >= 'A' && p[i] <= 'Z') || p[i] == '-'))
        i++;
    if (i < len && (i == 0 || p[i] != ' '))
        return false;
    return !(len >= 4 && memcmp(p, "PRI ", 4) == 0); /* HTTP/2 with prior knowledge */
}

const char *shim_stream_state(const shim_stream *s)
{
    static const char *const names[] = {"IDLE", "HEAD", "BODY", "FLUSH", "SKIP", "WATCH", "PASS"};

    return names[s->state];
}

/* ---- the buffer ---- */

static void release(shim_stream *s)
{
    shim_free(s->held);
    s->held = NULL;
    s->held_len = s->held_cap = s->head_len = s->flushed = 0;
}

static bool reserve(shim_stream *s, size_t total)
{
    char *grown;

    if (total <= s->held_cap)
        return true;
    grown = shim_realloc(s->held, total);
    if (!grown)
        return false;
    s->held = grown;
    s->held_cap = total;
    return true;
}

/* Heads grow by doubling; bodies have their room reserved at once. */
static bool hold(shim_stream *s, const char *p, size_t n)
{
    size_t need = s->held_len + n, room = s->held_cap ? s->held_cap : 1024;

    while (room < need)
        room *= 2;
    if (need > s->held_cap && !reserve(s, room))
        return false;
    memcpy(s->held + s->held_len, p, n);
    s->held_len = need;
    return true;
}

/* ---- the exchange ---- */

static void announce(shim_stream *s, const http_parser *parser, bool candidate)
{
    exchange_announce(&s->exchange, parser->method == HTTP_HEAD || parser->method == HTTP_CONNECT, candidate);
}

/* Head and body are complete in held, or will not be needed. */
static headroom_request *ask_core(shim_stream *s, const void **out, size_t *out_len)
{
    return exchange_ask(&s->exchange, s->held, s->head_len, s->held + s->head_len, s->held_len - s->head_len,
                        s->skip, out, out_len);
}

static void request_over(shim_stream *s)
{
    release(s);
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

/* Put the new body in the place of the old one; of the head only the digits of Content-Length change. Done in
   held itself where it fits, so that it cannot fail where the body shrinks. No memory: the original stays. */
static void replace_body(shim_stream *s, const void *body, size_t len)
{
    struct gate_head g;
    char digits[24];
    size_t n = 0, tail, total;

    gate_head(s->held, s->head_len, &g);
    for (size_t v = len; v > 0 || n == 0; v /= 10)
        digits[sizeof(digits) - ++n] = (char)('0' + v % 10);
    tail = s->head_len - g.length_off - g.length_len;
    total = g.length_off + n + tail + len;
    if (!reserve(s, total))
        return;
    memmove(s->held + g.length_off + n, s->held + g.length_off + g.length_len, tail);
    memcpy(s->held + g.length_off, digits + sizeof(digits) - n, n);
    memmove(s->held + g.length_off + n + tail, body, len);
    s->head_len = g.length_off + n + tail;
    s->held_len = total;
}

static int body_complete(shim_stream *s)
{
    const void *out;
    size_t out_len;
    headroom_request *r = ask_core(s, &out, &out_len);

    if (out)
        replace_body(s, out, out_len);
    size_t n = gate_without_ours(s->held, s->head_len);
    memmove(s->held + n, s->held + s->head_len, s->held_len - s->head_len);
    s->held_len -= s->head_len - n;
    s->head_len = n;
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

/* A complete head, not yet sent. BODY: hold on. WATCH: ours, but not to be touched. SKIP: not ours. */
static enum state judge_head(const shim_stream *s, const char *head, size_t n, const struct framing *f,
                             size_t *length)
{
    struct gate_head g;

    if (!s->exchange.core || f->complete || !gate_head(head, n, &g))
        return SKIP;
    *length = g.length;
    return g.skip || s->exchange.core->mode != HEADROOM_OPTIMIZE ? WATCH : BODY;
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

/* WATCH: the head has left and lies in held. */
static void watch_head(shim_stream *s)
{
    struct gate_head g;

    s->head_len = s->held_len;
    if (s->framing.complete || mode_now(s, 2) == HEADROOM_OFF || !gate_head(s->held, s->head_len, &g)) {
        s->state = SKIP;
        release(s);
        return;
    }
    s->collecting = true;
    if (s->exchange.core->mode == HEADROOM_OPTIMIZE && !s->skip)
        s->skip = "not_held"; /* core takes decisions only for bodies that can still be changed */
    /* Only the body tells that a hook above has recorded it (libcurl sends large ones with Expect). */
    s->copying = (!g.skip && !s->skip) || (known_any() && g.has_length && g.length <= SHIM_MAX_BODY);
    if (s->copying && !reserve(s, s->head_len + g.length)) {
        s->skip = "no_memory";
        s->copying = false;
    }
}

/* These bytes of a WATCH request have left: follow and copy them. */
static void watch(shim_stream *s, const char *p, size_t n)
{
    size_t at = 0, body;

    if (!s->framing.head_done) {
        at = framing_follow(&s->framing, p, n, true);
        if (!s->framing.broken && s->held_len + at <= SHIM_MAX_HEAD && hold(s, p, at) &&
            gate_request_line(s->held, s->held_len) != 0) {
            if (s->framing.head_done)
                watch_head(s);
        } else {
            s->state = SKIP;
            release(s);
        }
    }
    if (at == n || s->framing.broken || s->framing.complete || s->framing.upgrade)
        return;
    body = framing_follow(&s->framing, p + at, n - at, false);
    if (s->copying)
        hold(s, p + at, body); /* has its room already */
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

static int begin_hold(shim_stream *s, const struct shim_wire *wire, const char *p, size_t n, int line,
                      size_t *took)
{
    struct framing f = s->framing;
    size_t eaten = framing_follow(&f, p, n, true), length = 0;
    enum state to = HEAD;
    int rc;

    if (f.broken) {
        s->state = PASS;
        return GO_ON;
    }
    if (f.head_done) {
        to = judge_head(s, p, eaten, &f, &length);
        if (to != BODY) { /* passed by the program's own pointer: nothing copied, nothing allocated */
            s->state = to;
            return GO_ON;
        }
    }
    rc = wire->handshake(wire->conn);
    if (rc <= 0)
        return rc;
    if (!(to == BODY ? reserve(s, eaten + length) : true) || !hold(s, p, eaten)) {
        s->skip = "no_memory";
        s->state = WATCH;
        return GO_ON;
    }
    s->framing = f;
    s->line_ok = line == 2;
    s->head_len = to == BODY ? eaten : 0;
    s->state = to;
    *took = eaten;
    return GO_ON;
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
    if (mode == HEADROOM_OFF)
        s->state = PASS;
    else if (mode == HEADROOM_AUDIT || mode == HEADROOM_SIMULATE)
        s->state = WATCH;
    else
        return begin_hold(s, wire, p, n, line, took);
    return GO_ON;
}

static int hold_head(shim_stream *s, const char *p, size_t n, size_t *took)
{
    struct framing f = s->framing;
    size_t eaten = framing_follow(&f, p, n, true), length = 0;
    enum state to;

    if (f.broken)
        return let_go(s, PASS);
    if (!hold(s, p, eaten)) {
        s->skip = "no_memory";
        return let_go(s, WATCH);
    }
    s->framing = f;
    *took = eaten;
    if (s->held_len > SHIM_MAX_HEAD)
        return let_go(s, SKIP);
    if (!s->line_ok) {
        int line = gate_request_line(s->held, s->held_len), mode;

        if (line == 0)
            return let_go(s, SKIP);
        mode = mode_now(s, line);
        if (mode == HEADROOM_OFF)
            return let_go(s, PASS);
        if (mode == HEADROOM_AUDIT || mode == HEADROOM_SIMULATE)
            return let_go(s, WATCH);
        s->line_ok = line == 2;
    }
    if (!f.head_done)
        return GO_ON;
    to = judge_head(s, s->held, s->held_len, &f, &length);
    if (to != BODY)
        return let_go(s, to);
    s->head_len = s->held_len;
    if (!reserve(s, s->head_len + length)) {
        s->skip = "no_memory";
        return let_go(s, WATCH);
    }
    s->state = BODY;
    return GO_ON;
}

static int hold_body(shim_stream *s, const char *p, size_t n, size_t *took)
{
    *took = framing_follow(&s->framing, p, n, false);
    hold(s, p, *took); /* has its room already */
    return s->framing.complete ? body_complete(s) : GO_ON;
}

/* limit: at most so many bytes at a time. */
static int flush(shim_stream *s, const struct shim_wire *wire, size_t limit)
{
    while (s->flushed < s->held_len) {
        size_t n = s->held_len - s->flushed, done = 0;
        int rc = wire->write(wire->conn, s->held + s->flushed, n < limit ? n : limit, &done);

        if (rc <= 0)
            return rc;
        s->flushed += done;
    }
    s->flushed = 0;
    s->state = s->next;
    if (s->state == IDLE) {
        request_over(s);
    } else if (s->state == WATCH) {
        if (s->framing.head_done)
            watch_head(s);
        settle(s);
    } else {
        release(s);
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
