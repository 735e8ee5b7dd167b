/* fuzz_token.c - the exact tokenizer on any bytes, by both encodings: each piece is what byte pair encoding by the book makes of it, counts are those
   of the ids, whatever the memo holds, and a text in two windows is the text.

   The same against tiktoken itself: tests/programs/test_tokens.py, HEADROOM_TOKENS_SEED=n. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/token_rig.h"
#include "token/escaped.h"

static void must(int ok)
{
    if (!ok)
        abort();
}

struct ids {
    uint32_t *list;
    size_t n;
};

static void put(void *arg, const uint32_t *token, size_t n)
{
    struct ids *ids = arg;
    memcpy(ids->list + ids->n, token, n * sizeof *token);
    ids->n += n;
}

/* What a piece is once U+FFFD stands for what is no character. Returns the length; out has room for three times n. */
static size_t repaired(const uint8_t *p, size_t n, uint8_t *out)
{
    size_t m = 0;
    for (const uint8_t *end = p + n; p < end;) {
        uint32_t c;
        unsigned flags = 0;
        const unsigned length = hr_split_char(p, end, &c, &flags);
        const int bad = (flags & HR_SPLIT_BAD) != 0;
        memcpy(out + m, bad ? (const uint8_t *)"\xEF\xBF\xBD" : p, bad ? 3 : length);
        m += bad ? 3 : length;
        p += length;
    }
    return m;
}

static void try_one(const rig *r, const uint8_t *p, size_t n)
{
    struct ids got = {malloc((n * 3 + 1) * sizeof(uint32_t)), 0};
    uint32_t *want = malloc((n * 3 + 1) * sizeof *want);
    uint8_t *good = malloc(n * 3 + 1);
    size_t at = 0;

    must(got.list && want && good);
    must(hr_pieces_each(&r->pieces, p, n, put, &got) == 0);
    must(hr_pieces_count(&r->pieces, p, n) == got.n && hr_pieces_count(&r->pieces, p, n) == got.n);
    for (const uint8_t *from = p, *end = p + n; from < end;) {
        unsigned flags = 0;
        const uint8_t *next = r->pieces.split(&r->table, from, end, &flags);
        must(next > from && next <= end);
        const size_t m = repaired(from, (size_t)(next - from), good);
        must(((flags & HR_SPLIT_BAD) != 0) == (m != (size_t)(next - from) || memcmp(good, from, m) != 0));
        const size_t count = rig_by_the_book(&r->table, good, m, want);
        must(at + count <= got.n && memcmp(got.list + at, want, count * sizeof *want) == 0);
        must(hr_bpe_count_forward(&r->table, good, m) == count);
        at += count;
        from = next;
    }
    must(at == got.n);
    if (n > 0) {
        size_t used, cut = p[n / 2] * n / 256, begun = hr_pieces_begun(&r->pieces, p, cut, &used);
        must(used <= cut && begun + hr_pieces_count(&r->pieces, p + used, n - used) == got.n);
    }
    hr_escaped_count(&r->pieces, (const char *)p, n);
    free(got.list);
    free(want);
    free(good);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static rig *both[2];
    if (size > 2000) /* by the book is quadratic */
        return 0;
    for (int i = 0; i < 2; i++) {
        if (!both[i])
            both[i] = rig_new(i);
        try_one(both[i], data, size);
    }
    return 0;
}
