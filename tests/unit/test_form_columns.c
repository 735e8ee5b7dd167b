/* test_form_columns.c - claims of JSON as tables (core/transform/form_columns*.c, columns.h): read back byte for byte. */
#include "form_rig.h"

#define HEAD                                                                                                 \
    "[headroom columns: @N is the array of ROWS objects under @N ROWS KEYS, divided as their keys; k=v: "    \
    "the same in all, k{a,b}: object, k[a,b]: list [row;row]; \" = as above, also at a row's end; - = no "   \
    "key]\n"

/* A body that the decoder reads, and what it stands for. */
static void expect_decoded(const char *body, const char *text)
{
    expect_decoded_below(HEAD, body, text);
}

static void expect_refused(const char *body)
{
    expect_refused_below(HEAD, body);
}

static const struct codec columns = {hr_columns_encode, hr_columns_decode};

static void expect_body(const char *text, const char *body)
{
    expect_body_encoded(columns, text, NULL, body);
    expect_decoded(body, text);
}

static void expect_left_alone(const char *text)
{
    expect_body_left_alone(columns, text);
}

/* ------------------------------------------------------------------ what stands where */
static void keys_stand_once(void **state)
{
    (void)state;
    expect_body("{\"n\":2,\"of\":[{\"id\":1,\"t\":\"a b\",\"ok\":true},{\"id\":2,\"t\":\"c\",\"ok\":true},"
                "{\"id\":2,\"t\":\"c\",\"ok\":true}],\"z\":[]}",
                "compact {\"n\":2,\"of\":@1,\"z\":[]}\n@1 3 id t,ok=true\n1 a b\n2 c\n\"");
}

static void a_cell_is_its_lexeme_and_a_string_is_bare_where_it_can_be_nothing_else(void **state)
{
    (void)state;
    expect_body(
        "[{\"a\":123,\"b\":1},{\"a\":\"123\",\"b\":2},{\"a\":null,\"b\":3},{\"a\":\"null\",\"b\":4},"
        "{\"a\":\"\",\"b\":5},{\"b\":6},{\"a\":\"-\",\"b\":7},{\"a\":1.50,\"b\":-0e+1},{\"a\":\"007\"},"
        "{\"a\":\"*\"},{\"a\":\"x]\"},{\"a\":\"\\u00e9\"},{\"a\":\"\xc3\xa9\"},{\"a\":[1,\"a b\"]},"
        "{\"a\":\"[\"},{\"a\":\",\"},{\"a\":\"a,b\"},{\"a\":\"\\\\\"},{\"a\":\"true\"},{\"a\":false}]",
        "compact @1\n@1 20 a b\n123 1\n\"123\" 2\nnull 3\n\"null\" 4\n\"\" 5\n- 6\n\"-\" 7\n1.50 -0e+1\n"
        "007 -\n\"*\"\nx]\n\"\\u00e9\"\n\xc3\xa9\n[1,\"a b\"]\n\"[\"\n\\\",\"\n\"a,b\"\n\"\\\\\"\n"
        "\"true\"\nfalse");
}

static void a_space_divides_only_where_no_text_has_one(void **state)
{
    (void)state;
    expect_body(
        "[{\"a\":\"x\",\"b\":\" y\",\"c\":1,\"d\":\"p q\"},{\"a\":\"x\",\"b\":\"y z\",\"c\":2,\"d\":\"r\"},"
        "{\"a\":\"w\",\"b\":\"y z\",\"c\":2,\"d\":\"s t\"}]",
        "compact @1\n@1 3 a b,c d\nx \" y\",1 p q\n\" y z,2 r\nw \",\" s t");
}

static void objects_in_every_row_are_columns(void **state)
{
    (void)state;
    expect_body(
        "[{\"k\":{\"a\":1,\"b\":{\"c\":\"u v\"}},\"m\":{}},{\"k\":{\"a\":2,\"b\":{\"c\":\"w\"}},\"m\":{}},"
        "{\"k\":{\"b\":{\"c\":\"w\"}},\"m\":{}}]",
        "compact @1\n@1 3 k{a b{c}},m={}\n1 u v\n2 w\n-");
    expect_body("[{\"k\":{\"a\":1}},{\"k\":{\"a\":2}},{\"k\":3}]",
                "compact @1\n@1 3 k\n{\"a\":1}\n{\"a\":2}\n3");
}

