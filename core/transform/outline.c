/* outline.c - see outline.h. */
#include "transform/outline.h"

#include <string.h>

#include "transform/lines.h"

enum {
    LEAST_LINES = 10,
    MOST_INDENTED = 25,  /* percent of the lines: more is source code, a diff or prose ... */
    LEAST_NUMBERED = 75, /* ... unless so many of the indented ones begin with a number, */
    MOST_COUNTED =
        80, /* which is not the number above and one more, as before the lines of a file that is shown */
    MOST_SOURCE = 20, /* percent of lines that are as those of sources */
    TWO_WORDS = 3,    /* bytes; shorter lines cannot be of a pattern */
    LEAST_PLACES = 10 /* percent of lines that name a line of a file */
};

struct outline {
    size_t lines, thin, indented, numbered, counted, source, entries, places, hunks;
    bool ruled; /* below its first line: the head of a table */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number that an indented line begins with, and what stands behind it; SIZE_MAX: none. */
static size_t first_number(hr_str line, size_t at, char *behind)
{
    size_t v = 0, from = at;

    for (; at < line.n && is_digit(line.p[at]) && at - from < 12; at++)
        v = v * 10 + (size_t)(line.p[at] - '0');
    *behind = at < line.n ? line.p[at] : '\n';
    return at == from ? SIZE_MAX : v;
}

static bool is_of_name(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
           c == '.' || c == '/';
}

/* "dir/name:12", "name.c:12". */
static bool names_place(hr_str line)
{
    for (size_t i = 1; i + 1 < line.n; i++) {
        const char *colon = memchr(line.p + i, ':', line.n - i - 1);
        if (!colon)
            break;
        i = (size_t)(colon - line.p);
        bool path = false;
        for (size_t k = i; is_digit(line.p[i + 1]) && k > 0 && is_of_name(line.p[k - 1]); k--)
            path = path || line.p[k - 1] == '.' || line.p[k - 1] == '/';
        if (path && !is_digit(line.p[i - 1]))
            return true;
    }
    return false;
}

/* "line 12"; *at: where the next "line" stands in the text, from this line on. */
static bool names_line(hr_str text, hr_str line, size_t *at)
{
    static const hr_str word = {" line ", 6};
    const size_t from = (size_t)(line.p - text.p);

    if (*at < from)
        *at = hr_str_find(text, word, from);
    if (*at >= from + line.n)
        return false;
    const char *number = text.p + *at + word.n;
    return number < line.p + line.n && is_digit(*number);
}

/* Does the line, which is not blank, end as a statement, a block, an entry or a tag does, or begin as a comment, a directive or a tag? */
static bool is_of_source(hr_str line)
{
    return memchr("{}[](),;:\\>", line.p[line.n - 1], 11) || memchr("#*<;", line.p[0], 4) ||
           (line.n > 1 && line.p[0] == '/' && (line.p[1] == '/' || line.p[1] == '*'));
}

/* "----+----", as psql draws it below the names of the columns. */
static bool is_ruler(hr_str line)
{
    size_t crosses = 0, dashes = 0;

    for (size_t i = 0; i < line.n; i++) {
        crosses += line.p[i] == '+';
        dashes += line.p[i] == '-';
    }
    return crosses > 0 && dashes > 2 * crosses && crosses + dashes == line.n;
}

/* words: what lines say is read too, not only how they begin. */
static struct outline read_outline(hr_str text, bool words)
{
    struct outline o = {0};
    size_t above = SIZE_MAX, place = words ? hr_str_find(text, HR_STR(" line "), 0) : 0;
    hr_str rest = text, line;
    bool ended;

    while (hr_line_next(&rest, &line, &ended)) {
        size_t at = 0, n = line.n;
        char behind;
        if (n == 0) {
            o.lines++;
            o.thin++;
            continue;
        }
        while (at < n && (line.p[at] == ' ' || line.p[at] == '\t'))
            at++;
        while (n > at && (line.p[n - 1] == ' ' || line.p[n - 1] == '\r' || line.p[n - 1] == '\t'))
            n--;
        o.ruled = o.ruled || (o.lines == 1 && is_ruler(line));
        o.lines++;
        o.thin += line.n < TWO_WORDS;
        o.hunks += line.n > 2 && memcmp(line.p, "@@ ", 3) == 0;
        if (n > at)
            o.entries += memchr("{[(,;", line.p[n - 1], 5) != NULL;
        if (n > at && words) {
            o.source += is_of_source(hr_str_make(line.p + at, n - at));
            o.places += names_line(text, line, &place) || names_place(line);
        }
        if (at == 0)
            continue;
        o.indented++;
        const size_t number = first_number(line, at, &behind);
        o.numbered +=
            number != SIZE_MAX && (behind == ' ' || behind == ':' || behind == '.' || behind == '\t');
        o.counted += number != SIZE_MAX && behind != ':' && number == above + 1;
        above = number;
    }
    return o;
}

static bool are_records(const struct outline *o)
{
    if (o->lines < LEAST_LINES || o->hunks > 0 || o->thin * 2 > o->lines)
        return false;
    if (o->indented * 100 <= o->lines * MOST_INDENTED || o->ruled)
        return true;
    return o->numbered * 100 >= o->indented * LEAST_NUMBERED &&
           o->counted * 100 <= o->numbered * MOST_COUNTED && o->entries * 100 <= o->lines * MOST_SOURCE;
}

static bool is_output(const struct outline *o)
{
    return o->lines >= LEAST_LINES && o->hunks == 0 &&
           (o->source * 100 <= o->lines * MOST_SOURCE || o->places * 100 >= o->lines * LEAST_PLACES);
}

hr_outline hr_outline_of(hr_str text)
{
    const struct outline o = read_outline(text, true);

    return (hr_outline){.records = are_records(&o), .output = is_output(&o)};
}

bool hr_outline_records(hr_str text)
{
    const struct outline o = read_outline(text, false);

    return are_records(&o);
}

bool hr_outline_output(hr_str text)
{
    return hr_outline_of(text).output;
}
