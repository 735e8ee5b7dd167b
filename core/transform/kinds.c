/* kinds.c - see kinds.h.

     a sample of lines -> the marks of each (kind_line.c) -> how many have which -> the first row of rules that fits */
#include "transform/kinds.h"

#include <string.h>

#include "transform/html.h"
#include "transform/kind_line.h"
#include "transform/kind_table.h"
#include "transform/lines.h"
#include "transform/terminal.h"

enum {
    HEAD = 8 << 10, /* at the beginning */
    PART = 4 << 10, /* in the middle, and at the end */
    MOST_LINES = 96 /* each costs some 2 us */
};

struct sample {
    hr_str line[MOST_LINES]; /* that are not blank */
    uint32_t marks[MOST_LINES];
    size_t n;
    size_t of[HR_LINE_MARKS]; /* lines that have the mark */
    size_t fenced;            /* lines inside of Markdown's fences, which are not among those above */
    bool in_fence;
};

/* ------------------------------------------------------------------ the sample */
static void take_lines(struct sample *s, hr_str part, size_t most)
{
    hr_str line;
    bool ended;

    while (s->n < most && hr_line_next(&part, &line, &ended)) {
        size_t i = 0;
        while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t' || line.p[i] == '\r'))
            i++;
        if (i == line.n)
            continue;
        bool fence = line.n - i > 2 && memcmp(line.p + i, "```", 3) == 0;
        s->in_fence ^= fence;
        if (s->in_fence && !fence) {
            s->fenced++;
            continue;
        }
        s->line[s->n] = line;
        s->marks[s->n] = hr_line_marks(line);
        for (size_t m = 0; m < HR_LINE_MARKS; m++)
            s->of[m] += s->marks[s->n] >> m & 1;
        s->n++;
    }
}

/* Whole lines of the bytes from `at` on: what stands before the first line feed belongs to a line that began earlier. */
static hr_str whole_lines(hr_str text, size_t at, size_t n)
{
    hr_str part = hr_str_make(text.p + at, n);
    const char *feed = memchr(part.p, '\n', n),
               *last = at + n < text.n ? memrchr(part.p, '\n', n) : part.p + n;

    return feed && last && last > feed ? hr_str_make(feed + 1, (size_t)(last - feed - 1))
                                       : hr_str_make(part.p, 0);
}

static void take_sample(struct sample *s, hr_str text)
{
    if (text.n <= HEAD + 2 * PART) {
        take_lines(s, text, MOST_LINES);
        return;
    }
    const char *last = memrchr(text.p, '\n', HEAD);
    take_lines(s, hr_str_make(text.p, last ? (size_t)(last - text.p) : HEAD), MOST_LINES / 2);
    s->in_fence = false; /* not known */
    take_lines(s, whole_lines(text, text.n / 2, PART), MOST_LINES * 3 / 4);
    s->in_fence = false;
    take_lines(s, whole_lines(text, text.n - PART, PART), MOST_LINES);
}

/* ------------------------------------------------------------------ the rules */
static bool share(const struct sample *s, size_t lines, unsigned percent)
{
    return lines > 0 && lines * 100 >= s->n * percent;
}

static bool is_diff(const struct sample *s)
{
    size_t body = 0;

    for (size_t i = 0; i < s->n; i++)
        body += (s->marks[i] & (1u << HR_LINE_CHANGE | 1u << HR_LINE_HUNK | 1u << HR_LINE_PATCH)) != 0;
    return (s->of[HR_LINE_HUNK] > 0 && share(s, body, 60)) ||
           (s->of[HR_LINE_PATCH] > 1 && share(s, s->of[HR_LINE_PATCH], 50));
}

static bool is_trace(const struct sample *s)
{
    return s->of[HR_LINE_TRACE] > 0 && !share(s, s->of[HR_LINE_TIMED], 20) && s->of[HR_LINE_FRAME] > 0 &&
           share(s, s->of[HR_LINE_FRAME], 25);
}

static bool is_log(const struct sample *s)
{
    return share(s, s->of[HR_LINE_TIMED], 50) ||
           (share(s, s->of[HR_LINE_TIMED], 15) &&
            share(s, s->of[HR_LINE_TIMED] + s->of[HR_LINE_FRAME] + s->of[HR_LINE_TRACE], 60));
}

static bool is_run(const struct sample *s)
{
    size_t run = s->of[HR_LINE_RUN], finding = s->of[HR_LINE_FINDING];

    return (run > 1 && share(s, run, 30)) || share(s, finding, 20) ||
           (finding > 0 && run > 0 && share(s, run + finding, 20));
}

static bool is_search(const struct sample *s)
{
    size_t match = s->of[HR_LINE_MATCH];

    return !share(s, s->of[HR_LINE_FINDING], 40) &&
           (share(s, match, 60) || (share(s, match, 40) && share(s, match + s->of[HR_LINE_PATH], 75)));
}

