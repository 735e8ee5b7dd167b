/* shorten.c - see shorten.h. */
#include "shorten.h"

/* A byte of a string, not the quote that ends it. Does it stay? */
static bool stays(hr_shorten *s, char c)
{
    if (s->unit) { /* of an escape: \n has two bytes, \u00e9 six */
        s->unit = s->unit == 5 ? (c == 'u' ? 4 : 0) : s->unit - 1;
        return s->kept_unit;
    }
    const bool room = s->kept < HR_SHORTEN_KEEP;
    if (c == '\\') {
        s->unit = 5;
        s->kept_unit = room;
    }
    return room;
}

size_t hr_shorten_some(hr_shorten *s, char *to, const char *p, size_t n)
{
    size_t out = 0;

    for (size_t i = 0; i < n; i++) {
        if (s->kept >= HR_SHORTEN_KEEP && s->unit == 0) /* in a string of which enough is there */
            while (i + 1 < n && p[i] != '"' && p[i] != '\\')
                i++;
        const char c = p[i];
        if (!s->in_string || (c == '"' && s->unit == 0)) {
            if (c == '"') {
                s->in_string = !s->in_string;
                s->kept = 0;
            }
            to[out++] = c;
        } else if (stays(s, c)) {
            to[out++] = c;
            s->kept++;
        }
    }
    return out;
}
