/* cohere.c - the body of Cohere's /v2/chat (WIRE.md 1.5): Chat's messages, where a tool's result may be a list of documents. */
#include "openai_chat.h"

static int read_document(hr_conversation *c, hr_scan *s)
{
    static const char *const names[] = {"data", NULL};
    hr_member m = {names, 0};
    int which, r;

    if (hr_scan_peek(s) != HR_JSON_OBJECT)
        return hr_scan_value(s, NULL);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1)
        if ((r = which == 0 ? hr_scan_strings(c, s, HR_EV_RESULT) : hr_scan_value(s, NULL)) < 0)
            return r;
    return r;
}

/* A part holds one of the two, as its type says. */
static int read_part(hr_conversation *c, hr_scan *s)
{
    static const char *const names[] = {"text", "document", NULL};
    hr_member m = {names, 0};
    hr_value text;
    int which, r;

    if (hr_scan_peek(s) != HR_JSON_OBJECT)
        return hr_scan_value(s, NULL);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        r = which == 1 ? read_document(c, s) : hr_scan_value(s, &text);
        if (r == 0 && which == 0 && text.type == HR_JSON_STRING)
            r = hr_literal_add(c, HR_EV_RESULT, text);
        if (r < 0)
            return r;
    }
    return r;
}

static int result(hr_conversation *c, hr_scan *s)
{
    int r;

    if (hr_scan_peek(s) != HR_JSON_ARRAY)
        return hr_scan_text(c, s, HR_EV_RESULT);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1)
        if ((r = read_part(c, s)) < 0)
            return r;
    return r;
}

static int locate(hr_conversation *c)
{
    static const char *const names[] = {"role", "content", "tool_calls", "", "tool_call_id", "", NULL};
    static const hr_chat_form form = {names, result};

    return hr_chat_locate(c, &form);
}

const hr_dialect hr_dialect_cohere = {"cohere", "openai_chat", locate};
