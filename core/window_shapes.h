/* window_shapes.h - what a message of each dialect may hold (WIRE.md 1.1 to 1.11), and how one of ours is written. Constant data. */
#ifndef HR_WINDOW_SHAPES_H
#define HR_WINDOW_SHAPES_H

#include "dialect/dialect.h"

/* What a block of content, or an item, means for the message that it stands in. */
enum hr_sense {
    HR_SAYS_NOTHING,
    HR_SAYS_TEXT, /* or an image, a file: what a human gives */
    HR_SAYS_CALL,
    HR_SAYS_RESULT,
    HR_SAYS_SEAL,    /* reasoning that is signed, encrypted or opaque */
    HR_SAYS_SYSTEM,  /* an item that is system text */
    HR_SAYS_SUMMARY, /* made by the provider, of all that came before */
    HR_SAYS_UNKNOWN
};

typedef struct hr_word {
    const char *name; /* NULL ends a list */
    enum hr_sense sense;
} hr_word;

typedef struct hr_shape {
    const char *dialect;
    const hr_word *blocks; /* types of blocks; where `named`, the members that a block may have */
    const hr_word *inner;  /* the same inside of a tool result; NULL: not looked at */
    const hr_word *items;  /* types of elements that have no role; NULL: all have one */
    bool named;
    /* Roles must take turns, the user first: Converse says so, Gemini refuses what does not. */
    bool alternate;
    /* A user's message is `before` its text, inside of a JSON string, `after`. */
    const char *before, *after;
} hr_shape;

/* NULL: a dialect that is not known here. */
const hr_shape *hr_shape_of(const hr_dialect *d);
enum hr_sense hr_sense_of(const hr_word *words, hr_str name);

#endif
