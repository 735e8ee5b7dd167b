/* router.c - looks at the structure of a text and asks the transforms of one table in turn. See transform.h; what stands around and
   between such texts is taken off by layers.c.
   Adding a transform is one file and one row. */
#include "transform/blobs.h"
#include "transform/crush.h"
#include "transform/form.h"
#include "transform/html.h"
#include "transform/kinds.h"
#include "transform/layers.h"
#include "transform/lines.h"
#include "transform/log.h"
#include "transform/minify.h"
#include "transform/pins.h"
#include "transform/search.h"
#include "transform/testrun.h"
#include "transform/transform.h"
#include "json/json.h"

#include <string.h>

/* The rows of the table that a text is offered to. */
enum kind { TEXT, JSON, HTML };

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
    int r = hr_form_encode_tree(&b, tree, &watch);
    r = take_form(a, &b, r, out);
    return r == 1 ? out->text.n < hr_minified_length(in->text.p, in->text.n) : r;
}

/* A selection that leaves most of the text is held against the whole of it as tables, which are the next row. Not inside a wrapper, where
   no form is used. */
static int crush(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_transform_out selection = *out, whole = *out;
    int r = hr_crush(a, in, tree, &selection);
    if (r == 1 && selection.text.n * 2 > in->text.n) {
        int w = columns(a, in, tree, &whole);
        r = w < 0 ? w : w == 0 || whole.text.n > selection.text.n;
    }
    if (r == 1)
        *out = selection;
    return r;
}

/* A form in which lines that matter keep more of themselves (pins.h). Which those are costs more than the cheap forms, so it is only
   asked where the text takes the form at all. kind: what the form tells of the text; NULL: nothing. */
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
    if (r == 1 && kind)
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

/* Lines that stand for themselves: a log, a listing. Indented text is source code, a diff or prose, whose readers need it as it is. */
static bool is_records(hr_str text)
{
    enum { LEAST_LINES = 10, MOST_INDENTED_PERCENT = 25 };
    size_t lines = 0, indented = 0, diff = 0;
    hr_str line;
    bool ended;
    while (hr_line_next(&text, &line, &ended)) {
        lines++;
        indented += line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
        diff += line.n > 2 && memcmp(line.p, "@@ ", 3) == 0;
    }
    return lines >= LEAST_LINES && indented * 100 <= lines * MOST_INDENTED_PERCENT && diff == 0;
}

static int rows(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return is_records(in->text) ? pinned_form(a, in, HR_FORM_ROWS, NULL, out) : 0;
}

static int log_lines(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    int r = is_records(in->text) ? hr_log_select(a, in, out) : 0;
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
    out->kind = hr_kind_name(HR_KIND_HTML);
    return r;
}

/* Texts that are mostly blobs are nothing else; in others what selects items or lines goes before, since what stays of those stays whole. */
static int mostly_blobs(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return hr_blobs_cut(a, in, 50, out);
}

static int blobs(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return hr_blobs_cut(a, in, 20, out);
}

static const struct transform {
    enum kind kind;
    const char *name;
    bool lossless;
    int (*run)(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out);
} transforms[] = {
    {JSON, "blobs", false, mostly_blobs},
    {JSON, "smart_crusher", false, crush},
    {JSON, "blobs", false, blobs},
    {JSON, "columns", true, columns},
    {JSON, "minify", true, minify},
    {HTML, "html_text", false, html_text},
    {HTML, "rows", true, html_rows},
    {TEXT, "blobs", false, mostly_blobs},
    {TEXT, "test_lines", false, test_lines},
    {TEXT, "search_lines", false, search_lines},
    {TEXT, "search_headings", true, search_headings},
    {TEXT, "paths", true, path_list},
    {TEXT, "log_lines", false, log_lines},
    {TEXT, "blobs", false, blobs},
    {TEXT, "columns", true, json_lines},
    {TEXT, "rows", true, rows},
};

/* ------------------------------------------------------------------ which rows are asked? */
/* JSON is what the strict reader accepts as a whole; HTML what begins as a page does. JSON, HTML, TEXT, HR_ENOMEM. */
static int find_rows(hr_arena *a, hr_str text, hr_tree *tree)
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

int hr_route(hr_arena *a, const hr_transform_in *in, bool file, hr_transform_out *out)
{
    hr_tree tree = {0};
    *out = (hr_transform_out){.lossless = true, .kind = "text"};
    int kind = find_rows(a, in->text, &tree);
    if (kind < 0)
        return kind;
    enum hr_kind sort = kind == JSON ? HR_KIND_JSON : kind == HTML ? HR_KIND_HTML : hr_kind_of(in->text);
    if (sort == HR_KIND_JSON && kind != JSON) /* it only looked like it */
        sort = HR_KIND_TEXT;
    const bool lossy = in->allow_lossy && sort != HR_KIND_SOURCE && sort != HR_KIND_DIFF;
    out->kind = hr_kind_name(sort);
    for (size_t i = 0; i < sizeof transforms / sizeof *transforms; i++) {
        const struct transform *t = &transforms[i];
        if ((int)t->kind != kind || (!t->lossless && !lossy))
            continue;
        if (t->lossless && file) /* who edits it finds the place by its text, white space too */
            continue;
        int r = (file && t->run == crush ? hr_crush : t->run)(a, in, &tree, out);
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
