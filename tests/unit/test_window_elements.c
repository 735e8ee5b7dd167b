/* Unit tests of core/window_elements.c, window_shapes.c and window_walk.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "window_elements.h"

static hr_arena *arena;
static hr_conversation conv;
static hr_elements el;

/* The elements of a body in short: s system, h human, u of the user but nothing said, m model, r result; calls and results as numbers;
   + human text in a result, ! fixed, * sealed. */
static const char *read_as(const char *dialect, const char *body)
{
    static char out[256];
    const hr_dialect *d;
    char *at = out;

    if (arena)
        hr_arena_free(arena);
    arena = hr_arena_new();
    assert_int_equal(hr_conversation_read(&conv, arena, body, strlen(body), dialect, &d), 0);
    assert_int_equal(hr_elements_read(&el, &conv, d), 0);
    for (size_t i = 0; i < el.n; i++) {
        const hr_element *e = &el.list[i];
        *at++ = e->kind == HR_EL_SYSTEM  ? 's'
                : e->kind == HR_EL_HUMAN ? (e->human ? 'h' : 'u')
                : e->kind == HR_EL_MODEL ? 'm'
                                         : 'r';
        if (e->calls + e->results)
            at += sprintf(at, "%u", e->calls + e->results);
        if (e->kind == HR_EL_RESULT && e->human)
            *at++ = '+';
        if (e->fixed)
            *at++ = '!';
        if (e->sealed)
            *at++ = '*';
    }
    *at = 0;
    return out;
}

#define BODY(messages)      "{\"model\":\"m\",\"messages\":[" messages "]}"
#define SAYS(role, content) "{\"role\":\"" role "\",\"content\":" content "}"