static void lists_of_objects_are_rows_in_the_row(void **state)
{
    (void)state;
    expect_body("[{\"l\":[{\"a\":1,\"b\":\"x;\"},{\"a\":2,\"b\":\"x;\"}],\"z\":1},{\"l\":[],\"z\":2},{\"l\":"
                "null,\"z\":2},"
                "{\"l\":[{\"a\":2,\"b\":\"x;\"}],\"z\":2}]",
                "compact @1\n@1 4 l[a b=\"x;\"],z\n[1;2],1\n[],2\nnull\n[\"]");
    expect_body("[{\"l\":[{\"a\":1}]},{\"l\":[{\"a\":1},{\"a\":1}]},{\"l\":[]}]",
                "compact @1\n@1 3 l[a=1]\n[\"]\n[\";\"]\n[]");
}

static void what_is_no_record_stands_whole(void **state)
{
    (void)state;
    expect_body("[{\"a\":1,\"b\":1},{\"b\":1,\"a\":2},{\"a\":3,\"b\":4},{\"a\":3,\"b\":5},{\"a\":3,\"b\":6}]",
                "compact @1\n@1 5 a b\n1 1\n*{\"b\":1,\"a\":2}\n3 4\n\" 5\n\" 6");
    expect_body("[{\"a\":1},{\"a\":2},{\"a\":2,\"a\":3},{\"a\":2},{\"a\":4}]",
                "compact @1\n@1 5 a\n1\n2\n*{\"a\":2,\"a\":3}\n\"\n4");
    expect_body("[{\"a\":1},{\"a\":2},{\"a\":3},\"x\"]", "compact @1\n@1 4 a\n1\n2\n3\n*\"x\"");
}

static void keys_may_be_anything(void **state)
{
    (void)state;
    expect_body("[{\"a.b\":1,\"c d\":2,\"\":3,\"e=\":4,\"\\u0041\":5},{\"a.b\":0,\"c "
                "d\":0,\"\":0,\"e=\":0,\"\\u0041\":0},"
                "{\"a.b\":1,\"c d\":2,\"\":3,\"e=\":4,\"\\u0041\":5}]",
                "compact @1\n@1 3 a.b \"c d\" \"\" \"e=\" \"\\u0041\"\n1 2 3 4 5\n0 0 0 0 0\n1 2 3 4 5");
}

static void white_space_comes_back_in_its_style(void **state)
{
    (void)state;
    expect_body("[{\"a\": 1, \"b\": [1, 2]}, {\"a\": 2, \"b\": []}, {\"a\": 2, \"b\": {\"x\": {}}}]",
                "spaced @1\n@1 3 a b\n1 [1,2]\n2 []\n\" {\"x\":{}}");
    expect_body("{\n  \"t\": [\n    {\n      \"a\": [\n        1\n      ]\n    },\n    {\n      \"a\": 2\n   "
                " },\n    {}\n  ]\n}",
                "indent 2 {\"t\":@1}\n@1 3 a\n[1]\n2\n-");
    expect_body("[\n\t{\n\t\t\"a\": 1\n\t},\n\t{\n\t\t\"a\": 2\n\t},\n\t{\n\t\t\"a\": {}\n\t}\n]",
                "indent tab @1\n@1 3 a\n1\n2\n{}");
    expect_body("{\"a\":1}\n{\"a\":2}\n{\"a\":3}", "compact lines @1\n@1 3 a\n1\n2\n3");
    expect_body("{\"a\": 1}\n{\"a\": [1, 2]}\n{\"a\": 3}", "spaced lines @1\n@1 3 a\n1\n[1,2]\n3");
}

#define FILL                                                                                                 \
    "a text that is the same in all rows and long enough for the head to pay: it is said once, and in no "   \
    "row"
