/* test_dialect_chat.c - what is made after Chat Completions: Ollama, Cohere, Mistral, Gemini's compatible endpoint. */
#include "dialect_rig.h"

#define ASSISTANT(calls) "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[" calls "]}"
#define CALL(id, name)                                                                                       \
    "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"" name                                \
    "\",\"arguments\":\"{\\\"q\\\":1}\"}}"

static void ollama_calls_without_ids_pair_by_order_and_name(void **state)
{
    static const char body[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"why?\",\"images\":[\"aGk=\"]},"
        "{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"t\",\"tool_calls\":[{\"function\":{\"name\":"
        "\"a\",\"arguments\":{\"n\":1}}},"
        "{\"function\":{\"name\":\"b\",\"arguments\":{\"n\":2}}},{\"function\":{\"arguments\":{\"n\":3},"
        "\"name\":\"a\"}}]},"
        "{\"role\":\"tool\",\"content\":\"x\",\"tool_name\":\"b\"},{\"tool_name\":\"a\",\"content\":\"y\","
        "\"role\":\"tool\"},"
        "{\"role\":\"tool\",\"content\":\"z\"}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":"
        "\"run_bash\"}}]}";
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "ollama", body), 0);
    assert_string_equal(shape(&f), "hAcccrrr");
    assert_result(&f, 0, "\"x\"", 1);
    assert_result(&f, 1, "\"y\"", 0);
    assert_result(&f, 2, "\"z\"", 2);
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 1)), "{\"n\":1}\nwhy?\n");
    assert_true(f.c.stream && f.c.offers_command && !f.c.unpaired);
    assert_robust("ollama", body);
    done(&f);
}

static void ollama_streams_unless_told_and_names_a_model(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "ollama", "{\"model\":\"m\",\"messages\":[],\"stream\":false}"), 0);
    assert_false(f.c.stream);
    done(&f);
    assert_int_equal(read_it(&f, "ollama", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"),
                     HR_ESHAPE);
    done(&f);
}

static void cohere_results_are_text_or_documents(void **state)
{
    static const char body[] = "{\"messages\":[" ASSISTANT(
        CALL("a", "f")) ",{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":[{\"type\":\"text\","
                        "\"text\":\"x\"},{\"document\":{\"id\":\"d\",\"data\":{\"title\":\"y\",\"n\":1,"
                        "\"deep\":[\"short\"]}},\"type\":\"document\"},"
                        "{\"type\":\"document\",\"document\":\"s\"},7]},"
                        "{\"role\":\"tool\",\"content\":\"z\",\"tool_call_id\":\"a\"}],\"documents\":[{"
                        "\"data\":{\"t\":\"not ours\"}}]}";
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "cohere", body), 0);
    assert_string_equal(shape(&f), "Acrrr");
    assert_result(&f, 0, "\"x\"", 0);
    assert_result(&f, 1, "\"y\"", 0);
    assert_result(&f, 2, "\"z\"", 0);
    assert_robust("cohere", body);
    done(&f);
}

static void other_chunks_than_text_stay(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "openai_chat",
                             "{\"messages\":[" ASSISTANT(
                                 CALL("a", "f")) ",{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":["
                                                 "{\"type\":\"reference\",\"reference_ids\":[1]},{\"type\":"
                                                 "\"thinking\",\"thinking\":[{\"type\":\"text\","
                                                 "\"text\":\"t\"}]},{\"type\":\"text\",\"text\":\"x\"}]},{"
                                                 "\"role\":\"tool\",\"tool_call_id\":\"a\","
                                                 "\"content\":null}]}"),
                     0);
    assert_int_equal(f.c.results, 1);
    assert_result(&f, 0, "\"x\"", 0);
    done(&f);
}

static void a_thought_signature_beside_a_call_seals_its_turn(void **state)
{
    static const char *const bodies[] = {
        "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\",\"extra_content\":{\"google\":{"
        "\"thought_signature\":\"s\"}},"
        "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"assistant\",\"content\":\"x\"}]}",
        "{\"messages\":[{\"tool_calls\":[{\"id\":\"a\",\"extra_content\":{\"google\":{\"thought_signature\":"
        "\"s\"}},"
        "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}],\"role\":\"assistant\"},{\"role\":"
        "\"assistant\",\"content\":\"x\"}]}"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        assert_int_equal(read_it(&f, "openai_chat", bodies[i]), 0);
        assert_string_equal(shape(&f), "AcA");
        assert_true(f.c.ev[0].sealed);
        assert_false(f.c.ev[2].sealed);
        done(&f);
    }
}

static void bodies_that_look_alike_have_one_family_of_keys(void **state)
{
    (void)state;
    assert_string_equal(hr_dialect_find("ollama")->family, hr_dialect_find("openai_chat")->family);
    assert_string_equal(hr_dialect_find("cohere")->family, hr_dialect_find("openai_chat")->family);
    assert_null(hr_dialect_find("nobody"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ollama_calls_without_ids_pair_by_order_and_name),
        cmocka_unit_test(ollama_streams_unless_told_and_names_a_model),
        cmocka_unit_test(cohere_results_are_text_or_documents),
        cmocka_unit_test(other_chunks_than_text_stay),
        cmocka_unit_test(a_thought_signature_beside_a_call_seals_its_turn),
        cmocka_unit_test(bodies_that_look_alike_have_one_family_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
