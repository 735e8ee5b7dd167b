/* window_shapes.c - see window_shapes.h. */
#include "window_shapes.h"

#include <string.h>

#define END                                                                                                  \
    {                                                                                                        \
        NULL, HR_SAYS_NOTHING                                                                                \
    }

static const hr_word anthropic_blocks[] = {
    {"text", HR_SAYS_TEXT},
    {"tool_use", HR_SAYS_CALL},
    {"tool_result", HR_SAYS_RESULT},
    {"thinking", HR_SAYS_SEAL},
    {"redacted_thinking", HR_SAYS_SEAL},
    {"image", HR_SAYS_TEXT},
    {"document", HR_SAYS_TEXT},
    {"search_result", HR_SAYS_TEXT},
    {"server_tool_use",
     HR_SAYS_NOTHING}, /* what the provider runs itself stands with its result in one message */
    {"web_search_tool_result", HR_SAYS_NOTHING},
    {"web_fetch_tool_result", HR_SAYS_NOTHING},
    {"code_execution_tool_result", HR_SAYS_NOTHING},
    {"bash_code_execution_tool_result", HR_SAYS_NOTHING},
    {"text_editor_code_execution_tool_result", HR_SAYS_NOTHING},
    {"mcp_tool_use", HR_SAYS_NOTHING},
    {"mcp_tool_result", HR_SAYS_NOTHING},
    {"compaction", HR_SAYS_SUMMARY},
    END};

static const hr_word chat_blocks[] = {{"text", HR_SAYS_TEXT},         {"image_url", HR_SAYS_TEXT},
                                      {"input_audio", HR_SAYS_TEXT},  {"file", HR_SAYS_TEXT},
                                      {"refusal", HR_SAYS_TEXT},      {"thinking", HR_SAYS_NOTHING},
                                      {"reference", HR_SAYS_NOTHING}, {"document_url", HR_SAYS_TEXT},
                                      {"document", HR_SAYS_TEXT},     END};

static const hr_word response_parts[] = {{"input_text", HR_SAYS_TEXT},  {"input_image", HR_SAYS_TEXT},
                                         {"input_file", HR_SAYS_TEXT},  {"input_audio", HR_SAYS_TEXT},
                                         {"output_text", HR_SAYS_TEXT}, {"text", HR_SAYS_TEXT},
                                         {"refusal", HR_SAYS_TEXT},     END};

static const hr_word response_items[] = {{"function_call", HR_SAYS_CALL},
                                         {"function_call_output", HR_SAYS_RESULT},
                                         {"custom_tool_call", HR_SAYS_CALL},
                                         {"custom_tool_call_output", HR_SAYS_RESULT},
                                         {"local_shell_call", HR_SAYS_CALL},
                                         {"local_shell_call_output", HR_SAYS_RESULT},
                                         {"shell_call", HR_SAYS_CALL},
                                         {"shell_call_output", HR_SAYS_RESULT},
                                         {"apply_patch_call", HR_SAYS_CALL},
                                         {"apply_patch_call_output", HR_SAYS_RESULT},
                                         {"computer_call", HR_SAYS_CALL},
                                         {"computer_call_output", HR_SAYS_RESULT},
                                         {"reasoning", HR_SAYS_SEAL},
                                         {"web_search_call", HR_SAYS_NOTHING},
                                         {"file_search_call", HR_SAYS_NOTHING},
                                         {"code_interpreter_call", HR_SAYS_NOTHING},
                                         {"image_generation_call", HR_SAYS_NOTHING},
                                         {"mcp_call", HR_SAYS_NOTHING},
                                         {"additional_tools", HR_SAYS_SYSTEM},
                                         {"configuration_update", HR_SAYS_SYSTEM},
                                         {"compaction", HR_SAYS_SUMMARY},
                                         END};