#define FILLED(x) "{\"fill\":\"" FILL "\",\"n\":" x "}"

static void what_cannot_come_back_is_left_alone(void **state)
{
    (void)state;
    hr_buf b = {0};
    static const char mixed[] = "[" FILLED("1") ", " FILLED("2") "," FILLED("3") "," FILLED("4") "]";
    static const char same[] = "[" FILLED("1") "," FILLED("2") "," FILLED("3") "," FILLED("4") "]";
    assert_int_equal(hr_form_encode(&b, HR_FORM_COLUMNS, view(mixed), NULL, &(hr_watch){0}), 0);
    assert_int_equal(b.len, 0);
    assert_int_equal(hr_form_encode(&b, HR_FORM_COLUMNS, view(same), NULL, &(hr_watch){0}), 1);
    assert_memory_equal(b.data, HEAD, strlen(HEAD));
    expect_back(hr_buf_view(&b), view(same));
    hr_buf_free(&b);
}

static void what_is_no_table_is_left_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "[1,2,3]",
        "[{\"a\":1},{\"a\":2}]",
        "[{},{},{}]",
        "[{\"a\":1},{\"a\":2},{\"a\":3}",
        "[{\"a\":1},{\"b\":2},{\"c\":3}]",
        "[{\"a\":1},1,2,3]",
        "[{\"a\":1},{\"a\":2},{\"a\":3}]]",
        "{\"a\":1}\n{\"a\":[1\n2]},{\"a\":3}\n{\"a\":2}",
        "{\"a\":1}\n\n{\"a\":2}\n{\"a\":3}",
        "{\"a\":1}\n{\"a\":2}\n[]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_left_alone(texts[i]);
}

/* ------------------------------------------------------------------ the reader */
static void a_reader_takes_what_a_writer_could_have_meant(void **state)
{
    (void)state;
    expect_decoded("spaced [@1,@2]\n@1 1 a\nx y\n@2 2 b\n*[1,2]\n-", "[[{\"a\": \"x y\"}], [[1, 2], {}]]");
    expect_decoded("compact {\"a\":1}", "{\"a\":1}");
    expect_decoded("compact {\"@1\":@1}\n@1 1 @ b\n@1 2", "{\"@1\":[{\"@\":\"@1\",\"b\":2}]}");
}

static void what_no_writer_writes_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "compact",
                                      "compact ",
                                      "compac []",
                                      "compact [",
                                      "compact ]",
                                      "compact \"",
                                      "compact @1",
                                      "compact @1\n",
                                      "compact @1\n@1",
                                      "compact @1\n@1 ",
                                      "compact @1\n@1 1 ",
                                      "compact @1\n@1 1 a",
                                      "compact @1\n@2 1 a\n1",
                                      "compact @01\n@1 1 a\n1",
                                      "compact @1\n@01 1 a\n1",
                                      "compact @1\n@1 2 a\n1",
                                      "compact @1\n@1 1 a\n1\n2",
                                      "compact @1\n@1 1 a\n1,2",
                                      "compact @1\n@1 1 a\n\"",
                                      "compact @1\n@1 1 a\n\"x",
                                      "compact @1\n@1 1 a\nx\"",
                                      "compact @1\n@1 1 a\n",
                                      "compact @1\n@1 1 a\n\\",
                                      "compact @1\n@1 1 a\n\\x",
                                      "compact @1\n@1 1 a\n[1",
                                      "compact @1\n@1 1 a\n*",
                                      "compact @1\n@1 1 a\n*[@1]",
                                      "compact @1\n@1 1 a b\n1",
                                      "compact @1\n@1 1 a b\n1,2",
                                      "compact @1\n@1 1 a,b\n1 2,",
                                      "compact @1\n@1 1 a{b\n1",
                                      "compact @1\n@1 1 a{b]\n1",
                                      "compact @1\n@1 1 a{}\n1",
                                      "compact @1\n@1 1 a=1\n1",
                                      "compact @1\n@1 1 a=1 b\n1",
                                      "compact @1\n@1 1 a=\"\nx",
                                      "compact @1\n@1 1 a[b]\n[1",
                                      "compact @1\n@1 1 a[b]\n[1;]",
                                      "compact @1\n@1 1 a[b]\n[1]x",
                                      "compact @1\n@1 1 a[b]\n[1,2]",
                                      "compact @1\n@1 1 a{a{a{a{a{a{a{a{a{a{a\n1",
                                      "spaced lines [@1]\n@1 1 a\n1",
                                      "compact [@1,@1]\n@1 1 a\n1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused(bad[i]);
}

