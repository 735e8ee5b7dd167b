/* test_target.c - what the target of a request says of model and stream. */
#include "dialect_rig.h"

static void check(const char *path, const char *in_body, const char *model, bool stream)
{
    hr_arena *a = hr_arena_new();
    hr_conversation c = {.arena = a, .model = hr_str_make(in_body, strlen(in_body))};
    assert_int_equal(hr_conversation_target(&c, hr_str_make(path, strlen(path))), 0);
    if (!hr_str_is(c.model, model) || c.stream != stream)
        fail_msg("%s: %.*s", path, (int)c.model.n, c.model.p);
    hr_arena_free(a);
}

static void paths_name_the_model_where_bodies_do_not(void **state)
{
    (void)state;
    check("/v1/messages", "claude-x", "claude-x", false);
    check("/v1/messages", "", "", false);
    check("/v1beta/models/gemini-3-pro:generateContent", "", "gemini-3-pro", false);
    check("/v1beta/models/gemini-3-pro:streamGenerateContent", "", "gemini-3-pro", true);
    check("/v1/projects/p/locations/r/publishers/anthropic/models/claude-opus-5-5@20260901:streamRawPredict",
          "", "claude-opus-5-5@20260901", true);
    check("/model/eu.anthropic.claude-x-v1:0/invoke", "", "eu.anthropic.claude-x-v1:0", false);
    check("/model/arn%3aaws%3Ap%2Fclaude/invoke-with-response-stream", "", "arn:aws:p/claude", true);
    check("/model/m%zz%4/converse-stream", "", "m%zz%4", true);
    check("/openai/deployments/my-gpt/chat/completions", "", "my-gpt", false);
    check("/openai/deployments/my-gpt/chat/completions", "gpt-x", "gpt-x", false);
    check("/model//invoke", "", "", false);
    check("/model/%ff/invoke", "", "", false);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    hr_conversation c = {.arena = hr_arena_new()};
    hr_buf path = {0};
    hr_buf_puts(&path, "/model/");
    for (int i = 0; i < 10000; i++) /* above what an arena holds at once */
        hr_buf_puts(&path, "0123456789");
    hr_buf_puts(&path, "/invoke");
    hr_fault_after(HR_FAULT_ALLOC, 1, true);
    int r = hr_conversation_target(&c, hr_buf_view(&path));
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    assert_int_equal(r, HR_ENOMEM);
    hr_buf_free(&path);
    hr_arena_free(c.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_name_the_model_where_bodies_do_not),
        cmocka_unit_test(no_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
