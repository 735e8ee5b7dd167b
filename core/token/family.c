/* family.c - see family.h. */
#include "family.h"

#include <string.h>

/* A name is looked for at the beginning of a word of the model's name, in this order: a distilled model has the tokenizer of the one that
   it was made from, and that one's name stands behind the maker's ("deepseek-r1-distill-llama-70b"). */
static const struct {
    const char *word, *family;
} words[] = {
    {"distill-llama", "llama"},
    {"distill-qwen", "qwen"},
    {"claude", "claude"},
    {"gemini", "gemini"},
    {"gemma", "gemini"},
    {"codestral", "mistral"},
    {"devstral", "mistral"},
    {"magistral", "mistral"},
    {"ministral", "mistral"},
    {"mistral", "mistral"},
    {"mixtral", "mistral"},
    {"pixtral", "mistral"},
    {"deepseek", "deepseek"},
    {"qwen", "qwen"},
    {"qwq", "qwen"},
    {"llama", "llama"},
    {"command", "cohere"},
    {"grok", "grok"},
    {"kimi", "kimi"},
    {"moonshot", "kimi"},
    {"glm", "glm"},
    {"minimax", "minimax"},
    {"nova", "nova"},
    {"phi", "phi"},
    {"gpt", "gpt"},
    {"chatgpt", "gpt"},
    {"codex", "gpt"},
    {"o1", "gpt"},
    {"o3", "gpt"},
    {"o4", "gpt"},
};

static char small(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool begins_word(hr_str s, size_t at)
{
    const char c = at ? small(s.p[at - 1]) : ' ';
    return !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9');
}

static bool holds(hr_str s, const char *word)
{
    const size_t n = strlen(word);

    for (size_t at = 0; at + n <= s.n; at++) {
        size_t i = 0;
        while (i < n && small(s.p[at + i]) == word[i])
            i++;
        if (i == n && begins_word(s, at))
            return true;
    }
    return false;
}

const char *hr_family_of(hr_str model)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (holds(model, words[i].word))
            return words[i].family;
    return "other";
}

unsigned hr_family_number(const char *family)
{
    unsigned i = 0;

    _Static_assert(sizeof words / sizeof *words < HR_FAMILY_NUMBERS,
                   "a number for each word, and one for the others");
    while (i < sizeof words / sizeof *words && strcmp(words[i].family, family) != 0)
        i++;
    return i;
}
