/* openssl.c - SSL_write, SSL_write_ex, SSL_write_early_data, SSL_read, SSL_read_ex and SSL_clear of a dynamic libssl (OpenSSL 1.1, 3.x, LibreSSL,
   shared BoringSSL), however it was loaded.

     program --> our SSL_write --> stream machine (shim/stream.c) --> the caller's own SSL_write
                      |  which libssl, state of the connection: library.c

   Rules (HOOKS.md 1 and 7): errno is the caller's before the original call and the original's after it; between the last
   original call and our return nothing of OpenSSL is called but plain getters (ex_data, shutdown state), so that SSL_get_error tells
   the truth. */
#include <errno.h>
#include <limits.h>

#include "library.h"
#include "pointers.h"

int SSL_write(SSL *ssl, const void *buf, int num) HR_EXPORT;
int SSL_write_ex(SSL *ssl, const void *buf, size_t num, size_t *written) HR_EXPORT;
int SSL_read(SSL *ssl, void *buf, int num) HR_EXPORT;
int SSL_read_ex(SSL *ssl, void *buf, size_t num, size_t *readbytes) HR_EXPORT;
int SSL_write_early_data(SSL *ssl, const void *buf, size_t num, size_t *written) HR_EXPORT;
int SSL_clear(SSL *ssl) HR_EXPORT;

int own_write(SSL *ssl, const void *buf, int num) HR_OWN("SSL_write");
int own_write_ex(SSL *ssl, const void *buf, size_t num, size_t *written) HR_OWN("SSL_write_ex");
int own_read(SSL *ssl, void *buf, int num) HR_OWN("SSL_read");
int own_read_ex(SSL *ssl, void *buf, size_t num, size_t *readbytes) HR_OWN("SSL_read_ex");
int own_write_early_data(SSL *ssl, const void *buf, size_t num, size_t *written)
    HR_OWN("SSL_write_early_data");
int own_clear(SSL *ssl) HR_OWN("SSL_clear");

/* ------------------------------------------------------------------ writing */
struct connection {
    const struct library *library;
    SSL *ssl;
    bool ex;    /* the program called SSL_write_ex: failures are 0, not negative */
    int error;  /* errno as the next original call must find it, and as the last one left it */
    bool asked; /* an original was called */
};

static int wire_write(void *conn, const void *buf, size_t len, size_t *done)
{
    struct connection *c = conn;
    int r;

    c->asked = true;
    errno = c->error;
    if (c->ex) {
        r = c->library->write_ex(c->ssl, buf, len, done);
    } else {
        r = c->library->write(c->ssl, buf, len > INT_MAX ? INT_MAX : (int)len);
        *done = r > 0 ? (size_t)r : 0;
    }
    c->error = errno;
    return r;
}

/* Where a library exports nothing: SSL_write brings the handshake to its end before it looks at what it was given, and of nothing it
   sends nothing. Its failure is that of the write that the program asked for. */
static int write_nothing(struct connection *c)
{
    size_t none = 0;
    int r = wire_write(c, "", 0, &none);
    return r >= (c->ex ? 1 : 0) ? 1 : r;
}

static int wire_handshake(void *conn)
{
    struct connection *c = conn;
    if (!c->library->is_init_finished)
        return write_nothing(c);
    if (c->library->is_init_finished(c->ssl))
        return 1;
    errno = c->error;
    int r = c->library->do_handshake(c->ssl);
    c->error = errno;
    if (r > 0)
        return 1;
    return c->ex ? 0 : -1; /* what SSL_write makes of a handshake that did not end */
}

/* After a write of nothing the connection waits for nothing, so that SSL_get_error looks at errno: SSL_ERROR_SYSCALL. */
static int wire_broken(void *conn)
{
    struct connection *c = conn;
    int r = wire_handshake(c);

    if (r > 0)
        r = write_nothing(c);
    if (r <= 0)
        return r;
    c->error = EPIPE;
    return c->ex ? 0 : -1;
}

int openssl_through(const struct library *l, SSL *ssl, shim_stream *s, bool ex, const void *buf, size_t num,
                    size_t *done, int saved)
{
    struct connection conn = {l, ssl, ex, saved, false};
    const struct shim_wire wire = {&conn, wire_write, wire_handshake, wire_broken};
    struct library_frame frame;

    library_enter(&frame, ssl);
    int r = shim_stream_write(s, &wire, buf, num, done);
    library_leave(&frame);
    /* Held, not sent: the original would have cleared errno before it wrote. */
    errno = r > 0 && !conn.asked ? 0 : conn.error;
    return r;
}

int openssl_write(const struct library *l, SSL *ssl, const void *buf, int num, const void *caller)
{
    int saved = errno;
    size_t done = 0;
    shim_stream *s = NULL;
    int r;

    if (num > 0 && ssl && buf && shim_enabled())
        s = library_stream_for_write(l, ssl, buf, (size_t)num, caller);
    errno = saved;
    if (!s) {
        const SSL *before = library_hand(ssl);
        r = l->write(ssl, buf, num);
        library_take_back(before);
        return r;
    }
    r = openssl_through(l, ssl, s, false, buf, (size_t)num, &done, saved);
    return r > 0 ? (int)done : r;
}

