/* split.h - cuts text into the pieces that the patterns of o200k_base and cl100k_base (tiktoken 0.14.0) cut it into. Byte pair encoding
   never looks across a cut.

   Text is UTF-8. What is none counts as U+FFFD, one for as many bytes as Python's bytes.decode("utf-8", "replace") makes one of: a byte that
   cannot stand there, or the longest beginning of a character.

   Thread rule: pure functions. No allocation. A piece has no limit of length; each character is looked at a bounded number of times. */
#ifndef HR_TOKEN_SPLIT_H
#define HR_TOKEN_SPLIT_H

#include "token/table.h"

/* Where the piece that begins at p ends; p < end. *bad is set, and else left, if bytes in it are not UTF-8. */
typedef const uint8_t *hr_split(const hr_table *t, const uint8_t *p, const uint8_t *end, bool *bad);
const uint8_t *hr_split_o200k(const hr_table *t, const uint8_t *p, const uint8_t *end, bool *bad);
const uint8_t *hr_split_cl100k(const hr_table *t, const uint8_t *p, const uint8_t *end, bool *bad);

/* Bytes of the character at p, p < end; *c is it. *bad as above: U+FFFD, and its bytes. */
unsigned hr_split_char(const uint8_t *p, const uint8_t *end, uint32_t *c, bool *bad);

#endif
