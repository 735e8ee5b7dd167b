/* libelf.h - the few functions of libelf that we use, bound at run time.

   libelf is wanted only where an executable must be searched, so it is no dependency of libheadroom.so: it is
   loaded from the system's library directories by absolute path, never by a bare name that the host's search
   path could answer, and each function must lie in that very library (a host may export the same names).
   Bound once per process; any thread. */
#ifndef HR_ELF_LIBELF_H
#define HR_ELF_LIBELF_H

#include <gelf.h>

typedef struct hr_libelf {
    unsigned (*version)(unsigned);
    Elf *(*memory)(char *, size_t);
    int (*end)(Elf *);
    Elf_Kind (*kind)(Elf *);
    GElf_Ehdr *(*getehdr)(Elf *, GElf_Ehdr *);
    int (*getphdrnum)(Elf *, size_t *);
    GElf_Phdr *(*getphdr)(Elf *, int, GElf_Phdr *);
    Elf_Scn *(*nextscn)(Elf *, Elf_Scn *);
    GElf_Shdr *(*getshdr)(Elf_Scn *, GElf_Shdr *);
} hr_libelf;

/* NULL: libelf is not installed, or what answers to its path is not it. */
const hr_libelf *hr_libelf_get(void);

#endif
