/* volatile_values.h - dates, times and identifiers, by how they are spelled. Pure; any thread. */
#ifndef HR_VOLATILE_VALUES_H
#define HR_VOLATILE_VALUES_H

#include "base.h"

/* What a word or figure is, one bit each. */
enum {
    HR_DATE = 1 << 0,
    HR_MONTH = 1 << 1,
    HR_DAY = 1 << 2, /* a number that may be one, or an ordinal */
    HR_YEAR = 1 << 3,
    HR_WEEKDAY = 1 << 4,
    HR_TIME = 1 << 5,
    HR_EPOCH = 1 << 6, /* seconds or milliseconds since 1970 */
    HR_OPAQUE = 1 << 7 /* an identifier that nobody chose */
};

/* Of a word of letters: HR_MONTH, HR_WEEKDAY, or 0. In English, in full or cut as usual. */
unsigned hr_value_of_name(hr_str word);
/* Of what begins with a digit and is written together: one of the bits, or 0. */
unsigned hr_value_of_figure(hr_str s);
/* A UUID, letters and figures mixed, or a long number. */
bool hr_is_opaque(hr_str s);
/* Nothing, Z, +01:00 or -0500. */
bool hr_is_zone_offset(hr_str s);
/* "9" in form stands for one digit, "+" behind it for more of them; other characters for themselves. Length of what fits at the beginning
   of s, or 0. */
size_t hr_fits(hr_str s, const char *form);

static inline bool hr_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool hr_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool hr_is_alnum(char c)
{
    return hr_is_digit(c) || hr_is_letter(c);
}

static inline char hr_low(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static inline hr_str hr_str_behind(hr_str s, size_t n)
{
    return hr_str_make(s.p + n, s.n - n);
}

#endif
