/* test_usage_dialects.c - where each further dialect has the provider's own count, and what of it counts. */
#include "usage_rig.h"

#define RESPONSES_USAGE                                                                                      \
    "{\"input_tokens\":1000,\"input_tokens_details\":{\"cached_tokens\":896,\"cache_write_tokens\":7},"      \
    "\"output_tokens\":20,\"output_tokens_details\":{\"reasoning_tokens\":9},\"total_tokens\":1020}"

static void responses_usage_stands_in_the_body_or_in_the_last_event(void **state)
{
    (void)state;
    EVERY_WAY("openai_responses", HR_USAGE_JSON, "{\"id\":\"resp_1\",\"usage\":" RESPONSES_USAGE "}", 1000,
              896, 7, 20, RESPONSES_USAGE);
    EVERY_WAY(
        "openai_responses", HR_USAGE_SSE,
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n"
        "event: response.completed\ndata: "
        "{\"type\":\"response.completed\",\"response\":{\"output\":[],\"usage\":" RESPONSES_USAGE "}}\n\n",
        1000, 896, 7, 20, RESPONSES_USAGE);
    UNKNOWN("openai_responses", HR_USAGE_SSE,
            "data: {\"type\":\"response.failed\",\"response\":{\"usage\":null}}\n\n");
}

#define GEMINI_USAGE                                                                                         \
    "{\"promptTokenCount\":1000,\"cachedContentTokenCount\":896,\"candidatesTokenCount\":20,"                \
    "\"thoughtsTokenCount\":5,"                                                                              \
    "\"totalTokenCount\":1025}"

static void gemini_usage_is_the_last_piece_s(void **state)
{
    (void)state;
    EVERY_WAY("gemini", HR_USAGE_JSON, "{\"candidates\":[],\"usageMetadata\":" GEMINI_USAGE "}", 1000, 896,
              -1, 25, GEMINI_USAGE);
    EVERY_WAY("gemini", HR_USAGE_JSON,
              "{\"response\":{\"usageMetadata\":" GEMINI_USAGE "},\"traceId\":\"t\"}", 1000, 896, -1, 25,
              GEMINI_USAGE);
    EVERY_WAY("gemini", HR_USAGE_JSON,
              "[{\"usageMetadata\":{\"promptTokenCount\":1}},\r\n{\"usageMetadata\":" GEMINI_USAGE "},\n{}]",
              1000, 896, -1, 25, GEMINI_USAGE);
    EVERY_WAY("gemini", HR_USAGE_SSE,
              "data: {\"usageMetadata\":{\"promptTokenCount\":1}}\r\n\r\ndata: "
              "{\"response\":{\"usageMetadata\":" GEMINI_USAGE "}}\r\n\r\n",
              1000, 896, -1, 25, GEMINI_USAGE);
    EVERY_WAY("gemini", HR_USAGE_JSON, "{\"usageMetadata\":{\"promptTokenCount\":7}}", 7, -1, -1, -1,
              "{\"promptTokenCount\":7}");
    UNKNOWN("gemini", HR_USAGE_JSON, "[{\"usageMetadata\":3}]");
    UNKNOWN("openai_chat", HR_USAGE_JSON, "[{\"usage\":{\"prompt_tokens\":1}}]");
}

#define COHERE_USAGE                                                                                         \
    "{\"billed_units\":{\"input_tokens\":1,\"output_tokens\":2},\"tokens\":{\"input_tokens\":1000,\"output_" \
    "tokens\":20},"                                                                                          \
    "\"cached_tokens\":896}"
#define OLLAMA_LAST                                                                                          \
    "{\"model\":\"m\",\"message\":{\"content\":\"\"},\"done\":true,\"prompt_eval_count\":1000,\"eval_"       \
    "count\":20}"

static void cohere_usage_is_in_tokens_not_in_what_is_billed(void **state)
{
    (void)state;
    EVERY_WAY("cohere", HR_USAGE_JSON, "{\"message\":{},\"usage\":" COHERE_USAGE "}", 1000, 896, -1, 20,
              COHERE_USAGE);
    EVERY_WAY("cohere", HR_USAGE_SSE,
              "event: content-delta\ndata: {\"delta\":{\"text\":\"usage\"}}\n\nevent: message-end\ndata: "
              "{\"type\":\"message-end\",\"delta\":{\"usage\":" COHERE_USAGE "}}\n\n",
              1000, 896, -1, 20, COHERE_USAGE);
}

static void ollama_usage_is_in_the_last_line(void **state)
{
    (void)state;
    EVERY_WAY("ollama", HR_USAGE_JSON, OLLAMA_LAST, 1000, -1, -1, 20, OLLAMA_LAST);
    EVERY_WAY("ollama", HR_USAGE_JSON,
              "{\"message\":{\"content\":\"prompt_eval_count\"},\"done\":false}\n" OLLAMA_LAST "\n", 1000, -1,
              -1, 20, OLLAMA_LAST);
    UNKNOWN("ollama", HR_USAGE_JSON, "{\"error\":\"no\"}\n{\"prompt_eval_count\":");
}

#define CONVERSE_USAGE                                                                                       \
    "{\"inputTokens\":97,\"outputTokens\":20,\"totalTokens\":1020,\"cacheReadInputTokens\":896,"             \
    "\"cacheWriteInputTokens\":7}"

