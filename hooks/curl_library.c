/* curl_library.c - learning the libcurl of a caller. See curl_library.h. No lock is held across a call of the dynamic linker. */
#include "curl_library.h"

#include <dlfcn.h>
#include <sched.h>
#include <string.h>

#include "../shim/glibc.h"
#include "callers.h"
#include "curl.h"
#include "resolve.h"

enum { MAX_LIBRARIES = 8 };

static struct curl_library libraries[MAX_LIBRARIES];
static struct callers callers; /* return address -> struct curl_library */

static void set_pointer(void *where, void *f)
{
    memcpy(where, &f, sizeof f);
}

static bool older_than(const void *home, unsigned version)
{
    const curl_version_info_data *(*info)(CURLversion) = NULL;
    set_pointer(&info, resolve_beside(home, "curl_version_info"));
    return !info || info(CURLVERSION_FIRST)->version_num < version;
}

static bool look_up(struct curl_library *l, const void *return_address)
{
#define CURL_BIND(name, result, parameters)                                                                  \
    set_pointer(&l->name, resolve_original(return_address, "curl_" #name, (const void *)own_curl_##name));
    CURL_HOOKED(CURL_BIND)
#undef CURL_BIND
    if (!l->easy_setopt)
        return false;
    const void *home = (const void *)l->easy_setopt;
    l->module = resolve_module(home);
    l->module_end = l->module ? resolve_module_end(l->module) : NULL;
    set_pointer(&l->easy_header, resolve_beside(home, "curl_easy_header"));
    set_pointer(&l->url_get, resolve_beside(home, "curl_url_get"));
    set_pointer(&l->release, resolve_beside(home, "curl_free"));
    l->upload_stays = older_than(home, 0x075800);
    set_pointer(&l->out,
                dlsym(RTLD_DEFAULT, "stdout")); /* not linked: data costs a look-up in every process */
    dlerror();
    return true;
}

static struct curl_library *learn(const void *return_address)
{
    struct curl_library l = {0};

    if (!look_up(&l, return_address))
        return NULL;
    for (int i = 0; i < MAX_LIBRARIES; i++) {
        struct curl_library *slot = &libraries[i];
        const void *home = (const void *)l.easy_setopt, *empty = NULL;
        if (__atomic_compare_exchange_n(&slot->key, &empty, home, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            memcpy(slot, &l, offsetof(struct curl_library, key));
            __atomic_store_n(&slot->ready, 1, __ATOMIC_RELEASE);
            return slot;
        }
        if (empty == home) {
            while (!__atomic_load_n(&slot->ready, __ATOMIC_ACQUIRE))
                sched_yield(); /* another thread is at the two lines above */
            return slot;
        }
    }
    return NULL;
}

const struct curl_library *curl_library_of(const void *return_address)
{
    const struct curl_library *l = callers_get(&callers, return_address);

    if (!l && (l = learn(return_address)))
        callers_put(&callers, return_address, l);
    return l;
}

void curl_library_hooked(const struct curl_library *l)
{
    __atomic_store_n(&libraries[l - libraries].hooked, 1, __ATOMIC_RELEASE);
}

bool curl_module_hooked(const void *module_base)
{
    for (int i = 0; i < MAX_LIBRARIES; i++)
        if (__atomic_load_n(&libraries[i].hooked, __ATOMIC_ACQUIRE) && libraries[i].module == module_base)
            return true;
    return false;
}
