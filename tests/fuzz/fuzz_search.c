/* fuzz_search.c - libFuzzer target for the selection of a search result's lines: what stays is the original's, byte for byte, and the note says what does not.
   The first byte is the length of the question that stands before the text. */
#include "transform/form.h"
#include "transform/lines.h"
#include "transform/note.h"
#include "transform/search.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > MOST_TEXT || data[0] >= size)
        return 0;
    char *copy = malloc(size); /* of exactly the size, so that one byte too far is seen */
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    hr_arena *a = hr_arena_new();
    hr_str text = hr_str_make(copy + data[0], size - 1 - data[0]);
    hr_transform_in in = {.text = text, .allow_lossy = true, .max_items = 15, .id = "0123456789abcdef0123"};
    hr_transform_out out = {0};

    CLAIM(a && (in.query = hr_query_new(a, hr_str_make(copy, data[0]))));
    int r = hr_search_select(a, &in, &out);
    CLAIM(r == 0 || r == 1);
    if (r == 1)
        check(a, text, &out);
    hr_arena_free(a);
    free(copy);
    return 0;
}
