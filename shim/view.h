/* view.h - a piece of somebody else's text, and the few comparisons that reading a request head takes. p may be NULL where n is 0.
   Pure functions; nothing is read behind n. */
#ifndef HR_VIEW_H
#define HR_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct view {
    const char *p;
    size_t n;
};

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* small is in lower case. */
static inline bool starts(struct view v, const char *small)
{
    size_t n = strlen(small);

    if (v.n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (lower(v.p[i]) != small[i])
            return false;
    }
    return true;
}

static inline bool is(struct view v, const char *small)
{
    return v.n == strlen(small) && starts(v, small);
}

static inline bool holds(struct view v, const char *small)
{
    for (; v.n > 0; v.p++, v.n--) {
        if (starts(v, small))
            return true;
    }
    return false;
}

static inline bool ends(struct view v, const char *tail)
{
    size_t n = strlen(tail);

    return v.n >= n && memcmp(v.p + v.n - n, tail, n) == 0;
}

static inline size_t find(struct view v, char c)
{
    const char *at = v.n > 0 ? memchr(v.p, c, v.n) : NULL;

    return at ? (size_t)(at - v.p) : v.n;
}

#endif
