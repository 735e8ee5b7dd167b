/* fuzz_router.c - libFuzzer target for what the router does with a whole result: a lossless rewrite reads back byte for byte, all selections in a rewrite are found by a
   reader, no line and no character is in it that was not in the text, twice the same, never larger, never empty.
   The first byte is the length of the question that stands before the text, the second chooses the level, and how often the text stands behind itself, since
   short texts are left alone. */
#include "transform/kept_lines.h"
#include "transform/layers.h"
#include "transform/lines.h"
#include "transform/sections.h"
#include "transform/wrapper.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

enum { MOST_TEXT = 4 << 10, MOST_REPEATED = 16 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reader {
    hr_arena *a;
    hr_str text;
    size_t found;
};

/* The lines that stay of one selection stand in the text, in this order. */
static int read_leaf(void *context, hr_str leaf, hr_buf *rest)
{
    struct reader *r = context;
    hr_note note;
    hr_buf plain = {0};
    hr_str lines, line;
    bool ended;
    int found = hr_kept_lines_read(r->a, leaf, &note, &plain, &lines);

    (void)rest;
    CLAIM(found >= 0);
    while (found && r->text.n && hr_line_next(&lines, &line, &ended)) {
        size_t at = hr_str_find(r->text, line, 0);
        CLAIM(at != SIZE_MAX);
        r->text = hr_str_make(r->text.p + at + line.n, r->text.n - at - line.n);
    }
    r->found += (size_t)found;
    hr_buf_free(&plain);
    return found;
}

static bool is_terminal(hr_str text)
{
    return memchr(text.p, '\x1b', text.n) || memchr(text.p, '\r', text.n) || memchr(text.p, '\b', text.n);
}

static void check(hr_arena *a, hr_str text, const hr_transform_out *out)
{
    hr_buf b = {0};

    CLAIM(out->text.n > 0 && out->text.n < text.n && out->transform && out->kind);
    if (out->lossless) {
        CLAIM(strcmp(out->transform, "minify") == 0 || hr_layers_decode(&b, out->text) == 1 ||
              strcmp(out->transform, "sections") == 0);
        if (b.len)
            CLAIM(hr_str_eq(hr_buf_view(&b), text));
    } else {
        struct reader r = {a, is_terminal(text) ? (hr_str){0} : text, 0};
        CLAIM(hr_text_has_note(out->text));
        CLAIM(hr_layers_read(out->text, read_leaf, &r, &b) >= 0);
        if (strcmp(out->transform, "log_lines") == 0 || strcmp(out->transform, "test_lines") == 0 ||
            strcmp(out->transform, "search_lines") == 0)
            CLAIM(r.found > 0);
    }
    hr_buf_free(&b);
}

/* What stands around it and the sections in it join to the text again. */
static void check_parts(hr_arena *a, hr_str text)
{
    const hr_wrapped w = hr_unwrap(text);
    hr_section *s;
    size_t n, at = 0;

    CLAIM(w.before.n + w.inside.n + w.behind.n == text.n);
    CLAIM(text.n == 0 || (w.before.p == text.p && w.inside.p == text.p + w.before.n &&
                          w.behind.p == w.inside.p + w.inside.n));
    CLAIM(hr_sections(a, text, &s, &n) == 0 && n >= 1);
    for (size_t i = 0; i < n; at += s[i].head.n + s[i].body.n + s[i].gap.n, i++)
        CLAIM(s[i].head.p == text.p + at && s[i].body.p == s[i].head.p + s[i].head.n &&
              s[i].gap.p == s[i].body.p + s[i].body.n);
    CLAIM(at == text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > MOST_TEXT || data[0] >= size - 1)
        return 0;
    const size_t part = size - 2 - data[0], times = 1 + (data[1] >> 1) % 16,
                 n = part * times <= MOST_REPEATED ? part * times : part;
    char *copy = malloc(size),
         *text = malloc(n ? n : 1); /* of exactly the size, so that one byte too far is seen */
    hr_arena *a = hr_arena_new(), *again = hr_arena_new();
    if (!copy || !text || !a || !again)
        abort();
    memcpy(copy, data, size);
    for (size_t at = 0; at < n; at += part)
        memcpy(text + at, copy + 2 + data[0], part);
    hr_transform_in in = {.text = {text, n},
                          .query = hr_query_new(a, hr_str_make(copy + 2, data[0])),
                          .allow_lossy = data[1] & 1,
                          .max_items = 15,
                          .id = "0123456789abcdef0123"};
    hr_transform_out out = {0}, second = {0};
    if (!in.query)
        abort();
    check_parts(a, in.text);
    if (!hr_utf8_valid(text, n)) /* decoded strings are */
        in.text.n = 0;
    int r = hr_transform(a, &in, &out);
    CLAIM(r == 0 || r == 1);
    if (r == 1) {
        CLAIM(hr_transform(again, &in, &second) == 1 && hr_str_eq(out.text, second.text));
        check(a, in.text, &out);
    }
    hr_arena_free(a);
    hr_arena_free(again);
    free(copy), free(text);
    return 0;
}
