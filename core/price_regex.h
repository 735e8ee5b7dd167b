/* price_regex.h - the regular expressions of the price data.

   What it knows: bytes, `.`, \d, \ before a byte that is no letter or digit, [..] and [^..] with ranges, (..), (?:..), (?=..), (?!..), |,
   ^, $ (the very end), and ?, *, +, {n}, {n,m} behind one of them. Not lazy or possessive ones, back references, other classes.

   An expression is run over the set of all places in the text where it can stand at once, so nothing is tried twice and time is at most
   places * length of the expression for each (?..) in it. Nothing is allocated; no locale. Pure functions; any thread. */
#ifndef HR_PRICE_REGEX_H
#define HR_PRICE_REGEX_H

#include "base.h"

/* Does it match from the first byte on (anchored), or anywhere? A text of HR_PRICE_TEXT bytes or more, which no name of a model has,
   matches nothing; nor does an expression that is not valid. */
bool hr_price_regex(hr_str regex, hr_str text, bool anchored);
/* Is it one of those above? */
bool hr_price_regex_valid(hr_str regex);

enum { HR_PRICE_TEXT = 512 };

#endif
