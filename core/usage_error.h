/* usage_error.h - how a provider names its error: a word like "rate_limit_error" or "RESOURCE_EXHAUSTED", never a sentence of it, which
   could hold what the user wrote (law 8). */
#ifndef HR_USAGE_ERROR_H
#define HR_USAGE_ERROR_H

#include "base.h"

enum { HR_ERROR_WORD = 64 }; /* longest word; known ones have under 50 characters */

/* Is this such a word: 1 to HR_ERROR_WORD of letters, digits, '_', '.' and '-'? */
bool hr_error_word(hr_str s);
/* The word of a body or an event: `error`'s code, type or status (a code that is but a number comes last, for it repeats the HTTP status),
   the same inside of `response`, or what stands in the body itself (Bedrock's __type; code and type of Mistral, vLLM and the Responses
   stream). n 0: none. Any bytes; nothing is kept. */
hr_str hr_error_of(hr_str text);

#endif
