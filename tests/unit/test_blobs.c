/* test_blobs.c - claims of core/transform/blobs.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "transform/blobs.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID   "0123456789abcdef0123"
#define PNG  "iVBORw0KGgoAAAANSUhEUgAA"
#define NOTE "[_headroom: %d of %d characters omitted; id " ID "]"

static hr_arena *arena;
static hr_transform_out out;
static char text[200000], seen[200000];

static int set_up(void **state)
{
    (void)state;
    arena = hr_arena_new();
    text[0] = 0;
    srand(7);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    hr_arena_free(arena);
    return 0;
}

static void add(const char *z)
{
    strcat(text, z);
}

/* n characters of base64 (or of another alphabet) that are random, a line break after each `line` of them. */
static void random_letters(const char *alphabet, int n, int line, const char *feed)
{
    char *at = text + strlen(text);
    size_t letters = strlen(alphabet);
    for (int i = 0; i < n; i++) {
        if (line && i > 0 && i % line == 0)
            at = stpcpy(at, feed);
        *at++ = alphabet[(size_t)rand() % letters];
    }
    *at = 0;
}
#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

static int cut(const char *query)
{
    const hr_transform_in in = {.text = {text, strlen(text)},
                                .query = hr_query_new(arena, hr_str_make(query, strlen(query))),
                                .allow_lossy = true,
                                .max_items = 15,
                                .id = ID};
    int r = hr_blobs_cut(arena, &in, 20, &out);
    assert_true(r == 0 || r == 1);
    return r;
}

static void shows(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(seen, sizeof seen, format, ap);
    va_end(ap);
    assert_int_equal(cut("what is in it?"), 1);
    assert_int_equal(out.text.n, strlen(seen));
    assert_memory_equal(out.text.p, seen, out.text.n);
}

static void of_an_image_the_head_stays_and_how_much_is_missing(void **state)
{
    (void)state;
    add("<img src=\"data:image/png;base64," PNG);
    random_letters(BASE64, 974, 0, "");
    add("==\"> and\nmore");
    shows("<img src=\"data:image/png;base64," PNG NOTE "\"> and\nmore", 976, 1000);
    assert_int_equal(out.of, 1000);
    assert_int_equal(out.kept, 24);
}

static void json_stays_json_and_line_breaks_in_a_blob_are_characters(void **state)
{
    (void)state;
    hr_tree tree;
    add("{\"name\":\"a\",\"content\":\"" PNG);
    random_letters(BASE64, 36, 0, "");
    add("\\n");
    random_letters(BASE64, 590, 60, "\\n");
    add("\",\"size\":7}");
    shows("{\"name\":\"a\",\"content\":\"" PNG NOTE "\",\"size\":7}", 60 - 24 + 590 + 10, 60 + 590 + 10);
    assert_int_equal(hr_tree_parse(&tree, arena, out.text.p, out.text.n, NULL), 0);
}

static void two_blobs_have_two_notes(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        add("logo " PNG);
        random_letters(BASE64, 400, 0, "");
        add("\n");
    }
    shows("logo " PNG NOTE "\nlogo " PNG NOTE "\n", 400, 424, 400, 424);
}

static void a_long_run_of_unknown_bytes_goes_and_a_shorter_one_stays(void **state)
{
    (void)state;
    random_letters(BASE64, 2047, 0, "");
    assert_int_equal(cut(""), 0); /* a signature may be as long */
    add("Q");
    assert_int_equal(cut(""), 1);
    text[0] = 0;
    random_letters("0123456789abcdef", 4096, 64, "\n");
    assert_int_equal(cut(""), 1);
    assert_int_equal(out.of, 4096 + 63);
}

