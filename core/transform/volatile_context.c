/* volatile_context.c - which volatile sentences stay for the sake of what stands around them. See volatile.h.

   One walk over the lines knows fences, headings, examples, dialogues and quotes; one over the angle brackets knows elements. Where either is not
   sure, the sentence stays: that costs a cached prefix, and nothing else. */
#include <string.h>

#include "transform/volatile_units.h"
#include "transform/volatile_values.h"

enum { OPEN_TAGS = 32 };

static bool is_blank(hr_str s)
{
    return hr_line_indent(s) == s.n;
}

/* z, in lower case, as whole words at i. */
static bool stands_at(hr_str s, size_t i, const char *z)
{
    const size_t n = strlen(z);
    return s.n - i >= n && hr_word_is(hr_str_make(s.p + i, n), z) && (i == 0 || !hr_is_alnum(s.p[i - 1])) &&
           (i + n == s.n || !hr_is_alnum(s.p[i + n]));
}

/* One of these, in lower case, as whole words. */
static bool has_any(hr_str s, const char *const *words)
{
    bool begins[256] = {false};

    for (const char *const *w = words; *w; w++)
        begins[(unsigned char)**w] = true;
    for (size_t i = 0; i < s.n; i++) {
        if (!begins[(unsigned char)hr_low(s.p[i])] || (i > 0 && hr_is_alnum(s.p[i - 1])))
            continue;
        for (const char *const *w = words; *w; w++)
            if (hr_low(s.p[i]) == **w && stands_at(s, i, *w))
                return true;
    }
    return false;
}

static hr_str without_indent(hr_str s)
{
    const size_t n = hr_line_indent(s);
    return hr_str_make(s.p + n, s.n - n);
}

static char last_sign(hr_str s)
{
    while (s.n && strchr(" \t\r*_", s.p[s.n - 1]))
        s.n--;
    return s.n ? s.p[s.n - 1] : 0;
}

/* ------------------------------------------------------------------ elements */
struct tag {
    hr_str name;
    size_t off;
    bool environment;
};

/* Elements that describe where and when the program runs, or that hold a whole prompt. */
static bool is_environment(hr_str name)
{
    static const char *const parts[] = {
        "env",      "environment", "context",      "system",   "session",  "runtime",    "meta",
        "metadata", "info",        "information",  "date",     "datetime", "time",       "current",
        "today",    "now",         "instructions", "rules",    "prompt",   "guidelines", "role",
        "identity", "persona",     "details",      "reminder", "user"};
    while (name.n) {
        size_t n = 0;
        bool known = false;
        while (n < name.n && hr_is_alnum(name.p[n]))
            n++;
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            known |= hr_word_is(hr_str_make(name.p, n), parts[i]);
        if (!known)
            return false;
        n += n < name.n;
        name = hr_str_make(name.p + n, name.n - n);
    }
    return true;
}

/* Hold what lies between two places. */
static void hold(hr_layout *l, size_t from, size_t to)
{
    for (size_t i = 0; i < l->n; i++)
        l->units[i].stays |= l->units[i].off > from && l->units[i].off < to;
}

/* false: elements within elements, too many to follow, or a comment without an end. */
static bool settle_elements(hr_layout *l)
{
    struct tag open[OPEN_TAGS];
    size_t n = 0;
    const hr_str t = l->text;

    for (const char *p = t.p; (p = memchr(p, '<', t.n - (size_t)(p - t.p))) != NULL; p++) {
        const size_t at = (size_t)(p - t.p);
        const bool close = at + 1 < t.n && p[1] == '/';
        const size_t name = at + 1 + close;
        size_t end = name;
        if (t.n - at > 4 && memcmp(p, "<!--", 4) == 0) {
            const size_t stop = hr_str_find(t, HR_STR("-->"), at);
            if (stop == SIZE_MAX)
                return false;
            hold(l, at, stop);
            p = t.p + stop;
            continue;
        }
        while (end < t.n && (hr_is_alnum(t.p[end]) || strchr("_-.:", t.p[end])))
            end++;
        if (end == name || end == t.n || !strchr("> \t\r\n/", t.p[end]))
            continue;
        const hr_str word = hr_str_make(t.p + name, end - name);
        if (close) {
            size_t k = n;
            while (k > 0 && !hr_str_eq(open[k - 1].name, word))
                k--;
            if (k == 0)
                continue; /* never opened */
            n = k - 1;
            if (!open[n].environment)
                hold(l, open[n].off, at);
            continue;
        }
        if (n == OPEN_TAGS)
            return false;
        open[n++] = (struct tag){word, at, is_environment(word)};
    }
    return true;
}

