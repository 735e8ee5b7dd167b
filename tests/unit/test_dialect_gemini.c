/* test_dialect_gemini.c - Gemini: strings inside of responses, pairing with and without ids, both spellings, envelopes. */
#include "dialect_rig.h"

#define USER                  "{\"role\":\"user\",\"parts\":[{\"text\":\"why?\"}]}"
#define CALLS(parts)          "{\"role\":\"model\",\"parts\":[" parts "]}"
#define RESPONSES(parts)      "{\"role\":\"user\",\"parts\":[" parts "]}"
#define CALL(name, args)      "{\"functionCall\":{\"name\":\"" name "\",\"args\":" args "}}"
#define RESPONSE(name, value) "{\"functionResponse\":{\"name\":\"" name "\",\"response\":" value "}}"
#define BODY(contents)        "{\"contents\":[" contents "]}"
#define LONG                                                                                                 \
    "\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" \
    "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567\""

static void each_string_of_a_response_is_a_literal(void **state)
{
    static const struct {
        const char *response, *literal[3];
    } cases[] = {
        {"{\"output\":\"x\"}", {"\"x\""}},
        {"{\"output\":\"x\",\"n\":1,\"note\":\"y\"}", {"\"x\"", "\"y\""}},
        {"{\"content\":[{\"type\":\"text\",\"text\":" LONG "}],\"z\":[\"short\"]}", {LONG}},
        {"{\"a\":{\"b\":[[" LONG "],{}]},\"c\":\"\"}", {LONG, "\"\""}},
        {"{\"n\":[1,2,{\"k\":null}]}", {NULL}},
        {"{}", {NULL}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[1024];
        struct fixture f;
        size_t n = 0;
        snprintf(body, sizeof body,
                 BODY(USER "," CALLS(CALL("f", "{\"q\":1}")) "," RESPONSES(
                     "{\"functionResponse\":{\"response\":%s,\"name\":\"f\",\"parts\":[{\"inlineData\":{"
                     "\"data\":\"d\"}}]}}")),
                 cases[i].response);
        assert_int_equal(read_it(&f, "gemini", body), 0);
        for (; n < 3 && cases[i].literal[n]; n++) {
            assert_result(&f, n, cases[i].literal[n], 0);
            assert_true(hr_str_is(f.c.ev[nth(&f, HR_EV_RESULT, n)].name, "f"));
        }
        assert_int_equal(f.c.results, n);
        assert_false(f.c.unpaired);
        assert_robust("gemini", body);
        done(&f);
    }
}

static void what_a_member_error_holds_is_an_error(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "gemini",
                             BODY(CALLS(CALL("f", "{}")) "," RESPONSES(
                                 RESPONSE("f", "{\"output\":\"x\",\"error\":{\"message\":" LONG
                                               "},\"after\":\"y\",\"in\":{\"error\":" LONG "}}")))),
                     0);
    assert_int_equal(f.c.results, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(f.c.ev[nth(&f, HR_EV_RESULT, i)].is_error, i == 1);
    done(&f);
}

static void without_ids_order_and_name_pair(void **state)
{
    static const char body[] =
        "{\"contents\":[" CALLS(CALL("f", "1")) "," RESPONSES(RESPONSE("f", "{\"o\":\"old\"}")) "," CALLS(
            CALL("f", "2") "," CALL("g", "3") "," CALL("f", "4") "," CALL(
                "f",
                "5")) ","
                      "{\"role\":\"user\",\"parts\":[" RESPONSE("f", "{\"a\":\"x\",\"b\":\"y\"}") "," RESPONSE(
                          "f",
                          "{\"only\":7}") "," RESPONSE("f",
                                                       "{\"o\":\"z\"}") "," RESPONSE("g",
                                                                                     "{\"o\":\"w\"}") "]}]}";
    static const char more[] =
        "{\"contents\":[" CALLS(CALL("f", "1")) ",{\"role\":\"user\",\"parts\":[" RESPONSE(
            "f", "{\"o\":\"x\"}") "," RESPONSE("f", "{\"o\":\"y\"}") "]}]}";
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "gemini", body), 0);
    assert_string_equal(shape(&f), "AcrAccccrrrr");
    assert_result(&f, 0, "\"old\"", 0);
    assert_result(&f, 1, "\"x\"", 1);
    assert_result(&f, 2, "\"y\"", 1);
    assert_result(&f, 3, "\"z\"", 4); /* the third response, of the third call; the second has no string */
    assert_result(&f, 4, "\"w\"", 2);
    assert_false(f.c.unpaired);
    done(&f);
    assert_int_equal(read_it(&f, "gemini", more), 0);
    assert_true(f.c.unpaired); /* more responses than calls */
    done(&f);
}

static void ids_pair_across_turns_and_in_both_spellings(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(
        read_it(&f, "gemini",
                "{\"system_instruction\":{\"parts\":[{\"text\":\"s\"}]},\"contents\":[{\"parts\":[{"
                "\"function_call\":{\"id\":\"1\",\"name\":"
                "\"f\",\"args\":{\"q\":2}},\"thought_signature\":\"s\"},{\"function_call\":{\"id\":\"2\","
                "\"name\":\"f\"}}],\"role\":\"model\"},"
                "{\"role\":\"function\",\"parts\":[{\"function_response\":{\"id\":\"2\",\"name\":\"f\","
                "\"response\":{\"o\":\"b\"}}},"
                "{\"function_response\":{\"id\":\"1\",\"name\":\"f\",\"response\":{\"o\":\"a\"}}}]},"
                "{\"parts\":[{\"text\":\"thanks\"}]}],\"tools\":[{\"function_declarations\":[{\"name\":\"run_"
                "shell_command\"}]}]}"),
        0);
    assert_string_equal(shape(&f), "Accrrh");
    assert_true(f.c.ev[0].sealed && f.c.offers_command);
    assert_result(&f, 0, "\"b\"", 1);
    assert_result(&f, 1, "\"a\"", 0);
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 1)), "{\"q\":2}\nthanks\n");
    done(&f);
}

