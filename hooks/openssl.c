/* openssl.c - SSL_write, SSL_write_ex, SSL_read, SSL_read_ex and SSL_clear of a dynamic libssl (OpenSSL 1.1, 3.x, LibreSSL,
   shared BoringSSL), however it was loaded.

     program --> our SSL_write --> stream machine --> the caller's own SSL_write
                      |  state: ex_data of the SSL, freed by OpenSSL with the last reference
                      |  guard: a list of the SSLs that this thread is inside of (a custom BIO may write to another one)

   Rules (HOOKS.md 1 and 7): errno is the caller's before the original call and the original's after it; between the last
   original call and our return nothing of OpenSSL is called but the getter of ex_data, so that SSL_get_error tells the truth. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>

#include "../shim/shim.h"
#include "../shim/stream.h"
#include "resolve.h"

#define EXPORT __attribute__((visibility("default")))

typedef struct ssl_st SSL;

/* One libssl of the process. */
struct library {
    int (*write)(SSL *, const void *, int);
    int (*write_ex)(SSL *, const void *, size_t, size_t *);
    int (*read)(SSL *, void *, int);
    int (*read_ex)(SSL *, void *, size_t, size_t *);
    int (*clear)(SSL *);
    int (*is_init_finished)(const SSL *);
    int (*do_handshake)(SSL *);
    void *(*get_ex_data)(const SSL *, int);
    int (*set_ex_data)(SSL *, int, void *);
    int ex_index;    /* -1: no state can be kept, everything passes */
    int ready;       /* atomic */
    const void *key; /* atomic: the address of its get_ex_data, or of its SSL_write */
};

enum { MAX_LIBRARIES = 8, CALLERS = 256, PROBES = 8, EX_INDEX_SSL = 0 };

static struct library libraries[MAX_LIBRARIES];

/* Return address -> library. A slot is written once: first library, then address, both atomic. */
static struct caller {
    const void *address;
    struct library *library;
} callers[CALLERS];

/* The mark of a connection that is none of ours; its address is all that counts. */
static char passed_mark;
#define PASSED ((void *)&passed_mark)

/* ------------------------------------------------------------------ which library */
int SSL_write(SSL *ssl, const void *buf, int num) EXPORT;
int SSL_write_ex(SSL *ssl, const void *buf, size_t num, size_t *written) EXPORT;
int SSL_read(SSL *ssl, void *buf, int num) EXPORT;
int SSL_read_ex(SSL *ssl, void *buf, size_t num, size_t *readbytes) EXPORT;
int SSL_clear(SSL *ssl) EXPORT;

/* The same functions under hidden names: the address of an exported one costs a look-up at the start of every process. */
#define OWN(name) __attribute__((alias(name), visibility("hidden")))
int own_write(SSL *ssl, const void *buf, int num) OWN("SSL_write");
int own_write_ex(SSL *ssl, const void *buf, size_t num, size_t *written) OWN("SSL_write_ex");
int own_read(SSL *ssl, void *buf, int num) OWN("SSL_read");
int own_read_ex(SSL *ssl, void *buf, size_t num, size_t *readbytes) OWN("SSL_read_ex");
int own_clear(SSL *ssl) OWN("SSL_clear");

static void free_stream(void *parent, void *ptr, void *ad, int index, long argl, void *argp)
{
    int saved = errno;
    (void)parent, (void)ad, (void)index, (void)argl, (void)argp;
    if (ptr && ptr != PASSED)
        shim_stream_free(ptr);
    errno = saved;
}

/* SSL_dup would copy the pointer; the copy is a connection of its own. */
static int dup_stream(void *to, const void *from, void *from_d, int index, long argl, void *argp)
{
    (void)to, (void)from, (void)index, (void)argl, (void)argp;
    *(void **)from_d = NULL;
    return 1;
}

static int new_ex_index(const void *in_library)
{
    typedef int dup_function(void *, const void *, void *, int, long, void *);
    typedef void free_function(void *, void *, void *, int, long, void *);
    int (*get)(int, long, void *, void *, dup_function *, free_function *);
    int (*get_ssl)(long, void *, void *, dup_function *, free_function *);
    void *f = resolve_beside(in_library, "CRYPTO_get_ex_new_index");
    if (f) {
        memcpy(&get, &f, sizeof f);
        return get(EX_INDEX_SSL, 0, NULL, NULL, dup_stream, free_stream);
    }
    f = resolve_beside(in_library,
                       "SSL_get_ex_new_index"); /* a function in BoringSSL and LibreSSL, a macro in OpenSSL */
    if (!f)
        return -1;
    memcpy(&get_ssl, &f, sizeof f);
    return get_ssl(0, NULL, NULL, dup_stream, free_stream);
}

