/* test_string.c - claims of core/json/string.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge.h"
#include "fault.h"
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

/* Decode at the edge of readable memory. */
static int decode(const char *lexeme, size_t len, hr_str *out)
{
    return hr_string_decode(arena, edge_copy(lexeme, len), len, out);
}

/* ------------------------------------------------------------------ decode */

#define D(lexeme, err, text)                                                                                 \
    {                                                                                                        \
        lexeme, sizeof(lexeme) - 1, err, text, sizeof(text) - 1                                              \
    }
static const struct {
    const char *lexeme;
    size_t len;
    int err;
    const char *text;
    size_t n;
} DECODED[] = {
    D("\"\"", 0, ""),
    D("\"abc\"", 0, "abc"),
    D("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", 0, "\"\\/\b\f\n\r\t"),
    D("\"\\u0041\\u00e9\\u4e2d\\ud83d\\ude00\"", 0, "A\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80"),
    D("\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", 0, "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
    D("\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"", 0, "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"),
    D("\"0123456789abcdef\\n0123456789abcdef0\\t\"", 0, "0123456789abcdef\n0123456789abcdef0\t"),
    D("\"\xe4\xb8\xad\\n\xe6\x96\x87\"", 0, "\xe4\xb8\xad\n\xe6\x96\x87"),
    D("", HR_EJSON, ""),
    D("\"", HR_EJSON, ""),
    D("abc", HR_EJSON, ""),
    D("\"abc", HR_EJSON, ""),
    D("abc\"", HR_EJSON, ""),
    D("\"a\"b\"", HR_EJSON, ""),
    D("\"a\\\"", HR_EJSON, ""),
    D("\"\\n\"b\"", HR_EJSON, ""),
    D("\"a\nb\"", HR_EJSON, ""),
    D("\"\\n\x1f\"", HR_EJSON, ""),
    D("\"\\q\"", HR_EJSON, ""),
    D("\"\\u12\"", HR_EJSON, ""),
    D("\"\\u12G4\"", HR_EJSON, ""),
    D("\"\\u\"", HR_EJSON, ""),
    D("\"a\0b\"", HR_ENUL, ""),
    D("\"\\n\0\"", HR_ENUL, ""),
    D("\"\\u0000\"", HR_ENUL, ""),
    D("\"\\ud800\"", HR_ESURR, ""),
    D("\"\\ud800x\"", HR_ESURR, ""),
    D("\"\\ud800\\n\"", HR_ESURR, ""),
    D("\"\\ud800\\ud800\"", HR_ESURR, ""),
    D("\"\\udfff\"", HR_ESURR, ""),
    D("\"\xff\"", HR_EUTF8, ""),
    D("\"\\n\xc3\"", HR_EUTF8, ""),
    D("\"\xe4\\n\xb8\xad\"", HR_EUTF8, ""),
    D("\"\xed\xa0\x80\"", HR_EUTF8, ""),
};

static void lexemes_decode_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(DECODED) / sizeof(DECODED[0]); i++) {
        hr_str out = {NULL, 0};
        int err = decode(DECODED[i].lexeme, DECODED[i].len, &out);
        if (err != DECODED[i].err)
            fail_msg("row %zu: %d, expected %d", i, err, DECODED[i].err);
        if (err == 0) {
            assert_int_equal(out.n, DECODED[i].n);
            assert_memory_equal(out.p, DECODED[i].text, out.n);
        }
    }
}

static void plain_strings_are_not_copied(void **state)
{
    (void)state;
    const char *lexeme = "\"0123456789abcdef \xe4\xb8\xad\"";
    hr_str out;
    assert_int_equal(hr_string_decode(arena, lexeme, strlen(lexeme), &out), 0);
    assert_ptr_equal(out.p, lexeme + 1);
    assert_int_equal(out.n, strlen(lexeme) - 2);
}

static void a_bad_byte_is_found_at_every_place(void **state)
{
    (void)state;
    char lexeme[80];
    hr_str out;
    for (size_t escape = 1; escape < 3; escape++) { /* 1: none; 2: with an escape before it */
        for (size_t at = 3; at < sizeof(lexeme) - 1; at++) {
            memset(lexeme, 'a', sizeof(lexeme));
            lexeme[0] = lexeme[sizeof(lexeme) - 1] = '"';
            if (escape == 2)
                memcpy(lexeme + 1, "\\n", 2);
            static const struct {
                char byte;
                int err;
            } bad[] = {{'\0', HR_ENUL}, {'\n', HR_EJSON},   {'\x1f', HR_EJSON},
                       {'"', HR_EJSON}, {'\x80', HR_EUTF8}, {'\xff', HR_EUTF8}};
            for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                lexeme[at] = bad[i].byte;
                assert_int_equal(decode(lexeme, sizeof(lexeme), &out), bad[i].err);
            }
        }
    }
}

