/* executable.c - see executable.h. */
#include "executable.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "anchors.h"

enum { MOST_SEGMENTS = 16 };

struct survey {
    struct executable *out;
    bool first_seen;
    struct {
        const char *p;
        size_t n;
        bool execute;
    } segment[MOST_SEGMENTS];
    size_t segments;
};

static void add_segment(struct survey *s, const struct dl_phdr_info *info, const ElfW(Phdr) * p)
{
    struct executable *out = s->out;
    uint64_t from = info->dlpi_addr + p->p_vaddr, to = from + p->p_memsz;

    if (out->end == 0 || from < out->begin)
        out->begin = from;
    if (to > out->end)
        out->end = to;
    if ((p->p_flags & PF_R) && !(p->p_flags & PF_W) && s->segments < MOST_SEGMENTS) {
        s->segment[s->segments].p = (const char *)(uintptr_t)from; // NOLINT: the linker's word
        s->segment[s->segments].n = p->p_filesz;
        s->segment[s->segments++].execute = p->p_flags & PF_X;
    }
}

static int visit(struct dl_phdr_info *info, size_t size, void *arg)
{
    static const char *const shared[] = {"libssl", "libgnutls", "libnss3"};
    struct survey *s = arg;
    (void)size;

    if (!s->first_seen) { /* the program itself */
        s->first_seen = true;
        s->out->bias = info->dlpi_addr;
        for (size_t i = 0; i < info->dlpi_phnum; i++)
            if (info->dlpi_phdr[i].p_type == PT_LOAD)
                add_segment(s, info, &info->dlpi_phdr[i]);
        return 0;
    }
    const char *slash = info->dlpi_name ? strrchr(info->dlpi_name, '/') : NULL;
    const char *name = slash ? slash + 1 : info->dlpi_name;
    for (size_t i = 0; name && i < sizeof shared / sizeof *shared; i++)
        s->out->shared_tls |= strncmp(name, shared[i], strlen(shared[i])) == 0;
    return 0;
}

bool executable_holds(const struct executable *e, uint64_t address)
{
    return address >= e->begin && address < e->end;
}

static bool exports_ssl_write(const struct executable *e)
{
    void *handle = dlopen(NULL, RTLD_LAZY | RTLD_NOLOAD);
    void *f = handle ? dlsym(handle, "SSL_write") : NULL; /* ours comes behind the program's */

    dlerror();
    return f && executable_holds(e, (uint64_t)(uintptr_t)f);
}

/* Constants first; code only where there is nothing else, or they are one segment. */
static bool holds_an_anchor(const struct survey *s, bool execute)
{
    for (size_t i = 0; i < s->segments; i++) {
        if (s->segment[i].execute == execute && anchors_in(s->segment[i].p, s->segment[i].n))
            return true;
    }
    return false;
}

void executable_survey(struct executable *out)
{
    struct survey s = {.out = out};

    *out = (struct executable){0};
    dl_iterate_phdr(visit, &s);
    if (!out->shared_tls)
        out->anchored = exports_ssl_write(out) || holds_an_anchor(&s, false) || holds_an_anchor(&s, true);
}
