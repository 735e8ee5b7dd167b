/* Which conversation is this, and where is its last system literal? */
#include "conversation_key.h"

#include "dialect_rig.h"

static const uint8_t secret[16] = "0123456789abcdef";

struct named {
    uint8_t key[16];
    int r;
};

static struct named name_of(const char *dialect, const char *body)
{
    struct fixture f;
    struct named n = {{0}, 0};
    assert_int_equal(read_it(&f, dialect, body), 0);
    n.r = hr_conversation_key(secret, f.d, &f.c, n.key);
    done(&f);
    return n;
}

static bool same(const char *dialect, const char *a, const char *b)
{
    struct named x = name_of(dialect, a), y = name_of(dialect, b);
    assert_int_equal(x.r, 0);
    assert_int_equal(y.r, 0);
    return memcmp(x.key, y.key, sizeof x.key) == 0;
}

#define CLAUDE(meta, first, rest)                                                                            \
    "{" meta "\"system\":\"x\",\"messages\":[{\"role\":\"user\",\"content\":" first "}" rest "]}"
#define TURN ",{\"role\":\"assistant\",\"content\":\"yes\"},{\"role\":\"user\",\"content\":\"go on\"}"

static void every_request_of_a_conversation_has_the_key_of_its_first(void **state)
{
    (void)state;
    assert_true(same("anthropic", CLAUDE("", "\"hi\"", ""), CLAUDE("", "\"hi\"", TURN)));
    /* The client writes the same message in another form, and its reminders change. */
    assert_true(same("anthropic", CLAUDE("", "\"h\\u0069\"", ""),
                     CLAUDE("",
                            "[{\"type\":\"text\",\"text\":\"<system-reminder>today</system-reminder>\"},"
                            "{\"type\":\"text\",\"text\":\"hi\"}]",
                            TURN)));
    assert_true(same(
        "openai_chat", "{\"prompt_cache_key\":\"k\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
        "{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"a\"},"
        "{\"role\":\"assistant\",\"content\":\"b\"}],\"prompt_cache_key\":\"k\"}"));
}

static void another_conversation_has_another_key(void **state)
{
    (void)state;
    assert_false(same("anthropic", CLAUDE("", "\"hi\"", ""), CLAUDE("", "\"ho\"", "")));
    assert_false(same("anthropic", CLAUDE("\"metadata\":{\"user_id\":\"u1\"},", "\"hi\"", ""),
                      CLAUDE("\"metadata\":{\"user_id\":\"u2\"},", "\"hi\"", "")));
    assert_false(same("openai_responses", "{\"input\":\"a\",\"prompt_cache_key\":\"k\"}",
                      "{\"input\":\"a\",\"prompt_cache_key\":\"l\"}"));
    assert_false(same("gemini",
                      "{\"request\":{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"session_id\":\"1\"}}",
                      "{\"request\":{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"session_id\":\"2\"}}"));
}

static void a_body_that_names_no_conversation_has_no_key(void **state)
{
    (void)state;
    assert_int_equal(name_of("anthropic", CLAUDE("", "\" \\n<system-reminder>x</system-reminder>\"", "")).r,
                     HR_ENOENT);
    assert_int_equal(name_of("openai_chat", "{\"messages\":[]}").r, HR_ENOENT);
    assert_int_equal(name_of("anthropic", "{\"requests\":[{\"params\":" CLAUDE("", "\"hi\"", "") "}]}").r,
                     HR_ESHAPE);
}

/* ------------------------------------------------------------------ where the system text lies */
static void finds(const char *dialect, const char *literal, const char *body)
{
    struct fixture f;
    assert_int_equal(read_it(&f, dialect, body), 0);
    if (!literal)
        assert_int_equal(f.c.system.len, 0);
    else if (f.c.system.len != strlen(literal) || memcmp(body + f.c.system.off, literal, f.c.system.len) != 0)
        fail_msg("%s: %.*s", body, (int)f.c.system.len, body + f.c.system.off);
    done(&f);
}