/* ------------------------------------------------------------------ lines */
struct walk {
    char fence; /* what closes the code that is open; 0: none */
    size_t fence_n;
    bool example_section, example_paragraph, example_next;
    bool quoted, ticked, single;
    int curly, parens;
    size_t margin; /* white space that all lines have before them */
};

static const char *const examples[] = {"example",     "examples",   "e.g",       "for instance",  "such as",
                                       "sample",      "samples",    "changelog", "release notes", "few-shot",
                                       "template",    "format",     "like this", "looks like",    "test case",
                                       "placeholder", "transcript", NULL};

/* Three or more of one sign: code begins or ends. */
static size_t fence_length(hr_str s)
{
    size_t n = 0;
    if (s.n < 3 || !strchr("`~\"'", *s.p))
        return 0;
    while (n < s.n && s.p[n] == *s.p)
        n++;
    return n >= 3 ? n : 0;
}

/* "User: what day is it?" */
static bool is_dialogue(hr_str s)
{
    static const char *const speakers[] = {"user",     "human",  "assistant", "ai",       "bot",
                                           "customer", "agent",  "q",         "question", "answer",
                                           "input",    "output", "response",  "model"};
    size_t n = 0, spaces = 0;

    while (s.n && strchr("*_[<", *s.p))
        s = hr_str_make(s.p + 1, s.n - 1);
    while (n < s.n && hr_is_alnum(s.p[n]))
        n++;
    size_t colon = n;
    while (colon < s.n && strchr("*_]>", s.p[colon]))
        colon++;
    if (n == 0 || colon == s.n || s.p[colon] != ':')
        return false;
    for (size_t i = colon; i < s.n; i++)
        spaces += s.p[i] == ' ';
    for (size_t i = 0; spaces > 1 && i < sizeof speakers / sizeof *speakers; i++)
        if (hr_word_is(hr_str_make(s.p, n), speakers[i]))
            return true;
    return false;
}

static bool inside(const struct walk *w)
{
    return w->quoted || w->ticked || w->single || w->curly > 0 || w->parens > 0;
}

static bool is_sign(hr_str text, size_t at, size_t to, const char *sign)
{
    const size_t n = strlen(sign);
    return to - at >= n && memcmp(text.p + at, sign, n) == 0;
}

/* Follow quotes and brackets over a stretch of the text. */
static void follow_quotes(struct walk *w, hr_str text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const char c = text.p[i];
        const bool word_before = i > 0 && (hr_is_alnum(text.p[i - 1]) || strchr(".,!?", text.p[i - 1]));
        const bool word_behind = i + 1 < text.n && hr_is_alnum(text.p[i + 1]);
        w->quoted ^= c == '"';
        w->ticked ^= c == '`';
        if (c == '\'' && !word_before && word_behind)
            w->single = true;
        else if (c == '\'' && word_before && !word_behind)
            w->single = false;
        w->parens += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
        if (w->parens < 0)
            w->parens = 0;
        if ((unsigned char)c < 0x80)
            continue;
        if (is_sign(text, i, to, "\xe2\x80\x9e") || is_sign(text, i, to, "\xc2\xab"))
            w->curly++;
        else if (is_sign(text, i, to, "\xe2\x80\x9d") || is_sign(text, i, to, "\xc2\xbb"))
            w->curly -= w->curly > 0;
        else if (is_sign(text, i, to, "\xe2\x80\x9c")) /* opens in English, closes in German */
            w->curly += w->curly > 0 ? -1 : 1;
    }
}

static void end_paragraph(struct walk *w)
{
    w->example_paragraph = w->example_next;
    w->example_next = w->quoted = w->ticked = w->single = false;
    w->curly = w->parens = 0;
}

