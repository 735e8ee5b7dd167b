/* anthropic.c - the Anthropic Messages body (WIRE.md 1.1), also on gateways and compatible servers, at Vertex and Bedrock; and batches of
   them, {"requests":[{"params":{..}}, ..]}, each a conversation of its own. */
#include "dialect.h"

#include <string.h>

/* A content block, its members gathered before its type is known: keys may come in any order. */
struct block {
    hr_str type, id, tool_use_id, name;
    hr_value text, input, content, signature, data;
    bool is_error, for_code;
    bool read; /* content was read on the way; its events stand from `from` on */
    size_t from;
};

static int read_result(hr_conversation *c, hr_scan *s);

/* user: a block of a user's message. There the content of a tool result is most of the body, and is read where it stands. */
static int read_block(hr_conversation *c, hr_scan *s, struct block *b, bool user)
{
    static const char *const names[] = {"type",    "id",        "tool_use_id", "name", "text",   "input",
                                        "content", "signature", "is_error",    "data", "caller", NULL};
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
        } else if (which == 6 && user && hr_str_is(b->type, "tool_result")) {
            b->read = true;
            b->from = c->n;
            r = read_result(c, s);
        } else if (which == 10) {
            r = hr_scan_caller(c, s, &b->for_code);
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

/* content of a tool_result: a string, or a list of which only text blocks concern us. */
static int read_result(hr_conversation *c, hr_scan *s)
{
    hr_value v;
    int r, type = hr_scan_peek(s);

    if (type != HR_JSON_ARRAY) {
        if ((r = hr_scan_value(s, &v)) < 0)
            return r;
        return type == HR_JSON_STRING ? hr_literal_add(c, HR_EV_RESULT, v) : HR_ESHAPE;
    }
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1) {
        struct block b;
        if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = read_block(c, s, &b, false)) < 0)
            return r;
        if (hr_str_is(b.type, "text") && b.text.type == HR_JSON_STRING &&
            (r = hr_literal_add(c, HR_EV_RESULT, b.text)) < 0)
            return r;
    }
    return r;
}

/* The literals of a result get what the rest of its block says. */
static int end_result(hr_conversation *c, const struct block *b)
{
    size_t from = b->read ? b->from : c->n;
    int r = 0;

    if (b->content.len) { /* it stood before the type */
        hr_scan s;
        hr_scan_within(&s, c, &b->content);
        r = read_result(c, &s);
    }
    for (size_t i = from; i < c->n; i++) {
        c->ev[i].id = b->tool_use_id;
        c->ev[i].is_error = b->is_error;
    }
    return r;
}

static int read_list(hr_conversation *c, hr_scan *s, bool assistant, size_t turn)
{
    int r = hr_scan_enter(s);

    if (r < 0)
        return r;
    for (c->block = 0; (r = hr_scan_item(s)) == 1; c->block++) {
        struct block b;
        if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = read_block(c, s, &b, !assistant)) < 0)
            return r;
        if (assistant) {
            if (hr_str_is(b.type, "tool_use")) {
                hr_event *e = hr_event_add(c, HR_EV_CALL);
                if (!e)
                    return HR_ENOMEM;
                e->id = b.id;
                e->name = b.name;
                e->lit = b.input;
                e->for_code = b.for_code;
            } else if (b.signature.len || b.data.len) {
                c->ev[turn].sealed =
                    true; /* thinking, redacted_thinking, or a later kind that is signed like them */
            }
        } else if (hr_str_is(b.type, "tool_result")) {
            r = end_result(c, &b);
        } else if (hr_str_is(b.type, "text") && b.text.type == HR_JSON_STRING) {
            r = hr_literal_add(c, HR_EV_HUMAN, b.text);
        }
        if (r < 0)
            return r;
    }
    c->block = HR_NO_BLOCK;
    return r;
}

