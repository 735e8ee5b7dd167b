/* connections.c - see connections.h. Open addressing: a connection lies in one of WINDOW places from its hash on. */
#include "connections.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"

enum { SLOTS = 512, WINDOW = 8, MAX_LINE = 8 << 10 };

struct connection_slot {
    _Atomic(const void *) ssl; /* NULL: free */
    atomic_int holder;         /* guards all below: the process whose thread is at work here; 0: none is */
    atomic_bool deaf;          /* something was read that the stream did not see */
    shim_stream *stream;
    struct identity first; /* when the request began, after the handshake */
    struct identity last;  /* after the program's last write */
    uint64_t failed;       /* fingerprint of the call that failed; */
    size_t failed_len;     /* 0: none did */
};

static struct connection_slot slots[SLOTS + WINDOW];

static struct connection_slot *window(const void *ssl)
{
    uint64_t h =
        (uint64_t)(uintptr_t)ssl * 0x9e3779b97f4a7c15; /* Fibonacci hashing: 2^64 by the golden ratio */

    return &slots[h >> 55];
}

static struct connection_slot *find(const void *ssl)
{
    struct connection_slot *w = window(ssl);

    for (int i = 0; i < WINDOW; i++)
        if (atomic_load_explicit(&w[i].ssl, memory_order_acquire) == ssl)
            return &w[i];
    return NULL;
}

static bool try_lock(struct connection_slot *c)
{
    int nobody = 0;

    return atomic_compare_exchange_strong(&c->holder, &nobody, (int)getpid());
}

static void unlock(struct connection_slot *c)
{
    atomic_store(&c->holder, 0);
}

/* Waits for a thread that looks at what was read, or throws an old stream away. A fork() may have left it locked by a thread that
   does not exist here. */
static void lock(struct connection_slot *c)
{
    int self = (int)getpid();

    for (int seen = 0; !atomic_compare_exchange_strong(&c->holder, &seen, self);) {
        if (seen == self) {
            sched_yield();
            seen = 0;
        }
    }
}

static void release(struct connection_slot *c)
{
    shim_stream_free(c->stream);
    c->stream = NULL;
    c->failed_len = 0;
    atomic_store_explicit(&c->ssl, NULL, memory_order_release);
}

/* A free place, or one whose request is over and whose response never came. Locked. */
static struct connection_slot *claim(const void *ssl)
{
    struct connection_slot *w = window(ssl);

    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < WINDOW; i++) {
            if (!try_lock(&w[i]))
                continue;
            if (pass == 1 && w[i].stream && shim_stream_rest(w[i].stream) >= SHIM_WAITING)
                release(&w[i]);
            if (!atomic_load(&w[i].ssl)) {
                w[i].stream = shim_stream_new();
                if (w[i].stream) {
                    atomic_store(&w[i].deaf, false);
                    w[i].first = w[i].last = (struct identity){0};
                    atomic_store_explicit(&w[i].ssl, ssl, memory_order_release);
                    return &w[i];
                }
            }
            unlock(&w[i]);
        }
    }
    return NULL;
}

bool connections_begins_request(const void *buf, size_t n)
{
    const char *p = buf, *end, *space;
    size_t verb = 0;

    while (verb < n && verb < 16 && ((p[verb] >= 'A' && p[verb] <= 'Z') || p[verb] == '-'))
        verb++;
    if (verb == 0 || verb == n || p[verb] != ' ')
        return false;
    end = memchr(p, '\n', n < MAX_LINE ? n : MAX_LINE);
    if (!end || end - p < 12 || end[-1] != '\r')
        return false;
    space = end - 10; /* " HTTP/1.1\r" */
    return space > p + verb && memcmp(space, " HTTP/1.", 8) == 0 && (space[8] == '0' || space[8] == '1');
}

bool connections_begins_http_2(const void *buf, size_t n)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    return n >= sizeof preface - 1 && memcmp(buf, preface, sizeof preface - 1) == 0;
}

