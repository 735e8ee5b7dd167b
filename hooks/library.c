/* library.c - learning the libssl of a caller, and hanging our state on its SSL objects. See library.h.

   State lies in ex_data: OpenSSL frees it with the last reference to the SSL, so a pointer that is freed and reused never meets
   the state of another connection. Nothing here takes a lock that is held across a call of the dynamic linker. */
#include "library.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "../shim/gate.h"
#include "callers.h"
#include "resolve.h"

enum { MAX_LIBRARIES = 8 };

static struct library libraries[MAX_LIBRARIES];

static struct callers callers; /* return address -> struct library */

/* The mark of a connection that is none of ours; its address is all that counts. */
static char passed_mark;
#define PASSED ((void *)&passed_mark)

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

/* The function of BoringSSL and LibreSSL first: in OpenSSL it is a macro, and LibreSSL numbers the classes in another way. */
int library_ex_index(const struct library *l, enum library_class class, void *argp, library_new *new_data,
                     library_dup *dup_data, library_free *free_data)
{
    static const char names[][24] = {"SSL_get_ex_new_index", "SSL_CTX_get_ex_new_index"};
    int (*get_of_class)(long, void *, library_new *, library_dup *, library_free *);
    int (*get)(int, long, void *, library_new *, library_dup *, library_free *);
    void *f = resolve_beside(l->key, names[class]);
    if (f) {
        memcpy(&get_of_class, &f, sizeof f);
        return get_of_class(0, argp, new_data, dup_data, free_data);
    }
    f = resolve_beside(l->key, "CRYPTO_get_ex_new_index");
    if (!f)
        return -1;
    memcpy(&get, &f, sizeof f);
    return get((int)class, 0, argp, new_data, dup_data, free_data); /* the classes' numbers are OpenSSL's */
}

static void bind(void *where, void *f)
{
    memcpy(where, &f, sizeof f);
}

static struct library *find_library(const void *home)
{
    for (int i = 0; i < MAX_LIBRARIES; i++)
        if (__atomic_load_n(&libraries[i].ready, __ATOMIC_ACQUIRE) && libraries[i].key == home)
            return &libraries[i];
    return NULL;
}

/* The functions that no hook stands before. True: enough of them to hang state on a connection. */
static bool bind_beside(struct library *l, const void *home)
{
    const struct {
        const char *name;
        void *where;
    } beside[] = {
        {"SSL_is_init_finished", &l->is_init_finished},
        {"SSL_get_shutdown", &l->get_shutdown},
        {"SSL_get_ex_data", &l->get_ex_data},
        {"SSL_set_ex_data", &l->set_ex_data},
        {"SSL_get_rbio", &l->get_rbio},
    };

    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
        bind(beside[i].where, resolve_beside(home, beside[i].name));
    return l->is_init_finished && l->do_handshake && l->get_ex_data && l->set_ex_data;
}

