/* bench_pass.c - an SSL_write of 16 KB that does not concern us, through our hook and by libssl's own function: real TLS
   records into a memory BIO. Runs with the preload library in LD_PRELOAD.

   Two connections pass through the hook: one that speaks no HTTP, one that is amid the body of an upload. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>

#include "measure.h"
#include "tls_end.h"

enum { ROUNDS = 1500, PIECE = 16 << 10, WRITES = 10 };

typedef int write_fn(SSL *, const void *, int);

struct connection {
    SSL *client, *server;
    write_fn *write;
};

static char piece[PIECE];

static void connect_ends(struct connection *c, write_fn *write, const char *first)
{
    BIO *a, *b;
    c->write = write;
    c->client = make_end(false);
    c->server = make_end(true);
    measure_check(BIO_new_bio_pair(&a, 1 << 20, &b, 1 << 20), "a pair of BIOs");
    SSL_set_bio(c->client, a, a);
    SSL_set_bio(c->server, b, b);
    SSL_set_connect_state(c->client);
    SSL_set_accept_state(c->server);
    for (int i = 0; i < 10 && !(SSL_is_init_finished(c->client) && SSL_is_init_finished(c->server)); i++) {
        SSL_do_handshake(c->client);
        SSL_do_handshake(c->server);
    }
    measure_check(SSL_is_init_finished(c->client), "the handshake ends");
    char *got = piece;
    int n = (int)strlen(first);
    measure_check(write(c->client, first, n) == n && SSL_read(c->server, got, PIECE) == n,
                  "the first bytes arrive");
    SSL_set0_wbio(c->client, BIO_new(BIO_s_mem()));
}

static void drain(void *arg)
{
    struct connection *c = arg;
    BIO *out = SSL_get_wbio(c->client);
    (void)BIO_reset(out);
}

static void write_pieces(void *arg)
{
    struct connection *c = arg;
    for (int i = 0; i < WRITES; i++)
        measure_check(c->write(c->client, piece, PIECE) == PIECE, "a piece is written");
    measure_check(BIO_pending(SSL_get_wbio(c->client)) > WRITES * PIECE, "as TLS records");
}

int main(void)
{
    void *libssl = dlopen("libssl.so.3", RTLD_NOW | RTLD_NOLOAD);
    Dl_info where;
    write_fn *bare, *hooked = SSL_write;
    void *symbol = libssl ? dlsym(libssl, "SSL_write") : NULL;
    measure_check(symbol != NULL, "libssl's own SSL_write");
    memcpy(&bare, &symbol, sizeof bare);
    memcpy(&symbol, &hooked, sizeof symbol);
    measure_check(dladdr(symbol, &where) && strstr(where.dli_fname, "headroom_preload"),
                  "SSL_write is our hook");

    struct connection own, other, upload;
    connect_ends(&own, bare, "SSH-2.0-bench\r\n");
    connect_ends(&other, hooked, "SSH-2.0-bench\r\n");
    connect_ends(&upload, hooked,
                 "POST /upload HTTP/1.1\r\nHost: files.example.org\r\nContent-Length: 999999999999\r\n\r\n");
    struct contestant list[] = {{.prepare = drain, .run = write_pieces, .arg = &other},
                                {.prepare = drain, .run = write_pieces, .arg = &own},
                                {.prepare = drain, .run = write_pieces, .arg = &upload}};
    measure_rounds(MEASURE_CPU, list, 3, ROUNDS);
    for (int i = 0; i < 3; i++)
        list[i].p50 /= WRITES;
    measure_say("pass.other", &list[0], &list[1]);
    measure_say("pass.upload", &list[2], &list[1]);
    return 0;
}
