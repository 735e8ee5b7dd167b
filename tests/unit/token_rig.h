/* token_rig.h - vocabularies for tests, and byte pair encoding by the book, which they are held against. */
#ifndef TOKEN_RIG_H
#define TOKEN_RIG_H

#include <stdlib.h>
#include <string.h>

#include "token/pieces.h"
#include "token/place.h"

static const struct rig_encoding {
    const char *file;
    hr_split *split;
} rig_encodings[] = {{"o200k_base.tokens", hr_split_o200k}, {"cl100k_base.tokens", hr_split_cl100k}};

typedef struct rig {
    hr_table table;
    hr_memo memo;
    hr_pieces pieces;
} rig;

static void rig_path(char *path, size_t room, int which)
{
    if (hr_own_directory(path, room) != 0)
        abort();
    strncat(path, rig_encodings[which].file, room - strlen(path) - 1);
}

/* One encoding with an empty memo. Never freed. */
static inline rig *rig_new(int which)
{
    char path[4096 + 64];
    const void *map;
    rig *r = calloc(1, sizeof *r);

    rig_path(path, sizeof path, which);
    if (!r || hr_table_map(path, true, &map) != 0)
        abort();
    r->table = hr_table_at(map);
    r->pieces = (hr_pieces){&r->table, rig_encodings[which].split, &r->memo};
    return r;
}

/* The rank of some bytes, UINT32_MAX: they are no token. */
static inline uint32_t rig_rank(const hr_table *t, const uint8_t *p, size_t n)
{
    uint32_t base = t->root;
    uint64_t unit = 0;
    for (size_t i = 0; i < n; i++) {
        unit = t->trie[base ^ p[i]];
        if (!hr_trie_is(unit, p[i]))
            return UINT32_MAX;
        base = hr_trie_base(unit);
    }
    return hr_trie_token(unit) - 1;
}

/* Tokens of one piece as tiktoken makes them: a token as it is; else the two neighbours that together are the token of the lowest rank become
   one, of equal ones the leftmost, as long as there are such. ids has room for n. */
static inline size_t rig_by_the_book(const hr_table *t, const uint8_t *p, size_t n, uint32_t *ids)
{
    size_t *begin = malloc((n + 1) * sizeof *begin), parts = n;
    if (!begin)
        abort();
    for (size_t i = 0; i <= n; i++)
        begin[i] = i;
    if (rig_rank(t, p, n) != UINT32_MAX) {
        begin[1] = n;
        parts = 1;
    }
    while (parts > 1) {
        uint32_t best = UINT32_MAX;
        size_t at = 0;
        for (size_t i = 0; i + 1 < parts; i++) {
            const uint32_t rank = rig_rank(t, p + begin[i], begin[i + 2] - begin[i]);
            if (rank < best) {
                best = rank;
                at = i;
            }
        }
        if (best == UINT32_MAX)
            break;
        memmove(begin + at + 1, begin + at + 2, (parts - at - 1) * sizeof *begin);
        parts--;
    }
    for (size_t i = 0; i < parts; i++)
        ids[i] = rig_rank(t, p + begin[i], begin[i + 1] - begin[i]);
    free(begin);
    return parts;
}

#endif
