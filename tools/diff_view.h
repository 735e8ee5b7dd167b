/* diff_view.h - one result's original beside what was sent, in three forms.

     unified  lines with ' ', '-' and '+' under "@@ -from,count +from,count @@", as patch tools know them
     columns  two columns, for a terminal
     JSON     members of an object

   A comparison is made once and then only read. One thread. */
#ifndef DIFF_VIEW_H
#define DIFF_VIEW_H

#include "../core/headroom.h"
#include "json.h"
#include "lines.h"

struct diff_row {
    char op;     /* ' ', '-', '+' */
    size_t a, b; /* number of the line, from 0; of the next one where this text has none here */
};

struct comparison {
    struct lines original, sent;
    bool json; /* in the JSON form of lines.h */
    struct diff_row *row;
    size_t rows, gone, fresh;
};

/* raw: lines as they stand, also of JSON. False: no memory; nothing is left to free. */
bool diff_compare(const headroom_bytes *original, const headroom_bytes *sent, bool raw,
                  struct comparison *out);
void diff_free(struct comparison *c);

struct diff_style {
    size_t context; /* unchanged lines around a change */
    bool safe;      /* for a terminal: through cells.h */
    bool color;
    unsigned columns; /* of both texts together */
};

/* The hunk that begins at *from or later: rows *begin to *end, *from moves behind it. False: there is none. */
bool diff_next_hunk(const struct comparison *c, size_t context, size_t *from, size_t *begin, size_t *end);

void diff_print_unified(const struct comparison *c, const char *id, const struct diff_style *style);
void diff_print_columns(const struct comparison *c, const struct diff_style *style);
/* The members view, lines, gone, fresh and hunks of o. */
void diff_to_json(struct json_tree *t, cJSON *o, const struct comparison *c, size_t context);

#endif