static const hr_word gemini_parts[] = {{"text", HR_SAYS_TEXT},
                                       {"functionCall", HR_SAYS_CALL},
                                       {"function_call", HR_SAYS_CALL},
                                       {"functionResponse", HR_SAYS_RESULT},
                                       {"function_response", HR_SAYS_RESULT},
                                       {"thoughtSignature", HR_SAYS_SEAL},
                                       {"thought_signature", HR_SAYS_SEAL},
                                       {"thought", HR_SAYS_NOTHING},
                                       {"inlineData", HR_SAYS_TEXT},
                                       {"inline_data", HR_SAYS_TEXT},
                                       {"fileData", HR_SAYS_TEXT},
                                       {"file_data", HR_SAYS_TEXT},
                                       {"executableCode", HR_SAYS_NOTHING},
                                       {"executable_code", HR_SAYS_NOTHING},
                                       {"codeExecutionResult", HR_SAYS_NOTHING},
                                       {"code_execution_result", HR_SAYS_NOTHING},
                                       {"videoMetadata", HR_SAYS_NOTHING},
                                       {"video_metadata", HR_SAYS_NOTHING},
                                       {"mediaResolution", HR_SAYS_NOTHING},
                                       {"media_resolution", HR_SAYS_NOTHING},
                                       {"partMetadata", HR_SAYS_NOTHING},
                                       {"part_metadata", HR_SAYS_NOTHING},
                                       END};

static const hr_word bedrock_blocks[] = {
    {"text", HR_SAYS_TEXT},          {"toolUse", HR_SAYS_CALL},
    {"toolResult", HR_SAYS_RESULT},  {"reasoningContent", HR_SAYS_SEAL},
    {"image", HR_SAYS_TEXT},         {"document", HR_SAYS_TEXT},
    {"video", HR_SAYS_TEXT},         {"audio", HR_SAYS_TEXT},
    {"searchResult", HR_SAYS_TEXT},  {"citationsContent", HR_SAYS_NOTHING},
    {"cachePoint", HR_SAYS_NOTHING}, END};

static const hr_word anthropic_inner[] = {{"text", HR_SAYS_TEXT},
                                          {"image", HR_SAYS_TEXT},
                                          {"document", HR_SAYS_TEXT},
                                          {"search_result", HR_SAYS_TEXT},
                                          END};

static const hr_word bedrock_inner[] = {{"text", HR_SAYS_TEXT},
                                        {"json", HR_SAYS_TEXT},
                                        {"image", HR_SAYS_TEXT},
                                        {"document", HR_SAYS_TEXT},
                                        {"video", HR_SAYS_TEXT},
                                        {"searchResult", HR_SAYS_TEXT},
                                        END};

#define ROLE_CONTENT "{\"role\":\"user\",\"content\":\"", "\"}"

static const hr_shape shapes[] = {
    {"anthropic", anthropic_blocks, anthropic_inner, NULL, false, false, ROLE_CONTENT},
    {"openai_chat", chat_blocks, NULL, NULL, false, false, ROLE_CONTENT},
    {"openai_responses", response_parts, response_parts, response_items, false, false,
     "{\"type\":\"message\",\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":\"", "\"}]}"},
    {"gemini", gemini_parts, NULL, NULL, true, true, "{\"role\":\"user\",\"parts\":[{\"text\":\"", "\"}]}"},
    {"cohere", chat_blocks, NULL, NULL, false, false, ROLE_CONTENT},
    {"ollama", chat_blocks, NULL, NULL, false, false, ROLE_CONTENT},
    {"bedrock", bedrock_blocks, bedrock_inner, NULL, true, true,
     "{\"role\":\"user\",\"content\":[{\"text\":\"", "\"}]}"},
};

const hr_shape *hr_shape_of(const hr_dialect *d)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp(shapes[i].dialect, d->name) == 0)
            return &shapes[i];
    return NULL;
}

enum hr_sense hr_sense_of(const hr_word *words, hr_str name)
{
    for (; words->name; words++)
        if (hr_str_is(name, words->name))
            return words->sense;
    return HR_SAYS_UNKNOWN;
}
