/* elfsym.h - does an ELF file export a symbol?

   The file is mapped read-only and judged by its section headers; every offset is checked, nothing is run or loaded. */
#ifndef ELFSYM_H
#define ELFSYM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is a dynamic symbol of this name defined in p[0..n)? 64-bit, this machine's byte order; false for all else. */
bool elf_defines(const uint8_t *p, size_t n, const char *name);
bool elf_file_defines(const char *path, const char *name);

#endif
