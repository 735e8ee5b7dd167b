/* wrapper.c - see wrapper.h. */
#include "transform/wrapper.h"

#include <string.h>

#define ARROW "\xe2\x86\x92"

/* Bytes of a line's number and of what divides it from the line. The last line of a text may have lost its tab with the white space at
   its end. 0: there is none. */
static size_t number(const char *p, const char *end, char digit)
{
    const char *at = p;

    while (at < end && *at == ' ')
        at++;
    if (at == end || *at++ != digit)
        return 0;
    if (at < end && *at == '\t')
        return (size_t)(at + 1 - p);
    if ((size_t)(end - at) >= sizeof ARROW - 1 && memcmp(at, ARROW, sizeof ARROW - 1) == 0)
        return (size_t)(at - p) + sizeof ARROW - 1;
    return at == end ? (size_t)(at - p) : 0;
}

hr_wrapped hr_unwrap(hr_str text)
{
    if (text.n == 0)
        return (hr_wrapped){text, text, text};
    const char *end = text.p + text.n, *stop = end;
    size_t before = number(text.p, end, '1');
    const char *line = before ? memrchr(text.p + before, '\n', text.n - before) : NULL;

    if (line && line + 1 + number(line + 1, end, '2') == end && line + 1 < end)
        stop = line;
    return (hr_wrapped){
        .before = {text.p, before},
        .inside = {text.p + before, (size_t)(stop - text.p) - before},
        .behind = {stop, (size_t)(end - stop)},
    };
}
