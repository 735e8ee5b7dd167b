/* bench_response.c - what the reading of a response costs: SSL_read of an event stream through our hook and by libssl's own function, real
   TLS records out of a memory BIO. Runs with the preload library in LD_PRELOAD.

   A connection is amid the answer to an LLM request, in server-sent events of some 190 bytes: one event a read, as they come over a
   network, 16 KB of them a read, and the same in gzip. Another one speaks no HTTP. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <openssl/ssl.h>

#include "measure.h"
#include "tls_end.h"

enum { ROUNDS = 1500, READS = 32, PIECE = 16 << 10, ROOM = 1 << 20 };

typedef int read_fn(SSL *, void *, int);
typedef int write_fn(SSL *, const void *, int);

static read_fn *bare_read;
static write_fn *bare_write;

static const char event[] =
    "event: content_block_delta\r\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
    "\"text_delta\",\"text\":\" some words of an answer, as a model says them\"}}\r\n\r\n";

struct connection {
    SSL *client, *server;
    read_fn *read;
    const char *piece; /* what each record holds */
    int n;
};

static char got[PIECE + 1024];

static void *original(const char *name)
{
    void *libssl = dlopen("libssl.so.3", RTLD_NOW | RTLD_NOLOAD);
    void *symbol = libssl ? dlsym(libssl, name) : NULL;
    measure_check(symbol != NULL, "libssl's own function");
    return symbol;
}

static void connect_ends(struct connection *c, bool hooked)
{
    BIO *a, *b;
    c->read = hooked ? SSL_read : bare_read;
    c->client = make_end(false);
    c->server = make_end(true);
    measure_check(BIO_new_bio_pair(&a, ROOM, &b, ROOM), "a pair of BIOs");
    SSL_set_bio(c->client, a, a);
    SSL_set_bio(c->server, b, b);
    SSL_set_connect_state(c->client);
    SSL_set_accept_state(c->server);
    for (int i = 0; i < 10 && !(SSL_is_init_finished(c->client) && SSL_is_init_finished(c->server)); i++) {
        SSL_do_handshake(c->client);
        SSL_do_handshake(c->server);
    }
    measure_check(SSL_is_init_finished(c->client), "the handshake ends");
}

/* A request goes out through our hook, and its answer begins. */
static void begin_answer(struct connection *c, bool hooked, const char *coding)
{
    static const char body[] =
        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    char head[400];

    connect_ends(c, hooked);
    int n =
        snprintf(head, sizeof head,
                 "POST /v1/messages HTTP/1.1\r\nHost: api.anthropic.com\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 sizeof body - 1, body);
    write_fn *write = hooked ? SSL_write : bare_write;
    measure_check(write(c->client, head, n) == n && bare_read(c->server, got, sizeof got) == n,
                  "the request arrives");
    n = snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: %s\r\n\r\n",
                 coding);
    measure_check(bare_write(c->server, head, n) == n && c->read(c->client, got, sizeof got) == n,
                  "the answer begins");
}

static void write_records(void *arg)
{
    struct connection *c = arg;
    for (int i = 0; i < READS; i++)
        measure_check(bare_write(c->server, c->piece, c->n) == c->n, "a record is written");
}

static void read_records(void *arg)
{
    struct connection *c = arg;
    for (int i = 0; i < READS; i++)
        measure_check(c->read(c->client, got, sizeof got) == c->n, "a record is read");
}

/* 16 KB of events; and what each further block of a gzip stream with no memory of the ones before it holds. */
static const char *many_events(int *n)
{
    static char text[PIECE];
    *n = 0;
    while (*n + (int)sizeof event < PIECE) {
        memcpy(text + *n, event, sizeof event - 1);
        *n += (int)sizeof event - 1;
    }
    return text;
}

static char *coded(const char *plain, int n, int *first, int *len)
{
    z_stream z = {0};
    static char out[2 * PIECE];
    measure_check(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib");
    z.next_out = (Bytef *)out;
    z.avail_out = sizeof out;
    measure_check(deflate(&z, Z_FULL_FLUSH) == Z_OK, "the beginning of a gzip stream");
    *first = (int)z.total_out;
    z.next_in = (z_const Bytef *)plain;
    z.avail_in = (uInt)n;
    measure_check(deflate(&z, Z_FULL_FLUSH) == Z_OK && z.avail_in == 0, "a block of it");
    *len = (int)z.total_out - *first;
    deflateEnd(&z);
    return out;
}

/* Nanoseconds a read beside libssl's own. */
static void compare(const char *row, const char *added, struct connection *ours, struct connection *peer,
                    double per)
{
    struct contestant list[] = {{.prepare = write_records, .run = read_records, .arg = ours},
                                {.prepare = write_records, .run = read_records, .arg = peer}};
    measure_rounds(MEASURE_CPU, list, 2, ROUNDS);
    for (int i = 0; i < 2; i++)
        list[i].p50 /= READS;
    measure_say(row, &list[0], &list[1]);
    measure_say_limit(added, (list[0].p50 - list[1].p50) / per);
}

int main(void)
{
    struct connection ours = {0}, peer = {0};
    int first, n;
    void *symbol = original("SSL_read");
    memcpy(&bare_read, &symbol, sizeof bare_read);
    symbol = original("SSL_write");
    memcpy(&bare_write, &symbol, sizeof bare_write);
    measure_own_home();

    connect_ends(&ours, true);
    connect_ends(&peer, false);
    measure_check(SSL_write(ours.client, "SSH-2.0-bench\r\n", 15) == 15 &&
                      bare_read(ours.server, got, PIECE) == 15,
                  "the first bytes arrive");
    ours.piece = peer.piece = event;
    ours.n = peer.n = sizeof event - 1;
    compare("response.other", "response.other.added", &ours, &peer, 1);

    begin_answer(&ours, true, "identity");
    begin_answer(&peer, false, "identity");
    compare("response.event", "response.event.added", &ours, &peer, 1);

    ours.piece = peer.piece = many_events(&n);
    ours.n = peer.n = n;
    compare("response.events", "response.events.added", &ours, &peer, n / 1024.0);

    const char *plain = ours.piece;
    const double kb = n / 1024.0;
    begin_answer(&ours, true, "gzip");
    begin_answer(&peer, false, "gzip");
    const char *stream = coded(plain, n, &first, &n);
    measure_check(bare_write(ours.server, stream, first) == first &&
                      ours.read(ours.client, got, PIECE) == first,
                  "the stream begins");
    ours.piece = peer.piece = stream + first;
    ours.n = peer.n = n;
    compare("response.gzip", "response.gzip.added", &ours, &peer, kb);
    return 0;
}
