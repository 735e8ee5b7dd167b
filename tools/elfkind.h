/* elfkind.h - what the first bytes of an executable say about a preload.

   The file is mapped read-only and judged by its headers alone; every offset is checked, nothing of it is run
   or loaded. */
#ifndef ELFKIND_H
#define ELFKIND_H

#include <stddef.h>
#include <stdint.h>

enum elf_kind {
    ELF_KIND_REACHED,    /* dynamic, this machine, a loader of glibc's name; or the loader itself */
    ELF_KIND_STATIC,     /* no loader is asked for */
    ELF_KIND_STATIC_PIE, /* the same, position independent */
    ELF_KIND_SHARED,     /* a shared object, loaded by programs */
    ELF_KIND_32BIT,
    ELF_KIND_MACHINE, /* another processor or byte order */
    ELF_KIND_LIBC,    /* another C library's loader; detail names it */
    ELF_KIND_SCRIPT,  /* "#!": detail is the rest of the line */
    ELF_KIND_NONE     /* none of these, or not readable: nothing is known */
};

struct elf_facts {
    enum elf_kind kind;
    char detail[256]; /* NUL-terminated, cut where longer */
};

/* Judge n bytes. Reads only p[0..n). */
void elf_facts_of(const uint8_t *p, size_t n, struct elf_facts *out);
/* Judge a file. A file that cannot be opened or mapped is ELF_KIND_NONE: the loader may know better. */
void elf_facts_of_file(const char *path, struct elf_facts *out);

#endif
