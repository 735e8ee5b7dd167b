/* dialect.c - the table of dialects, and what all of them share: events, members of objects, pairing of calls and results. */
#include "dialect.h"

#include <string.h>

#include "limits.h"

static const hr_dialect *const dialects[] = {
    &hr_dialect_anthropic, &hr_dialect_openai_chat, &hr_dialect_openai_responses, &hr_dialect_gemini,
    &hr_dialect_cohere,    &hr_dialect_ollama,      &hr_dialect_bedrock};

int hr_dialect_number(const char *name)
{
    for (size_t i = 0; name && i < sizeof dialects / sizeof *dialects; i++)
        if (strcmp(dialects[i]->name, name) == 0)
            return (int)i;
    return -1;
}

const hr_dialect *hr_dialect_find(const char *name)
{
    const int i = hr_dialect_number(name);
    return i < 0 ? NULL : dialects[i];
}

static int read_as(hr_conversation *conv, hr_arena *a, const char *body, size_t len, const hr_dialect *d)
{
    *conv = (hr_conversation){
        .arena = a, .scratch = a, .body = body, .len = len, .block = HR_NO_BLOCK, .resends = true};
    int r = d->locate(conv);
    return r < 0 ? r : hr_conversation_pair(conv);
}

/* How much of a body a dialect finds; where that is equal, one that finds the system text knows it better. */
static size_t found_in(const hr_conversation *c)
{
    return 2 * (c->calls + c->results) + (c->system.len != 0);
}

int hr_conversation_read(hr_conversation *conv, hr_arena *a, const char *body, size_t len, const char *name,
                         const hr_dialect **dialect)
{
    const hr_dialect *d = hr_dialect_find(name);
    if (d || name) {
        *dialect = d;
        return d ? read_as(conv, a, body, len, d) : HR_ESHAPE;
    }
    /* No path to go by (`simulate`): the dialect in which more is found, else the first that reads it. */
    int best = HR_ESHAPE;
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
        hr_conversation c;
        int r = read_as(&c, a, body, len, dialects[i]);
        if (r == HR_ENOMEM || r == HR_EJSON || r == HR_EDEPTH)
            return r;
        if (best < 0 ? r >= 0 || r != HR_ESHAPE : r >= 0 && found_in(&c) > found_in(conv)) {
            best = r;
            *conv = c;
            *dialect = dialects[i];
        }
    }
    return best;
}

hr_event *hr_event_add(hr_conversation *c, enum hr_event_kind kind)
{
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 64;
        hr_event *ev = hr_arena_alloc(c->arena, cap * sizeof *ev);
        if (!ev)
            return NULL;
        if (c->n)
            memcpy(ev, c->ev, c->n * sizeof *ev);
        c->ev = ev;
        c->cap = cap;
    }
    if (kind == HR_EV_ASSISTANT || kind == HR_EV_START)
        c->open = c->n;
    hr_event *e = &c->ev[c->n++];
    *e = (hr_event){.kind = kind, .message = c->message, .block = c->block};
    c->results += kind == HR_EV_RESULT;
    c->calls += kind == HR_EV_CALL;
    return e;
}

int hr_member_next(hr_scan *s, hr_member *m, int *which)
{
    hr_value key;
    int r = hr_scan_key(s, &key);
    if (r != 1)
        return r;
    const char *const *const names = m->names;
    const char *const k = s->text + key.off + 1, *const text = s->text;
    const size_t n = key.len - 2;
    const char first = *k;
    *which = -1;
    for (int i = 0; names[i]; i++) {
        if (key.escaped ? !hr_lexeme_is(text, &key, names[i])
                        : first != *names[i] || strlen(names[i]) != n || memcmp(k, names[i], n) != 0)
            continue;
        if (m->seen & 1u << i)
            return HR_EDUP;
        m->seen |= 1u << i;
        *which = i;
        break;
    }
    return 1;
}

