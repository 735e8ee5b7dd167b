/* test_note.c - claims of the note (core/transform/note.c) and of the look for forged ones (router.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "limits.h"
#include "transform/note.h"
#include "transform/transform.h"

#include <stdlib.h>
#include <string.h>

#define ID "0123456789abcdef0123"

static hr_str view(const char *z)
{
    return hr_str_make(z, strlen(z));
}

static void expect_note(uint32_t of, const uint32_t *kept, uint32_t n, bool command, const char *expected)
{
    hr_buf b = {0};
    assert_int_equal(hr_note_write(&b, HR_NOTE_ITEMS, of, kept, n, ID, command), 0);
    assert_int_equal(b.len, strlen(expected));
    assert_memory_equal(b.data, expected, b.len);
    hr_buf_free(&b);
}

static void the_note_names_count_positions_and_id(void **state)
{
    (void)state;
    const uint32_t ends[] = {0, 1, 2, 341, 498, 499}, middle[] = {4, 6};
    expect_note(500, ends, 6, true,
                "{\"_headroom\":\"494 of 500 items omitted: 3-340,342-497; headroom show " ID "\"}");
    expect_note(9, middle, 2, false, "{\"_headroom\":\"7 of 9 items omitted: 0-3,5,7-8; id " ID "\"}");
    expect_note(5, NULL, 0, false, "{\"_headroom\":\"5 of 5 items omitted: 0-4; id " ID "\"}");
}

static void messages_that_are_alike_are_counted(void **state)
{
    (void)state;
    static const char expected[] =
        "7 of 9 items omitted: 0-3,5,7-8; messages alike but for numbers: 6 as 4, 3 as 6; id " ID;
    static const char *const bad[] = {
        "7 of 9 items omitted: 0-3,5,7-8; messages alike but for numbers: 6 as 5; id " ID, /* is not there */
        "7 of 9 items omitted: 0-3,5,7-8; messages alike but for numbers: 6 as 6, 3 as 4; id " ID,
        "7 of 9 items omitted: 0-3,5,7-8; messages alike but for numbers: 6 as 4, 3 as 4; id " ID,
        "7 of 9 items omitted: 0-3,5,7-8; messages alike but for numbers: 7 as 4, 3 as 6; id " ID, /* ten of nine */
        "7 of 9 items omitted: 0-3,5,7-8; messages alike but for numbers: 0 as 4; id " ID,
        "7 of 9 items omitted: 0-3,5,7-8; messages alike but for numbers: ; id " ID,
    };
    const uint32_t kept[] = {4, 6};
    const hr_alike alike[] = {{4, 6}, {6, 3}};
    hr_buf b = {0};
    hr_note note;
    hr_arena *a = hr_arena_new();
    assert_int_equal(hr_note_write_alike(&b, HR_NOTE_ITEMS, 9, kept, 2, alike, 2, ID, false), 0);
    assert_int_not_equal(hr_str_find(hr_buf_view(&b), view(expected), 0), SIZE_MAX);
    assert_int_equal(hr_note_read(a, view(expected), &note), 0);
    assert_int_equal(note.nalike, 2);
    assert_memory_equal(note.alike, alike, sizeof alike);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (hr_note_read(a, view(bad[i]), &note) != HR_ESHAPE)
            fail_msg("accepted: %s", bad[i]);
    hr_buf_free(&b);
    hr_arena_free(a);
}

static void the_note_of_a_text_is_its_last_line(void **state)
{
    (void)state;
    static const char text[] = "a\nb\n[_headroom: 3 of 5 lines omitted, the first is 0: 1-3; id " ID "]";
    const uint32_t ends[] = {0, 4};
    static const char *const bad[] = {"", "a\nb", "[_headroom: 3 of 5 items omitted: 1-3; id " ID "]",
                                      "[_headroom: 3 of 5 lines omitted, the first is 0: 1-3; id " ID "]\n",
                                      "[_headroom: 4 of 5 lines omitted, the first is 0: 1-3; id " ID "]"};
    hr_buf b = {0};
    hr_note note;
    hr_str lines;
    hr_arena *a = hr_arena_new();
    assert_int_equal(hr_note_write(&b, HR_NOTE_LINES, 5, ends, 2, ID, false), 0);
    assert_true(hr_str_ends(view(text), hr_arena_dup(a, b.data, b.len)));
    assert_int_equal(hr_note_of_text(a, view(text), &note, &lines), 1);
    assert_true(hr_str_is(lines, "a\nb\n"));
    assert_true(note.of == 5 && note.omitted == 3 && note.kept[0] == 0 && note.kept[1] == 4);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(hr_note_of_text(a, view(bad[i]), &note, &lines), 0);
    assert_true(hr_text_has_note(view(text)));
    hr_buf_free(&b);
    hr_arena_free(a);
}

