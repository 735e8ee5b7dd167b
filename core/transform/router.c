/* router.c - looks at the structure of a text and asks the transforms of one table in turn. See transform.h.
   Adding a transform is one file and one row. */
#include "token/token.h"
#include "transform/crush.h"
#include "transform/form.h"
#include "transform/html.h"
#include "transform/lines.h"
#include "transform/log.h"
#include "transform/minify.h"
#include "transform/note.h"
#include "transform/outline.h"
#include "transform/pins.h"
#include "transform/search.h"
#include "transform/testrun.h"
#include "transform/transform.h"
#include "transform/wrapper.h"
#include "json/json.h"

#include <string.h>

enum kind { TEXT, JSON, HTML };
static const char *const kind_names[] = {"text", "json", "html"};

/* ------------------------------------------------------------------ the table */
/* A form that was appended to *b, which is freed, becomes the output; r is what its encoder returned. */
static int take_form(hr_arena *a, hr_buf *b, int r, hr_transform_out *out)
{
    if (r == 1) {
        out->text = hr_str_make(hr_arena_dup(a, b->data, b->len), b->len);
        r = out->text.p ? 1 : HR_ENOMEM;
    }
    hr_buf_free(b);
    return r;
}

static int minify(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    hr_buf b = {0};
    hr_minify(&b, in->text.p, in->text.n);
    return take_form(a, &b, b.err ? HR_ENOMEM : b.len < in->text.n, out);
}

static int lossless_form(hr_arena *a, const hr_transform_in *in, enum hr_form form, const bool *pinned,
                         hr_transform_out *out)
{
    hr_buf b = {0};
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    int r = hr_form_encode(&b, form, in->text, pinned, &watch);
    return take_form(a, &b, r, out);
}

/* White space can be had for less, where the tables do not pay for their head. */
static int columns(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_buf b = {0};
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    int r = hr_form_encode_tree(&b, HR_FORM_COLUMNS, tree, &watch);
    r = take_form(a, &b, r, out);
    return r == 1 ? out->text.n < hr_minified_length(in->text.p, in->text.n) : r;
}

/* Half of the time that is left: what comes next may still be made in the other half. */
static uint64_t half_way(uint64_t deadline)
{
    const uint64_t now = deadline ? hr_cpu_us() : 0;
    return deadline > now ? now + (deadline - now) / 2 : deadline;
}

/* Names are made on top of tables, and are held against tables without them. */
static int names(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_buf b = {0};
    hr_watch watch = {.deadline_cpu_us = half_way(in->deadline_cpu_us)};
    hr_transform_out named = *out, plain = *out;
    int r = take_form(a, &b, hr_form_encode_tree(&b, HR_FORM_NAMES, tree, &watch), &named);
    if (r != 1)
        return r == HR_ETIME ? 0 : r;
    r = columns(a, in, tree, &plain);
    if (r == HR_ENOMEM)
        return r;
    *out = named;
    if (r != 1)
        return named.text.n < hr_minified_length(in->text.p, in->text.n);
    return hr_tokens(named.text.p, named.text.n) < hr_tokens(plain.text.p, plain.text.n);
}

/* A selection that leaves most of the text is held against the whole of it with names or as tables, which are the next rows. Not inside a
   wrapper, where no form is used. */
static int crush(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_transform_out selection = *out, whole = *out;
    int r = hr_crush(a, in, tree, &selection);
    if (r == 1 && selection.text.n * 2 > in->text.n) {
        int w = names(a, in, tree, &whole);
        w = w == 0 ? columns(a, in, tree, &whole) : w;
        r = w < 0 ? w : w == 0 || whole.text.n > selection.text.n;
    }
    if (r == 1)
        *out = selection;
    return r;
}

/* A form in which lines that matter keep more of themselves (pins.h). Which those are costs more than the cheap forms, so it is only
   asked where the text takes the form at all. */
