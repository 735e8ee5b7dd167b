/* test_form_names.c - claims of JSON with names (core/transform/form_names*.c, prefixes.h): read back byte for byte. */
#include "form_rig.h"

#include <stdio.h>

static const struct codec names = {hr_names_encode, hr_names_decode};

static void expect_decoded(const char *body, const char *text)
{
    expect_body_decoded(names, body, text);
}

static void expect_body(const char *text, const char *body)
{
    expect_body_encoded(names, text, NULL, body);
}

static void expect_left_alone(const char *text)
{
    expect_body_left_alone(names, text);
}

#define MIA                                                                                                  \
    "{\"login\":\"mia\",\"mail\":\"mia@mail.example.net\",\"team\":\"storage and retrieval\",\"seat\":417}"
#define BEN                                                                                                  \
    "{\"login\":\"ben\",\"mail\":\"ben@mail.example.net\",\"team\":\"storage and billing\",\"seat\":218}"

/* ------------------------------------------------------------------ what has a name */
static void objects_that_stand_again_are_rows_with_names(void **state)
{
    (void)state;
    expect_body(
        "{\"a\":" MIA ",\"b\":" MIA ",\"c\":[" MIA "," BEN "],\"d\":" BEN ",\"e\":" MIA ",\"f\":" BEN
        ",\"g\":{\"h\":" BEN "}}",
        "compact [[{\"$\":1,\"login\":\"mia\",\"mail\":\"mia@mail.example.net\",\"team\":\"storage and "
        "retrieval\",\"seat\":417},{\"$\":2,\"login\":\"ben\",\"mail\":\"ben@mail.example.net\",\"team\":"
        "\"storage and billing\",\"seat\":218}],{\"a\":\"$1\",\"b\":\"$1\",\"c\":[\"$1\",\"$2\"],\"d\":\"$2\""
        ",\"e\":\"$1\",\"f\":\"$2\",\"g\":{\"h\":\"$2\"}}]");
}

static void objects_are_the_same_whatever_white_space_they_have(void **state)
{
    (void)state;
    hr_buf b = {0};
    static const char deep[] =
        "{\n  \"by\": {\n    \"login\": \"mia\",\n    \"mail\": \"mia@mail.example.net\",\n"
        "    \"team\": \"storage and retrieval of all\"\n  },\n  \"in\": {\n    \"by\": {\n"
        "      \"login\": \"mia\",\n      \"mail\": \"mia@mail.example.net\",\n"
        "      \"team\": \"storage and retrieval of all\"\n    },\n    \"to\": {\n"
        "      \"login\": \"mia\",\n      \"mail\": \"mia@mail.example.net\",\n"
        "      \"team\": \"storage and retrieval of all\"\n    },\n    \"cc\": {\n"
        "      \"login\": \"mia\",\n      \"mail\": \"mia@mail.example.net\",\n"
        "      \"team\": \"storage and retrieval of all\"\n    }\n  }\n}";
    assert_int_equal(hr_names_encode(&b, view(deep), NULL, &(hr_watch){0}), 1);
    hr_buf_putc(&b, 0);
    assert_non_null(strstr(b.data, "{\"by\":\"$1\",\"in\":{\"by\":\"$1\",\"to\":\"$1\",\"cc\":\"$1\"}}"));
    expect_decoded(b.data, deep);
    hr_buf_free(&b);
}

static void objects_that_differ_in_a_digit_an_escape_or_the_order_of_keys_are_not_the_same(void **state)
{
    (void)state;
    expect_left_alone("{\"a\":{\"login\":\"mia and others\",\"seat\":417},\"b\":{\"login\":\"mia and "
                      "others\",\"seat\":418},"
                      "\"c\":{\"seat\":417,\"login\":\"mia and others\"},\"d\":{\"login\":\"mi\\u0061 and "
                      "others\",\"seat\":417},"
                      "\"e\":{\"login\":\"mia and others\",\"seat\":417.0}}");
}

