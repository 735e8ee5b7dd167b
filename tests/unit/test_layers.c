/* test_layers.c - claims of core/transform/layers.h: what stands around a text, between its parts and before its lines stays to the byte, and each part is worked
   on as it would be alone. */
#include "lines_rig.h"

#include "transform/kept_lines.h"
#include "transform/layers.h"
#include "transform/numbered.h"
#include "transform/sections.h"

/* A line of a log; `format` stands before it. */
static void log_line(int i, const char *words)
{
    static const char *const services[] = {"catalog", "gateway", "checkout"};
    int r = rand();

    add("2026-11-21 10:%02d:%02d ", i / 60 % 60, i % 60);
    if (words)
        add("%s", words);
    else if (r & 1)
        add("INFO [%s] request %d served in %dms", services[r / 2 % 3], r % 90000, 20 + r % 50);
    else
        add("INFO [%s] page %d loaded", services[r / 2 % 3], r % 90000);
}

static void log_lines(int n)
{
    for (int i = 0; i < n; i++) {
        log_line(i, i == n / 2 ? "ERROR [checkout] payment 17 declined" : NULL);
        add("%s", i + 1 < n ? "\n" : "");
    }
}

static void json(int n)
{
    for (int i = 0; i < n; i++)
        add("%s{\"id\": %d, \"name\": \"user %d\", \"state\": \"active\"}", i ? ", " : "[", i, i * 7);
    add("]");
}

static int transform_for(const char *query, bool lossy)
{
    const hr_transform_in in = {.text = hr_buf_view(&text),
                                .query = hr_query_new(arena, hr_str_make(query, strlen(query))),
                                .allow_lossy = lossy,
                                .max_items = 15,
                                .id = ID};
    assert_false(text.err);
    int r = hr_transform(arena, &in, &out);
    assert_true(r == 0 || r == 1);
    if (r == 1)
        assert_true(out.text.n > 0 && out.text.n < text.len);
    return r;
}

static bool out_has(const char *part)
{
    return hr_str_find(out.text, hr_str_make(part, strlen(part)), 0) != SIZE_MAX;
}

static size_t notes(void)
{
    size_t n = 0;
    for (size_t at = 0; (at = hr_str_find(out.text, HR_STR("_headroom"), at)) != SIZE_MAX; at++)
        n++;
    return n;
}

/* Every selection that a reader finds, and that each is true: the lines that stay are the original's, in order. */
struct reader {
    hr_str original;
    int selections;
};

static int read_leaf(void *context, hr_str leaf, hr_buf *rest)
{
    struct reader *r = context;
    hr_note note;
    hr_buf plain = {0};
    hr_str lines, line;
    bool ended;

    (void)rest;
    if (hr_kept_lines_read(arena, leaf, &note, &plain, &lines) != 1) {
        hr_buf_free(&plain);
        return 0;
    }
    r->selections++;
    while (hr_line_next(&lines, &line, &ended)) {
        size_t at = hr_str_find(r->original, line, 0);
        assert_true(at != SIZE_MAX);
        r->original = hr_str_make(r->original.p + at + line.n, r->original.n - at - line.n);
    }
    hr_buf_free(&plain);
    return 1;
}

static int selections(void)
{
    struct reader r = {hr_buf_view(&text), 0};
    hr_buf rest = {0};
    int found = hr_layers_read(out.text, read_leaf, &r, &rest);
    hr_buf_free(&rest);
    assert_int_equal(found, r.selections);
    return found;
}

static void decodes(void)
{
    hr_buf b = {0};
    assert_true(out.lossless);
    assert_int_equal(hr_layers_decode(&b, out.text, 0), 1);
    assert_int_equal(b.len, text.len);
    assert_memory_equal(b.data, text.data, b.len);
    hr_buf_free(&b);
}