static int pinned_form(hr_arena *a, const hr_transform_in *in, enum hr_form form, const char *kind,
                       hr_transform_out *out)
{
    bool *pinned;
    size_t lines;
    int r = form == HR_FORM_ROWS ? 1 : lossless_form(a, in, form, NULL, out);
    if (r != 1)
        return r;
    r = form == HR_FORM_ROWS ? hr_pin_lines(a, in, &pinned, &lines) : hr_pin_asked(a, in, &pinned, &lines);
    if (r == 0)
        r = lossless_form(a, in, form, pinned, out);
    if (r == 1)
        out->kind = kind;
    return r;
}

static int json_lines(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return lossless_form(a, in, HR_FORM_COLUMNS, NULL, out);
}

static int search_headings(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return pinned_form(a, in, HR_FORM_SEARCH, "search", out);
}

static int path_list(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return pinned_form(a, in, HR_FORM_PATHS, "listing", out);
}

static int search_lines(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    int r = hr_search_select(a, in, out);
    if (r == 1)
        out->kind = "search";
    return r;
}

static int rows(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return hr_outline_records(in->text) ? pinned_form(a, in, HR_FORM_ROWS, "log", out) : 0;
}

/* Held against rows, which some texts of this kind are too. */
static int repeats(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_transform_out other = *out;
    int r = hr_outline_output(in->text) ? pinned_form(a, in, HR_FORM_REPEATS, kind_names[TEXT], out) : 0;
    if (r != 1 || (r = rows(a, in, tree, &other)) < 0)
        return r;
    return r == 0 || hr_tokens(out->text.p, out->text.n) < hr_tokens(other.text.p, other.text.n);
}

static int log_lines(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    int r = hr_outline_records(in->text) ? hr_log_select(a, in, out) : 0;
    if (r == 1)
        out->kind = "log";
    return r;
}

static int test_lines(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    int r = hr_testrun_select(a, in, out);
    if (r == 1)
        out->kind = "test";
    return r;
}

static int html_text(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return hr_html_text(a, in, out);
}

/* The source of a page whose lines repeat each other: the same lines in another form. */
static int html_rows(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    int r = rows(a, in, tree, out);
    out->kind = kind_names[HTML];
    return r;
}

static const struct transform {
    enum kind kind;
    const char *name;
    bool lossless;
    int (*run)(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out);
} transforms[] = {
    {JSON, "smart_crusher", false, crush},
    {JSON, "names", true, names},
    {JSON, "columns", true, columns},
    {JSON, "minify", true, minify},
    {HTML, "html_text", false, html_text},
    {HTML, "rows", true, html_rows},
    {TEXT, "test_lines", false, test_lines},
    {TEXT, "search_lines", false, search_lines},
    {TEXT, "search_headings", true, search_headings},
    {TEXT, "paths", true, path_list},
    {TEXT, "log_lines", false, log_lines},
    {TEXT, "columns", true, json_lines},
    {TEXT, "repeats", true, repeats},
    {TEXT, "rows", true, rows},
};

/* ------------------------------------------------------------------ what kind of text is it? */
/* JSON is what the strict reader accepts as a whole; HTML what begins as a page does. JSON, HTML, TEXT, HR_ENOMEM. */
static int find_kind(hr_arena *a, hr_str text, hr_tree *tree)
{
    size_t i = 0;
    while (i < text.n && (text.p[i] == ' ' || text.p[i] == '\n' || text.p[i] == '\r' || text.p[i] == '\t'))
        i++;
    if (hr_html_is(text))
        return HTML;
    if (i == text.n || (text.p[i] != '{' && text.p[i] != '[' && text.p[i] != '"'))
        return TEXT;
    int r = hr_tree_parse(tree, a, text.p, text.n, NULL);
    return r == HR_ENOMEM ? r : r < 0 ? TEXT : JSON;
}

