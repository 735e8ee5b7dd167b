/* test_scan.c - claims of the pull scanner (core/json/scan.c, skip.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge.h"
#include "json_cases.h"
#include "json/json.h"
#include "json/lex.h"

#include <stdlib.h>

/* ------------------------------------------------------------------ two ways through a text */

static int scan_whole(const char *text, size_t len)
{
    hr_scan s;
    hr_value v;
    hr_scan_init(&s, text, len);
    int err = hr_scan_value(&s, &v);
    if (err)
        return err;
    assert_true(v.len > 0 && v.off + v.len <= len);
    return hr_scan_end(&s);
}

/* Enter every container, take every scalar. */
static int scan_inside(const char *text, size_t len)
{
    static bool object[HR_MAX_DEPTH];
    unsigned depth = 0;
    hr_scan s;
    hr_value v;
    hr_scan_init(&s, text, len);
    for (;;) {
        int type = hr_scan_peek(&s);
        bool container = type == HR_JSON_ARRAY || type == HR_JSON_OBJECT;
        int err = container ? hr_scan_enter(&s) : hr_scan_value(&s, &v);
        if (err)
            return err;
        if (container)
            object[depth++] = type == HR_JSON_OBJECT;
        else
            assert_int_equal(v.type, type);
        int more = 0;
        while (depth > 0 && more == 0) {
            more = object[depth - 1] ? hr_scan_key(&s, &v) : hr_scan_item(&s);
            if (more < 0)
                return more;
            depth -= more == 0;
        }
        if (depth == 0 && more == 0)
            return hr_scan_end(&s);
    }
}

static void check_both(const char *name, const char *text, size_t len, int expected)
{
    const char *copy = edge_copy(text, len);
    int whole = scan_whole(copy, len), inside = scan_inside(copy, len);
    if (whole != expected || inside != expected)
        fail_msg("%s: skipped %d, entered %d, expected %d", name, whole, inside, expected);
}

static void case_table_is_answered_as_written(void **state)
{
    (void)state;
    assert_true(JSON_CASE_COUNT >= 120);
    for (size_t i = 0; i < JSON_CASE_COUNT; i++)
        check_both(JSON_CASES[i].name, JSON_CASES[i].text, JSON_CASES[i].len, JSON_CASES[i].scan);
}

static void case_table_holds_inside_containers(void **state)
{
    (void)state;
    char text[512];
    for (size_t i = 0; i < JSON_CASE_COUNT; i++) {
        const struct json_case *c = &JSON_CASES[i];
        if (c->scan != 0)
            continue;
        memcpy(text, "{\"k\":[", 6);
        memcpy(text + 6, c->text, c->len);
        memcpy(text + 6 + c->len, "]}", 2);
        check_both(c->name, text, c->len + 8, 0);
    }
}

/* ------------------------------------------------------------------ truncation */

static const char DOCUMENT[] =
    " {\"model\" : \"x\\\\\", \"n\":[-0.5e+10, 12 ,true,false,null,\"\\u00e9\\\"\", [], {}, "
    "[[{\"a\":{}}]]],\n"
    "\t\"long\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\\\\\\\"0123456789abcdef\","
    "\"\\\"\":\"\"}";

static void every_truncation_is_refused(void **state)
{
    (void)state;
    const size_t len = sizeof(DOCUMENT) - 1;
    check_both("whole", DOCUMENT, len, 0);
    for (size_t n = 0; n < len; n++)
        check_both("cut", DOCUMENT, n, HR_EJSON);
}

static void begin_at_every_alignment_is_the_same(void **state)
{
    (void)state;
    char text[sizeof(DOCUMENT) + 64];
    for (size_t pad = 0; pad < 64; pad++) {
        memset(text, ' ', pad);
        memcpy(text + pad, DOCUMENT, sizeof(DOCUMENT) - 1);
        check_both("front", text, pad + sizeof(DOCUMENT) - 1, 0);
        memcpy(text, DOCUMENT, sizeof(DOCUMENT) - 1);
        memset(text + sizeof(DOCUMENT) - 1, '\n', pad);
        check_both("behind", text, pad + sizeof(DOCUMENT) - 1, 0);
    }
}

/* ------------------------------------------------------------------ depth */

static size_t nest(char *text, unsigned depth, bool objects)
{
    size_t n = 0;
    for (unsigned i = 0; i < depth; i++) {
        if (objects && i % 2)
            n += (size_t)(stpcpy(text + n, "{\"a\":") - (text + n));
        else
            text[n++] = '[';
    }
    text[n++] = '1';
    for (unsigned i = depth; i-- > 0;)
        text[n++] = objects && i % 2 ? '}' : ']';
    return n;
}

static void depth_limit_is_exact(void **state)
{
    (void)state;
    static char text[HR_MAX_DEPTH * 16];
    for (int objects = 0; objects < 2; objects++) {
        check_both("below", text, nest(text, HR_MAX_DEPTH - 1, objects), 0);
        check_both("limit", text, nest(text, HR_MAX_DEPTH, objects), 0);
        check_both("above", text, nest(text, HR_MAX_DEPTH + 1, objects), HR_EDEPTH);
    }
}

