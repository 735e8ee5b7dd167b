/* patched.c - see patched.h. From the top: what the patches lead to; then the look, once. */
#include "patched.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "../shim/patch.h"
#include "connections.h"
#include "executable.h"
#include "library.h"

enum { PAGE = 4096, SSL_WORDS = 8 };

static struct library
    linked; /* write, write_ex, read and read_ex: the trampolines, set before their patches stand */
static const struct library
    *adopted; /* the same with state on its SSL objects; NULL: it does not export enough */
static struct executable program;
static bool ready;       /* atomic: all above is constant */
static bool proved;      /* atomic: SSL_write's arguments were seen to be what they must be; */
static bool read_proved; /* atomic: SSL_read's first one was */
static bool looked;      /* atomic */
static __thread bool looking;

/* ------------------------------------------------------------------ the functions that the patches lead to */
static bool is_readable(const void *p)
{
    unsigned char resident;
    uintptr_t page = (uintptr_t)p & ~(uintptr_t)(PAGE - 1);

    return mincore((void *)page, PAGE, &resident) == 0; /* NOLINT: fails where nothing is mapped */
}

/* An SSL of this library: one of its first words points to the library's table of methods. */
static bool is_ssl(const void *ssl)
{
    uint64_t word[SSL_WORDS];

    if ((uintptr_t)ssl % sizeof *word != 0 || !is_readable(ssl) ||
        !is_readable((const char *)ssl + sizeof word - 1))
        return false;
    memcpy(word, ssl, sizeof word);
    for (int i = 0; i < SSL_WORDS; i++)
        if (executable_holds(&program, word[i]))
            return true;
    return false;
}

/* May this call be looked at? */
static bool is_write(const void *ssl, const void *buf, size_t n)
{
    if (n == 0 || !ssl || !buf || !__atomic_load_n(&ready, __ATOMIC_ACQUIRE) || !shim_enabled())
        return false;
    if (__atomic_load_n(&proved, __ATOMIC_RELAXED))
        return true;
    if (!is_readable(buf) || !is_readable((const char *)buf + n - 1) || !is_ssl(ssl) ||
        (!connections_begins_request(buf, n) && !(adopted && connections_begins_http_2(buf, n))))
        return false;
    __atomic_store_n(&proved, true, __ATOMIC_RELAXED);
    return true;
}

/* A write where no state can hang on the SSL. */
static int write_kept(SSL *ssl, bool ex, const void *buf, size_t n, size_t *done, int saved)
{
    struct connection_slot *c = library_is_inside(ssl) ? NULL : connections_enter(ssl, buf, n);
    int r;

    errno = saved;
    if (!c) {
        if (ex)
            return linked.write_ex(ssl, buf, n, done);
        r = linked.write(ssl, buf, (int)n);
        *done = r > 0 ? (size_t)r : 0;
        return r;
    }
    r = openssl_through(&linked, ssl, connections_stream(c), ex, buf, n, done, saved);
    saved = errno;
    connections_leave(c, buf, n, r <= 0);
    errno = saved;
    return r;
}

static int patched_write(SSL *ssl, const void *buf, int num)
{
    int saved = errno;
    size_t done;

    if (!is_write(ssl, buf, num > 0 ? (size_t)num : 0)) {
        errno = saved;
        return linked.write(ssl, buf, num);
    }
    errno = saved;
    if (adopted)
        return openssl_write(adopted, ssl, buf, num, __builtin_return_address(0));
    int r = write_kept(ssl, false, buf, (size_t)num, &done, saved);
    return r > 0 ? (int)done : r;
}

static int patched_write_ex(SSL *ssl, const void *buf, size_t num, size_t *written)
{
    int saved = errno;

    if (!written || !is_write(ssl, buf, num)) {
        errno = saved;
        return linked.write_ex(ssl, buf, num, written);
    }
    errno = saved;
    return adopted ? openssl_write_ex(adopted, ssl, buf, num, written, __builtin_return_address(0))
                   : write_kept(ssl, true, buf, num, written, saved);
}

/* The program has read n bytes; 0: the peer has closed; less: it is to try again, or it is not known which. errno is kept. */
static void tee(SSL *ssl, const void *buf, long n)
{
    int saved = errno;

    if (!__atomic_load_n(&proved, __ATOMIC_RELAXED) || !shim_enabled())
        return;
    if (adopted)
        library_tee(adopted, ssl, buf, n > 0 ? (size_t)n : 0);
    else if (n >= 0)
        connections_tee(ssl, buf, (size_t)n);
    errno = saved;
}

