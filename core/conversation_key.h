/* conversation_key.h - which conversation is this? The same answer in each of its requests, in any process.

   A keyed hash (SipHash-2-4-128) over the dialect's family, what the client itself names the conversation or its user by
   (metadata.user_id, prompt_cache_key, session_id; often absent), and the first human text that says anything, without the segments
   between <system-reminder> marks, which change from turn to turn. Two conversations that begin with the same words under one name are
   one to it. The history may be cut behind the first human text, the body may grow, system text and tools may change.

   Where the provider holds the history (server_state) the first human text of a body is not the conversation's: ask only where it is.
   Any thread; works in the conversation's own memory. */
#ifndef HR_CONVERSATION_KEY_H
#define HR_CONVERSATION_KEY_H

#include "dialect/dialect.h"

/* 0; HR_ENOENT: no human text, so nothing tells it from others; HR_ESHAPE: a body of several conversations; HR_ENOMEM, or why the text
   cannot be read. */
int hr_conversation_key(const uint8_t secret[16], const hr_dialect *d, hr_conversation *c, uint8_t key[16]);
/* The same, and a key without the client's name: a conversation that is taken up again can have another one. */
int hr_conversation_keys(const uint8_t secret[16], const hr_dialect *d, hr_conversation *c, uint8_t key[16],
                         uint8_t nameless[16]);

#endif
