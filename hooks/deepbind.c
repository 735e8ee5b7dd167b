/* deepbind.c - modules that are opened with RTLD_DEEPBIND (PHP opens its extensions so): their calls, and those of the libraries that
   come with them, are bound to what they bring along, past every preloaded name.

   dlopen is not interposed: the linker judges by its caller. Instead we define __gmon_start__, a name that the C start files of every
   module ask for by a weak reference and, where it exists, call before the module's constructors; the profiler's start files are the
   one place that defines it, and a program built with -pg keeps its own.

     dlopen --> linker binds the module --> its _init calls __gmon_start__: ours --> does it need libssl or libcurl? Then the slots
     of our names, and of no other, hold our functions from here on.

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
#include "pointers.h"
#include "resolve.h"

#if defined(__x86_64__)
enum { JUMP_SLOT = R_X86_64_JUMP_SLOT, GLOB_DAT = R_X86_64_GLOB_DAT };
#elif defined(__aarch64__)
enum { JUMP_SLOT = R_AARCH64_JUMP_SLOT, GLOB_DAT = R_AARCH64_GLOB_DAT };
#endif

/* What shim/exports.map has, but for __gmon_start__ and connect, which is asked for at the program's first connection only. No pointers: they would be relocated at the start of each process. */
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

void __gmon_start__(void) __attribute__((visibility("default")));

/* The module that holds an address; its tables as glibc leaves them, addresses, not offsets. */
struct module {
    uintptr_t inside; /* that address */
    ElfW(Addr) base;
    const ElfW(Dyn) * dynamic;  /* NULL: not found */
    uintptr_t relro, relro_end; /* pages that the linker has made read-only; empty: none */
    const ElfW(Sym) * symbols;
    const char *strings;
    const ElfW(Rela) * calls, *data;
    size_t calls_size, data_size;
};

static int find_module(struct dl_phdr_info *object, size_t size, void *arg)
{
    struct module *m = arg, found = {.inside = m->inside, .base = object->dlpi_addr};
    bool holds = false;
    (void)size;

    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *ph = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + ph->p_vaddr;

        if (ph->p_type == PT_LOAD)
            holds |= m->inside >= start && m->inside < start + ph->p_memsz;
        else if (ph->p_type == PT_DYNAMIC)
            found.dynamic = (const void *)start;
        else if (ph->p_type == PT_GNU_RELRO) {
            found.relro = start;
            found.relro_end = start + ph->p_memsz;
        }
    }
    if (holds)
        *m = found;
    return holds;
}

static bool read_tables(struct module *m)
{
    for (const ElfW(Dyn) *d = m->dynamic; d->d_tag != DT_NULL; d++) {
        const void *p = (const void *)d->d_un.d_ptr;

        if (d->d_tag == DT_SYMTAB)
            m->symbols = p;
        else if (d->d_tag == DT_STRTAB)
            m->strings = p;
        else if (d->d_tag == DT_JMPREL)
            m->calls = p;
        else if (d->d_tag == DT_PLTRELSZ)
            m->calls_size = d->d_un.d_val;
        else if (d->d_tag == DT_RELA)
            m->data = p;
        else if (d->d_tag == DT_RELASZ)
            m->data_size = d->d_un.d_val;
    }
    return m->symbols && m->strings;
}

/* A module that calls our names is linked with the library that has them. */
static bool needs_ours(const struct module *m)
{
    for (const ElfW(Dyn) *d = m->dynamic; d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_NEEDED &&
            (strstr(m->strings + d->d_un.d_val, "ssl") || strstr(m->strings + d->d_un.d_val, "curl")))
            return true;
    return false;
}

static void fill(const struct module *m, void **slot, void *ours)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)slot;
    bool read_only = at >= m->relro && at < m->relro_end;
    void *start = (void *)(at & ~(page - 1));

    if (*slot == ours || (read_only && mprotect(start, page, PROT_READ | PROT_WRITE) != 0))
        return;
    __atomic_store_n(slot, ours, __ATOMIC_RELEASE);
    if (read_only)
        mprotect(start, page, PROT_READ);
}

/* ours: by name, what every other module's calls reach, where that is ours. */
static void rebind(const struct module *m, const ElfW(Rela) * first, size_t size, void *const *ours)
{
    for (const ElfW(Rela) *rela = first; rela < first + size / sizeof *rela; rela++) {
        const ElfW(Sym) *symbol = m->symbols + ELF64_R_SYM(rela->r_info);
        const char *name = m->strings + symbol->st_name;
        unsigned type = (unsigned)ELF64_R_TYPE(rela->r_info);

        if ((type != JUMP_SLOT && type != GLOB_DAT) || symbol->st_shndx != SHN_UNDEF || !strchr("SBc", *name))
            continue;
        for (int i = 0; i < NAMES; i++)
            if (ours[i] && strcmp(name, names[i]) == 0)
                fill(m, (void **)(m->base + rela->r_offset), ours[i]);
    }
}

static void rebind_module(struct module *m)
{
    void *ours[NAMES] = {0};
    const void *home = resolve_module((const void *)names);

    for (int i = 0; i < NAMES; i++) {
        void *f = dlsym(RTLD_DEFAULT, names[i]);
        if (f && resolve_module(f) == home)
            ours[i] = f;
    }
    dlerror(); /* our misses must not show up in the host's next dlerror() */
    rebind(m, m->calls, m->calls_size, ours);
    rebind(m, m->data, m->data_size, ours);
}

/* What a process is started with was bound past nobody. Most of it is initialised before us; the executable, whose call is to cost
   nothing, comes last, from near the process's entry point. */
static bool started;
static uintptr_t entry; /* 0: that call was seen */

__attribute__((constructor)) static void begin(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv;
    while (envp && *envp)
        envp++;
    /* The auxiliary vector lies behind the environment (System V ABI, process initialization). */
    for (const ElfW(auxv_t) *a = envp ? (const void *)(envp + 1) : NULL; a && a->a_type != AT_NULL; a++)
        if (a->a_type == AT_ENTRY)
            entry = (uintptr_t)a->a_un.a_val;
    started = true;
}

/* Runs under the linker's lock, in the thread that opens the module. */
void __gmon_start__(void)
{
    int saved = errno;
    struct module m = {.inside = (uintptr_t)__builtin_return_address(0)};
    uintptr_t first = entry;

    if (!started || shim_known_mode() == HEADROOM_OFF)
        return;
    entry = 0;
    pointers_opened();
    if (first && (m.inside > first ? m.inside - first : first - m.inside) < (uintptr_t)1 << 30)
        return;
    if (dl_iterate_phdr(find_module, &m) && m.dynamic && read_tables(&m) && needs_ours(&m))
        rebind_module(&m);
    errno = saved;
}
