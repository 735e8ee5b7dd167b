/* library.c - learning the libssl of a caller, and hanging our state on its SSL objects. See library.h.

   State lies in ex_data: OpenSSL frees it with the last reference to the SSL, so a pointer that is freed and reused never meets
   the state of another connection. Nothing here takes a lock that is held across a call of the dynamic linker. */
#include "library.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "callers.h"
#include "resolve.h"

enum { MAX_LIBRARIES = 8, EX_INDEX_SSL = 0 };

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
static const struct library *learn(const void *return_address)
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

const struct library *library_of(const void *return_address)
{
    const struct library *l = callers_get(&callers, return_address);
    if (!l && (l = learn(return_address)))
        callers_put(&callers, return_address, l);
    return l;
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

shim_stream *library_stream_for_write(const struct library *l, SSL *ssl, const void *buf, size_t num)
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

shim_stream *library_stream(const struct library *l, const SSL *ssl)
{
    void *state = l->ex_index < 0 ? NULL : l->get_ex_data(ssl, l->ex_index);
    return state == PASSED ? NULL : state;
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
    int saved = errno;
    shim_stream *s = library_is_inside(ssl) ? NULL : library_stream(l, ssl);
    if (s && n > 0)
        shim_stream_read(s, buf, n);
    else if (s)
        shim_stream_eof(s);
    errno = saved;
}
