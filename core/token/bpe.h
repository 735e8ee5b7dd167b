/* bpe.h - byte pair encoding of one piece of text (split.h): which tokens of the vocabulary it is.

   What BPE by the book comes to is found from the left, without merging: of all ways to write a beginning of the piece as tokens exactly
   one holds, namely that in which BPE would leave any two neighbours apart. The longest token that fits is tried first.

   Thread rule: pure functions. Time is linear in the length of the piece: a place from which nothing leads on is left for good. */
#ifndef HR_TOKEN_BPE_H
#define HR_TOKEN_BPE_H

#include <stdatomic.h>

#include "token/table.h"

enum { HR_BPE_MEMO_BITS = 12 };

/* Which tokens were found to fit side by side: a pair is one word, so that any threads may share it. All zero: empty. */
typedef struct hr_bpe_memo {
    _Atomic uint64_t pair[1 << HR_BPE_MEMO_BITS];
} hr_bpe_memo;

/* Memory of a search: rings of the last tokens taken and of the places found dead. */
typedef struct hr_bpe {
    uint32_t *token; /* tokens: a power of 2 */
    uint64_t *dead;  /* places / 64: a power of 2 */
    size_t tokens, places;
    hr_bpe_memo *memo; /* of this table */
} hr_bpe;

/* Tokens of p[0..n), n > 0; b->token[i & (b->tokens - 1)] is the i-th of the last b->tokens. 0: it would have to go further back than
   the rings reach; never where they hold n. */
size_t hr_bpe_encode(const hr_table *t, const uint8_t *p, size_t n, hr_bpe *b);
/* The number only, for any length, in 6 KiB of stack. */
size_t hr_bpe_count(const hr_table *t, hr_bpe_memo *memo, const uint8_t *p, size_t n);
/* The same number step by step from each place to all that follow it: slow, and independent of how far back one has to go. hr_bpe_count
   falls back to it. */
size_t hr_bpe_count_forward(const hr_table *t, const uint8_t *p, size_t n);

#endif
