/* token.h - how many tokens a text is.

   Exact counting is not here yet: hr_tokens is an estimator of o200k_base whose error is measured by
   tests/bench/token_error.py and stated in docs/architecture.md. Every figure made from it is labelled "estimated". */
#ifndef HR_TOKEN_H
#define HR_TOKEN_H
#include "../base.h"

/* Tokens of text as a plain string (special tokens count as text). Pure; linear in n; no allocation; any bytes. */
size_t hr_tokens(const char *text, size_t n);
/* The same for raw JSON bytes in which escapes stand: used for the parts of a body that are never decoded. */
size_t hr_tokens_json(const char *json, size_t n);
/* Are the two functions exact? Printed as tokens.exact. */
bool hr_tokens_exact(void);

#endif