static void depth_counts_entered_containers(void **state)
{
    (void)state;
    static char text[HR_MAX_DEPTH * 16];
    hr_scan s;
    size_t len = nest(text, HR_MAX_DEPTH + 1, false);
    hr_scan_init(&s, text, len);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(hr_scan_enter(&s), 0);
        assert_int_equal(hr_scan_item(&s), 1);
    }
    assert_int_equal(hr_scan_value(&s, NULL), HR_EDEPTH);
    assert_int_equal(hr_scan_end(&s), HR_EJSON);
}

static void a_million_brackets_need_no_stack(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    char *text = malloc(N);
    memset(text, '[', N);
    assert_int_equal(scan_whole(text, N), HR_EDEPTH);
    assert_int_equal(scan_inside(text, N), HR_EDEPTH);
    free(text);
}

/* ------------------------------------------------------------------ what is told */

static void lexemes_are_exact(void **state)
{
    (void)state;
    const char *text = " { \"a\" : [ 1.50 , \"x\\n\" ] , \"\\u0062\" : null } ";
    hr_scan s;
    hr_value v;
    hr_scan_init(&s, text, strlen(text));
    assert_int_equal(hr_scan_peek(&s), HR_JSON_OBJECT);
    assert_int_equal(hr_scan_enter(&s), 0);
    assert_int_equal(hr_scan_key(&s, &v), 1);
    assert_memory_equal(text + v.off, "\"a\"", v.len);
    assert_false(v.escaped);
    hr_scan whole = s;
    assert_int_equal(hr_scan_value(&whole, &v), 0);
    assert_int_equal(v.type, HR_JSON_ARRAY);
    assert_int_equal(v.len, strlen("[ 1.50 , \"x\\n\" ]"));
    assert_int_equal(hr_scan_enter(&s), 0);
    assert_int_equal(hr_scan_item(&s), 1);
    assert_int_equal(hr_scan_value(&s, &v), 0);
    assert_int_equal(v.type, HR_JSON_NUMBER);
    assert_int_equal(v.len, 4);
    assert_memory_equal(text + v.off, "1.50", 4);
    assert_int_equal(hr_scan_item(&s), 1);
    assert_int_equal(hr_scan_value(&s, &v), 0);
    assert_true(v.escaped);
    assert_memory_equal(text + v.off, "\"x\\n\"", v.len);
    assert_int_equal(hr_scan_item(&s), 0);
    assert_int_equal(hr_scan_key(&s, &v), 1);
    assert_true(v.escaped);
    assert_true(hr_lexeme_is(text, &v, "b"));
    assert_int_equal(hr_scan_value(&s, NULL), 0);
    assert_int_equal(hr_scan_key(&s, NULL), 0);
    assert_int_equal(hr_scan_end(&s), 0);
}

static void escaped_tells_of_backslashes_before_the_end_only(void **state)
{
    (void)state;
    const char *text = "[\"plain plain plain plain plain\",\"\\\\\"]";
    hr_scan s;
    hr_value v;
    hr_scan_init(&s, text, strlen(text));
    hr_scan_enter(&s);
    hr_scan_item(&s);
    hr_scan_value(&s, &v);
    assert_false(v.escaped);
    hr_scan_item(&s);
    hr_scan_value(&s, &v);
    assert_true(v.escaped);
}

static void calls_in_the_wrong_place_are_errors(void **state)
{
    (void)state;
    hr_scan s;
    hr_value v;

    hr_scan_init(&s, "1", 1);
    assert_int_equal(hr_scan_enter(&s), HR_EJSON); /* no container: nothing is consumed */
    assert_int_equal(hr_scan_value(&s, &v), 0);
    assert_int_equal(hr_scan_peek(&s), HR_EJSON);
    assert_int_equal(hr_scan_value(&s, &v), HR_EJSON);

    hr_scan_init(&s, "[1,2]", 5);
    assert_int_equal(hr_scan_key(&s, &v), HR_EJSON);

    hr_scan_init(&s, "[1,2]", 5);
    assert_int_equal(hr_scan_end(&s), HR_EJSON);

    hr_scan_init(&s, "[1,2]", 5);
    hr_scan_enter(&s);
    assert_int_equal(hr_scan_value(&s, &v), HR_EJSON); /* hr_scan_item was left out */

    hr_scan_init(&s, "[1,2]", 5);
    hr_scan_enter(&s);
    assert_int_equal(hr_scan_key(&s, &v), HR_EJSON);

    hr_scan_init(&s, "{\"a\":1}", 7);
    hr_scan_enter(&s);
    assert_int_equal(hr_scan_item(&s), HR_EJSON);

    hr_scan_init(&s, "{\"a\":1}", 7);
    hr_scan_enter(&s);
    hr_scan_key(&s, &v);
    assert_int_equal(hr_scan_key(&s, &v), HR_EJSON); /* the value was left out */

    hr_scan_init(&s, "{\"a\":}", 6);
    hr_scan_enter(&s);
    assert_int_equal(hr_scan_key(&s, &v), 1);
    assert_int_equal(hr_scan_key(&s, &v), HR_EJSON);

    hr_scan_init(&s, "[1,]", 4);
    hr_scan_enter(&s);
    hr_scan_item(&s);
    hr_scan_value(&s, &v);
    assert_int_equal(hr_scan_item(&s), HR_EJSON);

    hr_scan_init(&s, "", 0);
    assert_int_equal(hr_scan_end(&s), HR_EJSON);
    hr_scan_init(&s, NULL, 0);
    assert_int_equal(hr_scan_peek(&s), HR_EJSON);
    assert_int_equal(hr_scan_value(&s, &v), HR_EJSON);
}

