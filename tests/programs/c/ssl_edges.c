/* ssl_edges.c - what TLS itself does while requests are under way: two requests on one SSL object, with an event in the middle of
   the first body (word `inside`) or between the two. The event is one of the words:

     renegotiate       SSL_renegotiate and the handshake (TLS 1.2)
     key_update        SSL_key_update, the peer asked for one too (TLS 1.3); it leaves with the next write
     key_update_now    the same, sent at once by SSL_do_handshake
     clear             the connection is given up; SSL_clear, and the object serves a new connection. With inside the first request is
                       abandoned where it stands
     shutdown          SSL_shutdown, after which the program goes on writing; it ends at the first call that fails
     half_close        shutdown() of the socket's writing side, and the same
     peer_closes       wait until the peer has closed, then go on writing; the program ends at the first call that fails

   Further words: tls12, ex (SSL_write_ex and SSL_read_ex). Every call is traced with its result, SSL_get_error, errno and queue. */
#include "wire_client.h"
#include <poll.h>
#include <signal.h>

enum { PIECE = 4000 };

struct client {
    SSL *ssl;
    const struct job *job;
    bool ex, dead;
};

static bool write_all(struct client *c, const char *data, size_t len)
{
    while (len > 0) {
        size_t n = len < PIECE ? len : PIECE, done = 0;
        errno = ERRNO_MARK;
        int r = c->ex ? SSL_write_ex(c->ssl, data, n, &done) : SSL_write(c->ssl, data, (int)n);
        int err = errno;
        trace_call(stderr, "write", n, r, SSL_get_error(c->ssl, r), err);
        if (r <= 0)
            return false;
        done = c->ex ? done : (size_t)r;
        data += done;
        len -= done;
        if (c->dead) /* the answer of a peer that is gone shall be there before the next write */
            usleep(50000);
    }
    return true;
}

static long read_some(void *from, char *to, size_t room)
{
    struct client *c = from;
    size_t got = 0;
    errno = ERRNO_MARK;
    int r = c->ex ? SSL_read_ex(c->ssl, to, room, &got) : SSL_read(c->ssl, to, (int)room);
    int err = errno;
    trace_call(stderr, "read", room, r, SSL_get_error(c->ssl, r), err);
    return c->ex && r > 0 ? (long)got : r;
}

static void traced(struct client *c, const char *what, int r)
{
    int err = errno;
    trace_call(stderr, what, 0, r, SSL_get_error(c->ssl, r), err);
    errno = ERRNO_MARK;
}

/* Close after the peer has read all: a close with unread bytes would make it lose what it has not read yet. */
static void give_up(int fd)
{
    char rest[4096];
    shutdown(fd, SHUT_WR);
    while (read(fd, rest, sizeof rest) > 0)
        ;
    close(fd);
}

/* True: the connection is another one now. */
static bool event(struct client *c)
{
    errno = ERRNO_MARK;
    if (job_word(c->job, "renegotiate", NULL)) {
        traced(c, "SSL_renegotiate", SSL_renegotiate(c->ssl));
        traced(c, "SSL_do_handshake", SSL_do_handshake(c->ssl));
        fprintf(stderr, "renegotiations %ld\n", SSL_num_renegotiations(c->ssl));
    } else if (job_word(c->job, "key_update", NULL) || job_word(c->job, "key_update_now", NULL)) {
        traced(c, "SSL_key_update", SSL_key_update(c->ssl, SSL_KEY_UPDATE_REQUESTED));
        if (job_word(c->job, "key_update_now", NULL))
            traced(c, "SSL_do_handshake", SSL_do_handshake(c->ssl));
    } else if (job_word(c->job, "clear", NULL)) {
        give_up(SSL_get_fd(c->ssl));
        traced(c, "SSL_clear", SSL_clear(c->ssl));
        SSL_set_fd(c->ssl, connected_socket(c->job, 0));
        traced(c, "SSL_connect", SSL_connect(c->ssl));
        return true;
    } else if (job_word(c->job, "shutdown", NULL)) {
        traced(c, "SSL_shutdown", SSL_shutdown(c->ssl));
    } else if (job_word(c->job, "half_close", NULL)) {
        shutdown(SSL_get_fd(c->ssl), SHUT_WR);
    } else if (job_word(c->job, "peer_closes", NULL)) {
        struct pollfd p = {SSL_get_fd(c->ssl), POLLRDHUP, 0};
        fprintf(stderr, "closed %d\n", poll(&p, 1, 10000));
        c->dead = true;
    }
    return false;
}

int main(int argc, char **argv)
{
    struct job j = job_from(argc, argv);
    SSL_CTX *ctx = client_context(j.cafile);
    bool inside = job_word(&j, "inside", NULL);
    signal(SIGPIPE, SIG_IGN);
    if (job_word(&j, "tls12", NULL))
        SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
    struct client c = {connected_tls(&j, ctx), &j, job_word(&j, "ex", NULL), false};
    size_t head_len, half = j.body_len / 2;
    char *head = request_head(&j, "", &head_len);
    struct answer a = {0};

    bool ok = write_all(&c, head, head_len) && write_all(&c, j.body, half), begun_anew = false;
    if (ok && inside)
        begun_anew = event(&c);
    if (ok && !begun_anew)
        ok = write_all(&c, j.body + half, j.body_len - half) && answer_print(&a, read_some, &c, stdout);
    if (ok && !inside)
        event(&c);
    ok = ok && write_all(&c, head, head_len) && write_all(&c, j.body, j.body_len) &&
         answer_print(&a, read_some, &c, stdout);
    fprintf(stderr, "SSL_shutdown -> %d\n", c.dead ? 0 : SSL_shutdown(c.ssl));
    close(SSL_get_fd(c.ssl));
    SSL_free(c.ssl);
    SSL_CTX_free(ctx);
    free(head);
    free(a.data);
    free(j.body);
    return ok ? 0 : 1;
}
