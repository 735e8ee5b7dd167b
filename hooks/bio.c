/* bio.c - BIO_f_ssl: programs that write through an SSL BIO (BIO_new_ssl_connect, BIO_write) never call SSL_write.

   libssl's own BIO method writes by an internal function, but asks for the method itself through its procedure linkage table. We
   hand out a copy of it (made with OpenSSL's own BIO_meth_ functions) whose read and write go through the stream machine:

     BIO_write --> method copy: ours --> stream machine --> the original method's write (sets the retry flags)

   For the first libssl of a process only; another one gets its own method, untouched. */
#include <errno.h>
#include <string.h>

#include "library.h"
#include "resolve.h"

typedef struct bio_st BIO;
typedef struct bio_method_st BIO_METHOD;

/* From openssl/bio.h: BIO_C_GET_SSL, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY, BIO_TYPE_SSL. */
enum { GET_SSL = 110, RETRY_FLAGS = 0x0f, TYPE_SSL = 7 | 0x0200 };

typedef int write_function(BIO *, const char *, size_t, size_t *);
typedef int read_function(BIO *, char *, size_t, size_t *);

static struct {
    const struct library *library;
    write_function *write;
    read_function *read;
    long (*ctrl)(BIO *, int, long, void *);
    void (*clear_flags)(BIO *, int);
    const BIO_METHOD *original;
    BIO_METHOD *method; /* NULL: could not be made, the original is handed out */
} bio;
static int state; /* atomic: 0 nobody asked, 1 being made, 2 constant */

static SSL *ssl_of(BIO *b)
{
    SSL *ssl = NULL;
    bio.ctrl(b, GET_SSL, 0, &ssl);
    return ssl;
}

struct connection {
    BIO *bio;
    SSL *ssl;
    int error;  /* errno as the next original call must find it, and as the last one left it */
    bool asked; /* an original was called */
};

static int wire_write(void *conn, const void *buf, size_t len, size_t *done)
{
    struct connection *c = conn;
    c->asked = true;
    errno = c->error;
    int r = bio.write(c->bio, buf, len, done);
    c->error = errno;
    return r;
}

/* Writing nothing makes the original do the handshake and set the retry flags as for any write. */
static int wire_handshake(void *conn)
{
    struct connection *c = conn;
    size_t none = 0;
    if (bio.library->is_init_finished(c->ssl))
        return 1;
    int r = wire_write(conn, "", 0, &none);
    return r > 0 && !bio.library->is_init_finished(c->ssl) ? 0 : r;
}

static int wire_broken(void *conn)
{
    struct connection *c = conn;
    int r = wire_handshake(conn);

    if (r <= 0)
        return r;
    c->asked = true;
    c->error = EPIPE;
    return -1;
}

static int write_bio(BIO *b, const char *buf, size_t num, size_t *written)
{
    int saved = errno;
    SSL *ssl = num > 0 && buf && shim_enabled() ? ssl_of(b) : NULL;
    shim_stream *s = ssl ? library_stream_for_write(bio.library, ssl, buf, num, NULL) : NULL;
    struct connection conn = {b, ssl, saved, false};
    const struct shim_wire wire = {&conn, wire_write, wire_handshake, wire_broken};
    struct library_frame frame;
    size_t done = 0;
    int r;

    errno = saved;
    if (!s) {
        const SSL *before = library_hand(ssl);
        r = bio.write(b, buf, num, written);
        library_take_back(before);
        return r;
    }
    bio.clear_flags(b, RETRY_FLAGS);
    library_enter(&frame, ssl);
    r = shim_stream_write(s, &wire, buf, num, &done);
    library_leave(&frame);
    errno = r > 0 && !conn.asked ? 0 : conn.error; /* held: as in openssl.c */
    *written = done;
    return r;
}

