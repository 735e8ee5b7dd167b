/* router.c - looks at the structure of a text and asks the transforms of one table in turn. See transform.h; what stands around and
   between such texts is taken off by layers.c.
   Adding a transform is one file and one row. */
#include "token/token.h"
#include "transform/blobs.h"
#include "transform/crush.h"
#include "transform/findings.h"
#include "transform/form.h"
#include "transform/html.h"
#include "transform/inner.h"
#include "transform/json_lines.h"
#include "transform/kinds.h"
#include "transform/layers.h"
#include "transform/log.h"
#include "transform/minify.h"
#include "transform/outline.h"
#include "transform/pins.h"
#include "transform/search.h"
#include "transform/table_lines.h"
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
    int r = hr_form_encode_tree(&b, HR_FORM_COLUMNS, tree, &watch);
    r = take_form(a, &b, r, out);
    return r == 1 ? out->text.n < hr_minified_length(in->text.p, in->text.n) : r;
}

/* Long strings in their forms, and the arrays around them as tables too where that is shorter still. */
static int strings(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_buf b = {0};
    hr_tree again;
    hr_transform_in inside = *in;
    hr_transform_out table = *out;
    int r = take_form(a, &b, hr_inner_encode(&b, a, in, tree), out);
    if (r != 1)
        return r;
    inside.text = out->text;
    r = hr_tree_parse(&again, a, inside.text.p, inside.text.n, NULL);
    if (r == 0)
        r = columns(a, &inside, &again, &table);
    if (r == 1)
        *out = table;
    return r == HR_ENOMEM || r == HR_ETIME ? r : out->text.n < hr_minified_length(in->text.p, in->text.n);
}

/* What a selection kept, as tables, where that is worth more than JSON that everyone can read. 0, HR_ENOMEM, HR_ETIME. */
static int kept_as_columns(hr_arena *a, const hr_transform_in *in, hr_str *text)
{
    enum { WORTH_PERCENT = 85 };
    hr_transform_out form;
    hr_transform_in kept = *in;
    kept.text = *text;
    int r = lossless_form(a, &kept, HR_FORM_COLUMNS, NULL, &form);
    if (r == 1 && hr_tokens(form.text.p, form.text.n) * 100 <= hr_tokens(text->p, text->n) * WORTH_PERCENT)
        *text = form.text;
    return r < 0 ? r : 0;
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

/* A selection that leaves most of the text is held against the whole of it with names or as tables, which are the next rows. Neither is done inside a
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
    if (r == 1 && (r = kept_as_columns(a, in, &selection.text)) == 0) {
        *out = selection;
        r = 1;
    }
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

/* The lines that matter, as a table where that is worth it. */
static int json_lines_kept(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_transform_out selection = *out;
    (void)tree;
    int r = hr_json_lines_select(a, in, &selection);
    if (r == 1 && (r = kept_as_columns(a, in, &selection.text)) == 0) {
        *out = selection;
        out->kind = "json_lines";
        r = 1;
    }
    return r;
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
    return hr_outline_records(in->text) ? pinned_form(a, in, HR_FORM_ROWS, NULL, out) : 0;
}

/* Held against rows, which some texts of this kind are too. */
static int repeats(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_transform_out other = *out;
    int r = hr_outline_output(in->text) ? pinned_form(a, in, HR_FORM_REPEATS, NULL, out) : 0;
    if (r != 1 || (r = rows(a, in, tree, &other)) < 0)
        return r;
    return r == 0 || hr_tokens(out->text.p, out->text.n) < hr_tokens(other.text.p, other.text.n);
}

/* What a linter says, a line each: under its paths, or as rows of what varies, whichever is shorter. */
static int finding_lines(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_transform_out headings = *out, shorter = *out;
    (void)tree;
    if (!hr_findings_are_lines(in->text))
        return 0;
    int h = pinned_form(a, in, HR_FORM_SEARCH, "test", &headings);
    int r = h < 0 ? h : pinned_form(a, in, HR_FORM_ROWS, "test", &shorter);
    if (r < 0 || (r == 0 && h == 0))
        return r;
    *out = r == 0 || (h == 1 && headings.text.n <= shorter.text.n) ? headings : shorter;
    return 1;
}

static int log_lines(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    /* "a.c:10:15: words" tells a place, no time; and what failed in a test run is not to be chosen from */
    bool log = hr_outline_records(in->text) && !hr_findings_are_lines(in->text) && !hr_testrun_is(in->text);
    int r = log ? hr_log_select(a, in, out) : 0;
    if (r == 1)
        out->kind = "log";
    return r;
}

static int table_lines(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    int r = hr_table_select(a, in, out);
    if (r == 1)
        out->kind = "table";
    return r;
}

static int test_lines(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return hr_testrun_select(a, in, out);
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
    {JSON, "strings", true, strings},
    {JSON, "names", true, names},
    {JSON, "columns", true, columns},
    {JSON, "minify", true, minify},
    {HTML, "html_text", false, html_text},
    {HTML, "rows", true, html_rows},
    {TEXT, "smart_crusher", false, json_lines_kept},
    {TEXT, "blobs", false, mostly_blobs},
    {TEXT, "test_lines", false, test_lines},
    {TEXT, "findings", true, finding_lines},
    {TEXT, "search_lines", false, search_lines},
    {TEXT, "search_headings", true, search_headings},
    {TEXT, "paths", true, path_list},
    {TEXT, "log_lines", false, log_lines},
    {TEXT, "table_lines", false, table_lines},
    {TEXT, "blobs", false, blobs},
    {TEXT, "columns", true, json_lines},
    {TEXT, "repeats", true, repeats},
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

/* Rows that look for paths before or on lines. */
static bool is_for_paths(const struct transform *t)
{
    return t->run == search_lines || t->run == search_headings || t->run == path_list;
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
        if (in->forged && t->run != minify)
            continue;
        if (sort == HR_KIND_LOG && is_for_paths(t)) /* each costs a pass over all lines */
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
