/* hits.c - see hits.h. */
#include "transform/hits.h"

#include <string.h>

#include "transform/lines.h"

enum { MOST_DIGITS = 9, MOST_AHEAD = 64 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

size_t hr_digits(hr_str s)
{
    size_t i = 0;

    while (i < s.n && i < MOST_DIGITS && is_digit(s.p[i]))
        i++;
    return i;
}

/* Digits of the number between two `mark`s that stands at s[i]; 0: there is none. */
static size_t cut_at(hr_str s, size_t i, char mark)
{
    size_t n;

    if (s.p[i] != mark || i + 2 >= s.n || !is_digit(s.p[i + 1]))
        return 0;
    n = hr_digits(hr_str_make(s.p + i + 1, s.n - i - 1));
    return i + 1 + n < s.n && s.p[i + 1 + n] == mark ? n : 0;
}

/* Is line[i] the first colon of 10:11:12? */
static bool is_time(hr_str s, size_t i)
{
    static const char form[] = "00:00:00";
    size_t from = i - 2;

    if (i < 2 || s.n - from < sizeof form - 1 || (from > 0 && is_digit(s.p[from - 1])))
        return false;
    for (size_t k = 0; k < sizeof form - 1; k++)
        if (form[k] == ':' ? s.p[from + k] != ':' : !is_digit(s.p[from + k]))
            return false;
    return true;
}

/* Length of the path of a match with its number, 0: it is none. A path holds no white space at its ends; "10/Oct/2025:10:11:12" is a time. */
static size_t numbered_path(hr_str line)
{
    const char *colon = line.n > 1 ? memchr(line.p + 1, ':', line.n - 1) : NULL;

    if (colon == line.p + 1 && line.n > 2 &&
        cut_at(line, 1, ':') == 0) /* "C:" is a drive; the colon of anything else ends the path */
        colon = memchr(line.p + 2, ':', line.n - 2);
    if (!colon)
        return 0;
    const size_t i = (size_t)(colon - line.p);
    if (cut_at(line, i, ':') == 0 || line.p[0] == ' ' || line.p[0] == '\t' || line.p[i - 1] == ' ')
        return 0;
    return is_time(line, i) || is_time(line, i + 3) ? 0 : i;
}

/* Length of what could be the path of a match without a number: one word with a slash in it. */
static size_t bare_path(hr_str line)
{
    bool slash = false;

    if (!memchr(line.p, ':', line.n))
        return 0;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        if (c == ':')
            return slash && line.p[i - 1] != '/' ? i : 0;
        if (c == ' ' || c == '\t' || c == '"' || c == '(' || c == '\\')
            return 0;
        slash = slash || c == '/';
    }
    return 0;
}

static bool begins(hr_str line, hr_str path)
{
    /* Paths differ at their ends. */
    return path.n > 0 && line.n > path.n && line.p[path.n - 1] == path.p[path.n - 1] &&
           memcmp(line.p, path.p, path.n) == 0;
}

/* Digits of the number behind the path; 0: the line is not of this path, or has none. */
static size_t number_behind(hr_str line, hr_str path)
{
    if (path.n == 0 || line.n <= path.n || (line.p[path.n] != ':' && line.p[path.n] != '-'))
        return 0;
    const size_t n = cut_at(line, path.n, line.p[path.n]);
    return n && begins(line, path) ? n : 0;
}

/* "tests/test_a.py::test_b" is the name of a test. */
static bool is_bare(hr_str line, hr_str path)
{
    return begins(line, path) && line.p[path.n] == ':' && (path.n + 1 == line.n || line.p[path.n + 1] != ':');
}

/* The path of the match that follows a context line, if the line is of that file. */
static hr_str path_ahead(hr_hits *h, hr_str line, size_t *digits)
{
    hr_str rest = h->rest, next = {0};
    bool ended;
    size_t n = 0;

    if (!h->until || line.p >= h->until) {
        for (int i = 0; n == 0 && i < MOST_AHEAD && hr_line_next(&rest, &next, &ended); i++)
            n = numbered_path(next);
        h->next_path = hr_str_make(next.p, n);
        h->until = rest.p;
    }
    *digits = number_behind(line, h->next_path);
    return *digits ? h->next_path : (hr_str){0};
}

/* "In file included from a.c:1:": a compiler's words, and no path. */
static bool is_included(hr_str line)
{
    static const char words[] = "In file included from ";

    return line.n > sizeof words && memcmp(line.p, words, sizeof words - 1) == 0;
}

