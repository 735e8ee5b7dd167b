/* row.h - one recorded request, as JSON and for people. */
#ifndef ROW_H
#define ROW_H

#include "../core/headroom.h"
#include "json.h"

/* The object that `log --json` prints, under parent (NULL: the root). Returns it, so that more can be added;
 * NULL as json.h. */
cJSON *row_to_json(struct json_tree *t, cJSON *parent, const char *key, const headroom_row *row);
void row_print_line(const headroom_row *row);
/* What the provider counted and what it cost, a line; nothing where neither is known. */
void row_print_usage(const headroom_row *row);
/* The table of its tool results, where any were recorded. */
void row_print_results(const headroom_row *row);

#endif
