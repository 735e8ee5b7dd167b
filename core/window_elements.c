/* window_elements.c - see window_elements.h. One reader for all dialects: what is particular to one is its shape. */
#include "window_elements.h"

#include <string.h>

#include "window_shapes.h"
#include "window_walk.h"

/* ------------------------------------------------------------------ one element */
struct reader {
    const hr_conversation *c;
    const hr_shape *shape;
    hr_elements *out;
    size_t cap;
    hr_arena *arena;
};

/* What is gathered of an element before its role is known. */
struct found {
    unsigned calls, results;
    bool human, sealed, unknown, summary;
};

static void note(struct found *f, enum hr_sense s)
{
    f->calls += s == HR_SAYS_CALL;
    f->results += s == HR_SAYS_RESULT;
    f->sealed |= s == HR_SAYS_SEAL;
    f->summary |= s == HR_SAYS_SUMMARY;
    f->unknown |= s == HR_SAYS_UNKNOWN;
}

/* A text of the user: does it say more than reminders? What cannot be read counts as said. */
static int note_text(struct reader *rd, struct found *f, const hr_value *v)
{
    hr_buf words = {0};
    hr_str text;

    if (f->human || v->type != HR_JSON_STRING || v->len <= 2)
        return 0;
    f->human = true;
    if (v->len < sizeof "<system-reminder></system-reminder>" + 1)
        return 0;
    int r = hr_string_decode(rd->arena, rd->c->body + v->off, v->len, &text);
    if (r < 0)
        return r == HR_ENOMEM ? r : 0;
    hr_human_add(&words, text);
    f->human = words.err != 0;
    for (size_t i = 0; i < words.len && !f->human; i++)
        f->human = (unsigned char)words.data[i] > ' ';
    r = words.err;
    hr_buf_free(&words);
    return r;
}

static int name_of(struct reader *rd, const hr_value *string, hr_str *out)
{
    *out = (hr_str){0};
    return string->type == HR_JSON_STRING
               ? hr_string_decode(rd->arena, rd->c->body + string->off, string->len, out)
               : 0;
}

/* What a tool result holds: nothing of it may be unknown, and some of it is more than text (references to tools). */
static int read_inner(struct reader *rd, const hr_value *content, struct found *f)
{
    hr_value key, v;
    hr_str name;
    hr_scan s;
    int r;

    if (!rd->shape->inner || content->type != HR_JSON_ARRAY)
        return 0;
    hr_scan_within(&s, rd->c, content);
    if ((r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_scan_item(&s)) == 1) {
        if (hr_scan_peek(&s) != HR_JSON_OBJECT) {
            f->unknown = true;
            return 0;
        }
        if ((r = hr_scan_enter(&s)) < 0)
            return r;
        bool typed = false;
        while ((r = hr_scan_key(&s, &key)) == 1) {
            if ((r = hr_scan_value(&s, &v)) < 0)
                return r;
            const bool is_type = hr_lexeme_is(rd->c->body, &key, "type");
            if (!rd->shape->named && !is_type)
                continue;
            if ((r = name_of(rd, rd->shape->named ? &key : &v, &name)) < 0)
                return r;
            f->unknown |= hr_sense_of(rd->shape->inner, name) == HR_SAYS_UNKNOWN;
            typed = true;
        }
        if (r < 0)
            return r;
        f->unknown |= !typed;
    }
    return r;
}

/* A block whose type says what it is. */
static int typed_block(struct reader *rd, hr_scan *s, struct found *f)
{
    static const char *const names[] = {"type", "text", "content", NULL};
    hr_member m = {names, 0};
    hr_value type = {0}, text = {0}, content = {0}, v;
    hr_str name;
    int which, r;

    while ((r = hr_member_next(s, &m, &which)) == 1) {
        if ((r = hr_scan_value(s, &v)) < 0)
            return r;
        if (which == 0)
            type = v;
        else if (which == 1)
            text = v;
        else if (which == 2)
            content = v;
    }
    if (r < 0 || (r = name_of(rd, &type, &name)) < 0)
        return r;
    const enum hr_sense sense = hr_sense_of(rd->shape->blocks, name);
    note(f, sense);
    if (sense == HR_SAYS_TEXT && text.len)
        return note_text(rd, f, &text);
    f->human |= sense == HR_SAYS_TEXT; /* an image, a file */
    return sense == HR_SAYS_RESULT ? read_inner(rd, &content, f) : 0;
}

