/* test_dialect_responses.c - OpenAI Responses: which items are results, whose they are, and what of the rest counts. */
#include "dialect_rig.h"

#define RESPONSES   "openai_responses"
#define BODY(items) "{\"model\":\"gpt-x\",\"input\":[" items "]}"
#define USER        "{\"role\":\"user\",\"content\":\"why?\"}"
#define CALL(id)                                                                                             \
    "{\"type\":\"function_call\",\"call_id\":\"" id                                                          \
    "\",\"name\":\"ls\",\"arguments\":\"{\\\"p\\\":1}\",\"id\":\"fc_" id "\"}"
#define OUTPUT(id, value) "{\"type\":\"function_call_output\",\"call_id\":\"" id "\",\"output\":" value "}"

static void each_sort_of_output_is_found_and_paired(void **state)
{
    static const struct {
        const char *items, *literal[2];
    } cases[] = {
        {CALL("a") "," OUTPUT("a", "\"x\""), {"\"x\""}},
        {CALL("a") "," OUTPUT(
             "a", "[{\"type\":\"input_text\",\"text\":\"x\"},{\"type\":\"input_image\",\"image_url\":\"i\"},"
                  "{\"text\":\"y\",\"type\":\"input_text\"}]"),
         {"\"x\"", "\"y\""}},
        {CALL("a") ",{\"output\":\"x\",\"call_id\":\"a\",\"type\":\"function_call_output\"}", {"\"x\""}},
        {CALL("a") ",{\"output\":[{\"type\":\"input_text\",\"text\":\"x\"}],\"type\":\"function_call_"
                   "output\",\"call_id\":\"a\"}",
         {"\"x\""}},
        {"{\"type\":\"custom_tool_call\",\"call_id\":\"a\",\"name\":\"exec\",\"input\":\"ls\"},"
         "{\"type\":\"custom_tool_call_output\",\"call_id\":\"a\",\"output\":\"x\"}",
         {"\"x\""}},
        {"{\"type\":\"shell_call\",\"call_id\":\"a\",\"action\":{\"commands\":[\"ls\"]}},"
         "{\"type\":\"shell_call_output\",\"call_id\":\"a\",\"max_output_length\":9,\"output\":[{\"stdout\":"
         "\"x\",\"stderr\":\"y\","
         "\"outcome\":{\"type\":\"exit\",\"exit_code\":0}}]}",
         {"\"x\"", "\"y\""}},
        {"{\"type\":\"apply_patch_call\",\"call_id\":\"a\",\"operation\":{}},"
         "{\"type\":\"apply_patch_call_output\",\"call_id\":\"a\",\"status\":\"completed\",\"output\":\"x\"}",
         {"\"x\""}},
        {"{\"type\":\"local_shell_call\",\"id\":\"b\",\"call_id\":\"a\",\"action\":{}},"
         "{\"type\":\"local_shell_call_output\",\"id\":\"a\",\"output\":\"{\\\"output\\\":\\\"x\\\"}\"}",
         {"\"{\\\"output\\\":\\\"x\\\"}\""}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[1024];
        struct fixture f;
        snprintf(body, sizeof body, "{\"input\":[%s]}", cases[i].items);
        assert_int_equal(read_it(&f, RESPONSES, body), 0);
        assert_int_equal(f.c.results, cases[i].literal[1] ? 2 : 1);
        for (size_t k = 0; k < f.c.results; k++) {
            assert_result(&f, k, cases[i].literal[k], 0);
            assert_true(hr_str_is(f.c.ev[nth(&f, HR_EV_RESULT, k)].id, "a"));
        }
        assert_false(f.c.unpaired);
        assert_robust(RESPONSES, body);
        done(&f);
    }
}

static void literals_stand_in_the_body_s_order_whatever_a_piece_mixes(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, RESPONSES,
                             BODY(CALL("a") "," OUTPUT(
                                 "a", "[{\"text\":\"x\",\"stdout\":\"y\",\"type\":\"input_text\"}]"))),
                     0);
    assert_result(&f, 0, "\"x\"", 0);
    assert_result(&f, 1, "\"y\"", 0);
    done(&f);
}

static void a_local_shell_is_found_by_either_of_its_ids(void **state)
{
    static const char *const ids[] = {"lsh_1", "call_1"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char body[512];
        struct fixture f;
        snprintf(body, sizeof body,
                 BODY("{\"type\":\"local_shell_call\",\"id\":\"lsh_1\",\"call_id\":\"call_1\",\"action\":{"
                      "\"command\":[\"ls\"]}},"
                      "{\"type\":\"local_shell_call_output\",\"id\":\"%s\",\"output\":\"x\"}"),
                 ids[i]);
        assert_int_equal(read_it(&f, RESPONSES, body), 0);
        assert_false(f.c.unpaired);
        assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 0)), "{\"command\":[\"ls\"]}\n");
        done(&f);
    }
}

