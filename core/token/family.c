/* family.c - see family.h. The rows of OpenAI's models follow tiktoken 0.14.0 (tiktoken/model.py), and what has come out since. */
#include "token/family.h"

#include <string.h>

static const char *const names[HR_FAMILIES] = {"other", "o200k",  "cl100k", "claude",   "gemini", "mistral",
                                               "llama", "cohere", "qwen",   "deepseek", "grok",   "nova"};

/* The first row that fits. whole: the name begins with it; else it stands at the beginning of a word anywhere. */
static const struct row {
    const char *text;
    bool whole;
    enum hr_family family;
} rows[] = {
    {"gpt-oss", true, HR_FAMILY_O200K}, /* o200k_harmony differs in special tokens only */
    {"gpt-4o", true, HR_FAMILY_O200K},
    {"gpt-4.1", true, HR_FAMILY_O200K},
    {"gpt-4.5", true, HR_FAMILY_O200K},
    {"gpt-5", true, HR_FAMILY_O200K},
    {"chatgpt-4o", true, HR_FAMILY_O200K},
    {"o1", true, HR_FAMILY_O200K},
    {"o3", true, HR_FAMILY_O200K},
    {"o4", true, HR_FAMILY_O200K},
    {"codex-mini", true, HR_FAMILY_O200K},
    {"computer-use-preview", true, HR_FAMILY_O200K},
    {"gpt-4", true, HR_FAMILY_CL100K},
    {"gpt-3.5", true, HR_FAMILY_CL100K},
    {"gpt-35", true, HR_FAMILY_CL100K}, /* Azure's spelling */
    {"text-embedding-3", true, HR_FAMILY_CL100K},
    {"text-embedding-ada-002", true, HR_FAMILY_CL100K},
    {"claude", false, HR_FAMILY_CLAUDE},
    {"gemini", false, HR_FAMILY_GEMINI},
    {"gemma", false, HR_FAMILY_GEMINI},
    {"mistral", false, HR_FAMILY_MISTRAL},
    {"mixtral", false, HR_FAMILY_MISTRAL},
    {"ministral", false, HR_FAMILY_MISTRAL},
    {"magistral", false, HR_FAMILY_MISTRAL},
    {"codestral", false, HR_FAMILY_MISTRAL},
    {"devstral", false, HR_FAMILY_MISTRAL},
    {"pixtral", false, HR_FAMILY_MISTRAL},
    {"deepseek", false, HR_FAMILY_DEEPSEEK}, /* before what it was distilled into */
    {"llama", false, HR_FAMILY_LLAMA},
    {"command", false, HR_FAMILY_COHERE},
    {"qwen", false, HR_FAMILY_QWEN},
    {"qwq", false, HR_FAMILY_QWEN},
    {"grok", false, HR_FAMILY_GROK},
    {"nova", false, HR_FAMILY_NOVA},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_word(char c)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool begins(hr_str s, size_t at, const char *z)
{
    size_t i = 0;
    for (; z[i] && at + i < s.n && lower(s.p[at + i]) == z[i]; i++)
        ;
    return z[i] == 0;
}

/* A name that ends in a digit ends there: "o1-mini" and "gpt-4-0613" are of it, "o12" and "gpt-41" are not. */
static bool ends_well(hr_str s, const char *z)
{
    const size_t n = strlen(z);
    return z[n - 1] < '0' || z[n - 1] > '9' || n == s.n || s.p[n] < '0' || s.p[n] > '9';
}

enum hr_family hr_family_of(hr_str model)
{
    for (size_t i = model.n; i-- > 0;) {
        if (model.p[i] == '/') {
            model = hr_str_make(model.p + i + 1, model.n - i - 1);
            break;
        }
    }
    if (begins(model, 0, "ft:")) /* one that OpenAI fine-tuned */
        model = hr_str_make(model.p + 3, model.n - 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        if (r->whole && begins(model, 0, r->text) && ends_well(model, r->text))
            return r->family;
        for (size_t at = 0; !r->whole && at < model.n; at++)
            if ((at == 0 || !is_word(model.p[at - 1])) && begins(model, at, r->text))
                return r->family;
    }
    return HR_FAMILY_OTHER;
}

const char *hr_family_name(enum hr_family f)
{
    return (unsigned)f < HR_FAMILIES ? names[f] : names[HR_FAMILY_OTHER];
}

enum hr_encoding hr_family_encoding(enum hr_family f)
{
    return f == HR_FAMILY_O200K    ? HR_ENCODING_O200K
           : f == HR_FAMILY_CL100K ? HR_ENCODING_CL100K
                                   : HR_ENCODING_NONE;
}
