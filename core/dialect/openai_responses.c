/* openai_responses.c - the OpenAI Responses body (WIRE.md 1.3): a list of items, of which some are the model's and some the client's.

   What the model did comes as items one by one: reasoning, messages, calls. They are one turn until something of the client's stands
   between them. Results of tools that the provider runs itself (mcp_call, program_output, ...) are the model's items and stay. No
   signature covers a tool result; encrypted reasoning seals the turn that it belongs to. */
#include "dialect.h"

enum sort {
    MESSAGE, /* by its role */
    RESULT,
    CALL,
    TOOLS,  /* offered in an item of their own */
    CLIENT, /* the client's, and without text for us */
    MODEL /* the model's; so is whatever is not known here: then a result before it counts as one that was seen */
};

static const struct {
    const char *type;
    enum sort sort;
} sorts[] = {
    {"message", MESSAGE},
    {"function_call", CALL},
    {"function_call_output", RESULT},
    {"custom_tool_call", CALL},
    {"custom_tool_call_output", RESULT},
    {"local_shell_call", CALL},
    {"local_shell_call_output", RESULT},
    {"shell_call", CALL},
    {"shell_call_output", RESULT},
    {"apply_patch_call", CALL},
    {"apply_patch_call_output", RESULT},
    {"additional_tools", TOOLS},
    {"computer_call_output", CLIENT}, /* a screenshot */
    {"tool_search_output", CLIENT},   /* tool definitions */
    {"mcp_approval_response", CLIENT},
    {"configuration_update", CLIENT},
    {"compaction_trigger", CLIENT},
    {"program_output", MODEL},
};

/* The conversation, and the turn of the model that is open: it is, while nothing was added behind its last event. */
struct reader {
    hr_conversation *c;
    size_t turn, end;
    bool begun; /* something else than system text came */
};

/* An item, its members gathered before its type is known: keys may come in any order. */
struct item {
    hr_str type, role, id, call_id, name, status;
    hr_value content, output, tools; /* len 0: absent, or read already */
    hr_value arguments;              /* of a call, in whatever member its type has for them */
    bool sealed, for_code;
    bool read; /* output was read on the way; its events stand from `from` on */
    size_t from;
};

static enum sort sort_of(const struct item *it)
{
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
        if (hr_str_is(it->type, sorts[i].type))
            return sorts[i].sort;
    if (hr_str_ends(it->type, "_output"))
        return CLIENT; /* of a kind that is not known here */
    return it->type.n == 0 && it->role.n ? MESSAGE : MODEL;
}

static hr_event *model_event(struct reader *rd, enum hr_event_kind kind)
{
    if (rd->c->n == 0 || rd->end != rd->c->n) {
        rd->turn = rd->c->n;
        if (!hr_event_add(rd->c, HR_EV_ASSISTANT))
            return NULL;
        rd->end = rd->c->n;
    }
    if (kind == HR_EV_ASSISTANT)
        return &rd->c->ev[rd->turn];
    hr_event *e = hr_event_add(rd->c, kind);
    rd->end = rd->c->n;
    return e;
}

/* One of the pieces of an output that is a list: text, or what a shell command wrote. Literals are added in the body's order, and only
   the end of the piece tells whether `text` is one. */
static int read_piece(hr_conversation *c, hr_scan *s)
{
    static const char *const names[] = {"type", "text", "stdout", "stderr", NULL};
    hr_member m = {names, 0};
    hr_value found[3], v;
    bool plain[3];
    hr_str type = {0};
    int which, r, n = 0;

    if (hr_scan_peek(s) != HR_JSON_OBJECT)
        return hr_scan_value(s, NULL);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        r = which == 0 ? hr_scan_string(c, s, false, &type) : hr_scan_value(s, &v);
        if (r < 0)
            return r;
        if (which > 0 && v.type == HR_JSON_STRING) {
            plain[n] = which == 1;
            found[n++] = v;
        }
    }
    for (int i = 0; r == 0 && i < n; i++)
        if (!plain[i] || hr_str_is(type, "input_text"))
            r = hr_literal_add(c, HR_EV_RESULT, found[i]);
    return r;
}

static int read_output(hr_conversation *c, hr_scan *s)
{
    int r;

    if (hr_scan_peek(s) != HR_JSON_ARRAY)
        return hr_scan_text(c, s, HR_EV_RESULT);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1)
        if ((r = read_piece(c, s)) < 0)
            return r;
    return r;
}

static int end_result(struct reader *rd, const struct item *it)
{
    hr_conversation *c = rd->c;
    int r = 0;

    if (it->output.len) { /* it stood before the type */
        hr_scan s;
        hr_scan_within(&s, c, &it->output);
        r = read_output(c, &s);
    }
    for (size_t i = it->from; i < c->n; i++) {
        c->ev[i].id = it->call_id.n ? it->call_id : it->id; /* local_shell_call_output has an id alone */
        c->ev[i].name = it->name;
        c->ev[i].for_code = it->for_code;
        c->ev[i].is_error = hr_str_is(it->status, "failed") || hr_str_is(it->status, "incomplete");
    }
    return r;
}

static int end_call(struct reader *rd, const struct item *it)
{
    const hr_str ids[] = {it->call_id, it->id};
    /* The output of a local shell names its call by `id`, which is the call's id or its call_id. */
    const size_t n = hr_str_is(it->type, "local_shell_call") && !hr_str_eq(ids[0], ids[1]) ? 2 : 1;

    for (size_t i = 0; i < n; i++) {
        hr_event *e = model_event(rd, HR_EV_CALL);
        if (!e)
            return HR_ENOMEM;
        e->id = ids[i];
        e->name = it->name.n ? it->name : it->type;
        e->lit = it->arguments;
        e->for_code = it->for_code;
    }
    return 0;
}

