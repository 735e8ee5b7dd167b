/* number.h - the value of a JSON number's lexeme as a double, for statistics only: lexemes themselves are never reprinted.
   No locale takes part. The error is below two units in the last place; beyond the range of double the result is an
   infinity of the right sign. Pure. */
#ifndef HR_NUMBER_H
#define HR_NUMBER_H

#include "base.h"

/* p[0..n) is a valid JSON number. */
double hr_number(const char *p, size_t n);
/* The same, also told whether it is written as an integer. */
double hr_number_kind(const char *p, size_t n, bool *integer);

/* The length of the number, as JSON has them, that a word of text is but for its unit: at most three letters or a percent sign behind it
   (ms, s, KiB). 0: it is none. */
size_t hr_number_of_word(hr_str word);

#endif
