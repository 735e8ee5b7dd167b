/* target.c - what a request's target says that its body does not (WIRE.md 1.0): the model of Gemini, Vertex, Bedrock and Azure, and
   whether the answer is a stream. See dialect.h. */
#include "dialect.h"

#include <string.h>

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* A path segment without its percent escapes, into memory of s.n bytes; what is no escape stays. */
static size_t unescape(char *to, hr_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%' && s.n - i > 2 && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
            to[n++] = (char)(hex(s.p[i + 1]) * 16 + hex(s.p[i + 2]));
            i += 2;
        } else {
            to[n++] = s.p[i];
        }
    }
    return n;
}

/* The segment behind `mark`, up to its verb where `verb` may follow; n 0: none. */
static hr_str segment(hr_str path, const char *mark, bool verb)
{
    size_t at = hr_str_find(path, hr_str_make(mark, strlen(mark)), 0);
    hr_str s = {0};

    if (at == SIZE_MAX)
        return s;
    at += strlen(mark);
    size_t end = at;
    while (end < path.n && path.p[end] != '/' && (!verb || path.p[end] != ':'))
        end++;
    return hr_str_make(path.p + at, end - at);
}

int hr_conversation_target(hr_conversation *c, hr_str path)
{
    /* /v1beta/models/M:verb, /model/M/verb (M may hold a colon), /openai/deployments/M/chat/completions */
    static const struct {
        const char *mark;
        bool verb;
    } forms[] = {{"/models/", true}, {"/model/", false}, {"/deployments/", false}};

    c->stream |= hr_str_find(path, HR_STR(":stream"), 0) != SIZE_MAX || hr_str_ends(path, "-stream");
    for (size_t i = 0; c->model.n == 0 && i < sizeof forms / sizeof *forms; i++) {
        hr_str s = segment(path, forms[i].mark, forms[i].verb);
        char *text = s.n ? hr_arena_alloc(c->arena, s.n) : NULL;
        if (s.n && !text)
            return HR_ENOMEM;
        size_t n = s.n ? unescape(text, s) : 0;
        if (n && hr_utf8_valid(text, n))
            c->model = hr_str_make(text, n);
    }
    return 0;
}
