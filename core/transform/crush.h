/* crush.h - SmartCrusher: selection from arrays, and from objects that are maps (map.h), at any depth of a JSON text, and whatever any
   transform does to the text inside of its long strings (inner.h).

   What is not left out stays byte for byte but for white space between tokens; each array or map from which items were left out
   ends in a note (note.h). Output lives in the arena, scratch is the module's own. One thread.
   The result is read back and compared with the original before it is handed out (check.c): on any difference there is
   nothing to gain. */
#ifndef HR_CRUSH_H
#define HR_CRUSH_H

#include "transform/select.h"
#include "json/json.h"

enum {
    HR_CRUSH_MIN_VALUES =
        600,            /* bytes of an array of strings and numbers; shorter ones are lists, and cheap */
    HR_CRUSH_WORTH = 85 /* percent of an array that a selection may still take, note included */
};

/* One place where the text changes. */
typedef struct hr_edit {
    uint32_t node;       /* array, object or string */
    hr_plan plan;        /* of an array or object */
    const uint32_t *row; /* node of every item or member */
    hr_str text;         /* string: what it decodes to afterwards */
    size_t kept, of;     /* items, summed over all arrays inside a string */
    size_t saved;        /* bytes */
    bool taken;
    bool lossy; /* something was left out */
} hr_edit;

/* transform.h, for a text that has been indexed. */
int hr_crush(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out);

/* Is `after` the text of `before` with just these edits (those taken, in order)? 1, 0, HR_ENOMEM. */
int hr_check(hr_arena *scratch, const hr_tree *before, const hr_edit *edits, size_t n, const char *after,
             size_t len);

#endif
