/* test_dialect.c - where results, calls and human text are found, and what is asked of a result. */
#include "dialect_rig.h"

#define ANTHROPIC                                                                                            \
    "{\"model\":\"claude-x\",\"stream\":true,\"system\":\"be "                                               \
    "kind\",\"tools\":[{\"name\":\"Bash\"}],\"messages\":["                                                  \
    "{\"role\":\"user\",\"content\":\"find it\"},"                                                           \
    "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"ok\"},"                              \
    "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"search\",\"input\":{\"q\":\"needle\"}}]},"              \
    "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":"          \
    "\"plain\"},"                                                                                            \
    "{\"type\":\"tool_result\",\"is_error\":true,\"content\":[{\"type\":\"text\",\"text\":\"one\"},{"        \
    "\"type\":\"image\"},"                                                                                   \
    "{\"text\":\"two\",\"type\":\"text\"}],\"tool_use_id\":\"t1\"},{\"type\":\"text\",\"text\":\"and "       \
    "now?\"}]}]}"

static void anthropic_string_and_list_results_are_found(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "anthropic", ANTHROPIC), 0);
    assert_string_equal(shape(&f), "hAcrrrh");
    assert_true(hr_str_is(f.c.model, "claude-x"));
    assert_true(f.c.stream && f.c.offers_command && !f.c.unpaired && !f.c.attested);
    size_t r = nth(&f, HR_EV_RESULT, 0);
    assert_false(f.c.ev[r].is_error);
    assert_memory_equal(f.c.body + f.c.ev[r].lit.off, "\"plain\"", 7);
    assert_true(f.c.ev[r + 1].is_error && f.c.ev[r + 2].is_error);
    assert_true(hr_str_is(f.c.ev[r + 2].id, "t1"));
    assert_int_equal(f.c.ev[r].call, nth(&f, HR_EV_CALL, 0) + 1);
    done(&f);
}

static void the_question_behind_the_result_is_part_of_the_query(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "anthropic", ANTHROPIC), 0);
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 0)), "{\"q\":\"needle\"}\nand now?\n");
    done(&f);
}

static void without_a_question_beside_it_the_last_human_text_counts(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(
        read_it(&f, "openai_chat",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"first\"},{\"role\":\"assistant\","
                "\"content\":\"hm\"},"
                "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"the "
                "<system-reminder>noise</system-reminder>task\"}]},"
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"a\",\"type\":"
                "\"function\",\"function\":"
                "{\"name\":\"ls\",\"arguments\":\"{\\\"p\\\":1}\"}}]},{\"role\":\"tool\",\"tool_call_id\":"
                "\"a\",\"content\":\"x\"},"
                "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"b\",\"type\":\"custom\","
                "\"custom\":"
                "{\"name\":\"sh\",\"input\":\"ls\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":"
                "[{\"type\":\"text\",\"text\":\"y\"}]}]}"),
        0);
    assert_string_equal(shape(&f), "hAhAcrAcr");
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 0)), "{\"p\":1}\nthe task\n");
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 1)), "ls\nthe task\n");
    done(&f);
}

static void legacy_functions_pair_by_name(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(
        read_it(
            &f, NULL,
            "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":null,"
            "\"function_call\":{\"name\":\"get\",\"arguments\":\"{}\"}},"
            "{\"role\":\"function\",\"name\":\"get\",\"content\":\"z\"}]}"),
        0);
    assert_string_equal(f.d->name, "openai_chat");
    assert_string_equal(shape(&f), "hAcr");
    assert_int_equal(f.c.ev[3].call, 3);
    assert_false(f.c.unpaired);
    done(&f);
}

static void the_dialect_is_known_by_the_body(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, NULL, ANTHROPIC), 0);
    assert_string_equal(f.d->name, "anthropic");
    done(&f);
}

static void signed_reasoning_seals_its_turn(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(
        read_it(
            &f, "anthropic",
            "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"\","
            "\"signature\":\"s\"}]},{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"t\"}]}"
            "]}"),
        0);
    assert_true(f.c.ev[0].sealed);
    assert_false(f.c.ev[1].sealed);
    done(&f);
}

static void a_result_without_call_is_unpaired_but_for_server_state(void **state)
{
    struct fixture f;
    (void)state;
    assert_int_equal(
        read_it(
            &f, "anthropic",
            "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"x\","
            "\"content\":\"y\"}]}]}"),
        0);
    assert_true(f.c.unpaired);
    done(&f);
    assert_int_equal(
        read_it(&f, "anthropic",
                "{\"thread\":{\"type\":\"continue\"},\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                "\"tool_result\",\"tool_use_id\":\"x\",\"content\":\"y\"}]}]}"),
        0);
    assert_false(f.c.unpaired);
    done(&f);
}

