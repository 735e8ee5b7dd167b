/* compile.h - the compiler of vocabularies: data/NAME.tiktoken -> build/NAME.tokens (../table.h). Part of the build, not of the library; one
   thread; a failure is said on stderr and ends the program.

     ranks.c    read the rank file
     merges.c   from the ranks: of which two tokens BPE makes each one
     trie.c     the double array of all tokens
     classes.c  classes of characters, written by classes.py
     main.c     the file */
#ifndef COMPILE_H
#define COMPILE_H

#include "../table.h"

#include <stddef.h>
#include <stdint.h>

struct token {
    const uint8_t *p;
    uint32_t n;
    uint32_t left, right; /* itself: a single byte */
    uint32_t shorter;     /* itself: none */
};
struct vocabulary {
    struct token *token; /* by rank */
    uint32_t n;
    uint32_t *slot; /* rank + 1 by the hash of the bytes */
    uint32_t slots;
};
struct trie {
    uint64_t *unit;
    uint32_t n, root;
};

extern const uint32_t hr_classes[]; /* first code point << 8 | class, in order */
extern const size_t hr_classes_n;

void *take(size_t n); /* zeroed memory */
_Noreturn void fail(const char *what);

void ranks_read(struct vocabulary *v, const char *path);
/* The rank of some bytes, or UINT32_MAX. */
uint32_t ranks_of(const struct vocabulary *v, const uint8_t *p, size_t n);
void merges_find(struct vocabulary *v);
void trie_build(struct trie *t, struct vocabulary *v); /* sets shorter of each token, too */

#endif
