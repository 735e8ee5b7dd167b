/* context_limit.h - how many tokens of prompt a model takes before its provider refuses the request.

   A built-in table by model name, and what the user says (setting model_context_limits, "GLOB=NUMBER .."; the first glob that matches
   the whole name counts, and replaces the table's number; entries that are none are left out). Names come with a vendor, a region or a path before them
   ("anthropic/claude-..", "eu.anthropic.claude-..", "models/gemini-..") and a date or variant behind; a version that the table does not
   know ("gpt-5.9") matches nothing: a guess would cut where the provider accepts.

   Where a model is offered with several sizes (200K, and 1M with a beta header) the table has the largest: core does not see which one
   the account has, and what the provider would take must not be cut. Numbers are tokens of input. Source: the providers' own pages of
   models, November 2026 (WIRE.md 5); for GPT-5 up to 5.3 and 5.4-mini the API's own error ("Input tokens exceed the configured limit of
   272000 tokens"), as their 400K hold the answer, too.

   Pure functions; any thread; nothing is allocated. */
#ifndef HR_CONTEXT_LIMIT_H
#define HR_CONTEXT_LIMIT_H

#include "base.h"

typedef struct hr_context_limit {
    int64_t tokens;
    /* The provider adds the request's own max_tokens to the prompt, and refuses the sum: OpenAI's Chat models before GPT-5, Claude up to
       4.1. Never where the number is the user's. */
    bool with_output;
    bool given; /* the number is the user's */
    bool known; /* the model is in the table */
    /* Tokens of this model to a hundred of token.h's, at the most: 105 where the tokenizer is o200k_base, the estimate's own error; 110
       for others; 140 for Claude from 4.7 on (30 % more for the same text, by its vendor). */
    unsigned percent;
} hr_context_limit;

/* false: neither the table nor the user knows the model; *out is zeroed but for percent. */
bool hr_context_limit_of(hr_str model, hr_str given, hr_context_limit *out);

#endif
