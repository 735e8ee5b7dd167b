/* libelf.c - binds libelf.so.1 by absolute path. */
#include "elf/libelf.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* Where distributions keep libraries of the machine that this library was built for. */
static const char *const places[] = {
#if defined(__x86_64__)
    "/usr/lib/x86_64-linux-gnu/libelf.so.1",
#elif defined(__aarch64__)
    "/usr/lib/aarch64-linux-gnu/libelf.so.1",
#endif
    "/usr/lib64/libelf.so.1",
    "/lib64/libelf.so.1",
    "/usr/lib/libelf.so.1",
    "/lib/libelf.so.1",
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static hr_libelf bound;
static bool ready;

/* The function, if it lies in the same object as the first one that was bound. */
static bool bind(void *library, const char *name, void *slot, void **base)
{
    void *f = dlsym(library, name);
    Dl_info info;

    if (!f || !dladdr(f, &info) || !info.dli_fname || !strstr(info.dli_fname, "/libelf"))
        return false;
    if (!*base)
        *base = info.dli_fbase;
    memcpy(slot, &f, sizeof(f));
    return info.dli_fbase == *base;
}

static void bind_all(void)
{
    void *library = NULL, *base = NULL;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !library; i++)
        library = dlopen(places[i], RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return;
    ready = bind(library, "elf_version", &bound.version, &base) &&
            bind(library, "elf_memory", &bound.memory, &base) &&
            bind(library, "elf_end", &bound.end, &base) && bind(library, "elf_kind", &bound.kind, &base) &&
            bind(library, "gelf_getehdr", &bound.getehdr, &base) &&
            bind(library, "elf_getphdrnum", &bound.getphdrnum, &base) &&
            bind(library, "gelf_getphdr", &bound.getphdr, &base) &&
            bind(library, "elf_nextscn", &bound.nextscn, &base) &&
            bind(library, "gelf_getshdr", &bound.getshdr, &base) && bound.version(EV_CURRENT) != EV_NONE;
    /* Never closed: the process may search again, and the handle of a library that the host uses too is shared. */
}

const hr_libelf *hr_libelf_get(void)
{
    pthread_once(&once, bind_all);
    return ready ? &bound : NULL;
}
