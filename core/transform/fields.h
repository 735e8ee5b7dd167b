/* fields.h - an array, or an object that is a map, seen as a table: which paths its rows have, and where each of them has a value.

   A path is a chain of keys below the row ("payment.status", "items[].price.amount"; an array's items share one step). A row that is no
   container is the one value of a path of its own, with an empty key; in a row that is a short array each position is a key.
   Values are nodes of the caller's tree; nothing is copied. Paths deeper than HR_FIELDS_DEPTH and those beyond
   HR_FIELDS_MAX are left out: they take no part in statistics.
   Ownership: everything lives in the scratch arena given. Thread rule: one thread. Linear in the size of the rows. */
#ifndef HR_FIELDS_H
#define HR_FIELDS_H

#include "transform/values.h"
#include "transform/watch.h"
#include "json/json.h"

enum {
    HR_FIELDS_DEPTH = 12, /* steps; agents' rows have 3 or 4 */
    HR_FIELDS_MAX = 2048  /* paths; beyond it the rows are dictionaries, not records */
};

typedef struct hr_rows {
    const hr_tree *tree;
    const uint32_t *row; /* nodes of the rows, in order */
    uint32_t n;
    uint32_t end; /* the node behind the last row's subtree */
    bool members; /* they are the members of an object: their keys belong to them */
} hr_rows;

/* One value of a path. */
typedef struct hr_cell {
    uint32_t row, node;
} hr_cell;

typedef struct hr_path {
    uint32_t parent;      /* index; 0 is the row itself */
    hr_str key;           /* between the quotes; n 0 and p NULL: item of an array */
    uint8_t key_number;   /* hr_node's */
    const hr_cell *cells; /* in row order */
    uint32_t n;
    uint32_t rows; /* rows that have it */
    uint8_t depth; /* 1: a member of the row */
    bool many;     /* below an array: several values a row */
    uint8_t types; /* of its values: a bit for each hr_json_type */
    bool empty;    /* null, "", [] or {} is among them */
    hr_values values;
} hr_path;

struct hr_fields {
    const hr_rows *rows;
    hr_path *paths; /* [0] is the row itself */
    uint32_t n;
};

/* The text of a row, its key included where it has one. */
static inline hr_str hr_row_text(const hr_rows *rows, uint32_t row)
{
    const hr_node *v = &rows->tree->nodes[rows->row[row]];
    const uint32_t from = rows->members ? v->key_off : v->off;
    return hr_str_make(rows->tree->text + from, v->off + v->len - from);
}

/* null, "", [] or {} */
static inline bool hr_is_empty(const hr_node *v)
{
    return v->type == HR_JSON_NULL || (v->type == HR_JSON_STRING && v->len == 2) ||
           (v->type >= HR_JSON_ARRAY && v->count == 0);
}

/* 0, HR_ENOMEM, HR_ETIME. */
int hr_fields_read(hr_fields *f, hr_arena *scratch, const hr_rows *rows, hr_watch *watch);

static inline const hr_node *hr_cell_node(const hr_fields *f, const hr_cell *c)
{
    return &f->rows->tree->nodes[c->node];
}

/* The lexeme of a value. */
static inline hr_str hr_cell_text(const hr_fields *f, const hr_cell *c)
{
    const hr_node *v = hr_cell_node(f, c);
    return hr_str_make(f->rows->tree->text + v->off, v->len);
}

#endif
