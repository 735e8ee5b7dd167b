/* test_builds.c - what real tools print (tests/cases/builds) through the router: the facts stay, what goes is told, and it is worth it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transform/form.h"
#include "transform/lines.h"
#include "transform/note.h"
#include "transform/transform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES "tests/cases/builds/"
#define ID    "0123456789abcdef0123"

static hr_str read_file(hr_arena *a, const char *name, size_t n_name)
{
    char path[200];
    snprintf(path, sizeof path, CASES "%.*s", (int)n_name, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("cannot open %s", path);
    char *p = hr_arena_alloc(a, 1 << 20);
    assert_non_null(p);
    size_t n = fread(p, 1, 1 << 20, f);
    fclose(f);
    assert_in_range(n, 100, (1 << 20) - 1);
    return hr_str_make(p, n);
}

/* What stays, as lines of the text; the note is true and each of them is there, in its order. */
static hr_str kept_of(hr_arena *a, hr_str text, hr_str out)
{
    hr_note note;
    hr_str kept = out, rest, line, was;
    hr_buf plain = {0};
    bool ended;
    uint32_t n = 0, k = 0;

    int noted = hr_note_of_text(a, out, &note, &kept);
    assert_true(noted == 0 || noted == 1);
    int form = hr_form_decode(&plain, noted ? kept : out);
    assert_true(form == 0 || form == 1);
    if (form == 1)
        kept = hr_str_make(hr_arena_dup(a, plain.data, plain.len), plain.len);
    hr_buf_free(&plain);
    if (!noted) {
        assert_true(hr_str_eq(kept, text));
        return kept;
    }
    for (rest = kept; hr_line_next(&text, &was, &ended); n++)
        if (k < note.of - note.omitted && note.kept[k] == n) {
            assert_true(hr_line_next(&rest, &line, &ended));
            assert_true(hr_str_eq(line, was));
            k++;
        }
    assert_int_equal(n, note.of);
    assert_int_equal(rest.n, 0);
    return kept;
}

/* One case: "file percent command", and its facts. What the question is does not matter to them. */
static void check_case(hr_str head, hr_str facts, const char *question)
{
    hr_arena *a = hr_arena_new();
    assert_non_null(a);
    const char *blank = memchr(head.p, ' ', head.n);
    assert_non_null(blank);
    hr_str text = read_file(a, head.p, (size_t)(blank - head.p)), fact;
    const size_t least = (size_t)strtoul(blank, NULL, 10);
    const hr_transform_in in = {.text = text,
                                .query = hr_query_new(a, hr_str_make(question, strlen(question))),
                                .allow_lossy = true,
                                .max_items = 15,
                                .id = ID};
    hr_transform_out out = {0};
    bool ended;

    if (hr_transform(a, &in, &out) != 1)
        fail_msg("nothing is done: %.*s", (int)head.n, head.p);
    hr_str kept = kept_of(a, text, out.text);
    if (*question == 0 && out.text.n * 100 > text.n * (100 - least))
        fail_msg("%zu of %zu bytes: %.*s", out.text.n, text.n, (int)head.n, head.p);
    size_t checked = 0;
    while (hr_line_next(&facts, &fact, &ended) && fact.n > 2 && fact.p[0] == ' ') {
        fact = hr_str_make(fact.p + 2, fact.n - 2);
        if (hr_str_find(kept, fact, 0) == SIZE_MAX)
            fail_msg("lost: %.*s\nof %.*s", (int)fact.n, fact.p, (int)head.n, head.p);
        checked++;
    }
    assert_true(checked > 0);
    hr_arena_free(a);
}

static void check_all(const char *question)
{
    hr_arena *a = hr_arena_new();
    assert_non_null(a);
    hr_str rest = read_file(a, "index", 5), line;
    size_t cases = 0;
    bool ended;

    while (hr_line_next(&rest, &line, &ended))
        if (line.n > 0 && line.p[0] != ' ' && line.p[0] != '#') {
            check_case(line, rest, question);
            cases++;
        }
    assert_true(cases > 20);
    hr_arena_free(a);
}

static void real_tools_keep_their_facts(void **state)
{
    (void)state;
    check_all("");
}

static void so_they_do_whatever_is_asked(void **state)
{
    (void)state;
    check_all("why does the build fail? show the slowest 3 tests and everything about mod3");
}

/* Cut at any line, as tools that limit output do, a text keeps every line that tells of what failed. */
static void a_run_cut_at_any_line_keeps_its_failures(void **state)
{
    static const char *const files[] = {"pytest_v.txt", "go_v.txt", "make_gcc.txt", "cargo_test.txt"};
    static const char *const tells[] = {" FAILED ", "--- FAIL: ", ": error: ", "panicked at ", "E       "};
    (void)state;
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        hr_arena *a = hr_arena_new();
        assert_non_null(a);
        hr_str whole = read_file(a, files[f], strlen(files[f]));
        for (size_t cut = 0; cut < whole.n; cut += 97) {
            hr_arena *one = hr_arena_new();
            assert_non_null(one);
            hr_str text = hr_str_make(whole.p, whole.n - cut), line;
            const hr_transform_in in = {.text = text,
                                        .query = hr_query_new(one, HR_STR("")),
                                        .allow_lossy = true,
                                        .max_items = 15,
                                        .id = ID};
            hr_transform_out out = {0};
            bool ended;
            int r = hr_transform(one, &in, &out);
            assert_true(r == 0 || r == 1);
            hr_str kept = r ? kept_of(one, text, out.text) : text;
            while (hr_line_next(&text, &line, &ended))
                for (size_t i = 0; i < sizeof tells / sizeof *tells; i++)
                    if (hr_str_find(line, hr_str_make(tells[i], strlen(tells[i])), 0) != SIZE_MAX &&
                        hr_str_find(kept, line, 0) == SIZE_MAX)
                        fail_msg("lost: %.*s", (int)line.n, line.p);
            hr_arena_free(one);
        }
        hr_arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_tools_keep_their_facts),
        cmocka_unit_test(so_they_do_whatever_is_asked),
        cmocka_unit_test(a_run_cut_at_any_line_keeps_its_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