static void bind(void *where, void *f)
{
    memcpy(where, &f, sizeof f);
}

/* Everything is looked up before a slot is claimed, so that nobody waits for the dynamic linker's lock. */
static struct library *learn(const void *return_address)
{
    struct library l = {.ex_index = -1};
    const struct {
        const char *name;
        const void *ours;
        void *where;
    } hooked[] = {
        {"SSL_write", (const void *)own_write, &l.write},
        {"SSL_write_ex", (const void *)own_write_ex, &l.write_ex},
        {"SSL_read", (const void *)own_read, &l.read},
        {"SSL_read_ex", (const void *)own_read_ex, &l.read_ex},
        {"SSL_clear", (const void *)own_clear, &l.clear},
    };
    const struct {
        const char *name;
        void *where;
    } beside[] = {
        {"SSL_is_init_finished", &l.is_init_finished},
        {"SSL_do_handshake", &l.do_handshake},
        {"SSL_get_ex_data", &l.get_ex_data},
        {"SSL_set_ex_data", &l.set_ex_data},
    };
    for (size_t i = 0; i < sizeof hooked / sizeof *hooked; i++)
        bind(hooked[i].where, resolve_original(return_address, hooked[i].name, hooked[i].ours));
    if (!l.write && !l.read)
        return NULL;
    const void *home = l.write ? (const void *)l.write : (const void *)l.read;
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        bind(beside[i].where, resolve_beside(home, beside[i].name));
    bool complete = l.is_init_finished && l.do_handshake && l.get_ex_data && l.set_ex_data;

