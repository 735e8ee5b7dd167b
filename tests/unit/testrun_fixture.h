/* testrun_fixture.h - what the tests of core/transform/testrun.h share: runs of lines, and what must be true of every selection. cmocka.h
   and what it needs stand before it. */
#ifndef TESTRUN_FIXTURE_H
#define TESTRUN_FIXTURE_H

#include "transform/form.h"
#include "transform/lines.h"
#include "transform/note.h"
#include "transform/testrun.h"

#include <stdio.h>
#include <string.h>

#define ID "0123456789abcdef0123"

static inline hr_str view(const char *z)
{
    return hr_str_make(z, strlen(z));
}

/* The note is true, and what stands before it are lines of the text, in their order. */
static inline void expect_true(hr_arena *a, hr_str text, hr_str out)
{
    hr_note note;
    hr_str kept, line, was;
    bool ended;
    uint32_t n = 0, k = 0;

    assert_true(out.n < text.n);
    assert_int_equal(hr_note_of_text(a, out, &note, &kept), 1);
    assert_string_equal(note.id, ID);
    hr_buf plain = {0}; /* findings go out in a form */
    if (hr_form_decode(&plain, kept) == 1)
        kept = hr_buf_view(&plain);
    for (; hr_line_next(&text, &was, &ended); n++)
        if (k < note.of - note.omitted && note.kept[k] == n) {
            assert_true(hr_line_next(&kept, &line, &ended));
            assert_true(hr_str_eq(line, was));
            k++;
        }
    assert_int_equal(n, note.of);
    assert_int_equal(kept.n, 0);
    hr_buf_free(&plain);
}

static inline int run(hr_arena *a, hr_str text, const char *question, hr_transform_out *out)
{
    hr_transform_in in = {.text = text,
                          .query = hr_query_new(a, view(question)),
                          .allow_lossy = true,
                          .offers_command = true,
                          .max_items = 15,
                          .id = ID};
    *out = (hr_transform_out){0};
    assert_non_null(in.query);
    int r = hr_testrun_select(a, &in, out);
    assert_true(r == 0 || r == 1);
    if (r == 1)
        expect_true(a, text, out->text);
    return r;
}

/* What stays of `text`, the note apart. */
static inline void expect(const char *text, const char *question, const char *kept)
{
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    assert_non_null(a);
    assert_int_equal(run(a, view(text), question, &out), 1);
    const char *note = strstr(out.text.p, "[_headroom: ");
    assert_non_null(note);
    char *lines = hr_arena_dup(a, out.text.p, (size_t)(note - out.text.p));
    assert_string_equal(lines, kept);
    hr_arena_free(a);
}

static inline void expect_nothing(const char *text)
{
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    assert_non_null(a);
    assert_int_equal(run(a, view(text), "", &out), 0);
    hr_arena_free(a);
}

/* Line after line of one form, `%d` being their numbers. */
static inline void add(hr_buf *b, const char *form, int from, int to)
{
    char line[200];
    for (int i = from; i < to; i++) {
        snprintf(line, sizeof line, form, i, i, i);
        hr_buf_puts(b, line);
    }
}

static inline const char *text_of(hr_buf *b)
{
    hr_buf_putc(b, 0);
    assert_int_equal(b->err, 0);
    return b->data;
}

#define PYTEST_HEAD                                                                                          \
    "============================= test session starts ==============================\n"                     \
    "platform linux -- Python 3.11.2, pytest-8.3.4, pluggy-1.5.0\n"                                          \
    "collected 44 items\n\n"
#define PYTEST_REST                                                                                          \
    "test_a.py::test_sum FAILED                                               [ 97%]\n"                      \
    "test_a.py::test_known XFAIL (see #5120)                                  [ 98%]\n"                      \
    "test_a.py::test_docker SKIPPED (needs docker)                            [100%]\n"                      \
    "\n=================================== FAILURES ===================================\n"                   \
    "___________________________________ test_sum ___________________________________\n\n"                   \
    "    def test_sum():\n"                                                                                  \
    "        print(\"test_a.py::test_1 PASSED [ 10%]\")\n"                                                   \
    ">       assert add(1, 2) == 4\n"                                                                        \
    "E       AssertionError: 3 != 4\n\n"                                                                     \
    "test_a.py:17: AssertionError\n"                                                                         \
    "----------------------------- Captured stdout call -----------------------------\n"                     \
    "test_a.py::test_1 PASSED [ 10%]\ntest_a.py::test_2 PASSED [ 10%]\ntest_a.py::test_3 PASSED [ 10%]\n"    \
    "  Compiling inner v1.0\n  Compiling inner v1.1\n"                                                       \
    "============================= slowest 2 durations ==============================\n"                     \
    "41.73s call     test_a.py::test_17\n5.02s call     test_a.py::test_sum\n"                               \
    "=========================== short test summary info ============================\n"                     \
    "FAILED test_a.py::test_sum - AssertionError: 3 != 4\n"                                                  \
    "======== 1 failed, 40 passed, 1 skipped, 1 xfailed in 88.41s (0:01:28) ========\n"

#endif
