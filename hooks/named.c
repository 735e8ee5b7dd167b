/* named.c - see named.h. Names are read from the dynamic sections, as the linker has mapped them. */
#include "named.h"

#include <link.h>
#include <string.h>

#include "callers.h"

/* The dynamic section of an object and its strings, whose address glibc has filled in where it may write (not in the vDSO). */
static const ElfW(Dyn) * dynamic_of(const struct dl_phdr_info *info, const char **strings)
{
    const ElfW(Dyn) *dynamic = NULL;

    *strings = NULL;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            dynamic = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr); // NOLINT
    for (const ElfW(Dyn) *d = dynamic; d && d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_STRTAB && d->d_un.d_ptr >= info->dlpi_addr)
            *strings = (const void *)d->d_un.d_ptr; // NOLINT
    return *strings ? dynamic : NULL;
}

static bool is_libssl(const char *name)
{
    return strncmp(name, "libssl", 6) == 0;
}

/* ------------------------------------------------------------------ libraries */
enum { MOST = 8, NAME = 64 };

struct survey {
    struct {
        const void *inside;
        char name[NAME];
        bool named;
    } list[MOST];
    size_t n;
};

static int find_libssl(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct survey *s = arg;
    const char *strings, *slash = info->dlpi_name ? strrchr(info->dlpi_name, '/') : NULL;
    const char *name = slash ? slash + 1 : "";
    const ElfW(Dyn) *dynamic = dynamic_of(info, &strings);
    (void)size;

    for (const ElfW(Dyn) *d = dynamic; d && d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_SONAME)
            name = strings + d->d_un.d_val;
    if (dynamic && is_libssl(name) && strlen(name) < NAME && s->n < MOST) {
        s->list[s->n].inside = dynamic;
        strcpy(s->list[s->n++].name, name);
    }
    return 0;
}

static int find_names(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct survey *s = arg;
    const char *strings;
    (void)size;

    for (const ElfW(Dyn) *d = dynamic_of(info, &strings); d && d->d_tag != DT_NULL; d++)
        for (size_t i = 0; d->d_tag == DT_NEEDED && i < s->n; i++)
            s->list[i].named |= strcmp(strings + d->d_un.d_val, s->list[i].name) == 0;
    return 0;
}

size_t named_by_nobody(const void **inside, size_t most)
{
    struct survey s = {.n = 0};
    size_t n = 0;

    dl_iterate_phdr(find_libssl, &s);
    if (s.n > 0)
        dl_iterate_phdr(find_names, &s);
    for (size_t i = 0; i < s.n && n < most; i++)
        if (!s.list[i].named)
            inside[n++] = s.list[i].inside;
    return n;
}

/* ------------------------------------------------------------------ callers */
struct caller {
    ElfW(Addr) address;
    bool names;
};

static int find_caller(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct caller *c = arg;
    const char *strings;
    bool holds = false;
    (void)size;

    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        holds |= p->p_type == PT_LOAD && c->address - (info->dlpi_addr + p->p_vaddr) < p->p_memsz;
    }
    if (!holds)
        return 0;
    for (const ElfW(Dyn) *d = dynamic_of(info, &strings); d && d->d_tag != DT_NULL; d++)
        c->names |= d->d_tag == DT_NEEDED && is_libssl(strings + d->d_un.d_val);
    return 1;
}

bool named_by_caller(const void *caller)
{
    static struct callers
        known; /* return address -> one of these. A module that is loaded where another one was is taken for it. */
    static const char yes, no;
    const void *answer = callers_get(&known, caller);

    if (!answer) {
        struct caller c = {(ElfW(Addr))caller, false};
        dl_iterate_phdr(find_caller, &c);
        answer = c.names ? &yes : &no;
        callers_put(&known, caller, answer);
    }
    return answer == &yes;
}
