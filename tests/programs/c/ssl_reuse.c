/* ssl_reuse.c - gives a connection up and makes another one whose SSL lies at the same address, which speaks to another server; once for
   each of the texts below.

   Words: warm=N (that many whole exchanges before, each on a connection of its own), other=PORT (of the other server); where a connection
   is given up: in the middle of the body, or with `response` in the middle of the answer, or with `refused` after a write that the
   socket did not take. At the end one more whole exchange. Prints the answers, and whether the address was the same.

   Whether malloc gives an address again depends on what else was freed meanwhile; so OpenSSL's memory passes through here. */
#include "wire_client.h"
#include <fcntl.h>
#include <malloc.h>
#include <openssl/crypto.h>

enum { SEND_BUFFER = 16384, BEGUN = 4000 };

static const struct {
    const char *text;
    size_t n, first; /* first: bytes of the first call; 0: all */
} told[] = {
#define TEXT(t, f)                                                                                           \
    {                                                                                                        \
        t, sizeof(t) - 1, f                                                                                  \
    }
    TEXT("*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", 0),
    TEXT("EHLO client.example\r\n", 0),
    TEXT("{\"jsonrpc\":\"2.0\",\"id\":1}", 0),
    TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 24),
    TEXT("\0\0\0\10\4\322\26\57", 0),
    TEXT("GET /private HTTP/1.1\r\nHost: other.example\r\n\r\n", 0),
    TEXT("GET /private HTTP/1.1\r\nHost: other.example\r\n\r\n", 3),
};

static SSL *connection(SSL *ssl, const struct job *j, const char *port)
{
    struct job to = *j;
    to.port = port;
    if (!ssl || SSL_set_fd(ssl, connected_socket(&to, SEND_BUFFER)) != 1 || SSL_connect(ssl) != 1)
        die("cannot connect");
    return ssl;
}

static const void *given_up; /* the SSL whose memory is wanted again */
static void *freed;          /* that memory, once it was freed */

static void *take(size_t n, const char *file, int line)
{
    (void)file, (void)line;
    void *p = freed && n <= malloc_usable_size(freed) && n + 16 > malloc_usable_size(freed) ? freed : NULL;
    if (!p)
        return malloc(n);
    freed = NULL;
    return p;
}

static void *resize(void *p, size_t n, const char *file, int line)
{
    (void)file, (void)line;
    return realloc(p, n);
}

static void give(void *p, const char *file, int line)
{
    (void)file, (void)line;
    if (p && p == given_up)
        freed = p, given_up = NULL;
    else
        free(p);
}

static void gone(SSL *ssl)
{
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
}

/* Close after the peer has read all: a close with unread bytes (tickets) would make it lose what it has not read yet. */
static void finish(SSL *ssl)
{
    char rest[4096];
    SSL_shutdown(ssl);
    shutdown(SSL_get_fd(ssl), SHUT_WR);
    while (read(SSL_get_fd(ssl), rest, sizeof rest) > 0)
        ;
    gone(ssl);
}

static void say(SSL *ssl, const char *data, size_t len)
{
    for (size_t at = 0; at < len;) {
        int done = SSL_write(ssl, data + at, (int)(len - at < 4000 ? len - at : 4000));
        if (done <= 0)
            die("SSL_write failed");
        at += (size_t)done;
    }
}

static long read_some(void *from, char *to, size_t room)
{
    return SSL_read(from, to, (int)room);
}

static void exchange(SSL_CTX *ctx, const struct job *j, const char *head, size_t head_len)
{
    SSL *ssl = connection(SSL_new(ctx), j, j->port);
    struct answer a = {0};
    say(ssl, head, head_len);
    say(ssl, j->body, j->body_len);
    if (!answer_print(&a, read_some, ssl, stdout))
        die("no answer");
    SSL_shutdown(ssl);
    gone(ssl);
    free(a.data);
}

/* Fill the socket until it takes no more; the call that fails is given up with the connection. */
static void be_refused(SSL *ssl, const struct job *j)
{
    size_t at = BEGUN;
    fcntl(SSL_get_fd(ssl), F_SETFL, O_NONBLOCK);
    for (int done = 1; at < j->body_len && done > 0; at += done > 0 ? (size_t)done : 0)
        done = SSL_write(ssl, j->body + at, (int)(j->body_len - at));
    printf("refused %d\n", at < j->body_len);
}

static SSL *another_at(const void *address, SSL_CTX *ctx)
{
    SSL *ssl = SSL_new(ctx);
    printf("same address %d\n", ssl == address);
    return ssl;
}

/* Begin a request and give it up; returns where its SSL lay. */
static const void *give_up(SSL_CTX *ctx, const struct job *j, const char *head, size_t head_len)
{
    SSL *ssl = connection(SSL_new(ctx), j, j->port);
    bool response = job_word(j, "response", NULL), refused = job_word(j, "refused", NULL);
    char byte[64];
    say(ssl, head, head_len);
    say(ssl, j->body, response ? j->body_len : refused ? BEGUN : j->body_len / 2);
    if (response && SSL_read(ssl, byte, sizeof byte) <= 0)
        die("no answer");
    if (refused)
        be_refused(ssl, j);
    given_up = ssl;
    gone(ssl);
    return ssl;
}

int main(int argc, char **argv)
{
    struct job j = job_from(argc, argv);
    long warm = 0, other = 0;
    job_word(&j, "warm", &warm);
    job_word(&j, "other", &other);
    if (CRYPTO_set_mem_functions(take, resize, give) != 1)
        die("OpenSSL has memory already");
    SSL_CTX *ctx = client_context(j.cafile);
    size_t head_len;
    char *head = request_head(&j, "", &head_len), port[24];
    const char *more = job_word(&j, "refused", NULL) ? "X-Test-Read-Delay: 3000\r\n" : "";
    size_t slow_len;
    char *slow = request_head(&j, more, &slow_len); /* the server is not to read what is written */
    snprintf(port, sizeof port, "%ld", other);
    while (warm-- > 0)
        exchange(ctx, &j, head, head_len);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        const void *address = give_up(ctx, &j, slow, slow_len);
        SSL *ssl = connection(another_at(address, ctx), &j, port);
        size_t n = told[i].n, first = told[i].first ? told[i].first : n;
        int a = SSL_write(ssl, told[i].text, (int)first);
        int b = first < n ? SSL_write(ssl, told[i].text + first, (int)(n - first)) : 0;
        printf("told %d %d\n", a, b);
        finish(ssl);
    }
    exchange(ctx, &j, head, head_len);
    SSL_CTX_free(ctx);
    free(head);
    free(slow);
    free(j.body);
    return 0;
}
