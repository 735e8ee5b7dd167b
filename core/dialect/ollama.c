/* ollama.c - the body of Ollama's own /api/chat (WIRE.md 1.10): Chat's messages with arguments that are objects, calls without ids for
   most models, and a stream unless one is declined.

   The path is one that web applications use for chats of their own; Ollama's bodies name a model. */
#include "openai_chat.h"

static int result(hr_conversation *c, hr_scan *s)
{
    return hr_scan_text(c, s, HR_EV_RESULT);
}

static int locate(hr_conversation *c)
{
    static const char *const names[] = {"role",         "content",   "tool_calls", "",
                                        "tool_call_id", "tool_name", NULL};
    static const hr_chat_form form = {names, result};
    int r;

    c->stream = true;
    r = hr_chat_locate(c, &form);
    return r == 0 && c->model.n == 0 ? HR_ESHAPE : r;
}

const hr_dialect hr_dialect_ollama = {"ollama", "openai_chat", locate};