static const struct library *claim(struct library *l, const void *home, bool complete)
{
    for (int i = 0; i < MAX_LIBRARIES; i++) {
        struct library *slot = &libraries[i];
        const void *empty = NULL;
        if (__atomic_compare_exchange_n(&slot->key, &empty, home, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            l->key = home;
            if (complete) {
                l->ex_index = library_ex_index(l, LIBRARY_CONNECTION, NULL, NULL, dup_stream, free_stream);
                alpn_register(l, slot);
            }
            memcpy(slot, l, offsetof(struct library, ready));
            __atomic_store_n(&slot->ready, 1, __ATOMIC_RELEASE);
            return slot;
        }
        if (empty == home) {
            while (!__atomic_load_n(&slot->ready, __ATOMIC_ACQUIRE))
                sched_yield(); /* another thread is at the lines above */
            return slot;
        }
    }
    return NULL;
}

/* Everything is looked up before a slot is claimed, so that nobody waits for the dynamic linker's lock. */
static const struct library *learn(const void *return_address)
{
    struct library l = {.ex_index = -1};
    const struct {
        const char *name;
        const void *ours;
        void *where;
    } hooked[] = {
        {"SSL_write_ex", (const void *)own_write_ex, &l.write_ex},
        {"SSL_read_ex", (const void *)own_read_ex, &l.read_ex},
        {"SSL_write_early_data", (const void *)own_write_early_data, &l.write_early_data},
        {"SSL_clear", (const void *)own_clear, &l.clear},
        {"SSL_do_handshake", (const void *)own_do_handshake, &l.do_handshake},
    };
    bind(&l.write, resolve_original(return_address, "SSL_write", (const void *)own_write));
    bind(&l.read, resolve_original(return_address, "SSL_read", (const void *)own_read));
    if (!l.write && !l.read)
        return NULL;
    const void *home = l.write ? (const void *)l.write : (const void *)l.read;
    struct library *known = find_library(home);
    if (known)
        return known;
    for (size_t i = 0; i < sizeof hooked / sizeof *hooked; i++)
        bind(hooked[i].where, resolve_original(return_address, hooked[i].name, hooked[i].ours));
    alpn_learn(&l.alpn, return_address, home);
    l.begin = resolve_module(home);
    l.end = l.begin ? resolve_module_end(l.begin) : NULL;
    return claim(&l, home, bind_beside(&l, home));
}

const struct library *library_adopt(struct library *l, const void *home)
{
    l->ex_index = -1;
    bind(&l->do_handshake, resolve_beside(home, "SSL_do_handshake"));
    alpn_learn(&l->alpn, NULL, home);
    return bind_beside(l, home) ? claim(l, home, true) : NULL;
}

const struct library *library_of(const void *return_address)
{
    const struct library *l = callers_get(&callers, return_address);
    if (!l && (l = learn(return_address)))
        callers_put(&callers, return_address, l);
    return l;
}

/* One of the first words of an SSL points to its library's table of methods. */
const struct library *library_of_connection(const SSL *ssl, const void *return_address)
{
    enum { WORDS = 4 };
    const void *word[WORDS];

    if (!ssl)
        return library_of(return_address);
    memcpy(word, ssl, sizeof word);
    for (int i = 0; i < WORDS; i++) {
        const void *module = resolve_module(word[i]);
        void *f = module ? resolve_beside(word[i], "SSL_do_handshake") : NULL;
        if (f && resolve_module(f) == module)
            return library_of(f);
    }
    return library_of(return_address);
}

bool library_is_itself(const struct library *l, const void *address)
{
    return (const char *)address >= l->begin && (const char *)address < l->end;
}

/* ------------------------------------------------------------------ state of a connection */
static __thread struct library_frame *inside;

bool library_is_inside(const SSL *ssl)
{
    for (const struct library_frame *f = inside; f; f = f->below)
        if (f->ssl == ssl)
            return true;
    return false;
}

void library_enter(struct library_frame *frame, const SSL *ssl)
{
    *frame = (struct library_frame){ssl, inside};
    inside = frame;
}

void library_leave(const struct library_frame *frame)
{
    inside = frame->below;
}

static __thread const SSL *handed;

const SSL *library_hand(const SSL *ssl)
{
    const SSL *before = handed;

    handed = ssl;
    return before;
}

void library_take_back(const SSL *before)
{
    handed = before;
}

bool library_is_handed(const SSL *ssl)
{
    return handed == ssl || library_is_inside(ssl);
}

shim_stream *library_stream_for_write(const struct library *l, SSL *ssl, const void *buf, size_t num,
                                      const void *caller)
{
    if (l->ex_index < 0 || library_is_inside(ssl))
        return NULL;
    alpn_before_handshake(l, ssl, false);
    void *state = l->get_ex_data(ssl, l->ex_index);
    if (state)
        return state == PASSED ? NULL : state;
    alpn_first_bytes(l, ssl, buf, num, caller);
    shim_stream *s = gate_wanted(buf, num) ? shim_stream_new() : NULL;
    if (!l->set_ex_data(ssl, l->ex_index, s ? (void *)s : PASSED)) {
        shim_stream_free(s);
        return NULL;
    }
    return s;
}

shim_stream *library_stream(const struct library *l, const SSL *ssl)
{
    void *state = l->ex_index < 0 ? NULL : l->get_ex_data(ssl, l->ex_index);
    return state == PASSED ? NULL : state;
}

void library_pass(const struct library *l, SSL *ssl)
{
    shim_stream *s = library_stream(l, ssl);
    if (l->ex_index >= 0 && l->set_ex_data(ssl, l->ex_index, PASSED))
        shim_stream_free(s);
}

void library_forget(const struct library *l, SSL *ssl)
{
    shim_stream *s = library_stream(l, ssl);
    if (s)
        shim_stream_reset(s);
    else if (l->ex_index >= 0 && l->get_ex_data(ssl, l->ex_index) == PASSED)
        l->set_ex_data(ssl, l->ex_index, NULL);
}

void library_tee(const struct library *l, SSL *ssl, const void *buf, size_t n)
{
    enum {
        RECEIVED_SHUTDOWN = 2
    }; /* openssl/ssl.h; a fatal alert sets it too, and ends a response as well */
    int saved = errno;
    shim_stream *s = library_is_inside(ssl) ? NULL : library_stream(l, ssl);
    if (s && n > 0)
        shim_stream_read(s, buf, n);
    else if (s && l->get_shutdown && l->get_shutdown(ssl) & RECEIVED_SHUTDOWN)
        shim_stream_eof(s);
    errno = saved;
}
