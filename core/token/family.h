/* family.h - which tokenizer a model is likely to use, as far as its name tells.

   Models of one maker share a tokenizer, or ones that count alike. OpenAI's own are counted by their vocabularies; the others' are
   not public, and what our o200k counts are to theirs is measured for each family (calibrate.h). */
#ifndef HR_TOKEN_FAMILY_H
#define HR_TOKEN_FAMILY_H

#include "../base.h"

/* "claude", "gemini", "gpt", ..., "other" where the name tells nothing. Static text; a gateway's prefix ("anthropic/", "us.anthropic.")
   does not matter. Pure. */
const char *hr_family_of(hr_str model);
/* A number below HR_FAMILY_NUMBERS for such a family, others' apart. */
enum { HR_FAMILY_NUMBERS = 40 };
unsigned hr_family_number(const char *family);

#endif
