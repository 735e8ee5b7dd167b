/* openssl_shape.c - functions that raise errors in the places and form in which SSL_write, SSL_write_ex and their internal functions
   do in OpenSSL 1.1.1 (ERR_put_error with numbers) and 3 (names), in layouts that Debian's archive does not have: INLINE copies the
   internal functions and the start of an asynchronous job into their callers, as the compiler of node 10 to 13 did. Something for
   `headroom scan` to find; nothing else of a TLS library. */
#include <stddef.h>

struct ssl;
struct method {
    int (*read)(struct ssl *, void *, size_t, size_t *),
        (*write)(struct ssl *, const void *, size_t, size_t *);
};
struct ssl {
    int version;
    const struct method *method;
    int state, shutdown, early, mode, rwstate;
    int (*handshake)(struct ssl *);
    void *job, *wait;
    size_t async;
};

#ifdef INLINE
#define INTERNAL static inline __attribute__((always_inline))
#else
#define INTERNAL __attribute__((noinline))
#endif

/* Defined in openssl_caller.c, as elsewhere in the real thing: the compiler knows nothing of them here. */
void put_error(int library, int function, int reason, const char *file, int line), new_error(void);
void set_debug(const char *file, int line, const char *function),
    set_error(int library, int reason, const char *format, ...);
int start_job(void **job, void *wait, int *r, void *arguments), check_handshake(struct ssl *s, int sending);
void *get_job(void);

#ifdef NUMBERS
#define RAISE(number, name, reason) put_error(20, number, reason, __FILE__, __LINE__)
#define INTERNAL_ERROR              68
#else
#define RAISE(number, name, reason)                                                                          \
    (new_error(), set_debug(__FILE__, __LINE__, name), set_error(20, reason, NULL))
#define INTERNAL_ERROR 0xc0103
#endif

#line 1680 "../deps/openssl/openssl/ssl/ssl_lib.c"
INTERNAL int start_async(struct ssl *s, const void *p, size_t n, size_t *done)
{
    const void *arguments[] = {s, p, (void *)n};
    int r = 0;

    switch (start_job(&s->job, s->wait, &r, arguments)) {
    case 0:
        s->rwstate = 1;
        RAISE(389, "ssl_start_async_job", 405);
        r = -1;
        break;
    case 1:
        s->rwstate = 5;
        r = -1;
        break;
    case 3:
        s->job = NULL;
        break;
    default:
        s->rwstate = 1;
        RAISE(389, "ssl_start_async_job", INTERNAL_ERROR);
        r = -1;
        break;
    }
    *done = s->async;
    return r;
}

INTERNAL int ssl_read_internal(struct ssl *s, void *p, size_t n, size_t *done)
{
    if (!s->handshake) {
        RAISE(523, "ssl_read_internal", 276);
        return -1;
    }
    if (s->shutdown & 2) {
        s->rwstate = 1;
        return 0;
    }
    if (s->early == 1) {
        RAISE(523, "ssl_read_internal", 66);
        return 0;
    }
    check_handshake(s, 0);
    if ((s->mode & 0x100) && !get_job())
        return start_async(s, p, n, done);
    return s->method->read(s, p, n, done);
}

int SSL_read(struct ssl *s, void *p, int n)
{
    size_t done;
    int r;

    if (n < 0) {
        RAISE(223, "SSL_read", 271);
        return -1;
    }
    r = ssl_read_internal(s, p, (size_t)n, &done);
    return r > 0 ? (int)done : r;
}

int SSL_read_ex(struct ssl *s, void *p, size_t n, size_t *done)
{
    int r = ssl_read_internal(s, p, n, done);

    return r < 0 ? 0 : r;
}

INTERNAL int ssl_write_internal(struct ssl *s, const void *p, size_t n, size_t *done)
{
    if (!s->handshake) {
        RAISE(524, "ssl_write_internal", 276);
        return -1;
    }
    if (s->shutdown & 1) {
        s->rwstate = 1;
        RAISE(524, "ssl_write_internal", 207);
        return -1;
    }
    if (s->early == 1) {
        RAISE(524, "ssl_write_internal", 66);
        return 0;
    }
    check_handshake(s, 1);
    if ((s->mode & 0x100) && !get_job())
        return start_async(s, p, n, done);
    return s->method->write(s, p, n, done);
}

int SSL_write(struct ssl *s, const void *p, int n)
{
    size_t done;
    int r;

    if (n < 0) {
        RAISE(208, "SSL_write", 271);
        return -1;
    }
    r = ssl_write_internal(s, p, (size_t)n, &done);
    return r > 0 ? (int)done : r;
}

int SSL_write_ex(struct ssl *s, const void *p, size_t n, size_t *done)
{
    int r = ssl_write_internal(s, p, n, done);

    return r < 0 ? 0 : r;
}

/* It raises errors of its own beside those that it may hold a copy of. */
int SSL_write_early_data(struct ssl *s, const void *p, size_t n, size_t *done)
{
    int r;

    switch (s->early) {
    case 3:
        if (!s->handshake) {
            RAISE(526, "SSL_write_early_data", 66);
            return 0;
        }
        return 1;
    case 4:
        r = ssl_write_internal(s, p, n, done);
        s->early = 5;
        return r < 0 ? 0 : r;
    default:
        RAISE(526, "SSL_write_early_data", 66);
        return 0;
    }
}
