/* pieces.h - tokens of a whole text, piece by piece, by one vocabulary.

   Thread rule: any thread, no lock; the memo of pieces is shared by all threads, and an entry that two of them write at once reads as
   empty. So a fork at any moment does no harm. Memory: none, but for pieces above 1 KiB that hold bytes that are not UTF-8. */
#ifndef HR_TOKEN_PIECES_H
#define HR_TOKEN_PIECES_H

#include <stdatomic.h>

#include "token/bpe.h"
#include "token/split.h"

enum {
    HR_MEMO_SLOTS = 8192, /* 128 KiB: what of a second-level cache a guest may take */
    HR_MEMO_LENGTH = 15   /* bytes of a piece that is remembered: two words with its length and its count */
};

/* Pieces counted before. All zero: empty. */
typedef struct hr_memo {
    struct {
        _Atomic uint64_t low, high; /* high is veiled by low, see pieces.c */
    } slots[HR_MEMO_SLOTS];
    hr_bpe_memo pairs;
} hr_memo;

typedef struct hr_pieces {
    const hr_table *table;
    hr_split *split;
    hr_memo *memo;
} hr_pieces;

/* How many tokens. */
size_t hr_pieces_count(const hr_pieces *v, const uint8_t *p, size_t n);
/* The same for a text that goes on behind p[0..n): only pieces that what follows cannot change are counted; *used is where the first that is
   not begins. */
size_t hr_pieces_begun(const hr_pieces *v, const uint8_t *p, size_t n, size_t *used);
/* The tokens themselves: `put` gets them in order, some at a time. HR_ENOMEM. */
int hr_pieces_each(const hr_pieces *v, const uint8_t *p, size_t n,
                   void (*put)(void *arg, const uint32_t *token, size_t tokens), void *arg);

#endif
