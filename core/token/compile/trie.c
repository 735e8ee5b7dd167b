/* trie.c - all tokens as a double array. Nodes are placed breadth first, each where the first free place for all of its children is. The
   search goes on where the last one for as many children ended: places left free before that are filled by nodes with fewer. */
#include "compile.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 1 << 20 };

struct builder {
    uint32_t *order; /* tokens, sorted by their bytes */
    uint64_t *unit;
    uint8_t *based;      /* this base is somebody's */
    uint32_t first[257]; /* by number of children: no place before it will do */
};
/* A node that has to be placed: the tokens that begin with its bytes. */
struct node {
    uint32_t from, to, depth, at, longest; /* longest: token that ends at or before it, + 1 */
};

static const struct vocabulary *sorted;
static int by_bytes(const void *x, const void *y)
{
    const struct token *a = &sorted->token[*(const uint32_t *)x], *b = &sorted->token[*(const uint32_t *)y];
    int c = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
    return c != 0 ? c : (a->n > b->n) - (a->n < b->n);
}

static uint32_t find_base(struct builder *b, const uint8_t *labels, int n)
{
    for (uint32_t at = b->first[n]; at < ROOM; at++) {
        uint32_t base = at ^ labels[0];
        bool fits = b->unit[at] == 0 && base >= 256 && !b->based[base];
        for (int i = 1; fits && i < n; i++)
            fits = b->unit[base ^ labels[i]] == 0;
        if (fits) {
            b->first[n] = at;
            return base;
        }
    }
    fail("the trie is too large");
}

void trie_build(struct trie *t, struct vocabulary *v)
{
    struct builder b = {
        .order = take(v->n * sizeof *b.order), .unit = take(ROOM * sizeof *b.unit), .based = take(ROOM)};
    struct node *queue = take(ROOM * sizeof *queue);
    uint32_t head = 0, tail = 0;

    for (int i = 0; i <= 256; i++)
        b.first[i] = 256; /* the places before belong to base 0, which leaves have */
    for (uint32_t i = 0; i < v->n; i++)
        b.order[i] = i;
    sorted = v;
    qsort(b.order, v->n, sizeof *b.order, by_bytes);
    queue[tail++] = (struct node){.from = 0, .to = v->n, .at = UINT32_MAX};
    while (head < tail) {
        struct node n = queue[head++];
        uint32_t here = 0, i = n.from;
        if (n.depth != 0 && v->token[b.order[i]].n == n.depth) {
            uint32_t id = b.order[i++];
            here = id + 1;
            v->token[id].shorter = n.longest == 0 ? id : n.longest - 1;
            n.longest = here;
        }
        struct node child[256];
        uint8_t labels[256];
        int k = 0;
        for (; i < n.to; i++) {
            uint8_t label = v->token[b.order[i]].p[n.depth];
            if (k == 0 || labels[k - 1] != label) {
                child[k] = (struct node){.from = i, .depth = n.depth + 1, .longest = n.longest};
                labels[k++] = label;
            }
            child[k - 1].to = i + 1;
        }
        uint32_t base = k == 0 ? 0 : find_base(&b, labels, k);
        if (k != 0)
            b.based[base] = 1;
        for (int j = 0; j < k; j++) {
            child[j].at = base ^ labels[j];
            b.unit[child[j].at] = hr_trie_unit(0, 256u | labels[j], 0);
            if (child[j].at >= t->n)
                t->n = child[j].at + 1;
            if (tail == ROOM)
                fail("too many nodes");
            queue[tail++] = child[j];
        }
        if (n.at == UINT32_MAX)
            t->root = base;
        else
            b.unit[n.at] = hr_trie_unit(base, (uint32_t)(b.unit[n.at] >> 24) & 0x1FF, here);
    }
    t->n = (t->n | 255) + 1; /* whatever byte is looked up, the place exists */
    t->unit = b.unit;
    free(queue);
    free(b.order);
    free(b.based);
}
