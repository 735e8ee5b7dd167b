/* fuzz_stream.c - libFuzzer target for shim/: the same bytes written in one call and in any pieces, over a
   wire that waits and takes little at a time, arrive the same.

   Input: two bytes of settings, two of chance, then what the program writes. The same bytes are also heard as
   responses. A claim that does not hold traps. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shim/shim.h"
#include "shim/stream.h"

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct headroom_request {
    char *out;
    int bodies, sents, ends, heads;
};

static long requests_open;
static bool rewriting, core_missing;
static int known_mode;

void *shim_malloc(size_t n)
{
    return malloc(n);
}

void *shim_realloc(void *p, size_t n)
{
    return realloc(p, n);
}

void shim_free(void *p)
{
    free(p);
}

static headroom_request *request_new(headroom *h, const headroom_head *head, enum headroom_mode mode)
{
    (void)h, (void)mode;
    CLAIM(head->path_len > 0 && head->dialect);
    requests_open++;
    return calloc(1, sizeof(headroom_request));
}

/* Every body that begins with a brace becomes another one, of which the length depends on the bytes. */
static int request_body(headroom_request *r, const void *body, size_t n, const void **out, size_t *out_len)
{
    const char *p = body;

    r->bodies++;
    if (!rewriting || n == 0 || p[0] != '{')
        return 0;
    *out_len = n / 2 + (size_t)(unsigned char)p[n - 1] % 16;
    r->out = malloc(*out_len + 1);
    CLAIM(r->out);
    memset(r->out, p[n - 1], *out_len + 1);
    *out = r->out;
    return 1;
}

static void request_sent(headroom_request *r)
{
    CLAIM(r->bodies == 1 && r->sents++ == 0 && r->ends == 0);
    free(r->out);
}

static void response_head(headroom_request *r, int status, const char *type, size_t n, const char *coding,
                          size_t m)
{
    (void)type, (void)coding;
    CLAIM(r->sents == 1 && r->heads++ == 0 && status >= 200 && n < 1000 && m < 1000);
}

static void response_error(headroom_request *r, const char *name, size_t n)
{
    (void)r, (void)name;
    CLAIM(n > 0);
}

static void response_body(headroom_request *r, const void *p, size_t n)
{
    CLAIM(r->heads == 1 && p && n > 0);
}

static void request_end(headroom_request *r, bool complete)
{
    CLAIM(r->sents == 1 && (!complete || r->heads == 1));
    requests_open--;
    free(r);
}

static bool refuses(headroom *h, const headroom_head *head)
{
    (void)h, (void)head;
    return false;
}

static struct shim_core core = {
    .refuses = refuses,
    .request_new = request_new,
    .request_body = request_body,
    .request_sent = request_sent,
    .response_head = response_head,
    .response_error = response_error,
    .response_body = response_body,
    .request_end = request_end,
};

const struct shim_core *shim_core_get(void)
{
    return core_missing ? NULL : &core;
}

bool shim_enabled(void)
{
    return true;
}

int shim_known_mode(void)
{
    return known_mode;
}

/* ---- the wire ---- */

enum { ROOM = 1 << 16 };

struct wire {
    char got[4 * ROOM];
    size_t n;
    size_t most;    /* bytes taken at once */
    unsigned waits; /* one write in so many waits; 0: none */
    const char *pending;
    size_t pending_n;
    uint32_t luck;
};

static unsigned chance(uint32_t *luck, unsigned n)
{
    *luck = *luck * 1664525u + 1013904223u;
    return (*luck >> 16) % n;
}

static int wire_write(void *conn, const void *buf, size_t len, size_t *done)
{
    struct wire *w = conn;

    CLAIM(len > 0);
    if (w->pending) { /* the promise of every TLS library: the same bytes again, at least as many */
        CLAIM(len >= w->pending_n && memcmp(buf, w->pending, w->pending_n) == 0);
        free((void *)w->pending);
        w->pending = NULL;
    }
    if (len > w->most)
        len = w->most;
    if (w->waits && chance(&w->luck, w->waits) == 0) {
        char *copy = malloc(len);

        CLAIM(copy);
        w->pending = memcpy(copy, buf, len);
        w->pending_n = len;
        return -1;
    }
    CLAIM(w->n + len <= sizeof(w->got));
    memcpy(w->got + w->n, buf, len);
    w->n += len;
    *done = len;
    return 1;
}

static int wire_handshake(void *conn)
{
    struct wire *w = conn;

    return w->waits && chance(&w->luck, 4) == 0 ? -1 : 1;
}

/* One call of the program, retried from a buffer elsewhere until it succeeds. */
static size_t call(shim_stream *s, struct wire *w, const uint8_t *p, size_t n)
{
    const struct shim_wire wire = {.conn = w, .write = wire_write, .handshake = wire_handshake};

    for (;;) {
        size_t done = 0;
        uint8_t *copy = malloc(n);
        int rc;

        CLAIM(copy);
        memcpy(copy, p, n);
        rc = shim_stream_write(s, &wire, copy, n, &done);
        free(copy);
        if (rc > 0) {
            CLAIM(done > 0 && done <= n);
            return done;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wire whole, cut;
    shim_stream *a, *b;
    uint32_t luck;
    unsigned piece;

    if (size < 5 || size > ROOM)
        return 0;
    core.mode = HEADROOM_AUDIT + (data[0] & 3) % 3;
    known_mode = data[0] & 4 ? (int)core.mode : -1;
    rewriting = data[0] & 8;
    core_missing = (data[0] & 0xf0) == 0xf0;
    luck = data[2] * 256u + data[3];
    piece = data[1] & 1 ? 1 : data[1] & 2 ? 40 : 2000;
    whole.n = cut.n = 0;
    whole.most = SIZE_MAX;
    whole.waits = 0;
    cut.most = data[1] & 4 ? 7 : SIZE_MAX;
    cut.waits = data[1] & 8 ? 3 : 0;
    cut.luck = luck + 1;
    data += 4;
    size -= 4;

    a = shim_stream_new();
    b = shim_stream_new();
    CLAIM(a && b);
    CLAIM(call(a, &whole, data, size) == size);
    for (size_t at = 0, heard = 0; at < size;) {
        size_t n = 1 + chance(&luck, piece);

        at += call(b, &cut, data + at, n < size - at ? n : size - at);
        n = 1 + chance(&luck, 200);
        if (heard + n <= size && chance(&luck, 2)) {
            shim_stream_read(b, data + heard, n);
            heard += n;
        }
    }
    /* Without core the moment when that is found out depends on the pieces, and nothing else does. */
    CLAIM(core_missing || strcmp(shim_stream_state(a), shim_stream_state(b)) == 0);
    CLAIM(whole.n == cut.n && memcmp(whole.got, cut.got, cut.n) == 0);
    if (!rewriting || core.mode != HEADROOM_OPTIMIZE || core_missing)
        CLAIM(whole.n <= size && memcmp(whole.got, data, whole.n) == 0);
    if (known_mode == HEADROOM_AUDIT || strcmp(shim_stream_state(a), "PASS") == 0)
        CLAIM(rewriting || whole.n == size);
    if (luck & 1)
        shim_stream_eof(b);
    shim_stream_free(a);
    shim_stream_free(b);
    CLAIM(requests_open == 0);
    return 0;
}