/* The path that this line belongs to; none: n 0. *digits: of the number behind it, 0 where there is none. */
static hr_str path_of(hr_hits *h, hr_str line, size_t *digits)
{
    size_t n;
    hr_str path = {0};

    if ((*digits = number_behind(line, h->path)) > 0)
        return h->path;
    n = numbered_path(line);
    if (n > 0) {
        path = hr_str_make(line.p, n);
        *digits = number_behind(line, path);
        return path;
    }
    if (memchr(line.p, '-', line.n))
        path = path_ahead(h, line, digits);
    if (path.n > 0 || is_bare(line, h->path))
        return path.n > 0 ? path : h->path;
    n = bare_path(line);
    return n > 0 && is_bare(h->rest, hr_str_make(line.p, n)) ? hr_str_make(line.p, n) : path;
}

/* "12:text", "12-text", "L12: text", "  Line 12: text": the line of a file that is named above. */
static bool read_headed(hr_str line, hr_hit *out)
{
    static const char word[] = "Line ";
    size_t i = 0, n;

    while (i < line.n && line.p[i] == ' ')
        i++;
    if (line.n - i > sizeof word && memcmp(line.p + i, word, sizeof word - 1) == 0)
        i += sizeof word - 1;
    else if (i > 0)
        return false;
    else if (line.n > 1 && line.p[0] == 'L')
        i++;
    n = hr_digits(hr_str_make(line.p + i, line.n - i));
    if (n == 0 || i + n >= line.n || (line.p[i + n] != ':' && (i > 0 || line.p[n] != '-')))
        return false;
    out->number = hr_str_make(line.p + i, n);
    out->context = line.p[i + n] == '-';
    out->text = hr_str_make(line.p + i + n + 1, line.n - i - n - 1);
    return true;
}

/* By how it begins. */
static bool may_be_headed(char c)
{
    return is_digit(c) || c == ' ' || c == 'L';
}

/* Is it a path, alone on its line? */
static hr_str heading_of(hr_str line)
{
    static const char word[] = "File: ";
    bool part = false;

    if (line.n > sizeof word && memcmp(line.p, word, sizeof word - 1) == 0)
        line = hr_str_make(line.p + sizeof word - 1, line.n - sizeof word + 1);
    if (line.n > 1 && line.p[line.n - 1] == ':')
        line.n--;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == ':' && i != 1)
            return (hr_str){0};
        part = part || line.p[i] == '/' || line.p[i] == '.' || line.p[i] == '\\';
    }
    if (!part || line.p[0] == ' ' || line.p[line.n - 1] == ' ' || is_digit(line.p[0]))
        return (hr_str){0};
    return line;
}

/* A line below a heading; else it may be one itself. */
static bool is_headed(hr_hits *h, hr_hit *out)
{
    hr_hit below = {0};
    hr_str rest = h->rest;
    bool ended;

    if (h->heading.n > 0 && read_headed(out->line, out)) {
        out->path = h->heading;
        return out->headed = true;
    }
    if (h->heading.n > 0 && out->line.n == 2 && memcmp(out->line.p, "--", 2) == 0)
        return false;
    h->heading = (hr_str){0};
    if (out->line.n > 0 && rest.n > 0 && may_be_headed(rest.p[0]) &&
        hr_line_next(&rest, &below.line, &ended) && read_headed(below.line, &below))
        h->heading = heading_of(out->line);
    return false;
}

bool hr_hits_next(hr_hits *h, hr_hit *out)
{
    size_t digits;

    *out = (hr_hit){0};
    if (!hr_feeds_line(&h->feeds, &h->rest, &out->line, &out->ended))
        return false;
    if (h->headings && is_headed(h, out))
        return true;
    if (out->line.n == 0 || h->heading.n > 0 || is_included(out->line))
        return true;
    out->path = path_of(h, out->line, &digits);
    if (out->path.n == 0)
        return true;
    h->path = out->path;
    size_t at = out->path.n;
    if (digits) {
        out->context = out->line.p[at] == '-';
        out->number = hr_str_make(out->line.p + at + 1, digits);
        at += 1 + digits;
    }
    out->text = hr_str_make(out->line.p + at + 1, out->line.n - at - 1);
    return true;
}

hr_str hr_hit_words(const hr_hit *hit)
{
    size_t n = hit->number.n && !hit->context ? hr_digits(hit->text) : 0;

    if (n == 0 || n >= hit->text.n || hit->text.p[n] != ':')
        return hit->text;
    return hr_str_make(hit->text.p + n + 1, hit->text.n - n - 1);
}
