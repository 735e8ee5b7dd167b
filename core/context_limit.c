/* context_limit.c - see context_limit.h. */
#include "context_limit.h"

#include <string.h>

#include "glob.h"

enum {
    O200K = 105,
    OTHER = 110,
    CLAUDE_LATER = 140,
    M = 1000000,
    MAX_DIGITS = 9 /* of a number that the user gives; config_lists.c tells him of a wrong one */
};

/* Lower case, '.' between digits written as '-'. The longest row that matches counts. */
static const struct row {
    const char *name;
    int tokens;
    unsigned char percent;
    bool with_output;
} rows[] = {
    {"claude-3", 200000, OTHER, true},
    {"claude-3-5-haiku", 200000, OTHER, true},
    {"claude-3-5-sonnet", 200000, OTHER, true},
    {"claude-3-7-sonnet", 200000, OTHER, true},
    {"claude-opus-4", 200000, OTHER, true},
    {"claude-opus-4-0", 200000, OTHER, true},
    {"claude-opus-4-1", 200000, OTHER, true},
    {"claude-opus-4-5", 200000, OTHER, false},
    {"claude-opus-4-6", M, OTHER, false},
    {"claude-opus-4-7", M, CLAUDE_LATER, false},
    {"claude-opus-4-8", M, CLAUDE_LATER, false},
    {"claude-opus-5", M, CLAUDE_LATER, false},
    {"claude-opus-5-5", M, CLAUDE_LATER, false},
    {"claude-sonnet-4", M, OTHER, false},
    {"claude-sonnet-4-0", M, OTHER, false},
    {"claude-sonnet-4-5", M, OTHER, false},
    {"claude-sonnet-4-6", M, OTHER, false},
    {"claude-sonnet-5", M, CLAUDE_LATER, false},
    {"claude-sonnet-5-5", M, CLAUDE_LATER, false},
    {"claude-haiku-4-5", 200000, OTHER, false},
    {"claude-haiku-5-5", M, CLAUDE_LATER, false},
    {"claude-fable-5", M, CLAUDE_LATER, false},
    {"claude-fable-5-1", M, CLAUDE_LATER, false},
    {"claude-fable-5-2", M, CLAUDE_LATER, false},
    {"claude-mythos-5", M, CLAUDE_LATER, false},
    {"claude-mythos-5-1", M, CLAUDE_LATER, false},
    {"claude-mythos-5-2", M, CLAUDE_LATER, false},
    {"gpt-6-1-sol", 922000, O200K, false},
    {"gpt-6-1-terra", 922000, O200K, false},
    {"gpt-6-sol", 922000, O200K, false},
    {"gpt-6-luna", 922000, O200K, false},
    {"gpt-6-astra", 922000, O200K, false},
    {"gpt-5-6-sol", 922000, O200K, false},
    {"gpt-5-6-terra", 922000, O200K, false},
    {"gpt-5-6-luna", 922000, O200K, false},
    {"gpt-5-5", 922000, O200K, false},
    {"gpt-5-4", 922000, O200K, false},
    {"gpt-5-4-mini", 272000, O200K, false},
    {"gpt-5-4-nano", 272000, O200K, false},
    {"gpt-5-3-codex", 272000, O200K, false},
    {"gpt-5-2", 272000, O200K, false},
    {"gpt-5-1", 272000, O200K, false},
    {"gpt-5", 272000, O200K, false},
    {"gpt-5-chat", 128000, O200K, false},
    {"gpt-5-1-chat", 128000, O200K, false},
    {"gpt-5-2-chat", 128000, O200K, false},
    {"gpt-4-1", 1047576, O200K, true},
    {"gpt-4o", 128000, O200K, true},
    {"gpt-4-turbo", 128000, OTHER, true},
    {"gpt-3-5-turbo", 16385, OTHER, true},
    {"gpt-oss", 131072, O200K, false},
    {"o1", 200000, O200K, true},
    {"o1-mini", 128000, O200K, true},
    {"o3", 200000, O200K, true},
    {"o4-mini", 200000, O200K, true},
    {"gemini-3-8-flash", 1048576, OTHER, false},
    {"gemini-3-7-flash", 1048576, OTHER, false},
    {"gemini-3-6-flash", 1048576, OTHER, false},
    {"gemini-3-5-flash", 1048576, OTHER, false},
    {"gemini-3-1-pro", 1048576, OTHER, false},
    {"gemini-3-pro", 1048576, OTHER, false},
    {"gemini-2-5-pro", 1048576, OTHER, false},
    {"gemini-2-5-flash", 1048576, OTHER, false},
    {"gemini-2-0-flash", 1048576, OTHER, false},
    {"grok-4-7", 500000, OTHER, false},
    {"grok-4-6", 500000, OTHER, false},
    {"grok-4-5", 500000, OTHER, false},
    {"grok-4-3", M, OTHER, false},
    {"grok-4-20", M, OTHER, false},
    {"deepseek-v4", M, OTHER, false},
    {"kimi-k3", M, OTHER, false},
    {"kimi-k2-7", 262144, OTHER, false},
    {"kimi-k2-6", 262144, OTHER, false},
    {"glm-5-3", M, OTHER, false},
    {"glm-5-2", M, OTHER, false},
    {"minimax-m3", M, OTHER, false},
    {"minimax-m2-7", 205000, OTHER, false},
    {"mistral-medium-3-5", 262144, OTHER, false},
    {"mistral-large-2512", 262144, OTHER, false},
    {"devstral-2512", 262144, OTHER, false},
    {"mistral-small-2603", 262144, OTHER, false},
    {"command-a", 256000, OTHER, false},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* One byte of a name as the table spells it. */
static char spelled(hr_str name, size_t i)
{
    const char c = name.p[i];

    if (c == '.' && i > 0 && i + 1 < name.n && is_digit(name.p[i - 1]) && is_digit(name.p[i + 1]))
        return '-';
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static size_t digits_at(hr_str name, size_t at)
{
    size_t n = 0;

    while (at + n < name.n && is_digit(name.p[at + n]))
        n++;
    return n;
}

/* What may stand behind a row's name: nothing, a date ("-20250514", "-03-2025"), a word. Not one or two digits else: those are another
   version. */
static bool ends_well(hr_str name, size_t at)
{
    if (at == name.n)
        return true;
    const char c = spelled(name, at);
    if (c != '-' && c != '@' && c != ':')
        return false;
    const size_t n = digits_at(name, at + 1);
    return c == ':' || n == 0 || n > 2 || (n == 2 && digits_at(name, at + 4) == 4 && name.p[at + 3] == '-');
}

static bool row_matches(const struct row *r, hr_str name, size_t from)
{
    size_t i = 0;

    for (; r->name[i]; i++)
        if (from + i >= name.n || spelled(name, from + i) != r->name[i])
            return false;
    return ends_well(name, from + i);
}

static const struct row *row_of(hr_str name)
{
    const struct row *best = NULL;

    for (size_t from = 0; from < name.n; from++) {
        /* Behind a vendor, a region, a path. */
        if (from > 0 && name.p[from - 1] != '/' && name.p[from - 1] != '.' && name.p[from - 1] != ':')
            continue;
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (row_matches(&rows[i], name, from) && (!best || strlen(rows[i].name) > strlen(best->name)))
                best = &rows[i];
    }
    return best;
}

/* ------------------------------------------------------------------ the user's */
static bool divides(char c)
{
    return c == ' ' || c == ',' || c == '\t' || c == '\n';
}

/* The next "GLOB=NUMBER" of the list; *tokens is 0 where the entry is none. false: no more entries. */
static bool next_entry(hr_str *rest, hr_str *glob, int64_t *tokens)
{
    size_t n = 0, at = 0;
    int64_t v = 0;

    while (rest->n && divides(*rest->p)) {
        rest->p++;
        rest->n--;
    }
    while (n < rest->n && !divides(rest->p[n]))
        n++;
    if (n == 0)
        return false;
    const hr_str entry = hr_str_make(rest->p, n);
    *rest = hr_str_make(rest->p + n, rest->n - n);
    while (at < n && entry.p[at] != '=')
        at++;
    *glob = hr_str_make(entry.p, at);
    *tokens = 0;
    const size_t digits = at < n ? digits_at(entry, at + 1) : 0;
    if (digits == 0 || at + 1 + digits < n || digits > MAX_DIGITS)
        return true;
    for (size_t i = at + 1; i < n; i++)
        v = v * 10 + (entry.p[i] - '0');
    *tokens = v;
    return true;
}

bool hr_context_limit_of(hr_str model, hr_str given, hr_context_limit *out)
{
    const struct row *row = row_of(model);
    hr_str glob;
    int64_t tokens;

    *out = (hr_context_limit){.percent = OTHER};
    if (row)
        *out = (hr_context_limit){
            .tokens = row->tokens, .with_output = row->with_output, .percent = row->percent, .known = true};
    while (next_entry(&given, &glob, &tokens)) {
        if (tokens == 0 || !hr_glob_match(glob, model))
            continue;
        out->tokens = tokens;
        out->with_output = false;
        out->given = true;
        break;
    }
    return out->tokens > 0;
}