static void beginnings_of_addresses_have_names_and_may_begin_with_one(void **state)
{
    (void)state;
    expect_body("[\"https://api.example.net/repos/core/lib/pulls/1\",\"https://api.example.net/repos/core/"
                "lib/pulls/2\","
                "\"https://api.example.net/repos/core/lib/pulls/31\",\"https://api.example.net/repos/core/"
                "lib/pulls/4\","
                "\"https://api.example.net/users/mia\",\"https://api.example.net/users/ben\","
                "\"https://api.example.net/users/ada\",\"https://api.example.net/users/eve\"]",
                "$1=https://api.example.net\n$2=$1/repos/core/lib/pulls\ncompact "
                "[[\"$2/1\",\"$2/2\",\"$2/31\",\"$2/4\","
                "\"$1/users/mia\",\"$1/users/ben\",\"$1/users/ada\",\"$1/users/eve\"]]");
}

static void a_long_string_that_stands_again_has_one_too(void **state)
{
    (void)state;
    expect_body("[\"The job was not started, since spending is limited.\",1,\"The job was not started, since "
                "spending is "
                "limited.\",2,\"The job was not started, since spending is limited.\",\"The job\"]",
                "$1=The job was not started, since spending is limited.\ncompact "
                "[[\"$1\",1,\"$1\",2,\"$1\",\"The job\"]]");
}

static void dollar_signs_of_the_text_are_no_names(void **state)
{
    (void)state;
    expect_body(
        "[\"$1\",\"$\",\"$x\",\"$$1\",\"a$1\",\"The job was not started, since spending is limited.\",\"The "
        "job was "
        "not started, since spending is limited.\",\"The job was not started, since spending is limited.\"]",
        "$1=The job was not started, since spending is limited.\ncompact "
        "[[\"$$1\",\"$$\",\"$$x\",\"$$$1\",\"a$1\","
        "\"$1\",\"$1\",\"$1\"]]");
    expect_body(
        "[\"$HOME/of/the/user/and/more\",\"$HOME/of/the/user/and/less\",\"$HOME/of/the/user/and/none\","
        "\"$HOME/of/the/user/and/some\",\"$HOME/of/the/user/and/all\"]",
        "$1=$$HOME/of/the/user/and\ncompact [[\"$1/more\",\"$1/less\",\"$1/none\",\"$1/some\",\"$1/all\"]]");
}

static void a_key_that_is_a_dollar_sign_leaves_no_room_for_names(void **state)
{
    (void)state;
    expect_left_alone("{\"$\":1,\"a\":" MIA ",\"b\":" MIA ",\"c\":" MIA ",\"d\":" MIA "}");
    expect_left_alone("{\"\\u0024\":1,\"x\":2}");
}

static void an_escape_is_not_cut(void **state)
{
    (void)state;
    expect_body(
        "[\"https:\\/\\/api.example.net\\/a.b\\/c?d=1\",\"https:\\/\\/api.example.net\\/a.b\\/c?d=2\","
        "\"https:\\/\\/api.example.net\\/a.b\\/c?d=3\",\"https:\\/\\/api.example.net\\/a.b\\/c?e=3\"]",
        "$1=https:\\/\\/api.example.net\\/a.b\\/c\ncompact [[\"$1?d=1\",\"$1?d=2\",\"$1?d=3\",\"$1?e=3\"]]");
}

static void what_has_nothing_to_name_is_left_alone(void **state)
{
    (void)state;
    expect_left_alone("[]");
    expect_left_alone("{}");
    expect_left_alone("[1,2,3]");
    expect_left_alone("{\"a\":" MIA ",\"b\":" BEN "}");
    expect_left_alone("{\"a\":1,}");
    expect_left_alone("text");
}

/* ------------------------------------------------------------------ the reader */
static void names_need_not_stand_in_order_and_may_name_each_other(void **state)
{
    (void)state;
    expect_decoded("spaced [[{\"$\":2,\"b\":\"$1\"}],[{\"$\":1,\"a\":5,\"c\":[]}],[\"$2\",\"$1\"]]",
                   "[{\"b\": {\"a\": 5, \"c\": []}}, {\"a\": 5, \"c\": []}]");
    expect_decoded("$1=ab\n$2=$1c\n$3=$$1\ncompact [\"$2$1$3\"]", "\"abc$1$3\"");
    expect_decoded("compact [{\"a\":1}]", "{\"a\":1}");
    expect_decoded("compact [@1,\"$2\"]\n@1 2 $ a b\n1 x y\n2 \" z", "{\"a\":\"x\",\"b\":\"z\"}");
}

