/* openai_chat.c - the OpenAI Chat Completions body (WIRE.md 1.2) and the many servers that speak it. */
#include "openai_chat.h"

/* {name, arguments} of a call, in `function` or legacy `function_call`; {name, input} in `custom`. */
static int read_function(hr_conversation *c, hr_scan *s, hr_event *call)
{
    static const char *const names[] = {"name", "arguments", "input", NULL};
    hr_member m = {names, 0};
    hr_value v;
    int which, r;

    if (hr_scan_peek(s) != HR_JSON_OBJECT)
        return hr_scan_value(s, &v);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        r = which == 0 ? hr_scan_string(c, s, false, &call->name)
                       : hr_scan_value(s, which > 0 ? &call->lit : &v);
        if (r < 0)
            return r;
    }
    return r;
}

/* `extra_content` of a call is Gemini's thought signature, at its compatible endpoint. */
static int read_calls(hr_conversation *c, hr_scan *s, bool *sealed)
{
    static const char *const names[] = {"id", "function", "custom", "extra_content", NULL};
    hr_value v;
    int r;

    if (hr_scan_peek(s) != HR_JSON_ARRAY)
        return hr_scan_value(s, &v);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1) {
        hr_member m = {names, 0};
        hr_event call = {.kind = HR_EV_CALL, .message = c->message, .block = c->block}, *e;
        int which;
        if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
            return r;
        while ((r = hr_member_next(s, &m, &which)) == 1) {
            r = which == 0                 ? hr_scan_string(c, s, false, &call.id)
                : which == 1 || which == 2 ? read_function(c, s, &call)
                                           : hr_scan_value(s, &v);
            if (r < 0)
                return r;
            *sealed |= which == 3;
        }
        if (r < 0)
            return r;
        if (!(e = hr_event_add(c, HR_EV_CALL)))
            return HR_ENOMEM;
        *e = call;
    }
    return r;
}

static int read_legacy_call(hr_conversation *c, const hr_value *call)
{
    hr_event legacy = {.kind = HR_EV_CALL, .message = c->message, .block = c->block}, *e;
    hr_scan s;
    int r;

    hr_scan_within(&s, c, call);
    if ((r = read_function(c, &s, &legacy)) < 0)
        return r;
    if (!(e = hr_event_add(c, HR_EV_CALL)))
        return HR_ENOMEM;
    *e = legacy;
    return 0;
}

/* A message on its way. Its members may come in any order; what comes behind the role is read where it stands. */
struct message {
    hr_value content, calls, call; /* len 0: absent, or read already */
    hr_str role, id, name;
    enum { OTHER, HUMAN, RESULT, ASSISTANT, SYSTEM } sort;
    bool sealed;
    size_t from;   /* its first event */
    hr_value text; /* SYSTEM: its last literal */
};

static int read_content(hr_conversation *c, hr_scan *s, const hr_chat_form *form, struct message *m)
{
    return m->sort == HUMAN    ? hr_scan_text(c, s, HR_EV_HUMAN)
           : m->sort == SYSTEM ? hr_scan_system(c, s, true, &m->text)
                               : form->result(c, s);
}

static int end_message(hr_conversation *c, const hr_chat_form *form, struct message *m)
{
    hr_scan s;
    int r;

    if (m->role.n == 0)
        return HR_ESHAPE;
    if (m->content.len && m->sort != OTHER && m->sort != ASSISTANT) {
        hr_scan_within(&s, c, &m->content);
        if ((r = read_content(c, &s, form, m)) < 0)
            return r;
    }
    /* Without an id: legacy functions, and servers that give none. */
    const uint32_t call = m->sort == RESULT && m->id.n == 0 ? hr_call_take(c, m->name) : 0;
    for (size_t i = m->from; m->sort == RESULT && i < c->n; i++) {
        c->ev[i].id = m->id;
        c->ev[i].name = m->name;
        c->ev[i].call = call;
    }
    if (m->sort != ASSISTANT)
        return 0;
    if (m->calls.len) {
        hr_scan_within(&s, c, &m->calls);
        if ((r = read_calls(c, &s, &m->sealed)) < 0)
            return r;
    }
    c->ev[m->from].sealed = m->sealed;
    return m->call.type == HR_JSON_OBJECT ? read_legacy_call(c, &m->call) : 0;
}

