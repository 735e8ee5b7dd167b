/* crush_rig.h - what the tests of SmartCrusher share: one array that grows row by row, what stays of it, and the note. */
#ifndef HR_TEST_CRUSH_RIG_H
#define HR_TEST_CRUSH_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/form.h"
#include "transform/note.h"
#include "transform/transform.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "0123456789abcdef0123"

/* ------------------------------------------------------------------ one array, and what stays of it */
static hr_buf array;   /* "[row,row" as it grows */
static uint32_t count; /* rows */
static hr_arena *arena;
static hr_transform_out out;
static hr_note note;

static __attribute__((unused)) int set_up(void **state)
{
    (void)state;
    arena = hr_arena_new();
    count = 0;
    return 0;
}

static __attribute__((unused)) int tear_down(void **state)
{
    (void)state;
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    hr_buf_free(&array);
    hr_arena_free(arena);
    return 0;
}

static __attribute__((unused)) void row(const char *format, ...)
{
    char z[1000];
    va_list ap;
    va_start(ap, format);
    vsnprintf(z, sizeof z, format, ap);
    va_end(ap);
    hr_buf_putc(&array, count++ ? ',' : '[');
    hr_buf_puts(&array, z);
}

static __attribute__((unused)) int transform_text(hr_str text, const char *query, bool lossy,
                                                  unsigned max_items, uint64_t deadline)
{
    const hr_transform_in in = {.text = text,
                                .query = hr_query_new(arena, hr_str_make(query, strlen(query))),
                                .allow_lossy = lossy,
                                .offers_command = true,
                                .max_items = max_items,
                                .id = ID,
                                .deadline_cpu_us = deadline};
    return in.query ? hr_transform(arena, &in, &out) : HR_ENOMEM;
}

/* What was kept may stand in a lossless form: then the JSON that it says takes its place. */
static __attribute__((unused)) void read_form(void)
{
    hr_buf plain = {0};
    if (hr_form_decode(&plain, out.text) == 1)
        out.text = hr_str_make(hr_arena_dup(arena, plain.data, plain.len), plain.len);
    hr_buf_free(&plain);
}

/* The note that ends the first array with one. */
static __attribute__((unused)) bool find_note(hr_str text)
{
    hr_tree t;
    hr_str value;
    assert_int_equal(hr_tree_parse(&t, arena, text.p, text.n, NULL), 0);
    for (uint32_t i = 1; i < t.n; i++) {
        const hr_node *v = &t.nodes[i];
        if (v->key_len != sizeof HR_NOTE_KEY + 1 ||
            memcmp(text.p + v->key_off + 1, HR_NOTE_KEY, sizeof HR_NOTE_KEY - 1))
            continue;
        assert_int_equal(hr_string_decode(arena, text.p + v->off, v->len, &value), 0);
        assert_int_equal(hr_note_read(arena, value, &note), 0);
        return true;
    }
    return false;
}

/* Close the array and crush it; how many rows stayed (all, where nothing was selected). */
static __attribute__((unused)) uint32_t crush_with(const char *query, unsigned max_items)
{
    hr_buf_putc(&array, ']');
    int r = transform_text(hr_buf_view(&array), query, true, max_items, 0);
    assert_true(r >= 0);
    note = (hr_note){.of = count};
    if (r == 0 || out.lossless)
        return count;
    assert_string_equal(out.transform, "smart_crusher");
    read_form();
    assert_true(find_note(out.text));
    assert_int_equal(note.of, count);
    assert_string_equal(note.id, ID);
    assert_int_equal(out.kept, count - note.omitted);
    assert_int_equal(out.of, count);
    return count - note.omitted;
}

static __attribute__((unused)) uint32_t crush(const char *query)
{
    return crush_with(query, 15);
}

static __attribute__((unused)) bool stays(uint32_t i)
{
    for (uint32_t k = 0; k < note.of - note.omitted; k++)
        if (note.kept[k] == i)
            return true;
    return false;
}

static __attribute__((unused)) void expect_kept(uint32_t i)
{
    if (!stays(i))
        fail_msg("row %u was left out", i);
}

/* Reproducible, roughly bell-shaped around 1000 with deviation 100. */
static __attribute__((unused)) int bell(uint32_t i)
{
    uint32_t x = i * 2654435761u, sum = 0;
    for (int k = 0; k < 12; k++) {
        x = x * 1664525u + 1013904223u;
        sum += x >> 24;
    }
    return 1000 + ((int)sum - 1530) * 100 / 256;
}

#endif
