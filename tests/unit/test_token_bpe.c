/* test_token_bpe.c - claims of the exact tokenizer (core/token/): its search against byte pair encoding by the book, its memos, texts in windows.
   That cuts and tokens are those of tiktoken is shown by tests/programs/test_tokens.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>

#include "edge.h"
#include "fault.h"
#include "token/escaped.h"
#include "token/ruler.h"
#include "token/token.h"
#include "token_rig.h"

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Bytes of one of several kinds, hard ones for a search from the left among them. */
static size_t some_bytes(uint8_t *p, size_t room, uint32_t *seed)
{
    static const char *const from[] = {"ab",
                                       "=-",
                                       " \n",
                                       "abcdefghijklmnopqrstuvwxyz",
                                       "etaoin ",
                                       "_x0",
                                       "\xE4\xB8\xAD",
                                       "()[]{};",
                                       "\xE0\xB8\x81\xE0\xB8\xB1",
                                       "AaEeIiOoUu",
                                       "\xFF\xC3\x80\x41"};
    const char *kind = from[next(seed) % (sizeof from / sizeof *from)];
    const size_t n = 1 + next(seed) % room, k = strlen(kind);
    for (size_t i = 0; i < n;) {
        const uint8_t c = (uint8_t)kind[next(seed) % k];
        for (size_t run = next(seed) % 4 == 0 ? 1 + next(seed) % 40 : 1; run > 0 && i < n; run--)
            p[i++] = c;
    }
    return n;
}

static void a_piece_is_the_tokens_that_merging_makes_of_it(void **state)
{
    enum { ROOM = 300 };
    (void)state;
    for (int which = 0; which < 2; which++) {
        rig *r = rig_new(which);
        uint32_t seed = 3, want[ROOM], token[512];
        uint64_t dead[512 / 64];
        hr_bpe b = {token, dead, 512, 512, &r->memo.pairs};
        for (int i = 0; i < 3000; i++) {
            uint8_t p[ROOM];
            const size_t n = some_bytes(p, i % 10 ? 30 : ROOM, &seed),
                         count = rig_by_the_book(&r->table, p, n, want);
            assert_int_equal(hr_bpe_encode(&r->table, (uint8_t *)edge_copy(p, n), n, &b), count);
            assert_memory_equal(token, want, count * sizeof *want);
            assert_int_equal(hr_bpe_count_forward(&r->table, p, n), count);
        }
        free(r);
    }
}

static void every_token_is_itself(void **state)
{
    (void)state;
    static const uint32_t tokens[] = {199998, 100256};
    for (int which = 0; which < 2; which++) {
        rig *r = rig_new(which);
        uint32_t seen = 0;
        uint64_t bytes = 0;
        for (uint32_t id = 0; id < tokens[which]; id++) {
            uint32_t left = hr_made_left(r->table.made[id]), right = hr_made_right(r->table.made[id]);
            bytes += hr_made_length(r->table.made[id]);
            seen += left == id ? right == id && id < 256 : hr_table_pair(&r->table, left, right) == id;
        }
        assert_int_equal(seen, tokens[which]);
        assert_true(bytes > 6 * (uint64_t)tokens[which]);
        free(r);
    }
}

static void a_search_that_would_have_to_go_back_too_far_is_told(void **state)
{
    (void)state;
    rig *r = rig_new(0);
    uint32_t seed = 9, token[2];
    uint64_t dead[2];
    hr_bpe small = {token, dead, 2, 128, &r->memo.pairs};
    int told = 0, found = 0;
    for (int i = 0; i < 20000; i++) {
        uint8_t p[120];
        const size_t n = some_bytes(p, sizeof p, &seed), count = hr_bpe_encode(&r->table, p, n, &small);
        if (count == 0)
            told++;
        else if (count == hr_bpe_count_forward(&r->table, p, n))
            found++;
    }
    assert_int_equal(told + found, 20000); /* never a wrong count */
    assert_true(told > 0 && found > 10000);
    free(r);
}