int hr_expect(hr_scan *s, hr_json_type type)
{
    int r = hr_scan_peek(s);
    if (r < 0 || r == (int)type)
        return r < 0 ? r : 0;
    /* What is wrong with the JSON itself is the better reason. */
    r = hr_scan_value(s, NULL);
    return r < 0 ? r : HR_ESHAPE;
}

void hr_scan_within(hr_scan *s, const hr_conversation *c, const hr_value *v)
{
    hr_scan_init(s, c->body, v->off + v->len);
    s->pos = v->off;
}

int hr_scan_string(hr_conversation *c, hr_scan *s, bool required, hr_str *out)
{
    hr_value v;
    int r = hr_scan_value(s, &v);
    *out = (hr_str){0};
    if (r < 0)
        return r;
    if (v.type == HR_JSON_STRING)
        return hr_string_decode(c->arena, c->body + v.off, v.len, out);
    return required ? HR_ESHAPE : 0;
}

int hr_literal_add(hr_conversation *c, enum hr_event_kind kind, hr_value lit)
{
    hr_event *e = hr_event_add(c, kind);
    if (!e)
        return HR_ENOMEM;
    e->lit = lit;
    return 0;
}

/* A part of a content. *text: the literal, where it is text; len 0: it is not. typed: parts without a type are not. */
static int scan_part(hr_conversation *c, hr_scan *s, bool typed, hr_value *text)
{
    static const char *const names[] = {"type", "text", NULL};
    hr_member m = {names, 0};
    hr_value v = {0};
    hr_str type = {0};
    int which, r;

    *text = (hr_value){0};

    if (hr_scan_peek(s) != HR_JSON_OBJECT)
        return hr_scan_value(s, NULL);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        r = which == 0 ? hr_scan_string(c, s, false, &type) : hr_scan_value(s, which == 1 ? &v : NULL);
        if (r < 0)
            return r;
    }
    if (r < 0 || v.type != HR_JSON_STRING)
        return r;
    if (hr_str_is(type, "text") || hr_str_is(type, "input_text") || hr_str_is(type, "output_text") ||
        (!typed && type.n == 0))
        *text = v;
    return 0;
}

int hr_scan_text(hr_conversation *c, hr_scan *s, enum hr_event_kind kind)
{
    hr_value v;
    int r, shape = hr_scan_peek(s);

    if (shape != HR_JSON_ARRAY) {
        r = hr_scan_value(s, &v);
        return r == 0 && shape == HR_JSON_STRING ? hr_literal_add(c, kind, v) : r;
    }
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1)
        if ((r = scan_part(c, s, true, &v)) < 0 || (v.len && (r = hr_literal_add(c, kind, v)) < 0))
            return r;
    return r;
}

int hr_scan_system(hr_conversation *c, hr_scan *s, bool typed, hr_value *out)
{
    hr_value v;
    int r, shape = hr_scan_peek(s);

    if (shape != HR_JSON_ARRAY) {
        if ((r = hr_scan_value(s, &v)) == 0 && shape == HR_JSON_STRING)
            *out = v;
        return r;
    }
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_scan_item(s)) == 1) {
        if ((r = scan_part(c, s, typed, &v)) < 0)
            return r;
        if (v.len)
            *out = v;
    }
    return r;
}

int hr_scan_owner(hr_conversation *c, hr_scan *s, const char *name)
{
    const char *const names[] = {name, NULL};
    hr_member m = {names, 0};
    int which, r;

    if (hr_scan_peek(s) != HR_JSON_OBJECT)
        return hr_scan_value(s, NULL);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        hr_value v;
        if ((r = hr_scan_value(s, &v)) < 0)
            return r;
        if (which != 0 || v.type != HR_JSON_STRING)
            continue;
        r = hr_string_decode(c->arena, c->body + v.off, v.len, &c->owner);
        if (r == HR_ENOMEM)
            return r;
        if (r < 0) /* a name that cannot be used is none */
            c->owner = (hr_str){0};
    }
    return r;
}