static void what_no_writer_writes_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "$1=",
                                      "$1=a",
                                      "$1=a\n",
                                      "$2=a\ncompact [1]",
                                      "$1=$1\ncompact [1]",
                                      "$1=$2x\n$2=y\ncompact [1]",
                                      "$01=a\ncompact [1]",
                                      "$1\ncompact [1]",
                                      "compact []",
                                      "compact {}",
                                      "compact [\"$1\"]",
                                      "compact [\"$x\"]",
                                      "compact [\"$0\"]",
                                      "compact [1,2]",
                                      "compact [{},2]",
                                      "compact [[1],2]",
                                      "compact [[{}],2]",
                                      "compact [[{\"$\":1}],2]",
                                      "compact [[{\"a\":1,\"$\":1}],2]",
                                      "compact [[{\"$\":\"1\",\"a\":1}],2]",
                                      "compact [[{\"$\":2,\"a\":1}],2]",
                                      "compact [[{\"$\":1,\"a\":1},{\"$\":1,\"a\":1}],2]",
                                      "compact [[{\"$\":1,\"a\":1}],\"$1x\"]",
                                      "compact [[{\"$\":1,\"a\":\"$1\"}],\"$1\"]",
                                      "compact [[{\"$\":1,\"a\":\"$2\"},{\"$\":2,\"a\":\"$1\"}],\"$1\"]",
                                      "spaced lines @1\n@1 1 a\n1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hr_buf b = {.max = 100000};
        if (hr_names_decode(&b, view(bad[i])) != 0)
            fail_msg("read: %s", bad[i]);
        hr_buf_free(&b);
    }
}

/* Each name says the one before it ten times. */
static void names_that_grow_stop_at_the_buffers_end(void **state)
{
    (void)state;
    hr_buf form = {0}, b = {.max = 1 << 20};
    hr_buf_puts(&form, "compact [[{\"$\":1,\"a\":1}");
    for (unsigned i = 2; i < 40; i++) {
        hr_buf_puts(&form, ",{\"$\":");
        hr_buf_u64(&form, i);
        for (char k = 'a'; k < 'k'; k++) {
            hr_buf_puts(&form, ",\"");
            hr_buf_putc(&form, k);
            hr_buf_puts(&form, "\":\"$");
            hr_buf_u64(&form, i - 1);
            hr_buf_putc(&form, '"');
        }
        hr_buf_putc(&form, '}');
    }
    hr_buf_puts(&form, "],\"$39\"]");
    assert_int_equal(hr_names_decode(&b, hr_buf_view(&form)), HR_ENOMEM);
    hr_buf_free(&form);
    hr_buf_free(&b);
}

/* ------------------------------------------------------------------ any JSON comes back */
static void feed(hr_buf *b, unsigned wide, unsigned depth)
{
    if (!wide)
        return;
    hr_buf_putc(b, '\n');
    for (unsigned i = 0; i < wide * depth; i++)
        hr_buf_putc(b, ' ');
}

/* A value that is mostly one of few: so strings, objects and lists stand again, within each other too. */
static void put_value(hr_buf *b, unsigned wide, unsigned depth, uint32_t which)
{
    static const char *const strings[] = {
        "https://api.example.net/repos/core/lib",   "$1",          "",  "/usr/lib/python3/dist-packages",
        "a rather long sentence that says nothing", "\\u00e9\\\"", "$", "x"};
    static const char *const ends[] = {"", "/pulls/1", "/pulls/2", "?page=3", "/a/b/c", " ", "$2", "\\/"};
    const unsigned kind = depth > 5 ? 0 : depth == 0 ? 1 + draw(2) : which % 4;
    const uint32_t n = kind == 0 ? 0 : depth == 0 || draw(20) == 0 ? draw(12) : 1 + which % 5;

    if (kind == 0 || kind == 3) {
        if (which % 3 == 0) {
            hr_buf_u64(b, which);
            return;
        }
        hr_buf_putc(b, '"');
        hr_buf_puts(b, strings[which % 8]);
        hr_buf_puts(b, ends[draw(9) ? which / 8 % 8 : draw(8)]);
        hr_buf_putc(b, '"');
        return;
    }
    const uint32_t before = seed;
    if (kind == 2)
        seed = which;
    hr_buf_putc(b, kind == 1 ? '[' : '{');
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            hr_buf_puts(b, wide ? "," : ", ");
        feed(b, wide, depth + 1);
        if (kind == 2) {
            hr_buf_puts(b, "\"key ");
            hr_buf_u64(b, which % 3 * 10 + (draw(40) ? i : draw(9)));
            hr_buf_puts(b, "\": ");
        }
        put_value(b, wide, depth + 1, draw(6) ? (which * 31 + i * 7) % 53 : draw(200));
    }
    if (kind == 2)
        seed = before * 3 + 1;
    if (n)
        feed(b, wide, depth);
    hr_buf_putc(b, kind == 1 ? ']' : '}');
}