/* The role; an assistant's turn begins with it. */
static int read_role(hr_conversation *c, hr_scan *s, struct message *m)
{
    int r = hr_scan_string(c, s, true, &m->role);

    if (r < 0)
        return r;
    if (hr_str_is(m->role, "user"))
        m->sort = HUMAN;
    else if (hr_str_is(m->role, "tool") || hr_str_is(m->role, "function"))
        m->sort = RESULT;
    else if (hr_str_is(m->role, "assistant"))
        m->sort = ASSISTANT;
    else if (hr_str_is(m->role, "system") || hr_str_is(m->role, "developer"))
        m->sort = SYSTEM;
    return m->sort == ASSISTANT && !hr_event_add(c, HR_EV_ASSISTANT) ? HR_ENOMEM : 0;
}

/* leading: no turn stands before it. */
static int read_message(hr_conversation *c, hr_scan *s, const hr_chat_form *form, bool *leading)
{
    hr_member member = {form->names, 0};
    struct message m = {.from = c->n};
    hr_value v;
    int which, r;

    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &member, &which)) == 1) {
        switch (which) {
        case HR_CHAT_ROLE:
            r = read_role(c, s, &m);
            break;
        case HR_CHAT_CONTENT:
            r = m.sort == OTHER || m.sort == ASSISTANT ? hr_scan_value(s, &m.content)
                                                       : read_content(c, s, form, &m);
            break;
        case HR_CHAT_CALLS:
            r = m.sort == ASSISTANT ? read_calls(c, s, &m.sealed) : hr_scan_value(s, &m.calls);
            break;
        case HR_CHAT_CALL:
            r = hr_scan_value(s, &m.call);
            break;
        case HR_CHAT_ID:
            r = hr_scan_string(c, s, false, &m.id);
            break;
        case HR_CHAT_NAME:
            r = hr_scan_string(c, s, false, &m.name);
            break;
        default:
            r = hr_scan_value(s, &v);
            m.sealed |= which >= HR_CHAT_SEALS && v.type != HR_JSON_NULL;
        }
        if (r < 0)
            return r;
    }
    if (r < 0 || (r = end_message(c, form, &m)) < 0)
        return r;
    *leading &= m.sort == SYSTEM;
    if (*leading && m.text.len)
        c->system = m.text;
    return 0;
}

int hr_chat_locate(hr_conversation *c, const hr_chat_form *form)
{
    static const char *const names[] = {"messages",         "model",      "stream", "tools", "functions",
                                        "prompt_cache_key", "session_id", NULL};
    hr_member m = {names, 0};
    hr_value v;
    hr_scan s;
    bool messages = false, leading = true;
    int which, r;

    hr_scan_init(&s, c->body, c->len);
    if ((r = hr_expect(&s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_member_next(&s, &m, &which)) == 1) {
        switch (which) {
        case 0:
            if ((r = hr_expect(&s, HR_JSON_ARRAY)) < 0)
                return r;
            messages = true;
            if ((r = hr_scan_enter(&s)) < 0)
                return r;
            for (c->message = 0; (r = hr_scan_item(&s)) == 1; c->message++)
                if ((r = read_message(c, &s, form, &leading)) < 0)
                    return r;
            break;
        case 1:
            r = hr_scan_string(c, &s, false, &c->model);
            break;
        case 3:
        case 4:
            r = hr_scan_tools(c, &s);
            break;
        case 5:
        case 6:
            r = hr_scan_string(c, &s, false, &c->owner);
            break;
        default:
            if ((r = hr_scan_value(&s, &v)) < 0)
                return r;
            if (which == 2)
                c->stream = v.type == HR_JSON_TRUE;
        }
        if (r < 0)
            return r;
    }
    if (r < 0 || (r = hr_scan_end(&s)) < 0)
        return r;
    return messages ? 0 : HR_ESHAPE;
}

static int result(hr_conversation *c, hr_scan *s)
{
    return hr_scan_text(c, s, HR_EV_RESULT);
}

static int locate(hr_conversation *c)
{
    static const char *const names[] = {"role",
                                        "content",
                                        "tool_calls",
                                        "function_call",
                                        "tool_call_id",
                                        "name",
                                        "reasoning_details",
                                        "reasoning_opaque",
                                        NULL};
    static const hr_chat_form form = {names, result};

    return hr_chat_locate(c, &form);
}

const hr_dialect hr_dialect_openai_chat = {"openai_chat", "openai_chat", locate};
