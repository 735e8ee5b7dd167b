/* groups.h - sums over requests by program, model, day and so on, as `stats --by` prints them. */
#ifndef GROUPS_H
#define GROUPS_H

#include "../core/headroom.h"
#include "json.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>

struct group {
    char *name;
    headroom_totals totals;
};

struct groups {
    enum headroom_by by;
    struct span span;
    struct group *list; /* days in their order, all else the most tokens first */
    size_t n;
    headroom_totals all;
};

/* "program", "model", "dialect", "host", "tool", "day". */
bool groups_read_by(const char *word, enum headroom_by *by);
#define GROUPS_WORDS "program, model, dialect, host, tool or day"

/* all: the sum of all of the span, where it is known already; NULL: it is read, too. 0, a negative code of headroom.h, or -1 for no memory.
   groups_free in any case. */
int groups_read(headroom *h, enum headroom_by by, const struct span *span, const headroom_totals *all,
                struct groups *out);
void groups_free(struct groups *g);

/* The members of one sum. */
void groups_add_totals(struct json_tree *t, cJSON *o, enum headroom_by by, const headroom_totals *s);
/* How sure their tokens are, an object "counts": requests that were counted, exact, error_percent (against providers' counts; null: unknown). */
void groups_add_counts(struct json_tree *t, cJSON *o, const headroom_totals *s);
int groups_print_json(const struct groups *g);
void groups_print_table(const struct groups *g);

#endif