static void items_of_the_model_are_one_turn_until_the_client_speaks(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(
        read_it(
            &f, RESPONSES,
            BODY(USER
                 ",{\"type\":\"reasoning\",\"id\":\"r\",\"summary\":[],\"encrypted_content\":\"e\"},"
                 "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\","
                 "\"text\":\"t\"}]}," CALL("a") "," CALL("b") "," OUTPUT("a", "\"x\"") "," OUTPUT(
                     "b",
                     "\"y\"") "," CALL("c") "," OUTPUT("c",
                                                       "\"z\"") ",{\"type\":\"message\",\"role\":\"user\","
                                                                "\"content\":[{\"type\":\"input_text\","
                                                                "\"text\":\"and "
                                                                "now?\"},{\"type\":\"input_file\"}]}")),
        0);
    assert_string_equal(shape(&f), "hAccrrAcrh");
    assert_true(f.c.ev[1].sealed);
    assert_false(f.c.ev[6].sealed);
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 0)), "{\"p\":1}\nwhy?\n");
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 2)), "{\"p\":1}\nand now?\n");
    done(&f);
}

static void what_the_provider_ran_or_sealed_is_no_result(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(
        read_it(
            &f, RESPONSES,
            BODY(
                "{\"type\":\"mcp_call\",\"id\":\"m\",\"name\":\"n\",\"arguments\":\"{}\",\"output\":\"big\"},"
                "{\"type\":\"program\",\"call_id\":\"p\",\"code\":\"c\",\"fingerprint\":\"f\"},"
                "{\"type\":\"program_output\",\"call_id\":\"p\",\"result\":\"r\"},"
                "{\"type\":\"compaction\",\"encrypted_content\":\"e\"},"
                "{\"type\":\"computer_call_output\",\"call_id\":\"q\",\"output\":{\"image_url\":\"i\"}},"
                "{\"type\":\"tool_search_output\",\"call_id\":\"s\",\"tools\":[]},"
                "{\"type\":\"something_new\",\"output\":\"big\"}")),
        0);
    assert_int_equal(f.c.results, 0);
    assert_int_equal(f.c.calls, 0);
    assert_true(f.c.ev[0].sealed);
    done(&f);
}

static void an_output_of_an_unknown_kind_is_neither_touched_nor_a_turn(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(
        read_it(&f, RESPONSES,
                BODY(CALL("a") "," OUTPUT(
                    "a", "\"x\"") ",{\"type\":\"new_call_output\",\"call_id\":\"b\",\"output\":\"y\"}")),
        0);
    assert_string_equal(shape(&f), "Acr");
    done(&f);
    assert_int_equal(
        read_it(&f, RESPONSES,
                BODY(CALL("a") "," OUTPUT(
                    "a", "\"x\"") ",{\"type\":\"program_output\",\"call_id\":\"b\",\"result\":\"y\"}")),
        0);
    assert_string_equal(shape(&f), "AcrA");
    done(&f);
}

static void results_that_go_to_a_program_are_marked(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(
        read_it(
            &f, RESPONSES,
            BODY("{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"n\",\"arguments\":\"{}\","
                 "\"caller\":{"
                 "\"type\":\"program\",\"caller_id\":\"p\"}}," CALL("b") "," OUTPUT("a", "\"x\"") "," OUTPUT(
                     "b", "\"y\"") ",{\"type\":\"function_call_output\",\"call_id\":\"b\",\"output\":\"z\","
                                   "\"caller\":{\"type\":\"direct\"}}")),
        0);
    assert_true(f.c.ev[nth(&f, HR_EV_RESULT, 0)].for_code);
    assert_false(f.c.ev[nth(&f, HR_EV_RESULT, 1)].for_code);
    assert_false(f.c.ev[nth(&f, HR_EV_RESULT, 2)].for_code);
    done(&f);
}

static void failed_results_are_errors(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, RESPONSES,
                             BODY(CALL("a") "," OUTPUT(
                                 "a", "\"x\"") ",{\"output\":\"y\",\"status\":\"failed\",\"call_id\":\"a\","
                                               "\"type\":\"apply_patch_call_output\"}")),
                     0);
    assert_false(f.c.ev[nth(&f, HR_EV_RESULT, 0)].is_error);
    assert_true(f.c.ev[nth(&f, HR_EV_RESULT, 1)].is_error);
    done(&f);
}

