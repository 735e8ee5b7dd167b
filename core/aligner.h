/* aligner.h - the step of the road that makes the system text of a conversation the same tomorrow (setting `aligner`).

   What the last system literal says of the date, the time or the session moves to its end (transform/volatile.h), so that the provider finds
   the prefix before it in its cache. Blocks, cache_control and every other literal stay as they are.

   A decision is taken in a conversation's first request alone: no assistant turn in it, and no history at the provider. It is stored before its bytes
   leave and replayed in every later request of that conversation, whatever `aligner` says by then (law 4); a conversation that began
   without one goes on without. None is taken for a batch, in a bypassed request, at level replay, for bound models where
   `bound = leave`, or without a working store.

   `on` moves in every dialect. `auto` moves only where a cached prefix gets longer by it (WIRE.md 2):
     Anthropic, Bedrock, and Claude anywhere   never: an entry of the cache ends at a block, and the block changes with the date all the same
     OpenAI from GPT-5.6 on                    never: entries end at breakpoints, at the latest user message, behind the whole system text
     OpenAI before, and what speaks like it    the longest common prefix counts, in steps of 128 tokens, from 1,024 tokens on
     Gemini 2.5 and later                      the same, from 1,024 tokens on (Flash) or 4,096 (others)
     Ollama                                    the same, from the first token on: what is kept is work of this machine
     Cohere                                    never: no cache is documented
     Responses, unless `store` is false        never: the next request can leave the conversation to the provider, and nothing in it tells which
                                               one it is */
#ifndef HR_ALIGNER_H
#define HR_ALIGNER_H

#include "context.h"

/* Add the system literal to the items, in the body's order, if it goes out changed; items has room for one more than *n. 0, or
   HR_ENOMEM. */
int hr_align(headroom_request *r, hr_conversation *conv, hr_item *items, size_t *n);

/* Would auto move it? before: tokens of what stands before the volatile text's new place, the offered tools included; gained: of those, how
   many stood behind its old place. */
bool hr_align_gains(const hr_conversation *conv, const hr_dialect *d, size_t before, size_t gained);

/* By what an aligned text is known again (`restore`). Memory of the conversation. 0, HR_ENOENT, or why the conversation has no key. */
int hr_align_sent_key(const uint8_t secret[16], const hr_dialect *d, hr_conversation *conv, hr_str text,
                      uint8_t key[16]);

#endif
