/* fuzz_crush.c - libFuzzer target for everything that is done to JSON: selection from arrays, maps and lines, text in strings, tables. The first
   byte is the length of the question that stands before the text; its highest bit is the level, and the next one says that the rest is no text
   but what json_rows.h makes one of.

   Claims: never larger, never empty; the same bytes twice; lossless output reads back, or is the same JSON in less white space; a selection
   says what is gone, the items that --kept lists are counted by its note, and every number and word of the output is one of the input's. */
#include "json_rows.h"
#include "kept.h"
#include "transform/form.h"
#include "transform/layers.h"
#include "transform/minify.h"
#include "transform/note.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

#define ID "0123456789abcdef0123"

enum { MOST_TEXT = 64 << 10, LOSSY = 128, MADE = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ------------------------------------------------------------------ atoms */
static bool in_atom(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c > 0x7f;
}

static uint64_t hash_of(const char *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
    return h | 1;
}

/* The next run of letters and digits; false at the end. */
static bool next_atom(hr_str s, size_t *at, hr_str *atom)
{
    size_t from;
    while (*at < s.n && !in_atom(s.p[*at]))
        ++*at;
    for (from = *at; *at < s.n && in_atom(s.p[*at]);)
        ++*at;
    *atom = hr_str_make(s.p + from, *at - from);
    return atom->n > 0;
}

/* Every run of letters and digits in an item that was kept is one of the input's. Escapes may be spelled in another way inside of strings. */
static void check_atoms(hr_str items, hr_str input)
{
    static uint64_t set[2 * MOST_TEXT];
    size_t slots = 1; /* at least as many as bytes: twice as many as atoms */
    hr_str atom;
    while (slots < input.n)
        slots *= 2;
    if (memchr(input.p, '\\', input.n) || memchr(items.p, '\\', items.n))
        return;
    memset(set, 0, slots * sizeof *set);
    for (size_t at = 0; next_atom(input, &at, &atom);) {
        const uint64_t h = hash_of(atom.p, atom.n);
        size_t slot = h >> 40 & (slots - 1);
        while (set[slot] && set[slot] != h)
            slot = (slot + 1) & (slots - 1);
        set[slot] = h;
    }
    for (size_t at = 0; next_atom(items, &at, &atom);) {
        const uint64_t h = hash_of(atom.p, atom.n);
        size_t slot = h >> 40 & (slots - 1);
        while (set[slot] && set[slot] != h)
            slot = (slot + 1) & (slots - 1);
        CLAIM(set[slot] == h);
    }
}

/* ------------------------------------------------------------------ selections */
/* What --kept says: as many items as positions, positions that ascend, and nothing that the input has not. */
static void check_kept(hr_arena *a, const hr_transform_out *out, hr_str input)
{
    hr_buf b = {0};
    hr_tree t;
    size_t of = 0, kept = 0;
    hr_buf_putc(&b, '[');
    CLAIM(hr_kept_in_text(a, out->text, &b) == 0);
    hr_buf_putc(&b, ']');
    CLAIM(!b.err && hr_tree_parse(&t, a, b.data, b.len, NULL) == 0);
    for (uint32_t s = t.nodes[1].child; s; s = t.nodes[s].next) {
        const uint32_t total = t.nodes[t.nodes[s].child].next, list = t.nodes[total].next,
                       items = t.nodes[list].next;
        long before = -1, all = strtol(b.data + t.nodes[total].off, NULL, 10);
        CLAIM(t.nodes[list].count == t.nodes[items].count && t.nodes[list].count < all);
        for (uint32_t k = t.nodes[list].child; k; k = t.nodes[k].next) {
            long at = strtol(b.data + t.nodes[k].off, NULL, 10);
            CLAIM(at > before && at < all);
            before = at;
        }
        check_atoms(hr_str_make(b.data + t.nodes[items].off, t.nodes[items].len), input);
        of += (size_t)all;
        kept += t.nodes[list].count;
    }
    /* Pages of HTML and the like have notes without positions. */
    CLAIM(of <= out->of && kept <= out->kept);
    hr_buf_free(&b);
}

static void check_selection(hr_arena *a, const hr_transform_out *out, hr_str input)
{
    CLAIM(hr_text_has_note(out->text));
    CLAIM(out->kept < out->of || out->of == 0);
    check_kept(a, out, input);
}

/* ------------------------------------------------------------------ lossless output */
static void check_lossless(const hr_transform_out *out, hr_str input)
{
    hr_buf back = {0}, plain = {0}, shown = {0};
    int r = hr_layers_decode(&back, out->text, 0);
    CLAIM(r >= 0);
    if (r == 1) {
        CLAIM(hr_str_eq(hr_buf_view(&back), input));
    } else {
        CLAIM(strcmp(out->transform, "minify") == 0);
        hr_minify(&plain, input.p, input.n); /* what stands around JSON keeps its blanks */
        hr_minify(&shown, out->text.p, out->text.n);
        CLAIM(hr_str_eq(hr_buf_view(&plain), hr_buf_view(&shown)));
    }
    hr_buf_free(&back);
    hr_buf_free(&plain);
    hr_buf_free(&shown);
}

static void check_text(hr_arena *a, hr_str question, hr_str text, bool lossy)
{
    hr_transform_out out = {0}, again = {0};
    const hr_transform_in in = {
        .text = text, .query = hr_query_new(a, question), .allow_lossy = lossy, .max_items = 15, .id = ID};
    CLAIM(in.query);
    int r = hr_transform(a, &in, &out);
    CLAIM((r == 0 || r == 1) && hr_transform(a, &in, &again) == r);
    if (r == 0)
        return;
    CLAIM(out.text.n > 0 && out.text.n < text.n && hr_str_eq(out.text, again.text));
    if (out.lossless)
        check_lossless(&out, text);
    else
        check_selection(a, &out, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t asked = size ? data[0] & (MADE - 1) : 0;
    if (size < 1 || size > MOST_TEXT || asked >= size)
        return 0;
    char *copy = malloc(size); /* of exactly the size, so that one byte too far is seen */
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    hr_str text = hr_str_make(copy + asked, size - 1 - asked);
    hr_buf made = {0};
    if (data[0] & MADE) {
        struct source s = {data + 1 + asked, data + size, 0xcbf29ce484222325u};
        put_json(&s, &made);
        text = hr_buf_view(&made);
    }
    hr_arena *a = hr_arena_new();
    CLAIM(a && !made.err);
    if (hr_utf8_valid(copy, asked) && hr_utf8_valid(text.p, text.n) && text.n > 0)
        check_text(a, hr_str_make(copy, asked), text, data[0] & LOSSY);
    hr_arena_free(a);
    hr_buf_free(&made);
    free(copy);
    return 0;
}