static void a_note_with_too_many_ranges_is_not_written(void **state)
{
    (void)state;
    uint32_t kept[HR_MAX_NOTE_RANGES];
    hr_buf b = {0};
    for (uint32_t i = 0; i < HR_MAX_NOTE_RANGES; i++)
        kept[i] = 2 * i + 1;
    assert_int_equal(
        hr_note_write(&b, HR_NOTE_ITEMS, 2 * HR_MAX_NOTE_RANGES, kept, HR_MAX_NOTE_RANGES, ID, true), 0);
    hr_buf_free(&b);
    assert_int_equal(
        hr_note_write(&b, HR_NOTE_ITEMS, 2 * HR_MAX_NOTE_RANGES + 1, kept, HR_MAX_NOTE_RANGES, ID, true),
        HR_ELIMIT);
    assert_int_equal(b.len, 0);
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 300; round++) {
        uint32_t kept[200], n = 0, of = 1 + (uint32_t)rand() % 200;
        for (uint32_t i = 0; i < of; i++)
            if (rand() % 3 == 0)
                kept[n++] = i;
        if (n == of)
            n--;
        hr_buf b = {0};
        hr_note note;
        hr_arena *a = hr_arena_new();
        assert_int_equal(hr_note_write(&b, HR_NOTE_ITEMS, of, kept, n, ID, round & 1), 0);
        size_t head = strlen("{\"" HR_NOTE_KEY "\":\"");
        assert_int_equal(hr_note_read(a, hr_str_make(b.data + head, b.len - head - 2), &note), 0);
        assert_int_equal(note.of, of);
        assert_int_equal(note.omitted, of - n);
        assert_memory_equal(note.kept, kept, n * sizeof *kept);
        assert_string_equal(note.id, ID);
        hr_arena_free(a);
        hr_buf_free(&b);
    }
}

static void what_is_not_ours_to_the_letter_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "3 of 5 items omitted",
        "3 of 5 items omitted: 1-3",
        "3 of 5 items omitted: 1-3; id 0123456789abcdef012",
        "3 of 5 items omitted: 1-3; id 0123456789abcdef01234",
        "3 of 5 items omitted: 1-3; id 0123456789ABCDEF0123",
        "3 of 5 items omitted: 1-3; headroom  show " ID,
        "3 of 5 items omitted: 1-3; headroom show " ID " ",
        " 3 of 5 items omitted: 1-3; id " ID,
        "03 of 5 items omitted: 1-3; id " ID,
        "4 of 5 items omitted: 1-3; id " ID,
        "2 of 5 items omitted: 1-3; id " ID,
        "3 of 5 items omitted: 1-2,3; id " ID,
        "3 of 5 items omitted: 1,1-3; id " ID,
        "3 of 5 items omitted: 3-1; id " ID,
        "3 of 5 items omitted: 3-5; id " ID,
        "3 of 5 items omitted: 1-3,; id " ID,
        "3 of 5 items omitted: ; id " ID,
        "3 of 5 items omitted: 1-1,2-3; id " ID,
        "0 of 5 items omitted: ; id " ID,
        "6 of 5 items omitted: 0-5; id " ID,
        "1 of 4294967295 items omitted: 0; id " ID,
        "1 of 99999999999 items omitted: 0; id " ID,
        "1 of 200000000 items omitted: 0; id " ID,
        "3 of 5 items omitted: 1-99999999999; id " ID,
        "3 of 5 items dropped: 1-3; id " ID,
    };
    hr_arena *a = hr_arena_new();
    hr_note note;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (hr_note_read(a, view(bad[i]), &note) != HR_ESHAPE)
            fail_msg("accepted: %s", bad[i]);
    assert_int_equal(hr_note_read(a, view("3 of 5 items omitted: 1-3; id " ID), &note), 0);
    hr_arena_free(a);
}

static void reading_survives_missing_memory(void **state)
{
    (void)state;
    hr_note note;
    hr_arena *a = hr_arena_new();
    hr_fault_after(HR_FAULT_ALLOC, 1, true);
    int r = hr_note_read(a, view("3 of 5 items omitted: 1-3; id " ID), &note);
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    assert_int_equal(r, HR_ENOMEM);
    hr_arena_free(a);
}

static void a_forged_note_is_seen_however_it_is_spelled(void **state)
{
    (void)state;
    static const char *const forged[] = {
        "{\"_headroom\":1}",
        "[{\"a\":\"{\\\"_headroom\\\":\\\"x\\\"}\"}]",
        "{\"\\u005fheadroom\":1}",
        "{\"_\\u0068eadroom\":1}",
        "{\"_headroo\\u006D\":1}",
        "[\"{\\\"\\\\u005fheadroom\\\":1}\"]",
        "[\"{\\u0022\\u005cu005fheadroom\\u0022:1}\"]",
        "\\\\\\\\u005f\\\\u0068eadroom",
        "my _headroom key",
    };
    static const char *const honest[] = {"",           "{\"headroom\":1}", "{\"_headroo\":1}",
                                         "_head_room", "\\u005fhead",      "{\"\\u005f\\u005fheadroo\":1}"};
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++)
        if (!hr_text_has_note(view(forged[i])))
            fail_msg("not seen: %s", forged[i]);
    for (size_t i = 0; i < sizeof honest / sizeof *honest; i++)
        if (hr_text_has_note(view(honest[i])))
            fail_msg("seen: %s", honest[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_note_names_count_positions_and_id),
        cmocka_unit_test(messages_that_are_alike_are_counted),
        cmocka_unit_test(the_note_of_a_text_is_its_last_line),
        cmocka_unit_test(a_note_with_too_many_ranges_is_not_written),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(what_is_not_ours_to_the_letter_is_refused),
        cmocka_unit_test(reading_survives_missing_memory),
        cmocka_unit_test(a_forged_note_is_seen_however_it_is_spelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
