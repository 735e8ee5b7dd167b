/* form_table.h - the encoders and decoders of form.c's table, one file each. Encoders: 1 appended, 0 not text of this kind (what they
   appended is dropped), HR_ENOMEM, HR_ETIME. Decoders: 1 appended, 0 not what the encoder writes, HR_ENOMEM. See form.h. */
#ifndef HR_FORM_TABLE_H
#define HR_FORM_TABLE_H

#include "base.h"
#include "transform/watch.h"
#include "json/json.h"

/* form_search.c: grep and its kin. */
int hr_search_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch);
int hr_search_decode(hr_buf *b, hr_str body);

/* form_paths.c: find, git ls-files, grep -l. Without this the encoder says 0. */
bool hr_paths_are_listed(hr_str text);
int hr_paths_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch);
int hr_paths_decode(hr_buf *b, hr_str body);

/* form_columns.c, form_columns_read.c: JSON and lines of JSON. */
int hr_columns_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch);
int hr_columns_encode_tree(hr_buf *b, const hr_tree *t, hr_watch *watch);
int hr_columns_decode(hr_buf *b, hr_str body);

/* form_names.c, form_names_read.c: JSON whose objects and addresses stand again and again. */
int hr_names_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch);
int hr_names_encode_tree(hr_buf *b, const hr_tree *t, hr_watch *watch);
int hr_names_decode(hr_buf *b, hr_str body);

/* form_repeats.c: traces, histories and whatever else repeats lines, blocks of lines and the beginnings of paths. */
int hr_repeats_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch);
int hr_repeats_decode(hr_buf *b, hr_str body);

/* form_rows.c: logs, listings and whatever else repeats its lines with other values. */
int hr_rows_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch);
int hr_rows_decode(hr_buf *b, hr_str body);

#endif
