/* routes_json.c - JSON and lines of JSON on their way through the router's table. See routes.h. */
#include "transform/routes.h"

#include "token/token.h"
#include "transform/crush.h"
#include "transform/inner.h"
#include "transform/json_lines.h"
#include "transform/minify.h"

int hr_route_minified(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_buf b = {0};
    if (hr_minified_node(tree, 1, tree->n) >= in->text.n)
        return 0;
    hr_minify(&b, in->text.p, in->text.n);
    return hr_route_take(a, &b, b.err ? HR_ENOMEM : b.len < in->text.n, out);
}

/* ------------------------------------------------------------------ tables, with names and without */
/* White space can be had for less, where the tables do not pay for their head. */
static int write_columns(hr_buf *b, const hr_transform_in *in, const hr_tree *tree)
{
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    int r = hr_form_write_tree(b, HR_FORM_COLUMNS, tree, &watch);
    return r == 1 ? b->len < hr_minified_node(tree, 1, tree->n) : r;
}

static int columns(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_buf b = {0};
    int r = write_columns(&b, in, tree);
    if (r == 1)
        r = hr_form_reads_back(HR_FORM_COLUMNS, hr_buf_view(&b), in->text);
    return hr_route_take(a, &b, r, out);
}

/* Half of the time that is left: what comes next may still be made in the other half. */
static uint64_t half_way(uint64_t deadline)
{
    const uint64_t now = deadline ? hr_cpu_us() : 0;
    return deadline > now ? now + (deadline - now) / 2 : deadline;
}

/* Names are made on top of tables, and are held against tables without them; the one that is used must read back, else the other. */
int hr_route_tables(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_watch watch = {.deadline_cpu_us = half_way(in->deadline_cpu_us)};
    hr_buf named = {0}, plain = {0};
    int n = hr_form_write_tree(&named, HR_FORM_NAMES, tree, &watch), r = n == HR_ENOMEM ? n : 0;
    int p = r < 0 ? 0 : write_columns(&plain, in, tree);

    if (p == 1 && n == 1)
        n = hr_tokens_about(named.data, named.len) < hr_tokens_about(plain.data, plain.len) ? 2 : 1;
    else if (n == 1)
        n = named.len < hr_minified_node(tree, 1, tree->n);
    if (p == HR_ENOMEM || (p < 0 && n < 1))
        r = p;
    for (int turn = 0; turn < 2 && r == 0; turn++) {
        const bool names = turn == 0 ? n > p : n <= p;
        if ((names ? n : p) < 1)
            continue;
        r = hr_form_reads_back(names ? HR_FORM_NAMES : HR_FORM_COLUMNS, hr_buf_view(names ? &named : &plain),
                               in->text);
        if (r == 1) {
            r = hr_route_take(a, names ? &named : &plain, 1, out);
            out->transform = names ? "names" : "columns";
        }
    }
    hr_buf_free(&named);
    hr_buf_free(&plain);
    return r;
}

/* Long strings in their forms, and the arrays around them as tables too where that is shorter still. */
int hr_route_strings(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_buf b = {0};
    hr_tree again;
    hr_transform_in inside = *in;
    hr_transform_out table = *out;
    int r = hr_route_take(a, &b, hr_inner_encode(&b, a, in, tree), out);
    if (r != 1)
        return r;
    inside.text = out->text;
    r = hr_tree_parse(&again, a, inside.text.p, inside.text.n, NULL);
    if (r == 0)
        r = columns(a, &inside, &again, &table);
    if (r == 1)
        *out = table;
    return r == HR_ENOMEM || r == HR_ETIME ? r : out->text.n < hr_minified_node(tree, 1, tree->n);
}

/* Has the form at most 85 % of the text's tokens? It has more of them a byte, so that most answers need no counting: of 1,399 forms those of up
   to 65 % of the bytes had 44 to 78 % of the tokens, those of 90 % and more had 88 % and more. */
static bool is_worth_it(hr_str form, hr_str text)
{
    enum { WORTH_PERCENT = 85, SURE_PERCENT = 65, HOPELESS_PERCENT = 90 };
    const size_t percent = form.n * 100 / text.n;
    if (percent < SURE_PERCENT || percent >= HOPELESS_PERCENT)
        return percent < SURE_PERCENT;
    return hr_tokens_about(form.p, form.n) * 100 <= hr_tokens_about(text.p, text.n) * WORTH_PERCENT;
}

/* What a selection kept, as tables, where that is worth more than JSON that everyone can read. 0, HR_ENOMEM, HR_ETIME. */
static int kept_as_columns(hr_arena *a, const hr_transform_in *in, hr_str *text)
{
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    hr_buf b = {0};
    hr_transform_out form;
    int r = hr_form_write(&b, HR_FORM_COLUMNS, *text, NULL, 0, &watch);
    if (r == 1)
        r = is_worth_it(hr_buf_view(&b), *text);
    if (r == 1)
        r = hr_form_reads_back(HR_FORM_COLUMNS, hr_buf_view(&b), *text);
    r = hr_route_take(a, &b, r, &form);
    if (r == 1)
        *text = form.text;
    return r < 0 ? r : 0;
}

/* A selection that leaves most of the text is held against the whole of it with names or as tables, which are the next rows. Neither is done inside a
   wrapper, where no form is used. */
int hr_route_crushed(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_transform_out selection = *out, whole = *out;
    int r = hr_crush(a, in, tree, &selection);
    if (r == 1 && selection.text.n * 2 > in->text.n) {
        int w = hr_route_tables(a, in, tree, &whole);
        r = w < 0 ? w : w == 0 || whole.text.n > selection.text.n;
    }
    if (r == 1 && (r = kept_as_columns(a, in, &selection.text)) == 0) {
        *out = selection;
        r = 1;
    }
    return r;
}

int hr_route_line_columns(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return hr_route_form(a, in, HR_FORM_COLUMNS, NULL, out);
}

/* The lines that matter, as a table where that is worth it. */
int hr_route_lines_crushed(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
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
