/* sure.h - how sure a count of tokens is, in words: exact, or an estimate with its error. "Exact" is never said of an estimate, nor "estimated" of an exact
   count. Each writes into the caller's text[SURE_TEXT] and returns it. */
#ifndef SURE_H
#define SURE_H

#include "../core/headroom.h"

enum { SURE_TEXT = 112 };

/* Of one request: "exact"; "estimated, +-4.1 %"; "estimated, error unknown". "" where nothing was counted. */
const char *sure_row(char text[SURE_TEXT], const headroom_row *row);
/* Of one stored result: "exact by o200k_base", "estimated". */
const char *sure_result(char text[SURE_TEXT], const headroom_result *r);
/* Of sums: "exact", "estimated", "estimated in 3 of 5 requests", "none counted". */
const char *sure_sums(char text[SURE_TEXT], const headroom_totals *t);
/* How far these estimates are off: "off by 4.1 % on average in 5 requests that providers counted, too", "error unknown: ..". "": there is none. */
const char *sure_error(char text[SURE_TEXT], const headroom_totals *t);

#endif
