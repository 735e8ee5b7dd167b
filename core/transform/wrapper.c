/* wrapper.c - see wrapper.h. A wrapper is one row of the table at the end. */
#include "transform/wrapper.h"

#include "transform/form.h"

#include <string.h>

#include "transform/html_tags.h"
#include "transform/lines.h"

#define ARROW "\xe2\x86\x92"

enum {
    MOST_WRAPPERS = 8,
    MOST_HEAD_LINES = 12, /* agents write up to seven */
    MOST_TAIL_LINES = 8,
    MOST_LINE = 400, /* of an envelope: a command or a path may stand in it */
    MOST_KEY = 40,
    MOST_TAG = 300 /* with its attributes */
};

static bool begins(hr_str s, const char *z)
{
    size_t n = strlen(z);

    return s.n >= n && memcmp(s.p, z, n) == 0;
}

static hr_str from(hr_str s, size_t n)
{
    return hr_str_make(s.p + n, s.n - n);
}

/* The last line of a text and where it begins. */
static hr_str last_line(hr_str text)
{
    const char *feed = memrchr(text.p, '\n', text.n);

    return feed ? from(text, (size_t)(feed + 1 - text.p)) : text;
}

/* The text without its last n bytes and without one line feed before them. */
static size_t cut_end(hr_str text, size_t n)
{
    size_t left = text.n - n;

    return left > 0 && text.p[left - 1] == '\n' ? left - 1 : left;
}

/* Divide the text: so many bytes are before the inside, and the inside ends at `end`. */
static bool divide(hr_wrapped *w, hr_str text, size_t before, size_t end)
{
    if (end <= before)
        return false;
    w->before = hr_str_make(text.p, before);
    w->inside = hr_str_make(text.p + before, end - before);
    w->behind = from(text, end);
    return true;
}

/* ------------------------------------------------------------------ a file of one line, read with its number */
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

static bool numbered_line(hr_wrapped *w, hr_str text)
{
    const char *end = text.p + text.n;
    size_t before = number(text.p, end, '1'), stop = text.n;
    hr_str last = last_line(text);

    if (before == 0)
        return false;
    if (last.p > text.p && last.n > 0 && number(last.p, end, '2') == last.n)
        stop = (size_t)(last.p - 1 - text.p);
    if (memchr(text.p + before, '\n', stop - before)) /* several lines: each number tells something */
        return false;
    w->file = true;
    return divide(w, text, before, stop);
}

/* ------------------------------------------------------------------ a tag */
static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* The name of the tag that begins the text; *length: of the tag, '>' included. n 0: there is none. */
static hr_str tag_name(hr_str text, size_t *length)
{
    size_t n = 1;

    if (text.n < 3 || text.p[0] != '<')
        return (hr_str){0};
    while (n < text.n && is_name(text.p[n]))
        n++;
    hr_str name = hr_str_make(text.p + 1, n - 1);
    while (n < text.n && n < MOST_TAG && text.p[n] != '>' && text.p[n] != '\n' && text.p[n] != '<')
        n++;
    if (n == text.n || text.p[n] != '>' || text.p[n - 1] == '/' ||
        (text.p[name.n + 1] != '>' && text.p[name.n + 1] != ' '))
        return (hr_str){0};
    *length = n + 1;
    return name;
}

static bool tag(hr_wrapped *w, hr_str text)
{
    static const char *const files[] = {"content",      "contents",      "file",
                                        "file_content", "file_contents", "source"};
    size_t open, close;
    hr_str name = tag_name(text, &open);

    close = name.n + 3;
    if (name.n == 0 || text.n < open + close || text.p[text.n - close] != '<' ||
        text.p[text.n - close + 1] != '/' || text.p[text.n - 1] != '>' ||
        memcmp(text.p + text.n - close + 2, name.p, name.n) != 0 || hr_html_tag_of(name) != HR_TAG_OTHER)
        return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        w->file = w->file || hr_str_is(name, files[i]);
    return divide(w, text, text.p[open] == '\n' ? open + 1 : open, cut_end(text, close));
}

/* ------------------------------------------------------------------ an envelope */
/* Heads without a colon, as Codex writes them; all others are "Key: value". */
static const char *const heads[] = {"Process exited with code ", "Process running with session ID ",
                                    "Output too large", "Warning: truncated output"};
/* Behind the output, as gemini-cli writes it. */
static const char *const tails[] = {
    "Error: ", "Exit Code: ", "Signal: ", "Background PIDs: ", "Process Group PGID: ", "(Command was"};

static bool is_head(hr_str line)
{
    size_t n = 0;

    if (line.n == 0)
        return true;
    if (line.n > MOST_LINE)
        return false;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (begins(line, heads[i]))
            return true;
    while (n < line.n && n < MOST_KEY && (is_name(line.p[n]) || line.p[n] == ' '))
        n++;
    return line.p[0] >= 'A' && line.p[0] <= 'Z' && n + 1 < line.n && line.p[n] == ':' && line.p[n + 1] == ' ';
}

