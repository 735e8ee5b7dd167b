/* test_tree.c - claims of the strict index (core/json/tree.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge.h"
#include "fault.h"
#include "json_cases.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>

static hr_arena *arena;

static int new_arena(void **state)
{
    (void)state;
    arena = hr_arena_new();
    return arena ? 0 : -1;
}

static int free_arena(void **state)
{
    (void)state;
    hr_arena_free(arena);
    return 0;
}

static int parse(const char *text, size_t len, hr_tree *t)
{
    size_t error_off = SIZE_MAX;
    const char *copy = edge_copy(text, len);
    int err = hr_tree_parse(t, arena, copy, len, &error_off);
    assert_true(error_off <= len);
    if (err == 0)
        assert_ptr_equal(t->text, copy);
    return err;
}

/* Keys of one number are the same bytes. */
static void check_key_numbers(const hr_tree *t)
{
    const hr_node *first[256] = {NULL};
    for (uint32_t i = 1; i < t->n; i++) {
        const hr_node *node = &t->nodes[i], *same = first[node->key_number];
        assert_true(node->key_len > 0 || node->key_number == 0);
        if (node->key_number && same) {
            assert_int_equal(node->key_len, same->key_len);
            assert_memory_equal(t->text + node->key_off, t->text + same->key_off, same->key_len);
        }
        first[node->key_number] = node;
    }
}

/* Everything that the header promises of an index. */
static void check_index(const hr_tree *t)
{
    check_key_numbers(t);
    assert_true(t->n >= 2);
    assert_int_equal(t->nodes[1].next, 0);
    size_t linked = 1;
    for (uint32_t i = 1; i < t->n; i++) {
        const hr_node *node = &t->nodes[i];
        assert_true(node->len > 0 && (uint64_t)node->off + node->len <= t->len);
        if (i > 1)
            assert_true(node->off > t->nodes[i - 1].off);
        bool object = node->type == HR_JSON_OBJECT;
        uint32_t count = 0, end = node->off;
        assert_true(node->child == 0 || node->child == i + 1);
        assert_true(node->child == 0 || object || node->type == HR_JSON_ARRAY);
        for (uint32_t c = node->child; c; c = t->nodes[c].next) {
            const hr_node *child = &t->nodes[c];
            assert_true(c > i && child->off > end);
            assert_true(child->off + child->len < node->off + node->len);
            assert_int_equal(child->key_len > 0, object);
            if (object) {
                assert_true(child->key_off > end && child->key_off + child->key_len < child->off);
                assert_int_equal(t->text[child->key_off], '"');
                assert_int_equal(t->text[child->key_off + child->key_len - 1], '"');
                assert_int_equal(memchr(t->text + child->key_off, '\\', child->key_len) != NULL,
                                 child->key_escaped);
            }
            end = child->off + child->len - 1;
            count++;
        }
        assert_int_equal(count, node->count);
        linked += count;
        if (node->type == HR_JSON_STRING)
            assert_int_equal(memchr(t->text + node->off, '\\', node->len) != NULL, node->escaped);
    }
    assert_int_equal(linked, t->n - 1);
}

/* The pull scanner sees the same values at the same places. */
static void check_against_scanner(const hr_tree *t)
{
    static uint32_t open[HR_MAX_DEPTH];
    unsigned depth = 0;
    hr_scan s;
    hr_value v;
    hr_scan_init(&s, t->text, t->len);
    for (uint32_t i = 1; i < t->n; i++) {
        const hr_node *node = &t->nodes[i];
        for (; depth > 0; depth--) {
            bool object = t->nodes[open[depth - 1]].type == HR_JSON_OBJECT;
            int more = object ? hr_scan_key(&s, &v) : hr_scan_item(&s);
            assert_true(more >= 0);
            if (more == 0)
                continue;
            if (object) {
                assert_int_equal(v.off, node->key_off);
                assert_int_equal(v.len, node->key_len);
                assert_int_equal(v.escaped, node->key_escaped);
            }
            break;
        }
        hr_scan whole = s;
        assert_int_equal(hr_scan_peek(&s), node->type);
        assert_int_equal(hr_scan_value(&whole, &v), 0);
        assert_int_equal(v.off, node->off);
        assert_int_equal(v.len, node->len);
        assert_int_equal(v.type, node->type);
        if (node->type == HR_JSON_ARRAY || node->type == HR_JSON_OBJECT) {
            assert_int_equal(hr_scan_enter(&s), 0);
            open[depth++] = i;
        } else {
            assert_int_equal(v.escaped, node->escaped);
            s = whole;
        }
    }
    for (; depth > 0; depth--) {
        bool object = t->nodes[open[depth - 1]].type == HR_JSON_OBJECT;
        assert_int_equal(object ? hr_scan_key(&s, &v) : hr_scan_item(&s), 0);
    }
    assert_int_equal(hr_scan_end(&s), 0);
}

