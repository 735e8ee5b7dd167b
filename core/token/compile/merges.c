/* merges.c - of which two tokens byte pair encoding makes each token.

   The rank file does not say it. Each token's own bytes are encoded by the book: as long as two neighbours together are a token, those
   with the lowest rank, of equal ones the leftmost, become one. The last step is what is looked for.

   bpe.c rests on what is checked here: every token comes out of its own bytes, and later than the two that it is made of. */
#include "compile.h"

static uint32_t rank_at(const struct vocabulary *v, const struct token *t, const uint32_t *begin, uint32_t i)
{
    return ranks_of(v, t->p + begin[i], begin[i + 2] - begin[i]);
}

void merges_find(struct vocabulary *v)
{
    for (uint32_t id = 0; id < v->n; id++) {
        struct token *t = &v->token[id];
        uint32_t begin[HR_TABLE_TOKEN_LENGTH + 1], parts = t->n;
        t->left = t->right = id;
        for (uint32_t i = 0; i <= parts; i++)
            begin[i] = i;
        while (parts > 2) {
            uint32_t best = UINT32_MAX, at = 0;
            for (uint32_t i = 0; i + 1 < parts; i++) {
                uint32_t rank = rank_at(v, t, begin, i);
                if (rank < best) {
                    best = rank;
                    at = i;
                }
            }
            if (best >= id)
                fail("a token that does not come out of its own bytes");
            for (uint32_t i = at + 1; i < parts; i++)
                begin[i] = begin[i + 1];
            parts--;
        }
        if ((t->n == 1) != (id < 256))
            fail("a single byte that is not among the first tokens");
        if (parts == 2) {
            t->left = ranks_of(v, t->p, begin[1]);
            t->right = ranks_of(v, t->p + begin[1], t->n - begin[1]);
            if (t->left >= id || t->right >= id)
                fail("a token that is made before its parts");
        }
    }
}