static void every_text_comes_back(void **state)
{
    (void)state;
    size_t encoded = 0, objects = 0;
    for (int i = 0; i < 20000; i++) {
        hr_buf text = {0}, body = {0};
        const unsigned wide = draw(3) ? 2 * draw(3) : 0;
        put_value(&text, wide, 0, draw(200));
        assert_int_equal(text.err, 0);
        if (comes_back(names, hr_buf_view(&text), NULL, &body)) {
            encoded++;
            objects += memmem(body.data, body.len, "\"$\":", 4) || memmem(body.data, body.len, " $ ", 3);
        }
        hr_buf_free(&text);
        hr_buf_free(&body);
    }
    assert_true(encoded > 5000);
    assert_true(objects > 300);
}

static void the_reader_takes_any_bytes(void **state)
{
    (void)state;
    static const char bytes[] = "$\"\\[]{},:@1209 \n=a";
    for (int i = 0; i < 20000; i++) {
        hr_buf text = {0};
        put_value(&text, 0, 0, draw(200));
        expect_any_bytes_are_read(names, hr_buf_view(&text), bytes);
        hr_buf_free(&text);
    }
}

#define FOUR(x) x "," x "," x "," x

static void missing_memory_is_told(void **state)
{
    (void)state;
    const char *text = "[" FOUR(MIA) "," FOUR(BEN) "," FOUR("\"https://api.example.net/users/mia\"") "]";
    expect_missing_memory_is_told(HR_FORM_NAMES, text, 300);
}

static void a_passed_deadline_ends_the_work(void **state)
{
    (void)state;
    hr_buf text = {0}, b = {0};
    hr_watch watch = {.deadline_cpu_us = 1};
    hr_buf_puts(&text, "[0");
    for (int i = 0; i < 3000; i++)
        hr_buf_puts(&text, "," MIA);
    hr_buf_puts(&text, "]");
    assert_int_equal(hr_form_encode(&b, HR_FORM_NAMES, hr_buf_view(&text), NULL, &watch), HR_ETIME);
    hr_buf_free(&text);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_that_stand_again_are_rows_with_names),
        cmocka_unit_test(objects_are_the_same_whatever_white_space_they_have),
        cmocka_unit_test(objects_that_differ_in_a_digit_an_escape_or_the_order_of_keys_are_not_the_same),
        cmocka_unit_test(beginnings_of_addresses_have_names_and_may_begin_with_one),
        cmocka_unit_test(a_long_string_that_stands_again_has_one_too),
        cmocka_unit_test(dollar_signs_of_the_text_are_no_names),
        cmocka_unit_test(a_key_that_is_a_dollar_sign_leaves_no_room_for_names),
        cmocka_unit_test(an_escape_is_not_cut),
        cmocka_unit_test(what_has_nothing_to_name_is_left_alone),
        cmocka_unit_test(names_need_not_stand_in_order_and_may_name_each_other),
        cmocka_unit_test(what_no_writer_writes_is_refused),
        cmocka_unit_test(names_that_grow_stop_at_the_buffers_end),
        cmocka_unit_test(every_text_comes_back),
        cmocka_unit_test(the_reader_takes_any_bytes),
        cmocka_unit_test(missing_memory_is_told),
        cmocka_unit_test(a_passed_deadline_ends_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
