/* fuzz_log.c - libFuzzer target for the selection of a log's lines: what stays is the original's, byte for byte, the note says what does not,
   every error stays where errors are few, and twice the same comes out.

   The first byte is the length of the question. What follows is a log in short: each line is written so many times as its first byte says,
   behind a time, with numbers that grow in the place of #. */
#include "transform/lines.h"
#include "transform/log.h"
#include "transform/note.h"
#include "transform/signs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLAIM(x)                                                                                             \
    do {                                                                                                     \
        if (!(x))                                                                                            \
            __builtin_trap();                                                                                \
    } while (0)

enum { MOST_INPUT = 1 << 10, MOST_TIMES = 24, FEW_SHARE = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_log(hr_buf *b, hr_str input)
{
    hr_str line;
    bool ended;
    unsigned n = 0;

    while (hr_line_next(&input, &line, &ended)) {
        const unsigned times = line.n ? (unsigned char)line.p[0] % MOST_TIMES : 0;
        for (unsigned i = 0; i <= times; i++, n++) {
            char time[40];
            snprintf(time, sizeof time, "2026-11-21 %02u:%02u:%02u ", n / 3600 % 24, n / 60 % 60, n % 60);
            hr_buf_puts(b, time);
            for (size_t k = 1; k < line.n; k++) {
                if (line.p[k] == '#')
                    hr_buf_u64(b, n * 7919u % 1000u);
                else
                    hr_buf_putc(b, line.p[k]);
            }
            hr_buf_putc(b, '\n');
        }
    }
}

static uint32_t count_errors(hr_str text, uint32_t *lines)
{
    hr_str line;
    bool ended, strong;
    uint32_t n = 0;

    for (*lines = 0; hr_line_next(&text, &line, &ended); ++*lines)
        n += hr_prose_says_error(line, &strong);
    return n;
}

static void check(hr_arena *a, hr_str text, const hr_transform_out *out)
{
    hr_note note;
    hr_str lines, line, kept;
    bool ended, strong;
    uint32_t k = 0, i = 0, n;
    const bool few = count_errors(text, &n) * FEW_SHARE <= n;

    CLAIM(out->text.n < text.n);
    CLAIM(hr_note_of_text(a, out->text, &note, &lines) == 1);
    for (; hr_line_next(&text, &line, &ended); i++) {
        const bool stays = k < note.of - note.omitted && note.kept[k] == i;
        CLAIM(!stays || (hr_line_next(&lines, &kept, &ended) && hr_str_eq(kept, line)));
        CLAIM(stays || !few || !hr_prose_says_error(line, &strong));
        k += stays;
    }
    CLAIM(i == note.of && k == note.of - note.omitted && lines.n == 0);
    CLAIM(out->of == i && out->kept == k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > MOST_INPUT || data[0] >= size)
        return 0;
    hr_buf log = {0};
    write_log(&log, hr_str_make((const char *)data + 1 + data[0], size - 1 - data[0]));
    char *copy = malloc(log.len + 1); /* of exactly the size, so that one byte too far is seen */
    hr_arena *a = hr_arena_new();
    CLAIM(copy && a && !log.err);
    const size_t n = log.len > 0 ? log.len - 1 : 0; /* without the last line feed, as results come */
    char *text = realloc(copy, n + (n == 0));
    CLAIM(text);
    if (n)
        memcpy(text, log.data, n);
    hr_transform_in in = {
        .text = hr_str_make(text, n), .allow_lossy = true, .max_items = 15, .id = "0123456789abcdef0123"};
    hr_transform_out out = {0}, again = {0};

    CLAIM((in.query = hr_query_new(a, hr_str_make((const char *)data + 1, data[0]))));
    int r = hr_log_select(a, &in, &out);
    CLAIM(r == 0 || r == 1);
    CLAIM(hr_log_select(a, &in, &again) == r);
    if (r == 1) {
        CLAIM(hr_str_eq(out.text, again.text));
        check(a, in.text, &out);
    }
    hr_arena_free(a);
    hr_buf_free(&log);
    free(text);
    return 0;
}