static int end_message(struct reader *rd, const struct item *it)
{
    hr_scan s;

    if (!rd->begun && (hr_str_is(it->role, "system") || hr_str_is(it->role, "developer"))) {
        hr_scan_within(&s, rd->c, &it->content);
        return it->content.len ? hr_scan_system(rd->c, &s, true, &rd->c->system) : 0;
    }
    rd->begun = true;
    if (hr_str_is(it->role, "assistant"))
        return model_event(rd, HR_EV_ASSISTANT) ? 0 : HR_ENOMEM;
    if (!hr_str_is(it->role, "user") || it->content.len == 0)
        return 0;
    hr_scan_within(&s, rd->c, &it->content);
    return hr_scan_text(rd->c, &s, HR_EV_HUMAN);
}

static int end_item(struct reader *rd, const struct item *it)
{
    const enum sort sort = sort_of(it);
    hr_event *e;
    hr_scan s;

    rd->begun |= sort != MESSAGE && sort != TOOLS;
    switch (sort) {
    case MESSAGE:
        return end_message(rd, it);
    case RESULT:
        return end_result(rd, it);
    case CALL:
        return end_call(rd, it);
    case TOOLS:
        hr_scan_within(&s, rd->c, &it->tools);
        return it->tools.len ? hr_scan_tools(rd->c, &s) : 0;
    case CLIENT:
        return 0;
    default:
        break;
    }
    /* An item that is named by its id alone may be the call of a result that stands here. */
    if (it->type.n == 0 || hr_str_is(it->type, "item_reference"))
        rd->c->server_state = true;
    if (!(e = model_event(rd, HR_EV_ASSISTANT)))
        return HR_ENOMEM;
    e->sealed |= it->sealed;
    return 0;
}

static int read_item(struct reader *rd, hr_scan *s)
{
    static const char *const names[] = {
        "type",  "role",      "id",    "call_id", "name",      "status", "content",           "output",
        "tools", "arguments", "input", "action",  "operation", "caller", "encrypted_content", NULL};
    hr_conversation *c = rd->c;
    hr_member m = {names, 0};
    struct item it = {.from = c->n};
    hr_str *const texts[] = {&it.type, &it.role, &it.id, &it.call_id, &it.name, &it.status};
    hr_value *const values[] = {&it.content,   &it.output,    &it.tools,    &it.arguments,
                                &it.arguments, &it.arguments, &it.arguments};
    hr_value v;
    int which, r;

    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        if (which >= 0 && which <= 5) {
            r = hr_scan_string(c, s, false, texts[which]);
        } else if (which == 7 && sort_of(&it) == RESULT) {
            r = read_output(c, s);
        } else if (which >= 6 && which <= 12) {
            r = hr_scan_value(s, values[which - 6]);
        } else if (which == 13) {
            r = hr_scan_caller(c, s, &it.for_code);
        } else {
            r = hr_scan_value(s, &v);
            it.sealed |= which == 14 && v.type == HR_JSON_STRING;
        }
        if (r < 0)
            return r;
    }
    return r < 0 ? r : end_item(rd, &it);
}

static int read_input(hr_conversation *c, hr_scan *s)
{
    struct reader rd = {.c = c};
    int r;

    if (hr_scan_peek(s) != HR_JSON_ARRAY)
        return (r = hr_expect(s, HR_JSON_STRING)) < 0 ? r : hr_scan_text(c, s, HR_EV_HUMAN);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    for (c->message = 0; (r = hr_scan_item(s)) == 1; c->message++)
        if ((r = read_item(&rd, s)) < 0)
            return r;
    return r;
}

static int locate(hr_conversation *c)
{
    static const char *const names[] = {"input",
                                        "model",
                                        "tools",
                                        "stream",
                                        "previous_response_id",
                                        "conversation",
                                        "instructions",
                                        "prompt_cache_key",
                                        "store",
                                        NULL};
    hr_member m = {names, 0};
    hr_value v, instructions = {0};
    hr_scan s;
    bool input = false;
    int which, r;

    c->resends =
        false; /* unless it says so: what the provider stored is gone on with by previous_response_id */
    hr_scan_init(&s, c->body, c->len);
    if ((r = hr_expect(&s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_member_next(&s, &m, &which)) == 1) {
        switch (which) {
        case 0:
            input = true;
            r = read_input(c, &s);
            break;
        case 1:
            r = hr_scan_string(c, &s, false, &c->model);
            break;
        case 2:
            r = hr_scan_tools(c, &s);
            break;
        case 6:
            r = hr_scan_system(c, &s, true, &instructions);
            break;
        case 7:
            r = hr_scan_string(c, &s, false, &c->owner);
            break;
        default:
            if ((r = hr_scan_value(&s, &v)) < 0)
                return r;
            if (which == 3)
                c->stream = v.type == HR_JSON_TRUE;
            else if (which == 8)
                c->resends = v.type == HR_JSON_FALSE;
            else if (which > 3) /* the provider holds what came before, and perhaps the call of a result */
                c->server_state |= v.type == HR_JSON_STRING || v.type == HR_JSON_OBJECT;
        }
        if (r < 0)
            return r;
    }
    if (r < 0 || (r = hr_scan_end(&s)) < 0)
        return r;
    if (c->system.len == 0) /* it stands before the input, wherever the member does */
        c->system = instructions;
    return input ? 0 : HR_ESHAPE;
}

const hr_dialect hr_dialect_openai_responses = {"openai_responses", "openai_responses", locate};
