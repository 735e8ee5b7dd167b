/* test_usage_error.c - how each provider names its error, and that nothing but a name is taken (core/usage_error.c). */
#include "usage_rig.h"

#include "usage_error.h"

static const struct {
    const char *text, *word;
} bodies[] = {
    {"{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"This request would "
     "exceed\"},"
     "\"request_id\":\"r\"}",
     "rate_limit_error"},
    {"{\"error\":{\"message\":\"too long\",\"type\":\"invalid_request_error\",\"param\":\"messages\","
     "\"code\":\"context_length_exceeded\"}}",
     "context_length_exceeded"},
    {"{\"error\":{\"message\":\"m\",\"type\":\"insufficient_quota\",\"param\":null,\"code\":null}}",
     "insufficient_quota"},
    {"{\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[]}}",
     "RESOURCE_EXHAUSTED"},
    {"[{\"error\":{\"code\":400,\"message\":\"m\",\"status\":\"INVALID_ARGUMENT\"}}\n]", "INVALID_ARGUMENT"},
    {"{\"error\":{\"code\":502,\"message\":\"Provider returned error\"}}", "502"},
    {"{\"error\":{\"code\":\"429\",\"type\":\"throttling\"}}", "throttling"},
    {"{\"__type\":\"com.amazon.coral.service#ThrottlingException\",\"message\":\"m\"}",
     "ThrottlingException"},
    {"{\"__type\":\"ValidationException\",\"message\":\"m\"}", "ValidationException"},
    {"{\"object\":\"error\",\"message\":\"m\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":"
     "\"3000\"}",
     "invalid_request_error"},
    {"{\"object\":\"error\",\"message\":\"m\",\"type\":\"BadRequestError\",\"code\":400}", "BadRequestError"},
    /* a name only: */
    {"{\"message\":\"invalid request: my password is\"}", ""},
    {"{\"error\":\"model 'x' not found\"}", ""},
    {"{\"error\":{\"message\":\"m\",\"type\":\"some words of the user\"}}", ""},
    {"{\"error\":{\"type\":\"with\\u0020escape\"}}", ""},
    {"{\"error\":{\"type\":\"\"}}", ""},
    {"{\"error\":{\"type\":{\"a\":1},\"code\":true}}", ""},
    {"{\"error\":{\"type\":\"0123456789012345678901234567890123456789012345678901234567890123\"}}", ""},
    {"{\"error\":{\"type\":\"x123456789012345678901234567890123456789012345678901234567890123\"}}",
     "x123456789012345678901234567890123456789012345678901234567890123"},
    {"{\"error\":{\"type\":\"x1234567890123456789012345678901234567890123456789012345678901234\"}}", ""},
    {"{\"detail\":\"Not Found\"}", ""},
    {"{\"error\":{\"type\":\"a\"", ""},
    {"<html>error</html>", ""},
    {"[]", ""},
    {"[", ""},
    {"", ""},
};

static void the_name_of_a_refusal_is_found_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const char *word = bodies[i].word;
        struct expected e = {.counts = {-1, -1, -1, -1, NULL}, .error = *word ? word : NULL};
        for (size_t at = 0; at <= strlen(bodies[i].text); at += 5) {
            hr_usage *u = hr_usage_new("anthropic", HR_USAGE_JSON, true);
            assert_non_null(u);
            hr_usage_add(u, bodies[i].text, at);
            hr_usage_add(u, bodies[i].text + at, strlen(bodies[i].text) - at);
            check(u, &e);
        }
    }
}

static void a_refusal_has_no_usage(void **state)
{
    (void)state;
    hr_usage *u =
        hr_usage_new("openai_chat", HR_USAGE_SSE, true); /* whatever the type says: the body is JSON */
    assert_non_null(u);
    feed(u, "{\"error\":{\"type\":\"x\"},\"usage\":{\"prompt_tokens\":1}}");
    check(u, &(struct expected){.counts = {-1, -1, -1, -1, NULL}, .error = "x"});
}

static void an_error_in_the_midst_of_a_stream_is_named(void **state)
{
    (void)state;
    ERROR("anthropic", HR_USAGE_SSE,
          "event: error\ndata: "
          "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}\n\n",
          "overloaded_error");
    ERROR("openai_responses", HR_USAGE_SSE,
          "data: "
          "{\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_"
          "error\","
          "\"message\":\"m\"},\"usage\":null}}\n\n",
          "server_error");
    ERROR("openai_responses", HR_USAGE_SSE,
          "event: error\ndata: "
          "{\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"m\",\"param\":null}\n\n",
          "rate_limit_exceeded");
    ERROR("openai_chat", HR_USAGE_SSE,
          "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: "
          "{\"error\":{\"code\":502,\"message\":\"m\"}}\n\n",
          "502");
    UNKNOWN("openai_chat", HR_USAGE_SSE,
            "data: "
            "{\"choices\":[{\"delta\":{\"content\":\"\\\"error\\\"\",\"x\":{\"error\":{\"type\":\"no\"}}}}]}"
            "\n\n");
    UNKNOWN(
        "openai_responses", HR_USAGE_SSE,
        "data: {\"type\":\"response.created\",\"response\":{\"error\":null,\"object\":\"response\"}}\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_of_a_refusal_is_found_and_nothing_else),
        cmocka_unit_test(a_refusal_has_no_usage),
        cmocka_unit_test(an_error_in_the_midst_of_a_stream_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
