/* openai_chat.c - the OpenAI Chat Completions body (WIRE.md 1.2) and the many servers that speak it. */
#include "dialect.h"

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

static int read_calls(hr_conversation *c, hr_scan *s)
{
    static const char *const names[] = {"id", "function", "custom", NULL};
    hr_value v;
    int r;

    if (hr_scan_peek(s) != HR_JSON_ARRAY)
        return hr_scan_value(s, &v);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1) {
        hr_member m = {names, 0};
        hr_event call = {0}, *e;
        int which;
        if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
            return r;
        while ((r = hr_member_next(s, &m, &which)) == 1) {
            r = which == 0  ? hr_scan_string(c, s, false, &call.id)
                : which > 0 ? read_function(c, s, &call)
                            : hr_scan_value(s, &v);
            if (r < 0)
                return r;
        }
        if (r < 0)
            return r;
        if (!(e = hr_event_add(c, HR_EV_CALL)))
            return HR_ENOMEM;
        call.kind = HR_EV_CALL;
        *e = call;
    }
    return r;
}

static int add_literal(hr_conversation *c, enum hr_event_kind kind, hr_value lit, hr_str id, hr_str name)
{
    hr_event *e = hr_event_add(c, kind);
    if (!e)
        return HR_ENOMEM;
    e->lit = lit;
    e->id = id;
    e->name = name;
    return 0;
}

/* content of a user or tool message: a string, or parts of which only text concerns us. */
static int read_content(hr_conversation *c, const hr_value *content, enum hr_event_kind kind, hr_str id,
                        hr_str name)
{
    static const char *const names[] = {"type", "text", NULL};
    hr_value v;
    hr_scan s;
    int r;

    if (content->type == HR_JSON_STRING)
        return add_literal(c, kind, *content, id, name);
    if (content->type != HR_JSON_ARRAY)
        return 0; /* null, or a vendor's own shape: nothing for us here */
    hr_scan_init(&s, c->body, content->off + content->len);
    s.pos = content->off;
    if ((r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_scan_item(&s)) == 1) {
        hr_member m = {names, 0};
        hr_value text = {0};
        hr_str type = {0};
        int which;
        if (hr_scan_peek(&s) != HR_JSON_OBJECT) {
            if ((r = hr_scan_value(&s, &v)) < 0)
                return r;
            continue;
        }
        if ((r = hr_scan_enter(&s)) < 0)
            return r;
        while ((r = hr_member_next(&s, &m, &which)) == 1) {
            r = which == 0 ? hr_scan_string(c, &s, false, &type) : hr_scan_value(&s, which == 1 ? &text : &v);
            if (r < 0)
                return r;
        }
        if (r < 0)
            return r;
        if (hr_str_is(type, "text") && text.type == HR_JSON_STRING &&
            (r = add_literal(c, kind, text, id, name)) < 0)
            return r;
    }
    return r;
}

/* One message. Its members may come in any order, so calls are read again once the role is known. */
static int read_message(hr_conversation *c, hr_scan *s)
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
    hr_member m = {names, 0};
    hr_value content = {0}, calls = {0}, call = {0}, v;
    hr_str role = {0}, id = {0}, name = {0};
    bool sealed = false;
    int which, r;

    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        switch (which) {
        case 0:
            r = hr_scan_string(c, s, true, &role);
            break;
        case 1:
            r = hr_scan_value(s, &content);
            break;
        case 2:
            r = hr_scan_value(s, &calls);
            break;
        case 3:
            r = hr_scan_value(s, &call);
            break;
        case 4:
            r = hr_scan_string(c, s, false, &id);
            break;
        case 5:
            r = hr_scan_string(c, s, false, &name);
            break;
        default:
            r = hr_scan_value(s, &v);
            sealed |= which > 5 && v.type != HR_JSON_NULL;
        }
        if (r < 0)
            return r;
    }
    if (r < 0)
        return r;
    if (role.n == 0)
        return HR_ESHAPE;
    if (hr_str_is(role, "user"))
        return read_content(c, &content, HR_EV_HUMAN, (hr_str){0}, (hr_str){0});
    if (hr_str_is(role, "tool") || hr_str_is(role, "function"))
        return read_content(c, &content, HR_EV_RESULT, id, name);
    if (!hr_str_is(role, "assistant"))
        return 0;

    hr_event *turn = hr_event_add(c, HR_EV_ASSISTANT);
    if (!turn)
        return HR_ENOMEM;
    turn->sealed = sealed;
    hr_scan inner;
    if (calls.len) {
        hr_scan_init(&inner, c->body, calls.off + calls.len);
        inner.pos = calls.off;
        if ((r = read_calls(c, &inner)) < 0)
            return r;
    }
    if (call.type == HR_JSON_OBJECT) {
        hr_event legacy = {.kind = HR_EV_CALL}, *e;
        hr_scan_init(&inner, c->body, call.off + call.len);
        inner.pos = call.off;
        if ((r = read_function(c, &inner, &legacy)) < 0)
            return r;
        if (!(e = hr_event_add(c, HR_EV_CALL)))
            return HR_ENOMEM;
        *e = legacy;
    }
    return 0;
}

/* tools[].function.name, tools[].custom.name, functions[].name: does one of them run commands? */
static int read_tools(hr_conversation *c, hr_scan *s)
{
    static const char *const names[] = {"name", "function", "custom", NULL};
    hr_value v;
    int r;

    if (hr_scan_peek(s) != HR_JSON_ARRAY)
        return hr_scan_value(s, &v);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1) {
        hr_member m = {names, 0};
        hr_event tool = {0};
        int which;
        if (hr_scan_peek(s) != HR_JSON_OBJECT) {
            if ((r = hr_scan_value(s, &v)) < 0)
                return r;
            continue;
        }
        if ((r = hr_scan_enter(s)) < 0)
            return r;
        while ((r = hr_member_next(s, &m, &which)) == 1) {
            r = which == 0  ? hr_scan_string(c, s, false, &tool.name)
                : which > 0 ? read_function(c, s, &tool)
                            : hr_scan_value(s, &v);
            if (r < 0)
                return r;
            c->offers_command |= hr_tool_runs_commands(tool.name);
        }
        if (r < 0)
            return r;
    }
    return r;
}

static int locate(hr_conversation *c)
{
    static const char *const names[] = {"messages", "model", "stream", "tools", "functions", NULL};
    hr_member m = {names, 0};
    hr_value v;
    hr_scan s;
    bool messages = false;
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
            while ((r = hr_scan_item(&s)) == 1)
                if ((r = read_message(c, &s)) < 0)
                    return r;
            break;
        case 1:
            r = hr_scan_string(c, &s, false, &c->model);
            break;
        case 3:
        case 4:
            r = read_tools(c, &s);
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

const hr_dialect hr_dialect_openai_chat = {"openai_chat", locate};
