/* form_search.c - search results under file headings, as ripgrep shows them to people.

     src/a.c:12:int x;          src/a.c
     src/a.c-13-                12 int x;
     --                   ->    13-
     src/b.c:7:int x;           --
     src/b.c:19:4:y;            b.c
     2 matches                  7"
                                19:4 y;
                                \2 matches

   In the body a line is, in this order:
     NUMBER text, NUMBER:COLUMN text   a match of the file named last; a text that begins with a tab needs no blank before it
     NUMBER"                           a match whose text, column included, is that of the match before
     NUMBER-text                       context
     a blank or a tab, and text        a match without a number
     --                                itself
     \...                              what stands behind the backslash
     before a line of a file           its path: a name without a slash is in the directory of the path before, ./name in none;
                                       where the first path of all begins with ./ all that do are as they stand
     else                              itself */
#include <string.h>

#include "transform/form_table.h"
#include "transform/hits.h"
#include "transform/lines.h"

enum {
    LEAST_HITS = 5,     /* lines of files: fewer have nothing to gain */
    LEAST_PERCENT = 60, /* of all lines */
    LEAST_DITTO = 8     /* bytes of a text: a shorter one costs no more than the mark, and reads better */
};

/* ------------------------------------------------------------------ lines of the body */
enum kind { PLAIN, MATCH, SAME, CONTEXT, BARE };

struct line {
    enum kind kind;
    hr_str number, column, text;
};

static bool is_blank(hr_str s, size_t i)
{
    return i < s.n && (s.p[i] == ' ' || s.p[i] == '\t');
}

static hr_str behind(hr_str s, size_t n)
{
    return hr_str_make(s.p + n, s.n - n);
}

/* The text behind what may be a blank; a tab is the text's own. */
static hr_str text_at(hr_str s, size_t i)
{
    return behind(s, i + (s.p[i] == ' '));
}

static struct line read_line(hr_str s)
{
    struct line l = {PLAIN, hr_str_make(s.p, hr_digits(s)), {0}, {0}};
    size_t i = l.number.n, column = i > 0 && i < s.n && s.p[i] == ':' ? hr_digits(behind(s, i + 1)) : 0;

    if (column > 0 && is_blank(s, i + 1 + column)) {
        l.column = hr_str_make(s.p + i + 1, column);
        i += 1 + column;
    }
    if (is_blank(s, i)) {
        l.kind = l.number.n ? MATCH : BARE;
        l.text = text_at(s, i);
    } else if (l.number.n && i < s.n && s.p[i] == '-') {
        l.kind = CONTEXT;
        l.text = behind(s, i + 1);
    } else if (l.number.n && i + 1 == s.n && s.p[i] == '"') {
        l.kind = SAME;
    }
    return l;
}

static bool begins_file_line(hr_str rest)
{
    hr_str line;
    bool ended;

    return hr_line_next(&rest, &line, &ended) && read_line(line).kind != PLAIN;
}

/* Would the line be taken for a file's line, an escaped one, or, before a file's line, for a path? */
static bool needs_escape(hr_str line, bool before_file_line)
{
    return read_line(line).kind != PLAIN || (line.n > 0 && line.p[0] == '\\') ||
           (before_file_line && !hr_str_is(line, "--"));
}

/* ------------------------------------------------------------------ paths */
struct place {
    hr_str directory, name; /* of the path named last; the directory with its slash */
    bool dotted;            /* the first path begins with ./ */
};

static bool is_dotted(hr_str path)
{
    return path.n > 2 && memcmp(path.p, "./", 2) == 0;
}

static hr_str directory_of(hr_str path)
{
    const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
    return hr_str_make(path.p, slash ? (size_t)(slash + 1 - path.p) : 0);
}

static bool can_name(hr_str s)
{
    return s.n > 0 && !needs_escape(s, false) && !hr_str_is(s, "--");
}

static void put_line(hr_buf *b, hr_str line, bool ended)
{
    hr_buf_str(b, line);
    if (ended)
        hr_buf_putc(b, '\n');
}

/* *near: its name says it all. false: this path cannot be written. */
static bool put_path(hr_buf *b, struct place *at, hr_str path, bool *near)
{
    const bool first = at->name.n == 0;
    hr_str directory = directory_of(path), name = behind(path, directory.n);

    if (first)
        at->dotted = is_dotted(path);
    *near = !first && hr_str_eq(directory, at->directory) && can_name(name);
    const bool none = directory.n == 0 && at->directory.n > 0;
    const bool dot = hr_str_is(directory, "./");
    *at = (struct place){directory, name, at->dotted};
    if (name.n == 0 || (none && at->dotted) || (dot && !at->dotted))
        return false;
    if (none)
        hr_buf_puts(b, "./");
    put_line(b, *near ? name : path, true);
    return *near || can_name(path);
}

static void read_path(struct place *at, hr_str s)
{
    const bool first = at->name.n == 0;
    hr_str directory = directory_of(s);

    if (first)
        at->dotted = is_dotted(s);
    at->name = behind(s, directory.n);
    if (directory.n > 0 || first)
        at->directory = directory;
    if (!at->dotted && hr_str_is(directory, "./"))
        at->directory.n = 0;
}