/* toolResult: its content. */
static int read_outcome(struct reader *rd, const hr_value *result, struct found *f)
{
    static const char *const names[] = {"content", NULL};
    hr_member m = {names, 0};
    hr_scan s;
    hr_value v;
    int which, r;

    if (!rd->shape->inner)
        return 0;
    hr_scan_within(&s, rd->c, result);
    if ((r = hr_expect(&s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_member_next(&s, &m, &which)) == 1)
        if ((r = hr_scan_value(&s, &v)) < 0 || (which == 0 && (r = read_inner(rd, &v, f)) < 0))
            return r;
    return r;
}

/* A block whose members say what it is. */
static int named_block(struct reader *rd, hr_scan *s, struct found *f)
{
    hr_value key, v;
    hr_str name;
    int r, n = 0;

    while ((r = hr_scan_key(s, &key)) == 1) {
        if ((r = name_of(rd, &key, &name)) < 0 || (r = hr_scan_value(s, &v)) < 0)
            return r;
        const enum hr_sense sense = hr_sense_of(rd->shape->blocks, name);
        note(f, sense);
        n++;
        if (sense == HR_SAYS_TEXT && v.type == HR_JSON_STRING)
            r = note_text(rd, f, &v);
        else if (sense == HR_SAYS_RESULT)
            r = read_outcome(rd, &v, f);
        else
            f->human |= sense == HR_SAYS_TEXT;
        if (r < 0)
            return r;
    }
    f->unknown |= n == 0;
    return r;
}

static int read_content(struct reader *rd, const hr_value *content, struct found *f)
{
    hr_scan s;
    int r;

    if (content->type == HR_JSON_STRING)
        return note_text(rd, f, content);
    if (content->type != HR_JSON_ARRAY) {
        f->unknown |= content->len && content->type != HR_JSON_NULL;
        return 0;
    }
    hr_scan_within(&s, rd->c, content);
    if ((r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_scan_item(&s)) == 1) {
        if (hr_scan_peek(&s) != HR_JSON_OBJECT) {
            f->unknown = true;
            r = hr_scan_value(&s, NULL);
        } else if ((r = hr_scan_enter(&s)) == 0) {
            r = rd->shape->named ? named_block(rd, &s, f) : typed_block(rd, &s, f);
        }
        if (r < 0)
            return r;
    }
    return r;
}

/* tool_calls of Chat: each is one. */
static int read_calls(struct reader *rd, const hr_value *calls, struct found *f)
{
    static const char *const names[] = {"type", "function", "custom", "extra_content", NULL};
    hr_scan s;
    int which, r;

    if (calls->type != HR_JSON_ARRAY) {
        f->unknown |= calls->len && calls->type != HR_JSON_NULL;
        return 0;
    }
    hr_scan_within(&s, rd->c, calls);
    if ((r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_scan_item(&s)) == 1) {
        hr_member m = {names, 0};
        if ((r = hr_expect(&s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(&s)) < 0)
            return r;
        while ((r = hr_member_next(&s, &m, &which)) == 1)
            if ((r = hr_scan_value(&s, NULL)) < 0)
                return r;
        if (r < 0)
            return r;
        f->calls++;
        f->unknown |= (m.seen & 6u) == 0; /* neither a function nor a custom tool */
        f->sealed |= (m.seen & 8u) != 0;
    }
    return r;
}

static enum hr_element_kind kind_of_role(hr_str role, const struct found *f, bool *known)
{
    *known = true;
    if (hr_str_is(role, "assistant") || hr_str_is(role, "model"))
        return HR_EL_MODEL;
    if (hr_str_is(role, "system") || hr_str_is(role, "developer"))
        return HR_EL_SYSTEM;
    if (hr_str_is(role, "tool") || hr_str_is(role, "function"))
        return HR_EL_RESULT;
    *known = hr_str_is(role, "user") || role.n == 0; /* Gemini's content without a role is the user's */
    return f->results ? HR_EL_RESULT : HR_EL_HUMAN;
}

static enum hr_element_kind kind_of_item(enum hr_sense sense)
{
    return sense == HR_SAYS_SYSTEM ? HR_EL_SYSTEM : sense == HR_SAYS_RESULT ? HR_EL_RESULT : HR_EL_MODEL;
}

static int read_element(struct reader *rd, hr_scan *s, hr_element *e)
{
    static const char *const names[] = {"role",
                                        "type",
                                        "content",
                                        "parts",
                                        "tool_calls",
                                        "function_call",
                                        "reasoning_details",
                                        "reasoning_opaque",
                                        "output",
                                        NULL};
    hr_member m = {names, 0};
    hr_value values[9] = {{0}}, v;
    struct found f = {0};
    hr_str role, type;
    bool known = true;
    int which, r;

    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        if ((r = hr_scan_value(s, &v)) < 0)
            return r;
        if (which >= 0)
            values[which] = v;
    }
    if (r < 0 || (r = name_of(rd, &values[0], &role)) < 0 || (r = name_of(rd, &values[1], &type)) < 0)
        return r;
    if (rd->shape->items && !(hr_str_is(type, "message") || (type.n == 0 && role.n))) {
        const enum hr_sense sense = hr_sense_of(rd->shape->items, type);
        note(&f, sense);
        e->kind = kind_of_item(sense);
        const bool parts =
            hr_str_is(type, "function_call_output") || hr_str_is(type, "custom_tool_call_output");
        if (parts && (r = read_inner(rd, &values[8], &f)) < 0)
            return r;
    } else {
        if ((r = read_content(rd, &values[2], &f)) < 0 || (r = read_content(rd, &values[3], &f)) < 0 ||
            (r = read_calls(rd, &values[4], &f)) < 0)
            return r;
        f.calls += values[5].type == HR_JSON_OBJECT;
        f.sealed |= (values[6].len && values[6].type != HR_JSON_NULL) ||
                    (values[7].len && values[7].type != HR_JSON_NULL);
        e->kind = kind_of_role(role, &f, &known);
        if (hr_str_is(role, "tool") || hr_str_is(role, "function")) {
            f.results = f.results ? f.results : 1;
            f.human = false;
        }
    }
    e->human = f.human && (e->kind == HR_EL_HUMAN || e->kind == HR_EL_RESULT);
    e->sealed = f.sealed;
    e->calls = f.calls;
    e->results = f.results;
    /* Calls of the user and results of the model are none that are known. */
    e->fixed =
        f.unknown || !known || (e->kind != HR_EL_MODEL && f.calls) || (e->kind == HR_EL_MODEL && f.results);
    rd->out->managed |= f.summary;
    return 0;
}

/* ------------------------------------------------------------------ the body */
static hr_element *add(struct reader *rd)
{
    hr_elements *o = rd->out;

    if (o->n == rd->cap) {
        const size_t cap = rd->cap ? rd->cap * 2 : 64;
        hr_element *list = hr_arena_alloc(rd->arena, cap * sizeof *list);
        if (!list)
            return NULL;
        if (o->n)
            memcpy(list, o->list, o->n * sizeof *list);
        o->list = list;
        rd->cap = cap;
    }
    o->list[o->n] = (hr_element){0};
    return &o->list[o->n++];
}

static int read_list(struct reader *rd, const hr_value *list)
{
    hr_scan s;
    int r;

    hr_scan_within(&s, rd->c, list);
    if ((r = hr_scan_enter(&s)) < 0)
        return r;
    while ((r = hr_scan_item(&s)) == 1) {
        hr_element *e = add(rd);
        hr_scan ahead = s;
        hr_value whole;
        if (!e)
            return HR_ENOMEM;
        if ((r = hr_scan_value(&s, &whole)) < 0 || (r = read_element(rd, &ahead, e)) < 0)
            return r;
        e->off = whole.off;
        e->len = whole.len;
    }
    return r;
}

static uint64_t whole_number(const hr_conversation *c, const hr_value *v)
{
    uint64_t n = 0;

    for (size_t i = 0; v->type == HR_JSON_NUMBER && i < v->len && n < UINT32_MAX; i++) {
        const char d = c->body[v->off + i];
        if (d < '0' || d > '9')
            return 0;
        n = n * 10 + (uint64_t)(d - '0');
    }
    return n;
}

/* The members of a request, or of the envelope around one. */
static int read_request(struct reader *rd, hr_scan *s, bool outside, hr_value *list)
{
    static const char *const names[] = {"messages",
                                        "input",
                                        "contents",
                                        "request",
                                        "generateContentRequest",
                                        "generate_content_request",
                                        "inferenceConfig",
                                        "context_management",
                                        "truncation",
                                        "max_tokens",
                                        "max_completion_tokens",
                                        "max_output_tokens",
                                        "maxTokens",
                                        NULL};
    const bool gemini = strcmp(rd->shape->dialect, "gemini") == 0;
    hr_member m = {names, 0};
    hr_value v;
    int which, r;

    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        hr_scan inner = *s;
        if ((r = hr_scan_value(s, &v)) < 0)
            return r;
        if (which >= 0 && which <= 2 && v.type == HR_JSON_ARRAY) {
            if (list->len)
                return HR_EDUP;
            *list = v;
        } else if (outside && v.type == HR_JSON_OBJECT &&
                   (which == 6 || (gemini && which >= 3 && which <= 5))) {
            r = read_request(rd, &inner, false, list);
        } else if (which == 7 || which == 8) {
            rd->out->managed |=
                v.type == HR_JSON_OBJECT || v.type == HR_JSON_ARRAY || hr_lexeme_is(rd->c->body, &v, "auto");
        } else if (which >= 9) {
            const uint64_t n = whole_number(rd->c, &v);
            rd->out->max_tokens = n > rd->out->max_tokens ? n : rd->out->max_tokens;
        }
        if (r < 0)
            return r;
    }
    return r;
}

