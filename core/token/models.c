/* models.c - see models.h. The rows follow tiktoken 0.14.0 (tiktoken/model.py), and what has come out since. */
#include "token/models.h"

#include <string.h>

/* The first row with which a name begins. */
static const struct row {
    const char *text;
    enum hr_encoding encoding;
} rows[] = {
    {"gpt-oss", HR_ENCODING_O200K}, /* o200k_harmony differs in special tokens only */
    {"gpt-4o", HR_ENCODING_O200K},
    {"gpt-4.1", HR_ENCODING_O200K},
    {"gpt-4.5", HR_ENCODING_O200K},
    {"gpt-5", HR_ENCODING_O200K},
    {"chatgpt-4o", HR_ENCODING_O200K},
    {"o1", HR_ENCODING_O200K},
    {"o3", HR_ENCODING_O200K},
    {"o4", HR_ENCODING_O200K},
    {"codex-mini", HR_ENCODING_O200K},
    {"computer-use-preview", HR_ENCODING_O200K},
    {"gpt-4", HR_ENCODING_CL100K},
    {"gpt-3.5", HR_ENCODING_CL100K},
    {"gpt-35", HR_ENCODING_CL100K}, /* Azure's spelling */
    {"text-embedding-3", HR_ENCODING_CL100K},
    {"text-embedding-ada-002", HR_ENCODING_CL100K},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool begins(hr_str s, const char *z)
{
    size_t i = 0;
    for (; i < s.n && z[i] && lower(s.p[i]) == z[i]; i++)
        ;
    return z[i] == 0;
}

/* A name that ends in a digit ends there: "o1-mini" and "gpt-4-0613" are of it, "o12" and "gpt-41" are not. */
static bool ends_well(hr_str s, const char *z)
{
    const size_t n = strlen(z);
    return z[n - 1] < '0' || z[n - 1] > '9' || n == s.n || s.p[n] < '0' || s.p[n] > '9';
}

enum hr_encoding hr_model_encoding(hr_str model)
{
    for (size_t i = model.n; i-- > 0;) {
        if (model.p[i] == '/') {
            model = hr_str_make(model.p + i + 1, model.n - i - 1);
            break;
        }
    }
    if (begins(model, "ft:")) /* one that OpenAI fine-tuned */
        model = hr_str_make(model.p + 3, model.n - 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (begins(model, rows[i].text) && ends_well(model, rows[i].text))
            return rows[i].encoding;
    return HR_ENCODING_NONE;
}