static void what_the_model_says_is_not_ours(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(
        read_it(&f, "gemini",
                BODY(CALLS(
                    "{\"text\":\"t\",\"thought\":true},{\"codeExecutionResult\":{\"output\":\"o\"}},"
                    "{\"functionCall\":{\"name\":\"f\",\"response\":{\"x\":\"y\"}}},"
                    "{\"toolResponse\":{\"response\":{\"x\":\"y\"}}},{\"functionResponse\":{\"name\":\"f\","
                    "\"response\":{\"x\":\"y\"}}}") ",{\"role\":\"system\",\"parts\":[{\"text\":\"s\"}]}")),
        0);
    assert_string_equal(shape(&f), "Ac");
    assert_false(f.c.ev[0].sealed);
    done(&f);
}

static void envelopes_are_opened_once(void **state)
{
    static const struct {
        const char *body;
        int err;
    } cases[] = {
        {"{\"model\":\"m\",\"request\":" BODY(USER) "}", 0},
        {"{\"generateContentRequest\":{\"model\":\"m\",\"contents\":[" USER "]}}", 0},
        {"{\"generate_content_request\":{\"model\":\"m\",\"contents\":[" USER "]}}", 0},
        {"{\"request\":{\"request\":" BODY(USER) "}}", HR_ESHAPE},
        {"{\"contents\":[],\"request\":" BODY(USER) "}", HR_EDUP},
        {"{\"request\":3}", HR_ESHAPE},
        {"{\"contents\":{}}", HR_ESHAPE},
        {"{\"contents\":[{\"parts\":{}}]}", HR_ESHAPE},
        {"{\"contents\":[{\"role\":\"user\",\"parts\":[1]}]}", HR_ESHAPE},
        {"{\"messages\":[]}", HR_ESHAPE},
        {BODY(USER) " 1", HR_EJSON},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        assert_int_equal(read_it(&f, "gemini", cases[i].body), cases[i].err);
        if (cases[i].err == 0) {
            assert_string_equal(shape(&f), "h");
            assert_true(hr_str_is(f.c.model, "m"));
        }
        done(&f);
    }
}

static void a_cached_prefix_may_hold_the_call(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "gemini",
                             "{\"contents\":[" RESPONSES(
                                 RESPONSE("f", "{\"o\":\"x\"}")) "],\"cachedContent\":\"cachedContents/1\"}"),
                     0);
    assert_false(f.c.unpaired);
    done(&f);
    assert_int_equal(read_it(&f, "gemini", BODY(RESPONSES(RESPONSE("f", "{\"o\":\"x\"}")))), 0);
    assert_true(f.c.unpaired);
    done(&f);
}

static void a_thousand_parallel_calls_are_paired_in_order(void **state)
{
    hr_buf b = {0};
    struct fixture f;
    (void)state;
    hr_buf_puts(&b, "{\"contents\":[{\"role\":\"model\",\"parts\":[");
    for (int i = 0; i < 1000; i++)
        hr_buf_puts(&b, i ? "," CALL("f", "{}") : CALL("f", "{}"));
    hr_buf_puts(&b, "]},{\"role\":\"user\",\"parts\":[");
    for (int i = 0; i < 1000; i++)
        hr_buf_puts(&b, i ? "," RESPONSE("f", "{\"o\":\"x\"}") : RESPONSE("f", "{\"o\":\"x\"}"));
    hr_buf_puts(&b, "]}]}");
    hr_buf_putc(&b, 0);
    assert_int_equal(b.err, 0);
    assert_int_equal(read_it(&f, "gemini", b.data), 0);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(f.c.ev[1001 + i].call, i + 2);
    done(&f);
    hr_buf_free(&b);
}

static void responses_in_another_order_cost_linear_time(void **state)
{
    enum { N = 200000 };
    hr_buf b = {0};
    struct fixture f;
    (void)state;
    hr_buf_puts(&b, "{\"contents\":[{\"role\":\"model\",\"parts\":[");
    for (int i = 0; i < N; i++)
        hr_buf_puts(&b, i ? "," CALL("f", "{}") : CALL("f", "{}"));
    hr_buf_puts(&b, "]},{\"role\":\"user\",\"parts\":[");
    for (int i = 0; i < N; i++)
        hr_buf_puts(&b, i ? "," RESPONSE("g", "{}") : RESPONSE("g", "{}"));
    hr_buf_puts(&b, "]}]}");
    hr_buf_putc(&b, 0);
    assert_int_equal(b.err, 0);
    assert_int_equal(read_it(&f, "gemini", b.data), HR_ELIMIT); /* its square would take minutes */
    done(&f);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_string_of_a_response_is_a_literal),
        cmocka_unit_test(what_a_member_error_holds_is_an_error),
        cmocka_unit_test(without_ids_order_and_name_pair),
        cmocka_unit_test(ids_pair_across_turns_and_in_both_spellings),
        cmocka_unit_test(what_the_model_says_is_not_ours),
        cmocka_unit_test(envelopes_are_opened_once),
        cmocka_unit_test(a_cached_prefix_may_hold_the_call),
        cmocka_unit_test(responses_in_another_order_cost_linear_time),
        cmocka_unit_test(a_thousand_parallel_calls_are_paired_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