/* One line; its units stay if it says so. */
static void walk_line(struct walk *w, hr_layout *l, size_t line)
{
    const hr_str text = hr_line_text(l, line), content = without_indent(text);
    const size_t fence = fence_length(content), off = l->lines[line].off;
    size_t at = off;

    if (w->fence || fence) {
        if (!w->fence) {
            w->fence = *content.p;
            w->fence_n = fence;
            /* Opened and closed on one line. */
            if (strchr("\"'", w->fence) && hr_str_find(content, hr_str_make(content.p, 3), fence) != SIZE_MAX)
                w->fence = 0;
        } else if (fence >= w->fence_n && *content.p == w->fence) {
            w->fence = 0;
        } else if (strchr("\"'", w->fence)) {
            const char three[] = {w->fence, w->fence, w->fence};
            if (hr_str_find(content, hr_str_make(three, 3), 0) != SIZE_MAX)
                w->fence = 0;
        }
        for (size_t i = 0; i < l->lines[line].units; i++)
            l->units[l->lines[line].unit + i].stays = true;
        return;
    }
    if (content.n == 0) {
        end_paragraph(w);
        return;
    }
    if (*content.p == '#') {
        w->example_section = has_any(content, examples);
        w->example_paragraph = w->example_next = false;
    } else if (is_dialogue(content)) {
        w->example_paragraph = true;
    } else if (has_any(content, examples)) {
        w->example_paragraph = true;
        w->example_next = last_sign(content) == ':';
    }
    const bool code =
        text.n - content.n >= w->margin + 4 || (text.n > content.n && *text.p == '\t' && w->margin == 0);
    for (size_t i = 0; i < l->lines[line].units; i++) {
        hr_unit *u = &l->units[l->lines[line].unit + i];
        follow_quotes(w, l->text, at, u->off);
        at = u->off;
        u->stays |= inside(w) || code || w->example_section || w->example_paragraph;
    }
    follow_quotes(w, l->text, at, off + text.n);
}

/* The least white space before a line behind the first: prompts written inside of programs are indented as a whole. */
static size_t margin_of(const hr_layout *l)
{
    size_t margin = SIZE_MAX;
    for (size_t i = 1; i < l->nlines; i++) {
        const hr_str line = hr_line_text(l, i);
        const size_t n = hr_line_indent(line);
        if (n < line.n && n < margin)
            margin = n;
    }
    return margin == SIZE_MAX ? 0 : margin;
}

/* ------------------------------------------------------------------ neighbours */
static hr_str line_or_none(const hr_layout *l, size_t line)
{
    return line < l->nlines ? hr_line_text(l, line) : HR_STR("");
}

static bool has_label(hr_str line)
{
    return memchr(line.p, ':', line.n) != NULL;
}

/* Does the sentence begin or end on another line? */
static bool is_wrapped(const hr_layout *l, const hr_unit *u)
{
    const hr_str before = u->line ? hr_line_text(l, u->line - 1) : HR_STR("");
    const hr_str behind = without_indent(line_or_none(l, u->line + 1));
    const hr_str line = hr_line_text(l, u->line);
    const size_t end = l->lines[u->line].off + line.n;
    const char closing = l->text.p[u->off + u->len - 1];
    const bool first = u->off <= l->lines[u->line].off + hr_line_bullet(line), last = u->off + u->len == end;

    if (first && !u->says.labelled && !is_blank(before)) {
        const hr_str start = without_indent(before);
        const bool item = hr_line_bullet(before) > hr_line_indent(before);
        if (last_sign(before) == ':' ||
            (!strchr(".!?;>)]}`|", last_sign(before)) && *start.p != '#' && !item && !has_label(before)))
            return true;
    }
    if (!last || closing == '.' || behind.n == 0)
        return false;
    if (closing == ',' || (*behind.p >= '0' && *behind.p <= '9') || strchr("(,;", *behind.p))
        return true;
    return hr_low(*behind.p) == *behind.p && hr_is_alnum(*behind.p) &&
           !(u->says.labelled && has_label(behind));
}

/* What is said next, on this line or on the next one, where that is no unit. */
static hr_str said_next(const hr_layout *l, size_t i)
{
    size_t at = l->units[i].off + l->units[i].len, line = l->units[i].line;
    while (i + 1 < l->n && l->units[i + 1].line <= line + 1) {
        const hr_unit *u = &l->units[++i];
        at = u->off + u->len;
        line = u->line;
    }
    size_t end = l->lines[line].off + l->lines[line].len;
    hr_str rest = without_indent(hr_str_make(l->text.p + at, end - at));
    if (rest.n == 0)
        rest = without_indent(line_or_none(l, line + 1));
    return rest;
}