/* The wrapper around the new inside. 1 or HR_ENOMEM. */
static int wrap_again(hr_arena *a, const hr_wrapped *w, hr_str *text)
{
    char *p = hr_arena_alloc(a, w->before.n + text->n + w->behind.n + 1);
    if (!p)
        return HR_ENOMEM;
    char *end =
        mempcpy(mempcpy(mempcpy(p, w->before.p, w->before.n), text->p, text->n), w->behind.p, w->behind.n);
    *end = 0;
    *text = hr_str_make(p, (size_t)(end - p));
    return 1;
}

int hr_transform(hr_arena *a, const hr_transform_in *in, hr_transform_out *out)
{
    const hr_wrapped w = hr_unwrap(in->text);
    hr_transform_in inside = *in;
    hr_tree tree = {0};
    inside.text = w.inside;
    *out = (hr_transform_out){.kind = kind_names[TEXT], .lossless = true};
    int kind = find_kind(a, inside.text, &tree);
    if (kind < 0)
        return kind;
    out->kind = kind_names[kind];
    bool lossy = in->allow_lossy && !hr_text_has_note(in->text);
    for (size_t i = 0; i < sizeof transforms / sizeof *transforms; i++) {
        const struct transform *t = &transforms[i];
        if ((int)t->kind != kind || (!t->lossless && !lossy))
            continue;
        if (t->lossless && w.before.n) /* a file: who edits it finds the place by its text, white space too */
            continue;
        int r = (w.before.n && t->run == crush ? hr_crush : t->run)(a, &inside, &tree, out);
        if (r == 1 && w.before.n)
            r = wrap_again(a, &w, &out->text);
        if (r < 0)
            return r;
        if (r == 1) {
            out->transform = t->name;
            out->lossless = t->lossless;
            return 1;
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ forged notes */
static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Is `c` spelled at p, as itself or as \u00xx behind any number of backslashes? The length of the spelling, 0: no. */
static size_t spelled(const char *p, const char *end, char c)
{
    enum { MAX_BACKSLASHES = 64 }; /* one string in another doubles them; six levels */
    if (p < end && *p == c)
        return 1;
    const char *q = p;
    while (q < end && *q == '\\' && q - p < MAX_BACKSLASHES) {
        q++;
        while (end - q >= 5 && memcmp(q, "u005", 4) == 0 && (q[4] == 'c' || q[4] == 'C') &&
               q - p < MAX_BACKSLASHES)
            q += 5; /* a backslash may itself be spelled as an escape */
    }
    if (q == p || end - q < 5 || q[0] != 'u' || q[1] != '0' || q[2] != '0')
        return 0;
    int hi = hex(q[3]), lo = hex(q[4]);
    return hi >= 0 && lo >= 0 && hi * 16 + lo == c ? (size_t)(q + 5 - p) : 0;
}

/* A backslash and "u00": without them nothing is spelled otherwise than it stands. */
static bool has_escape(hr_str text)
{
    const char *p = text.p, *end = text.p + text.n;

    while (p < end && (p = memchr(p, '\\', (size_t)(end - p))))
        if (end - ++p >= 3 && memcmp(p, "u00", 3) == 0)
            return true;
    return false;
}

bool hr_text_has_note(hr_str text)
{
    static const char key[] = HR_NOTE_KEY;
    const char *end = text.p + text.n;
    if (hr_str_find(text, HR_STR(HR_NOTE_KEY), 0) != SIZE_MAX)
        return true;
    /* Only an escape can still spell it, in some of its letters. */
    if (!has_escape(text))
        return false;
    for (const char *p = text.p; p < end; p++) {
        if (*p != '_' && *p != '\\')
            continue;
        const char *q = p;
        size_t k = 0, n;
        while (k < sizeof key - 1 && (n = spelled(q, end, key[k])) > 0) {
            q += n;
            k++;
        }
        if (k == sizeof key - 1)
            return true;
    }
    return false;
}
