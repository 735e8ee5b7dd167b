/* test_wrapper.c - claims of core/transform/wrapper.c, and of the router about what stands inside of a wrapper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/transform.h"
#include "transform/wrapper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARROW "\xe2\x86\x92"

static void what_stands_around_a_text_is_found_and_is_all_of_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *before, *inside, *behind;
    } cases[] = {
        {"1\t", "[1]", ""},
        {"1\t", "[1]", "\n2\t"},
        {"1\t", "[1]", "\n2"}, /* the tab went with the white space at the end */
        {"     1" ARROW, "[1]", ""},
        {"     1" ARROW, "[1]", "\n     2" ARROW},
        {"     1\t", "{}", "\n     2\t"},
        {"", "1\t", ""},
        {"", "1\t[1]\n2\t[2]", ""}, /* each number tells where its line is */
        {"", "1\t[1]\n3", ""},
        {"", "1\t[1]\n", ""},
        {"", "[1]\n2\t", ""},
        {"", "11\t[1]", ""},
        {"", "2\t[1]", ""},
        {"", "1 [1]", ""},
        {"", "    ", ""},
        {"", "", ""},
        {"\xef\xbb\xbf", "[1]", ""},
        {"\xef\xbb\xbf<stdout>", "a", "</stdout>"},
        {"", "\xef\xbb\xbf", ""},
        /* tags */
        {"<stdout>\n", "a\nb", "\n</stdout>"},
        {"<stdout>", "a", "</stdout>"},
        {"<untrusted_context>\nOutput: ", "a", "\nExit Code: 0\nProcess Group PGID: 7\n</untrusted_context>"},
        {"<file path=\"a.log\" lines='1-2'>\n", "a\n\n", "\n</file>"},
        {"<stdout>\n", "a\r\n\r\nb", "\r\n\r\n</stdout>"},
        {"<outer><inner>", "a", "</inner></outer>"},
        {"<a-b_C9>", "<", "</a-b_C9>"},
        {"", "<div>a</div>", ""}, /* HTML: a page is read as a whole */
        {"", "<stdout>a</stderr>", ""},
        {"", "<stdout>a</stdout> b", ""},
        {"", "<stdout></stdout>", ""},
        {"", "<stdout/>a</stdout>", ""},
        {"", "<std out>", ""},
        {"", "<>", ""},
        {"", "</>", ""},
        {"", "<stdout", ""},
        /* envelopes */
        {"Chunk ID: 5f\nWall time: 0.1 seconds\nProcess exited with code 0\nOriginal token count: "
         "9\nOutput:\n",
         "a\nb", ""},
        {"Exit code: 0\nWall time: 2 seconds\nOutput:\nOutput:\n", "a", ""},
        {"Command: make -j2\nDirectory: (root)\nOutput: ", "a\nb",
         "\nError: (none)\nExit Code: 0\nSignal: (none)"},
        {"<persisted-output>\nOutput too large (9KB). Full output saved to: /x\n\nPreview (first 2KB):\n",
         "a\n...", "\n</persisted-output>"},
        {"", "Output:", ""},
        {"", "Output:\n", ""},
        {"", "a line\nOutput:\nb", ""},
        {"", "\nOutput:\nb", ""},
        /* fences */
        {"```json\n", "[1]", "\n```"},
        {"````\n", "a\n```", "\n````"},
        {"", "```\na\n```\nb\n```\nc\n```", ""}, /* two payloads, and what stands between them */
        {"", "```\n```", ""},
        {"", "```", ""},
        {"", "```\na\n``", ""},
        {"", "```a`\na\n```", ""},
        /* what is missing */
        {"", "a\nb", "\n[Output truncated: 900 more lines]"},
        {"", "a", "\n\n(Results are truncated. Consider a more specific path.)"},
        {"1\t", "[1]", "\n2\n\n(End of file - total 1 lines)"},
        {"", "a\ntruncated", ""},
        {"", "[Output truncated]", ""},
        {"", "a\n[_headroom: 3 of 4 lines omitted, the first is 0: 1-3; id x]", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        int n = snprintf(text, sizeof text, "%s%s%s", cases[i].before, cases[i].inside, cases[i].behind);
        char *exact = malloc((size_t)n + 1); /* the sanitizer sees a byte read behind the end */
        memcpy(exact, text, (size_t)n);
        hr_wrapped w = hr_unwrap((hr_str){exact, (size_t)n});
        if (w.before.n != strlen(cases[i].before) || w.inside.n != strlen(cases[i].inside))
            fail_msg("'%.*s' in case %zu: %s", (int)w.inside.n, w.inside.p, i, text);
        assert_int_equal(w.behind.n, strlen(cases[i].behind));
        assert_ptr_equal(w.before.p + w.before.n, w.inside.p);
        assert_ptr_equal(w.inside.p + w.inside.n, w.behind.p);
        free(exact);
    }
    hr_wrapped none = hr_unwrap((hr_str){0});
    assert_int_equal(none.before.n + none.inside.n + none.behind.n, 0);
}

