/* result.h - one tool result that was worked on, as JSON and for people. */
#ifndef RESULT_H
#define RESULT_H

#include "../core/headroom.h"
#include "json.h"

/* The members call_id tool kind transform lossless tokens_before tokens_after kept of id reason, in the
 * object o. */
void result_to_json(struct json_tree *t, cJSON *o, const headroom_result *r);
/* What `kept` and `of` count: "lines", "items", "chars"; "pieces" of a page. */
const char *result_unit(const headroom_result *r);
/* Head of the table, and a line of it. last: the column behind the id, or NULL. */
void result_print_head(const char *last);
void result_print_line(const headroom_result *r, const char *last);
/* The words of those lines, each of which is explained once behind the table. Begins zeroed; beyond RESULT_WORDS none is added. */
enum { RESULT_WORDS = 32 };
struct result_words {
    char word[RESULT_WORDS][24];
    size_t n;
};
void result_add_words(struct result_words *w, const headroom_result *r);
void result_print_words(const struct result_words *w);
/* What was done and why, a line each. */
void result_print_why(const headroom_result *r);
/* All that is known of it, then its original; data NULL: that is not stored. */
void result_print_whole(const headroom_result *r, const headroom_bytes *original);

/* Foreign text as it is; on a terminal with ? for what steers it. */
void result_print_text(const headroom_bytes *text);

#endif
