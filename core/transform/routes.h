/* routes.h - the rows of the router's table: each takes the text as one module has it, compares where two could, and names the kind that it
   proves. All have one signature; `tree` is the text's where it is JSON, else unused.

   1: *out is filled, but for transform and lossless where the table names them; 0: nothing to gain, or no such text; HR_ENOMEM, HR_ETIME. Output lives in the arena. One
   thread. */
#ifndef HR_ROUTES_H
#define HR_ROUTES_H

#include "transform/form.h"
#include "transform/transform.h"
#include "json/json.h"

typedef int hr_route_row(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out);

/* routes_json.c */
hr_route_row hr_route_crushed, hr_route_strings, hr_route_tables, hr_route_minified;
hr_route_row hr_route_lines_crushed, hr_route_line_columns;

/* routes_text.c */
hr_route_row hr_route_page, hr_route_page_rows;
hr_route_row hr_route_tests, hr_route_chosen_tests, hr_route_findings, hr_route_search, hr_route_headings,
    hr_route_paths, hr_route_log, hr_route_table;
hr_route_row hr_route_repeats, hr_route_rows;
hr_route_row hr_route_mostly_blobs, hr_route_blobs;

/* A form that was appended to *b, which is freed, becomes the output; r is what its encoder returned. */
int hr_route_take(hr_arena *a, hr_buf *b, int r, hr_transform_out *out);
/* The text in a form (form.h). */
int hr_route_form(hr_arena *a, const hr_transform_in *in, enum hr_form form, const bool *pinned,
                  hr_transform_out *out);

#endif
