/* walk.h - the files of a directory tree, for `headroom scan`. */
#ifndef WALK_H
#define WALK_H

/* Call visit(arg, path) for each regular file of at least 64 bytes below a directory that begins like an ELF file, in
   no order. Symbolic links are not followed, other file systems (proc, sys) are not entered, what cannot be read is
   passed over. A non-zero return of visit ends the walk and is returned. -1: the directory itself cannot be
   opened; errno tells. */
int walk_elf_files(const char *directory, int (*visit)(void *arg, const char *path), void *arg);

#endif