#define SAYS(role, text) "{\"role\":\"" role "\",\"content\":" text "}"
#define CHAT(messages)   "{\"model\":\"m\",\"messages\":[" messages "]}"
#define PARTS                                                                                                \
    "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"},{\"type\":\"image_url\"}]"

static void the_last_system_literal_is_found_in_each_dialect(void **state)
{
    (void)state;
    finds("anthropic", "\"a\"", "{\"system\":\"a\",\"messages\":[]}");
    finds("anthropic", "\"b\"", "{\"messages\":[],\"system\":" PARTS "}");
    finds("anthropic", NULL, "{\"messages\":[],\"system\":[{\"text\":\"no type\"}]}");
    finds("anthropic", NULL, "{\"messages\":[" SAYS("system", "\"in between\"") "]}");

    finds("openai_chat", "\"a\"", CHAT(SAYS("system", "\"a\"") "," SAYS("user", "\"u\"")));
    finds("openai_chat", "\"b\"",
          CHAT(SAYS("system", "\"a\"") "," SAYS("developer", PARTS) "," SAYS("user", "\"u\"")));
    finds("openai_chat", "\"a\"", CHAT("{\"content\":\"a\",\"role\":\"system\"}"));
    finds("openai_chat", "\"a\"",
          CHAT(SAYS("system", "\"a\"") "," SAYS("user", "[]") "," SAYS("system", "\"late\"")));
    finds("openai_chat", NULL, CHAT(SAYS("user", "\"u\"") "," SAYS("system", "\"late\"")));
    finds("cohere", "\"a\"", CHAT(SAYS("system", "\"a\"")));
    finds("ollama", "\"a\"", CHAT(SAYS("system", "\"a\"")));

    finds("openai_responses", "\"i\"", "{\"instructions\":\"i\",\"input\":\"u\"}");
    finds("openai_responses", "\"d\"",
          "{\"input\":[" SAYS("developer", "[{\"type\":\"input_text\",\"text\":\"d\"}]") "," SAYS(
              "user", "\"u\"") "," SAYS("developer", "\"late\"") "],\"instructions\":\"i\"}");
    finds("openai_responses", NULL, "{\"input\":[" SAYS("user", "\"u\"") "," SAYS("system", "\"late\"") "]}");

    finds("gemini", "\"b\"",
          "{\"systemInstruction\":{\"parts\":[{\"text\":\"a\"},{\"text\":\"b\"}]},\"contents\":[]}");
    finds("gemini", "\"a\"",
          "{\"request\":{\"contents\":[],\"system_instruction\":{\"role\":\"user\",\"parts\":[{\"text\":"
          "\"a\"}]}}}");
    finds("bedrock", "\"a\"",
          "{\"messages\":[],\"system\":[{\"text\":\"a\"},{\"cachePoint\":{\"type\":\"default\"}}]}");
}

static void a_body_without_results_is_known_by_its_system_text(void **state)
{
    static const char *const bodies[][2] = {
        {"anthropic", "{\"system\":\"a\",\"messages\":[" SAYS("user", "\"u\"") "]}"},
        {"openai_chat", CHAT(SAYS("system", "\"a\"") "," SAYS("user", "\"u\""))},
        {"bedrock", "{\"system\":[{\"text\":\"a\"}],\"messages\":[" SAYS("user", "[{\"text\":\"u\"}]") "]}"},
        {"openai_responses", "{\"instructions\":\"a\",\"input\":\"u\"}"},
        {"gemini", "{\"systemInstruction\":{\"parts\":[{\"text\":\"a\"}]},\"contents\":[]}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct fixture f;
        assert_int_equal(read_it(&f, NULL, bodies[i][1]), 0);
        assert_string_equal(f.d->name, bodies[i][0]);
        done(&f);
    }
}

static void only_a_client_that_says_so_resends_what_the_provider_may_store(void **state)
{
    static const struct {
        const char *dialect, *body;
        bool resends;
    } cases[] = {{"openai_responses", "{\"input\":\"u\"}", false},
                 {"openai_responses", "{\"input\":\"u\",\"store\":true}", false},
                 {"openai_responses", "{\"input\":\"u\",\"store\":false}", true},
                 {"openai_chat", CHAT(SAYS("user", "\"u\"")), true}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        assert_int_equal(read_it(&f, cases[i].dialect, cases[i].body), 0);
        assert_int_equal(f.c.resends, cases[i].resends);
        done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_of_a_conversation_has_the_key_of_its_first),
        cmocka_unit_test(another_conversation_has_another_key),
        cmocka_unit_test(a_body_that_names_no_conversation_has_no_key),
        cmocka_unit_test(the_last_system_literal_is_found_in_each_dialect),
        cmocka_unit_test(a_body_without_results_is_known_by_its_system_text),
        cmocka_unit_test(only_a_client_that_says_so_resends_what_the_provider_may_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