static void the_reader_stops_at_the_buffers_end(void **state)
{
    (void)state;
    hr_buf b = {.max = 1000}, form = {0};
    hr_buf_puts(&form, HEAD "compact @1\n@1 1000 abcdef=abcdef");
    for (int i = 0; i < 1000; i++)
        hr_buf_puts(&form, "\n\"");
    assert_int_equal(hr_form_decode(&b, hr_buf_view(&form)), HR_ENOMEM);
    hr_buf_free(&b);
    hr_buf_free(&form);
}

/* ------------------------------------------------------------------ any JSON comes back */
struct printer {
    hr_buf b;
    bool space;
    unsigned wide;
    char fill;
};

static void between(struct printer *p, bool first, unsigned depth)
{
    hr_buf_puts(&p->b, first ? "" : ",");
    if (!p->wide) {
        hr_buf_puts(&p->b, !first && p->space ? " " : "");
        return;
    }
    hr_buf_putc(&p->b, '\n');
    for (unsigned i = 0; i < depth * p->wide; i++)
        hr_buf_putc(&p->b, p->fill);
}

static void end(struct printer *p, bool empty, unsigned depth, char c)
{
    if (!empty && p->wide)
        between(p, true, depth);
    hr_buf_putc(&p->b, c);
}

static void scalar(struct printer *p)
{
    static const char *const lexemes[] = {
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.0",
        "1e5",
        "-0.5E-7",
        "\"\"",
        "\"-\"",
        "\"null\"",
        "\"12\"",
        "\"1.\"",
        "\"-7\"",
        "\" \"",
        "\"a \"",
        "\" a\"",
        "\"a b\"",
        "\"a,b\"",
        "\",\"",
        "\"]\"",
        "\";x\"",
        "\"}\"",
        "\"a;b\"",
        "\"a]b\"",
        "\"\\\"\"",
        "\"\\\\\"",
        "\"\\u00e4\"",
        "\"\\ud83d\\ude00\"",
        "\"\xc3\xa4\"",
        "\"@1\"",
        "\"*\"",
        "\"[\"",
        "\"{\"",
        "\"\\n\"",
        "\"=\"",
        "\"\\/\"",
        "\"true\"",
        "\"ok\"",
        "\"ok\"",
        "\"ok\"",
    };
    if (draw(3) == 0)
        hr_buf_u64(&p->b, draw(draw(2) ? 3 : 100000));
    else
        hr_buf_puts(&p->b, lexemes[draw(sizeof lexemes / sizeof *lexemes)]);
}

static void value(struct printer *p, unsigned depth, uint32_t shape);

/* Objects of one shape have mostly the same keys in the same order. */
static void object(struct printer *p, unsigned depth, uint32_t shape)
{
    static const char *const keys[] = {"a",   "b",   "id", "a b", "",   "\\u0041",
                                       "x=y", "k.l", "[",  "m",   "@1", "\xc3\xa4"};
    const uint32_t n = 1 + shape % 5;
    bool first = true;
    hr_buf_putc(&p->b, '{');
    for (uint32_t i = 0; i < n; i++) {
        if (draw(12) == 0)
            continue;
        uint32_t k = draw(60) ? i : draw(5); /* another order, or twice */
        between(p, first, depth + 1);
        first = false;
        hr_buf_putc(&p->b, '"');
        hr_buf_puts(&p->b, keys[(shape / 5 + k) % (sizeof keys / sizeof *keys)]);
        hr_buf_puts(&p->b, p->space ? "\": " : "\":");
        value(p, depth + 1, draw(50) ? shape * 7 + k * 13 : draw(1000));
    }
    end(p, first, depth, '}');
}