/* content of a message whose role is known. */
static int read_content(hr_conversation *c, hr_scan *s, hr_str role)
{
    const bool assistant = hr_str_is(role, "assistant");
    const size_t turn = c->n;
    int r, type = hr_scan_peek(s);
    hr_value v;

    if (assistant && !hr_event_add(c, HR_EV_ASSISTANT))
        return HR_ENOMEM;
    if (!assistant && !hr_str_is(role, "user"))
        return hr_scan_value(s, &v);
    if (type == HR_JSON_ARRAY)
        return read_list(c, s, assistant, turn);
    if ((r = hr_scan_value(s, &v)) < 0)
        return r;
    if (type != HR_JSON_STRING)
        return HR_ESHAPE;
    return assistant ? 0 : hr_literal_add(c, HR_EV_HUMAN, v);
}

static int read_messages(hr_conversation *c, hr_scan *s)
{
    int r = hr_scan_enter(s);

    if (r < 0)
        return r;
    for (c->message = 0; (r = hr_scan_item(s)) == 1; c->message++)
        if ((r = hr_scan_turn(c, s, "content", true, read_content)) <= 0)
            return r < 0 ? r : HR_ESHAPE;
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
        hr_scan_within(&s, c, system);
        if (hr_scan_enter(&s) < 0 || hr_scan_item(&s) != 1 || hr_scan_value(&s, &first) < 0)
            return false;
        text = hr_str_make(c->body + first.off, first.len);
    }
    return hr_str_find(text, HR_STR("cch="), 0) != SIZE_MAX;
}

static int read_batch(hr_conversation *c, hr_scan *s);

/* A body, or the params of one in a batch. 1: it was one; 0: an object without messages. */
static int read_body(hr_conversation *c, hr_scan *s, bool in_batch)
{
    static const char *const names[] = {"messages", "model",    "stream",   "system", "tools",
                                        "thread",   "requests", "metadata", NULL};
    hr_member m = {names, 0};
    hr_value v;
    int which, r, found = 0;

    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        switch (which) {
        case 0:
            if ((r = hr_expect(s, HR_JSON_ARRAY)) < 0)
                return r;
            found = 1;
            r = read_messages(c, s);
            break;
        case 1:
            r = hr_scan_string(c, s, false, &c->model);
            break;
        case 4:
            r = hr_scan_tools(c, s);
            break;
        case 6:
            found = 1;
            r = in_batch ? HR_ESHAPE : read_batch(c, s);
            break;
        case 7:
            r = hr_scan_owner(c, s, "user_id");
            break;
        default:
            if ((r = hr_scan_value(s, &v)) < 0)
                return r;
            if (which == 2)
                c->stream = v.type == HR_JSON_TRUE;
            if (which == 3) {
                hr_scan text;
                c->attested |= attested(c, &v);
                hr_scan_within(&text, c, &v);
                r = hr_scan_system(c, &text, true, &c->system);
            }
            if (which == 5)
                c->server_state |= v.type == HR_JSON_OBJECT;
        }
        if (r < 0)
            return r;
    }
    return r < 0 ? r : found;
}

static int read_batch(hr_conversation *c, hr_scan *s)
{
    static const char *const names[] = {"params", NULL};
    int which, r;

    if ((r = hr_expect(s, HR_JSON_ARRAY)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1) {
        hr_member m = {names, 0};
        if (!hr_event_add(c, HR_EV_START))
            return HR_ENOMEM;
        if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
            return r;
        while ((r = hr_member_next(s, &m, &which)) == 1)
            if ((r = which == 0 ? read_body(c, s, true) : hr_scan_value(s, NULL)) < 0)
                return r;
        if (r < 0)
            return r;
    }
    return r;
}

static int locate(hr_conversation *c)
{
    hr_scan s;
    int found, r;

    hr_scan_init(&s, c->body, c->len);
    found = r = read_body(c, &s, false);
    if (r < 0 || (r = hr_scan_end(&s)) < 0)
        return r;
    return found ? 0 : HR_ESHAPE;
}

const hr_dialect hr_dialect_anthropic = {"anthropic", "anthropic", locate};