static void case_table_is_answered_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < JSON_CASE_COUNT; i++) {
        const struct json_case *c = &JSON_CASES[i];
        hr_tree t;
        int err = parse(c->text, c->len, &t);
        if (err != c->tree)
            fail_msg("%s: %d, expected %d", c->name, err, c->tree);
        if (err == 0) {
            check_index(&t);
            check_against_scanner(&t);
        }
    }
}

static void case_table_holds_inside_containers(void **state)
{
    (void)state;
    char text[512];
    for (size_t i = 0; i < JSON_CASE_COUNT; i++) {
        const struct json_case *c = &JSON_CASES[i];
        hr_tree t;
        if (c->scan != 0)
            continue;
        memcpy(text, "[[0,{\"k\":", 9);
        memcpy(text + 9, c->text, c->len);
        memcpy(text + 9 + c->len, ",\"l\":[]}],1]", 12);
        int err = parse(text, c->len + 21, &t);
        if (err != c->tree)
            fail_msg("%s: %d, expected %d", c->name, err, c->tree);
        if (err == 0) {
            check_index(&t);
            check_against_scanner(&t);
        }
    }
}

static const char DOCUMENT[] =
    " {\"model\" : \"x\\\\\", \"n\":[-0.5e+10, 12 ,true,false,null,\"\\u00e9\\\"\", [], {}, "
    "[[{\"a\":{}}]]],\n"
    "\t\"\xe4\xb8\xad\":"
    "\"0123456789abcdef0123456789abcdef\\ud83d\\ude00\\\\\\\"0123456789abcdef\xf0\x9f\x98\x80\","
    "\"\\\"\":\"\"}";

static void every_truncation_is_refused(void **state)
{
    (void)state;
    hr_tree t;
    const size_t len = sizeof(DOCUMENT) - 1;
    assert_int_equal(parse(DOCUMENT, len, &t), 0);
    check_index(&t);
    check_against_scanner(&t);
    for (size_t n = 0; n < len; n++) {
        int err = parse(DOCUMENT, n, &t);
        assert_true(err == HR_EJSON || err == HR_ESURR);
    }
}

static void begin_at_every_alignment_is_the_same(void **state)
{
    (void)state;
    char text[sizeof(DOCUMENT) + 64];
    hr_tree t;
    for (size_t pad = 0; pad < 64; pad++) {
        memset(text, '\n', sizeof(text));
        memcpy(text + pad, DOCUMENT, sizeof(DOCUMENT) - 1);
        assert_int_equal(parse(text, pad + sizeof(DOCUMENT) - 1, &t), 0);
        check_index(&t);
        assert_int_equal(parse(text, sizeof(text), &t), 0);
        check_index(&t);
    }
}

static void any_single_byte_change_keeps_the_readers_agreed(void **state)
{
    (void)state;
    char text[sizeof(DOCUMENT)];
    const size_t len = sizeof(DOCUMENT) - 1;
    for (size_t at = 0; at < len; at++) {
        for (int byte = 0; byte < 256; byte += byte < 128 ? 1 : 5) {
            hr_tree t;
            memcpy(text, DOCUMENT, len);
            text[at] = (char)byte;
            if (parse(text, len, &t) == 0) {
                check_index(&t);
                check_against_scanner(&t);
            }
        }
    }
}

