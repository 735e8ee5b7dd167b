/* ssl_nonblocking.c - a non-blocking socket with a tiny send buffer and a poll loop; the handshake is left to
   the first SSL_write. Words: partial (SSL_MODE_ENABLE_PARTIAL_WRITE), moved (each retry from a fresh copy,
   the old one is overwritten and freed), longer (a retry may bring more bytes than the first attempt had), renegotiate (TLS 1.2; begun
   between head and body, so that the next write waits for the peer).

   How often the socket was not ready differs between two runs, so the trace names each kind of refusal once;
   the counts that successful calls return are printed except under `longer`, where they depend on those
   refusals. */
#include "wire_client.h"
#include <fcntl.h>
#include <poll.h>

enum { SEND_BUFFER = 4096, FIRST_TRY = 20000 };

struct loop {
    SSL *ssl;
    int fd;
    bool partial, moved, longer;
    bool saw_want_write, saw_want_read;
};

/* True: ready again. False: the error is final. */
static bool wait_ready(struct loop *l, int ssl_error)
{
    if (ssl_error != SSL_ERROR_WANT_READ && ssl_error != SSL_ERROR_WANT_WRITE)
        return false;
    struct pollfd p = {l->fd, ssl_error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, 0};
    return poll(&p, 1, 30000) == 1;
}

static char *copy_of(const char *data, size_t len)
{
    char *c = malloc(len);
    if (!c)
        die("no memory");
    memcpy(c, data, len);
    return c;
}

static bool write_all(struct loop *l, const char *data, size_t len)
{
    size_t tried = 0; /* length of the attempt that must be repeated, 0: none */
    char *copy = NULL;
    while (len > 0) {
        size_t n = tried ? (l->longer ? len : tried) : (l->longer && len > FIRST_TRY ? FIRST_TRY : len);
        if (l->moved) {
            char *fresh = copy_of(data, n);
            if (copy) {
                memset(copy, 0xdd, tried);
                free(copy);
            }
            copy = fresh;
        }
        errno = ERRNO_MARK;
        int done = SSL_write(l->ssl, l->moved ? copy : data, (int)n);
        int err = errno;
        int ssl_error = SSL_get_error(l->ssl, done);
        if (done > 0) {
            if ((size_t)done > n)
                die("more was written than asked for");
            if (!l->longer && !l->partial)
                trace_call(stderr, "SSL_write", n, done, ssl_error, err);
            data += done;
            len -= (size_t)done;
            tried = 0;
            if (copy)
                memset(copy, 0xdd, n);
            free(copy);
            copy = NULL;
            continue;
        }
        tried = n;
        l->saw_want_write = l->saw_want_write || ssl_error == SSL_ERROR_WANT_WRITE;
        l->saw_want_read = l->saw_want_read || ssl_error == SSL_ERROR_WANT_READ;
        if (!wait_ready(l, ssl_error)) {
            trace_call(stderr, "SSL_write failed", n, done, ssl_error, err);
            free(copy);
            return false;
        }
    }
    return true;
}

static long read_ready(void *from, char *to, size_t room)
{
    struct loop *l = from;
    for (;;) {
        errno = ERRNO_MARK;
        int n = SSL_read(l->ssl, to, (int)room);
        int err = errno;
        int ssl_error = SSL_get_error(l->ssl, n);
        if (n > 0 || !wait_ready(l, ssl_error)) {
            trace_call(stderr, "SSL_read", room, n, ssl_error, err);
            return n;
        }
    }
}

int main(int argc, char **argv)
{
    struct job j = job_from(argc, argv);
    SSL_CTX *ctx = client_context(j.cafile);
    struct loop l = {.partial = job_word(&j, "partial", NULL),
                     .moved = job_word(&j, "moved", NULL),
                     .longer = job_word(&j, "longer", NULL)};
    long mode =
        (l.partial ? SSL_MODE_ENABLE_PARTIAL_WRITE : 0) | (l.moved ? SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER : 0);
    SSL_CTX_clear_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_mode(ctx, mode);
    bool renegotiate = job_word(&j, "renegotiate", NULL);
    if (renegotiate)
        SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
    l.fd = connected_socket(&j, SEND_BUFFER);
    if (fcntl(l.fd, F_SETFL, O_NONBLOCK) != 0 || !(l.ssl = SSL_new(ctx)) || SSL_set_fd(l.ssl, l.fd) != 1)
        die("cannot make the connection");
    SSL_set_connect_state(l.ssl);
    size_t head_len;
    char *head = request_head(&j, "", &head_len);
    struct answer a = {0};
    bool ok = true;
    for (int i = 0; ok && i < j.repeat; i++) {
        ok = write_all(&l, head, head_len);
        l.saw_want_read = l.saw_want_read && i > 0; /* not that of the handshake */
        if (ok && renegotiate)
            ok = SSL_renegotiate(l.ssl) == 1;
        ok = ok && write_all(&l, j.body, j.body_len) && answer_print(&a, read_ready, &l, stdout);
    }
    fprintf(stderr, "want_write %d\n", l.saw_want_write);
    if (renegotiate)
        fprintf(stderr, "want_read %d renegotiations %ld\n", l.saw_want_read, SSL_num_renegotiations(l.ssl));
    SSL_free(l.ssl);
    close(l.fd);
    SSL_CTX_free(ctx);
    free(head);
    free(a.data);
    free(j.body);
    return ok ? 0 : 1;
}