/* ------------------------------------------------------------------ writing */
/* The heading written at `at` becomes the whole path: a line below it is pinned. false: that path cannot be written. */
static bool widen_heading(hr_buf *b, size_t at, const struct place *place, hr_str path)
{
    const size_t more = place->directory.n, rest = b->len - at;

    if (!can_name(path))
        return false;
    if (hr_buf_reserve(b, more) == 0) {
        memmove(b->data + at + more, b->data + at, rest);
        memcpy(b->data + at, place->directory.p, more);
        b->len += more;
    }
    return true;
}

static void put_hit(hr_buf *b, const hr_hit *hit, bool same)
{
    hr_str text = hr_hit_words(hit);

    hr_buf_str(b, hit->number);
    if (same) {
        put_line(b, HR_STR("\""), hit->ended);
        return;
    }
    if (text.p > hit->text.p) {
        hr_buf_putc(b, ':');
        hr_buf_add(b, hit->text.p, (size_t)(text.p - hit->text.p) - 1);
    }
    if (hit->context || text.n == 0 || text.p[0] != '\t')
        hr_buf_putc(b, hit->context ? '-' : ' ');
    put_line(b, text, hit->ended);
}

/* Could so many of the lines be of files? Each of these has a colon behind its path, or a hyphen. */
static bool may_be_search(hr_str text, size_t lines)
{
    const size_t marks = hr_str_count(text, ':') + hr_str_count(text, '-');

    return marks >= LEAST_HITS && marks * 100 >= lines * LEAST_PERCENT;
}

int hr_search_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch)
{
    hr_hits reader = {.rest = text};
    hr_hit hit;
    hr_str path = {0}, last = {0},
           held = {0}; /* held: an ordinary line, not written before the next one is known */
    struct place at = {0};
    const size_t lines = hr_lines_count(text);
    size_t hits = 0, line = 0, heading = 0; /* heading: where it was written, if near */
    bool holds = false, held_ended = false, near = false;

    if (!may_be_search(text, lines))
        return 0;
    for (; hr_hits_next(&reader, &hit); line++) {
        const bool plain = hit.path.n == 0, named = !plain && !hr_str_eq(hit.path, path);
        if (hr_watch_spend(watch, hit.line.n) < 0)
            return HR_ETIME;
        if (holds) {
            if (needs_escape(held, !plain && !named))
                hr_buf_putc(b, '\\');
            put_line(b, held, true);
        }
        holds = plain;
        if (named) {
            path = hit.path;
            heading = b->len;
            if (!put_path(b, &at, path, &near))
                return 0;
        }
        if (near && pinned && pinned[line]) {
            near = false;
            if (!widen_heading(b, heading, &at, path))
                return 0;
        }
        if (b->err)
            return HR_ENOMEM;
        if (plain) {
            held = hit.line;
            held_ended = hit.ended;
            if ((line + 1 - hits) * 100 > lines * (100 - LEAST_PERCENT))
                return 0; /* however many are still to come */
            continue;
        }
        hits++;
        const bool match = hit.number.n > 0 && !hit.context;
        put_hit(b, &hit,
                match && hit.text.n >= LEAST_DITTO && hr_str_eq(hit.text, last) && !(pinned && pinned[line]));
        if (match)
            last = hit.text;
    }
    if (holds) {
        if (needs_escape(held, false))
            hr_buf_putc(b, '\\');
        put_line(b, held, held_ended);
    }
    return hits >= LEAST_HITS && hits * 100 >= line * LEAST_PERCENT;
}

/* ------------------------------------------------------------------ reading */
static void put_back(hr_buf *b, const struct place *at, const struct line *l, const struct line *said,
                     bool ended)
{
    const char mark = l->kind == CONTEXT ? '-' : ':';

    hr_buf_str(b, at->directory);
    hr_buf_str(b, at->name);
    hr_buf_putc(b, mark);
    if (l->number.n) {
        hr_buf_str(b, l->number);
        hr_buf_putc(b, mark);
    }
    if (said->column.n) {
        hr_buf_str(b, said->column);
        hr_buf_putc(b, ':');
    }
    put_line(b, said->text, ended);
}

int hr_search_decode(hr_buf *b, hr_str body)
{
    hr_str rest = body, line;
    struct place at = {0};
    struct line last = {0}; /* match with a number */
    bool ended;

    while (hr_line_next(&rest, &line, &ended)) {
        const struct line l = read_line(line);

        if (l.kind != PLAIN) {
            if (at.name.n == 0 || (l.kind == SAME && last.kind != MATCH))
                return 0;
            if (l.kind == MATCH)
                last = l;
            put_back(b, &at, &l, l.kind == SAME ? &last : &l, ended);
        } else if (line.n > 0 && line.p[0] == '\\') {
            put_line(b, behind(line, 1), ended);
        } else if (hr_str_is(line, "--") || !begins_file_line(rest)) {
            put_line(b, line, ended);
        } else {
            read_path(&at, line);
            if (at.name.n == 0)
                return 0;
        }
    }
    return !b->err;
}
