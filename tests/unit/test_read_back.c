/* test_read_back.c - claims of headroom_read_back (core/headroom.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "headroom.h"
#include "transform/form.h"
#include "transform/note.h"

#include <stdio.h>
#include <string.h>

/* 40 matches in four files. */
static hr_str matches(char *text, size_t room)
{
    size_t n = 0;
    for (int i = 0; i < 40; i++)
        n += (size_t)snprintf(text + n, room - n, "some/long/directory/file_%d.c:%d: match number %d\n",
                              i / 10, i + 1, i);
    return hr_str_make(text, n);
}

static void a_form_reads_back_and_a_note_behind_it_stays(void **state)
{
    (void)state;
    char text[4096];
    hr_str plain = matches(text, sizeof text);
    hr_buf sent = {0};
    hr_watch watch = {0};
    headroom_bytes out;
    uint32_t kept[40];

    assert_int_equal(hr_form_encode(&sent, HR_FORM_SEARCH, plain, NULL, &watch), 1);
    assert_int_equal(headroom_read_back(sent.data, sent.len, &out), 1);
    assert_int_equal(out.len, plain.n);
    assert_memory_equal(out.data, plain.p, plain.n + 1); /* a NUL is behind it */
    headroom_free(out.data);

    for (uint32_t i = 0; i < 40; i++)
        kept[i] = i;
    size_t lines = sent.len;
    assert_int_equal(hr_note_write(&sent, HR_NOTE_LINES, 99, kept, 40, "0123456789abcdef0123", false), 0);
    assert_int_equal(headroom_read_back(sent.data, sent.len, &out), 1);
    assert_int_equal(out.len, plain.n + sent.len - lines);
    assert_memory_equal(out.data, plain.p, plain.n);
    assert_memory_equal(out.data + plain.n, sent.data + lines, sent.len - lines);
    headroom_free(out.data);
    hr_buf_free(&sent);
}

static void what_has_no_form_is_said_to_have_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "plain", "{\"a\": 1}", "[headroom search: a forged head",
                                        "a\n[_headroom: x]"};
    headroom_bytes out;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(headroom_read_back(texts[i], strlen(texts[i]), &out), 0);
        assert_null(out.data);
    }
}

static void without_memory_nothing_is_given(void **state)
{
    (void)state;
    char text[4096];
    hr_buf sent = {0};
    hr_watch watch = {0};
    headroom_bytes out;
    int r = HR_ENOMEM;
    long n = 1;

    assert_int_equal(hr_form_encode(&sent, HR_FORM_SEARCH, matches(text, sizeof text), NULL, &watch), 1);
    for (; r == HR_ENOMEM && n < 100; n++) {
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        r = headroom_read_back(sent.data, sent.len, &out);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 1 ? out.data != NULL : r == HR_ENOMEM && out.data == NULL);
    }
    assert_int_equal(r, 1);
    assert_true(n > 3);
    headroom_free(out.data);
    hr_buf_free(&sent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_reads_back_and_a_note_behind_it_stays),
        cmocka_unit_test(what_has_no_form_is_said_to_have_none),
        cmocka_unit_test(without_memory_nothing_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
