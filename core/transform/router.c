/* router.c - looks at the structure of a text and asks the transforms of one table in turn. See transform.h; what stands around and
   between such texts is taken off by layers.c.
   Adding a transform is one file, its function in routes.h, and one row. */
#include "transform/crush.h"
#include "transform/html.h"
#include "transform/kinds.h"
#include "transform/layers.h"
#include "transform/routes.h"

/* The rows of the table that a text is offered to. */
enum kind { TEXT, JSON, HTML };

/* ------------------------------------------------------------------ the table */
static const struct transform {
    enum kind kind;
    const char *name;
    bool lossless;
    hr_route_row *run;
} transforms[] = {
    {JSON, "blobs", false, hr_route_mostly_blobs},
    {JSON, "smart_crusher", false, hr_route_crushed},
    {JSON, "blobs", false, hr_route_blobs},
    {JSON, "strings", true, hr_route_strings},
    {JSON, "names", true, hr_route_names},
    {JSON, "columns", true, hr_route_columns},
    {JSON, "minify", true, hr_route_minified},
    {HTML, "html_text", false, hr_route_page},
    {HTML, "rows", true, hr_route_page_rows},
    {TEXT, "smart_crusher", false, hr_route_lines_crushed},
    {TEXT, "blobs", false, hr_route_mostly_blobs},
    {TEXT, "test_lines", false, hr_route_tests},
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

/* Rows that a log has nothing for: paths before or on lines, and blocks of lines, whose times differ. */
static bool is_for_no_log(const struct transform *t)
{
    return t->run == hr_route_search || t->run == hr_route_headings || t->run == hr_route_paths ||
           t->run == hr_route_repeats;
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
        if (in->forged && t->run != hr_route_minified)
            continue;
        if (sort == HR_KIND_LOG && is_for_no_log(t)) /* each costs a pass over all lines */
            continue;
        if (t->lossless && file) /* who edits it finds the place by its text, white space too */
            continue;
        int r = (file && t->run == hr_route_crushed ? hr_crush : t->run)(a, in, &tree, out);
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
