/* anthropic.c - the Anthropic Messages body (WIRE.md 1.1), also on gateways and compatible servers. */
#include "dialect.h"

#include <string.h>

/* A content block, its members gathered before its type is known: keys may come in any order. */
struct block {
    hr_str type, id, tool_use_id, name;
    hr_value text, input, content, signature, data;
    bool is_error;
};

static int read_block(hr_conversation *c, hr_scan *s, struct block *b)
{
    static const char *const names[] = {"type",    "id",        "tool_use_id", "name", "text", "input",
                                        "content", "signature", "is_error",    "data", NULL};
    hr_member m = {names, 0};
    hr_value v;
    int which, r;

    *b = (struct block){0};
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        if (which >= 0 && which <= 3) {
            hr_str *field[] = {&b->type, &b->id, &b->tool_use_id, &b->name};
            r = hr_scan_string(c, s, false, field[which]);
        } else if ((r = hr_scan_value(s, &v)) == 0) {
            switch (which) {
            case 4:
                b->text = v;
                break;
            case 5:
                b->input = v;
                break;
            case 6:
                b->content = v;
                break;
            case 7:
                b->signature = v;
                break;
            case 8:
                b->is_error = v.type == HR_JSON_TRUE;
                break;
            case 9:
                b->data = v;
                break;
            default:
                break;
            }
        }
        if (r < 0)
            return r;
    }
    return r;
}

static int add_literal(hr_conversation *c, enum hr_event_kind kind, hr_value lit, const struct block *result)
{
    hr_event *e = hr_event_add(c, kind);
    if (!e)
        return c->n ? HR_ELIMIT : HR_ENOMEM;
    e->lit = lit;
    if (result) {
        e->id = result->tool_use_id;
        e->is_error = result->is_error;
    }
    return 0;
}

/* content of a tool_result: absent, a string, or a list of which only text blocks concern us. */
static int read_result(hr_conversation *c, const struct block *result)
{
    const hr_value *v = &result->content;
    hr_scan s;
    int r;

    if (v->len == 0)
        return 0;
    if (v->type == HR_JSON_STRING)
        return add_literal(c, HR_EV_RESULT, *v, result);
    if (v->type != HR_JSON_ARRAY)
        return HR_ESHAPE;
    hr_scan_init(&s, c->body, v->off + v->len);
    s.pos = v->off;
    if ((r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_scan_item(&s)) == 1) {
        struct block b;
        if ((r = hr_expect(&s, HR_JSON_OBJECT)) < 0 || (r = read_block(c, &s, &b)) < 0)
            return r;
        if (hr_str_is(b.type, "text") && b.text.type == HR_JSON_STRING &&
            (r = add_literal(c, HR_EV_RESULT, b.text, result)) < 0)
            return r;
    }
    return r;
}

static int read_content(hr_conversation *c, const hr_value *content, bool assistant, size_t turn)
{
    hr_scan s;
    int r;

    if (content->type == HR_JSON_STRING)
        return assistant ? 0 : add_literal(c, HR_EV_HUMAN, *content, NULL);
    if (content->type != HR_JSON_ARRAY)
        return HR_ESHAPE;
    hr_scan_init(&s, c->body, content->off + content->len);
    s.pos = content->off;
    if ((r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_scan_item(&s)) == 1) {
        struct block b;
        if ((r = hr_expect(&s, HR_JSON_OBJECT)) < 0 || (r = read_block(c, &s, &b)) < 0)
            return r;
        if (assistant) {
            if (hr_str_is(b.type, "tool_use")) {
                hr_event *e = hr_event_add(c, HR_EV_CALL);
                if (!e)
                    return HR_ENOMEM;
                e->id = b.id;
                e->name = b.name;
                e->lit = b.input;
            } else if (b.signature.len || b.data.len) {
                c->ev[turn].sealed =
                    true; /* thinking, redacted_thinking, or a later kind that is signed like them */
            }
        } else if (hr_str_is(b.type, "tool_result")) {
            r = read_result(c, &b);
        } else if (hr_str_is(b.type, "text") && b.text.type == HR_JSON_STRING) {
            r = add_literal(c, HR_EV_HUMAN, b.text, NULL);
        }
        if (r < 0)
            return r;
    }
    return r;
}

