/* table.h - the compiled vocabulary of one encoding: the form of build/NAME.tokens, and how it gets into memory.

   core/token/compile/ makes the file from data/NAME.tiktoken when the library is built; here it is mapped, read-only and private, and
   used as it lies there: nothing is unpacked, no pointer stands in it, its pages are those of the page cache, shared by all processes.

     head | classes of characters | trie of all tokens | tokens: how BPE makes each | pairs: which two tokens make which

   A file that is missing, of another version, shorter or longer than it says, or whose head does not match its checksum is not used.
   What stands behind the head is trusted as the code of this library is: a checksum over it exists for `doctor`, because reading all
   pages at the first count would cost more than counting.

   Thread rule: pure functions of the mapped bytes; any thread, after a fork as before it. */
#ifndef HR_TOKEN_TABLE_H
#define HR_TOKEN_TABLE_H

#include "../base.h"

#define HR_TABLE_MAGIC "HRTOKENS"
enum {
    HR_TABLE_VERSION = 1,
    HR_TABLE_TOKEN_BITS = 18,    /* o200k_base has 199,998 tokens */
    HR_TABLE_TOKEN_LENGTH = 128, /* bytes of the longest token of both encodings; the compiler checks it */
    HR_TABLE_BLOCK = 128         /* code points of a block of classes */
};

/* What the patterns ask of a character. Letters of both cases (Lm, Lo) and marks have UPPER and LOWER. */
enum hr_char_class {
    HR_CHAR_UPPER = 1,
    HR_CHAR_LOWER = 2,
    HR_CHAR_LETTER = HR_CHAR_UPPER | HR_CHAR_LOWER,
    HR_CHAR_NUMBER = 4,
    HR_CHAR_SPACE = 8, /* \s */
    HR_CHAR_LINE = 16, /* \r \n */
    HR_CHAR_MARK = 32, /* \p{M}: no letter for \p{L} */
};

/* All numbers little-endian; offsets from the beginning of the file, multiples of 64. */
typedef struct hr_table_head {
    char magic[8];
    uint32_t version, tokens;
    uint64_t size;    /* of the file */
    uint32_t blocks;  /* uint8_t[0x110000 / HR_TABLE_BLOCK]: which block holds a code point */
    uint32_t classes; /* uint8_t[][HR_TABLE_BLOCK] */
    uint32_t trie;    /* uint64_t[]: hr_trie_.. */
    uint32_t root;    /* where the children of the root stand */
    uint32_t made;    /* uint64_t[tokens]: hr_made_.. */
    uint32_t pairs;   /* uint64_t[1 << pairs_bits]: hr_pair_.. */
    uint32_t pairs_bits, zero;
    uint64_t body_sum; /* of all behind the head */
    uint64_t head_sum; /* of all before this field */
} hr_table_head;

/* A vocabulary in memory. Constant; lives as long as the process. */
typedef struct hr_table {
    const uint8_t *blocks, *classes;
    const uint64_t *trie, *made, *pairs;
    uint32_t root, pairs_shift, pairs_mask;
} hr_table;

uint64_t hr_table_sum(const void *p, size_t n);
/* Are the n bytes of a file at p (aligned to 8) a vocabulary? HR_ESHAPE: not one, of another version, or damaged. all: the body's checksum is
   tried, too. */
int hr_table_check(const void *p, size_t n, bool all);
/* What lies where in a file that was checked. */
hr_table hr_table_at(const void *p);
/* Map path and check it: *map. HR_ENOENT, HR_EIO, HR_ESHAPE. */
int hr_table_map(const char *path, bool all, const void **map);
void hr_table_unmap(const void *map);

/* ---- classes */
static inline unsigned hr_table_class(const hr_table *t, uint32_t c)
{
    return t->classes[(size_t)t->blocks[c / HR_TABLE_BLOCK] * HR_TABLE_BLOCK + c % HR_TABLE_BLOCK];
}

/* ---- the trie: a double array. The child of a node for byte c stands at base XOR c, if the label there says so; no two nodes have the same
   base. Bits 0..23 base (0: a leaf; no node stands in the first 256 places), 24..32 label (256 + byte; 0: empty place), 40.. token + 1
   or 0. */
static inline uint32_t hr_trie_base(uint64_t unit)
{
    return (uint32_t)unit & 0xFFFFFF;
}
static inline bool hr_trie_is(uint64_t unit, uint8_t byte)
{
    return ((uint32_t)(unit >> 24) & 0x1FF) == (256u | byte);
}
static inline uint32_t hr_trie_token(uint64_t unit)
{
    return (uint32_t)(unit >> 40); /* + 1 */
}
static inline uint64_t hr_trie_unit(uint32_t base, uint32_t label, uint32_t token)
{
    return base | (uint64_t)label << 24 | (uint64_t)token << 40;
}

/* ---- how a token is made: of which two BPE merges it last (itself twice: a single byte), the longest token that is a shorter beginning of it
   (itself: none), its length in bytes. */
static inline uint32_t hr_made_left(uint64_t made)
{
    return (uint32_t)made & ((1u << HR_TABLE_TOKEN_BITS) - 1);
}
static inline uint32_t hr_made_right(uint64_t made)
{
    return (uint32_t)(made >> 18) & ((1u << HR_TABLE_TOKEN_BITS) - 1);
}
static inline uint32_t hr_made_shorter(uint64_t made)
{
    return (uint32_t)(made >> 36) & ((1u << HR_TABLE_TOKEN_BITS) - 1);
}
static inline uint32_t hr_made_length(uint64_t made)
{
    return (uint32_t)(made >> 54);
}

/* ---- pairs: open addressing, linear; 0 is an empty place (no pair makes token 0, a single byte). Bits 0..35 left and right, 36.. token. */
static inline uint64_t hr_pair_key(uint32_t left, uint32_t right)
{
    return left | (uint64_t)right << HR_TABLE_TOKEN_BITS;
}
static inline uint32_t hr_pair_hash(uint64_t key)
{
    return (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 32);
}
/* The token that left and right make, or UINT32_MAX. */
static inline uint32_t hr_table_pair(const hr_table *t, uint32_t left, uint32_t right)
{
    const uint64_t key = hr_pair_key(left, right), mask = ((uint64_t)1 << 36) - 1;
    uint32_t at = hr_pair_hash(key) >> t->pairs_shift;
    for (;; at = (at + 1) & t->pairs_mask) {
        const uint64_t pair = t->pairs[at];
        if (pair == 0)
            return UINT32_MAX;
        if ((pair & mask) == key)
            return (uint32_t)(pair >> 36);
    }
}

#endif