/* ------------------------------------------------------------------ through the router */
static char *rows(const char *before, int n, const char *between, const char *behind)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    fputs(before, f);
    for (int i = 0; i < n; i++)
        fprintf(f, "%s{\"title\":\"Tutorial %d\",\"score\":%d}", i ? between : "[", i, 100 - i);
    fprintf(f, "]%s", behind);
    fclose(f);
    return out;
}

static int transform(hr_arena *a, const char *text, bool lossy, hr_transform_out *out)
{
    const hr_transform_in in = {.text = {text, strlen(text)},
                                .query = hr_query_new(a, (hr_str){0}),
                                .allow_lossy = lossy,
                                .max_items = 15,
                                .id = "0123456789abcdef0123"};
    return hr_transform(a, &in, out);
}

static void the_inside_is_selected_from_as_it_would_be_alone_and_the_wrapper_stays(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_transform_out alone, wrapped;
    char *bare = rows("", 300, ",", ""), *numbered = rows("1\t", 300, ",", "\n2");
    assert_int_equal(transform(a, bare, true, &alone), 1);
    assert_int_equal(transform(a, numbered, true, &wrapped), 1);
    assert_string_equal(wrapped.kind, "json");
    assert_string_equal(wrapped.transform, "smart_crusher");
    assert_int_equal(wrapped.of, 300);
    assert_int_equal(wrapped.text.n, alone.text.n + 4);
    assert_memory_equal(wrapped.text.p, "1\t", 2);
    assert_memory_equal(wrapped.text.p + 2, alone.text.p, alone.text.n);
    assert_memory_equal(wrapped.text.p + 2 + alone.text.n, "\n2", 2);
    free(bare), free(numbered);
    hr_arena_free(a);
}

/* Who edits a file finds the place by its text, white space included. */
static void a_file_that_was_read_is_not_minified(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_transform_out out;
    assert_int_equal(transform(a, "1\t{ \"a\": [1, 2, 3] }", true, &out), 0);
    assert_string_equal(out.kind, "json");
    assert_int_equal(transform(a, "{ \"a\": [1, 2, 3] }", true, &out), 1);
    hr_arena_free(a);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    char *numbered = rows("1\t", 300, ",", "\n2");
    for (long n = 1;; n++) {
        hr_arena *a = hr_arena_new();
        hr_transform_out out;
        const hr_transform_in in = {.text = {numbered, strlen(numbered)},
                                    .query = hr_query_new(a, (hr_str){0}),
                                    .allow_lossy = true,
                                    .max_items = 15,
                                    .id = "0123456789abcdef0123"};
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        int r = hr_transform(a, &in, &out);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        hr_arena_free(a);
        assert_true(r == 1 || r == HR_ENOMEM);
        if (r == 1)
            break;
    }
    free(numbered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stands_around_a_text_is_found_and_is_all_of_the_rest),
        cmocka_unit_test(the_inside_is_selected_from_as_it_would_be_alone_and_the_wrapper_stays),
        cmocka_unit_test(a_file_that_was_read_is_not_minified),
        cmocka_unit_test(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