/* FNV-1a by words would do as well; this is only to tell one call's bytes from another's. */
static uint64_t fingerprint(const void *buf, size_t n)
{
    const unsigned char *p = buf;
    uint64_t h = n ^ 0xcbf29ce484222325;

    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = (h ^ word) * 0x9e3779b97f4a7c15;
        h ^= h >> 32;
    }
    for (; n > 0; n--, p++)
        h = (h ^ *p) * 0x100000001b3;
    return h;
}

/* Bytes that stand in no JSON text: other control characters than tab and line ends. */
static bool is_no_text(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n && i < 64; i++)
        if (p[i] < 0x20 && p[i] != '\t' && p[i] != '\r' && p[i] != '\n')
            return true;
    return false;
}

/* What hardly stands in the middle of a request, and at the beginning of another connection. */
static bool begins_otherwise(enum shim_rest rest, const void *buf, size_t n)
{
    return connections_begins_request(buf, n) || connections_begins_http_2(buf, n) ||
           (rest == SHIM_IN_JSON && is_no_text(buf, n));
}

static bool continues(const struct connection_slot *c, const void *buf, size_t n)
{
    enum identity_verdict who = identity_compare(&c->last, atomic_load(&c->ssl));

    if (who == IDENTITY_OTHER)
        return false;
    if (c->failed_len > 0)
        return n >= c->failed_len && fingerprint(buf, c->failed_len) == c->failed;
    enum shim_rest rest = shim_stream_rest(c->stream);
    return (rest == SHIM_IN_REQUEST || rest == SHIM_IN_JSON) &&
           (who == IDENTITY_SAME || !begins_otherwise(rest, buf, n));
}

struct connection_slot *connections_enter(const void *ssl, const void *buf, size_t n)
{
    struct connection_slot *c = find(ssl);

    if (c) {
        lock(c);
        if (atomic_load(&c->ssl) == ssl && continues(c, buf, n))
            return c;
        if (atomic_load(&c->ssl) == ssl)
            release(c);
        unlock(c);
    }
    return connections_begins_request(buf, n) ? claim(ssl) : NULL;
}

shim_stream *connections_stream(const struct connection_slot *c)
{
    return c->stream;
}

void connections_leave(struct connection_slot *c, const void *buf, size_t n, bool failed)
{
    c->failed_len = failed ? n : 0;
    /* Each time, since the call may have renegotiated; but a first call that failed may have left the handshake half done. */
    if (!failed || c->first.generation != 0)
        identity_take(&c->last, atomic_load(&c->ssl));
    if (c->first.generation == 0)
        c->first = c->last;
    if (failed)
        c->failed = fingerprint(buf, n);
    else if (shim_stream_rest(c->stream) == SHIM_AT_REST)
        release(c);
    unlock(c);
}

/* The program has read from the connection that c is for. */
static void follow(struct connection_slot *c, const void *ssl, const void *buf, size_t n)
{
    bool same = identity_compare(&c->last, ssl) != IDENTITY_OTHER, deaf = atomic_load(&c->deaf);

    if (same && !deaf && n > 0)
        shim_stream_read(c->stream, buf, n);
    if (same && !deaf && n == 0)
        shim_stream_eof(c->stream);
    if (same && shim_stream_rest(c->stream) == SHIM_AT_REST)
        identity_learn(&c->first, ssl);
    if (!same || shim_stream_rest(c->stream) == SHIM_AT_REST)
        release(c);
}

void connections_tee(const void *ssl, const void *buf, size_t n)
{
    struct connection_slot *c = find(ssl);

    if (!c)
        return;
    if (!try_lock(c)) {
        atomic_store(&c->deaf, true);
        return;
    }
    if (atomic_load(&c->ssl) == ssl)
        follow(c, ssl, buf, n);
    unlock(c);
}

void connections_end(void)
{
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        if (!atomic_load(&slots[i].ssl) || !try_lock(&slots[i]))
            continue;
        release(&slots[i]);
        unlock(&slots[i]);
    }
}