static void rulers_of_any_length_and_ends_are_counted_right(void **state)
{
    static const char *const ends[][2] = {{"=", "=="},    {" ", "\r\n"}, {"#", "-\n"},
                                          {"\n", "\n\n"}, {" ", "  "},   {"\x80", "\x80\x80"}};
    static const uint8_t runs[] = {'=', '-', '#', ' ', '\n', 'a', 0x80, 0xFF};
    enum { ROOM = 4000 };
    uint8_t *p = malloc(ROOM);
    (void)state;
    for (int which = 0; which < 2; which++) {
        rig *r = rig_new(which);
        for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
            for (size_t c = 0; c < sizeof runs; c++) {
                for (size_t n = HR_RULER_LEAST; n < ROOM; n += n < 90 ? 1 : n < 1500 ? 297 : 1731) {
                    memset(p, runs[c], n);
                    p[0] = (uint8_t)ends[e][0][0];
                    memcpy(p + n - 2, ends[e][1], 2);
                    assert_true(hr_ruler_is(p, n));
                    assert_int_equal(hr_ruler_count(&r->table, &r->memo.pairs, p, n),
                                     hr_bpe_count_forward(&r->table, p, n));
                    p[n / 2] ^= 1;
                    assert_false(hr_ruler_is(p, n));
                }
            }
        }
        free(r);
    }
    free(p);
}

/* A text of words, signs, spaces, numbers, other scripts, escapes and bytes that are no character. */
static size_t some_text(uint8_t *p, size_t room, uint32_t *seed)
{
    static const char *const parts[] = {"the",
                                        " of",
                                        "Ünïcode",
                                        " ABC",
                                        "Def",
                                        "'s",
                                        "'RE",
                                        "12",
                                        "345678",
                                        "\n",
                                        "\r\n\n",
                                        "   ",
                                        "\t",
                                        "://",
                                        "{\"a\":",
                                        "},",
                                        "中文",
                                        "ไทย",
                                        "é",
                                        "\xCC\x81",
                                        "🚀",
                                        " \xE2\x80\x83",
                                        "\xE1\x9A\x80",
                                        "ǅ",
                                        "ʰ",
                                        "\xFF",
                                        "\xE4\xB8",
                                        "\xF0\x9F",
                                        "====",
                                        "0",
                                        "\xC2\x85",
                                        "'",
                                        "\xC5\xBF",
                                        "A",
                                        "z",
                                        "_",
                                        "²",
                                        "Ⅷ"};
    size_t n = 0;
    for (;;) {
        const char *part = parts[next(seed) % (sizeof parts / sizeof *parts)];
        for (size_t times = next(seed) % 16 ? 1 : next(seed) % 60; times > 0; times--) {
            if (n + strlen(part) > room)
                return n;
            memcpy(p + n, part, strlen(part));
            n += strlen(part);
        }
    }
}

static void a_text_in_windows_is_the_text(void **state)
{
    enum { ROOM = 700 };
    uint8_t p[ROOM];
    uint32_t seed = 5;
    (void)state;
    for (int which = 0; which < 2; which++) {
        rig *r = rig_new(which);
        for (int i = 0; i < 400; i++) {
            const size_t n = some_text(p, 20 + next(&seed) % (ROOM - 20), &seed),
                         whole = hr_pieces_count(&r->pieces, p, n);
            for (size_t cut = 1; cut < n; cut += 1 + next(&seed) % 3) {
                size_t used = 0,
                       begun = hr_pieces_begun(&r->pieces, (uint8_t *)edge_copy(p, cut), cut, &used);
                assert_in_range(used, 0, cut);
                assert_int_equal(begun + hr_pieces_count(&r->pieces, p + used, n - used), whole);
            }
        }
        free(r);
    }
}

/* JSON of a text: each byte that needs it, and some that do not, with an escape. */
static size_t escape(char *json, const uint8_t *p, size_t n, uint32_t *seed)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n')
            m += (size_t)sprintf(json + m, "\\n");
        else if (p[i] == '"' || p[i] == '\\')
            m += (size_t)sprintf(json + m, "\\%c", p[i]);
        else if (p[i] < 0x80 && next(seed) % 8 == 0)
            m += (size_t)sprintf(json + m, "\\u%04x", p[i]);
        else
            json[m++] = (char)p[i];
    }
    return m;
}

static void escapes_count_as_their_text_however_long_a_piece_is(void **state)
{
    enum { ROOM = 40000 };
    uint8_t *p = malloc(ROOM);
    char *json = malloc(ROOM * 6 + 1);
    uint32_t seed = 8;
    (void)state;
    for (int which = 0; which < 2; which++) {
        rig *r = rig_new(which);
        for (int i = 0; i < 24; i++) {
            size_t n = some_text(p, ROOM, &seed);
            if (i % 3 == 0) { /* a piece above every window */
                memset(p + n / 3, i % 2 ? 'q' : '\n', n / 2);
                memcpy(p + n / 3 + 5000, "ab", 2);
            }
            const size_t m = escape(json, p, n, &seed);
            assert_int_equal(hr_escaped_count(&r->pieces, json, m), hr_pieces_count(&r->pieces, p, n));
        }
        free(r);
    }
    free(json);
    free(p);
}

