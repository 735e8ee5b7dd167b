/* split.h - cuts text into the pieces that the patterns of o200k_base and cl100k_base (tiktoken 0.14.0) cut it into. Byte pair encoding
   never looks across a cut.

   Text is UTF-8. What is none counts as U+FFFD, one for as many bytes as Python's bytes.decode("utf-8", "replace") makes one of: a byte that
   cannot stand there, or the longest beginning of a character.

   Thread rule: pure functions. No allocation. A piece has no limit of length; each character is looked at a bounded number of times. */
#ifndef HR_TOKEN_SPLIT_H
#define HR_TOKEN_SPLIT_H

#include "token/table.h"

/* What else is known of a piece. */
enum hr_split_flag {
    HR_SPLIT_BAD = 1, /* bytes in it are not UTF-8 */
    HR_SPLIT_END = 2  /* the end was looked at: with more text behind it the piece might be another */
};

/* Where the piece that begins at p ends; p < end. Adds to *flags. */
typedef const uint8_t *hr_split(const hr_table *t, const uint8_t *p, const uint8_t *end, unsigned *flags);
const uint8_t *hr_split_o200k(const hr_table *t, const uint8_t *p, const uint8_t *end, unsigned *flags);
const uint8_t *hr_split_cl100k(const hr_table *t, const uint8_t *p, const uint8_t *end, unsigned *flags);

/* Bytes of the character at p, p < end; *c is it, U+FFFD where it is none (then with a flag, and END, too, where it is cut off). */
unsigned hr_split_char(const uint8_t *p, const uint8_t *end, uint32_t *c, unsigned *flags);

#endif