static int read_messages(hr_conversation *c, hr_scan *s)
{
    static const char *const names[] = {"role", "content", NULL};
    int r = hr_scan_enter(s);

    if (r < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1) {
        hr_member m = {names, 0};
        hr_value content = {0}, v;
        hr_str role = {0};
        int which;

        if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
            return r;
        while ((r = hr_member_next(s, &m, &which)) == 1) {
            r = which == 0 ? hr_scan_string(c, s, true, &role) : hr_scan_value(s, which == 1 ? &content : &v);
            if (r < 0)
                return r;
        }
        if (r < 0)
            return r;
        if (content.len == 0)
            return HR_ESHAPE;
        if (hr_str_is(role, "assistant")) {
            size_t turn = c->n;
            if (!hr_event_add(c, HR_EV_ASSISTANT))
                return HR_ENOMEM;
            r = read_content(c, &content, true, turn);
        } else if (hr_str_is(role, "user")) {
            r = read_content(c, &content, false, 0);
        }
        if (r < 0)
            return r;
    }
    return r;
}

/* tools: does one of them run commands? Names, and the types of the vendor's own tools (bash_20250124). */
static int read_tools(hr_conversation *c, hr_scan *s)
{
    static const char *const names[] = {"name", "type", NULL};
    hr_value v;
    int r;

    if (hr_scan_peek(s) != HR_JSON_ARRAY)
        return hr_scan_value(s, &v);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1) {
        hr_member m = {names, 0};
        int which;
        if (hr_scan_peek(s) != HR_JSON_OBJECT) {
            if ((r = hr_scan_value(s, &v)) < 0)
                return r;
            continue;
        }
        if ((r = hr_scan_enter(s)) < 0)
            return r;
        while ((r = hr_member_next(s, &m, &which)) == 1) {
            hr_str text = {0};
            r = which >= 0 ? hr_scan_string(c, s, false, &text) : hr_scan_value(s, &v);
            if (r < 0)
                return r;
            if (hr_tool_runs_commands(text) || (text.n > 5 && memcmp(text.p, "bash_", 5) == 0))
                c->offers_command = true;
        }
        if (r < 0)
            return r;
    }
    return r;
}

/* Claude Code's attestation stands in the first block of `system`; any value counts (law 7). Searched in the raw bytes of
   that first value: a false hit only means that a request is left alone. */
static bool attested(hr_conversation *c, const hr_value *system)
{
    hr_str text = hr_str_make(c->body + system->off, system->len);
    hr_scan s;
    hr_value first;

    if (system->type == HR_JSON_ARRAY) {
        hr_scan_init(&s, c->body, system->off + system->len);
        s.pos = system->off;
        if (hr_scan_enter(&s) < 0 || hr_scan_item(&s) != 1 || hr_scan_value(&s, &first) < 0)
            return false;
        text = hr_str_make(c->body + first.off, first.len);
    }
    return hr_str_find(text, HR_STR("cch="), 0) != SIZE_MAX;
}

static int locate(hr_conversation *c)
{
    static const char *const names[] = {"messages", "model", "stream", "system", "tools", "thread", NULL};
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
            r = read_messages(c, &s);
            break;
        case 1:
            r = hr_scan_string(c, &s, false, &c->model);
            break;
        case 4:
            r = read_tools(c, &s);
            break;
        default:
            if ((r = hr_scan_value(&s, &v)) < 0)
                return r;
            if (which == 2)
                c->stream = v.type == HR_JSON_TRUE;
            if (which == 3)
                c->attested = attested(c, &v);
            if (which == 5)
                c->server_state = v.type == HR_JSON_OBJECT;
        }
        if (r < 0)
            return r;
    }
    if (r < 0 || (r = hr_scan_end(&s)) < 0)
        return r;
    return messages ? 0 : HR_ESHAPE;
}

const hr_dialect hr_dialect_anthropic = {"anthropic", locate};