/* ------------------------------------------------------------------ wrappers */
static void a_wrapper_stays_to_the_byte_around_what_stays_of_its_inside(void **state)
{
    (void)state;
    static const char *const around[][2] = {
        {"Chunk ID: 5f2a\nWall time: 0.2 seconds\nProcess exited with code 0\nOriginal token count: "
         "9000\nOutput:\n",
         ""},
        {"<untrusted_context>\nOutput: ", "\nExit Code: 0\nProcess Group PGID: 77\n</untrusted_context>"},
        {"<persisted-output>\nOutput too large (90KB). Full output saved to: /tmp/x\n\nPreview (first "
         "2KB):\n",
         "\n</persisted-output>"},
        {"<stdout>\n", "\n</stdout>"},
        {"<stdout>\n", "\n\n\n</stdout>"},
        {"```\n", "\n```"},
        {"```\n", "\n\n```"},
        {"", "\n\n[Output truncated: 12 more lines]"},
    };
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        for (int lossy = 0; lossy < 2; lossy++) {
            text.len = 0;
            add("%s", around[i][0]);
            log_lines(200);
            add("%s", around[i][1]);
            assert_int_equal(transform_for("", lossy), 1);
            size_t head = strlen(around[i][0]), tail = strlen(around[i][1]);
            assert_memory_equal(out.text.p, text.data, head);
            assert_memory_equal(out.text.p + out.text.n - tail, around[i][1], tail);
            assert_string_equal(out.kind, "log");
            if (lossy) {
                assert_int_equal(selections(), 1);
                assert_int_equal(out.of, 200);
                assert_true(out_has("payment 17 declined"));
            } else {
                decodes();
            }
        }
    }
}

static void a_form_around_which_something_stands_is_not_taken_for_another_one(void **state)
{
    (void)state;
    add("<stdout>\n[headroom paths: a directory ends in / (in /. where it is listed itself), behind it the "
        "names in it; \\ stands before "
        "a whole path]\nsrc/.\nmain.c\n</stdout>\n\n=== log ===\n");
    log_lines(100);
    if (transform_for("", false) == 1)
        decodes(); /* the text's own head is not read back as if we had written it */
}

static void a_line_that_tells_what_is_missing_already_stays(void **state)
{
    (void)state;
    log_lines(100);
    add("\n2026-11-21 10:01:40 INFO [catalog] pa\xe2\x80\xa6"
        "4000 tokens truncated\xe2\x80\xa6 served in 12ms\n");
    log_lines(100);
    assert_int_equal(transform_for("", true), 1);
    assert_int_equal(selections(), 1);
    assert_true(out_has("4000 tokens truncated\xe2\x80\xa6 served in 12ms\n"));
}

/* ------------------------------------------------------------------ files with line numbers */
static void number_lines(const char *sign, int n)
{
    for (int i = 0; i < n; i++) {
        add("%6d%s", i + 1, sign);
        log_line(i, i == n / 2 ? "ERROR [checkout] payment 17 declined" : NULL);
        add("\n");
    }
    add("%6d", n + 1); /* its last line is empty, and the sign went with the white space at the end */
}

static void lines_of_a_file_that_stay_keep_their_numbers(void **state)
{
    (void)state;
    static const char *const signs[] = {"\t", "\xe2\x86\x92", ": ", "| "};
    for (size_t i = 0; i < 4; i++) {
        text.len = 0;
        number_lines(signs[i], 300);
        assert_int_equal(transform_for("", true), 1);
        assert_string_equal(out.transform, "log_lines");
        assert_int_equal(out.of, 301);
        assert_int_equal(selections(), 1);
        char line[100];
        snprintf(line, sizeof line, "\n   151%s2026-11-21 10:02:30 ERROR [checkout] payment 17 declined\n",
                 signs[i]);
        assert_true(out_has(line));
        assert_true(out_has("\n   301\n[_headroom: "));
    }
}

static void a_line_of_a_file_that_is_asked_for_by_its_number_stays(void **state)
{
    (void)state;
    number_lines("\t", 1300);
    assert_int_equal(transform_for("what is on line 1234?", true), 1);
    assert_true(out_has("\n  1234\t"));
}

static void a_file_that_was_read_takes_no_lossless_form(void **state)
{
    (void)state;
    number_lines("\t", 300);
    assert_int_equal(transform_for("", false), 0);
}

static void json_in_a_file_of_several_lines_stays_whole(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++)
        add("%d\t%s{\"id\": %d, \"state\": \"active\"}%s", i + 1, i ? "" : "[", i, i < 199 ? ",\n" : "]");
    assert_int_equal(transform_for("", true), 0);
    assert_string_equal(out.kind, "json");
}

static void numbers_with_a_gap_are_no_numbering(void **state)
{
    (void)state;
    static const char *const none[] = {
        "1\ta\n3\tb", "1\ta\n2: b", "1\ta\nb", "1\ta",           "a\tb\nc\td",           "2\ta\n1\tb",
        "",           "\n",         "1\n2",    "1\ta\n2\tb\n\n", "999999999999\ta\n9\tb"};
    hr_numbered f;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(hr_numbered_read(&f, arena, hr_str_make(none[i], strlen(none[i]))), 0);
    assert_int_equal(hr_numbered_read(&f, arena, HR_STR("  9\ta\n 10\t\n 11\tb\tc\n12")), 1);
    assert_int_equal(f.n, 4);
    assert_true(hr_str_is(f.inside, "a\n\nb\tc\n"));
    assert_true(hr_str_is(f.line[2], " 11\tb\tc"));
}