static void a_call_that_the_server_holds_is_not_missed(void **state)
{
    static const char *const held[] = {"\"previous_response_id\":\"resp_1\",",
                                       "\"conversation\":{\"id\":\"c\"},", "\"conversation\":\"conv_1\","};
    static const char *const missed[] = {"", "\"previous_response_id\":null,", "\"conversation\":null,"};
    char body[512];
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(body, sizeof body, "{%s\"input\":[" OUTPUT("a", "\"x\"") "]}", held[i]);
        assert_int_equal(read_it(&f, RESPONSES, body), 0);
        assert_false(f.c.unpaired);
        done(&f);
        snprintf(body, sizeof body, "{%s\"input\":[" OUTPUT("a", "\"x\"") "]}", missed[i]);
        assert_int_equal(read_it(&f, RESPONSES, body), 0);
        assert_true(f.c.unpaired);
        done(&f);
    }
    assert_int_equal(
        read_it(&f, RESPONSES, BODY("{\"type\":\"item_reference\",\"id\":\"fc_1\"}," OUTPUT("a", "\"x\""))),
        0);
    assert_string_equal(shape(&f), "Ar");
    assert_false(f.c.unpaired);
    done(&f);
}

static void tools_are_found_wherever_they_are_offered(void **state)
{
    static const struct {
        const char *members;
        bool yes;
    } cases[] = {
        {"\"tools\":[{\"type\":\"function\",\"name\":\"read\"}]", false},
        {"\"tools\":[{\"type\":\"function\",\"name\":\"exec_command\"}]", true},
        {"\"tools\":[{\"type\":\"local_shell\"}]", true},
        {"\"tools\":[{\"type\":\"namespace\",\"name\":\"n\",\"tools\":[{\"type\":\"function\",\"name\":"
         "\"bash\"}]}]",
         true},
        {"\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{\"name\":\"bash\"}}]", false},
        {"\"tools\":null", false},
    };
    struct fixture f;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[512];
        snprintf(body, sizeof body, "{\"input\":\"hi\",%s}", cases[i].members);
        assert_int_equal(read_it(&f, RESPONSES, body), 0);
        assert_string_equal(shape(&f), "h");
        assert_int_equal(f.c.offers_command, cases[i].yes);
        done(&f);
    }
    assert_int_equal(
        read_it(&f, RESPONSES,
                BODY("{\"type\":\"additional_tools\",\"role\":\"developer\",\"tools\":[{\"type\":\"custom\","
                     "\"name\":\"exec\"}]}")),
        0);
    assert_true(f.c.offers_command);
    done(&f);
}

static void what_is_no_such_body_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *body;
        int err;
    } cases[] = {
        {"{\"messages\":[]}", HR_ESHAPE},
        {"{\"input\":3}", HR_ESHAPE},
        {"{\"input\":[3]}", HR_ESHAPE},
        {"{\"input\":[],\"input\":[]}", HR_EDUP},
        {"{\"input\":[{\"type\":\"message\",\"type\":\"message\"}]}", HR_EDUP},
        {"{\"input\":[]} x", HR_EJSON},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        assert_int_equal(read_it(&f, RESPONSES, cases[i].body), cases[i].err);
        done(&f);
    }
}

static void the_dialect_is_known_by_the_body(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, NULL, "{\"stream\":true,\"input\":\"hi\",\"model\":\"m\"}"), 0);
    assert_string_equal(f.d->name, RESPONSES);
    assert_true(f.c.stream);
    done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sort_of_output_is_found_and_paired),
        cmocka_unit_test(literals_stand_in_the_body_s_order_whatever_a_piece_mixes),
        cmocka_unit_test(a_local_shell_is_found_by_either_of_its_ids),
        cmocka_unit_test(items_of_the_model_are_one_turn_until_the_client_speaks),
        cmocka_unit_test(what_the_provider_ran_or_sealed_is_no_result),
        cmocka_unit_test(an_output_of_an_unknown_kind_is_neither_touched_nor_a_turn),
        cmocka_unit_test(results_that_go_to_a_program_are_marked),
        cmocka_unit_test(failed_results_are_errors),
        cmocka_unit_test(a_call_that_the_server_holds_is_not_missed),
        cmocka_unit_test(tools_are_found_wherever_they_are_offered),
        cmocka_unit_test(what_is_no_such_body_is_refused_with_its_reason),
        cmocka_unit_test(the_dialect_is_known_by_the_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
