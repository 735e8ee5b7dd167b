/* bedrock.c - the body of Bedrock's Converse (WIRE.md 1.11): every model in one form, each block an object with one member that names
   it. Results are text or JSON. (InvokeModel carries Claude's own body: that is anthropic.c's.) */
#include "dialect.h"

/* What a toolUse and a toolResult say. `from`: first literal of the result. */
struct tool {
    hr_str id, name, status;
    hr_value input;
    size_t from;
};

/* content of a toolResult: [{text} | {json} | {image} ..] */
static int read_result(hr_conversation *c, hr_scan *s)
{
    static const char *const names[] = {"text", "json", NULL};
    int r;

    if ((r = hr_expect(s, HR_JSON_ARRAY)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1) {
        hr_member m = {names, 0};
        int which;
        if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
            return r;
        while ((r = hr_member_next(s, &m, &which)) == 1)
            if ((r = which < 0 ? hr_scan_value(s, NULL) : hr_scan_strings(c, s, HR_EV_RESULT)) < 0)
                return r;
        if (r < 0)
            return r;
    }
    return r;
}

static int read_tool(hr_conversation *c, hr_scan *s, struct tool *t, bool result)
{
    static const char *const names[] = {"toolUseId", "name", "status", "input", "content", NULL};
    hr_str *const texts[] = {&t->id, &t->name, &t->status};
    hr_member m = {names, 0};
    int which, r;

    *t = (struct tool){.from = c->n};
    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        if (which >= 0 && which <= 2)
            r = hr_scan_string(c, s, false, texts[which]);
        else
            r = which == 4 && result ? read_result(c, s) : hr_scan_value(s, which == 3 ? &t->input : NULL);
        if (r < 0)
            return r;
    }
    return r;
}

static int read_use(hr_conversation *c, hr_scan *s)
{
    struct tool t;
    int r = read_tool(c, s, &t, false);

    if (r < 0)
        return r;
    hr_event *e = hr_event_add(c, HR_EV_CALL);
    if (!e)
        return HR_ENOMEM;
    e->id = t.id;
    e->name = t.name;
    e->lit = t.input;
    return 0;
}

static int read_outcome(hr_conversation *c, hr_scan *s)
{
    struct tool t;
    int r = read_tool(c, s, &t, true);

    for (size_t i = t.from; r == 0 && i < c->n; i++) {
        c->ev[i].id = t.id;
        c->ev[i].is_error |= hr_str_is(t.status, "error");
    }
    return r;
}

static int read_block(hr_conversation *c, hr_scan *s, bool assistant, size_t turn)
{
    static const char *const names[] = {"text", "toolUse", "toolResult", "reasoningContent", NULL};
    hr_member m = {names, 0};
    hr_value v;
    int which, r;

    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        if (which == 1 && assistant) {
            r = read_use(c, s);
        } else if (which == 2 && !assistant) {
            r = read_outcome(c, s);
        } else if ((r = hr_scan_value(s, &v)) == 0) {
            if (which == 3 && assistant)
                c->ev[turn].sealed = true;
            if (which == 0 && !assistant && v.type == HR_JSON_STRING)
                r = hr_literal_add(c, HR_EV_HUMAN, v);
        }
        if (r < 0)
            return r;
    }
    return r;
}

static int read_content(hr_conversation *c, hr_scan *s, hr_str role)
{
    const bool assistant = hr_str_is(role, "assistant");
    const size_t turn = c->n;
    int r;

    if (!assistant && !hr_str_is(role, "user"))
        return hr_scan_value(s, NULL);
    if (assistant && !hr_event_add(c, HR_EV_ASSISTANT))
        return HR_ENOMEM;
    if ((r = hr_expect(s, HR_JSON_ARRAY)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    for (c->block = 0; (r = hr_scan_item(s)) == 1; c->block++)
        if ((r = read_block(c, s, assistant, turn)) < 0)
            return r;
    c->block = HR_NO_BLOCK;
    return r;
}

static int locate(hr_conversation *c)
{
    static const char *const names[] = {"messages", "toolConfig", "system", NULL};
    hr_member m = {names, 0};
    bool messages = false;
    hr_scan s;
    int which, r;

    hr_scan_init(&s, c->body, c->len);
    if ((r = hr_expect(&s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_member_next(&s, &m, &which)) == 1) {
        if (which == 0) {
            messages = true;
            if ((r = hr_expect(&s, HR_JSON_ARRAY)) < 0 || (r = hr_scan_enter(&s)) < 0)
                return r;
            for (c->message = 0; (r = hr_scan_item(&s)) == 1; c->message++)
                if ((r = hr_scan_turn(c, &s, "content", true, read_content)) < 0)
                    return r;
        } else {
            r = which == 1   ? hr_scan_tools(c, &s)
                : which == 2 ? hr_scan_system(c, &s, false, &c->system)
                             : hr_scan_value(&s, NULL);
        }
        if (r < 0)
            return r;
    }
    if (r < 0 || (r = hr_scan_end(&s)) < 0)
        return r;
    return messages ? 0 : HR_ESHAPE;
}

const hr_dialect hr_dialect_bedrock = {"bedrock", "bedrock", locate};