static void without_memory_odd_texts_are_counted_in_parts(void **state)
{
    enum { ROOM = 20000 };
    char *json = malloc(ROOM);
    (void)state;
    rig *r = rig_new(0);
    memset(json, 'q', ROOM);
    memcpy(json, "\\n", 2);
    size_t whole = hr_escaped_count(&r->pieces, json, ROOM);
    memset(json, 0xFF, ROOM / 2);
    size_t bad = hr_pieces_count(&r->pieces, (uint8_t *)json, ROOM / 2);
    hr_fault_after(HR_FAULT_ALLOC, 1, true);
    size_t parts = hr_pieces_count(&r->pieces, (uint8_t *)json, ROOM / 2);
    memset(json, 'q', ROOM);
    memcpy(json, "\\n", 2);
    assert_in_range(hr_escaped_count(&r->pieces, json, ROOM), whole, whole + ROOM / 4000 * 2);
    assert_in_range(parts, bad, bad + ROOM / 1000);
    assert_true(hr_fault_count(HR_FAULT_ALLOC) > 0);
    uint32_t *ids;
    size_t count;
    assert_int_equal(hr_encoding_ids(HR_ENCODING_O200K, "a", 1, &ids, &count), HR_ENOMEM);
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    free(json);
    free(r);
}

static void a_memo_full_of_noise_changes_no_count(void **state)
{
    enum { ROOM = 60000 };
    uint8_t *p = malloc(ROOM);
    uint32_t seed = 4;
    (void)state;
    rig *clean = rig_new(1), *dirty = rig_new(1);
    const size_t n = some_text(p, ROOM, &seed), count = hr_pieces_count(&clean->pieces, p, n);
    for (int round = 0; round < 8; round++) {
        /* halves of entries that do not belong together, as two threads could leave them */
        for (size_t i = 0; i < HR_MEMO_SLOTS; i++) {
            dirty->memo.slots[i].low = clean->memo.slots[i].low;
            dirty->memo.slots[i].high = clean->memo.slots[next(&seed) % HR_MEMO_SLOTS].high;
        }
        assert_int_equal(hr_pieces_count(&dirty->pieces, p, n), count);
        assert_int_equal(hr_pieces_count(&dirty->pieces, p, n), count);
    }
    free(clean);
    free(dirty);
    free(p);
}

struct shared {
    rig *r;
    uint8_t *p;
    size_t n, count;
    int wrong;
};

static void *count_often(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < 40; i++)
        s->wrong += hr_pieces_count(&s->r->pieces, s->p, s->n) != s->count;
    return NULL;
}

static void threads_share_a_memo(void **state)
{
    enum { ROOM = 30000 };
    uint32_t seed = 6;
    pthread_t thread[3];
    struct shared s[3];
    (void)state;
    rig *r = rig_new(0), *alone = rig_new(0);
    for (int i = 0; i < 3; i++) {
        s[i] = (struct shared){.r = r, .p = malloc(ROOM)};
        s[i].n = some_text(s[i].p, ROOM, &seed);
        s[i].count = hr_pieces_count(&alone->pieces, s[i].p, s[i].n);
        assert_int_equal(pthread_create(&thread[i], NULL, count_often, &s[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(s[i].wrong, 0);
        free(s[i].p);
    }
    free(r);
    free(alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_piece_is_the_tokens_that_merging_makes_of_it),
        cmocka_unit_test(every_token_is_itself),
        cmocka_unit_test(a_search_that_would_have_to_go_back_too_far_is_told),
        cmocka_unit_test(rulers_of_any_length_and_ends_are_counted_right),
        cmocka_unit_test(a_text_in_windows_is_the_text),
        cmocka_unit_test(escapes_count_as_their_text_however_long_a_piece_is),
        cmocka_unit_test(without_memory_odd_texts_are_counted_in_parts),
        cmocka_unit_test(a_memo_full_of_noise_changes_no_count),
        cmocka_unit_test(threads_share_a_memo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
