/* json.h - printing the --json forms with cJSON.

   A tree is built with these functions and printed once. Building never fails at once: the first lack of
   memory is noted in the tree, later calls on a NULL parent do nothing, and json_print says it. Strings are
   copied; bytes that are not UTF-8 become U+FFFD, because names of programs and tools come from outside. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cJSON cJSON;

struct json_tree {
    cJSON *root;
    bool failed;
};

/* A new object or array under parent: key for an object, NULL for an array. The first one, with parent NULL,
 * is the root. */
cJSON *json_object(struct json_tree *t, cJSON *parent, const char *key);
cJSON *json_array(struct json_tree *t, cJSON *parent, const char *key);
/* Scalars. A NULL string is null. */
void json_string(struct json_tree *t, cJSON *parent, const char *key, const char *value);
void json_int(struct json_tree *t, cJSON *parent, const char *key, int64_t value);
/* Billionths of a dollar as dollars, exactly; null for HEADROOM_UNPRICED. */
void json_usd(struct json_tree *t, cJSON *parent, const char *key, int64_t billionths);
/* A count; null where it is less than 0, which says unknown. */
void json_known(struct json_tree *t, cJSON *parent, const char *key, int64_t value);
void json_bool(struct json_tree *t, cJSON *parent, const char *key, bool value);
void json_null(struct json_tree *t, cJSON *parent, const char *key);
/* part / whole in percent with one decimal; 0 where whole is 0. */
void json_percent(struct json_tree *t, cJSON *parent, const char *key, int64_t part, int64_t whole);
/* JSON text that somebody else wrote; null where it is NULL or not JSON. */
void json_text(struct json_tree *t, cJSON *parent, const char *key, const char *text);
/* "a,b,c" as an array of strings; empty and NULL give []. */
void json_names(struct json_tree *t, cJSON *parent, const char *key, const char *list);

/* Print on stdout, indented or on one line, with a line feed; frees the tree. EX_OK; EX_OSERR where memory
 * lacked. */
int json_print(struct json_tree *t, bool indented);

#endif