/* node begins its handshakes by reading, and so before any write has proved anything. errno is kept. */
static void before_read(SSL *ssl)
{
    int saved = errno;

    if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE) || !adopted || !ssl || !shim_enabled())
        return;
    if (!__atomic_load_n(&read_proved, __ATOMIC_RELAXED) && is_ssl(ssl))
        __atomic_store_n(&read_proved, true, __ATOMIC_RELAXED);
    if (__atomic_load_n(&read_proved, __ATOMIC_RELAXED))
        alpn_before_handshake(adopted, ssl, false);
    errno = saved;
}

static int patched_read(SSL *ssl, void *buf, int num)
{
    before_read(ssl);
    int r = linked.read(ssl, buf, num);

    if (num > 0 && !library_is_inside(ssl))
        tee(ssl, buf, r);
    return r;
}

/* aws-lc's calls SSL_read, which is patched, too. */
static int patched_read_ex(SSL *ssl, void *buf, size_t num, size_t *readbytes)
{
    struct library_frame frame;

    if (library_is_inside(ssl))
        return linked.read_ex(ssl, buf, num, readbytes);
    before_read(ssl);
    library_enter(&frame, ssl);
    int r = linked.read_ex(ssl, buf, num, readbytes);
    library_leave(&frame);
    if (num > 0)
        tee(ssl, buf, r > 0 ? (long)*readbytes : -1);
    return r;
}

/* ------------------------------------------------------------------ the look */
static void refuse(const struct shim_core *core, const char *function, const char *why)
{
    char line[320];

    snprintf(line, sizeof line, "TLS linked into the program: %s is not patched: %s", function, why);
    core->warn(core->h, line);
}

/* One that hardly any program calls beside the other of its kind, which is patched: nothing to tell about in each process. */
static bool is_spare(void *original)
{
    return (original == &linked.write_ex && linked.write) || (original == &linked.read_ex && linked.read);
}

static void patch_all(const struct shim_core *core, const headroom_located *found)
{
    static const struct {
        const char *name;
        const void *replacement;
        void *original;
    } functions[HEADROOM_SSL_FUNCTIONS] = {
        [HEADROOM_SSL_WRITE] = {"SSL_write", (const void *)patched_write, &linked.write},
        [HEADROOM_SSL_WRITE_EX] = {"SSL_write_ex", (const void *)patched_write_ex, &linked.write_ex},
        [HEADROOM_SSL_READ] = {"SSL_read", (const void *)patched_read, &linked.read},
        [HEADROOM_SSL_READ_EX] = {"SSL_read_ex", (const void *)patched_read_ex, &linked.read_ex},
    };
    struct patch list[HEADROOM_SSL_FUNCTIONS];
    const char *name[HEADROOM_SSL_FUNCTIONS];
    size_t n = 0;

    for (int i = 0; i < HEADROOM_SSL_FUNCTIONS; i++) {
        const headroom_function *f = &found->function[i];
        if (f->address == 0)
            continue;
        name[n] = functions[i].name;
        list[n] = (struct patch){.function = f->address + (found->relocatable ? program.bias : 0),
                                 .expected = f->expected,
                                 .clear = f->clear,
                                 .replacement = functions[i].replacement,
                                 .original = functions[i].original};
        core->read_entry(f->expected, sizeof f->expected, &list[n].entry);
        n++;
    }
    size_t standing = shim_patch(list, n);
    for (size_t i = 0; i < n; i++)
        if (list[i].refused && !is_spare(list[i].original))
            refuse(core, name[i], list[i].refused);
    if (standing == 0 || (!linked.write && !linked.write_ex))
        return;
    struct library copy = linked;
    adopted = library_adopt(
        &copy, (const void *)(uintptr_t)list[0].function); // NOLINT: SSL_write, as the locator says
    linked.ex_index = linked.alpn.index = -1;
    if (!adopted)
        shim_before_exit(connections_end);
    __atomic_store_n(&ready, true, __ATOMIC_RELEASE);
}

static void look(void)
{
    headroom_located found;
    int r;

    executable_survey(&program);
    if (program.shared_tls || !program.anchored)
        return;
    const struct shim_core *core = shim_core_get();
    if (!core)
        return;
    r = core->locate(core->h, "/proc/self/exe", 0, &found);
    if (r == 1)
        patch_all(core, &found);
    else
        refuse(core, "SSL_write", found.reason);
}

bool patched_looked(void)
{
    return __atomic_load_n(&looked, __ATOMIC_ACQUIRE) || looking;
}

static void look_once(void)
{
    look();
    __atomic_store_n(&looked, true, __ATOMIC_RELEASE);
}

void patched_look(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int cancel;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    looking = true; /* a connection that the look itself makes (it makes none) goes straight through */
    pthread_once(&once, look_once);
    looking = false;
    pthread_setcancelstate(cancel, &cancel);
}
