/* format.h - figures, times and foreign text in the form that people read. Pure functions into the caller's
 * buffer. */
#ifndef FORMAT_H
#define FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum {
    FORMAT_COUNT = 28, /* holds any int64 with separators, and NUL */
    FORMAT_SHARE = 24, /* "25.0 %" */
    FORMAT_TIME = 40,  /* RFC 3339 */
    FORMAT_AGE = 24,   /* "3 h" */
    FORMAT_USD = 32    /* "-$1,234.50" */
};

/* 1234567 -> "1,234,567" */
const char *format_count(char out[FORMAT_COUNT], int64_t n);
/* part of whole in tenths of a percent, rounded; 0 where whole is not positive. */
int64_t format_permille(int64_t part, int64_t whole);
/* "25.0 %" */
const char *format_share(char out[FORMAT_SHARE], int64_t part, int64_t whole);
/* Billionths of a dollar: "$12.34", below a dollar "$0.0123", less than a tenth of a cent with more digits; "unpriced" for
   HEADROOM_UNPRICED. */
const char *format_usd(char out[FORMAT_USD], int64_t billionths);
/* Microseconds since 1970 -> "2026-01-31T12:34:56.789Z" */
const char *format_time(char out[FORMAT_TIME], int64_t us);
/* How long ago: "12 s", "3 min", "5 h", "9 d" */
const char *format_age(char out[FORMAT_AGE], int64_t us, int64_t now_us);
int64_t format_now_us(void);
/* Length of the UTF-8 sequence at s (RFC 3629), 0 where it is none. s ends with a NUL. */
size_t format_utf8_length(const char *s);
/* Foreign text on one line: control characters and invalid bytes become '?', what does not fit is cut at a
   character with
   "..". NULL and "" give "-". */
const char *format_word(char *out, size_t size, const char *s);

#endif
