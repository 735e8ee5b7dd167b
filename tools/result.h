/* result.h - one tool result that was worked on, as JSON and for people. */
#ifndef RESULT_H
#define RESULT_H

#include "../core/headroom.h"
#include "json.h"

/* The members call_id tool kind transform lossless tokens_before tokens_after kept of id reason, in the
 * object o. */
void result_to_json(struct json_tree *t, cJSON *o, const headroom_result *r);
/* Head of the table, and a line of it. last: the column behind the id, or NULL. */
void result_print_head(const char *last);
void result_print_line(const headroom_result *r, const char *last);
/* All that is known of it, then its original; data NULL: that is not stored. */
void result_print_whole(const headroom_result *r, const headroom_bytes *original);

#endif
