/* form_search.c - search results under file headings, as ripgrep shows them to people.

     src/a.c:12:int x;          src/a.c
     src/a.c-13-                12:int x;
     --                   ->    13-
     src/b.c:7:y                --
     2 matches                  src/b.c
                                7:y
                                2 matches

   In the body a line is, in this order:
     NUMBER: or NUMBER-   a line of the file named last
     --                   itself
     \...                 what stands behind the backslash
     before a NUMBER line a file's name
     else                 itself */
#include <string.h>

#include "transform/form_table.h"
#include "transform/lines.h"

enum {
    MOST_DIGITS = 9,
    LEAST_HITS = 5,    /* lines of files: fewer have nothing to gain */
    LEAST_PERCENT = 60 /* of all lines */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Length of NUMBER and its mark (':' or '-') at the beginning of s; 0: there is none. */
static size_t number_length(hr_str s)
{
    size_t i = 0;

    while (i < s.n && i < MOST_DIGITS && is_digit(s.p[i]))
        i++;
    return i > 0 && i < s.n && (s.p[i] == ':' || s.p[i] == '-') ? i + 1 : 0;
}

/* Does a NUMBER between two `mark`s stand at s[i]? */
static bool is_cut(hr_str s, size_t i, char mark)
{
    size_t n;

    if (s.p[i] != mark)
        return false;
    n = number_length(hr_str_make(s.p + i + 1, s.n - i - 1));
    return n > 0 && s.p[i + n] == mark;
}

/* Length of the path of a match, PATH:NUMBER:text, 0: it is none. A path holds no white space at its ends. */
static size_t match_path(hr_str line)
{
    for (size_t i = 1; i < line.n; i++) {
        if (line.p[i] != ':')
            continue;
        if (is_cut(line, i, ':'))
            return line.p[0] == ' ' || line.p[0] == '\t' || line.p[i - 1] == ' ' ? 0 : i;
        if (i > 1)
            return 0; /* "C:" is a drive; the colon of anything else ends the path */
    }
    return 0;
}

static bool is_of(hr_str line, hr_str path)
{
    return path.n > 0 && line.n > path.n && memcmp(line.p, path.p, path.n) == 0 &&
           (is_cut(line, path.n, ':') || is_cut(line, path.n, '-'));
}

/* The next match, looked for at most once for all lines before it. */
struct ahead {
    hr_str path;
    const char *until; /* what stands before here has been looked at */
};

/* The path of the match that follows a context line, if the line is of that file. */
static hr_str path_ahead(struct ahead *a, hr_str line, hr_str rest)
{
    enum { MOST_AHEAD = 64 };
    hr_str next = {0};
    bool ended;
    size_t n = 0;

    if (!a->until || line.p >= a->until) {
        for (int i = 0; n == 0 && i < MOST_AHEAD && hr_line_next(&rest, &next, &ended); i++)
            n = match_path(next);
        a->path = hr_str_make(next.p, n);
        a->until = rest.p;
    }
    return is_of(line, a->path) ? a->path : (hr_str){0};
}

/* The path that this line belongs to; none: p NULL. */
static hr_str path_of(struct ahead *ahead, hr_str line, hr_str path, hr_str rest)
{
    size_t n;

    if (is_of(line, path))
        return path;
    n = match_path(line);
    if (n > 0)
        return hr_str_make(line.p, n);
    return memchr(line.p, '-', line.n) ? path_ahead(ahead, line, rest) : (hr_str){0};
}

/* Would the body's line be taken for a file's line, an escaped one, or a name? */
static bool needs_escape(hr_str line, bool before_number)
{
    return number_length(line) > 0 || (line.n > 0 && line.p[0] == '\\') ||
           (before_number && !hr_str_is(line, "--"));
}

static void put_line(hr_buf *b, hr_str line, bool ended)
{
    hr_buf_str(b, line);
    if (ended)
        hr_buf_putc(b, '\n');
}

int hr_search_encode(hr_buf *b, hr_str text, const bool *pinned)
{
    hr_str rest = text, line, path = {0},
           held = {0}; /* held: an ordinary line, not written before the next one is known */
    struct ahead ahead = {0};
    size_t hits = 0, lines = 0;
    bool ended = false, holds = false;

    (void)pinned; /* each line of a file keeps its text */
    while (hr_line_next(&rest, &line, &ended)) {
        hr_str p = line.n ? path_of(&ahead, line, path, rest) : (hr_str){0};
        bool named = p.n > 0 && !hr_str_eq(p, path), plain = p.n == 0;

        lines++;
        if (holds) {
            if (needs_escape(held, !plain && !named))
                hr_buf_putc(b, '\\');
            put_line(b, held, true);
            holds = false;
        }
        if (plain) {
            held = line;
            holds = true;
            continue;
        }
        hits++;
        if (named) {
            if (number_length(p) > 0 || p.p[0] == '\\' || hr_str_is(p, "--"))
                return 0; /* a name that could not be told from other lines */
            put_line(b, p, true);
            path = p;
        }
        put_line(b, hr_str_make(line.p + p.n + 1, line.n - p.n - 1), ended);
    }
    if (holds) {
        if (needs_escape(held, false))
            hr_buf_putc(b, '\\');
        put_line(b, held, ended);
    }
    return hits >= LEAST_HITS && hits * 100 >= lines * LEAST_PERCENT;
}

int hr_search_decode(hr_buf *b, hr_str body)
{
    hr_str rest = body, line, path = {0};
    bool ended;

    while (hr_line_next(&rest, &line, &ended)) {
        size_t n = number_length(line);

        if (n > 0) {
            if (path.n == 0)
                return 0;
            hr_buf_str(b, path);
            hr_buf_putc(b, line.p[n - 1]);
            put_line(b, line, ended);
        } else if (hr_str_is(line, "--") || number_length(rest) == 0) {
            bool escaped = line.n > 0 && line.p[0] == '\\';
            put_line(b, hr_str_make(line.p + escaped, line.n - escaped), ended);
        } else if (line.n > 0 && line.p[0] == '\\') {
            put_line(b, hr_str_make(line.p + 1, line.n - 1), ended);
        } else {
            path = line;
        }
    }
    return !b->err;
}
