/* log_fixture.h - logs made line by line, and the selection of their lines held against them. */
#ifndef HR_TEST_LOG_FIXTURE_H
#define HR_TEST_LOG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/lines.h"
#include "transform/log.h"
#include "transform/log_time.h"
#include "transform/note.h"

#include <stdio.h>
#include <stdlib.h>

#define ID "0123456789abcdef0123"

static hr_buf text;
static hr_arena *arena;
static hr_transform_out out;
static unsigned clock_s;

static int set_up(void **state)
{
    (void)state;
    arena = hr_arena_new();
    clock_s = 0;
    srand(5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    hr_buf_free(&text);
    hr_arena_free(arena);
    return 0;
}

static void add(const char *format, ...)
{
    char z[500];
    va_list ap;
    va_start(ap, format);
    vsnprintf(z, sizeof z, format, ap);
    va_end(ap);
    hr_buf_puts(&text, z);
}

/* A line with its time. */
#define LINE(format, ...)                                                                                    \
    (clock_s += 3, add("2026-11-21 10:%02u:%02u " format "\n", clock_s / 60 % 60, clock_s % 60, __VA_ARGS__))

static void usual(unsigned n)
{
    static const char *const services[] = {"catalog", "gateway", "checkout"};
    while (n-- > 0) {
        int r = rand();
        if (r & 1)
            LINE("INFO [%s] request %d served in %dms", services[r / 2 % 3], r % 90000, 20 + r % 50);
        else
            LINE("INFO [%s] page %d loaded", services[r / 2 % 3], r % 90000);
    }
}

static int select_for(const char *query)
{
    const hr_transform_in in = {.text = hr_buf_view(&text),
                                .query = hr_query_new(arena, hr_str_make(query, strlen(query))),
                                .allow_lossy = true,
                                .offers_command = true,
                                .max_items = 15,
                                .id = ID};
    assert_false(text.err);
    return hr_log_select(arena, &in, &out);
}

/* The output without its note; the note is checked against the text: what it says was left out, and nothing else, is not there. */
static hr_str kept_lines(void)
{
    hr_note note;
    hr_str lines, rest = hr_buf_view(&text), line, left;
    bool ended;
    uint32_t k = 0, i = 0;
    assert_int_equal(hr_note_of_text(arena, out.text, &note, &lines), 1);
    assert_string_equal(note.id, ID);
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

static bool stays(const char *part)
{
    return hr_str_find(kept_lines(), hr_str_make(part, strlen(part)), 0) != SIZE_MAX;
}

#endif
