/* secrets.c - likely secrets by well-known shapes. See secrets.h. */
#include "secrets.h"

#include <string.h>

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_upper(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
    return is_alnum(c) || c == '_' || c == '-';
}

static bool is_under(char c)
{
    return is_alnum(c) || c == '_';
}

/* A fixed beginning, then so many characters of a kind. Longer beginnings stand before those that they begin with. */
static const struct shape {
    const char *kind, *prefix;
    bool (*rest)(char);
    size_t least, most; /* of the rest; most 0: no end */
} shapes[] = {
    {"aws_access_key", "AKIA", is_upper, 16, 16},  {"aws_access_key", "ASIA", is_upper, 16, 16},
    {"anthropic_key", "sk-ant-", is_word, 20, 0},  {"openai_key", "sk-proj-", is_word, 20, 0},
    {"openai_key", "sk-svcacct-", is_word, 20, 0}, {"openrouter_key", "sk-or-", is_word, 20, 0},
    {"openai_key", "sk-", is_alnum, 32, 0},        {"github_token", "github_pat_", is_under, 22, 0},
    {"github_token", "ghp_", is_alnum, 36, 0},     {"github_token", "gho_", is_alnum, 36, 0},
    {"github_token", "ghu_", is_alnum, 36, 0},     {"github_token", "ghs_", is_alnum, 36, 0},
    {"github_token", "ghr_", is_alnum, 36, 0},     {"gitlab_token", "glpat-", is_word, 20, 0},
    {"slack_token", "xoxa-", is_word, 10, 0},      {"slack_token", "xoxb-", is_word, 10, 0},
    {"slack_token", "xoxe-", is_word, 10, 0},      {"slack_token", "xoxo-", is_word, 10, 0},
    {"slack_token", "xoxp-", is_word, 10, 0},      {"slack_token", "xoxr-", is_word, 10, 0},
    {"slack_token", "xoxs-", is_word, 10, 0},      {"google_api_key", "AIza", is_word, 35, 35},
    {"stripe_key", "sk_live_", is_alnum, 16, 0},   {"stripe_key", "rk_live_", is_alnum, 16, 0},
    {"npm_token", "npm_", is_alnum, 36, 36},       {"huggingface_token", "hf_", is_alnum, 30, 0},
    {"pypi_token", "pypi-AgEI", is_word, 50, 0},
};

static bool starts(const char *p, size_t n, const char *word)
{
    size_t len = strlen(word);

    return n >= len && memcmp(p, word, len) == 0;
}

/* Does a word begin here? "\n" and its like in JSON are no letters of it. */
static bool begins(const char *text, size_t at)
{
    if (at == 0 || !is_word(text[at - 1]))
        return true;
    return at >= 2 && text[at - 2] == '\\' && strchr("nrt", text[at - 1]) != NULL;
}

static size_t run(const char *p, size_t n, bool (*of)(char))
{
    size_t i = 0;

    while (i < n && of(p[i]))
        i++;
    return i;
}

static bool find_shape(const char *p, size_t n, struct secret *out)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        const struct shape *s = &shapes[i];
        size_t prefix = strlen(s->prefix), rest;

        if (!starts(p, n, s->prefix))
            continue;
        rest = run(p + prefix, n - prefix, s->rest);
        if (rest < s->least || (s->most > 0 && rest > s->most))
            continue;
        out->kind = s->kind;
        out->len = prefix + rest;
        return true;
    }
    return false;
}

/* Three parts of base64 with dots between; the first two are JSON objects. */
static bool find_jwt(const char *p, size_t n, struct secret *out)
{
    size_t at = 0;

    for (int part = 0; part < 3; part++) {
        size_t len = run(p + at, n - at, is_word);

        if (len < 10 || (part < 2 && (!starts(p + at, len, "eyJ") || at + len >= n || p[at + len] != '.')))
            return false;
        at += len + (part < 2);
    }
    out->kind = "jwt";
    out->len = at;
    return true;
}

/* From the line behind BEGIN .. PRIVATE KEY to where END stands, or as far as the text goes. */
static bool find_pem(const char *p, size_t n, struct secret *out, size_t *skip)
{
    static const char tail[] = "PRIVATE KEY-----";
    size_t at = strlen("-----BEGIN ");
    const char *end;

    if (!starts(p, n, "-----BEGIN "))
        return false;
    while (at < n && at < 48 && (is_upper(p[at]) || p[at] == ' ') && !starts(p + at, n - at, tail))
        at++;
    if (!starts(p + at, n - at, tail))
        return false;
    at += sizeof(tail) - 1;
    /* Line ends, escaped once or more. */
    while (at + 1 < n && (p[at] == '\\' || p[at] == '\n' || p[at] == '\r'))
        at += p[at] == '\\' && p[at + 1] != '\\' ? 2 : 1;
    end = memmem(p + at, n - at, "-----END", 8);
    if (end == NULL || end == p + at || !is_alnum(p[at]))
        return false;
    *skip = at;
    out->kind = "private_key";
    out->len = (size_t)(end - p) - at;
    return true;
}

static bool names_secret(const char *p, size_t n)
{
    static const char *const words[] = {"SECRET",  "TOKEN",  "PASSWORD",    "PASSWD",
                                        "API_KEY", "APIKEY", "PRIVATE_KEY", "ACCESS_KEY"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (memmem(p, n, words[i], strlen(words[i])) != NULL)
            return true;
    }
    return false;
}

static bool is_value(char c)
{
    return c > ' ' && c < 0x7F && c != '"' && c != '\'' && c != '\\' && c != '<' && c != '$' && c != '{';
}

/* A line of a file of settings: DB_PASSWORD=hunter2hunter2. What is a reference to another value is none. */
static bool find_setting(const char *p, size_t n, struct secret *out, size_t *skip)
{
    size_t name = 0, at, len;

    while (name < n && (is_upper(p[name]) || p[name] == '_'))
        name++;
    if (name < 5 || name >= n || p[name] != '=' || !names_secret(p, name))
        return false;
    at = name + 1;
    while (at < n && at < name + 4 && (p[at] == '\\' || p[at] == '"' || p[at] == '\''))
        at++;
    len = run(p + at, n - at, is_value);
    if (len < 8)
        return false;
    *skip = at;
    if (find_shape(p + at, n - at, out))
        return true;
    out->kind = "setting";
    out->len = len;
    return true;
}

bool secrets_next(const char *text, size_t n, size_t *from, struct secret *out)
{
    for (size_t i = *from; i < n; i++) {
        const char *p = text + i;
        size_t skip = 0;
        bool letter = is_alnum(*p);

        if ((!letter && *p != '-') || !begins(text, i))
            continue;
        if ((letter && find_shape(p, n - i, out)) || (*p == 'e' && find_jwt(p, n - i, out)) ||
            (*p == '-' && find_pem(p, n - i, out, &skip)) || (letter && find_setting(p, n - i, out, &skip))) {
            out->offset = i + skip;
            *from = out->offset + out->len;
            return true;
        }
    }
    return false;
}