    for (int i = 0; i < MAX_LIBRARIES; i++) {
        struct library *slot = &libraries[i];
        const void *empty = NULL;
        if (__atomic_compare_exchange_n(&slot->key, &empty, home, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            l.key = home;
            if (complete)
                l.ex_index = new_ex_index(home);
            memcpy(slot, &l, offsetof(struct library, ready));
            __atomic_store_n(&slot->ready, 1, __ATOMIC_RELEASE);
            return slot;
        }
        if (empty == home) {
            while (!__atomic_load_n(&slot->ready, __ATOMIC_ACQUIRE))
                sched_yield(); /* another thread is at the three lines above */
            return slot;
        }
    }
    return NULL;
}

static struct library *library_of(const void *return_address)
{
    size_t at = (uintptr_t)return_address * 0x9E3779B97F4A7C15u >> 56;
    for (size_t i = 0; i < PROBES; i++) {
        struct caller *c = &callers[(at + i) % CALLERS];
        const void *address = __atomic_load_n(&c->address, __ATOMIC_ACQUIRE);
        if (address == return_address)
            return __atomic_load_n(&c->library, __ATOMIC_RELAXED);
        if (!address)
            break;
    }
    struct library *l = learn(return_address);
    for (size_t i = 0; l && i < PROBES; i++) {
        struct caller *c = &callers[(at + i) % CALLERS];
        struct library *none = NULL;
        if (__atomic_compare_exchange_n(&c->library, &none, l, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            __atomic_store_n(&c->address, return_address, __ATOMIC_RELEASE);
            break;
        }
        if (__atomic_load_n(&c->address, __ATOMIC_ACQUIRE) == return_address)
            break;
    }
    return l;
}

/* ------------------------------------------------------------------ which connection */
struct frame {
    const SSL *ssl;
    struct frame *below;
};
static __thread struct frame *inside;

static bool is_inside(const SSL *ssl)
{
    for (const struct frame *f = inside; f; f = f->below)
        if (f->ssl == ssl)
            return true;
    return false;
}

/* The state of a connection that begins to write with these bytes; NULL: none of ours. */
static shim_stream *stream_for_write(const struct library *l, SSL *ssl, const void *buf, size_t num)
{
    if (l->ex_index < 0)
        return NULL;
    void *state = l->get_ex_data(ssl, l->ex_index);
    if (state)
        return state == PASSED ? NULL : state;
    shim_stream *s = shim_stream_wanted(buf, num) ? shim_stream_new() : NULL;
    if (!l->set_ex_data(ssl, l->ex_index, s ? (void *)s : PASSED)) {
        shim_stream_free(s);
        return NULL;
    }
    return s;
}

static shim_stream *stream_for_read(const struct library *l, const SSL *ssl)
{
    void *state = l->ex_index < 0 ? NULL : l->get_ex_data(ssl, l->ex_index);
    return state == PASSED ? NULL : state;
}

/* ------------------------------------------------------------------ writing */
struct connection {
    const struct library *library;
    SSL *ssl;
    bool ex;   /* the program called SSL_write_ex: failures are 0, not negative */
    int error; /* errno as the next original call must find it, and as the last one left it */
};

static int wire_write(void *conn, const void *buf, size_t len, size_t *done)
{
    struct connection *c = conn;
    int r;

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

static int wire_handshake(void *conn)
{
    struct connection *c = conn;
    if (c->library->is_init_finished(c->ssl))
        return 1;
    errno = c->error;
    int r = c->library->do_handshake(c->ssl);
    c->error = errno;
    if (r > 0)
        return 1;
    return c->ex ? 0 : -1; /* what SSL_write makes of a handshake that did not end */
}

static int write_through(const struct library *l, SSL *ssl, shim_stream *s, bool ex, const void *buf,
                         size_t num, size_t *done, int saved)
{
    struct connection conn = {l, ssl, ex, saved};
    const struct shim_wire wire = {&conn, wire_write, wire_handshake};
    struct frame frame = {ssl, inside};

    inside = &frame;
    int r = shim_stream_write(s, &wire, buf, num, done);
    inside = frame.below;
    errno = conn.error;
    return r;
}

int SSL_write(SSL *ssl, const void *buf, int num)
{
    int saved = errno;
    size_t done = 0;
    const struct library *l = library_of(__builtin_return_address(0));
    shim_stream *s = NULL;

    if (!l || !l->write)
        return -1;
    if (num > 0 && ssl && buf && shim_enabled() && !is_inside(ssl))
        s = stream_for_write(l, ssl, buf, (size_t)num);
    errno = saved;
    if (!s)
        return l->write(ssl, buf, num);
    int r = write_through(l, ssl, s, false, buf, (size_t)num, &done, saved);
    return r > 0 ? (int)done : r;
}

int SSL_write_ex(SSL *ssl, const void *buf, size_t num, size_t *written)
{
    int saved = errno;
    size_t done = 0;
    const struct library *l = library_of(__builtin_return_address(0));
    shim_stream *s = NULL;

    if (!l || !l->write_ex)
        return 0;
    if (num > 0 && ssl && buf && written && shim_enabled() && !is_inside(ssl))
        s = stream_for_write(l, ssl, buf, num);
    errno = saved;
    if (!s)
        return l->write_ex(ssl, buf, num, written);
    int r = write_through(l, ssl, s, true, buf, num, &done, saved);
    if (r > 0)
        *written = done;
    return r;
}

/* ------------------------------------------------------------------ reading */
static void tee(const struct library *l, SSL *ssl, const void *buf, size_t n)
{
    int saved = errno;
    shim_stream *s = is_inside(ssl) ? NULL : stream_for_read(l, ssl);
    if (s && n > 0)
        shim_stream_read(s, buf, n);
    else if (s)
        shim_stream_eof(s);
    errno = saved;
}

int SSL_read(SSL *ssl, void *buf, int num)
{
    int saved = errno;
    const struct library *l = library_of(__builtin_return_address(0));

    errno = saved;
    if (!l || !l->read)
        return -1;
    int r = l->read(ssl, buf, num);
    if (r >= 0 && ssl && num > 0 && shim_enabled())
        tee(l, ssl, buf, (size_t)r);
    return r;
}

int SSL_read_ex(SSL *ssl, void *buf, size_t num, size_t *readbytes)
{
    int saved = errno;
    const struct library *l = library_of(__builtin_return_address(0));

    errno = saved;
    if (!l || !l->read_ex)
        return 0;
    int r = l->read_ex(ssl, buf, num, readbytes);
    if (r > 0 && ssl && shim_enabled() && *readbytes > 0)
        tee(l, ssl, buf, *readbytes);
    return r;
}

/* The object serves another connection from now on; OpenSSL keeps its ex_data. */
int SSL_clear(SSL *ssl)
{
    int saved = errno;
    const struct library *l = library_of(__builtin_return_address(0));
    shim_stream *s = l && ssl ? stream_for_read(l, ssl) : NULL;

    if (s)
        shim_stream_reset(s);
    else if (l && ssl && l->ex_index >= 0 && l->get_ex_data(ssl, l->ex_index) == PASSED)
        l->set_ex_data(ssl, l->ex_index, NULL);
    errno = saved;
    return l && l->clear ? l->clear(ssl) : 0;
}