static void a_failed_scan_stays_failed(void **state)
{
    (void)state;
    hr_scan s;
    hr_value v;
    hr_scan_init(&s, "[1 2]", 5);
    hr_scan_enter(&s);
    assert_int_equal(hr_scan_item(&s), 1);
    assert_int_equal(hr_scan_value(&s, &v), 0);
    assert_int_equal(hr_scan_item(&s), HR_EJSON);
    assert_int_equal(hr_scan_item(&s), HR_EJSON);
    assert_int_equal(hr_scan_value(&s, &v), HR_EJSON);
    assert_int_equal(hr_scan_enter(&s), HR_EJSON);
    assert_int_equal(hr_scan_end(&s), HR_EJSON);
}

/* ------------------------------------------------------------------ kernels of the string skip */

/* The definition, a byte at a time. */
static const char *skip_plainly(const char *p, const char *end, bool *escaped)
{
    *escaped = false;
    for (; p < end && *p != '"'; p++) {
        if (*p == '\\') {
            *escaped = true;
            if (++p == end)
                return NULL;
        }
    }
    return p < end ? p : NULL;
}

static void check_kernels(const char *text, size_t len)
{
    const char *copy = edge_copy(text, len), *end = copy + len;
    bool expected_escaped, escaped;
    const char *expected = skip_plainly(copy, end, &expected_escaped);
    for (int k = -1; k < HR_SKIP_KERNELS; k++) {
        hr_lex_skip_fn *kernel = k < 0 ? hr_lex_skip : hr_lex_skip_kernel((enum hr_lex_kernel)k);
        if (!kernel)
            continue;
        assert_ptr_equal(kernel(copy, end, &escaped), expected);
        if (expected)
            assert_int_equal(escaped, expected_escaped);
    }
}

static void runs_of_backslashes_of_every_length_and_place(void **state)
{
    (void)state;
    char text[400];
    for (size_t before = 0; before < 70; before++) {
        for (size_t run = 0; run < 140; run++) {
            memset(text, 'a', sizeof(text));
            memset(text + before, '\\', run);
            text[before + run] = '"';
            text[before + run + 3] = '"';
            check_kernels(text, before + run + 8);
            check_kernels(text, before + run + 80);
            check_kernels(text, before + run);
        }
    }
}

static void random_quotes_and_backslashes(void **state)
{
    (void)state;
    uint32_t x = 1;
    char text[300];
    for (int round = 0; round < 20000; round++) {
        unsigned rare = 1 + (unsigned)round % 40;
        size_t len = (size_t)round % sizeof(text);
        for (size_t i = 0; i < len; i++) {
            x = x * 1664525u + 1013904223u;
            unsigned r = (x >> 16) % (3 * rare);
            text[i] = r == 0 ? '"' : r < 3 ? '\\' : 'x';
        }
        check_kernels(text, len);
    }
}

static void the_baseline_kernel_exists(void **state)
{
    (void)state;
    assert_non_null(hr_lex_skip_kernel(HR_SKIP_PORTABLE));
#ifdef __SSE2__
    assert_non_null(hr_lex_skip_kernel(HR_SKIP_SSE2));
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_table_is_answered_as_written),
        cmocka_unit_test(case_table_holds_inside_containers),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(begin_at_every_alignment_is_the_same),
        cmocka_unit_test(depth_limit_is_exact),
        cmocka_unit_test(depth_counts_entered_containers),
        cmocka_unit_test(a_million_brackets_need_no_stack),
        cmocka_unit_test(lexemes_are_exact),
        cmocka_unit_test(escaped_tells_of_backslashes_before_the_end_only),
        cmocka_unit_test(calls_in_the_wrong_place_are_errors),
        cmocka_unit_test(a_failed_scan_stays_failed),
        cmocka_unit_test(runs_of_backslashes_of_every_length_and_place),
        cmocka_unit_test(random_quotes_and_backslashes),
        cmocka_unit_test(the_baseline_kernel_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
