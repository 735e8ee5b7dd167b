/* test_kinds.c - claims of core/transform/kinds.h. The cases are data: tests/cases/kinds/KIND.txt, examples divided by lines "%%%% name". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/kinds.h"
#include "transform/transform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_EXAMPLES = 6 };

static char *read_cases(enum hr_kind kind)
{
    char path[200], *text = NULL;
    size_t size, n;
    char part[4096];
    snprintf(path, sizeof path, "tests/cases/kinds/%s.txt", hr_kind_name(kind));
    FILE *in = fopen(path, "r"), *out = open_memstream(&text, &size);
    if (!in)
        fail_msg("%s: not there (the tests run from the top of the tree)", path);
    while ((n = fread(part, 1, sizeof part, in)) > 0)
        fwrite(part, 1, n, out);
    fclose(in), fclose(out);
    return text;
}

/* Calls f for each example of each kind; how many were wrong. */
static int each_example(bool (*f)(enum hr_kind kind, const char *name, hr_str text))
{
    int wrong = 0;
    for (int kind = 0; kind < HR_KINDS; kind++) {
        char *text = read_cases((enum hr_kind)kind), *at = text;
        int examples = 0;
        while (at && strncmp(at, "%%%% ", 5) == 0) {
            char *name = at + 5, *begin = strchr(name, '\n') + 1, *end = strstr(begin, "\n%%%% ");
            begin[-1] = 0;
            at = end ? end + 1 : NULL;
            size_t n = end ? (size_t)(end - begin) : strlen(begin) - 1;
            char *exact = malloc(n + 1); /* the sanitizer sees a byte read behind the end */
            char *small = realloc(exact, n ? n : 1);
            memcpy(small, begin, n);
            wrong += !f((enum hr_kind)kind, name, hr_str_make(small, n));
            free(small);
            examples++;
        }
        free(text);
        if (examples < LEAST_EXAMPLES)
            fail_msg("%s: only %d examples", hr_kind_name((enum hr_kind)kind), examples);
    }
    return wrong;
}

static bool is_right(enum hr_kind kind, const char *name, hr_str text)
{
    enum hr_kind found = hr_kind_of(text);
    if (found != kind)
        print_error("%s, %s: taken for %s\n", hr_kind_name(kind), name, hr_kind_name(found));
    return found == kind;
}

static void each_example_is_of_the_kind_that_it_is_an_example_of(void **state)
{
    (void)state;
    assert_int_equal(each_example(is_right), 0);
}

/* Long texts are known by a sample: the same, many times over. JSON ends where it ends, and colours may come late. */
static bool is_right_when_long(enum hr_kind kind, const char *name, hr_str text)
{
    char *at, *big;
    size_t times = text.n ? (64 << 10) / text.n + 2 : 1;
    if (kind == HR_KIND_JSON || kind == HR_KIND_HTML || kind == HR_KIND_BASE64 || kind == HR_KIND_TEXT)
        return true;
    at = big = malloc(times * (text.n + 1));
    for (size_t i = 0; i < times; i++) {
        at = mempcpy(at, text.p, text.n);
        *at++ = '\n';
    }
    bool right = is_right(kind, name, hr_str_make(big, (size_t)(at - big)));
    free(big);
    return right;
}

static void a_long_text_is_known_by_its_sample(void **state)
{
    (void)state;
    assert_int_equal(each_example(is_right_when_long), 0);
}

/* Every beginning of every example: nothing is read behind its end, and a name is found for it. */
static bool has_a_name_at_each_length(enum hr_kind kind, const char *name, hr_str text)
{
    (void)kind, (void)name;
    bool all = true;
    for (size_t n = 0; n < text.n; n += 1 + n / 16) {
        char *exact = malloc(n ? n : 1);
        memcpy(exact, text.p, n);
        all = all && hr_kind_name(hr_kind_of(hr_str_make(exact, n)))[0] != 0;
        free(exact);
    }
    return all;
}

static void a_text_may_be_cut_anywhere(void **state)
{
    (void)state;
    assert_int_equal(each_example(has_a_name_at_each_length), 0);
}

/* ------------------------------------------------------------------ through the router */
static int transform(hr_arena *a, const char *text, size_t n, hr_transform_out *out)
{
    const hr_transform_in in = {.text = {text, n},
                                .query = hr_query_new(a, (hr_str){0}),
                                .allow_lossy = true,
                                .max_items = 15,
                                .id = "0123456789abcdef0123"};
    return hr_transform(a, &in, out);
}

static bool nothing_is_left_out(enum hr_kind kind, const char *name, hr_str text)
{
    (void)name;
    if (kind != HR_KIND_SOURCE && kind != HR_KIND_DIFF)
        return true;
    hr_arena *a = hr_arena_new();
    hr_buf big = {0};
    hr_transform_out out;
    for (int i = 0; i < 100; i++) {
        hr_buf_str(&big, text);
        hr_buf_putc(&big, '\n');
    }
    bool kept = transform(a, big.data, big.len, &out) == 0 || out.lossless;
    kept = kept && strcmp(out.kind, hr_kind_name(kind)) == 0;
    if (!kept)
        print_error("%s, %s: %s by %s\n", hr_kind_name(kind), name, out.kind, out.transform);
    hr_buf_free(&big);
    hr_arena_free(a);
    return kept;
}

static void source_and_diffs_are_never_selected_from(void **state)
{
    (void)state;
    assert_int_equal(each_example(nothing_is_left_out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_example_is_of_the_kind_that_it_is_an_example_of),
        cmocka_unit_test(a_long_text_is_known_by_its_sample),
        cmocka_unit_test(a_text_may_be_cut_anywhere),
        cmocka_unit_test(source_and_diffs_are_never_selected_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
