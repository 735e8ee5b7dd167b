/* linked_write.c - an SSL_write that carries no HTTP, in a program that has OpenSSL linked in without symbols: with the preload library
   in LD_PRELOAD it is patched after the first connect(), and every call of the program comes by. Prints nanoseconds a call.

   usage: linked_write; the two ways take turns by bench.py */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "measure.h"
#include "tls_end.h"

enum { ROUNDS = 300, WRITES = 200, PIECE = 16 };

struct pair {
    SSL *client, *server;
};

static struct pair make_pair(void)
{
    struct pair p = {make_end(false), make_end(true)};
    BIO *a, *b;

    measure_check(BIO_new_bio_pair(&a, 1 << 16, &b, 1 << 16), "a pair of BIOs");
    SSL_set_bio(p.client, a, a);
    SSL_set_bio(p.server, b, b);
    SSL_set_connect_state(p.client);
    SSL_set_accept_state(p.server);
    for (int i = 0; i < 10 && !(SSL_is_init_finished(p.client) && SSL_is_init_finished(p.server)); i++) {
        SSL_do_handshake(p.client);
        SSL_do_handshake(p.server);
    }
    measure_check(SSL_is_init_finished(p.client), "the handshake ends");
    return p;
}

/* The first bytes decide what a connection is. */
static struct pair say_first(const char *first)
{
    struct pair p = make_pair();
    int n = (int)strlen(first);
    char got[256];

    measure_check(SSL_write(p.client, first, n) == n && SSL_read(p.server, got, sizeof got) == n &&
                      memcmp(got, first, (size_t)n) == 0,
                  "the first bytes arrive");
    return p;
}

static void drain(void *arg)
{
    SSL *ssl = arg;

    (void)BIO_reset(SSL_get_wbio(ssl));
}

static void write_pieces(void *arg)
{
    static const char piece[PIECE];

    for (int i = 0; i < WRITES; i++)
        measure_check(SSL_write(arg, piece, PIECE) == PIECE, "a piece is written");
}

int main(void)
{
    const struct sockaddr_in nobody = {
        .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    measure_check(fd >= 0 && connect(fd, (const struct sockaddr *)&nobody, sizeof nobody) != 0,
                  "nobody is there");
    close(fd);
    say_first("GET / HTTP/1.1\r\nHost: files.example.org\r\n\r\n"); /* from now on every call is looked at */
    struct pair other = say_first("SSH-2.0-bench\r\n");
    SSL_set0_wbio(other.client, BIO_new(BIO_s_mem()));
    struct contestant one = {.prepare = drain, .run = write_pieces, .arg = other.client};
    measure_rounds(MEASURE_CPU, &one, 1, ROUNDS);
    measure_say_numbers("look.write", one.p50 / WRITES, 0);
    return 0;
}