static void nodes_tell_place_key_and_kin(void **state)
{
    (void)state;
    const char *text = "{\"a\":[1,\"x\\n\"],\"\\u0062\":{}}";
    hr_tree t;
    assert_int_equal(hr_tree_parse(&t, arena, text, strlen(text), NULL), 0);
    assert_int_equal(t.n, 6);
    assert_int_equal(t.len, strlen(text));
    const hr_node *n = t.nodes;
    assert_int_equal(n[0].type, 0);
    assert_int_equal(n[1].type, HR_JSON_OBJECT);
    assert_int_equal(n[1].count, 2);
    assert_int_equal(n[1].child, 2);
    assert_int_equal(n[1].len, strlen(text));
    assert_int_equal(n[2].type, HR_JSON_ARRAY);
    assert_int_equal(n[2].key_off, 1);
    assert_int_equal(n[2].key_len, 3);
    assert_int_equal(n[2].next, 5);
    assert_int_equal(n[2].child, 3);
    assert_int_equal(n[3].type, HR_JSON_NUMBER);
    assert_int_equal(n[3].key_len, 0);
    assert_int_equal(n[3].next, 4);
    assert_int_equal(n[4].type, HR_JSON_STRING);
    assert_true(n[4].escaped);
    assert_false(n[4].key_escaped);
    assert_int_equal(n[4].next, 0);
    assert_int_equal(n[5].type, HR_JSON_OBJECT);
    assert_true(n[5].key_escaped);
    assert_int_equal(n[5].child, 0);
    assert_int_equal(n[5].count, 0);
    assert_int_equal(n[5].len, 2);
}

static void the_place_of_an_error_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t off;
    } rows[] = {{"[1,]", 3},          {"[1 2]", 3},    {"{\"a\":\"\\q\"}", 6}, {"[\"\xff\"]", 2},
                {"[tru]", 1},         {"[1", 2},       {"\xef\xbb\xbf{}", 0},  {"{} x", 3},
                {"[\"\\ud800\"]", 2}, {"[\"a\n\"]", 3}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t off = SIZE_MAX;
        hr_tree t;
        assert_true(hr_tree_parse(&t, arena, rows[i].text, strlen(rows[i].text), &off) < 0);
        assert_int_equal(off, rows[i].off);
    }
}

static void depth_limit_is_exact(void **state)
{
    (void)state;
    enum { N = HR_MAX_DEPTH + 1 };
    char text[2 * N];
    hr_tree t;
    memset(text, '[', N);
    memset(text + N, ']', N);
    assert_int_equal(parse(text + 1, 2 * (N - 1), &t), 0);
    check_index(&t);
    check_against_scanner(&t);
    assert_int_equal(parse(text, sizeof(text), &t), HR_EDEPTH);
    char *many = malloc(1 << 20);
    memset(many, '[', 1 << 20);
    assert_int_equal(hr_tree_parse(&t, arena, many, 1 << 20, NULL), HR_EDEPTH);
    free(many);
}

static void wide_arrays_and_objects_are_linked_to_their_end(void **state)
{
    (void)state;
    enum { N = 20000 };
    hr_buf b = {0};
    hr_buf_putc(&b, '[');
    for (unsigned i = 0; i < N; i++) {
        hr_buf_puts(&b, i ? ",{\"id\":" : "{\"id\":");
        hr_buf_u64(&b, i);
        hr_buf_puts(&b, ",\"s\":\"\xc3\xa9\"}");
    }
    hr_buf_putc(&b, ']');
    hr_tree t;
    assert_int_equal(hr_tree_parse(&t, arena, b.data, b.len, NULL), 0);
    assert_int_equal(t.n, 2 + 3 * N);
    assert_int_equal(t.nodes[1].count, N);
    check_index(&t);
    check_against_scanner(&t);
    hr_buf_free(&b);
}

static void text_above_the_limit_is_refused_unread(void **state)
{
    (void)state;
    hr_tree t;
    assert_int_equal(hr_tree_parse(&t, arena, "1", ((size_t)1 << 30) + 1, NULL), HR_ELIMIT);
    assert_int_equal(hr_tree_parse(&t, arena, NULL, 0, NULL), HR_EJSON);
}