/* Does the next sentence speak of this one? */
static bool is_referred_to(const hr_layout *l, size_t i)
{
    static const char *const begins[] = {"it",        "its",  "this",  "that", "these",       "those", "so",
                                         "therefore", "thus", "hence", "then", "accordingly", "based", NULL};
    static const char *const names[] = {"this date",       "that date",        "this time",      "that time",
                                        "this day",        "that day",         "this id",        "that id",
                                        "this session id", "this information", "this timestamp", NULL};
    const hr_str next = said_next(l, i);
    size_t n = 0;

    while (n < next.n && hr_is_alnum(next.p[n]))
        n++;
    for (size_t k = 0; begins[k] && !l->units[i].says.labelled; k++)
        if (hr_word_is(hr_str_make(next.p, n), begins[k]))
            return true;
    return has_any(next, names);
}

/* "# Rules", "**Rules**", or what underlines a heading. */
static bool is_heading(hr_str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] == *s.p)
        n++;
    return *s.p == '#' || (n >= 3 && n == s.n && strchr("=-", *s.p)) ||
           (s.n > 4 && n == 2 && *s.p == '*' && s.p[s.n - 1] == '*');
}

/* Would a heading, a colon or a tag be left with nothing under it? */
static bool leaves_nothing(const hr_layout *l, size_t first, size_t last)
{
    const size_t above = first && is_blank(hr_line_text(l, first - 1)) ? first - 1 : first;
    if (above == 0)
        return false;
    const hr_str before = without_indent(hr_line_text(l, above - 1)),
                 next = without_indent(line_or_none(l, last + 1));
    const hr_str after = next.n ? next : without_indent(line_or_none(l, last + 2));

    if (before.n == 0)
        return false;
    if (is_heading(before))
        return after.n == 0 || is_heading(after) || *after.p == '<';
    if (last_sign(before) == ':')
        return next.n == 0 || *next.p == '#' || *next.p == '<';
    return *before.p == '<' && before.n > 1 && before.p[1] != '/' && after.n > 1 && after.p[0] == '<' &&
           after.p[1] == '/';
}

static void settle_runs(hr_layout *l)
{
    for (size_t line = 0; line < l->nlines; line++) {
        if (!hr_line_empties(l, line))
            continue;
        size_t last = line;
        while (last + 1 < l->nlines && hr_line_empties(l, last + 1))
            last++;
        if (leaves_nothing(l, line, last))
            for (size_t i = l->lines[line].unit; i < l->n && l->units[i].line <= last; i++)
                l->units[i].stays = true;
        line = last;
    }
}

/* "the date above": moved behind it, the date would not be there any more. */
static bool speaks_of_above(hr_str text)
{
    static const char *const nouns[] = {"date", "time",    "timestamp", "datetime",    "id", "session",
                                        "day",  "context", "info",      "information", NULL};
    for (size_t at = 0; at < text.n; at++) {
        if (hr_low(text.p[at]) != 'a' || !stands_at(text, at, "above"))
            continue;
        const size_t from = at > 30 ? at - 30 : 0, to = at + 30 < text.n ? at + 30 : text.n;
        if (has_any(hr_str_make(text.p + from, to - from), nouns))
            return true;
    }
    return false;
}

bool hr_units_settle(hr_layout *l)
{
    struct walk w = {.margin = margin_of(l)};
    bool any = false;

    if (speaks_of_above(l->text) || !settle_elements(l))
        return false;
    for (size_t line = 0; line < l->nlines; line++)
        walk_line(&w, l, line);
    if (w.fence) /* what is added at the end would be code */
        return false;
    for (size_t i = 0; i < l->n; i++)
        l->units[i].stays |= is_wrapped(l, &l->units[i]);
    for (size_t i = 0; i < l->n; i++)
        l->units[i].stays |= is_referred_to(l, i);
    settle_runs(l);
    for (size_t i = 0; i < l->n; i++)
        any |= !l->units[i].stays;
    return any;
}
