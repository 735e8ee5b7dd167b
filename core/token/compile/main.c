/* main.c - compile-tokens NAME.tiktoken NAME.tokens */
#include "compile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void fail(const char *what)
{
    fprintf(stderr, "compile-tokens: %s%s%s\n", what, errno == 0 ? "" : ": ",
            errno == 0 ? "" : strerror(errno));
    exit(1);
}

void *take(size_t n)
{
    void *p = calloc(1, n);
    if (p == NULL)
        fail("memory");
    return p;
}

/* The file while it grows. */
static struct {
    char *p;
    uint32_t n;
} file;

static uint32_t add(const void *p, size_t n)
{
    uint32_t at = file.n;
    if (n > (size_t)(64 << 20) - at)
        fail("a table of more than 64 MB");
    memcpy(file.p + at, p, n);
    file.n = (uint32_t)(at + n + 63) & ~63u;
    return at;
}

static void add_classes(hr_table_head *head)
{
    enum { BLOCKS = 0x110000 / HR_TABLE_BLOCK };
    uint8_t *all = take(0x110000), index[BLOCKS];
    uint8_t(*blocks)[HR_TABLE_BLOCK] = take(256 * sizeof *blocks);
    unsigned n = 0;

    for (size_t row = 0; row < hr_classes_n; row++) {
        uint32_t to = row + 1 < hr_classes_n ? hr_classes[row + 1] >> 8 : 0x110000;
        for (uint32_t c = hr_classes[row] >> 8; c < to; c++)
            all[c] = (uint8_t)hr_classes[row];
    }
    for (size_t b = 0; b < BLOCKS; b++) {
        unsigned same = 0;
        while (same < n && memcmp(blocks[same], all + b * HR_TABLE_BLOCK, HR_TABLE_BLOCK) != 0)
            same++;
        if (same == 256)
            fail("too many blocks of classes");
        if (same == n)
            memcpy(blocks[n++], all + b * HR_TABLE_BLOCK, HR_TABLE_BLOCK);
        index[b] = (uint8_t)same;
    }
    head->blocks = add(index, sizeof index);
    head->classes = add(blocks, n * sizeof *blocks);
    free(all);
    free(blocks);
}

static void add_tokens(hr_table_head *head, const struct vocabulary *v)
{
    uint64_t *made = take(v->n * sizeof *made), *pairs;

    head->pairs_bits = 1;
    while (1u << head->pairs_bits < v->n * 2)
        head->pairs_bits++;
    pairs = take(sizeof *pairs << head->pairs_bits);
    for (uint32_t id = 0; id < v->n; id++) {
        const struct token *t = &v->token[id];
        made[id] = t->left | (uint64_t)t->right << 18 | (uint64_t)t->shorter << 36 | (uint64_t)t->n << 54;
        if (t->left == id)
            continue;
        uint32_t at = hr_pair_hash(hr_pair_key(t->left, t->right)) >> (32 - head->pairs_bits);
        while (pairs[at] != 0)
            at = (at + 1) & ((1u << head->pairs_bits) - 1);
        pairs[at] = hr_pair_key(t->left, t->right) | (uint64_t)id << 36;
    }
    head->tokens = v->n;
    head->made = add(made, v->n * sizeof *made);
    head->pairs = add(pairs, sizeof *pairs << head->pairs_bits);
    free(made);
    free(pairs);
}

int main(int argc, char **argv)
{
    struct vocabulary v = {0};
    struct trie t = {0};
    hr_table_head head = {.magic = HR_TABLE_MAGIC, .version = HR_TABLE_VERSION};

    if (argc != 3)
        fail("usage: compile-tokens NAME.tiktoken NAME.tokens");
    ranks_read(&v, argv[1]);
    merges_find(&v);
    trie_build(&t, &v);
    file.p = take(64 << 20);
    add(&head, sizeof head);
    add_classes(&head);
    head.root = t.root;
    head.trie = add(t.unit, t.n * sizeof *t.unit);
    add_tokens(&head, &v);
    head.size = file.n;
    head.body_sum = hr_table_sum(file.p + sizeof head, file.n - sizeof head);
    head.head_sum = hr_table_sum(&head, offsetof(hr_table_head, head_sum));
    memcpy(file.p, &head, sizeof head);
    if (hr_table_check(file.p, file.n, true) != 0)
        fail("the table that was made cannot be read");
    FILE *f = fopen(argv[2], "wb");
    if (f == NULL || fwrite(file.p, 1, file.n, f) != file.n || fclose(f) != 0)
        fail(argv[2]);
    return 0;
}
