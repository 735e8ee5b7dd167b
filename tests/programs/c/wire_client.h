/* wire_client.h - what the C test programs share: arguments, a request in memory, a connected socket, the
   answer, a trace.

   Every program is one .c file that is built alone, so all of this is static. A program prints status and
   body of each answer on stdout, and on stderr a trace of what each library call returned: two runs, with and
   without the library, are compared byte by byte. What differs between two runs anyway (how often a socket
   was not ready) is never printed.

   Usage of them all: PROGRAM HOST PORT CAFILE PATH BODYFILE [REPEAT [WORD...]]; environment REQUEST_HEADERS:
   further header lines, each ended by a newline. Exit status: 0, or 1 where a call failed, 2 for wrong usage.
 */
#ifndef WIRE_CLIENT_H
#define WIRE_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ERRNO_MARK = 113, RESPONSE_MAX = 64 << 20 };

struct job {
    const char *host, *port, *cafile, *path;
    char *body;
    size_t body_len;
    int repeat;
    char **words;
    int nwords;
};

static void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static inline struct job job_from(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: %s HOST PORT CAFILE PATH BODYFILE [REPEAT [WORD...]]\n", argv[0]);
        exit(2);
    }
    struct job j = {argv[1],  argv[2], argv[3], argv[4], NULL, 0, argc > 6 ? atoi(argv[6]) : 1,
                    argv + 7, argc - 7};
    FILE *f = fopen(argv[5], "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        die("cannot read the body file");
    long n = ftell(f);
    rewind(f);
    j.body = malloc((size_t)n + 1);
    if (n < 0 || !j.body || fread(j.body, 1, (size_t)n, f) != (size_t)n)
        die("cannot read the body file");
    j.body_len = (size_t)n;
    fclose(f);
    return j;
}

/* Is WORD among the arguments, or NAME=number (then *number is set)? */
static inline bool job_word(const struct job *j, const char *word, long *number)
{
    size_t n = strlen(word);
    for (int i = 0; i < j->nwords; i++) {
        if (strcmp(j->words[i], word) == 0)
            return true;
        if (number && strncmp(j->words[i], word, n) == 0 && j->words[i][n] == '=') {
            *number = atol(j->words[i] + n + 1);
            return true;
        }
    }
    return false;
}

/* Head of the request; the caller frees it. more: header lines ended by CRLF, or "". */
static inline char *request_head(const struct job *j, const char *more, size_t *len)
{
    const char *extra = getenv("REQUEST_HEADERS");
    size_t room = strlen(j->path) + strlen(j->host) + (extra ? 2 * strlen(extra) : 0) + strlen(more) + 512;
    char *h = malloc(room);
    if (!h)
        die("no memory");
    size_t n =
        (size_t)snprintf(h, room,
                         "POST %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: application/json\r\n"
                         "Content-Length: %zu\r\nx-api-key: test\r\nanthropic-version: 2023-06-01\r\n%s",
                         j->path, j->host, j->port, j->body_len, more);
    for (const char *p = extra; p && *p; p++) {
        if (*p == '\n')
            h[n++] = '\r';
        h[n++] = *p;
    }
    h[n++] = '\r';
    h[n++] = '\n';
    *len = n;
    return h;
}

static inline SSL_CTX *client_context(const char *cafile)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx || SSL_CTX_load_verify_locations(ctx, cafile, NULL) != 1)
        die("cannot load the CA file");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return ctx;
}

static inline int connected_socket(const struct job *j, int send_buffer)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(j->port))};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || inet_pton(AF_INET, j->host, &a.sin_addr) != 1)
        die("HOST must be an IPv4 address");
    if (send_buffer)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        die("cannot connect");
    return fd;
}

/* A TLS connection whose handshake is done; with the word "implicit" it is left to the first SSL_write. */
static inline SSL *connected_tls(const struct job *j, SSL_CTX *ctx)
{
    SSL *ssl = SSL_new(ctx);
    if (!ssl || SSL_set_fd(ssl, connected_socket(j, 0)) != 1)
        die("cannot make the connection");
    if (job_word(j, "implicit", NULL))
        SSL_set_connect_state(ssl);
    else if (SSL_connect(ssl) != 1)
        die("TLS handshake failed");
    return ssl;
}

