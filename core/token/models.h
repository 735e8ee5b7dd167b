/* models.h - which models' vocabularies are public.

   Names come with prefixes of gateways and suffixes of versions ("openai/gpt-4o-2024-08-06"); what counts is how the part behind the last '/'
   begins. Pure; any thread. */
#ifndef HR_TOKEN_MODELS_H
#define HR_TOKEN_MODELS_H

#include "token/token.h"

/* The encoding that OpenAI has published for the model; NONE for all others, whose family calibrate.h measures. */
enum hr_encoding hr_model_encoding(hr_str model);

#endif
