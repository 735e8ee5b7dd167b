/* ssl_fire.c - THREADS threads each talk to themselves over TLS, some thousand times a second in all; in the middle of it the process makes its first
   connection, and then sends one request to itself: at either a library that patches would patch.

   Usage: PROGRAM HOST PORT CERT KEY BODYFILE. On stdout: how many bytes of the request's body arrived, and whether each of the threads' did. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 64, PIECE = 3000, ROUNDS = 20, MAX_BODY = 1 << 20 };

struct pair {
    SSL *client, *server;
};

static SSL_CTX *client_context, *server_context;
static int busy;  /* atomic: threads that have gone once around */
static bool stop; /* atomic */

static void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static bool is_waiting(const SSL *ssl, int r)
{
    int error = SSL_get_error(ssl, r);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static struct pair connected_pair(void)
{
    struct pair p = {SSL_new(client_context), SSL_new(server_context)};
    BIO *a, *b;
    int r = 0;

    if (!p.client || !p.server || BIO_new_bio_pair(&a, 1 << 18, &b, 1 << 18) != 1)
        die("no pair");
    SSL_set_bio(p.client, a, a);
    SSL_set_bio(p.server, b, b);
    SSL_set_accept_state(p.server);
    while (r <= 0) {
        if ((r = SSL_connect(p.client)) <= 0 && !is_waiting(p.client, r))
            die("SSL_connect");
        int s = SSL_do_handshake(p.server);
        if (s <= 0 && !is_waiting(p.server, s))
            die("SSL_do_handshake");
        if (s <= 0)
            r = 0;
    }
    return p;
}

static bool there(const struct pair *p, unsigned char *piece, unsigned char *got, unsigned round)
{
    size_t n = 0;

    for (size_t i = 0; i < PIECE; i++)
        piece[i] = (unsigned char)(1 + (i * 31 + round) % 251);
    if (SSL_write(p->client, piece, PIECE) != PIECE)
        return false;
    for (int r; n < PIECE; n += (size_t)r)
        if ((r = SSL_read(p->server, got + n, (int)(PIECE - n))) <= 0)
            return false;
    return memcmp(piece, got, PIECE) == 0;
}

static bool and_back(const struct pair *p, const unsigned char *piece, unsigned char *got)
{
    size_t done, n = 0;

    if (SSL_write_ex(p->server, piece, PIECE, &done) != 1 || done != PIECE)
        return false;
    for (; n < PIECE; n += done)
        if (SSL_read_ex(p->client, got + n, PIECE - n, &done) != 1)
            return false;
    return memcmp(piece, got, PIECE) == 0;
}

static void *talk(void *unused)
{
    unsigned char piece[PIECE], got[PIECE];
    struct pair p = connected_pair();
    unsigned round = 0, behind = 0;

    for (bool last = false; !last; round++) {
        last = __atomic_load_n(&stop, __ATOMIC_ACQUIRE) && ++behind == ROUNDS;
        if (!there(&p, piece, got, round) || !and_back(&p, piece, got))
            die("a byte is lost");
        if (round == ROUNDS)
            __atomic_add_fetch(&busy, 1, __ATOMIC_RELEASE);
        usleep(500); /* so that the thread that connects has its turn, too */
    }
    SSL_free(p.client);
    SSL_free(p.server);
    return unused;
}

static void first_connection(const char *host, const char *port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    inet_pton(AF_INET, host, &to.sin_addr);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    close(fd);
}

static void one_request(const char *file)
{
    static char body[MAX_BODY], request[MAX_BODY + 512], got[MAX_BODY + 512];
    struct pair p = connected_pair();
    FILE *f = fopen(file, "rb");
    size_t n = f ? fread(body, 1, sizeof body - 1, f) : 0, received = 0;
    int r, head = sprintf(
               request,
               "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
               "Content-Length: %zu\r\n\r\n",
               n);

    memcpy(request + head, body, n);
    if (SSL_write(p.client, request, head + (int)n) != head + (int)n)
        die("SSL_write");
    while ((r = SSL_read(p.server, got + received, (int)(sizeof got - 1 - received))) > 0)
        received += (size_t)r;
    char *end = strstr(got, "\r\n\r\n");
    printf("of %zu bytes %zu were sent\n", n, end ? received - (size_t)(end + 4 - got) : 0);
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];

    if (argc < 6)
        return 2;
    client_context = SSL_CTX_new(TLS_client_method());
    server_context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_file(server_context, argv[3], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(server_context, argv[4], SSL_FILETYPE_PEM) != 1)
        die("no certificate");
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, talk, NULL) != 0)
            die("no thread");
    while (__atomic_load_n(&busy, __ATOMIC_ACQUIRE) < THREADS)
        usleep(1000);
    first_connection(argv[1], argv[2]);
    one_request(argv[5]);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d threads, each byte arrived\n", THREADS);
    return 0;
}