/* From the message of a call to that of its result: the model's run, then results, and nothing else. */
static bool is_one_unit(const hr_elements *o, size_t call, size_t result)
{
    size_t i = call;

    if (call >= result || result >= o->n)
        return false;
    while (i < result && o->list[i].kind == HR_EL_MODEL)
        i++;
    while (i < result && o->list[i].kind == HR_EL_RESULT && !o->list[i].human)
        i++;
    return i == result && o->list[call].kind == HR_EL_MODEL && o->list[result].kind == HR_EL_RESULT;
}

/* A result that answers a call of an earlier unit: neither may go without the other. */
static void fix_strays(hr_elements *o, const hr_conversation *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->ev[i].kind != HR_EV_RESULT || !c->ev[i].call)
            continue;
        const size_t result = c->ev[i].message, call = c->ev[c->ev[i].call - 1].message;
        if (is_one_unit(o, call, result))
            continue;
        if (result < o->n)
            o->list[result].fixed = true;
        if (call < o->n)
            o->list[call].fixed = true;
    }
}

int hr_elements_read(hr_elements *out, const hr_conversation *c, const hr_dialect *d)
{
    struct reader rd = {.c = c, .out = out, .arena = c->arena};
    hr_value list = {0};
    hr_scan s;
    int r;

    *out = (hr_elements){0};
    if (!(rd.shape = hr_shape_of(d)) || (c->n && c->ev[0].kind == HR_EV_START))
        return HR_ESHAPE;
    hr_scan_init(&s, c->body, c->len);
    if ((r = read_request(&rd, &s, true, &list)) < 0)
        return r;
    if (list.len && (r = read_list(&rd, &list)) < 0)
        return r;
    fix_strays(out, c);
    return hr_holes_find(out, c);
}