int hr_scan_strings(hr_conversation *c, hr_scan *s, enum hr_event_kind kind)
{
    const unsigned base = s->depth;
    bool object[HR_MAX_DEPTH + 1] = {false}; /* what is open at each depth below base */
    bool error = false;                      /* under the member of that name */
    hr_value v;
    int r = 0;

    do {
        const int type = hr_scan_peek(s);
        if (type == HR_JSON_OBJECT || type == HR_JSON_ARRAY) {
            if ((r = hr_scan_enter(s)) < 0)
                return r;
            object[s->depth] = type == HR_JSON_OBJECT;
        } else if ((r = hr_scan_value(s, &v)) < 0) {
            return r;
        } else if (type == HR_JSON_STRING && (s->depth <= base + 1 || v.len >= HR_MIN_INNER)) {
            if ((r = hr_literal_add(c, kind, v)) < 0)
                return r;
            c->ev[c->n - 1].is_error = error;
        }
        while (s->depth > base) { /* to the next value, out of what ends here */
            const bool member = s->depth == base + 1 && object[s->depth];
            r = object[s->depth] ? hr_scan_key(s, &v) : hr_scan_item(s);
            if (r == 1 && member)
                error = hr_lexeme_is(s->text, &v, "error");
            if (r != 0)
                break;
        }
        if (r < 0)
            return r;
    } while (s->depth > base);
    return 0;
}

/* Lists within tools: namespaces of Responses, groups of Gemini. Deeper than this a tool says nothing that is wanted here. */
enum { TOOLS_DEPTH = 6 };

static int scan_tools(hr_conversation *c, hr_scan *s, int depth)
{
    static const char *const names[] = {"name",
                                        "type",
                                        "function",
                                        "custom",
                                        "toolSpec",
                                        "tools",
                                        "functionDeclarations",
                                        "function_declarations",
                                        NULL};
    const int type = hr_scan_peek(s);
    hr_member m = {names, 0};
    hr_str text;
    int which, r;

    if (depth == 0 || (type != HR_JSON_ARRAY && type != HR_JSON_OBJECT))
        return hr_scan_value(s, NULL);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    if (type == HR_JSON_ARRAY) {
        while ((r = hr_scan_item(s)) == 1)
            if ((r = scan_tools(c, s, depth - 1)) < 0)
                return r;
        return r;
    }
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        if (which > 1)
            r = scan_tools(c, s, depth - 1);
        else if ((r = which < 0 ? hr_scan_value(s, NULL) : hr_scan_string(c, s, false, &text)) == 0 &&
                 which >= 0)
            c->offers_command |= hr_tool_runs_commands(text);
        if (r < 0)
            return r;
    }
    return r;
}

int hr_scan_tools(hr_conversation *c, hr_scan *s)
{
    const size_t from = s->pos;
    int r = scan_tools(c, s, TOOLS_DEPTH);

    if (r == 0)
        c->tools = hr_str_make(c->body + from, s->pos - from);
    return r;
}