static void converse_usage_adds_cached_tokens_to_the_prompt(void **state)
{
    (void)state;
    EVERY_WAY("bedrock", HR_USAGE_JSON, "{\"output\":{},\"usage\":" CONVERSE_USAGE "}", 1000, 896, 7, 20,
              CONVERSE_USAGE);
}

static void reasoning_is_output_wherever_it_is_counted(void **state)
{
    (void)state;
    /* OpenAI: inside; xAI: beside, as the total shows. */
    EVERY_WAY("openai_chat", HR_USAGE_JSON,
              "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":50,\"total_tokens\":60,"
              "\"completion_tokens_details\":{\"reasoning_tokens\":40}}}",
              10, -1, -1, 50,
              "{\"prompt_tokens\":10,\"completion_tokens\":50,\"total_tokens\":60,"
              "\"completion_tokens_details\":{\"reasoning_tokens\":40}}");
    EVERY_WAY("openai_chat", HR_USAGE_JSON,
              "{\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":50,\"total_tokens\":100,"
              "\"completion_tokens_details\":{\"reasoning_tokens\":40}}}",
              10, -1, -1, 90,
              "{\"prompt_tokens\":10,\"completion_tokens\":50,\"total_tokens\":100,"
              "\"completion_tokens_details\":{\"reasoning_tokens\":40}}");
}

static void each_vendor_s_name_for_cached_tokens_is_known(void **state)
{
    (void)state;
    EVERY_WAY(
        "openai_chat", HR_USAGE_JSON,
        "{\"usage\":{\"prompt_tokens\":10,\"prompt_cache_hit_tokens\":8,\"prompt_cache_miss_tokens\":2}}", 10,
        8, -1, -1,
        "{\"prompt_tokens\":10,\"prompt_cache_hit_tokens\":8,\"prompt_cache_miss_tokens\":2}"); /* DeepSeek */
    EVERY_WAY(
        "openai_chat", HR_USAGE_SSE, /* OpenRouter: what it cost stays in the object */
        ": OPENROUTER PROCESSING\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,"
        "\"completion_tokens\":2,\"cost\":0.00095,\"prompt_tokens_details\":{\"cached_tokens\":8}}}\n\n",
        10, 8, -1, 2,
        "{\"prompt_tokens\":10,\"completion_tokens\":2,\"cost\":0.00095,"
        "\"prompt_tokens_details\":{\"cached_tokens\":8}}");
    EVERY_WAY("gemini", HR_USAGE_JSON,
              "{\"usageMetadata\":{\"promptTokenCount\":10,\"toolUsePromptTokenCount\":5,"
              "\"candidatesTokenCount\":2}}",
              15, -1, -1, 2,
              "{\"promptTokenCount\":10,\"toolUsePromptTokenCount\":5,\"candidatesTokenCount\":2}");
}

/* The summary of a long conversation is a sampling of its own; other models' are not this model's. */
static void compactions_are_counted_and_advice_is_not(void **state)
{
#define ITERATIONS                                                                                           \
    "{\"input_tokens\":23000,\"cache_read_input_tokens\":0,\"output_tokens\":1000,\"iterations\":["          \
    "{\"type\":\"compaction\",\"input_tokens\":180000,\"cache_read_input_tokens\":7,\"output_tokens\":3500}" \
    ","                                                                                                      \
    "{\"type\":\"message\",\"input_tokens\":23000,\"output_tokens\":1000},"                                  \
    "{\"type\":\"advisor_message\",\"input_tokens\":5,\"output_tokens\":6}]}"
    (void)state;
    EVERY_WAY("anthropic", HR_USAGE_JSON, "{\"usage\":" ITERATIONS "}", 203007, 7, -1, 4500, ITERATIONS);
}

static void counting_and_batches_report_no_usage(void **state)
{
    (void)state;
    UNKNOWN("anthropic", HR_USAGE_JSON, "{\"input_tokens\":14}");
    UNKNOWN("openai_responses", HR_USAGE_JSON, "{\"object\":\"response.input_tokens\",\"input_tokens\":11}");
    UNKNOWN("gemini", HR_USAGE_JSON, "{\"totalTokens\":31}");
    UNKNOWN("anthropic", HR_USAGE_JSON, "{\"id\":\"msgbatch_1\",\"request_counts\":{\"processing\":2}}");
}

static void a_gemini_array_that_breaks_off_keeps_its_last_whole_piece(void **state)
{
    (void)state;
    EVERY_WAY("gemini", HR_USAGE_JSON,
              "[{\"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":1}},\n{\"usageMetadata\":"
              "{\"prom",
              9, -1, -1, 1, "{\"promptTokenCount\":9,\"candidatesTokenCount\":1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_usage_stands_in_the_body_or_in_the_last_event),
        cmocka_unit_test(gemini_usage_is_the_last_piece_s),
        cmocka_unit_test(cohere_usage_is_in_tokens_not_in_what_is_billed),
        cmocka_unit_test(ollama_usage_is_in_the_last_line),
        cmocka_unit_test(converse_usage_adds_cached_tokens_to_the_prompt),
        cmocka_unit_test(reasoning_is_output_wherever_it_is_counted),
        cmocka_unit_test(each_vendor_s_name_for_cached_tokens_is_known),
        cmocka_unit_test(compactions_are_counted_and_advice_is_not),
        cmocka_unit_test(counting_and_batches_report_no_usage),
        cmocka_unit_test(a_gemini_array_that_breaks_off_keeps_its_last_whole_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
