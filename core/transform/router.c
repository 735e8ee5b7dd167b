/* router.c - looks at the structure of a text and asks the transforms of one table in turn. See transform.h; what stands around and
   between such texts is taken off by layers.c.
   Adding a transform is one file, its function in routes.h, and one row. */
#include "transform/crush.h"
#include "transform/html.h"
#include "transform/kinds.h"
#include "transform/layers.h"
#include "transform/outline.h"
#include "transform/routes.h"
#include "transform/sample.h"

/* The rows of the table that a text is offered to. */
enum kind { TEXT, JSON, HTML };

/* ------------------------------------------------------------------ the table */
static const struct transform {
    enum kind kind;
    const char *name; /* NULL: it tells by itself, and whether it was lossless */
    bool lossless;    /* asked at every level */
    hr_route_row *run;
} transforms[] = {
    {JSON, "blobs", false, hr_route_mostly_blobs},
    {JSON, "smart_crusher", false, hr_route_crushed},
    {JSON, "blobs", false, hr_route_blobs},
    {JSON, "strings", true, hr_route_strings},
    {JSON, NULL, true, hr_route_tables},
    {JSON, "minify", true, hr_route_minified},
    {HTML, "html_text", false, hr_route_page},
    {HTML, "rows", true, hr_route_page_rows},
    {TEXT, "smart_crusher", false, hr_route_lines_crushed},
    {TEXT, "blobs", false, hr_route_mostly_blobs},
    {TEXT, NULL, false, hr_route_tests},
    {TEXT, "findings", true, hr_route_findings},
    {TEXT, "search_lines", false, hr_route_search},
    {TEXT, "search_headings", true, hr_route_headings},
    {TEXT, "paths", true, hr_route_paths},
    {TEXT, "log_lines", false, hr_route_log},
    {TEXT, "table_lines", false, hr_route_table},
    {TEXT, "blobs", false, hr_route_blobs},
    {TEXT, "columns", true, hr_route_line_columns},
    {TEXT, "repeats", true, hr_route_repeats},
    {TEXT, "rows", true, hr_route_rows},
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

/* What is asked of the rows. */
struct question {
    int kind; /* enum kind */
    enum hr_kind sort;
    const hr_tree *tree;
    bool file, lossy;
    bool blobs_only; /* all others have nothing for it */
};

/* Rows that a log has nothing for: paths before or on lines, and blocks of lines, whose times differ. */
static bool is_for_no_log(const struct transform *t)
{
    return t->run == hr_route_search || t->run == hr_route_headings || t->run == hr_route_paths ||
           t->run == hr_route_repeats;
}

/* ------------------------------------------------------------------ long texts that nothing is for */
/* Text that is read, not looked through: nearly always there is nothing to gain, and to find that out costs more than all else. */
static bool is_sampled(enum hr_kind sort, hr_str text)
{
    return text.n >= HR_SAMPLE_FROM && (sort == HR_KIND_PROSE || sort == HR_KIND_SOURCE);
}

static int ask(hr_arena *a, const hr_transform_in *in, const struct question *q, hr_transform_out *out);

/* Would no row take a sample of the text, and is nothing in it that stands again far from itself? 1, 0, <0. */
static int is_hopeless(const hr_transform_in *in, const struct question *q)
{
    hr_arena *a = hr_arena_new();
    hr_transform_in part = *in;
    hr_transform_out out = {.lossless = true, .kind = hr_kind_name(q->sort)};
    int r = a ? hr_sample_lines(a, in->text, &part.text) : HR_ENOMEM;

    if (r == 0 && part.text.n > 0) {
        r = ask(a, &part, q, &out);
        if (r == 0 && hr_outline_output(part.text))
            r = hr_lines_repeat(a, in->text);
        r = r < 0 ? r : r == 0;
    }
    hr_arena_free(a);
    return r;
}

/* ------------------------------------------------------------------ the road */
/* What a row does with a file: no form. */
static hr_route_row *of_file(hr_route_row *run)
{
    return run == hr_route_crushed ? hr_crush : run == hr_route_tests ? hr_route_chosen_tests : run;
}

/* The rows of the table in turn. 1, 0, <0. */
static int ask(hr_arena *a, const hr_transform_in *in, const struct question *q, hr_transform_out *out)
{
    for (size_t i = 0; i < sizeof transforms / sizeof *transforms; i++) {
        const struct transform *t = &transforms[i];
        if ((int)t->kind != q->kind || (!t->lossless && !q->lossy))
            continue;
        if (in->forged && t->run != hr_route_minified)
            continue;
        if (q->sort == HR_KIND_LOG && is_for_no_log(t)) /* each costs a pass over all lines */
            continue;
        if (t->lossless && q->file) /* who edits it finds the place by its text, white space too */
            continue;
        if (q->blobs_only && t->run != hr_route_mostly_blobs)
            continue;
        int r = (q->file ? of_file(t->run) : t->run)(a, in, q->tree, out);
        if (r < 0)
            return r;
        if (r == 1) {
            if (t->name) {
                out->transform = t->name;
                out->lossless = t->lossless;
            }
            return 1;
        }
    }
    return 0;
}

int hr_route(hr_arena *a, const hr_transform_in *in, bool file, hr_transform_out *out)
{
    hr_tree tree = {0};
    struct question q = {.tree = &tree, .file = file};
    *out = (hr_transform_out){.lossless = true, .kind = "text"};
    q.kind = find_rows(a, in->text, &tree);
    if (q.kind < 0)
        return q.kind;
    q.sort = q.kind == JSON ? HR_KIND_JSON : q.kind == HTML ? HR_KIND_HTML : hr_kind_of(in->text);
    if (q.sort == HR_KIND_JSON && q.kind != JSON) /* it only looked like it */
        q.sort = HR_KIND_TEXT;
    q.lossy = in->allow_lossy && q.sort != HR_KIND_SOURCE && q.sort != HR_KIND_DIFF;
    out->kind = hr_kind_name(q.sort);
    if (q.kind == TEXT && is_sampled(q.sort, in->text)) {
        const int r = is_hopeless(in, &q);
        if (r < 0)
            return r;
        q.blobs_only = r == 1;
    }
    return ask(a, in, &q, out);
}
