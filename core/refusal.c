/* refusal.c - see refusal.h. */
#include "refusal.h"

#include <stdio.h>
#include <string.h>

#include "dialect/dialect.h"

enum { SHORTEST_ID = 6 }; /* a shorter one stands in any sentence: "1", "call" */

bool hr_refusal_status(int status)
{
    return status == 400 || status == 422; /* 422: Mistral and others that check bodies against a schema */
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool says(hr_str s, const char *word)
{
    return hr_str_find(s, hr_str_make(word, strlen(word)), 0) != SIZE_MAX;
}

/* ------------------------------------------------------------------ ids */
static bool names_call(hr_str said, const hr_touched *list, size_t n, char place[HR_PLACE])
{
    for (size_t at = 0, len; at < said.n; at += len ? len : 1) {
        for (len = 0; at + len < said.n && is_word(said.p[at + len]);)
            len++;
        if (len < SHORTEST_ID || len >= HR_PLACE - 8)
            continue;
        for (size_t i = 0; i < n; i++) {
            const char *id = list[i].call_id;
            if (!id || strncmp(id, said.p + at, len) != 0 || id[len])
                continue;
            snprintf(place, HR_PLACE, "call %.*s", (int)len, said.p + at);
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------ paths */
struct path {
    const char *list, *content; /* as that provider calls them */
    uint32_t message, block;    /* HR_NO_BLOCK: not said */
};

/* ".3", "[3]", ".[3]" */
static bool read_index(hr_str s, size_t *at, uint32_t *out)
{
    size_t i = *at;
    uint32_t v = 0;

    i += i < s.n && s.p[i] == '.';
    i += i < s.n && s.p[i] == '[';
    if (i == *at)
        return false;
    const size_t digits = i;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && i - digits < 9)
        v = v * 10 + (uint32_t)(s.p[i++] - '0');
    if (i == digits)
        return false;
    i += i < s.n && s.p[i] == ']';
    *at = i;
    *out = v;
    return true;
}

static bool read_word(hr_str s, size_t *at, const char *word)
{
    const size_t n = strlen(word);

    if (s.n - *at < n || memcmp(s.p + *at, word, n) != 0)
        return false;
    *at += n;
    return true;
}

/* A path that begins at *at, which is then behind it. */
static bool read_path(hr_str s, size_t *at, struct path *out)
{
    static const struct {
        const char *list, *content;
    } forms[] = {{"messages", ".content"}, {"contents", ".parts"}, {"input", ".content"}};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t end = *at;
        *out = (struct path){.list = forms[i].list, .content = forms[i].content, .block = HR_NO_BLOCK};
        if (!read_word(s, &end, forms[i].list) || !read_index(s, &end, &out->message))
            continue;
        *at = end;
        if (read_word(s, &end, forms[i].content))
            read_index(s, &end, &out->block);
        return true;
    }
    return false;
}

static void say_path(const struct path *p, char place[HR_PLACE])
{
    if (p->block == HR_NO_BLOCK)
        snprintf(place, HR_PLACE, "%s.%u", p->list, p->message);
    else
        snprintf(place, HR_PLACE, "%s.%u%s.%u", p->list, p->message, p->content, p->block);
}

static bool is_touched(const struct path *p, const hr_touched *t, bool of_signature)
{
    if (t->system)
        return of_signature;
    if (t->message == p->message)
        return p->block == HR_NO_BLOCK || t->block == HR_NO_BLOCK || t->block == p->block;
    return of_signature && t->message < p->message;
}

static bool names_path(hr_str said, const hr_touched *list, size_t n, char place[HR_PLACE])
{
    const bool of_signature = says(said, "signature") || says(said, "thinking");
    struct path p;

    for (size_t at = 0; at < said.n; at++) {
        if ((at && is_word(said.p[at - 1])) || !read_path(said, &at, &p))
            continue;
        for (size_t i = 0; i < n; i++) {
            if (is_touched(&p, &list[i], of_signature)) {
                say_path(&p, place);
                return true;
            }
        }
    }
    return false;
}

static bool names_system(hr_str said, const hr_touched *list, size_t n)
{
    bool aligned = false;

    for (size_t i = 0; i < n; i++)
        aligned |= list[i].system;
    for (size_t at = 0; aligned && (at = hr_str_find(said, HR_STR("system"), at)) != SIZE_MAX; at += 6)
        if (at + 6 < said.n && strchr(".[:", said.p[at + 6]) && !(at && is_word(said.p[at - 1])))
            return true;
    return false;
}

static bool names_pairs(hr_str said)
{
    static const char *const words[] = {"tool_use",    "tool_result",   "tool_call",
                                        "role 'tool'", "function call", "functionResponse"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (says(said, words[i]))
            return true;
    return false;
}

bool hr_refusal_names(hr_str said, const hr_touched *list, size_t n, bool cut, char place[HR_PLACE])
{
    if (names_call(said, list, n, place))
        return true;
    if (names_system(said, list, n)) {
        snprintf(place, HR_PLACE, "system");
        return true;
    }
    if (!cut)
        return names_path(said, list, n, place);
    snprintf(place, HR_PLACE, "window");
    return names_pairs(said);
}