static void attestation_is_seen_in_the_first_system_block_only(void **state)
{
    static const struct {
        const char *system;
        bool yes;
    } cases[] = {
        {"[{\"type\":\"text\",\"text\":\"x-header: v=1; cch=00000; a\"},{\"type\":\"text\",\"text\":\"b\"}]",
         true},
        {"\"cch=12345\"", true},
        {"[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"cch=00000\"}]", false},
        {"[]", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[512];
        struct fixture f;
        snprintf(body, sizeof body, "{\"messages\":[],\"system\":%s}", cases[i].system);
        assert_int_equal(read_it(&f, "anthropic", body), 0);
        assert_int_equal(f.c.attested, cases[i].yes);
        done(&f);
    }
}

#define IN_BATCH(id, question)                                                                               \
    "{\"custom_id\":\"" id                                                                                   \
    "\",\"params\":{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" question                \
    "\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\","          \
    "\"input\":{\"of\":\"" id "\"}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_" \
    "id\":\"t1\",\"content\":\"" id "\"}]}]}}"
#define ORPHAN                                                                                               \
    "{\"params\":{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":"  \
    "\"t1\",\"content\":"                                                                                    \
    "\"x\"}]}]}}"

static void each_request_of_a_batch_is_a_conversation_of_its_own(void **state)
{
    static const char body[] = "{\"requests\":[" IN_BATCH("a", "first?") "," IN_BATCH("b", "second?") "]}";
    struct fixture f;
    (void)state;
    assert_int_equal(read_it(&f, "anthropic", body), 0);
    assert_string_equal(shape(&f), "|hAcr|hAcr");
    assert_result(&f, 0, "\"a\"", 0);
    assert_result(&f, 1, "\"b\"", 1);
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 0)), "{\"of\":\"a\"}\nfirst?\n");
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 1)), "{\"of\":\"b\"}\nsecond?\n");
    assert_false(f.c.unpaired);
    assert_robust("anthropic", body);
    done(&f);
    /* Neither the call nor the question of another request counts. */
    assert_int_equal(read_it(&f, "anthropic", "{\"requests\":[" IN_BATCH("a", "first?") "," ORPHAN "]}"), 0);
    assert_true(f.c.unpaired);
    assert_string_equal(query(&f, nth(&f, HR_EV_RESULT, 1)), "\n");
    done(&f);
    assert_int_equal(read_it(&f, "anthropic", "{\"requests\":[{\"params\":{\"requests\":[]}}]}"), HR_ESHAPE);
    done(&f);
}

static void what_is_no_such_body_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *body;
        int err;
    } cases[] = {
        {"", HR_EJSON},
        {"{", HR_EJSON},
        {"{\"messages\":[]", HR_EJSON},
        {"{\"messages\":[]} x", HR_EJSON},
        {"[]", HR_ESHAPE},
        {"{}", HR_ESHAPE},
        {"{\"messages\":{}}", HR_ESHAPE},
        {"{\"messages\":[1]}", HR_ESHAPE},
        {"{\"messages\":[],\"messages\":[]}", HR_EDUP},
        {"{\"messages\":[],\"m\\u0065ssages\":[]}", HR_EDUP},
        {"{\"messages\":[{\"role\":\"user\",\"role\":\"user\",\"content\":\"a\"}]}", HR_EDUP},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\",\"text\":\"b\"}]}]"
         "}",
         HR_EDUP},
        {"{\"messages\":[{\"role\":3,\"content\":\"a\"}]}", HR_ESHAPE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        int err = read_it(&f, "anthropic", cases[i].body);
        if (err != cases[i].err)
            print_message("%s: %d\n", cases[i].body, err);
        assert_int_equal(err, cases[i].err);
        done(&f);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof ANTHROPIC - 1; n++) {
        struct fixture f = {.a = hr_arena_new()};
        char *exact = memcpy(test_malloc(n ? n : 1), ANTHROPIC, n);
        assert_int_equal(hr_conversation_read(&f.c, f.a, exact, n, "anthropic", &f.d), HR_EJSON);
        test_free(exact);
        done(&f);
    }
}

static void each_failing_allocation_is_reported(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    for (long n = 1; n < 4; n++) {
        hr_conversation c;
        const hr_dialect *d;
        hr_str q;
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        int r = hr_conversation_read(&c, a, ANTHROPIC, sizeof ANTHROPIC - 1, "anthropic", &d);
        for (size_t i = 0; r == 0 && i < c.n; i++)
            if (c.ev[i].kind == HR_EV_RESULT)
                r = hr_conversation_query(&c, i, &q);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        assert_true(r == 0 || r == HR_ENOMEM);
    }
    hr_arena_free(a);
}

static void a_long_conversation_without_questions_costs_linear_time(void **state)
{
    hr_buf b = {0};
    struct fixture f;
    hr_str q;
    (void)state;
    hr_buf_puts(&b, "{\"messages\":[{\"role\":\"user\",\"content\":\"only question\"}");
    for (int i = 0; i < 15000; i++)
        hr_buf_puts(&b, ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"a\",\"name\":"
                        "\"n\",\"input\":{}}]},"
                        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"a\","
                        "\"content\":\"r\"}]}");
    hr_buf_puts(&b, "]}");
    hr_buf_putc(&b, 0);
    assert_int_equal(b.err, 0);
    assert_int_equal(read_it(&f, "anthropic", b.data), 0);
    for (size_t i = 0; i < f.c.n; i++)
        if (f.c.ev[i].kind == HR_EV_RESULT)
            assert_int_equal(hr_conversation_query(&f.c, i, &q), 0);
    assert_string_equal(q.p, "{}\nonly question\n");
    done(&f);
    hr_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anthropic_string_and_list_results_are_found),
        cmocka_unit_test(the_question_behind_the_result_is_part_of_the_query),
        cmocka_unit_test(without_a_question_beside_it_the_last_human_text_counts),
        cmocka_unit_test(legacy_functions_pair_by_name),
        cmocka_unit_test(the_dialect_is_known_by_the_body),
        cmocka_unit_test(signed_reasoning_seals_its_turn),
        cmocka_unit_test(a_result_without_call_is_unpaired_but_for_server_state),
        cmocka_unit_test(attestation_is_seen_in_the_first_system_block_only),
        cmocka_unit_test(each_request_of_a_batch_is_a_conversation_of_its_own),
        cmocka_unit_test(what_is_no_such_body_is_refused_with_its_reason),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(each_failing_allocation_is_reported),
        cmocka_unit_test(a_long_conversation_without_questions_costs_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
