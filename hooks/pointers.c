/* pointers.c - see pointers.h. From the top: what the patches lead to; patching one libssl; which one. */
#include "pointers.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../shim/patch.h"
#include "library.h"
#include "named.h"
#include "resolve.h"

enum { MOST = 4, FUNCTIONS = 6 };

/* The libraries that are patched, or were refused; in the order in which they were met. */
static struct {
    const struct library *library; /* constant before the first patch of it stands */
    bool settled;                  /* atomic: all is done */
} met[MOST];

/* ------------------------------------------------------------------ the functions that the patches lead to */
/* What a hook reads it also tells about: there may be another one in between, or it was on its way here when the patch came. */
static int read_from(const struct library *l, SSL *ssl, void *buf, int num)
{
    return library_is_handed(ssl) ? l->read(ssl, buf, num) : openssl_read(l, ssl, buf, num);
}

static int read_ex_from(const struct library *l, SSL *ssl, void *buf, size_t num, size_t *readbytes)
{
    return library_is_handed(ssl) ? l->read_ex(ssl, buf, num, readbytes)
                                  : openssl_read_ex(l, ssl, buf, num, readbytes);
}

/* A patch does not say in which library it stands: each has functions of its own. */
#define CALLER __builtin_return_address(0)
#define LIBRARY(k)                                                                                           \
    static int write_##k(SSL *ssl, const void *buf, int num)                                                 \
    {                                                                                                        \
        return openssl_write(met[k].library, ssl, buf, num, CALLER);                                         \
    }                                                                                                        \
    static int write_ex_##k(SSL *ssl, const void *buf, size_t num, size_t *written)                          \
    {                                                                                                        \
        return openssl_write_ex(met[k].library, ssl, buf, num, written, CALLER);                             \
    }                                                                                                        \
    static int write_early_##k(SSL *ssl, const void *buf, size_t num, size_t *written)                       \
    {                                                                                                        \
        return openssl_write_early_data(met[k].library, ssl, buf, num, written, CALLER);                     \
    }                                                                                                        \
    static int read_##k(SSL *ssl, void *buf, int num)                                                        \
    {                                                                                                        \
        return read_from(met[k].library, ssl, buf, num);                                                     \
    }                                                                                                        \
    static int read_ex_##k(SSL *ssl, void *buf, size_t num, size_t *readbytes)                               \
    {                                                                                                        \
        return read_ex_from(met[k].library, ssl, buf, num, readbytes);                                       \
    }                                                                                                        \
    static int clear_##k(SSL *ssl)                                                                           \
    {                                                                                                        \
        return openssl_clear(met[k].library, ssl);                                                           \
    }
LIBRARY(0)
LIBRARY(1)
LIBRARY(2)
LIBRARY(3)

#define REPLACEMENTS(k, out)                                                                                 \
    out[0] = (const void *)write_##k, out[1] = (const void *)write_ex_##k, out[2] = (const void *)read_##k,  \
    out[3] = (const void *)read_ex_##k, out[4] = (const void *)write_early_##k,                              \
    out[5] = (const void *)clear_##k

/* In the order of struct library. No table: its pointers would be relocated at the start of each process. */
static void get_replacements(size_t k, const void *out[FUNCTIONS])
{
    switch (k) {
    case 0:
        REPLACEMENTS(0, out);
        break;
    case 1:
        REPLACEMENTS(1, out);
        break;
    case 2:
        REPLACEMENTS(2, out);
        break;
    default:
        REPLACEMENTS(3, out);
    }
}

static const char names[FUNCTIONS][24] = {"SSL_write",   "SSL_write_ex",         "SSL_read",
                                          "SSL_read_ex", "SSL_write_early_data", "SSL_clear"};
_Static_assert(offsetof(struct library, is_init_finished) == FUNCTIONS * sizeof(void *),
               "the first six members are these functions");

/* ------------------------------------------------------------------ patching */
static void refuse(const struct shim_core *core, const char *library, const char *function, const char *why)
{
    const char *slash = strrchr(library, '/');
    char line[320];

    snprintf(line, sizeof line, "%s, called by looked-up pointers: %s is not patched: %s",
             slash ? slash + 1 : library, function, why);
    core->warn(core->h, line);
}

/* Does the symbol of this name, and no other, begin there? */
static bool is_function(const struct library *l, const void *f, const char *name)
{
    Dl_info info;

    return dladdr(f, &info) && info.dli_fbase == l->begin && info.dli_saddr == f && info.dli_sname &&
           strcmp(info.dli_sname, name) == 0;
}

/* Where in them no branch leads, so that a jump may stand there too, is known of functions that the locator has followed. */
static void note_clear(const struct shim_core *core, const Dl_info *library, struct patch *list, size_t n)
{
    uint64_t base = (uint64_t)(uintptr_t)library->dli_fbase;
    headroom_located found;

    if (core->locate(core->h, library->dli_fname, 0, &found) != 1 || !found.relocatable)
        return;
    for (size_t i = 0; i < n; i++)
        for (int f = 0; f < HEADROOM_SSL_FUNCTIONS; f++)
            if (found.function[f].address && base + found.function[f].address == list[i].function)
                list[i].clear = found.function[f].clear;
}