static int read_bio(BIO *b, char *buf, size_t num, size_t *got)
{
    int saved = errno;
    SSL *ssl = num > 0 && shim_enabled() ? ssl_of(b) : NULL;

    const SSL *before = library_hand(ssl);
    errno = saved;
    int r = bio.read(b, buf, num, got);
    library_take_back(before);
    saved = errno;
    if (ssl)
        library_tee(bio.library, ssl, buf, r > 0 ? *got : 0);
    errno = saved;
    return r;
}

/* A method like the original but for reading and writing. */
static void make_method(const void *in_library)
{
    enum { NEW, GET_WRITE, GET_READ, SET_WRITE, SET_READ, CTRL, CLEAR, NAMES };
    static const char *const names[NAMES] = {"BIO_meth_new",         "BIO_meth_get_write_ex",
                                             "BIO_meth_get_read_ex", "BIO_meth_set_write_ex",
                                             "BIO_meth_set_read_ex", "BIO_ctrl",
                                             "BIO_clear_flags"};
    /* What is carried over as it is: getter and setter of each. */
    static const char *const same[] = {"puts", "gets", "ctrl", "create", "destroy", "callback_ctrl"};
    void *f[NAMES];
    BIO_METHOD *(*make)(int, const char *);
    void *(*get)(const BIO_METHOD *);
    int (*put)(BIO_METHOD *, void *);

    for (int i = 0; i < NAMES; i++)
        if (!(f[i] = resolve_beside(in_library, names[i])))
            return;
    memcpy(&get, &f[GET_WRITE], sizeof get);
    void *w = get(bio.original);
    memcpy(&get, &f[GET_READ], sizeof get);
    void *r = get(bio.original);
    if (!w || !r)
        return;
    memcpy(&bio.write, &w, sizeof w);
    memcpy(&bio.read, &r, sizeof r);
    memcpy(&bio.ctrl, &f[CTRL], sizeof bio.ctrl);
    memcpy(&bio.clear_flags, &f[CLEAR], sizeof bio.clear_flags);
    memcpy(&make, &f[NEW], sizeof make);
    BIO_METHOD *method = make(TYPE_SSL, "ssl");
    if (!method)
        return;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char name[64];
        void *getter, *setter;
        strcpy(name, "BIO_meth_get_");
        getter = resolve_beside(in_library, strcat(name, same[i]));
        strcpy(name, "BIO_meth_set_");
        setter = resolve_beside(in_library, strcat(name, same[i]));
        if (!getter || !setter)
            return;
        memcpy(&get, &getter, sizeof get);
        memcpy(&put, &setter, sizeof put);
        void *function = get(bio.original);
        if (function)
            put(method, function);
    }
    write_function *ours_write = write_bio;
    read_function *ours_read = read_bio;
    void *ours;
    memcpy(&put, &f[SET_WRITE], sizeof put);
    memcpy(&ours, &ours_write, sizeof ours);
    put(method, ours);
    memcpy(&put, &f[SET_READ], sizeof put);
    memcpy(&ours, &ours_read, sizeof ours);
    put(method, ours);
    bio.method = method;
}

const BIO_METHOD *BIO_f_ssl(void) __attribute__((visibility("default")));
const BIO_METHOD *own_f_ssl(void) HR_OWN("BIO_f_ssl");

const BIO_METHOD *BIO_f_ssl(void)
{
    int saved = errno, nobody = 0;
    const void *caller = __builtin_return_address(0);
    void *f = resolve_original(caller, "BIO_f_ssl", (const void *)own_f_ssl);
    const BIO_METHOD *(*original)(void);

    if (!f)
        return NULL;
    memcpy(&original, &f, sizeof f);
    const BIO_METHOD *plain = original();
    if (shim_enabled() &&
        __atomic_compare_exchange_n(&state, &nobody, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        bio.library = library_of(caller);
        bio.original = plain;
        if (bio.library && bio.library->ex_index >= 0)
            make_method(f);
        __atomic_store_n(&state, 2, __ATOMIC_RELEASE);
    }
    errno = saved;
    bool ready = __atomic_load_n(&state, __ATOMIC_ACQUIRE) == 2;
    return ready && bio.method && bio.original == plain ? bio.method : plain;
}
