/* zydis.c - binds libZydis.so.4.0 by absolute path. */
#include "patch/zydis.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static const char *const places[] = {
    "/usr/lib/x86_64-linux-gnu/libZydis.so.4.0",
    "/usr/lib64/libZydis.so.4.0",
    "/usr/lib/libZydis.so.4.0",
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static hr_zydis bound;
static bool ready;

static bool bind(void *library, const char *name, void *slot)
{
    void *f = dlsym(library, name);
    Dl_info info;

    memcpy(slot, &f, sizeof(f));
    return f && dladdr(f, &info) && info.dli_fname && strstr(info.dli_fname, "/libZydis.so");
}

static void bind_all(void)
{
    ZyanU64 (*version)(void);
    void *library = NULL;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !library; i++)
        library = dlopen(places[i], RTLD_NOW | RTLD_LOCAL);
    /* Never closed: it may be the host's, too. */
    ready = library && bind(library, "ZydisGetVersion", &version) && ZYDIS_VERSION_MAJOR(version()) == 4 &&
            ZYDIS_VERSION_MINOR(version()) == 0 && bind(library, "ZydisDecoderInit", &bound.init) &&
            bind(library, "ZydisDecoderDecodeFull", &bound.decode) &&
            bind(library, "ZydisRegisterGetLargestEnclosing", &bound.enclosing);
}

const hr_zydis *hr_zydis_get(void)
{
    pthread_once(&once, bind_all);
    return ready ? &bound : NULL;
}