static void patch_library(const struct shim_core *core, size_t k)
{
    const struct library *l = met[k].library;
    /* It lies in the table of library.c; shim_patch replaces these words one by one, before each patch stands. */
    void **original = (void **)(uintptr_t)l; // NOLINT
    struct patch list[FUNCTIONS];
    const void *replacement[FUNCTIONS];
    const char *of[FUNCTIONS];
    Dl_info info;
    size_t n = 0;

    if (!l->begin || !dladdr(l->begin, &info) || !info.dli_fname)
        return;
    if (l->ex_index < 0) {
        refuse(core, info.dli_fname, names[0], "nothing can be hung on its connections");
        return;
    }
    get_replacements(k, replacement);
    for (int i = 0; i < FUNCTIONS; i++) {
        if (!original[i] || !library_is_itself(l, original[i]))
            continue; /* it has none */
        if (!is_function(l, original[i], names[i])) {
            refuse(core, info.dli_fname, names[i], "its address is not that of a plain symbol");
            continue;
        }
        of[n] = names[i];
        list[n] = (struct patch){.function = (uint64_t)(uintptr_t)original[i],
                                 .expected = original[i],
                                 .replacement = replacement[i],
                                 .original = &original[i]};
        core->read_entry(list[n].expected, PATCH_EXPECTED, &list[n].entry);
        n++;
    }
    note_clear(core, &info, list, n);
    shim_patch(list, n);
    for (size_t i = 0; i < n; i++)
        if (list[i].refused)
            refuse(core, info.dli_fname, of[i], list[i].refused);
}

static bool is_settled(const struct library *l)
{
    for (size_t k = 0; k < MOST; k++)
        if (__atomic_load_n(&met[k].settled, __ATOMIC_ACQUIRE) && met[k].library == l)
            return true;
    return false;
}

static void settle(const struct library *l)
{
    const struct shim_core *core = is_settled(l) ? NULL : shim_core_get();

    for (size_t k = 0; core && k < MOST; k++)
        if (!met[k].library) {
            met[k].library = l;
            patch_library(core, k);
            __atomic_store_n(&met[k].settled, true, __ATOMIC_RELEASE);
            return;
        }
}

/* ------------------------------------------------------------------ one at a time */
static int holder; /* atomic: the process whose thread looks; 0: none does */

/* False: nobody is to look here and now. A fork() in the middle of a look leaves a child in which nothing more is patched. */
static bool begin(int *cancel)
{
    enum { TRIES = 1000 };
    const struct timespec pause = {0, 50000}; /* a look takes a few milliseconds */
    int self = (int)getpid(), seen = 0;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, cancel);
    for (int i = 0; i < TRIES; i++) {
        seen = 0;
        if (__atomic_compare_exchange_n(&holder, &seen, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return true;
        if (seen != self)
            break;
        nanosleep(&pause, NULL);
    }
    pthread_setcancelstate(*cancel, NULL);
    return false;
}

static void end(int cancel)
{
    __atomic_store_n(&holder, 0, __ATOMIC_RELEASE);
    pthread_setcancelstate(cancel, NULL);
}

/* ------------------------------------------------------------------ a libssl that nobody names */
static void look(void)
{
    enum { CANDIDATES = 8 };
    const void *inside[CANDIDATES];
    size_t n = named_by_nobody(inside, CANDIDATES);

    for (size_t i = 0; i < n; i++) {
        /* It may have been closed meanwhile: then there is no such module, or no such function. What is found stays loaded. */
        const void *f = resolve_beside(inside[i], "SSL_write");
        const struct library *l = f ? library_of(f) : NULL;
        if (l && library_is_itself(l, inside[i]))
            settle(l);
    }
}

static unsigned opened = 1,
                looked; /* atomic: objects that were opened, and as many as there were at the last look */

void pointers_opened(void)
{
    __atomic_add_fetch(&opened, 1, __ATOMIC_RELEASE);
}

bool pointers_unlooked(void)
{
    return __atomic_load_n(&opened, __ATOMIC_ACQUIRE) != __atomic_load_n(&looked, __ATOMIC_ACQUIRE);
}

void pointers_look(void)
{
    int cancel;

    if (!pointers_unlooked() || !begin(&cancel))
        return;
    if (pointers_unlooked()) {
        unsigned now = __atomic_load_n(&opened, __ATOMIC_ACQUIRE);
        look();
        __atomic_store_n(&looked, now, __ATOMIC_RELEASE);
    }
    end(cancel);
}

/* ------------------------------------------------------------------ a handshake past us */
void pointers_handshake(const struct library *l, SSL *ssl)
{
    int cancel;

    if (__atomic_load_n(&looked, __ATOMIC_ACQUIRE) == 0 || is_settled(l) || !shim_enabled() ||
        (l->get_rbio && !l->get_rbio(ssl)) || (l->alpn.is_server && l->alpn.is_server(ssl)))
        return;
    if (!begin(&cancel))
        return;
    settle(l);
    end(cancel);
}
