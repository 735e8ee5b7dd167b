/* json_lines.h - lines of JSON (JSONL, NDJSON): an object on each line.

   Selection is that of an array (select.h). What stays is the original's lines, byte for byte; behind them stands the note as one more line
   of JSON (note.h). The output is read back and held against the text before it is used.

   Thread rule: any. Memory lives in the arena. */
#ifndef HR_JSON_LINES_H
#define HR_JSON_LINES_H

#include "transform/transform.h"
#include "json/json.h"

/* Index the lines as the items of one array: node [1]. The bytes of the tree's text stand one place further than those of `text`. 1; 0: they
   are not lines of JSON, the last without a line feed; HR_ENOMEM. */
int hr_json_lines_parse(hr_tree *t, hr_arena *a, hr_str text);

/* A table row of router.c: 1, 0, HR_ENOMEM, HR_ETIME. */
int hr_json_lines_select(hr_arena *a, const hr_transform_in *in, hr_transform_out *out);

#endif
