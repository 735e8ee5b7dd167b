/* inner.h - JSON in which long strings hold text that has a lossless form (form.h): {"stdout": "[{..},{..}]"}, a log in a member "text".

   Each such string is replaced by its form; every other byte of the JSON stays. A string is taken only where its escapes are those that
   hr_string_encode() writes and its form reads back. JSON that has a string which begins as a form does is left alone.

   Thread rule: any; buffers are the caller's. Errors: HR_ENOMEM, HR_ETIME. */
#ifndef HR_INNER_H
#define HR_INNER_H

#include "transform/transform.h"
#include "json/json.h"

enum {
    HR_INNER_LEVELS = 4,     /* JSON in a string in a string ...: levels followed */
    HR_INNER_MIN_JSON = 256, /* bytes of a string; a shorter one holds no array worth working on */
    HR_INNER_MIN_TEXT = 800, /* the same of other text: HR_MIN_TOKENS of it */
    HR_INNER_MOST =
        64, /* strings of one text; where there are more they are cells of a table, and their sum takes too long */
    HR_INNER_WORTH = 90 /* percent of a string that its replacement may still take */
};

/* What hr_transform makes of the text inside the string node i, if that is worth it: 1, and *inside, *out (in the arena). 0, <0. */
int hr_inner_transform(hr_arena *a, const hr_transform_in *in, const hr_tree *t, uint32_t i, hr_str *inside,
                       hr_transform_out *out);

/* Append the JSON with its strings in forms: 1. 0: no string has one; nothing was appended. */
int hr_inner_encode(hr_buf *b, hr_arena *scratch, const hr_transform_in *in, const hr_tree *t);

/* A leaf (layers.h) as it was before its own lossless form and those of the strings in it: appended, 1. 0: it is in none; nothing was
   appended. level: of strings around it. */
int hr_inner_decode(hr_buf *b, hr_str text, unsigned level);

#endif
