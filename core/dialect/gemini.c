/* gemini.c - the body of Gemini's generateContent, at Google's API, at Vertex and in the envelope of Code Assist (WIRE.md 1.4). Members
   are spelled in camelCase or in snake_case.

   The result of a call is an object without a fixed form: each string in it is a literal of its own. Calls and results pair by id where
   the client gives ids, else by order and name. thoughtSignature seals the turn that it stands in. */
#include "dialect.h"

/* functionCall and functionResponse have the same beginning. `from`: first literal of the response. */
struct function {
    hr_str id, name;
    hr_value args;
    size_t from;
};

static int read_function(hr_conversation *c, hr_scan *s, struct function *f, bool response)
{
    static const char *const names[] = {"id", "name", "args", "response", NULL};
    hr_member m = {names, 0};
    int which, r;

    *f = (struct function){.from = c->n};
    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        switch (which) {
        case 0:
            r = hr_scan_string(c, s, false, &f->id);
            break;
        case 1:
            r = hr_scan_string(c, s, false, &f->name);
            break;
        case 3:
            r = response ? hr_scan_strings(c, s, HR_EV_RESULT) : hr_scan_value(s, NULL);
            break;
        default:
            r = hr_scan_value(s, which == 2 ? &f->args : NULL);
        }
        if (r < 0)
            return r;
    }
    return r;
}

static int read_call(hr_conversation *c, hr_scan *s)
{
    struct function f;
    int r = read_function(c, s, &f, false);

    if (r < 0)
        return r;
    hr_event *e = hr_event_add(c, HR_EV_CALL);
    if (!e)
        return HR_ENOMEM;
    e->id = f.id;
    e->name = f.name;
    e->lit = f.args;
    return 0;
}

static int read_response(hr_conversation *c, hr_scan *s)
{
    struct function f;
    int r = read_function(c, s, &f, true);

    if (r < 0)
        return r;
    /* Taken also where no string stands in it: the next response is the next call's. */
    const uint32_t call = f.id.n ? 0 : hr_call_take(c, f.name);
    for (size_t i = f.from; i < c->n; i++) {
        c->ev[i].id = f.id;
        c->ev[i].name = f.name;
        c->ev[i].call = call;
    }
    return 0;
}

static int read_part(hr_conversation *c, hr_scan *s, bool by_model, size_t turn)
{
    static const char *const names[] = {"text",
                                        "functionCall",
                                        "function_call",
                                        "functionResponse",
                                        "function_response",
                                        "thoughtSignature",
                                        "thought_signature",
                                        NULL};
    hr_member m = {names, 0};
    hr_value v;
    int which, r;

    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        if (by_model && (which == 1 || which == 2)) {
            r = read_call(c, s);
        } else if (!by_model && (which == 3 || which == 4)) {
            r = read_response(c, s);
        } else if ((r = hr_scan_value(s, &v)) == 0 && v.type == HR_JSON_STRING) {
            if (by_model)
                c->ev[turn].sealed |= which >= 5;
            else if (which == 0)
                r = hr_literal_add(c, HR_EV_HUMAN, v);
        }
        if (r < 0)
            return r;
    }
    return r;
}

static int read_parts(hr_conversation *c, hr_scan *s, hr_str role)
{
    const bool by_model = hr_str_is(role, "model");
    const size_t turn = c->n;
    int r;

    if (by_model && !hr_event_add(c, HR_EV_ASSISTANT))
        return HR_ENOMEM;
    /* "function" is an older word for whom results come from; no role means the user's. */
    if (!by_model && role.n && !hr_str_is(role, "user") && !hr_str_is(role, "function"))
        return hr_scan_value(s, NULL);
    if ((r = hr_expect(s, HR_JSON_ARRAY)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    for (c->block = 0; (r = hr_scan_item(s)) == 1; c->block++)
        if ((r = read_part(c, s, by_model, turn)) < 0)
            return r;
    c->block = HR_NO_BLOCK;
    return r;
}

static int read_contents(hr_conversation *c, hr_scan *s)
{
    int r;

    if ((r = hr_expect(s, HR_JSON_ARRAY)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    for (c->message = 0; (r = hr_scan_item(s)) == 1; c->message++)
        if ((r = hr_scan_turn(c, s, "parts", false, read_parts)) < 0)
            return r;
    return r;
}

/* A content whose parts are the system text. */
static int read_system(hr_conversation *c, hr_scan *s)
{
    static const char *const names[] = {"parts", NULL};
    hr_member m = {names, 0};
    int which, r;

    if (hr_scan_peek(s) != HR_JSON_OBJECT)
        return hr_scan_value(s, NULL);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1)
        if ((r = which == 0 ? hr_scan_system(c, s, false, &c->system) : hr_scan_value(s, NULL)) < 0)
            return r;
    return r;
}

/* A request, or an envelope around one: `request` of Code Assist, `generateContentRequest` of countTokens. *found: contents were there. */
static int read_request(hr_conversation *c, hr_scan *s, bool outside, bool *found)
{
    static const char *const names[] = {"contents",
                                        "tools",
                                        "model",
                                        "cachedContent",
                                        "cached_content",
                                        "request",
                                        "generateContentRequest",
                                        "generate_content_request",
                                        "systemInstruction",
                                        "system_instruction",
                                        "session_id",
                                        NULL};
    hr_member m = {names, 0};
    hr_value v;
    int which, r;

    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        if (which == 0 && *found)
            return HR_EDUP; /* two conversations */
        if (which == 0) {
            *found = true;
            r = read_contents(c, s);
        } else if (which == 1) {
            r = hr_scan_tools(c, s);
        } else if (which == 2 && c->model.n == 0) {
            r = hr_scan_string(c, s, false, &c->model);
        } else if (which == 8 || which == 9) {
            r = read_system(c, s);
        } else if (which == 10) {
            r = hr_scan_string(c, s, false, &c->owner);
        } else if (which >= 5 && outside) {
            r = read_request(c, s, false, found);
        } else {
            r = hr_scan_value(s, &v);
            /* The cached prefix may end with the call of a result that stands here. */
            c->server_state |= (which == 3 || which == 4) && v.type == HR_JSON_STRING;
        }
        if (r < 0)
            return r;
    }
    return r;
}

static int locate(hr_conversation *c)
{
    bool found = false;
    hr_scan s;
    int r;

    hr_scan_init(&s, c->body, c->len);
    if ((r = read_request(c, &s, true, &found)) < 0 || (r = hr_scan_end(&s)) < 0)
        return r;
    return found ? 0 : HR_ESHAPE;
}

const hr_dialect hr_dialect_gemini = {"gemini", "gemini", locate};
