/* library.h - one libssl of the process, and the state of its connections. Shared by openssl.c, bio.c and alpn.c. */
#ifndef HR_LIBRARY_H
#define HR_LIBRARY_H

#include "../shim/shim.h"
#include "../shim/stream.h"
#include "alpn.h"

typedef struct bio_st BIO;

/* The functions of one libssl that we call. Constant once ready is set, but for the first six: where one is patched (pointers.c) it is
   replaced, once, by the way around the patch. */
struct library {
    int (*write)(SSL *, const void *, int);
    int (*write_ex)(SSL *, const void *, size_t, size_t *);
    int (*read)(SSL *, void *, int);
    int (*read_ex)(SSL *, void *, size_t, size_t *);
    int (*write_early_data)(SSL *, const void *, size_t, size_t *);
    int (*clear)(SSL *);
    int (*is_init_finished)(const SSL *); /* NULL: not known; a write of no bytes tells it, too */
    int (*do_handshake)(SSL *);
    int (*get_shutdown)(const SSL *); /* may be NULL */
    void *(*get_ex_data)(const SSL *, int);
    int (*set_ex_data)(SSL *, int, void *);
    BIO *(*get_rbio)(const SSL *); /* may be NULL */
    const char *begin, *end;       /* its module; empty: not known, or the program itself */
    struct alpn alpn;
    int ex_index;    /* -1: no state can be kept, everything passes */
    int ready;       /* atomic */
    const void *key; /* atomic: the address of its SSL_write */
};

/* The exported functions under hidden names: the address of an exported one costs a look-up at the start of every process. */
#define HR_EXPORT    __attribute__((visibility("default")))
#define HR_OWN(name) __attribute__((alias(name), visibility("hidden")))
int own_write(SSL *ssl, const void *buf, int num) HR_HIDDEN;
int own_write_ex(SSL *ssl, const void *buf, size_t num, size_t *written) HR_HIDDEN;
int own_read(SSL *ssl, void *buf, int num) HR_HIDDEN;
int own_read_ex(SSL *ssl, void *buf, size_t num, size_t *readbytes) HR_HIDDEN;
int own_write_early_data(SSL *ssl, const void *buf, size_t num, size_t *written) HR_HIDDEN;
int own_clear(SSL *ssl) HR_HIDDEN;
int own_connect(SSL *ssl) HR_HIDDEN;
int own_do_handshake(SSL *ssl) HR_HIDDEN;
int own_set_alpn_protos(SSL *ssl, const unsigned char *protos, unsigned len) HR_HIDDEN;
int own_ctx_set_alpn_protos(SSL_CTX *ctx, const unsigned char *protos, unsigned len) HR_HIDDEN;

/* The libssl that the code at this return address would reach without us; learned at first need, then found without a lock.
   NULL: none. errno may change. */
const struct library *library_of(const void *return_address) HR_HIDDEN;
/* The libssl that made a connection, where the caller cannot tell: a return address outside of all that is linked with one. ssl may be
   NULL. */
const struct library *library_of_connection(const SSL *ssl, const void *return_address) HR_HIDDEN;
/* Is this the code of the library itself? It calls some of its own functions by name, which leads to us. */
bool library_is_itself(const struct library *l, const void *address) HR_HIDDEN;

/* A library whose write, write_ex, read and read_ex are known (trampolines of patched functions) and whose other functions the object
   around `home` may export. NULL: too few of them to hang state on its connections. Once per home. */
const struct library *library_adopt(struct library *l, const void *home) HR_HIDDEN;

/* An index for data that hangs on a connection or on a context, with its callbacks (openssl/crypto.h, CRYPTO_EX_new and so on; they may
   be NULL, and `new` is not called by every libssl); argp is handed to them. -1: none. l: its key is set. */
enum library_class { LIBRARY_CONNECTION, LIBRARY_CONTEXT };
typedef void library_new(void *parent, void *ptr, void *ad, int index, long argl, void *argp);
typedef int library_dup(void *to, const void *from, void *from_d, int index, long argl, void *argp);
typedef void library_free(void *parent, void *ptr, void *ad, int index, long argl, void *argp);
int library_ex_index(const struct library *l, enum library_class class, void *argp, library_new *new_data,
                     library_dup *dup_data, library_free *free_data) HR_HIDDEN;

/* The code at `caller` begins to write these bytes, n > 0: the stream that they go through; NULL: none, they go straight to the
   original (not HTTP, no memory, a call from inside a call for the same SSL). Sees to what must be done before a handshake. */
shim_stream *library_stream_for_write(const struct library *l, SSL *ssl, const void *buf, size_t num,
                                      const void *caller) HR_HIDDEN;
/* The stream of a connection, if it has one. */
shim_stream *library_stream(const struct library *l, const SSL *ssl) HR_HIDDEN;
/* Let a connection pass from here on. No call for it is under way. */
void library_pass(const struct library *l, SSL *ssl) HR_HIDDEN;
/* Forget a connection's state: its object serves another one from now on. */
void library_forget(const struct library *l, SSL *ssl) HR_HIDDEN;
/* The program has read n bytes; 0: its read failed, or the peer closed. errno is kept. */
void library_tee(const struct library *l, SSL *ssl, const void *buf, size_t n) HR_HIDDEN;

/* What the exported functions do, once the library is known; `caller` is a return address in the program. errno as the original has
   it. (openssl.c) */
int openssl_write(const struct library *l, SSL *ssl, const void *buf, int num, const void *caller) HR_HIDDEN;
int openssl_write_ex(const struct library *l, SSL *ssl, const void *buf, size_t num, size_t *written,
                     const void *caller) HR_HIDDEN;
int openssl_write_early_data(const struct library *l, SSL *ssl, const void *buf, size_t num, size_t *written,
                             const void *caller) HR_HIDDEN;
int openssl_read(const struct library *l, SSL *ssl, void *buf, int num) HR_HIDDEN;
int openssl_read_ex(const struct library *l, SSL *ssl, void *buf, size_t num, size_t *readbytes) HR_HIDDEN;
int openssl_clear(const struct library *l, SSL *ssl) HR_HIDDEN;
/* One write through a stream: > 0: success, and *done is the program's count. saved: errno as the program left it. (openssl.c) */
int openssl_through(const struct library *l, SSL *ssl, shim_stream *s, bool ex, const void *buf, size_t num,
                    size_t *done, int saved) HR_HIDDEN;

/* Connections that this thread is inside of. A custom BIO may write to another connection, or switch coroutines, inside
   SSL_write: only a call for the same SSL is a nested one. */
struct library_frame {
    const SSL *ssl;
    struct library_frame *below;
};
bool library_is_inside(const SSL *ssl) HR_HIDDEN;
void library_enter(struct library_frame *frame, const SSL *ssl) HR_HIDDEN;
void library_leave(const struct library_frame *frame) HR_HIDDEN;

/* A hook calls an original for this connection: a handshake that begins in it, and a patched function that it reads by, is in the hook's
   hands. Returns what library_take_back is to be given afterwards. A value and no frame: most calls that wait end here, and coroutines
   that change places in the middle, or a jump out of it, may leave a wrong one behind, but none that points to nowhere. */
const SSL *library_hand(const SSL *ssl) HR_HIDDEN;
void library_take_back(const SSL *before) HR_HIDDEN;
/* Is a hook of this thread at work for it, in either way? */
bool library_is_handed(const SSL *ssl) HR_HIDDEN;

#endif
