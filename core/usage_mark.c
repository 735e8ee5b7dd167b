/* usage_mark.c - see usage_mark.h. */
#include "usage_mark.h"

#include <string.h>

/* Sixteen bytes at a time, in the compiler's own vectors: SSE2 and NEON are part of what we are built for. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t words2 __attribute__((vector_size(16)));

static bytes16 load(const char *p)
{
    bytes16 v;
    memcpy(&v, p, sizeof v);
    return v;
}

bool hr_usage_unmarked(hr_str text, const char *mark)
{
    const uint8_t first = (uint8_t)mark[1];
    size_t i = 0;

    for (; i + sizeof(bytes16) < text.n; i += sizeof(bytes16)) {
        const bytes16 a = load(text.p + i), b = load(text.p + i + 1);
        const words2 found = (words2)((a == '"') & ((b == first) | (b == 'e')));
        if (found[0] | found[1])
            return false;
    }
    for (; i + 1 < text.n; i++)
        if (text.p[i] == '"' && ((uint8_t)text.p[i + 1] == first || text.p[i + 1] == 'e'))
            return false;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What stands behind a name at `at`: the first byte of its value; ':' where it is no name but a value. */
static char value_behind(hr_str text, size_t at)
{
    while (at < text.n && is_space(text.p[at]))
        at++;
    if (at == text.n || text.p[at] != ':')
        return ':';
    at++;
    while (at < text.n && is_space(text.p[at]))
        at++;
    return at < text.n ? text.p[at] : 0;
}

bool hr_usage_marked(hr_str text, const char *mark, bool object)
{
    const hr_str name = hr_str_make(mark, strlen(mark));

    for (size_t at = 0; (at = hr_str_find(text, name, at)) != SIZE_MAX;) {
        at += name.n;
        if (!object || value_behind(text, at) == '{')
            return true;
    }
    return false;
}

bool hr_usage_error_marked(hr_str text)
{
    const hr_str name = HR_STR("\"error\"");

    for (size_t at = 0; (at = hr_str_find(text, name, at)) != SIZE_MAX;) {
        at += name.n;
        const char value = value_behind(text, at);
        if (value == '{' || value == ':')
            return true;
    }
    return false;
}