static bool is_markdown(const struct sample *s)
{
    size_t told = 0, items = s->of[HR_LINE_ITEM];

    for (size_t i = 0; i < s->n; i++)
        told += (s->marks[i] & (1u << HR_LINE_HEADING | 1u << HR_LINE_ITEM | 1u << HR_LINE_SENTENCE)) != 0;
    return (s->of[HR_LINE_HEADING] > 0 || (items > 1 && share(s, items, 30))) && share(s, told, 60) &&
           !share(s, s->of[HR_LINE_CODE], 30);
}

static bool is_source(const struct sample *s)
{
    size_t code = s->of[HR_LINE_CODE], indented = s->of[HR_LINE_INDENTED];

    return (s->n > 2 && share(s, code, 45)) || (share(s, code, 25) && share(s, indented, 30)) ||
           share(s, s->of[HR_LINE_MARKUP], 60) || (s->n > 1 && share(s, s->of[HR_LINE_SETTING], 80)) ||
           (s->n > 0 && s->line[0].n > 2 && memcmp(s->line[0].p, "#!", 2) == 0);
}

static bool is_table(const struct sample *s)
{
    return !share(s, s->of[HR_LINE_INDENTED], 60)
               ? hr_lines_are_table(s->line, s->n)
               : s->n > 2 && memchr(s->line[1].p, '+', s->line[1].n) && hr_lines_are_table(s->line, s->n);
}

static enum hr_kind judge(const struct sample *s)
{
    if (s->n == 0)
        return HR_KIND_TEXT;
    if (s->of[HR_LINE_BLOB] > 0 && s->of[HR_LINE_BLOB] + 1 >= s->n)
        return HR_KIND_BASE64;
    if (is_diff(s))
        return HR_KIND_DIFF;
    if (s->of[HR_LINE_JSON] > 1 && share(s, s->of[HR_LINE_JSON], 80))
        return HR_KIND_JSON_LINES;
    if (is_trace(s))
        return HR_KIND_TRACE;
    if (is_log(s))
        return HR_KIND_LOG;
    if (is_search(s))
        return HR_KIND_SEARCH;
    if (is_run(s))
        return HR_KIND_TEST;
    if (share(s, s->of[HR_LINE_PATH], 70))
        return HR_KIND_LISTING;
    if (is_table(s))
        return HR_KIND_TABLE;
    if (is_markdown(s))
        return HR_KIND_MARKDOWN;
    if (is_source(s))
        return HR_KIND_SOURCE;
    return share(s, s->of[HR_LINE_SENTENCE], 50) ? HR_KIND_PROSE : HR_KIND_TEXT;
}

/* ------------------------------------------------------------------ what tells itself by its ends */
static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* An array or an object from the first byte to the last. "[INFO] ..]" is none: a value begins behind the bracket. */
static bool is_json(hr_str text)
{
    size_t i = 0, end = text.n;

    while (i < end && is_blank(text.p[i]))
        i++;
    while (end > i && is_blank(text.p[end - 1]))
        end--;
    if (end - i < 2 ||
        !((text.p[i] == '{' && text.p[end - 1] == '}') || (text.p[i] == '[' && text.p[end - 1] == ']')))
        return false;
    const char open = text.p[i], *starts = open == '{' ? "\"}" : "{[\"-0123456789tfn]";
    const char *feed = memchr(text.p + i, '\n', end - i), *last = feed, *next = feed;
    while (last && is_blank(*last))
        last--;
    while (next && is_blank(*next)) /* ends at the closing bracket */
        next++;
    if (feed && last > text.p + i && *last == text.p[end - 1] && *next == open)
        return false; /* lines of which each is one */
    for (i++; i < end && is_blank(text.p[i]);)
        i++;
    return strchr(starts, text.p[i]) != NULL;
}

enum hr_kind hr_kind_of(hr_str text)
{
    struct sample s = {.n = 0};

    if (text.n == 0)
        return HR_KIND_TEXT;
    if (hr_terminal_is(hr_str_make(text.p, text.n < HEAD ? text.n : HEAD)))
        return HR_KIND_TERMINAL;
    if (is_json(text))
        return HR_KIND_JSON;
    if (hr_html_is(text))
        return HR_KIND_HTML;
    take_sample(&s, text);
    return judge(&s);
}

const char *hr_kind_name(enum hr_kind kind)
{
    static const char *const names[HR_KINDS] = {
        [HR_KIND_TEXT] = "text",     [HR_KIND_JSON] = "json",         [HR_KIND_JSON_LINES] = "json lines",
        [HR_KIND_LOG] = "log",       [HR_KIND_SEARCH] = "search",     [HR_KIND_LISTING] = "listing",
        [HR_KIND_DIFF] = "diff",     [HR_KIND_TEST] = "test",         [HR_KIND_TRACE] = "trace",
        [HR_KIND_HTML] = "html",     [HR_KIND_MARKDOWN] = "markdown", [HR_KIND_TABLE] = "table",
        [HR_KIND_SOURCE] = "source", [HR_KIND_BASE64] = "base64",     [HR_KIND_TERMINAL] = "terminal",
        [HR_KIND_PROSE] = "prose"};

    return (unsigned)kind < HR_KINDS ? names[kind] : names[HR_KIND_TEXT];
}