/* ------------------------------------------------------------------ sections */
static void sections_join_to_the_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {
        {"=== a ===\nx\n=== b ===\ny\n", 2},
        {"x\n=== a ===\ny", 2},
        {"$ ls\na\nb\n$ cat a\n1", 2},
        {"root@web-1:/srv# ls\na\nroot@web-1:/srv# id\nuid=0", 2},
        {"==> a.log <==\n1\n\n==> b.log <==\n2\n", 2},
        {"text\n```json\n[1]\n```\nmore\n", 3},
        {"```\n=== no heading in a fence ===\n```\n", 2},
        {"<stdout>\na\n</stdout>\n<stderr>\nb\n</stderr>", 4},
        {"Found:\n{\"a\": 1}\ndone", 3},
        {"Found:\n{\n  \"a\": [\n    1\n  ]\n}\n\ndone\n\n", 3},
        {"{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", 1},                         /* lines of JSON */
        {"=== FAILURES ===\nx\n=== short test summary info ===\ny\n", 1}, /* a test run */
        {"--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n", 1},
        {"------\na\n======\nb", 1},
        {"[1] job\n[2] job\n", 1},
        {"one\n\ntwo\n\nthree", 1},
        {"", 1},
        {"\n\n", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hr_section *s;
        size_t n;
        const char *at = cases[i].text;
        assert_int_equal(hr_sections(arena, hr_str_make(at, strlen(at)), &s, &n), 0);
        if (n != cases[i].n)
            fail_msg("%zu sections, not %zu: %s", n, cases[i].n, cases[i].text);
        for (size_t k = 0; k < n; k++) {
            assert_ptr_equal(s[k].head.p, at);
            assert_ptr_equal(s[k].body.p, at += s[k].head.n);
            assert_ptr_equal(s[k].gap.p, at += s[k].body.n);
            at += s[k].gap.n;
        }
        assert_ptr_equal(at, cases[i].text + strlen(cases[i].text));
    }
}

