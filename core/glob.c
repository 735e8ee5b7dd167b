/* glob.c - the matcher of glob.h. Only the last '*' is ever tried again: what an earlier one could take more, the last one can. */
#include "glob.h"

/* Length of the class that begins at g.p[at] == '[', its brackets included; 0: it has no end. */
static size_t class_length(hr_str g, size_t at)
{
    size_t i = at + 1;

    if (i < g.n && (g.p[i] == '!' || g.p[i] == '^'))
        i++;
    if (i < g.n && g.p[i] == ']')
        i++;
    while (i < g.n && g.p[i] != ']')
        i++;
    return i < g.n ? i + 1 - at : 0;
}

/* The members of a class: single bytes, and ranges. *at moves behind the one that is returned. */
static bool next_range(hr_str members, size_t *at, unsigned char *low, unsigned char *high)
{
    if (*at >= members.n)
        return false;
    *low = *high = (unsigned char)members.p[(*at)++];
    if (*at + 1 < members.n && members.p[*at] == '-') {
        *high = (unsigned char)members.p[*at + 1];
        *at += 2;
    }
    return true;
}

/* Without brackets and negation. */
static hr_str class_members(hr_str g, size_t at, size_t length, bool *negated)
{
    hr_str m = {g.p + at + 1, length - 2};

    *negated = m.n > 0 && (m.p[0] == '!' || m.p[0] == '^');
    return *negated ? hr_str_make(m.p + 1, m.n - 1) : m;
}

static bool in_class(hr_str g, size_t at, size_t length, unsigned char c)
{
    unsigned char low, high;
    bool negated, found = false;
    hr_str members = class_members(g, at, length, &negated);

    for (size_t i = 0; next_range(members, &i, &low, &high);)
        found |= c >= low && c <= high;
    return found != negated;
}

/* Bytes of the glob that match the byte c, or 0. */
static size_t match_one(hr_str g, size_t at, char c)
{
    if (g.p[at] == '?')
        return 1;
    size_t length = g.p[at] == '[' ? class_length(g, at) : 0;
    if (length > 0)
        return in_class(g, at, length, (unsigned char)c) ? length : 0;
    return g.p[at] == c;
}

bool hr_glob_match(hr_str glob, hr_str text)
{
    size_t g = 0, t = 0, star = SIZE_MAX, from = 0;

    while (t < text.n) {
        size_t step = 0;

        if (g < glob.n && glob.p[g] == '*') {
            star = g++;
            from = t;
            continue;
        }
        if (g < glob.n && (step = match_one(glob, g, text.p[t])) > 0) {
            g += step;
            t++;
        } else if (star != SIZE_MAX) {
            g = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (g < glob.n && glob.p[g] == '*')
        g++;
    return g == glob.n;
}

bool hr_glob_valid(hr_str glob)
{
    for (size_t g = 0; g < glob.n;) {
        unsigned char low, high;
        bool negated;

        if (glob.p[g] != '[') {
            g++;
            continue;
        }
        size_t length = class_length(glob, g);
        if (length == 0)
            return false;
        hr_str members = class_members(glob, g, length, &negated);
        for (size_t i = 0; next_range(members, &i, &low, &high);)
            if (low > high)
                return false;
        g += length;
    }
    return glob.n > 0;
}
