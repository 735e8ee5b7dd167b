/* fuzz_json.c - libFuzzer target for core/json/: any bytes in, claims about all parts out.

   The input is copied into an allocation of exactly its size, so that the address sanitizer sees one byte
   read too far. A claim that does not hold traps. */
#include "json/json.h"
#include "json/lex.h"

#include <stdlib.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int scan_whole(const char *text, size_t len)
{
    hr_scan s;
    hr_value v;
    hr_scan_init(&s, text, len);
    int err = hr_scan_value(&s, &v);
    if (err)
        return err;
    CLAIM(v.len > 0 && v.off <= len && v.len <= len - v.off);
    return hr_scan_end(&s);
}

/* Enter every container; with an index, hold every lexeme against it. */
static int scan_inside(const char *text, size_t len, const hr_tree *t)
{
    static bool object[HR_MAX_DEPTH];
    unsigned depth = 0;
    uint32_t index = 0;
    hr_scan s;
    hr_value v, key = {0};
    hr_scan_init(&s, text, len);
    for (;;) {
        int type = hr_scan_peek(&s);
        bool container = type == HR_JSON_ARRAY || type == HR_JSON_OBJECT;
        if (t) {
            const hr_node *node = &t->nodes[++index];
            hr_scan whole = s;
            CLAIM(index < t->n && node->type == type);
            CLAIM(hr_scan_value(&whole, &v) == 0 && v.off == node->off && v.len == node->len);
            CLAIM(v.escaped == node->escaped && node->key_len == key.len && node->key_escaped == key.escaped);
            CLAIM(key.len == 0 || node->key_off == key.off);
        }
        int err = container ? hr_scan_enter(&s) : hr_scan_value(&s, &v);
        if (err)
            return err;
        if (container)
            object[depth++] = type == HR_JSON_OBJECT;
        int more = 0;
        while (depth > 0 && more == 0) {
            key = (hr_value){0};
            more = object[depth - 1] ? hr_scan_key(&s, &key) : hr_scan_item(&s);
            if (more < 0)
                return more;
            CLAIM(key.off + key.len <= s.pos && s.pos <= len);
            depth -= more == 0;
        }
        if (depth == 0 && more == 0) {
            CLAIM(!t || index + 1 == t->n);
            return hr_scan_end(&s);
        }
    }
}

static void claim_nesting(const hr_tree *t)
{
    for (uint32_t i = 1; i < t->n; i++) {
        const hr_node *node = &t->nodes[i];
        uint64_t at = node->off;
        uint32_t count = 0;
        CLAIM(node->len > 0 && at + node->len <= t->len);
        for (uint32_t c = node->child; c; c = t->nodes[c].next, count++) {
            CLAIM(c > i && t->nodes[c].off > at);
            at = (uint64_t)t->nodes[c].off + t->nodes[c].len - 1;
            CLAIM(at + 1 < (uint64_t)node->off + node->len);
        }
        CLAIM(count == node->count);
    }
}

static void encode_quoted(hr_buf *b, hr_str text)
{
    *b = (hr_buf){0};
    hr_buf_putc(b, '"');
    hr_string_encode(b, text);
    hr_buf_putc(b, '"');
}

/* encode(text) decodes to text. */
static void claim_round_trip(hr_arena *a, hr_str text)
{
    hr_buf b;
    hr_str again;
    bool has_nul = text.n && memchr(text.p, 0, text.n);
    encode_quoted(&b, text);
    CLAIM(b.err == 0);
    int err = hr_string_decode(a, b.data, b.len, &again);
    CLAIM(has_nul ? err == HR_ENUL : err == 0 && hr_str_eq(text, again));
    hr_buf_free(&b);
}

static void claim_string(hr_arena *a, const char *text, const hr_node *node)
{
    const char *lexeme = text + node->off;
    hr_str decoded;
    int err = hr_string_decode(a, lexeme, node->len, &decoded);
    if (err == HR_ENUL)
        return;
    CLAIM(err == 0 && hr_utf8_valid(decoded.p, decoded.n) && decoded.n <= node->len - 2);
    CLAIM(node->escaped || decoded.p == lexeme + 1);
    claim_round_trip(a, decoded);

    hr_value v = {HR_JSON_STRING, node->escaped, node->off, node->len};
    char *z = hr_arena_dup(a, decoded.p, decoded.n);
    CLAIM(z && hr_lexeme_is(text, &v, z));
    if (decoded.n) {
        z[decoded.n - 1] ^= 1;
        CLAIM(!hr_lexeme_is(text, &v, z));
    }

    size_t step = 1 + decoded.n / 64, last = 1;
    for (size_t i = 0; i < decoded.n; i += step) {
        size_t raw = hr_string_raw_offset(lexeme, node->len, i);
        CLAIM(raw >= last && raw < node->len - 1);
        last = raw;
        hr_str part; /* the part before it decodes to the first i bytes, less the begin of a character */
        char *cut = hr_arena_dup(a, lexeme, raw + 1);
        CLAIM(cut);
        cut[raw] = '"';
        if (hr_string_decode(a, cut, raw + 1, &part) == 0)
            CLAIM(part.n <= i && i - part.n < 4 && memcmp(part.p, decoded.p, part.n) == 0);
    }
    CLAIM(hr_string_raw_offset(lexeme, node->len, decoded.n) == node->len - 1u);
}

