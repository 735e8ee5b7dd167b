/* family.h - what the name of a model tells about its tokens.

   Names come with prefixes of gateways and suffixes of versions ("openai/gpt-4o-2024-08-06", "us.anthropic.claude-opus-4-1-v1:0"); what counts is
   the part behind the last '/', and where in it a known name begins. Pure; any thread. */
#ifndef HR_TOKEN_FAMILY_H
#define HR_TOKEN_FAMILY_H

#include "token/token.h"

/* Models that share a vocabulary, or are believed to: what one calibration of the estimate is for. Stored, so the numbers stay. */
enum hr_family {
    HR_FAMILY_OTHER = 0,
    HR_FAMILY_O200K = 1,
    HR_FAMILY_CL100K = 2,
    HR_FAMILY_CLAUDE = 3,
    HR_FAMILY_GEMINI = 4,
    HR_FAMILY_MISTRAL = 5,
    HR_FAMILY_LLAMA = 6,
    HR_FAMILY_COHERE = 7,
    HR_FAMILY_QWEN = 8,
    HR_FAMILY_DEEPSEEK = 9,
    HR_FAMILY_GROK = 10,
    HR_FAMILY_NOVA = 11,
    HR_FAMILIES
};

enum hr_family hr_family_of(hr_str model);
/* Lower case, for reports: "claude". Never NULL. */
const char *hr_family_name(enum hr_family f);
/* The encoding that OpenAI has published for the model; NONE for all others. */
enum hr_encoding hr_family_encoding(enum hr_family f);

#endif
