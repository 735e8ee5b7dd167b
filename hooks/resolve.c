/* resolve.c - the resolver rule. See resolve.h. */
#include "resolve.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

enum { MAX_OBJECTS = 512, MAX_NAMES = 64 << 10 };

const void *resolve_module(const void *address)
{
    Dl_info info;
    return dladdr(address, &info) ? info.dli_fbase : NULL;
}

const void *resolve_module_end(const void *module)
{
    enum { PAGE = 4096 };
    const ElfW(Ehdr) *head = module;
    ElfW(Addr) low = 0, high = 0;

    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_phentsize != sizeof(ElfW(Phdr)) ||
        head->e_phoff + head->e_phnum * sizeof(ElfW(Phdr)) > PAGE)
        return NULL;
    const ElfW(Phdr) *p = (const void *)((const char *)module + head->e_phoff);
    for (size_t i = 0; i < head->e_phnum; i++) { /* the linker maps them in ascending order */
        if (p[i].p_type != PT_LOAD)
            continue;
        if (high == 0)
            low = p[i].p_vaddr & ~(ElfW(Addr))(PAGE - 1);
        high = p[i].p_vaddr + p[i].p_memsz;
    }
    return high > low ? (const char *)module + (high - low) : NULL;
}

struct search {
    ElfW(Addr) address;
    bool found;
};

static int visit_first(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct search *s = arg;
    (void)size;

    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_LOAD && s->address - (info->dlpi_addr + p->p_vaddr) < p->p_memsz)
            s->found = true;
    }
    return 1;
}

/* Is this an address in the executable, the first object of the iteration? (dladdr walks all symbols of an object: of node's 60,000 a
   millisecond each time.) */
static bool in_executable(const void *address)
{
    struct search s = {(ElfW(Addr))address, false};

    dl_iterate_phdr(visit_first, &s);
    return s.found;
}

/* Names of all objects, collected first: the linker must not be called again from inside the iteration. */
struct names {
    char text[MAX_NAMES];
    size_t len;
};

static int collect(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct names *n = arg;
    size_t len = info->dlpi_name ? strlen(info->dlpi_name) + 1 : 0;
    (void)size;
    if (len > 1 && n->len + len < sizeof n->text) {
        memcpy(n->text + n->len, info->dlpi_name, len);
        n->len += len;
    }
    return 0;
}

static void *only_definition(const char *name, const void *ours)
{
    struct names *all = shim_malloc(sizeof *all);
    void *found = NULL;
    bool several = false;

    if (!all)
        return NULL;
    all->len = 0;
    dl_iterate_phdr(collect, all);
    for (size_t at = 0; at < all->len; at += strlen(all->text + at) + 1) {
        void *handle = dlopen(all->text + at, RTLD_LAZY | RTLD_NOLOAD);
        void *f = handle ? dlsym(handle, name) : NULL;
        if (!f || f == ours)
            continue;
        several |= found && found != f;
        found = f;
    }
    shim_free(all);
    return several ? NULL : found;
}

void *resolve_original(const void *return_address, const char *name, const void *ours)
{
    Dl_info caller;
    void *f = NULL;

    if (!in_executable(return_address) && dladdr(return_address, &caller) && caller.dli_fname) {
        void *handle = dlopen(caller.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
        f = handle ? dlsym(handle, name) : NULL;
    }
    if (!f || f == ours)
        f = dlsym(RTLD_NEXT, name);
    if (!f || f == ours)
        f = only_definition(name, ours);
    dlerror(); /* our misses must not show up in the host's next dlerror() */
    return f == ours ? NULL : f;
}

void *resolve_beside(const void *function, const char *name)
{
    Dl_info info;
    void *handle = NULL;

    if (in_executable(function))
        handle = dlopen(NULL, RTLD_LAZY | RTLD_NOLOAD);
    else if (dladdr(function, &info) && info.dli_fname)
        handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    void *f = handle ? dlsym(handle, name) : NULL;
    dlerror();
    return f;
}