static void anthropic(void **state)
{
    (void)state;
#define USE(id)          "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"n\",\"input\":{\"type\":\"strange\"}}"
#define GOT(id, content) "{\"content\":" content ",\"type\":\"tool_result\",\"tool_use_id\":\"" id "\"}"
    static const struct {
        const char *body, *elements;
    } cases[] = {
        {BODY(SAYS("user", "\"hi\"") "," SAYS("assistant", "\"ho\"") "," SAYS("system", "\"now\"")), "hms"},
        {BODY(SAYS("user", "[{\"type\":\"text\",\"text\":\"hi\"}]") "," SAYS(
             "assistant",
             "[" USE("a") "," USE("b") "]") "," SAYS("user",
                                                     "[" GOT("a", "\"x\"") "," GOT(
                                                         "b", "[{\"type\":\"text\",\"text\":\"y\"}]") "]")),
         "hm2r2"},
        {BODY(SAYS("assistant", "[" USE("a") "]") "," SAYS(
             "user", "[" GOT("a", "\"x\"") ",{\"type\":\"text\",\"text\":\"and?\"}]")),
         "m1r1+"},
        {BODY(SAYS("assistant", "[" USE("a") "]") "," SAYS(
             "user", "[" GOT("a", "\"x\"") ",{\"type\":\"text\",\"text\":\" <system-reminder>be "
                                           "kind</system-reminder>\\n\"}]")),
         "m1r1"},
        {BODY(SAYS("user", "\"<system-reminder>date and so on</system-reminder>\"")), "u"},
        {BODY(SAYS("user", "[{\"type\":\"image\",\"source\":{}}]")), "h"},
        {BODY(SAYS("assistant", "[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s\"}," USE(
                                    "a") "]") "," SAYS("user", "[" GOT("a", "\"x\"") "]")),
         "m1*r1"},
        {BODY(SAYS("assistant", "[{\"type\":\"redacted_thinking\",\"data\":\"s\"}]")), "m*"},
        {BODY(SAYS("assistant", "[" USE("a") "]") "," SAYS(
             "user", "[" GOT("a", "[{\"type\":\"tool_reference\",\"name\":\"t\"}]") "]")),
         "m1r1!"},
        {BODY(SAYS("assistant", "[{\"type\":\"server_tool_use\"},{\"type\":\"web_search_tool_result\"},{"
                                "\"type\":\"text\",\"text\":\"x\"}]")),
         "m"},
        {BODY(SAYS("user", "[" USE("a") "]")), "u1!"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(read_as("anthropic", cases[i].body), cases[i].elements);
    assert_string_equal(read_as("anthropic", BODY(SAYS("assistant", "[{\"type\":\"novelty\"}]"))), "m!");
    assert_string_equal(read_as("anthropic", BODY(SAYS("user", "[{\"type\":\"novelty\"}]"))), "u!");
    assert_string_equal(read_as("anthropic", BODY(SAYS("user", "[{}]"))), "u!");
    assert_string_equal(read_as("anthropic", BODY(SAYS("robot", "\"hi\""))), "h!");
}

static void what_the_provider_manages_is_told(void **state)
{
    (void)state;
    read_as("anthropic", BODY(SAYS("user", "\"hi\"")));
    assert_false(el.managed);
    assert_int_equal(el.max_tokens, 0);
    read_as("anthropic", "{\"max_tokens\":4096,\"context_management\":{\"edits\":[]},\"messages\":[" SAYS(
                             "user", "\"hi\"") "]}");
    assert_true(el.managed);
    assert_int_equal(el.max_tokens, 4096);
    read_as("anthropic", BODY(SAYS("assistant", "[{\"type\":\"compaction\",\"content\":\"x\"}]")));
    assert_true(el.managed);
    read_as("openai_responses", "{\"truncation\":\"auto\",\"input\":[" SAYS("user", "\"hi\"") "]}");
    assert_true(el.managed);
    read_as("openai_responses",
            "{\"truncation\":\"disabled\",\"max_output_tokens\":77,\"input\":[" SAYS("user", "\"hi\"") "]}");
    assert_false(el.managed);
    assert_int_equal(el.max_tokens, 77);
    read_as("openai_responses", "{\"input\":[{\"type\":\"compaction\",\"encrypted_content\":\"x\"}]}");
    assert_true(el.managed);
    read_as("bedrock",
            "{\"inferenceConfig\":{\"maxTokens\":9},\"messages\":[" SAYS("user", "[{\"text\":\"hi\"}]") "]}");
    assert_int_equal(el.max_tokens, 9);
}

static void chat_and_its_kin(void **state)
{
    (void)state;
#define CALLS(content, calls) "{\"role\":\"assistant\",\"content\":" content ",\"tool_calls\":" calls "}"
#define TOOL(content)         "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":" content "}"
#define FN                    "{\"id\":\"a\",\"type\":\"function\",\"function\":{\"name\":\"n\",\"arguments\":\"{}\"}}"
    assert_string_equal(
        read_as(
            "openai_chat",
            BODY(SAYS("developer", "\"d\"") "," SAYS("system", "\"s\"") "," SAYS("user", "\"q\"") "," CALLS(
                "null", "[" FN "," FN "]") "," TOOL("\"x\"") "," TOOL("\"y\"") "," SAYS("assistant",
                                                                                        "\"z\""))),
        "sshm2r1r1m");
    assert_string_equal(
        read_as("openai_chat", BODY("{\"role\":\"assistant\",\"content\":null,\"function_call\":{\"name\":"
                                    "\"n\",\"arguments\":\"\"}},"
                                    "{\"role\":\"function\",\"name\":\"n\",\"content\":\"x\"}")),
        "m1r1");
    assert_string_equal(
        read_as("openai_chat", BODY(CALLS("\"\"", "[{\"id\":\"a\",\"type\":\"novelty\",\"novelty\":{}}]"))),
        "m1!");
    assert_string_equal(
        read_as("openai_chat", BODY(CALLS("\"\"", "[{\"id\":\"a\",\"function\":{},\"extra_content\":{}}]"))),
        "m1*");
    assert_string_equal(
        read_as("openai_chat", BODY(CALLS("\"\"", "null") "," TOOL("[{\"type\":\"novelty\"}]"))), "mr1!");
    assert_string_equal(
        read_as("openai_chat", BODY("{\"role\":\"assistant\",\"content\":\"x\",\"reasoning_opaque\":\"s\"},"
                                    "{\"role\":\"assistant\",\"content\":\"x\",\"reasoning_details\":null}")),
        "m*m");
    assert_string_equal(
        read_as("openai_chat",
                BODY(SAYS("user", "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\"}}]"))),
        "h");
    assert_string_equal(read_as("cohere", BODY(SAYS("user", "\"q\"") "," CALLS("null", "[" FN "]") "," TOOL(
                                              "[{\"type\":\"document\",\"document\":{\"data\":{}}}]"))),
                        "hm1r1");
    assert_string_equal(
        read_as("ollama",
                BODY(SAYS("user", "\"q\"") "," CALLS(
                    "\"\"", "[{\"function\":{\"name\":\"n\",\"arguments\":{}}}]") "," TOOL("\"x\""))),
        "hm1r1");
}

static void responses(void **state)
{
    (void)state;
#define INPUT(items)     "{\"model\":\"m\",\"input\":[" items "]}"
#define ITEM(type, more) "{\"type\":\"" type "\"" more "}"
    assert_string_equal(
        read_as(
            "openai_responses",
            INPUT(SAYS("developer", "\"d\"") "," ITEM(
                "message",
                ",\"role\":\"user\","
                "\"content\":\"q\"") "," ITEM("reasoning",
                                              ",\"encrypted_content\":\"s\"") "," ITEM("function_call",
                                                                                       ",\"call_id\":"
                                                                                       "\"a\",\"name\":"
                                                                                       "\"n\","
                                                                                       "\"arguments\":"
                                                                                       "\"\"") "," ITEM("cust"
                                                                                                        "om_"
                                                                                                        "tool"
                                                                                                        "_cal"
                                                                                                        "l",
                                                                                                        ",\"c"
                                                                                                        "all_"
                                                                                                        "id\""
                                                                                                        ":\"b"
                                                                                                        "\","
                                                                                                        "\"na"
                                                                                                        "me\""
                                                                                                        ":\"n"
                                                                                                        "\","
                                                                                                        "\"in"
                                                                                                        "put"
                                                                                                        "\":"
                                                                                                        "\""
                                                                                                        "\"") "," ITEM("function_call_output",
                                                                                                                       ",\"call_id\":\"a\",\"output\":"
                                                                                                                       "\"x\"") "," ITEM("custom_tool_"
                                                                                                                                         "call_output",
                                                                                                                                         ",\"call_id\":"
                                                                                                                                         "\"b\","
                                                                                                                                         "\"output\":[{"
                                                                                                                                         "\"type\":"
                                                                                                                                         "\"input_"
                                                                                                                                         "text\","
                                                                                                                                         "\"text\":"
                                                                                                                                         "\"x\"}]") "," ITEM("message",
                                                                                                                                                             ",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"z\"}]"))),
        "shm*m1m1r1r1m");
    assert_string_equal(
        read_as(
            "openai_responses",
            INPUT(ITEM("additional_tools", ",\"role\":\"developer\",\"tools\":[]") "," ITEM(
                "web_search_call", "") "," ITEM("program", "") "," ITEM("tool_search_output",
                                                                        "") "," ITEM("mcp_list_tools", ""))),
        "smm!m!m!");
    assert_string_equal(
        read_as("openai_responses",
                INPUT(ITEM("function_call", ",\"call_id\":\"a\",\"name\":\"n\",\"arguments\":\"\"") "," ITEM(
                    "function_call_output", ",\"call_id\":\"a\",\"output\":[{\"type\":\"novelty\"}]"))),
        "m1r1!");
    assert_string_equal(
        read_as("openai_responses",
                INPUT(ITEM("shell_call", ",\"call_id\":\"a\"") "," ITEM(
                    "shell_call_output", ",\"call_id\":\"a\",\"output\":[{\"stdout\":\"x\"}]"))),
        "m1r1");
    assert_string_equal(read_as("openai_responses", "{\"input\":\"q\"}"), "");
}

static void gemini_and_converse(void **state)
{
    (void)state;
#define CONTENTS(x)        "{\"contents\":[" x "]}"
#define PARTS(role, parts) "{\"role\":\"" role "\",\"parts\":[" parts "]}"
    assert_string_equal(
        read_as(
            "gemini",
            CONTENTS(PARTS("user", "{\"text\":\"q\"}") "," PARTS(
                "model",
                "{\"functionCall\":{\"name\":\"n\"},\"thoughtSignature\":\"s\"},{\"function_call\":{"
                "\"name\":\"n\"}}") "," PARTS("user",
                                              "{\"functionResponse\":{\"name\":\"n\",\"response\":{}"
                                              "}},{\"function_response\":{\"name\":\"n\","
                                              "\"response\":{}}}") ",{\"parts\":[{\"inlineData\":{}}"
                                                                   "]}," PARTS("model", "{\"text\":\"a\","
                                                                                        "\"novelty\":1}"))),
        "hm2*r2hm!");
    assert_string_equal(
        read_as("gemini", "{\"project\":\"p\",\"request\":" CONTENTS(PARTS("user", "{\"text\":\"q\"}")) "}"),
        "h");
    assert_string_equal(
        read_as("bedrock",
                BODY(SAYS("user", "[{\"text\":\"q\"},{\"cachePoint\":{}}]") "," SAYS(
                    "assistant",
                    "[{\"reasoningContent\":{}},{\"toolUse\":{\"toolUseId\":\"a\"}}"
                    "]") "," SAYS("user", "[{\"toolResult\":{\"toolUseId\":\"a\","
                                          "\"content\":[{\"json\":{}}]}},{\"text\":\"and?\"}"
                                          "]") "," SAYS("user", "[{\"toolResult\":{\"toolUseId\":"
                                                                "\"a\",\"content\":[{\"novelty\":{}}"
                                                                "]}}]") "," SAYS("user", "[{"
                                                                                         "\"guardContent\":{"
                                                                                         "}}]"))),
        "hm1*r1+r1!u!");
}

/* Found by fuzz_window: the early call was cut, and the late result that also answers it stayed alone. */
static void a_result_that_answers_an_earlier_unit_holds_both(void **state)
{
    (void)state;
#define CALL_OF(id)   CALLS("\"\"", "[{\"id\":\"" id "\",\"function\":{\"name\":\"n\",\"arguments\":\"{}\"}}]")
#define RESULT_OF(id) "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"x\"}"
    static const char *const dialects[] = {"openai_chat", "cohere"};
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        assert_string_equal(read_as(dialects[i], BODY(CALL_OF("a") "," RESULT_OF("a") "," SAYS(
                                                     "user", "\"q\"") "," CALL_OF("b") "," RESULT_OF("a"))),
                            "m1!r1hm1r1!");
    assert_string_equal(
        read_as("openai_chat", BODY(CALL_OF("a") "," CALL_OF("b") "," RESULT_OF("b") "," RESULT_OF(
                                   "a") "," CALL_OF("c") "," RESULT_OF("c"))),
        "m1m1r1r1m1r1");
}

static void bodies_of_several_conversations_have_no_elements(void **state)
{
    (void)state;
    static const char batch[] =
        "{\"requests\":[{\"custom_id\":\"a\",\"params\":{\"messages\":[" SAYS("user", "\"q\"") "]}}]}";
    const hr_dialect *d;
    hr_arena *a = hr_arena_new();
    assert_int_equal(hr_conversation_read(&conv, a, batch, strlen(batch), "anthropic", &d), 0);
    assert_int_equal(hr_elements_read(&el, &conv, d), HR_ESHAPE);
    hr_arena_free(a);
}

/* ------------------------------------------------------------------ hashes */
static void hash_of(const char *body, uint8_t out[16])
{
    static const uint8_t key[16] = {1};
    hr_siphash h;
    read_as("anthropic", body);
    hr_siphash_init(&h, key);
    assert_int_equal(hr_element_hash(&conv, &el.list[0], &h), 0);
    hr_siphash_end(&h, out);
}

static void a_message_is_known_again_whatever_its_cache_marks_and_form(void **state)
{
    (void)state;
    static const char *const same[] = {
        BODY(SAYS("user", "\"hi\"")),
        BODY("{ \"role\" : \"user\", \"content\" : \"hi\" }"),
        BODY(SAYS("user", "[{\"type\":\"text\",\"text\":\"hi\"}]")),
        BODY(SAYS("user", "[{\"type\":\"text\",\"text\":\"hi\",\"cache_control\":{\"type\":\"ephemeral\","
                          "\"ttl\":\"1h\"}}]")),
    };
    static const char *const others[] = {
        BODY(SAYS("user", "\"hi \"")), BODY(SAYS("assistant", "\"hi\"")),
        BODY(SAYS("user", "[{\"type\":\"text\",\"text\":\"hi\",\"x\":1}]")),
        BODY(SAYS("user", "[{\"type\":\"text\",\"text\":\"h\"},{\"type\":\"text\",\"text\":\"i\"}]"))};
    uint8_t first[16], next[16];
    hash_of(same[0], first);
    for (size_t i = 1; i < sizeof same / sizeof *same; i++) {
        hash_of(same[i], next);
        assert_memory_equal(first, next, 16);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        hash_of(others[i], next);
        assert_memory_not_equal(first, next, 16);
    }
}

/* ------------------------------------------------------------------ holes */
static void images_and_signatures_are_holes_and_text_is_not(void **state)
{
    (void)state;
    char *body = NULL, filler[2001];
    size_t size;
    memset(filler, 'A', sizeof filler - 1);
    filler[sizeof filler - 1] = 0;
    FILE *f = open_memstream(&body, &size);
    fprintf(
        f,
        BODY(SAYS(
            "user",
            "[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"data\":\"%s\"}},{\"type\":\"text\","
            "\"text\":\"%s\"}]") "," SAYS("assistant",
                                          "[{\"type\":\"thinking\",\"thinking\":\"%s\",\"signature\":\"%s\"}"
                                          "]") "," SAYS("user",
                                                        "[{\"type\":\"document\",\"source\":{\"type\":"
                                                        "\"text\",\"data\":\"some text, %s\"}},"
                                                        "{\"type\":\"image\",\"source\":{\"data\":\"short\"}}"
                                                        "]")),
        filler, filler, filler, filler, filler);
    fclose(f);
    read_as("anthropic", body);
    assert_int_equal(el.n_holes, 2);
    assert_int_equal(el.holes[0].len, 2002);
    assert_true(el.holes[0].tokens > 1000);
    assert_int_equal(el.holes[1].tokens, 0);
    assert_true(el.holes[0].off < el.holes[1].off);
    free(body);
    f = open_memstream(&body, &size);
    fprintf(f,
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"look\",\"images\":[\"%s\",\"%"
            "s\"]}]}",
            filler, filler);
    fclose(f);
    read_as("ollama", body);
    assert_int_equal(el.n_holes, 2);
    free(body);
}

static int done(void **state)
{
    (void)state;
    hr_arena_free(arena);
    arena = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anthropic),
        cmocka_unit_test(what_the_provider_manages_is_told),
        cmocka_unit_test(chat_and_its_kin),
        cmocka_unit_test(responses),
        cmocka_unit_test(gemini_and_converse),
        cmocka_unit_test(a_result_that_answers_an_earlier_unit_holds_both),
        cmocka_unit_test(bodies_of_several_conversations_have_no_elements),
        cmocka_unit_test(a_message_is_known_again_whatever_its_cache_marks_and_form),
        cmocka_unit_test(images_and_signatures_are_holes_and_text_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
