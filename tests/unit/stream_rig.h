/* stream_rig.h - what the tests of shim/ stand on: a TLS library that behaves as OpenSSL does on retries, a
   core that is scripted by the body, a program that writes from the edge of readable memory, and a heap whose
   calls can be made to fail.

   It takes the place of shim/core.c. One test program includes it once; a test calls rig_begin and rig_end
   around each case. */
#ifndef STREAM_RIG_H
#define STREAM_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "core/coding.h"
#include "shim/shim.h"
#include "shim/stream.h"

#define RIG_UNUSED __attribute__((unused))

/* ---- bytes ---- */
struct bytes {
    char *p;
    size_t n;
};

/* Room for n bytes and a NUL, a power of two: bodies are built of many small pieces. */
static size_t bytes_room(size_t n)
{
    size_t room = 16;

    while (room <= n)
        room *= 2;
    return room;
}

static RIG_UNUSED void bytes_add(struct bytes *b, const void *p, size_t n)
{
    if (!b->p || bytes_room(b->n) != bytes_room(b->n + n))
        b->p = realloc(b->p, bytes_room(b->n + n));
    assert_non_null(b->p);
    if (n > 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

static RIG_UNUSED void bytes_text(struct bytes *b, const char *z)
{
    bytes_add(b, z, strlen(z));
}

static RIG_UNUSED void bytes_free(struct bytes *b)
{
    free(b->p);
    *b = (struct bytes){0};
}

/* ---- chance, the same in every run ---- */
static uint64_t rig_seed = 1;

static RIG_UNUSED unsigned chance(unsigned n)
{
    rig_seed ^= rig_seed << 13;
    rig_seed ^= rig_seed >> 7;
    rig_seed ^= rig_seed << 17;
    return (unsigned)((rig_seed >> 11) % n);
}

/* ---- the heap ---- */
static long heap_calls, heap_fail_at, heap_live;
static bool heap_fail_on; /* all later ones too */

static bool heap_fails(void)
{
    heap_calls++;
    return heap_fail_at > 0 && (heap_calls == heap_fail_at || (heap_fail_on && heap_calls > heap_fail_at));
}

void *shim_malloc(size_t n)
{
    if (heap_fails())
        return NULL;
    heap_live++;
    return malloc(n);
}

void *shim_realloc(void *p, size_t n)
{
    if (heap_fails())
        return NULL;
    heap_live += p == NULL;
    return realloc(p, n);
}

void shim_free(void *p)
{
    heap_live -= p != NULL;
    free(p);
}

/* ---- core ---- */
struct headroom_request {
    char host[64], path[128], dialect[32], skip[32]; /* skip "": none */
    char override[HEADROOM_OVERRIDES][64];           /* "": not said */
    hr_coding coding;
    enum headroom_mode mode;
    bool count_only;
    struct bytes body, out; /* body.p NULL: none was given */
    int bodies, sents, ends;
    int status;
    char type[64], encoding[32], error[64];
    struct bytes response;
    bool complete;
};

enum { RIG_REQUESTS = 256 };
static struct headroom_request *rig_requests[RIG_REQUESTS];
static size_t rig_request_count;
static bool rig_core_missing, rig_request_new_fails;
static int rig_known_mode = -1;
static int rig_core_gets;

/* What the scripted core makes of a body: {"cut".. becomes short, {"grow".. longer, the rest stays. */
static RIG_UNUSED bool rig_rewrite(const char *body, size_t n, struct bytes *out)
{
    static const char cut[] = "{\"cut\":1}";

    *out = (struct bytes){0};
    if (n >= 6 && memcmp(body, "{\"cut\"", 6) == 0) {
        bytes_add(out, cut, n < sizeof(cut) - 1 ? n : sizeof(cut) - 1);
        return true;
    }
    if (n >= 7 && memcmp(body, "{\"grow\"", 7) == 0) {
        bytes_add(out, body, n);
        for (int i = 0; i < 40; i++)
            bytes_text(out, "more and more ");
        return true;
    }
    return false;
}

/* The same for a body in a coding, by the coder that core uses. */
static RIG_UNUSED bool rig_rewrite_coded(hr_coding coding, const char *body, size_t n, struct bytes *out)
{
    hr_buf plain = {0}, coded = {0};
    struct bytes made = {0};
    bool done;

    *out = made;
    if (coding == HR_CODING_NONE)
        return rig_rewrite(body, n, out);
    done = hr_coding_decode(coding, hr_str_make(body, n), &plain) == 0 &&
           rig_rewrite(plain.data, plain.len, &made);
    if (done) {
        assert_int_equal(hr_coding_encode(coding, hr_str_make(made.p, made.n), &coded), 0);
        bytes_add(out, coded.data, coded.len);
    }
    bytes_free(&made);
    hr_buf_free(&plain);
    hr_buf_free(&coded);
    return done;
}

static void rig_copy(char *to, size_t room, const char *p, size_t n)
{
    if (n >= room)
        n = room - 1;
    if (n > 0)
        memcpy(to, p, n);
    to[n] = '\0';
}

static headroom_request *rig_request_new(headroom *h, const headroom_head *head, enum headroom_mode mode)
{
    headroom_request *r;

    (void)h;
    if (rig_request_new_fails)
        return NULL;
    assert_true(rig_request_count < RIG_REQUESTS);
    r = calloc(1, sizeof(*r));
    assert_non_null(r);
    rig_copy(r->host, sizeof(r->host), head->host, head->host_len);
    rig_copy(r->path, sizeof(r->path), head->path, head->path_len);
    rig_copy(r->dialect, sizeof(r->dialect), head->dialect, strlen(head->dialect));
    if (head->skip)
        rig_copy(r->skip, sizeof(r->skip), head->skip, strlen(head->skip));
    for (int i = 0; i < HEADROOM_OVERRIDES; i++)
        rig_copy(r->override[i], sizeof(r->override[i]), head->override[i].p, head->override[i].n);
    r->coding = hr_coding_of(hr_str_make(head->encoding, head->encoding_len));
    r->mode = mode;
    r->count_only = head->count_only;
    rig_requests[rig_request_count++] = r;
    return r;
}

static int rig_request_body(headroom_request *r, const void *body, size_t n, const void **out,
                            size_t *out_len)
{
    r->bodies++;
    assert_int_equal(r->ends, 0);
    if (body)
        bytes_add(&r->body, body, n);
    if (!body || r->skip[0] || r->mode != HEADROOM_OPTIMIZE ||
        !rig_rewrite_coded(r->coding, body, n, &r->out))
        return 0;
    *out = r->out.p;
    *out_len = r->out.n;
    return 1;
}

static void rig_request_sent(headroom_request *r)
{
    r->sents++;
    assert_int_equal(r->bodies, 1);
    assert_int_equal(r->ends, 0);
    if (r->out.p)
        memset(r->out.p, '!', r->out.n); /* nobody may use it any more */
    bytes_free(&r->out);
}

static void rig_response_head(headroom_request *r, int status, const char *type, size_t type_n,
                              const char *enc, size_t enc_n)
{
    assert_int_equal(r->sents, 1);
    assert_int_equal(r->ends, 0);
    assert_int_equal(r->status, 0);
    r->status = status;
    rig_copy(r->type, sizeof(r->type), type, type_n);
    rig_copy(r->encoding, sizeof(r->encoding), enc, enc_n);
}

static void rig_response_error(headroom_request *r, const char *name, size_t n)
{
    assert_true(r->status > 0);
    rig_copy(r->error, sizeof(r->error), name, n);
}

static void rig_response_body(headroom_request *r, const void *p, size_t n)
{
    assert_true(r->status != 0);
    assert_int_equal(r->ends, 0);
    bytes_add(&r->response, p, n);
}

static void rig_request_end(headroom_request *r, bool complete)
{
    r->ends++;
    assert_int_equal(r->ends, 1);
    assert_int_equal(r->sents, 1);
    r->complete = complete;
}

static bool rig_refused; /* the next request is */
static int rig_refusals;

static bool rig_refuses(headroom *h, const headroom_head *head)
{
    (void)h;
    assert_true(head->path_len > 0 && head->host_len > 0);
    rig_refusals += rig_refused;
    return rig_refused;
}

static struct shim_core rig_core = {
    .refuses = rig_refuses,
    .mode = HEADROOM_OPTIMIZE,
    .request_new = rig_request_new,
    .request_body = rig_request_body,
    .request_sent = rig_request_sent,
    .response_head = rig_response_head,
    .response_error = rig_response_error,
    .response_body = rig_response_body,
    .request_end = rig_request_end,
};

const struct shim_core *shim_core_get(void)
{
    rig_core_gets++;
    return rig_core_missing ? NULL : &rig_core;
}

bool shim_enabled(void)
{
    return true;
}

int shim_known_mode(void)
{
    return rig_known_mode;
}

/* ---- the TLS library: records, a socket that fills up, and OpenSSL's checks on retries ---- */
enum { RIG_FATAL = -5, RIG_WANT = -1 };

struct wire_sim {
    size_t record;        /* bytes in one record */
    bool partial;         /* SSL_MODE_ENABLE_PARTIAL_WRITE */
    bool moving;          /* SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER */
    unsigned wait_one_in; /* each record waits with this chance; 0: never */
    long wait_after;      /* > 0: wait once when so many bytes have left */
    int handshake_left;   /* calls until the handshake is done */
    int handshake_calls;  /* through the wire's handshake function */
    bool refuses;         /* every write is answered with `answer` */
    int answer;
    int writes;
    int bad_retries;     /* a retry that OpenSSL refuses */
    int broken_promises; /* a retry with other bytes than those that were pending */
    size_t written_before, pending;
    const char *pending_at;
    struct bytes pending_bytes;
    struct bytes server; /* what has arrived */
};

static struct wire_sim sim;

static bool sim_waits(void)
{
    if (sim.wait_after > 0 && (long)sim.server.n >= sim.wait_after) {
        sim.wait_after = 0;
        return true;
    }
    return sim.wait_one_in > 0 && chance(sim.wait_one_in) == 0;
}

static int sim_write(void *conn, const void *buf, size_t len, size_t *done)
{
    const char *p = buf;
    size_t total = sim.written_before;

    (void)conn;
    sim.writes++;
    assert_true(len > 0);
    if (sim.handshake_left > 0) {
        sim.handshake_left--;
        return RIG_WANT;
    }
    if (sim.refuses)
        return sim.answer;
    if (len < total || (sim.pending > 0 && len < total + sim.pending)) {
        sim.bad_retries++;
        return RIG_FATAL;
    }
    if (sim.pending > 0) {
        if (!sim.moving && p + total != sim.pending_at) {
            sim.bad_retries++;
            return RIG_FATAL;
        }
        sim.broken_promises += memcmp(p + total, sim.pending_bytes.p, sim.pending) != 0;
        if (sim_waits())
            return RIG_WANT;
        bytes_add(&sim.server, sim.pending_bytes.p, sim.pending);
        total += sim.pending;
        sim.pending = 0;
        sim.written_before = 0;
        if (sim.partial) {
            *done = total;
            return 1;
        }
    }
    while (total < len) {
        size_t n = len - total < sim.record ? len - total : sim.record;

        if (sim_waits()) {
            sim.pending = n;
            sim.pending_at = p + total;
            sim.pending_bytes.n = 0;
            bytes_add(&sim.pending_bytes, p + total, n);
            sim.written_before = total;
            return RIG_WANT;
        }
        bytes_add(&sim.server, p + total, n);
        total += n;
        if (sim.partial)
            break;
    }
    sim.written_before = 0;
    *done = total;
    return (int)total;
}

static int sim_handshake(void *conn)
{
    (void)conn;
    sim.handshake_calls++;
    if (sim.handshake_left > 0) {
        sim.handshake_left--;
        return RIG_WANT;
    }
    return 1;
}

enum { RIG_BROKEN = -7 };

static int sim_broken(void *conn)
{
    (void)conn;
    return RIG_BROKEN;
}

static const struct shim_wire rig_wire = {
    .write = sim_write, .handshake = sim_handshake, .broken = sim_broken};

/* ---- the program ---- */
enum { RIG_ROOM = 512 << 10 };
static char *rig_pages[2];

/* n bytes that end directly before memory that cannot be read, at one of two places. */
static const char *rig_at_edge(int which, const char *p, size_t n)
{
    char *to;

    if (!rig_pages[which]) {
        rig_pages[which] =
            mmap(NULL, RIG_ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(rig_pages[which] != MAP_FAILED);
        assert_int_equal(mprotect(rig_pages[which] + RIG_ROOM, 4096, PROT_NONE), 0);
    }
    assert_true(n <= RIG_ROOM);
    to = rig_pages[which] + RIG_ROOM - n;
    memcpy(to, p, n);
    return to;
}

/* One program that writes p[0..n) and retries as OpenSSL's rules say, from a moved buffer where the library
   allows that. Returns what the program is told; *left is set to what it may still write beyond n, for longer
   retries. */
static RIG_UNUSED size_t program_write(shim_stream *s, const char *p, size_t n, size_t more)
{
    int which = 0;

    for (int tries = 0; tries < 100000; tries++) {
        size_t done = 0;
        const char *at = rig_at_edge(which, p, n);
        int rc = shim_stream_write(s, &rig_wire, at, n, &done);

        if (rc > 0) {
            assert_true(done >= 1 && done <= n);
            if (!sim.partial)
                assert_int_equal(done, n);
            memset(rig_pages[which] + RIG_ROOM - n, 'Z', n); /* the buffer is the program's again */
            return done;
        }
        assert_int_equal(rc, RIG_WANT);
        if (sim.moving) {
            memset(rig_pages[which] + RIG_ROOM - n, 'Y', n);
            which = !which;
            if (more > 0 && chance(3) == 0) {
                size_t extra = 1 + chance((unsigned)more);

                n += extra;
                more -= extra;
            }
        }
    }
    fail_msg("the program waits for ever");
    return 0;
}

static RIG_UNUSED shim_stream *rig_begin(void)
{
    shim_stream *s;

    sim = (struct wire_sim){.record = 16384, .moving = true};
    rig_core.mode = HEADROOM_OPTIMIZE;
    rig_known_mode = -1;
    rig_core_missing = rig_request_new_fails = false;
    rig_core_gets = 0;
    heap_calls = heap_fail_at = heap_live = 0;
    heap_fail_on = false;
    rig_request_count = 0;
    s = shim_stream_new();
    assert_non_null(s);
    return s;
}

/* Frees the stream and says that nothing of it is left: memory, or a request that never ended. */
static RIG_UNUSED void rig_end(shim_stream *s)
{
    shim_stream_free(s);
    assert_int_equal(heap_live, 0);
    assert_int_equal(sim.broken_promises, 0);
    for (size_t i = 0; i < rig_request_count; i++) {
        headroom_request *r = rig_requests[i];

        assert_int_equal(r->ends, 1);
        assert_int_equal(r->sents, 1);
        bytes_free(&r->body);
        bytes_free(&r->out);
        bytes_free(&r->response);
        free(r);
    }
    rig_request_count = 0;
    bytes_free(&sim.server);
    bytes_free(&sim.pending_bytes);
}

static RIG_UNUSED void assert_server(const struct bytes *want)
{
    if (sim.server.n != want->n || (want->n > 0 && memcmp(sim.server.p, want->p, want->n) != 0))
        fail_msg("server got %zu bytes:\n%.600s\nwanted %zu:\n%.600s", sim.server.n,
                 sim.server.p ? sim.server.p : "", want->n, want->p ? want->p : "");
}

/* ---- requests ---- */

/* One POST to an LLM path; what arrives goes to want. */
static RIG_UNUSED void add_llm(struct bytes *in, struct bytes *want, const char *path, const char *body,
                               size_t n)
{
    static const char head[] =
        "POST %s HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/json; charset=utf-8\r\n"
        "x-api-key: k\r\nContent-Length: %zu\r\nAccept: */*\r\n\r\n";
    char text[512];
    struct bytes out;

    snprintf(text, sizeof(text), head, path, n);
    bytes_text(in, text);
    bytes_add(in, body, n);
    if (!rig_rewrite(body, n, &out))
        bytes_add(&out, body, n);
    snprintf(text, sizeof(text), head, path, out.n);
    bytes_text(want, text);
    bytes_add(want, out.p, out.n);
    bytes_free(&out);
}

static RIG_UNUSED void add_same(struct bytes *in, struct bytes *want, const char *text)
{
    bytes_text(in, text);
    bytes_text(want, text);
}

#endif