/* Write every string anew: the body stays JSON of the same shape, and is the same when nothing changes. */
static void claim_splices(hr_arena *a, const hr_tree *t)
{
    hr_splice *list = hr_arena_alloc(a, t->n * sizeof(*list));
    hr_buf same = {0}, out = {0};
    size_t n = 0;
    CLAIM(list);
    for (uint32_t i = 1; i < t->n; i++) {
        const hr_node *node = &t->nodes[i];
        if (node->type == HR_JSON_STRING)
            list[n++] = (hr_splice){node->off, node->len, {t->text + node->off, node->len}};
    }
    CLAIM(hr_splice_apply(&same, t->text, t->len, list, n) == 0);
    CLAIM(hr_str_eq(hr_buf_view(&same), hr_str_make(t->text, t->len)));
    for (size_t i = 0; i < n; i++) {
        hr_str decoded;
        hr_buf b;
        if (hr_string_decode(a, list[i].with.p, list[i].with.n, &decoded) != 0)
            continue;
        encode_quoted(&b, decoded);
        char *copy = hr_arena_dup(a, b.data, b.len);
        CLAIM(copy);
        list[i].with = hr_str_make(copy, b.len);
        hr_buf_free(&b);
    }
    CLAIM(hr_splice_apply(&out, t->text, t->len, list, n) == 0);
    hr_tree again;
    CLAIM(hr_tree_parse(&again, a, out.data, out.len, NULL) == 0 && again.n == t->n);
    for (uint32_t i = 1; i < t->n; i++)
        CLAIM(again.nodes[i].type == t->nodes[i].type && again.nodes[i].next == t->nodes[i].next);
    hr_buf_free(&same);
    hr_buf_free(&out);
}

static void claim_kernels(const char *text, size_t len)
{
    bool escaped, expected_escaped;
    const char *expected = hr_lex_skip_kernel(HR_SKIP_PORTABLE)(text, text + len, &expected_escaped);
    for (int k = HR_SKIP_PORTABLE; k <= HR_SKIP_KERNELS; k++) {
        hr_lex_skip_fn *kernel =
            k == HR_SKIP_KERNELS ? hr_lex_skip : hr_lex_skip_kernel((enum hr_lex_kernel)k);
        if (kernel)
            CLAIM(kernel(text, text + len, &escaped) == expected &&
                  (!expected || escaped == expected_escaped));
    }
    for (int k = 0; k < HR_UTF8_KERNELS; k++) {
        hr_lex_utf8_fn *valid = hr_lex_utf8_kernel((enum hr_utf8_kernel)k);
        CLAIM(!valid || valid(text, text + len) == hr_utf8_valid(text, len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size ? size : 1);
    hr_arena *a = hr_arena_new();
    hr_tree t;
    size_t error_off = SIZE_MAX;
    CLAIM(text && a);
    if (size)
        memcpy(text, data, size);

    int tree = hr_tree_parse(&t, a, text, size, &error_off);
    int whole = scan_whole(text, size), inside = scan_inside(text, size, NULL);
    CLAIM(error_off <= size);
    CLAIM(whole == inside);
    CLAIM(tree != 0 || whole == 0);
    CLAIM(whole == 0 || tree != 0);
    if (tree == 0) {
        claim_nesting(&t);
        CLAIM(scan_inside(text, size, &t) == 0);
        for (uint32_t i = 1; i < t.n; i++) {
            if (t.nodes[i].type == HR_JSON_STRING)
                claim_string(a, text, &t.nodes[i]);
        }
        claim_splices(a, &t);
        /* A container without its last byte is nothing. */
        const hr_node *root = &t.nodes[1];
        if (root->type == HR_JSON_ARRAY || root->type == HR_JSON_OBJECT)
            CLAIM(scan_whole(text, root->off + root->len - 1u) == HR_EJSON);
    } else if (whole == 0) {
        /* Only the inside of strings is looked at by one reader alone. */
        CLAIM(tree == HR_EJSON || tree == HR_ESURR || tree == HR_EUTF8);
    }
    claim_kernels(text, size);
    if (hr_utf8_valid(text, size))
        claim_round_trip(a, hr_str_make(text, size));
    hr_str decoded;
    if (hr_string_decode(a, text, size, &decoded) == 0)
        CLAIM(tree == 0 && t.n == 2);
    hr_arena_free(a);
    free(text);
    return 0;
}
