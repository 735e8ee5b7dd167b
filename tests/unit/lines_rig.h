/* lines_rig.h - what the tests of transforms that select lines share: a text that grows, the lines of it that stay, and the note. */
#ifndef HR_TEST_LINES_RIG_H
#define HR_TEST_LINES_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/form.h"
#include "transform/lines.h"
#include "transform/note.h"
#include "transform/transform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "0123456789abcdef0123"
static hr_buf text;
static hr_arena *arena;
static hr_transform_out out;

static inline int set_up(void **state)
{
    (void)state;
    arena = hr_arena_new();
    srand(5);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    hr_buf_free(&text);
    hr_arena_free(arena);
    return 0;
}

static inline __attribute__((format(printf, 1, 2))) void add(const char *format, ...)
{
    char z[500];
    va_list ap;
    va_start(ap, format);
    vsnprintf(z, sizeof z, format, ap);
    va_end(ap);
    hr_buf_puts(&text, z);
}

/* The text, as a result of a call whose arguments and question are `query`. */
static inline hr_transform_in asked(const char *query)
{
    assert_false(text.err);
    return (hr_transform_in){.text = hr_buf_view(&text),
                             .query = hr_query_new(arena, hr_str_make(query, strlen(query))),
                             .allow_lossy = true,
                             .offers_command = true,
                             .max_items = 15,
                             .id = ID};
}

/* The lines that stay, as they stood in the text. The note is checked against it: what it says was left out, and nothing else, is not there. */
static inline hr_str kept_lines(void)
{
    hr_note note;
    hr_str lines, rest = hr_buf_view(&text), line, left;
    hr_buf plain = {0};
    bool ended;
    uint32_t k = 0, i = 0;

    assert_int_equal(hr_note_of_text(arena, out.text, &note, &lines), 1);
    assert_string_equal(note.id, ID);
    if (hr_form_decode(&plain, lines) == 1)
        lines = hr_str_make(hr_arena_dup(arena, plain.data, plain.len), plain.len);
    hr_buf_free(&plain);
    for (left = lines; hr_line_next(&rest, &line, &ended); i++) {
        hr_str kept;
        if (k == note.of - note.omitted || note.kept[k] != i)
            continue;
        k++;
        assert_true(hr_line_next(&left, &kept, &ended) && hr_str_eq(kept, line));
    }
    assert_int_equal(left.n, 0);
    assert_int_equal(i, note.of);
    assert_int_equal(k, note.of - note.omitted);
    assert_int_equal(out.kept, k);
    assert_int_equal(out.of, i);
    return lines;
}

static inline bool stays(const char *part)
{
    return hr_str_find(kept_lines(), hr_str_make(part, strlen(part)), 0) != SIZE_MAX;
}

#endif