static void array(struct printer *p, unsigned depth, uint32_t shape)
{
    const uint32_t n = draw(depth ? 4 : 10);
    hr_buf_putc(&p->b, '[');
    for (uint32_t i = 0; i < n; i++) {
        between(p, i == 0, depth + 1);
        value(p, depth + 1, draw(25) ? shape : draw(1000));
    }
    end(p, n == 0, depth, ']');
}

/* The shape tells mostly what it is. */
static void value(struct printer *p, unsigned depth, uint32_t shape)
{
    const uint32_t kind = draw(20) ? shape % 8 : draw(8);
    if (depth < 10 && (kind == 0 || kind == 3 || depth == 1))
        object(p, depth, shape / 2);
    else if (depth < 10 && (kind == 1 || depth == 0))
        array(p, depth, shape / 2);
    else
        scalar(p);
}

static void style(struct printer *p)
{
    static const struct printer styles[] = {{.wide = 0},
                                            {.space = true},
                                            {.space = true, .wide = 2, .fill = ' '},
                                            {.space = true, .wide = 4, .fill = ' '},
                                            {.space = true, .wide = 1, .fill = '\t'}};
    *p = styles[draw(sizeof styles / sizeof *styles)];
}

static void every_text_comes_back(void **state)
{
    (void)state;
    size_t encoded = 0, lines = 0;
    for (int i = 0; i < 30000; i++) {
        struct printer p;
        hr_buf body = {0};
        uint32_t shape = draw(100000);
        style(&p);
        if (draw(5) == 0) {
            p.wide = 0;
            for (uint32_t k = draw(9); k > 0; k--) {
                object(&p, 0, shape);
                hr_buf_puts(&p.b, k > 1 ? "\n" : "");
            }
        } else {
            value(&p, 0, shape);
        }
        assert_int_equal(p.b.err, 0);
        if (comes_back(columns, hr_buf_view(&p.b), NULL, &body)) {
            encoded++;
            lines += memmem(body.data, body.len, "lines @1", 8) != NULL;
        }
        hr_buf_free(&p.b);
        hr_buf_free(&body);
    }
    assert_true(encoded > 5000);
    assert_true(lines > 500);
}

/* A true form with a byte changed, or cut off. */
static void the_reader_takes_any_bytes(void **state)
{
    (void)state;
    static const char bytes[] = "\"\\[]{},;:@*-= \n019ax";
    for (int i = 0; i < 30000; i++) {
        struct printer p;
        style(&p);
        value(&p, 0, draw(100000));
        expect_any_bytes_are_read(columns, hr_buf_view(&p.b), bytes);
        hr_buf_free(&p.b);
    }
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    const char *text = "[" FILLED("1") "," FILLED("2") "," FILLED("3") "," FILLED("4") "]";
    expect_missing_memory_is_told(HR_FORM_COLUMNS, text, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_stand_once),
        cmocka_unit_test(a_cell_is_its_lexeme_and_a_string_is_bare_where_it_can_be_nothing_else),
        cmocka_unit_test(a_space_divides_only_where_no_text_has_one),
        cmocka_unit_test(objects_in_every_row_are_columns),
        cmocka_unit_test(lists_of_objects_are_rows_in_the_row),
        cmocka_unit_test(what_is_no_record_stands_whole),
        cmocka_unit_test(keys_may_be_anything),
        cmocka_unit_test(white_space_comes_back_in_its_style),
        cmocka_unit_test(what_cannot_come_back_is_left_alone),
        cmocka_unit_test(what_is_no_table_is_left_alone),
        cmocka_unit_test(a_reader_takes_what_a_writer_could_have_meant),
        cmocka_unit_test(what_no_writer_writes_is_refused),
        cmocka_unit_test(the_reader_stops_at_the_buffers_end),
        cmocka_unit_test(every_text_comes_back),
        cmocka_unit_test(the_reader_takes_any_bytes),
        cmocka_unit_test(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
