/* deepbind.c - modules that are opened with RTLD_DEEPBIND (PHP opens its extensions so): their calls, and those of the libraries that
   come with them, are bound to what they bring along, past every preloaded name.

     dlopen --no RTLD_DEEPBIND--> a jump to the original
        \----RTLD_DEEPBIND------> the original --> in each object from that one on: our names' slots now hold our functions

   All other names stay bound as the program wanted it, so the flag does for it what it is there for. Slots of a name that the object
   itself defines, or that the executable defines before us, are left alone. */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../shim/shim.h"
#include "resolve.h"

#if defined(__x86_64__)
enum { JUMP_SLOT = R_X86_64_JUMP_SLOT, GLOB_DAT = R_X86_64_GLOB_DAT };
#elif defined(__aarch64__)
enum { JUMP_SLOT = R_AARCH64_JUMP_SLOT, GLOB_DAT = R_AARCH64_GLOB_DAT };
#endif

/* What shim/exports.map has, but for dlopen. No pointers: they would be relocated at the start of each process. */
static const char names[][25] = {
    "SSL_write",
    "SSL_write_ex",
    "SSL_write_early_data",
    "SSL_read",
    "SSL_read_ex",
    "SSL_clear",
    "SSL_connect",
    "SSL_do_handshake",
    "SSL_set_alpn_protos",
    "SSL_CTX_set_alpn_protos",
    "BIO_f_ssl",
    "curl_easy_init",
    "curl_easy_setopt",
    "curl_easy_getinfo",
    "curl_easy_perform",
    "curl_easy_reset",
    "curl_easy_duphandle",
    "curl_easy_cleanup",
    "curl_multi_add_handle",
    "curl_multi_remove_handle",
    "curl_multi_info_read",
    "curl_multi_cleanup",
};
enum { NAMES = sizeof names / sizeof *names };

typedef void *open_function(const char *, int);

void *dlopen(const char *file, int flags) __attribute__((visibility("default")));

/* By name: what every other module's calls reach, where that is ours. */
struct rebinding {
    ElfW(Addr) from; /* load address of the object that was opened */
    bool reached;
    void *ours[NAMES];
};

/* Tables as glibc leaves them: addresses, not offsets. */
struct tables {
    const ElfW(Sym) * symbols;
    const char *strings;
    const ElfW(Rela) * calls, *data;
    size_t calls_size, data_size;
};

static void read_tables(const ElfW(Dyn) * d, struct tables *t)
{
    for (; d->d_tag != DT_NULL; d++) {
        const void *p = (const void *)d->d_un.d_ptr;

        if (d->d_tag == DT_SYMTAB)
            t->symbols = p;
        else if (d->d_tag == DT_STRTAB)
            t->strings = p;
        else if (d->d_tag == DT_JMPREL)
            t->calls = p;
        else if (d->d_tag == DT_PLTRELSZ)
            t->calls_size = d->d_un.d_val;
        else if (d->d_tag == DT_RELA)
            t->data = p;
        else if (d->d_tag == DT_RELASZ)
            t->data_size = d->d_un.d_val;
    }
}

/* Slots that were bound at once lie in pages that the linker has made read-only. */
static void fill(void **slot, void *ours, const struct dl_phdr_info *object)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    bool read_only = false;

    if (*slot == ours)
        return;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *ph = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + ph->p_vaddr;

        if (ph->p_type == PT_GNU_RELRO && (uintptr_t)slot >= start && (uintptr_t)slot < start + ph->p_memsz)
            read_only = true;
    }
    void *start = (void *)((uintptr_t)slot & ~(page - 1));
    if (read_only && mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
        return;
    __atomic_store_n(slot, ours, __ATOMIC_RELEASE);
    if (read_only)
        mprotect(start, page, PROT_READ);
}

static void rebind(const struct rebinding *r, const struct tables *t, const ElfW(Rela) * first, size_t size,
                   const struct dl_phdr_info *object)
{
    for (const ElfW(Rela) *rela = first; rela < first + size / sizeof *rela; rela++) {
        const ElfW(Sym) *symbol = t->symbols + ELF64_R_SYM(rela->r_info);
        const char *name = t->strings + symbol->st_name;
        unsigned type = (unsigned)ELF64_R_TYPE(rela->r_info);

        if ((type != JUMP_SLOT && type != GLOB_DAT) || symbol->st_shndx != SHN_UNDEF || !strchr("SBc", *name))
            continue;
        for (int i = 0; i < NAMES; i++)
            if (r->ours[i] && strcmp(name, names[i]) == 0)
                fill((void **)(object->dlpi_addr + rela->r_offset), r->ours[i], object);
    }
}

/* The linker's list is in the order of loading: what came with an object stands behind it. */
static int each_object(struct dl_phdr_info *object, size_t size, void *arg)
{
    struct rebinding *r = arg;
    struct tables t = {0};
    (void)size;

    r->reached |= object->dlpi_addr == r->from;
    if (!r->reached)
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_DYNAMIC)
            read_tables((const void *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr), &t);
    if (!t.symbols || !t.strings || (uintptr_t)t.strings < object->dlpi_addr)
        return 0; /* the vdso keeps offsets */
    rebind(r, &t, t.calls, t.calls_size, object);
    rebind(r, &t, t.data, t.data_size, object);
    return 0;
}

__attribute__((noinline)) static void rebind_from(const struct link_map *opened)
{
    struct rebinding r = {.from = opened->l_addr};
    const void *home = resolve_module((const void *)names);
    int saved = errno;

    for (int i = 0; i < NAMES; i++) {
        void *f = dlsym(RTLD_DEFAULT, names[i]);
        if (f && resolve_module(f) == home)
            r.ours[i] = f;
    }
    dlerror();
    dl_iterate_phdr(each_object, &r);
    errno = saved;
}

/* The linker judges by its caller where to look for a name without a slash, and what $ORIGIN is. So a call of the program's that needs
   nothing more from us must be a jump (gcc and clang make one of it from -O2 on), and such names are left alone. */
void *dlopen(const char *file, int flags)
{
    static open_function *original;
    open_function *f = __atomic_load_n(&original, __ATOMIC_RELAXED);

    if (!f) {
        void *found = dlsym(RTLD_NEXT, "dlopen");
        memcpy(&f, &found, sizeof f);
        if (!f)
            return NULL;
        __atomic_store_n(&original, f, __ATOMIC_RELAXED);
    }
    if (!(flags & RTLD_DEEPBIND) || !file || !strchr(file, '/') || strchr(file, '$') ||
        shim_known_mode() == HEADROOM_OFF)
        return f(file, flags);
    struct link_map *opened = f(file, flags);
    if (opened)
        rebind_from(opened);
    return opened;
}
