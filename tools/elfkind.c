/* elfkind.c - what the first bytes of an executable say about a preload. */
#include "elfkind.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#error "name this machine's e_machine here"
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OWN_ORDER ELFDATA2LSB
#else
#define OWN_ORDER ELFDATA2MSB
#endif

struct image {
    const uint8_t *p;
    size_t n;
};

/* Copy `size` bytes at `offset`, which may be any value from the file. */
static bool copy_at(const struct image *f, uint64_t offset, void *out, size_t size)
{
    if (offset > f->n || size > f->n - offset)
        return false;
    memcpy(out, f->p + offset, size);
    return true;
}

static bool find_segment(const struct image *f, const Elf64_Ehdr *h, uint32_t type, Elf64_Phdr *out)
{
    if (h->e_phentsize != sizeof(Elf64_Phdr))
        return false;
    for (uint32_t i = 0; i < h->e_phnum; i++) {
        uint64_t offset = (uint64_t)i * sizeof(*out);

        if (offset > UINT64_MAX - h->e_phoff || !copy_at(f, h->e_phoff + offset, out, sizeof(*out)))
            return false;
        if (out->p_type == type)
            return true;
    }
    return false;
}

/* What the dynamic section of a file without PT_INTERP says. */
struct marks {
    bool named, executable, needs;
};

static struct marks read_marks(const struct image *f, const Elf64_Ehdr *h)
{
    struct marks m = {false, false, false};
    Elf64_Phdr s;
    Elf64_Dyn d;

    if (!find_segment(f, h, PT_DYNAMIC, &s))
        return m;
    for (uint64_t at = 0; at < s.p_filesz && at <= UINT64_MAX - s.p_offset; at += sizeof(d)) {
        if (!copy_at(f, s.p_offset + at, &d, sizeof(d)) || d.d_tag == DT_NULL)
            break;
        m.named |= d.d_tag == DT_SONAME;
        m.needs |= d.d_tag == DT_NEEDED;
        m.executable |= d.d_tag == DT_FLAGS_1 && (d.d_un.d_val & DF_1_PIE) != 0;
    }
    return m;
}

/* ld.so has no loader of its own either, but obeys LD_PRELOAD when it is run as a command: a shared object
   with a name (DT_SONAME), an entry point, and without the mark of an executable (DF_1_PIE). A plain shared
   object has no entry point, or needs others, which nothing static does. */
static enum elf_kind kind_without_loader(const struct image *f, const Elf64_Ehdr *h)
{
    struct marks m;

    if (h->e_type == ET_EXEC)
        return ELF_KIND_STATIC;
    m = read_marks(f, h);
    if (m.executable)
        return ELF_KIND_STATIC_PIE;
    if (h->e_entry == 0 || m.needs)
        return ELF_KIND_SHARED;
    return m.named ? ELF_KIND_REACHED : ELF_KIND_STATIC_PIE;
}

static void copy_text(struct elf_facts *out, const uint8_t *p, size_t n)
{
    if (n > sizeof(out->detail) - 1)
        n = sizeof(out->detail) - 1;
    memcpy(out->detail, p, n);
    out->detail[n] = '\0';
}

static enum elf_kind kind_of_loader(const struct image *f, const Elf64_Phdr *s, struct elf_facts *out)
{
    const uint8_t *path, *end;
    const char *name;

    if (s->p_offset > f->n || s->p_filesz > f->n - s->p_offset || s->p_filesz == 0)
        return ELF_KIND_NONE;
    path = f->p + s->p_offset;
    end = memchr(path, '\0', (size_t)s->p_filesz);
    if (end == NULL)
        return ELF_KIND_NONE;
    copy_text(out, path, (size_t)(end - path));
    name = strrchr(out->detail, '/');
    name = name == NULL ? out->detail : name + 1;
    if (strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld.so", 5) == 0 ||
        strncmp(name, "ld64.so", 7) == 0)
        return ELF_KIND_REACHED;
    return ELF_KIND_LIBC;
}

static enum elf_kind kind_of_elf(const struct image *f, struct elf_facts *out)
{
    Elf64_Ehdr h;
    Elf64_Phdr s;

    if (f->p[EI_CLASS] == ELFCLASS32)
        return ELF_KIND_32BIT;
    if (f->p[EI_CLASS] != ELFCLASS64 || !copy_at(f, 0, &h, sizeof(h)))
        return ELF_KIND_NONE;
    if (h.e_ident[EI_DATA] != OWN_ORDER || h.e_machine != OWN_MACHINE)
        return ELF_KIND_MACHINE;
    if (h.e_type != ET_EXEC && h.e_type != ET_DYN)
        return ELF_KIND_NONE;
    if (find_segment(f, &h, PT_INTERP, &s))
        return kind_of_loader(f, &s, out);
    /* A table that is cut off proves nothing about what it does not show. */
    if (!find_segment(f, &h, PT_LOAD, &s) || h.e_phoff + (uint64_t)h.e_phnum * sizeof(s) > f->n)
        return ELF_KIND_NONE;
    return kind_without_loader(f, &h);
}

void elf_facts_of(const uint8_t *p, size_t n, struct elf_facts *out)
{
    struct image f = {p, n};

    out->kind = ELF_KIND_NONE;
    out->detail[0] = '\0';
    if (n >= 2 && p[0] == '#' && p[1] == '!') {
        const uint8_t *end = memchr(p, '\n', n);

        out->kind = ELF_KIND_SCRIPT;
        copy_text(out, p + 2, (end == NULL ? n : (size_t)(end - p)) - 2);
    } else if (n >= EI_NIDENT && memcmp(p, ELFMAG, SELFMAG) == 0) {
        out->kind = kind_of_elf(&f, out);
    }
}

void elf_facts_of_file(const char *path, struct elf_facts *out)
{
    struct stat st;
    void *map = MAP_FAILED;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    out->kind = ELF_KIND_NONE;
    out->detail[0] = '\0';
    if (fd == -1)
        return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return;
    elf_facts_of(map, (size_t)st.st_size, out);
    munmap(map, (size_t)st.st_size);
}
