/* numbered.c - see numbered.h. */
#include "transform/numbered.h"

#include <string.h>

#include "transform/lines.h"

enum { MOST_DIGITS = 9, MOST_LINES = 1 << 24 };

static const char *const signs[] = {"\t", "\xe2\x86\x92", ": ", "| "};

/* A line's number, -1: it has none. *behind: what stands behind it. */
static int64_t number(hr_str line, hr_str *behind)
{
    size_t i = 0, digits;
    int64_t v = 0;

    while (i < line.n && line.p[i] == ' ')
        i++;
    for (digits = i; i < line.n && i - digits < MOST_DIGITS && line.p[i] >= '0' && line.p[i] <= '9'; i++)
        v = v * 10 + (line.p[i] - '0');
    *behind = hr_str_make(line.p + i, line.n - i);
    return i > digits ? v : -1;
}

static bool begins(hr_str s, const char *z)
{
    size_t n = strlen(z);

    return s.n >= n && memcmp(s.p, z, n) == 0;
}

/* The sign that divides the first line from its number, and whether the second goes on with it. */
static const char *sign_of(hr_str text, int64_t *first)
{
    hr_str line, behind;
    bool ended;

    if (!hr_line_next(&text, &line, &ended) || !ended || (*first = number(line, &behind)) < 0)
        return NULL;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (begins(behind, signs[i]))
            return signs[i];
    return NULL;
}

/* Each line's number is one more than that of the line before; how many there are. 0: not so. The last one may have lost its sign with
   the white space at the end of the text. */
static uint32_t count(hr_str text, const char *sign, int64_t first)
{
    hr_str line, behind;
    uint32_t n = 0;
    bool ended;

    while (hr_line_next(&text, &line, &ended)) {
        if (n == MOST_LINES || number(line, &behind) != first + n)
            return 0;
        if (!begins(behind, sign) && !(text.n == 0 && behind.n == 0))
            return 0;
        n++;
    }
    return n;
}

int hr_numbered_read(hr_numbered *out, hr_arena *a, hr_str text)
{
    enum { LEAST_LINES = 2 };
    int64_t first;
    const char *sign = sign_of(text, &first);
    uint32_t n = sign ? count(text, sign, first) : 0;
    hr_str rest = text, behind;
    bool ended;

    if (n < LEAST_LINES)
        return 0;
    char *inside = hr_arena_alloc(a, text.n + 1), *to = inside;
    *out = (hr_numbered){.line = hr_arena_alloc(a, n * sizeof *out->line), .n = n};
    if (!inside || !out->line)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < n && hr_line_next(&rest, &out->line[i], &ended); i++) {
        (void)number(out->line[i], &behind);
        size_t skip = begins(behind, sign) ? strlen(sign) : 0;
        to = mempcpy(to, behind.p + skip, behind.n - skip);
        if (i + 1 < n || ended)
            *to++ = '\n';
    }
    out->inside = hr_str_make(inside, (size_t)(to - inside));
    return 1;
}
