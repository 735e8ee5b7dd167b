/* table_lines.h - the rows of a table of text that matter: a selection, told by a note (note.h).

   The columns (text_table.h) become a table of JSON, and what stays is chosen as in any other (select.h): errors, what the question asks
   for, the first and the last, rare values, numbers far from the others, and a few rows evenly spread. Lines that are no rows (names
   of columns, rulers, totals) all stay.

   Every line that stays is the original's, byte for byte; the output is read back before it is used. */
#ifndef HR_TABLE_LINES_H
#define HR_TABLE_LINES_H

#include "transform/transform.h"

/* 1: *out is filled but for its name. 0: no table, or nothing to gain. HR_ENOMEM, HR_ETIME. */
int hr_table_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out);

#endif