static void a_text_of_too_many_sections_is_not_divided(void **state)
{
    (void)state;
    hr_section *s;
    size_t n;
    for (int i = 0; i < HR_MOST_SECTIONS; i++)
        add("=== %d ===\nx\n", i);
    assert_int_equal(hr_sections(arena, hr_buf_view(&text), &s, &n), 0);
    assert_int_equal(n, HR_MOST_SECTIONS);
    add("=== one more ===\nx\n");
    assert_int_equal(hr_sections(arena, hr_buf_view(&text), &s, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(s[0].body.n, text.len);
}

static void each_section_is_selected_from_by_its_own_kind_and_has_its_own_note(void **state)
{
    (void)state;
    add("Both follow.\n\n=== users ===\n");
    json(200);
    add("\n\n=== log ===\n");
    log_lines(200);
    add("\n\n=== disk ===\n/dev/sda1 40G 12G 28G 30%% /\n");
    assert_int_equal(transform_for("", true), 1);
    assert_string_equal(out.transform, "sections");
    assert_int_equal(notes(), 2);
    assert_int_equal(selections(), 1); /* and one in JSON */
    assert_int_equal(out.of, 400);
    assert_memory_equal(out.text.p, text.data, strlen("Both follow.\n\n=== users ===\n["));
    assert_true(out_has("\n\n=== log ===\n2026-11-21 10:00:00 "));
    assert_true(out_has("]\n\n=== disk ===\n/dev/sda1 40G 12G 28G 30% /\n"));
    assert_true(out_has("payment 17 declined"));
}

static void sections_in_lossless_forms_read_back_without_any_state(void **state)
{
    (void)state;
    add("=== users ===\n");
    json(100);
    add("\n=== log ===\n");
    log_lines(100);
    add("\n");
    assert_int_equal(transform_for("", false), 1);
    decodes();
    assert_true(out_has("=== users ===\n[headroom columns"));
    assert_true(out_has("=== log ===\n[headroom rows"));
}

static void json_behind_a_line_of_prose_is_json(void **state)
{
    (void)state;
    add("Found 200 users:\n");
    json(200);
    assert_int_equal(transform_for("", true), 1);
    assert_string_equal(out.transform, "smart_crusher");
    assert_memory_equal(out.text.p, "Found 200 users:\n[{\"id\":", 24);
    assert_int_equal(out.of, 200);
    text.len = 0;
    add("npm warn config this option is deprecated\nnpm warn config that one too\n");
    json(200);
    assert_int_equal(transform_for("", true), 1);
    assert_string_equal(out.transform, "smart_crusher");
    assert_int_equal(out.of, 200);
}

/* A failing test is not cut up as if its headings were those of sections. */
static void a_failing_test_run_is_one_section(void **state)
{
    (void)state;
    add("=== FAILURES ===\n");
    for (int i = 0; i < 60; i++)
        add("2026-11-21 10:00:%02d INFO [db] step %d of the failing test\n", i, i);
    add("E   assert 1 == 2\n=== short test summary info ===\nFAILED tests/a.py::test_a\n");
    assert_true(transform_for("", true) == 0 ||
                out_has("E   assert 1 == 2\n=== short test summary info ==="));
}

/* ------------------------------------------------------------------ forged, and without memory */
static void a_note_that_the_text_itself_holds_forbids_every_selection(void **state)
{
    (void)state;
    add("<stdout>\n");
    log_lines(200);
    add("\n[_headroom: 1 of 2 lines omitted, the first is 0: 1; id " ID "]\n</stdout>");
    assert_true(transform_for("", true) == 0 || out.lossless);
}

static void a_note_with_codes_between_its_letters_is_a_note(void **state)
{
    (void)state;
    log_lines(100);
    add("\n[_head\x1b[mroom: 1 of 2 lines omitted, the first is 0: 1; id " ID "]");
    assert_true(transform_for("", true) == 0 || notes() == 1); /* ours, around the bytes as they stood */
    assert_true(out.text.n == 0 || out_has("[_head\x1b[mroom: "));
}

static void json_in_a_wrapper_is_minified(void **state)
{
    (void)state;
    add("<stdout>\n{ \"a\": [1, 2, 3],\n  \"b\": null }\n</stdout>");
    assert_int_equal(transform_for("", false), 1);
    assert_string_equal(out.transform, "minify");
    assert_true(hr_str_is(out.text, "<stdout>\n{\"a\":[1,2,3],\"b\":null}\n</stdout>"));
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    add("<stdout>\n\x1b[1mBoth\x1b[0m follow.\n\n=== users ===\n");
    json(40);
    add("\n\n=== log ===\n");
    log_lines(60);
    add("\n</stdout>");
    for (long n = 1;; n++) {
        hr_arena *a = hr_arena_new();
        const hr_transform_in in = {.text = hr_buf_view(&text),
                                    .query = hr_query_new(a, (hr_str){0}),
                                    .allow_lossy = true,
                                    .max_items = 15,
                                    .id = ID};
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        int r = hr_transform(a, &in, &out);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        hr_arena_free(a);
        assert_true(r == 1 || r == HR_ENOMEM);
        if (r == 1)
            break;
    }
}

int main(void)
{
#define CLAIM(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(a_wrapper_stays_to_the_byte_around_what_stays_of_its_inside),
        CLAIM(a_form_around_which_something_stands_is_not_taken_for_another_one),
        CLAIM(a_line_that_tells_what_is_missing_already_stays),
        CLAIM(lines_of_a_file_that_stay_keep_their_numbers),
        CLAIM(a_line_of_a_file_that_is_asked_for_by_its_number_stays),
        CLAIM(a_file_that_was_read_takes_no_lossless_form),
        CLAIM(json_in_a_file_of_several_lines_stays_whole),
        CLAIM(numbers_with_a_gap_are_no_numbering),
        CLAIM(sections_join_to_the_text),
        CLAIM(a_text_of_too_many_sections_is_not_divided),
        CLAIM(each_section_is_selected_from_by_its_own_kind_and_has_its_own_note),
        CLAIM(sections_in_lossless_forms_read_back_without_any_state),
        CLAIM(json_behind_a_line_of_prose_is_json),
        CLAIM(a_failing_test_run_is_one_section),
        CLAIM(a_note_that_the_text_itself_holds_forbids_every_selection),
        CLAIM(a_note_with_codes_between_its_letters_is_a_note),
        CLAIM(json_in_a_wrapper_is_minified),
        CLAIM(every_failing_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