static void what_a_model_can_read_or_use_stays(void **state)
{
    (void)state;
    static const char *const before[] = {"-----BEGIN RSA PRIVATE KEY-----\n",
                                         "-----BEGIN CERTIFICATE-----\\n", "ssh-rsa AAAAB3NzaC1yc2E",
                                         "Authorization: Bearer eyJhbGciOi", "token: abc."};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        text[0] = 0;
        add(before[i]);
        random_letters(BASE64, 4000, 0, "");
        if (cut("") != 0)
            fail_msg("cut: %s", before[i]);
    }
    text[0] = 0;
    for (int i = 0; i < 200; i++)
        add("VGhlIHNlcnZpY2Ugd2Fz"); /* "The service was", again and again */
    assert_int_equal(cut(""), 0);
    text[0] = 0;
    random_letters("ACGT", 5000, 60, "\n");
    assert_int_equal(cut(""), 0);
    text[0] = 0;
    random_letters("=-", 5000, 0, "");
    assert_int_equal(cut(""), 0);
    text[0] = 0;
    add(PNG);
    random_letters(BASE64, 231, 0, "");
    assert_int_equal(cut(""), 0); /* 255 characters */
}

static void what_the_question_is_about_stays(void **state)
{
    (void)state;
    add(PNG);
    random_letters(BASE64, 3000, 0, "");
    assert_int_equal(cut("decode the base64 of the logo"), 0);
    assert_int_equal(cut("where does iVBORw0KGgoAAAANSUhEUgAA come from?"), 0);
    assert_int_equal(cut("where is the logo?"), 1);
}

static void a_text_that_is_hardly_shorter_stays(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++)
        add("The service was moved in the night.\n");
    add(PNG);
    random_letters(BASE64, 1000, 0, "");
    assert_int_equal(cut(""), 0);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    add(PNG);
    random_letters(BASE64, 3000, 0, "");
    for (long n = 1;; n++) {
        hr_arena *a = hr_arena_new();
        const hr_transform_in in = {.text = {text, strlen(text)},
                                    .query = hr_query_new(a, (hr_str){0}),
                                    .allow_lossy = true,
                                    .id = ID};
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        int r = hr_blobs_cut(a, &in, 20, &out);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        hr_arena_free(a);
        assert_true(r == 1 || r == HR_ENOMEM);
        if (r == 1)
            break;
    }
}

/* ------------------------------------------------------------------ through the router */
static void rows_that_stay_of_a_table_keep_their_blobs(void **state)
{
    (void)state;
    char row[100];
    add("[");
    for (int i = 0; i < 60; i++) {
        snprintf(row, sizeof row,
                 "%s{\"id\":%d,\"state\":\"active\",\"text\":\"a few words of row number %d\",", i ? "," : "",
                 i, i);
        add(row);
        add("\"icon\":\"" PNG);
        random_letters(BASE64, i == 30 ? 400 : 0, 0, "");
        add("\"}");
    }
    add("]");
    const hr_transform_in in = {.text = {text, strlen(text)},
                                .query = hr_query_new(arena, (hr_str){0}),
                                .allow_lossy = true,
                                .max_items = 15,
                                .id = ID};
    assert_int_equal(hr_transform(arena, &in, &out), 1);
    assert_string_equal(out.transform, "smart_crusher");
    assert_true(hr_str_find(out.text, HR_STR("characters omitted"), 0) == SIZE_MAX);
}

static void a_blob_is_of_the_kind_base64(void **state)
{
    (void)state;
    add(PNG);
    random_letters(BASE64, 4000, 0, "");
    const hr_transform_in in = {.text = {text, strlen(text)},
                                .query = hr_query_new(arena, (hr_str){0}),
                                .allow_lossy = true,
                                .max_items = 15,
                                .id = ID};
    assert_int_equal(hr_transform(arena, &in, &out), 1);
    assert_string_equal(out.transform, "blobs");
    assert_string_equal(out.kind, "base64");
    assert_false(out.lossless);
}

int main(void)
{
#define CLAIM(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(of_an_image_the_head_stays_and_how_much_is_missing),
        CLAIM(json_stays_json_and_line_breaks_in_a_blob_are_characters),
        CLAIM(two_blobs_have_two_notes),
        CLAIM(a_long_run_of_unknown_bytes_goes_and_a_shorter_one_stays),
        CLAIM(what_a_model_can_read_or_use_stays),
        CLAIM(what_the_question_is_about_stays),
        CLAIM(a_text_that_is_hardly_shorter_stays),
        CLAIM(every_failing_allocation_is_reported),
        CLAIM(rows_that_stay_of_a_table_keep_their_blobs),
        CLAIM(a_blob_is_of_the_kind_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
