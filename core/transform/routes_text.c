/* routes_text.c - all text that is no JSON on its way through the router's table, and what is common to all forms. See routes.h. */
#include "transform/routes.h"

#include <string.h>

#include "token/token.h"
#include "transform/blobs.h"
#include "transform/findings.h"
#include "transform/html.h"
#include "transform/kinds.h"
#include "transform/log.h"
#include "transform/outline.h"
#include "transform/pins.h"
#include "transform/sample.h"
#include "transform/search.h"
#include "transform/table_lines.h"
#include "transform/testrun.h"

/* A form that was appended to *b, which is freed, becomes the output; r is what its encoder returned. */
int hr_route_take(hr_arena *a, hr_buf *b, int r, hr_transform_out *out)
{
    if (r == 1) {
        out->text = hr_str_make(hr_arena_dup(a, b->data, b->len), b->len);
        r = out->text.p ? 1 : HR_ENOMEM;
    }
    hr_buf_free(b);
    return r;
}

int hr_route_form(hr_arena *a, const hr_transform_in *in, enum hr_form form, const bool *pinned,
                  hr_transform_out *out)
{
    hr_buf b = {0};
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    int r = hr_form_encode(&b, form, in->text, pinned, &watch);
    return hr_route_take(a, &b, r, out);
}

/* A form in which lines that matter keep more of themselves (pins.h): in rows, where a line is what differs, those that tell of an error, too.
   Which those are costs more than the cheap forms, so it is only asked where the text takes the form at all, or is likely to. *pins: those
   that were found before, or none. kind: what the form tells of the text; NULL: nothing. */
static int pinned_form(hr_arena *a, const hr_transform_in *in, enum hr_form form, const char *kind,
                       hr_pins *pins, hr_transform_out *out)
{
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    const bool likely = form == HR_FORM_ROWS || pins->pinned ||
                        (form == HR_FORM_REPEATS && hr_lines_repeat_early(in->text)) ||
                        (form == HR_FORM_SEARCH && strcmp(out->kind, "search") == 0);
    int r = likely ? 1 : hr_form_takes(form, in->text, &watch);
    if (r != 1)
        return r;
    r = pins->pinned ? 0 : hr_pin_asked(a, in, pins);
    if (r == 0 && form == HR_FORM_ROWS)
        r = hr_pin_errors(a, in, pins);
    if (r == 0)
        r = hr_route_form(a, in, form, pins->pinned, out);
    if (r == 1 && kind)
        out->kind = kind;
    return r;
}

int hr_route_headings(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    hr_pins pins = {0};
    return pinned_form(a, in, HR_FORM_SEARCH, "search", &pins, out);
}

int hr_route_paths(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    hr_pins pins = {0};
    return pinned_form(a, in, HR_FORM_PATHS, "listing", &pins, out);
}

int hr_route_search(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    int r = hr_search_select(a, in, out);
    if (r == 1)
        out->kind = "search";
    return r;
}

int hr_route_rows(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    hr_pins pins = {0};
    return hr_outline_records(in->text) ? pinned_form(a, in, HR_FORM_ROWS, NULL, &pins, out) : 0;
}

/* Held against rows, which some texts of this kind are too. */
int hr_route_repeats(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_transform_out other = *out;
    const hr_outline outline = hr_outline_of(in->text);
    hr_pins pins = {0};
    int r = outline.output ? pinned_form(a, in, HR_FORM_REPEATS, NULL, &pins, out) : 0;
    (void)tree;
    if (r != 1)
        return r;
    r = outline.records ? pinned_form(a, in, HR_FORM_ROWS, NULL, &pins, &other) : 0;
    if (r < 0)
        return r;
    return r == 0 || hr_tokens(out->text.p, out->text.n) < hr_tokens(other.text.p, other.text.n);
}

/* Does the form of the text, which is not yet read back, become the output? 1, 0, HR_ENOMEM. */
static int take_form(hr_arena *a, const hr_transform_in *in, enum hr_form form, hr_buf *b,
                     hr_transform_out *out)
{
    const int r = b->len ? hr_form_reads_back(form, hr_buf_view(b), in->text) : 0;
    return hr_route_take(a, b, r, out);
}

/* What a linter says, a line each: under its paths, or as rows of what varies, whichever is shorter. Lines that tell of an error are pinned in
   rows only. */
int hr_route_findings(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    hr_buf rows = {0}, headings = {0};
    hr_pins asked = {0}, pins;
    (void)tree;
    if (!hr_findings_are_lines(in->text))
        return 0;
    int r = hr_pin_asked(a, in, &asked);
    if (r < 0)
        return r;
    pins = asked;
    pins.pinned = (bool *)hr_arena_dup(a, asked.pinned, asked.n);
    r = pins.pinned ? hr_pin_errors(a, in, &pins) : HR_ENOMEM;
    if (r == 0)
        r = hr_form_write(&rows, HR_FORM_ROWS, in->text, pins.pinned, 0, &watch);
    if (r >= 0)
        r = hr_form_write(&headings, HR_FORM_SEARCH, in->text, asked.pinned, rows.len, &watch);
    if (r >= 0)
        r = take_form(a, in, HR_FORM_SEARCH, &headings, out);
    if (r == 0)
        r = take_form(a, in, HR_FORM_ROWS, &rows, out);
    hr_buf_free(&headings);
    hr_buf_free(&rows);
    if (r == 1)
        out->kind = "test";
    return r;
}

int hr_route_log(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    hr_transform_out selection = *out;
    int r = hr_outline_records(in->text) ? hr_log_select(a, in, &selection) : 0;
    /* "a.c:10:15: words" tells a place, no time; and what failed in a test run is not to be chosen from */
    if (r != 1 || hr_findings_are_lines(in->text) || hr_testrun_is(in->text))
        return r < 0 ? r : 0;
    *out = selection;
    out->kind = "log";
    return 1;
}

int hr_route_table(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    int r = hr_table_select(a, in, out);
    if (r == 1)
        out->kind = "table";
    return r;
}

int hr_route_chosen_tests(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    int r = hr_testrun_select(a, in, out);
    if (r == 1) {
        out->transform = "test_lines";
        out->lossless = false;
    }
    return r;
}

/* Traces and findings repeat themselves: with names for what stands again all of them may be as short as a selection. */
int hr_route_tests(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    enum { DEARER = 115 }; /* percent: so much may it cost that nothing is left out */
    hr_transform_out whole = *out;
    hr_pins pins = {0};
    int r = hr_route_chosen_tests(a, in, tree, out);

    if (r != 1 || strcmp(out->strategy, "passed_units") == 0)
        return r;
    r = pinned_form(a, in, HR_FORM_REPEATS, out->kind, &pins, &whole);
    if (r == 1 && whole.text.n * 100 <= out->text.n * DEARER) {
        *out = whole;
        out->transform = "repeats";
        out->lossless = true;
    }
    return r < 0 ? r : 1;
}

int hr_route_page(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return hr_html_text(a, in, out);
}

/* The source of a page whose lines repeat each other: the same lines in another form. */
int hr_route_page_rows(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    int r = hr_route_rows(a, in, tree, out);
    out->kind = hr_kind_name(HR_KIND_HTML);
    return r;
}

/* Texts that are mostly blobs are nothing else; in others what selects items or lines goes before, since what stays of those stays whole. */
int hr_route_mostly_blobs(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return hr_blobs_cut(a, in, 50, out);
}

int hr_route_blobs(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    (void)tree;
    return hr_blobs_cut(a, in, 20, out);
}