static bool is_tail(hr_str line)
{
    for (size_t i = 0; line.n <= MOST_LINE && i < sizeof tails / sizeof *tails; i++)
        if (begins(line, tails[i]))
            return true;
    return false;
}

/* The lines behind the output: where they begin. */
static size_t before_tail(hr_str text, size_t from_here)
{
    size_t end = text.n;

    for (int lines = 0; lines < MOST_TAIL_LINES && end > from_here; lines++) {
        hr_str line = last_line(hr_str_make(text.p, end));
        if (line.p <= text.p + from_here || !is_tail(line))
            break;
        end = (size_t)(line.p - 1 - text.p);
    }
    return end;
}

static bool envelope(hr_wrapped *w, hr_str text)
{
    hr_str rest = text, line;
    bool ended;

    for (int lines = 0; lines < MOST_HEAD_LINES && hr_line_next(&rest, &line, &ended); lines++) {
        bool preview = begins(line, "Preview (first ") && line.p[line.n - 1] == ':';
        size_t at = (size_t)(rest.p - text.p);
        if (ended && (preview || hr_str_is(line, "Output:") || hr_str_is(line, "Content:")))
            return divide(w, text, at, before_tail(text, at));
        if (begins(line, "Output: ")) {
            at = (size_t)(line.p - text.p) + strlen("Output: ");
            return divide(w, text, at, before_tail(text, at));
        }
        if (!is_head(line) || (lines == 0 && line.n == 0))
            return false;
    }
    return false;
}

/* ------------------------------------------------------------------ a fence */
static bool fence(hr_wrapped *w, hr_str text)
{
    hr_str rest = text, line, last;
    bool ended;
    size_t marks = 0;

    if (!begins(text, "```") || !hr_line_next(&rest, &line, &ended) || !ended || rest.n == 0)
        return false;
    while (marks < line.n && line.p[marks] == '`')
        marks++;
    for (size_t i = marks; i < line.n; i++)
        if (line.p[i] == '`')
            return false;
    last = last_line(rest);
    if (last.n != marks || memcmp(last.p, line.p, marks) != 0)
        return false;
    /* Another fence inside: Markdown that begins and ends with one. */
    size_t inside = (size_t)(rest.p - text.p), end = cut_end(text, last.n);
    for (hr_str left = hr_str_make(rest.p, end > inside ? end - inside : 0), l;
         hr_line_next(&left, &l, &ended);)
        if (l.n >= marks && memcmp(l.p, line.p, marks) == 0)
            return false;
    return divide(w, text, inside, end);
}

/* ------------------------------------------------------------------ a byte order mark */
static bool mark(hr_wrapped *w, hr_str text)
{
    return begins(text, "\xef\xbb\xbf") && divide(w, text, 3, text.n);
}

/* ------------------------------------------------------------------ a line that tells what is missing */
static bool says_missing(hr_str line)
{
    static const char *const words[] = {"truncated",    "Truncated",    "TRUNCATED", "more lines",
                                        "more results", "more matches", "omitted",   "Showing ",
                                        "showing ",     "End of file"};

    if (line.n < 8 || line.n > MOST_LINE || !(strchr("([<.", line.p[0]) || begins(line, "\xe2\x80\xa6")) ||
        begins(line, "[_headroom"))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hr_str_find(line, hr_str_make(words[i], strlen(words[i])), 0) != SIZE_MAX)
            return true;
    return false;
}

static bool footer(hr_wrapped *w, hr_str text)
{
    hr_str last = last_line(text);

    if (last.p == text.p || !says_missing(last))
        return false;
    size_t end = (size_t)(last.p - text.p);
    while (end > 0 && text.p[end - 1] == '\n')
        end--;
    return divide(w, text, 0, end);
}

/* ------------------------------------------------------------------ the table */
static bool (*const wrappers[])(hr_wrapped *w, hr_str text) = {mark,     numbered_line, tag,
                                                               envelope, fence,         footer};

hr_wrapped hr_unwrap(hr_str text)
{
    hr_wrapped all = {{text.p, 0}, text, {text.p, 0}, false}, w;

    for (int depth = 0; depth < MOST_WRAPPERS && all.inside.n > 0 && !begins(all.inside, HR_FORM_OPENING);
         depth++) {
        size_t i = 0, n = sizeof wrappers / sizeof *wrappers;
        w = (hr_wrapped){0};
        while (i < n && !wrappers[i](&w, all.inside))
            i++;
        if (i == n)
            break;
        all.inside = w.inside;
        all.file = all.file || w.file;
    }
    /* A command's output ends in a line feed, and often in more; no form and no selection knows of them. */
    for (char c; !all.file && all.inside.n > 0 && all.inside.n < text.n &&
                 ((c = all.inside.p[all.inside.n - 1]) == '\n' || c == '\r');)
        all.inside.n--;
    all.before.n = all.inside.n ? (size_t)(all.inside.p - text.p) : 0;
    all.behind = text.n ? from(text, all.before.n + all.inside.n) : text;
    return all;
}
