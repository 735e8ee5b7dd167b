/* minify.c - copies runs between stretches of white space; strings are jumped over. See minify.h. */
#include "transform/minify.h"

#include "json/lex.h"

/* The next run without white space outside strings: *from .. return value. At the end both are end. */
static inline const char *next_run(const char **from, const char *end)
{
    const char *p = hr_lex_space(*from, end);
    bool escaped;

    *from = p;
    for (; p < end && !hr_lex_is_space(*p); p++)
        if (*p == '"' && !(p = hr_lex_skip(p + 1, end, &escaped)))
            return end;
    return p;
}

void hr_minify(hr_buf *b, const char *p, size_t n)
{
    const char *end = p + n;
    while (p < end) {
        const char *stop = next_run(&p, end);
        hr_buf_short(b, p, (size_t)(stop - p));
        p = stop;
    }
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