static void keys_of_records_have_numbers_and_no_more_than_there_are(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    char text[ROWS * 80] = "[";
    size_t n = 1;
    hr_tree t;
    for (int i = 0; i < ROWS; i++) /* the last key is another one each time */
        n += (size_t)snprintf(text + n, sizeof text - n, "%s{\"id\":%d,\"a \\\" b\": {\"key %d\":1}}",
                              i ? ", " : "", i, i);
    text[n++] = ']';
    assert_int_equal(parse(text, n, &t), 0);
    check_index(&t);
    uint32_t row = t.nodes[1].child, id = t.nodes[row].child, numbered = 0;
    const uint8_t number = t.nodes[id].key_number, escaped = t.nodes[t.nodes[id].next].key_number;
    assert_true(number > 0 && escaped > 0 && number != escaped);
    for (; row; row = t.nodes[row].next) {
        id = t.nodes[row].child;
        assert_int_equal(t.nodes[id].key_number, number);
        assert_int_equal(t.nodes[t.nodes[id].next].key_number, escaped);
        assert_true(t.nodes[t.nodes[id].next].key_escaped);
        numbered += t.nodes[t.nodes[t.nodes[id].next].child].key_number > 0;
    }
    assert_true(numbered > 0 && numbered <= 255 - 2);
}

/* Keys are looked for with the white space that stood around them last time. */
static void white_space_around_keys_may_change_from_record_to_record(void **state)
{
    (void)state;
    enum { ROWS = 300 };
    static const char *const space[] = {
        "", "", " ", "  ", "\n", "\r\n\t", "                                        "};
    static const char *const keys[] = {"id", "a", "a key of more bytes than two blocks have", "\\u00e9"};
    static char text[ROWS * 600];
    uint32_t seed = 7;
    size_t n = 0;
    hr_tree t;
    text[n++] = '[';
    for (int row = 0; row < ROWS; row++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", row ? ",{" : "{");
        for (int k = 0; k < 4; k++) {
            const char *s[4];
            for (int i = 0; i < 4; i++) {
                seed = seed * 1664525 + 1013904223;
                s[i] = space[row % 50 < 25 ? 0 : (seed >> 16) % (sizeof space / sizeof *space)];
            }
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s\"%s\"%s:%s%d%s", k ? "," : "", s[0],
                                  keys[row % 7 == 3 ? 3 - k : k], s[1], s[2], row, s[3]);
        }
        text[n++] = '}';
    }
    text[n++] = ']';
    assert_int_equal(parse(text, n, &t), 0);
    assert_int_equal(t.n, 2 + ROWS * 5);
    check_index(&t);
    check_against_scanner(&t);
    for (size_t cut = n - 200; cut < n; cut++)
        assert_int_equal(parse(text, cut, &t), HR_EJSON);
    static const char *const bad[] = {"[{\"a\":1,\"a\":2},{,\"a\":3}]", "[{\"a\":1},{\"a\":2,{\"a\":3}]",
                                      "[{\"a\":1},\"a\":2]", "[{\"a\": 1},{\"a\": }]", "[{\"a\":1},{\"a\":"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(parse(bad[i], strlen(bad[i]), &t), HR_EJSON);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    enum { N = 2000 };
    char text[2 * N + 1];
    memset(text, ',', sizeof(text));
    for (size_t i = 1; i < 2 * N; i += 2)
        text[i] = '0';
    text[0] = '[';
    text[2 * N] = ']';
    for (long n = 1; n < 40; n++) {
        hr_arena *a = hr_arena_new();
        hr_tree t;
        hr_fault_after(HR_FAULT_ALLOC, n, false);
        int err = hr_tree_parse(&t, a, text, sizeof(text), NULL);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(err == HR_ENOMEM || (err == 0 && t.n == N + 2));
        hr_arena_free(a);
        if (err == 0) {
            assert_true(n > 2);
            return;
        }
    }
    fail();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_table_is_answered_as_written),
        cmocka_unit_test(case_table_holds_inside_containers),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(begin_at_every_alignment_is_the_same),
        cmocka_unit_test(any_single_byte_change_keeps_the_readers_agreed),
        cmocka_unit_test(nodes_tell_place_key_and_kin),
        cmocka_unit_test(the_place_of_an_error_is_told),
        cmocka_unit_test(depth_limit_is_exact),
        cmocka_unit_test(wide_arrays_and_objects_are_linked_to_their_end),
        cmocka_unit_test(text_above_the_limit_is_refused_unread),
        cmocka_unit_test(keys_of_records_have_numbers_and_no_more_than_there_are),
        cmocka_unit_test(white_space_around_keys_may_change_from_record_to_record),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, new_arena, free_arena);
}
