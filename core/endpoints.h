/* endpoints.h - the paths of LLM APIs (WIRE.md, table 1.0), as the preload library's gate and `headroom simulate` know them.

   A row is met by the end of a path, its query left out, on any host: gateways and addresses of a user's own are normal. Two rows where
   one ends like the other: the first one counts. Data without pointers: it is mapped by every process under the library, and costs none
   of them a relocation. Paths that are not here although the table names them: those that carry no tool results (/api/generate,
   /v1/fim/completions), and Mistral's /v1/conversations. */
#ifndef HR_ENDPOINTS_H
#define HR_ENDPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct endpoint {
    unsigned char n;  /* length of end */
    char end[30];     /* end of the path */
    char inside[31];  /* what must stand somewhere before it; "": nothing */
    char dialect[18]; /* a name of core/dialect/dialect.c */
    bool count_only;  /* counts tokens: replay and compute, store nothing */
};

#define HR_ENDPOINT(end, inside, dialect, count_only)                                                        \
    {                                                                                                        \
        sizeof(end) - 1, end, inside, dialect, count_only                                                    \
    }

static const struct endpoint endpoints[] = {
    HR_ENDPOINT("/v1/messages", "", "anthropic", false),
    HR_ENDPOINT("/v1/messages/batches", "", "anthropic", false),
    HR_ENDPOINT("/v1/messages/count_tokens", "", "anthropic", true),
    HR_ENDPOINT("/chat/completions", "", "openai_chat", false),
    HR_ENDPOINT("/agents/completions", "", "openai_chat", false), /* Mistral */
    HR_ENDPOINT("/v2/chat", "", "cohere", false),
    HR_ENDPOINT("/api/chat", "", "ollama", false),
    HR_ENDPOINT("/responses", "", "openai_responses", false),
    HR_ENDPOINT("/responses/compact", "", "openai_responses", false),
    HR_ENDPOINT("/responses/input_tokens", "", "openai_responses", true),
    /* Claude at Vertex; other publishers have these verbs too. */
    HR_ENDPOINT("/count-tokens:rawPredict", "/publishers/anthropic/models", "anthropic", true),
    HR_ENDPOINT(":rawPredict", "/publishers/anthropic/models/", "anthropic", false),
    HR_ENDPOINT(":streamRawPredict", "/publishers/anthropic/models/", "anthropic", false),
    /* Bedrock: the body is Claude's own, whatever an inference profile is called; another model's holds nothing for this dialect. */
    HR_ENDPOINT("/invoke", "/model/", "anthropic", false),
    HR_ENDPOINT("/invoke-with-response-stream", "/model/", "anthropic", false),
    HR_ENDPOINT("/converse", "/model/", "bedrock", false),
    HR_ENDPOINT("/converse-stream", "/model/", "bedrock", false),
    /* Gemini: its own API, Vertex, Code Assist. */
    HR_ENDPOINT(":generateContent", "", "gemini", false),
    HR_ENDPOINT(":streamGenerateContent", "", "gemini", false),
    HR_ENDPOINT(":countTokens", "", "gemini", true),
};

/* The row of a path without its query; NULL: none. */
static inline const struct endpoint *endpoint_of(const char *path, size_t n)
{
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++) {
        const struct endpoint *e = &endpoints[i];
        size_t inside;

        if (n < e->n || path[n - 1] != e->end[e->n - 1] || memcmp(path + n - e->n, e->end, e->n) != 0)
            continue;
        inside = strlen(e->inside);
        if (inside == 0 || memmem(path, n - e->n, e->inside, inside))
            return e;
    }
    return NULL;
}

#endif
