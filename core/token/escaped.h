/* escaped.h - counting text that still has its JSON escapes, without decoding it first. What is no escape stands for itself.

   Thread rule and memory: as token.h. */
#ifndef HR_TOKEN_ESCAPED_H
#define HR_TOKEN_ESCAPED_H

#include "token/pieces.h"

/* Tokens by a vocabulary, or, where v is NULL, by the estimator. */
size_t hr_escaped_count(const hr_pieces *v, const char *json, size_t n);

#endif
