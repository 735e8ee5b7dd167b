/* price_compile.h - from the JSON of genai-prices to a price table (price_table.h).

   The JSON is a list of providers as in data/prices/data.json and in the source's own data.json; members that are not used here may
   stand in it. Strict: anything of the wrong shape, a regular expression that price_regex.h does not know, a price that is no number
   from 0 to 4000 $, a list in which most models have no price: nothing is made. A model that also costs so much a request, or that
   has no price for input and output, gets none. */
#ifndef HR_PRICE_COMPILE_H
#define HR_PRICE_COMPILE_H

#include "base.h"

/* Append the table to out. day: of the data, since 1970-01-01. 0; HR_ESHAPE: problem[room] says what is wrong, as one clause; HR_ENOMEM. */
int hr_price_compile(hr_buf *out, hr_str json, int32_t day, hr_str source, char *problem, size_t room);

/* A decimal number ("2.5", "1e-3") times 10 to the power of `scale`, rounded. false: it is none, is less than 0, or too large. */
bool hr_price_decimal(hr_str number, int scale, int64_t *out);
/* "2026-11-04" in days since 1970-01-01. false: no such day. */
bool hr_price_day(hr_str date, int32_t *out);

#endif
