/* test_dialect_bedrock.c - Converse: blocks that are named by their one member. */
#include "dialect_rig.h"

#define USE(id)                                                                                              \
    "{\"toolUse\":{\"toolUseId\":\"" id                                                                      \
    "\",\"name\":\"f\",\"input\":{\"q\":1},\"content\":[{\"text\":\"no\"}]}}"
#define LONG                                                                                                 \
    "\"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789" \
    "01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567\""

static const char whole[] =
    "{\"system\":[{\"text\":\"s\"}],\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"why?\"},{"
    "\"cachePoint\":{\"type\":"
    "\"default\"}}]},{\"role\":\"assistant\",\"content\":[{\"reasoningContent\":{\"reasoningText\":{\"text\":"
    "\"t\",\"signature\":"
    "\"s\"}}},{\"text\":\"ok\"}," USE("a") "," USE(
        "b") "]},"
             "{\"content\":[{\"toolResult\":{\"content\":[{\"text\":\"x\"},{\"json\":{\"rows\":\"y\","
             "\"deep\":[{\"z\":" LONG "}],\"error\":\"e\"}},"
             "{\"image\":{\"format\":\"png\",\"source\":{\"bytes\":\"aGk=\"}}}],\"toolUseId\":\"b\"}},"
             "{\"toolResult\":{\"toolUseId\":\"a\",\"status\":\"error\",\"content\":[{\"text\":\"w\"}]}},{"
             "\"text\":\"and now?\"}],\"role\":\"user\"}],"
             "\"toolConfig\":{\"tools\":[{\"toolSpec\":{\"name\":\"bash\",\"inputSchema\":{\"json\":{}}}}]}}";

static void text_and_json_results_are_found_and_paired(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "bedrock", whole), 0);
    assert_string_equal(shape(&f), "hAccrrrrrh");
    assert_result(&f, 0, "\"x\"", 1);
    assert_result(&f, 1, "\"y\"", 1);
    assert_result(&f, 2, LONG, 1);
    assert_result(&f, 3, "\"e\"", 1);
    assert_result(&f, 4, "\"w\"", 0);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(f.c.ev[nth(&f, HR_EV_RESULT, i)].is_error, i >= 3);
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 0)), "{\"q\":1}\nand now?\n");
    assert_false(f.c.unpaired);
    assert_robust("bedrock", whole);
    done(&f);
}

static void reasoning_seals_and_tools_are_looked_through(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "bedrock", whole), 0);
    assert_true(f.c.ev[1].sealed && f.c.offers_command);
    done(&f);
    assert_int_equal(
        read_it(&f, "bedrock", "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"text\":\"t\"}]}]}"),
        0);
    assert_false(f.c.ev[0].sealed || f.c.offers_command);
    done(&f);
}

static void what_is_no_such_body_is_refused(void **state)
{
    static const struct {
        const char *body;
        int err;
    } cases[] = {
        {"{\"contents\":[]}", HR_ESHAPE},
        {"{\"messages\":{}}", HR_ESHAPE},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", HR_ESHAPE},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"toolResult\":{\"content\":\"x\"}}]}]}",
         HR_ESHAPE},
        {"{\"messages\":[{\"role\":1,\"content\":[]}]}", HR_ESHAPE},
        {"{\"messages\":[],\"messages\":[]}", HR_EDUP},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        assert_int_equal(read_it(&f, "bedrock", cases[i].body), cases[i].err);
        done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_json_results_are_found_and_paired),
        cmocka_unit_test(reasoning_seals_and_tools_are_looked_through),
        cmocka_unit_test(what_is_no_such_body_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
