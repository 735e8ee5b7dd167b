/* test_hosts.c - which names are hosts of LLM APIs: whole names only, whatever the case, and the user's rows. */
#include "stream_rig.h"

#include "shim/gate.h"
#include "shim/hosts.h"

static void hosts_of_the_table(void **state)
{
    static const char *const ours[] = {
        "api.anthropic.com",
        "API.Anthropic.COM",
        "api.openai.com",
        "eu.api.openai.com",
        "my-resource.openai.azure.com",
        "r.services.ai.azure.com",
        "us-east5-aiplatform.googleapis.com",
        "aiplatform.googleapis.com",
        "aiplatform.eu.rep.googleapis.com",
        "bedrock-runtime.us-east-1.amazonaws.com",
        "vpce-0a1b-c2d3.bedrock-runtime.eu-west-1.vpce.amazonaws.com",
        "aws-external-anthropic.us-west-2.api.aws",
        "api.business.githubcopilot.com",
        "ollama.com",
    };
    static const char *const others[] = {
        "",
        "anthropic.com",
        "api.anthropic.com.example.org",
        "xapi.anthropic.com",
        "api.anthropic.co",
        "api.anthropic.com.",
        "www.openai.com",
        ".openai.azure.com",
        "openai.azure.com",
        "bedrock-runtime..amazonaws.com",
        "bedrock-runtime.amazonaws.com",
        "bedrock.us-east-1.amazonaws.com",
        "-aiplatform.googleapis.com",
        "localhost",
        "*",
    };

    (void)state;
    gate_init(NULL);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        assert_true(hosts_is_llm(ours[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(hosts_is_llm(others[i]));
    assert_false(hosts_is_llm(NULL));
}

static void hosts_of_the_users_rows(void **state)
{
    (void)state;
    gate_init("LLM.example.org/v1/messages anthropic; proxy.example.org:8443/x/y openai_chat");
    assert_true(hosts_is_llm("llm.example.org"));
    assert_true(hosts_is_llm("Llm.Example.Org"));
    assert_true(hosts_is_llm("proxy.example.org"));
    assert_true(hosts_is_llm("api.anthropic.com"));
    assert_false(hosts_is_llm("llm.example.or"));
    assert_false(hosts_is_llm("llm.example.orga"));
    assert_false(hosts_is_llm("proxy.example.org.evil"));
    assert_false(hosts_is_llm(NULL));
    gate_init("*/v1/messages anthropic");
    assert_true(hosts_is_llm("anything.at.all"));
    assert_true(hosts_is_llm("x"));
    assert_true(hosts_is_llm(NULL)); /* a connection to an address */
    gate_init(NULL);
    assert_false(hosts_is_llm("llm.example.org"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_of_the_table),
        cmocka_unit_test(hosts_of_the_users_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