int hr_scan_turn(hr_conversation *c, hr_scan *s, const char *content, bool required, hr_turn_reader *read)
{
    const char *const names[] = {"role", content, NULL};
    hr_member m = {names, 0};
    hr_value said = {0};
    hr_str role = {0};
    bool done = false;
    int which, r;

    if ((r = hr_expect(s, HR_JSON_OBJECT)) < 0 || (r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        const bool now = which == 1 && role.n;
        r = now          ? read(c, s, role)
            : which == 0 ? hr_scan_string(c, s, required, &role)
                         : hr_scan_value(s, which == 1 ? &said : NULL);
        if (r < 0)
            return r;
        done |= now;
    }
    if (r < 0 || done || said.len == 0)
        return r < 0 ? r : done;
    hr_scan inner;
    hr_scan_within(&inner, c, &said);
    r = read(c, &inner, role);
    return r < 0 ? r : 1;
}

int hr_scan_caller(hr_conversation *c, hr_scan *s, bool *for_code)
{
    static const char *const names[] = {"type", NULL};
    hr_member m = {names, 0};
    hr_str type;
    int which, r;

    if (hr_scan_peek(s) != HR_JSON_OBJECT)
        return hr_scan_value(s, NULL);
    if ((r = hr_scan_enter(s)) < 0)
        return r;
    while ((r = hr_member_next(s, &m, &which)) == 1) {
        if ((r = which < 0 ? hr_scan_value(s, NULL) : hr_scan_string(c, s, false, &type)) < 0)
            return r;
        *for_code |= which == 0 && !hr_str_is(type, "direct");
    }
    return r;
}

uint32_t hr_call_take(hr_conversation *c, hr_str name)
{
    while (c->open < c->n && (c->ev[c->open].kind != HR_EV_CALL || c->ev[c->open].taken))
        c->open++;
    for (size_t i = c->open; i < c->n && i - c->open < HR_MAX_PARALLEL; i++) {
        hr_event *e = &c->ev[i];
        if (e->kind != HR_EV_CALL || e->taken || (name.n && !hr_str_eq(e->name, name)))
            continue;
        e->taken = true;
        return (uint32_t)i + 1;
    }
    return 0;
}

bool hr_tool_runs_commands(hr_str name)
{
    static const char *const words[] = {"bash",        "shell",   "terminal",  "exec",
                                        "run_command", "command", "powershell"};
    char low[64];
    if (name.n == 0 || name.n > sizeof low)
        return false;
    for (size_t i = 0; i < name.n; i++)
        low[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hr_str_find(hr_str_make(low, name.n), hr_str_make(words[i], strlen(words[i])), 0) != SIZE_MAX)
            return true;
    return false;
}

/* ------------------------------------------------------------------ pairing */
struct slot {
    hr_str id;
    uint32_t call; /* index + 1 of the event */
};

static uint64_t hash_id(hr_str s)
{
    /* FNV-1a, by words: ids are short, and a bad spread costs time only, which HR_MAX_RESULTS bounds. */
    uint64_t h = 14695981039346656037u, word;
    while (s.n >= sizeof word) {
        memcpy(&word, s.p, sizeof word);
        h = (h ^ word) * 1099511628211u;
        h ^= h >> 32;
        s.p += sizeof word;
        s.n -= sizeof word;
    }
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
    return h ^ h >> 29;
}

int hr_conversation_pair(hr_conversation *c)
{
    size_t size = 16;
    if (c->results > HR_MAX_RESULTS || c->calls > HR_MAX_RESULTS)
        return HR_ELIMIT;
    while (size < c->calls * 2 + 2)
        size *= 2;
    struct slot *table = hr_arena_zalloc(c->arena, size * sizeof *table);
    if (!table)
        return HR_ENOMEM;
    size_t start = 0; /* of the conversation */
    for (size_t i = 0; i < c->n; i++) {
        hr_event *e = &c->ev[i];
        if (e->kind != HR_EV_CALL && e->kind != HR_EV_RESULT) {
            if (e->kind == HR_EV_START)
                start = i;
            continue;
        }
        size_t at = hash_id(e->id) & (size - 1);
        while (e->id.n && table[at].call && !hr_str_eq(table[at].id, e->id))
            at = (at + 1) & (size - 1);
        if (e->kind == HR_EV_CALL) {
            if (e->id.n)
                table[at] = (struct slot){e->id, (uint32_t)i + 1};
            continue;
        }
        if (e->id.n && table[at].call > start)
            e->call = table[at].call;
        if (e->call)
            e->for_code |= c->ev[e->call - 1].for_code;
        else if (!c->server_state)
            c->unpaired = true;
    }
    return 0;
}