/* ------------------------------------------------------------------------------------------- trace */
/* One line: the call, what it returned, SSL_get_error and errno after it. errno is set to ERRNO_MARK before
 * each call. */
static inline void trace_call(FILE *to, const char *call, size_t asked, long returned, int ssl_error, int err)
{
    fprintf(to, "%s %zu -> %ld error %d errno %d queue %lu\n", call, asked, returned, ssl_error, err,
            ERR_peek_error());
}

/* ------------------------------------------------------------------------------------------- answer */
/* Reads more bytes: > 0, 0 at the end, < 0 on an error (traced by the reader itself). */
typedef long (*read_more)(void *from, char *to, size_t room);

struct answer {
    char *data;
    size_t len, head_len, next; /* next: where the answer after this one begins */
};

static inline bool answer_grow(struct answer *a, read_more more, void *from)
{
    char *bigger = a->len < RESPONSE_MAX ? realloc(a->data, a->len + 65536 + 1) : NULL;
    if (!bigger)
        die("answer too long");
    a->data = bigger;
    long n = more(from, a->data + a->len, 65536);
    if (n <= 0)
        return false;
    a->len += (size_t)n;
    a->data[a->len] = '\0';
    return true;
}

static inline const char *answer_field(const struct answer *a, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = a->data; p < a->data + a->head_len; p++) {
        if (*p == '\n' && strncasecmp(p + 1, name, n) == 0 && p[1 + n] == ':')
            return p + 2 + n + strspn(p + 2 + n, " ");
    }
    return NULL;
}

/* Prints status and decoded body of one answer to `to`. a may hold bytes of it already (pipelining). */
static inline bool answer_print(struct answer *a, read_more more, void *from, FILE *to)
{
    if (a->data)
        memmove(a->data, a->data + a->next, a->len - a->next);
    a->len -= a->next;
    a->next = a->head_len = 0;
    for (char *end = NULL; !end;) {
        end = a->data ? memmem(a->data, a->len, "\r\n\r\n", 4) : NULL;
        if (end)
            a->head_len = (size_t)(end - a->data) + 4;
        else if (!answer_grow(a, more, from))
            return false;
    }
    int status = atoi(a->data + 9);
    if (status >= 100 && status < 200) {
        fprintf(to, "interim %d\n", status);
        a->next = a->head_len;
        return answer_print(a, more, from, to);
    }
    fprintf(to, "status %d\n", status);
    const char *length = answer_field(a, "Content-Length");
    size_t at = a->head_len;
    if (status == 204 || status == 304) {
        /* no body, whatever the head says */
    } else if (answer_field(a, "Transfer-Encoding")) {
        for (size_t size = 1; size > 0;) {
            char *eol;
            while (!(eol = memmem(a->data + at, a->len - at, "\r\n", 2))) {
                if (!answer_grow(a, more, from))
                    return false;
            }
            size = (size_t)strtoul(a->data + at, NULL, 16);
            at = (size_t)(eol - a->data) + 2;
            while (a->len < at + size + 2) {
                if (!answer_grow(a, more, from))
                    return false;
            }
            fwrite(a->data + at, 1, size, to);
            at += size + 2;
        }
    } else if (length) {
        size_t size = (size_t)strtoul(length, NULL, 10);
        while (a->len < at + size) {
            if (!answer_grow(a, more, from))
                return false;
        }
        fwrite(a->data + at, 1, size, to);
        at += size;
    } else {
        while (answer_grow(a, more, from))
            ;
        fwrite(a->data + at, 1, a->len - at, to);
        at = a->len;
    }
    fputc('\n', to);
    a->next = at;
    return true;
}

/* A blocking SSL with its trace: reader for answer_print. */
struct traced_ssl {
    SSL *ssl;
    FILE *trace;
};

static inline long traced_read(void *from, char *to, size_t room)
{
    struct traced_ssl *t = from;
    errno = ERRNO_MARK;
    int n = SSL_read(t->ssl, to, (int)room);
    int err = errno;
    trace_call(t->trace, "SSL_read", room, n, SSL_get_error(t->ssl, n), err);
    return n;
}

#endif
