/* form_names.h - what form_names.c finds in JSON and form_names_put.c writes: which objects and which beginnings of strings have names.
   All of it lives in the arena given; the text is borrowed. One thread. */
#ifndef HR_FORM_NAMES_H
#define HR_FORM_NAMES_H

#include "transform/prefixes.h"
#include "transform/watch.h"
#include "json/json.h"

enum { HR_NAMES_LEAST_TEXT = 12 }; /* bytes of a string, quotes included, whose beginning may be named */

/* Objects of the same keys. */
typedef struct hr_named_shape {
    uint32_t uses, distinct;
    uint64_t values; /* bytes of the values of distinct ones */
    uint64_t saved;  /* bytes of the values of those that stand again */
    bool named;
    uint32_t first, last; /* its definitions, in the order of their names */
} hr_named_shape;

/* Objects that are the same. */
typedef struct hr_named_object {
    uint32_t shape, uses;
    uint32_t name; /* 0: not yet used */
    uint32_t node; /* the one that defines it */
    uint32_t next; /* definition of this shape */
} hr_named_object;

/* By a hash, an index. */
typedef struct hr_names_map {
    uint64_t *hash;
    uint32_t *index;
    uint32_t mask;
} hr_names_map;

typedef struct hr_names {
    const hr_tree *t;
    hr_arena *a;
    hr_prefixes prefixes;
    /* Of each node: */
    uint64_t *hash;   /* of its tokens; NULL: its bytes tell as much */
    uint32_t *values; /* bytes of the scalars in it */
    uint32_t
        *known; /* the object, or the string's longest beginning (prefixes.h); 0: none, or not looked at */
    bool *row;  /* it is an element of a long array */
    hr_names_map objects_by, shapes_by;
    hr_named_object *objects; /* from 1 on, as the shapes */
    hr_named_shape *shapes;
    uint32_t n_objects, n_shapes;
} hr_names;

/* JSON without white space, and its index. The caller frees the buffer. */
typedef struct hr_names_text {
    hr_buf text;
    hr_tree tree;
} hr_names_text;

/* Write the list of the definitions, by shapes, whose last element is the text. 0; HR_EDEPTH: it nests deeper than JSON may; HR_ENOMEM,
   HR_ETIME. */
int hr_names_put(hr_names_text *out, hr_names *e, hr_watch *watch);

#endif
