/* hosts.c - the hosts of LLM APIs. See hosts.h.

   One string: a table of pointers would cost a relocation a row at the start of every process. */
#include "hosts.h"

#include <string.h>

#include "gate.h"

/* WIRE.md, table 1.0; `*` stands for one byte or more. Ollama on localhost is not here: it speaks no TLS. */
static const char hosts[] = "api.anthropic.com\0"
                            "aws-external-anthropic.*.api.aws\0"
                            "bedrock-mantle.*.api.aws\0"
                            "bedrock-runtime.*.amazonaws.com\0"
                            "*.bedrock-runtime.*.vpce.amazonaws.com\0"
                            "aiplatform.googleapis.com\0"
                            "*-aiplatform.googleapis.com\0"
                            "aiplatform.*.rep.googleapis.com\0"
                            "generativelanguage.googleapis.com\0"
                            "cloudcode-pa.googleapis.com\0"
                            "api.openai.com\0"
                            "*.api.openai.com\0"
                            "chatgpt.com\0"
                            "*.openai.azure.com\0"
                            "*.services.ai.azure.com\0"
                            "*.cognitiveservices.azure.com\0"
                            "api.cohere.com\0"
                            "api.cohere.ai\0"
                            "api.mistral.ai\0"
                            "codestral.mistral.ai\0"
                            "openrouter.ai\0"
                            "api.githubcopilot.com\0"
                            "api.*.githubcopilot.com\0"
                            "api.groq.com\0"
                            "api.deepseek.com\0"
                            "api.x.ai\0"
                            "api.minimax.io\0"
                            "api.together.xyz\0"
                            "api.fireworks.ai\0"
                            "api.moonshot.ai\0"
                            "api.z.ai\0"
                            "dashscope-intl.aliyuncs.com\0"
                            "router.huggingface.co\0"
                            "integrate.api.nvidia.com\0"
                            "opencode.ai\0"
                            "ollama.com\0";

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The pattern ends at its NUL or at the colon of a port, which SNI never has.
   At a star the shortest piece is tried first; a later star forgets the earlier one, which then need not grow any more. */
static bool matches(const char *pattern, const char *name)
{
    const char *star = NULL, *from = NULL;

    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            from = ++name;
        } else if (*pattern && *pattern == lower(*name)) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++from;
        } else {
            return false;
        }
    }
    return *pattern == '\0' || *pattern == ':';
}

bool hosts_is_llm(const char *name)
{
    const char *h;

    for (h = hosts; name && *h; h += strlen(h) + 1) {
        if (matches(h, name))
            return true;
    }
    for (size_t i = 0; (h = gate_extra_host(i)); i++) {
        if (strcmp(h, "*") == 0 || (name && matches(h, name)))
            return true;
    }
    return false;
}