int openssl_write_ex(const struct library *l, SSL *ssl, const void *buf, size_t num, size_t *written,
                     const void *caller)
{
    int saved = errno;
    size_t done = 0;
    shim_stream *s = NULL;
    int r;

    if (num > 0 && ssl && buf && written && shim_enabled())
        s = library_stream_for_write(l, ssl, buf, num, caller);
    errno = saved;
    if (!s) {
        const SSL *before = library_hand(ssl);
        r = l->write_ex(ssl, buf, num, written);
        library_take_back(before);
        return r;
    }
    r = openssl_through(l, ssl, s, true, buf, num, &done, saved);
    if (r > 0)
        *written = done;
    return r;
}

int SSL_write(SSL *ssl, const void *buf, int num)
{
    int saved = errno;
    const void *caller = __builtin_return_address(0);
    const struct library *l = library_of(caller);

    if (!l || !l->write)
        return -1;
    errno = saved;
    return openssl_write(l, ssl, buf, num, caller);
}

int SSL_write_ex(SSL *ssl, const void *buf, size_t num, size_t *written)
{
    int saved = errno;
    const void *caller = __builtin_return_address(0);
    const struct library *l = library_of(caller);

    if (!l || !l->write_ex)
        return 0;
    errno = saved;
    return openssl_write_ex(l, ssl, buf, num, written, caller);
}

/* OpenSSL writes these bytes by its own SSL_write_ex, in the middle of a handshake: held, they would wait for an end that comes only
   after them. A connection that begins like this passes. (Requests that may not be sent twice have no place in early data: RFC 8470.) */
int openssl_write_early_data(const struct library *l, SSL *ssl, const void *buf, size_t num, size_t *written,
                             const void *caller)
{
    int saved = errno;
    struct library_frame frame;

    if (num > 0 && ssl && buf && shim_enabled()) {
        library_stream_for_write(l, ssl, buf, num, caller);
        library_pass(l, ssl);
    }
    library_enter(&frame, ssl); /* it calls SSL_clear too */
    errno = saved;
    int r = l->write_early_data(ssl, buf, num, written);
    library_leave(&frame);
    return r;
}

int SSL_write_early_data(SSL *ssl, const void *buf, size_t num, size_t *written)
{
    int saved = errno;
    const void *caller = __builtin_return_address(0);
    const struct library *l = library_of(caller);

    errno = saved;
    return l && l->write_early_data ? openssl_write_early_data(l, ssl, buf, num, written, caller) : 0;
}

/* ------------------------------------------------------------------ reading */
int openssl_read(const struct library *l, SSL *ssl, void *buf, int num)
{
    const SSL *before = library_hand(ssl);
    int r = l->read(ssl, buf, num);
    library_take_back(before);
    if (ssl && num > 0 && shim_enabled())
        library_tee(l, ssl, buf, r > 0 ? (size_t)r : 0);
    return r;
}

int openssl_read_ex(const struct library *l, SSL *ssl, void *buf, size_t num, size_t *readbytes)
{
    const SSL *before = library_hand(ssl);
    int r = l->read_ex(ssl, buf, num, readbytes);
    library_take_back(before);
    if (ssl && num > 0 && shim_enabled())
        library_tee(l, ssl, buf, r > 0 ? *readbytes : 0);
    return r;
}

static void before_read(const struct library *l, SSL *ssl)
{
    if (ssl && shim_enabled())
        alpn_before_handshake(l, ssl, false);
}

int SSL_read(SSL *ssl, void *buf, int num)
{
    int saved = errno;
    const struct library *l = library_of(__builtin_return_address(0));

    if (!l || !l->read)
        return -1;
    before_read(l, ssl);
    errno = saved;
    return openssl_read(l, ssl, buf, num);
}

int SSL_read_ex(SSL *ssl, void *buf, size_t num, size_t *readbytes)
{
    int saved = errno;
    const struct library *l = library_of(__builtin_return_address(0));

    if (!l || !l->read_ex)
        return 0;
    before_read(l, ssl);
    errno = saved;
    return openssl_read_ex(l, ssl, buf, num, readbytes);
}

/* The object serves another connection from now on; OpenSSL keeps its ex_data. libssl calls this itself when a handshake begins
   inside SSL_write: that is no new connection, and the stream is in use. */
int openssl_clear(const struct library *l, SSL *ssl)
{
    int saved = errno;

    if (ssl && !library_is_inside(ssl))
        library_forget(l, ssl);
    errno = saved;
    return l->clear(ssl);
}

int SSL_clear(SSL *ssl)
{
    int saved = errno;
    const void *caller = __builtin_return_address(0);
    const struct library *l = library_of(caller);

    if (!l || !l->clear)
        return 0;
    if (ssl && library_is_itself(l, caller) && !library_is_handed(ssl))
        pointers_handshake(l, ssl);
    errno = saved;
    return openssl_clear(l, ssl);
}
