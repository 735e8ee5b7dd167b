/* Unit tests of tools/lines.c: which lines a text becomes, and that no text leads the reader astray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/lines.c"

/* The lines of a JSON text, joined; NULL: it is none. An exact copy, so that the sanitizer sees a byte read too much. */
static char *json_view(const char *text, size_t len)
{
    struct lines l;
    char *copy = malloc(len == 0 ? 1 : len), *all = NULL;
    int found;

    assert_non_null(copy);
    memcpy(copy, text, len);
    found = lines_of_json(copy, len, &l);
    free(copy);
    if (found == 1) {
        size_t n = 0;
        for (size_t i = 0; i < l.n; i++)
            n += l.line[i].len + 1;
        all = malloc(n + 1);
        assert_non_null(all);
        n = 0;
        for (size_t i = 0; i < l.n; i++) {
            memcpy(all + n, l.line[i].text, l.line[i].len);
            n += l.line[i].len;
            all[n++] = '\n';
        }
        all[n] = '\0';
    }
    lines_free(&l);
    return all;
}

static void json_gets_a_line_for_each_element(void **state)
{
    static const char *const cases[][2] = {
        {"[1, 2]", "[\n  1\n  2\n]\n"},
        {"{\"a\" : [ {\"x\": 1e5,\"y\" :[1, 2]}, {} ] , \"b\":{\"c\":null}}",
         "{\n  \"a\": [\n    {\"x\":1e5,\"y\":[1,2]}\n    {}\n  ]\n  \"b\": {\n    \"c\": null\n  }\n}\n"},
        {"[[{\"k\":1}],[3]]", "[\n  [\n    {\"k\":1}\n  ]\n  [3]\n]\n"},
        {" { } ", "{}\n"},
        {"[]", "[]\n"},
        {"{\"t\":\"[1, \\\"\\u00e4\\\\n\\\"]\"}",
         "{\n  \"t\": \"JSON\":\n    [\n      1\n      \"\xC3\xA4\\n\"\n    ]\n}\n"},
        {"[{\"t\":\"{}\"}]", "[\n  {\n    \"t\": \"JSON\":\n      {}\n  }\n]\n"},
        {"{\"t\":\"[1, no\"}", "{\n  \"t\": \"[1, no\"\n}\n"},
        {"{\"t\":\"[\\ud83d\\ude00]\"}", "{\n  \"t\": \"[\\ud83d\\ude00]\"\n}\n"},
        {"{\"t\":\"[\\\"\\ud83d\\ude00\\\"]\"}",
         "{\n  \"t\": \"JSON\":\n    [\n      \"\xF0\x9F\x98\x80\"\n    ]\n}\n"},
        {"{\"t\":\"[\\\"\\ud83d\\\"]\"}", "{\n  \"t\": \"[\\\"\\ud83d\\\"]\"\n}\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *view = json_view(cases[i][0], strlen(cases[i][0]));

        assert_non_null(view);
        assert_string_equal(view, cases[i][1]);
        free(view);
    }
}

static void what_is_no_object_or_array_has_no_json_form(void **state)
{
    static const char *const cases[] = {"",        " ",     "1",     "\"a\"",    "[1",    "[1,]x",
                                        "{\"a\"}", "{a:1}", "[1] 2", "[\"\n\"]", "[\"a]", "[\"\\"};
    char deep[2 * MAX_DEPTH + 8];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_null(json_view(cases[i], strlen(cases[i])));
    memset(deep, '[', sizeof(deep) / 2);
    memset(deep + sizeof(deep) / 2, ']', sizeof(deep) / 2);
    assert_null(json_view(deep, sizeof(deep)));
}

static void a_text_cut_or_changed_at_any_byte_is_read_within_its_bounds(void **state)
{
    static const char text[] = "{\"a\":[{\"x\":\"\\u00e4\\ud83d\\ude00\"},[[1,{}]]],\"b\":\"[{\\\"c\\\":["
                               "true,\\\"\\\\u0041\\\"]}]\"}";
    static const char odd[] = "\"\\{}[],:u\0\n \xFF";
    char changed[sizeof(text)];

    (void)state;
    for (size_t n = 0; n < sizeof(text) - 1; n++)
        assert_null(json_view(text, n));
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        for (size_t j = 0; j < sizeof(odd) - 1; j++) {
            memcpy(changed, text, sizeof(text));
            changed[i] = odd[j];
            free(json_view(changed, sizeof(text) - 1));
        }
    }
}

static void the_lines_of_an_element_do_not_depend_on_its_neighbours(void **state)
{
    static const char all[] = "{\"r\": [{\"id\": 1, \"v\": [{\"w\": 2}]}, {\"id\": 2}, {\"id\": 3}]}";
    static const char some[] = "{\"r\":[{\"id\":3}]}";
    char *whole = json_view(all, sizeof(all) - 1), *part = json_view(some, sizeof(some) - 1);

    (void)state;
    assert_non_null(strstr(whole, "\n    {\"id\":3}\n"));
    assert_non_null(strstr(part, "\n    {\"id\":3}\n"));
    free(whole);
    free(part);
}

static void plain_text_is_cut_at_its_line_feeds(void **state)
{
    struct lines l;

    (void)state;
    assert_true(lines_of_text("a\n\nb", 4, &l));
    assert_int_equal(l.n, 3);
    assert_int_equal(l.line[1].len, 0);
    assert_memory_equal(l.line[2].text, "b", 1);
    lines_free(&l);
    assert_true(lines_of_text("a\n", 2, &l));
    assert_int_equal(l.n, 1);
    lines_free(&l);
    assert_true(lines_of_text("", 0, &l));
    assert_int_equal(l.n, 0);
    lines_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_gets_a_line_for_each_element),
        cmocka_unit_test(what_is_no_object_or_array_has_no_json_form),
        cmocka_unit_test(a_text_cut_or_changed_at_any_byte_is_read_within_its_bounds),
        cmocka_unit_test(the_lines_of_an_element_do_not_depend_on_its_neighbours),
        cmocka_unit_test(plain_text_is_cut_at_its_line_feeds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
