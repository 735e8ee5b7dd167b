/* ruler.h - pieces that are one byte over and over but for their ends: rulers, indentation, empty lines.

   They stand in every log, and are the worst there is for bpe.c: each length of the run has a token of its own, which fits until its end.
   Thread rule: pure functions. */
#ifndef HR_TOKEN_RULER_H
#define HR_TOKEN_RULER_H

#include "token/bpe.h"

/* What may stand around the run: a byte before it, two behind it ("\r\n"). */
enum { HR_RULER_HEAD = 1, HR_RULER_TAIL = 2, HR_RULER_LEAST = 16 };

/* Is p[0..n), n >= HR_RULER_LEAST, such a piece? */
bool hr_ruler_is(const uint8_t *p, size_t n);
/* Tokens of one, in constant time for any n but for very odd vocabularies. */
size_t hr_ruler_count(const hr_table *t, hr_bpe_memo *memo, const uint8_t *p, size_t n);

#endif
