/* boringssl_shape.c - functions that raise errors in the places, order and form in which BoringSSL's SSL_write, SSL_read
   and SSL_peek do, and nothing else of a TLS library: something for `headroom scan` to find in builds by every
   compiler and for every processor. ERA chooses the library's time: 2018, 2020, 2022, 2023, 2025 (aws-lc).

   Real libraries are searched too (test_scan.py); this one is for the combinations that no package holds. */
#include <stddef.h>

/* Without <string.h> no C library of another processor is needed. */
void *memcpy(void *, const void *, size_t), *memset(void *, int, size_t);

struct ssl;
struct span {
    unsigned char *data;
    size_t size;
};
struct state {
    int want, error, shutdown;
    void *handshake;
    struct span pending;
    char buffer[40];
};
struct method {
    int (*get)(struct ssl *), (*next)(struct ssl *);
    int (*write)(struct ssl *, char *again, size_t *written, const unsigned char *p, size_t n);
};
struct ssl {
    const struct method *method;
    void *unused[4];
    int (*do_handshake)(struct ssl *);
    struct state *s3;
    void *quic, *suspended;
};

/* Defined elsewhere in the real thing, so that the compiler knows nothing of them here. */
__attribute__((noinline)) void put_error(int library, int unused, int reason, const char *file, unsigned line)
{
    static volatile unsigned last[4];
    last[0] = (unsigned)library;
    last[1] = (unsigned)(unused + reason);
    last[2] = (unsigned)(size_t)file;
    last[3] = line;
}
__attribute__((noinline)) void discard(char *buffer)
{
    memset(buffer, 0, 40);
    __asm__ volatile("" ::: "memory");
}
__attribute__((noinline)) int SSL_do_handshake(struct ssl *s)
{
    __asm__ volatile("" ::: "memory");
    return s->do_handshake(s);
}
int SSL_peek(struct ssl *s, void *p, int n);
#define RAISE(reason) put_error(16, 0, reason, __FILE__, __LINE__)

#line 800 "../../vendor/boringssl/src/ssl/ssl_lib.cc"
static int read_more(struct ssl *s)
{
    s->s3->error = 0;
    if (!s->do_handshake) {
        RAISE(226);
        return -1;
    }
    while (s->s3->pending.size == 0) {
        while (s->s3->handshake) {
            int r = SSL_do_handshake(s);
            if (r < 0)
                return r;
            if (r == 0) {
                RAISE(215);
                return -1;
            }
        }
        if (s->method->get(s) <= 0 || s->method->next(s) <= 0)
            return -1;
    }
    return 1;
}

int SSL_read(struct ssl *s, void *p, int n)
{
    int r;
#if ERA >= 2025
    if (s->suspended) {
        RAISE(66);
        return -1;
    }
#endif
    r = SSL_peek(s, p, n);
    if (r <= 0)
        return r;
    s->s3->pending.data += r;
    s->s3->pending.size -= (size_t)r;
    if (s->s3->pending.size == 0)
        discard(s->s3->buffer);
    return r;
}

int SSL_peek(struct ssl *s, void *p, int n)
{
    int r;
    size_t todo;
#if ERA >= 2025
    if (s->suspended) {
        RAISE(66);
        return -1;
    }
#endif
    if (s->quic) {
        RAISE(66);
        return -1;
    }
    r = read_more(s);
    if (r <= 0)
        return r;
    if (n <= 0)
        return n;
    todo = s->s3->pending.size < (size_t)n ? s->s3->pending.size : (size_t)n;
    if (todo)
        memcpy(p, s->s3->pending.data, todo);
    return (int)todo;
}

int SSL_write(struct ssl *s, const void *p, int n)
{
    int r = 0;
    size_t written = 0;
    char again = 0;
#if ERA >= 2025
    if (s->suspended) {
        RAISE(66);
        return -1;
    }
#endif
    s->s3->error = 0;
#if ERA >= 2019
    if (s->quic) {
        RAISE(66);
        return -1;
    }
#endif
    if (!s->do_handshake) {
        RAISE(226);
        return -1;
    }
#if ERA < 2022
    if (s->s3->shutdown) {
        RAISE(194);
        return -1;
    }
#endif
    do {
        if (s->s3->handshake) {
            r = SSL_do_handshake(s);
            if (r < 0)
                return r;
            if (r == 0) {
                RAISE(215);
                return -1;
            }
        }
#if ERA >= 2023
        if (n < 0) {
            RAISE(111);
            return -1;
        }
#endif
        r = s->method->write(s, &again, &written, p, (size_t)n);
    } while (again);
    return r <= 0 ? r : (int)written;
}

int SSL_shutdown(struct ssl *s)
{
    if (!s->do_handshake) {
        RAISE(226);
        return -1;
    }
    s->s3->shutdown = 1;
    return 1;
}