static void every_code_point_survives_both_spellings(void **state)
{
    (void)state;
    for (uint32_t code = 1; code <= 0x10ffff; code += code < 0x3000 || code > 0xd000 ? 1 : 7) {
        if (code == 0x11000)
            code = 0x1f000;
        if (code == 0x1ff00)
            code = 0x10ff00;
        char lexeme[32];
        size_t n;
        bool surrogate = code >= 0xd800 && code <= 0xdfff;
        if (code < 0x10000)
            n = (size_t)snprintf(lexeme, sizeof(lexeme), "\"\\u%04x\"", code);
        else
            n = (size_t)snprintf(lexeme, sizeof(lexeme), "\"\\u%04X\\u%04X\"",
                                 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
        hr_str out;
        int err = decode(lexeme, n, &out);
        assert_int_equal(err, surrogate ? HR_ESURR : 0);
        if (err)
            continue;
        assert_true(hr_utf8_valid(out.p, out.n));
        assert_int_equal(out.n, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
        hr_buf b = {0};
        hr_buf_putc(&b, '"');
        hr_string_encode(&b, out);
        hr_buf_putc(&b, '"');
        hr_str again;
        assert_int_equal(decode(b.data, b.len, &again), 0);
        assert_true(hr_str_eq(out, again));
        hr_buf_free(&b);
    }
}

/* ------------------------------------------------------------------ encode */

/* The bytes are stored and replayed for ever: this table must never change. */
static void encoding_is_frozen(void **state)
{
    (void)state;
    static const char *const low[32] = {
        "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007",
        "\\b",     "\\t",     "\\n",     "\\u000b", "\\f",     "\\r",     "\\u000e", "\\u000f",
        "\\u0010", "\\u0011", "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017",
        "\\u0018", "\\u0019", "\\u001a", "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f"};
    for (int c = 0; c < 128; c++) {
        char byte = (char)c, same[2] = {byte, 0};
        const char *expected = c < 32 ? low[c] : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : same;
        hr_buf b = {0};
        hr_string_encode(&b, hr_str_make(&byte, 1));
        assert_true(hr_str_is(hr_buf_view(&b), expected));
        hr_buf_free(&b);
    }
    hr_buf b = {0};
    hr_string_encode(&b, HR_STR("a/b<\xe4\xb8\xad\xf0\x9f\x98\x80\xe2\x80\xa8\x7f>"));
    assert_true(hr_str_is(hr_buf_view(&b), "a/b<\xe4\xb8\xad\xf0\x9f\x98\x80\xe2\x80\xa8\x7f>"));
    hr_buf_free(&b);
}

static void encode_appends_and_nothing_is_nothing(void **state)
{
    (void)state;
    hr_buf b = {0};
    hr_string_encode(&b, hr_str_make(NULL, 0));
    assert_int_equal(b.len, 0);
    hr_buf_puts(&b, "x");
    hr_string_encode(&b, HR_STR("\n"));
    hr_string_encode(&b, HR_STR(""));
    assert_true(hr_str_is(hr_buf_view(&b), "x\\n"));
    hr_buf_free(&b);
}

/* Random text with escapes of any density. */
static size_t random_text(char *text, size_t room, uint32_t *seed)
{
    static const char *const parts[] = {
        "\"", "\\", "\n", "\x01", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "/"};
    size_t n = 0, want;
    *seed = *seed * 1664525u + 1013904223u;
    want = (*seed >> 8) % (room - 4);
    unsigned rare = 1 + (*seed >> 4) % 60;
    while (n < want) {
        *seed = *seed * 1664525u + 1013904223u;
        unsigned r = (*seed >> 12) % (8 * rare);
        if (r < 8) {
            memcpy(text + n, parts[r], strlen(parts[r]));
            n += strlen(parts[r]);
        } else {
            text[n++] = (char)('a' + r % 26);
        }
    }
    return n;
}

static void encode_then_decode_is_identity(void **state)
{
    (void)state;
    uint32_t seed = 7;
    static char text[9000];
    for (int round = 0; round < 600; round++) {
        size_t n = random_text(text, round % 10 ? 300 : sizeof(text), &seed);
        hr_buf b = {0};
        hr_buf_putc(&b, '"');
        hr_string_encode(&b, hr_str_make(edge_copy(text, n), n));
        hr_buf_putc(&b, '"');
        assert_int_equal(b.err, 0);
        hr_str out;
        assert_int_equal(decode(b.data, b.len, &out), 0);
        assert_int_equal(out.n, n);
        assert_memory_equal(out.p, text, n);
        hr_buf_free(&b);
    }
}

static void a_buffer_maximum_is_used_to_the_last_byte(void **state)
{
    (void)state;
    hr_buf b = {.max = 4000};
    char text[4000];
    memset(text, 'a', sizeof(text));
    hr_string_encode(&b, hr_str_make(text, 4000));
    assert_int_equal(b.err, 0);
    assert_int_equal(b.len, 4000);
    hr_buf_free(&b);
    b = (hr_buf){.max = 4000};
    text[17] = '\n';
    hr_string_encode(&b, hr_str_make(text, 4000));
    assert_int_equal(b.err, HR_ENOMEM);
    hr_buf_free(&b);
}

/* ------------------------------------------------------------------ raw offsets */

static void check_offsets(const char *lexeme, size_t len)
{
    /* starts[i]: where the escape or character begins that decoded byte i comes from */
    const char *copy = edge_copy(lexeme, len);
    size_t decoded = 0;
    for (size_t at = 1; at < len - 1;) {
        size_t raw = 1, n = 1;
        if (lexeme[at] == '\\' && lexeme[at + 1] == 'u') {
            raw = 6;
            unsigned unit = (unsigned)strtoul(
                (char[5]){lexeme[at + 2], lexeme[at + 3], lexeme[at + 4], lexeme[at + 5]}, NULL, 16);
            n = unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
            if (unit >= 0xd800 && unit < 0xdc00) {
                raw = 12;
                n = 4;
            }
        } else if (lexeme[at] == '\\') {
            raw = 2;
        }
        for (size_t i = 0; i < n; i++)
            assert_int_equal(hr_string_raw_offset(copy, len, decoded + i), at);
        decoded += n;
        at += raw;
    }
    assert_int_equal(hr_string_raw_offset(copy, len, decoded), len - 1);
    assert_int_equal(hr_string_raw_offset(copy, len, decoded + 1000), len - 1);
}

static void raw_offset_of_every_decoded_byte(void **state)
{
    (void)state;
    static const char *const lexemes[] = {
        "\"\"",
        "\"a\"",
        "\"\\n\"",
        "\"abc\\u00e9def\"",
        "\"\\ud83d\\ude00\"",
        "\"x\\ud83d\\ude00\\u4e2d\\\\\\\"\"",
        "\"0123456789abcdef\"",
        "\"0123456789abcde\\n0123456789abcdef0123456789\\u0041\"",
        "\"\xe4\xb8\xad\\n\xe6\x96\x87\"",
        "\"\\u0041\\u0042\\t\\t\\t\\t\\t\\t\\t\\t\\t\\t\"",
    };
    for (size_t i = 0; i < sizeof(lexemes) / sizeof(lexemes[0]); i++)
        check_offsets(lexemes[i], strlen(lexemes[i]));
}

static void raw_offset_splits_what_encode_wrote(void **state)
{
    (void)state;
    uint32_t seed = 99;
    static char text[400];
    for (int round = 0; round < 200; round++) {
        size_t n = random_text(text, sizeof(text), &seed);
        hr_buf b = {0};
        hr_buf_putc(&b, '"');
        hr_string_encode(&b, hr_str_make(text, n));
        hr_buf_putc(&b, '"');
        for (size_t i = 0; i <= n; i++) {
            if (i < n && ((unsigned char)text[i] & 0xc0) == 0x80)
                continue;
            hr_buf front = {0};
            hr_string_encode(&front, hr_str_make(text, i));
            assert_int_equal(hr_string_raw_offset(b.data, b.len, i), front.len + 1);
            hr_buf_free(&front);
        }
        hr_buf_free(&b);
    }
}

static void one_wrong_byte_is_seen_at_every_place_of_short_strings(void **state)
{
    (void)state;
    static const struct {
        char byte;
        int err;
    } cases[] = {{'\0', HR_ENUL}, {'\x01', HR_EJSON}, {'\x1f', HR_EJSON}, {' ', 0},         {'!', 0},
                 {'"', HR_EJSON}, {'#', 0},           {'[', 0},           {'\\', HR_EJSON}, {']', 0},
                 {'\x7f', 0},     {'\x80', HR_EUTF8}, {'\xff', HR_EUTF8}};
    char lexeme[64];
    hr_arena *a = hr_arena_new();
    for (size_t n = 1; n <= 40; n++) {
        for (size_t at = 0; at < n; at++) {
            for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                hr_str out = {0};
                memset(lexeme, 'x', sizeof(lexeme)); /* \\x is no escape */
                lexeme[0] = lexeme[n + 1] = '"';
                lexeme[at + 1] = cases[i].byte;
                const char *copy = edge_copy(lexeme, n + 2);
                assert_int_equal(hr_string_decode(a, copy, n + 2, &out), cases[i].err);
                if (cases[i].err == 0)
                    assert_true(hr_str_eq(out, hr_str_make(lexeme + 1, n)));
            }
        }
    }
    hr_arena_free(a);
}

/* ------------------------------------------------------------------ comparison */

static bool is(const char *lexeme, const char *z)
{
    size_t len = strlen(lexeme);
    hr_value v = {HR_JSON_STRING, strchr(lexeme, '\\') != NULL, 0, len};
    return hr_lexeme_is(edge_copy(lexeme, len), &v, z);
}

static void a_lexeme_equals_its_decoded_text_only(void **state)
{
    (void)state;
    assert_true(is("\"role\"", "role"));
    assert_true(is("\"\"", ""));
    assert_true(is("\"\\u0072ol\\u0065\"", "role"));
    assert_true(is("\"a\\\"\\\\\\/\\n\"", "a\"\\/\n"));
    assert_true(is("\"\\u00e9\\ud83d\\ude00\"", "\xc3\xa9\xf0\x9f\x98\x80"));
    assert_true(is("\"\xc3\xa9\"", "\xc3\xa9"));
    assert_false(is("\"role\"", "rol"));
    assert_false(is("\"rol\"", "role"));
    assert_false(is("\"role\"", "Role"));
    assert_false(is("\"\"", "a"));
    assert_false(is("\"a\"", ""));
    assert_false(is("\"\\u0072\"", "\\u0072"));
    assert_false(is("\"\\u0000\"", ""));
    assert_false(is("\"a\\u0000b\"", "a"));
    assert_false(is("\"\\ud800\"", "\xed\xa0\x80"));
    assert_false(is("\"\\q\"", "q"));
    assert_false(is("\"\\u00e9\"", "\xc3"));
    assert_false(is("\"a\nb\"", "a\nb"));
    hr_value number = {HR_JSON_NUMBER, false, 0, 3}, absent = {HR_JSON_STRING, false, 0, 0};
    assert_false(hr_lexeme_is("123", &number, "2"));
    assert_false(hr_lexeme_is("", &absent, ""));
}

/* ------------------------------------------------------------------ memory */

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char text[20000];
    memset(text, '\n', sizeof(text));
    for (long n = 1; n < 20; n++) {
        hr_arena *a = hr_arena_new();
        hr_buf b = {0};
        hr_str out;
        hr_fault_after(HR_FAULT_ALLOC, n, false);
        hr_buf_putc(&b, '"');
        hr_string_encode(&b, hr_str_make(text, sizeof(text)));
        hr_buf_putc(&b, '"');
        int err = b.err ? b.err : hr_string_decode(a, b.data, b.len, &out);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(err == HR_ENOMEM || (err == 0 && out.n == sizeof(text)));
        hr_buf_free(&b);
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
        cmocka_unit_test(lexemes_decode_as_the_table_says),
        cmocka_unit_test(plain_strings_are_not_copied),
        cmocka_unit_test(a_bad_byte_is_found_at_every_place),
        cmocka_unit_test(every_code_point_survives_both_spellings),
        cmocka_unit_test(encoding_is_frozen),
        cmocka_unit_test(encode_appends_and_nothing_is_nothing),
        cmocka_unit_test(encode_then_decode_is_identity),
        cmocka_unit_test(a_buffer_maximum_is_used_to_the_last_byte),
        cmocka_unit_test(raw_offset_of_every_decoded_byte),
        cmocka_unit_test(raw_offset_splits_what_encode_wrote),
        cmocka_unit_test(one_wrong_byte_is_seen_at_every_place_of_short_strings),
        cmocka_unit_test(a_lexeme_equals_its_decoded_text_only),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, new_arena, free_arena);
}
