/* minify.c - copies runs between stretches of white space; strings are jumped over with memchr. See minify.h. */
#include "transform/minify.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The byte behind the string whose opening quote is at p. */
static const char *behind_string(const char *p, const char *end)
{
    for (p++; p < end;) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        if (!quote)
            return end;
        const char *back = quote;
        while (back > p && back[-1] == '\\')
            back--;
        p = quote + 1;
        if (((quote - back) & 1) == 0)
            return p;
    }
    return end;
}

/* The next run without white space outside strings: *from .. return value. At the end both are end. */
static const char *next_run(const char **from, const char *end)
{
    const char *p = *from;
    while (p < end && is_space(*p))
        p++;
    *from = p;
    while (p < end && !is_space(*p))
        p = *p == '"' ? behind_string(p, end) : p + 1;
    return p;
}

void hr_minify(hr_buf *b, const char *p, size_t n)
{
    const char *end = p + n;
    while (p < end) {
        const char *stop = next_run(&p, end);
        hr_buf_add(b, p, (size_t)(stop - p));
        p = stop;
    }
}

size_t hr_minified_length(const char *p, size_t n)
{
    const char *end = p + n;
    size_t sum = 0;
    while (p < end) {
        const char *stop = next_run(&p, end);
        sum += (size_t)(stop - p);
        p = stop;
    }
    return sum;
}

size_t hr_minified_node(const hr_tree *t, uint32_t i, uint32_t end)
{
    size_t sum = 0;
    for (uint32_t k = i; k < end; k++) {
        const hr_node *v = &t->nodes[k];
        if (k > i && v->key_len)
            sum += v->key_len + 1u;
        if (v->type < HR_JSON_ARRAY)
            sum += v->len;
        else
            sum += v->count ? 1u + v->count : 2; /* brackets, and commas between */
    }
    return sum;
}
