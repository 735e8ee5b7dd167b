/* parts.c - calls, results and human text of a body, for `headroom audit`. See headroom.h, headroom_each_part. */
#include "dialect/dialect.h"
#include "headroom.h"

static int text_of(hr_arena *a, hr_str s, const char **out)
{
    *out = s.n ? hr_arena_dup(a, s.p, s.n) : "";
    return *out ? 0 : HR_ENOMEM;
}

/* Arguments are an object, or JSON in a string. */
static int arguments_of(const hr_conversation *c, const hr_value *lit, const char **out)
{
    hr_str text = {c->body + lit->off, lit->len};

    *out = "";
    if (lit->len == 0)
        return 0;
    if (text.p[0] == '"') {
        int r = hr_string_decode(c->arena, text.p, text.n, &text);
        if (r < 0)
            return r == HR_ENOMEM ? r : 0;
    }
    return text_of(c->arena, text, out);
}

static int tell(const hr_conversation *c, const hr_event *e, int (*cb)(void *, const headroom_part *),
                void *arg)
{
    static const enum headroom_part_kind kinds[] = {[HR_EV_CALL] = HEADROOM_PART_CALL,
                                                    [HR_EV_RESULT] = HEADROOM_PART_RESULT,
                                                    [HR_EV_HUMAN] = HEADROOM_PART_HUMAN};
    headroom_part part = {.kind = kinds[e->kind], .offset = e->lit.off, .len = e->lit.len};
    hr_str tool = e->kind == HR_EV_RESULT && e->call ? c->ev[e->call - 1].name : e->name;
    int r = text_of(c->arena, tool, &part.tool);

    if (r == 0)
        r = text_of(c->arena, e->id, &part.call_id);
    if (r == 0 && e->kind == HR_EV_CALL)
        r = arguments_of(c, &e->lit, &part.arguments);
    return r < 0 ? r : cb(arg, &part);
}

int headroom_each_part(const void *body, size_t len, const char *dialect,
                       int (*cb)(void *, const headroom_part *), void *arg)
{
    hr_conversation c;
    const hr_dialect *d;
    hr_arena *a = hr_arena_new();
    int r = a ? hr_conversation_read(&c, a, body, len, dialect, &d) : HR_ENOMEM;

    for (size_t i = 0; r == 0 && i < c.n; i++)
        if (c.ev[i].kind == HR_EV_CALL || c.ev[i].kind == HR_EV_RESULT || c.ev[i].kind == HR_EV_HUMAN)
            r = tell(&c, &c.ev[i], cb, arg);
    hr_arena_free(a);
    return r;
}
