/* elfsym.c - does an ELF file export a symbol? See elfsym.h. */
#include "elfsym.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Copies, as nothing in a file need be aligned. */
static bool fetch(const uint8_t *p, size_t n, uint64_t offset, void *out, size_t size)
{
    if (offset > n || size > n - offset)
        return false;
    memcpy(out, p + offset, size);
    return true;
}

static bool is_named(const uint8_t *p, size_t n, const Elf64_Shdr *strings, uint64_t at, const char *name)
{
    size_t len = strlen(name) + 1; /* its NUL too */

    return at < strings->sh_size && strings->sh_offset <= n && at <= n - strings->sh_offset &&
           len <= n - strings->sh_offset - at && memcmp(p + strings->sh_offset + at, name, len) == 0;
}

static bool table_defines(const uint8_t *p, size_t n, const Elf64_Shdr *symbols, const Elf64_Shdr *strings,
                          const char *name)
{
    for (uint64_t i = 0; i < symbols->sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym s;

        if (!fetch(p, n, symbols->sh_offset + i * sizeof(s), &s, sizeof(s)))
            return false;
        if (s.st_shndx != SHN_UNDEF && is_named(p, n, strings, s.st_name, name))
            return true;
    }
    return false;
}

bool elf_defines(const uint8_t *p, size_t n, const char *name)
{
    static const uint16_t one = 1;
    const uint8_t order = *(const uint8_t *)&one == 1 ? ELFDATA2LSB : ELFDATA2MSB;
    Elf64_Ehdr h;

    if (!fetch(p, n, 0, &h, sizeof(h)) || memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 ||
        h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != order ||
        h.e_shentsize != sizeof(Elf64_Shdr) || h.e_shoff > n)
        return false;
    for (unsigned i = 0; i < h.e_shnum; i++) {
        Elf64_Shdr symbols, strings;

        if (!fetch(p, n, h.e_shoff + i * sizeof(symbols), &symbols, sizeof(symbols)))
            return false;
        if (symbols.sh_type == SHT_DYNSYM && symbols.sh_offset <= n && symbols.sh_link < h.e_shnum &&
            fetch(p, n, h.e_shoff + symbols.sh_link * sizeof(strings), &strings, sizeof(strings)))
            return table_defines(p, n, &symbols, &strings, name);
    }
    return false;
}

bool elf_file_defines(const char *path, const char *name)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool found = false;
    struct stat st;
    void *map;

    if (fd == -1)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map != MAP_FAILED) {
            found = elf_defines(map, (size_t)st.st_size, name);
            munmap(map, (size_t)st.st_size);
        }
    }
    close(fd);
    return found;
}
