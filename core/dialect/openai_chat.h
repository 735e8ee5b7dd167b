/* openai_chat.h - the messages of Chat Completions, and what dialects that are made after them have in their place. */
#ifndef HR_OPENAI_CHAT_H
#define HR_OPENAI_CHAT_H

#include "dialect.h"

/* NULL-terminated names of a message's members, in this order; "" where a dialect has none. */
enum hr_chat_member {
    HR_CHAT_ROLE,
    HR_CHAT_CONTENT,
    HR_CHAT_CALLS,
    HR_CHAT_CALL, /* one call, of a legacy function */
    HR_CHAT_ID,
    HR_CHAT_NAME,  /* of the tool, in its result */
    HR_CHAT_SEALS, /* this one and what follows: reasoning that is signed, encrypted or opaque */
};

typedef struct hr_chat_form {
    const char *const *names;
    /* Consume the content of a tool's message and add its literals. */
    int (*result)(hr_conversation *c, hr_scan *s);
} hr_chat_form;

/* A whole body with `messages`, `model`, `stream`, `tools`, `functions`. As hr_dialect.locate. */
int hr_chat_locate(hr_conversation *c, const hr_chat_form *form);

#endif
