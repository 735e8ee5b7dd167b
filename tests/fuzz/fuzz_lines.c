/* fuzz_lines.c - libFuzzer target for the selections of lines: what stays is the original's, byte for byte, and the note says what does
   not. The first byte chooses the selection, the second is the length of the question that stands before the text. */
#include "transform/form.h"
#include "transform/lines.h"
#include "transform/log.h"
#include "transform/note.h"
#include "transform/search.h"
#include "transform/table_lines.h"
#include "json/json.h"

#include <stdlib.h>
#include <string.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

enum { MOST_TEXT = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Are the lines those of `text` that the note does not leave out? */
static void check(hr_arena *a, hr_str text, const hr_transform_out *out)
{
    hr_note note;
    hr_str lines, line, kept;
    hr_buf plain = {0};
    bool ended;
    uint32_t k = 0, i = 0;

    CLAIM(out->text.n < text.n);
    CLAIM(hr_note_of_text(a, out->text, &note, &lines) == 1);
    if (hr_form_decode(&plain, lines) == 1)
        lines = hr_buf_view(&plain);
    for (; hr_line_next(&text, &line, &ended); i++) {
        bool stays = k < note.of - note.omitted && note.kept[k] == i;
        CLAIM(!stays || (hr_line_next(&lines, &kept, &ended) && hr_str_eq(kept, line)));
        k += stays;
    }
    CLAIM(i == note.of && k == note.of - note.omitted && lines.n == 0);
    CLAIM(out->of == i && out->kept == k);
    hr_buf_free(&plain);
}

static void make_valid(char *p, size_t n)
{
    bool valid = hr_utf8_valid(p, n);
    for (size_t i = 0; i < n && !valid; i++)
        p[i] = p[i] < 0 ? '?' : p[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int (*const selections[])(hr_arena * a, const hr_transform_in *in, hr_transform_out *out) = {
        hr_search_select, hr_log_select, hr_table_select};

    if (size < 2 || size > MOST_TEXT || data[1] > size - 2)
        return 0;
    char *copy = malloc(size); /* of exactly the size, so that one byte too far is seen */
    if (!copy)
        return 0;
    memcpy(copy, data + 2, size - 2);
    make_valid(copy, data[1]); /* as the road gives them */
    make_valid(copy + data[1], size - 2 - data[1]);
    hr_arena *a = hr_arena_new();
    hr_str text = hr_str_make(copy + data[1], size - 2 - data[1]);
    hr_transform_in in = {.text = text, .allow_lossy = true, .max_items = 15, .id = "0123456789abcdef0123"};
    hr_transform_out out = {0};

    CLAIM(a && (in.query = hr_query_new(a, hr_str_make(copy, data[1]))));
    int r = selections[data[0] % (sizeof selections / sizeof *selections)](a, &in, &out);
    CLAIM(r == 0 || r == 1);
    if (r == 1)
        check(a, text, &out);
    hr_arena_free(a);
    free(copy);
    return 0;
}
