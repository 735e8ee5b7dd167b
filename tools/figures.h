/* figures.h - the figures that watch, report, metrics and serve show: sums of a span of time, read once, and what follows from them.

   A figures belongs to the caller, who frees it. One thread. Money is in billionths of a dollar, as in headroom.h. Rates are said as part
   and whole (format_share): who shows one shows its whole as well. */
#ifndef FIGURES_H
#define FIGURES_H

#include "../core/headroom.h"
#include "groups.h"

#include <stddef.h>
#include <stdint.h>

struct figures {
    int64_t from_us, to_us; /* the span, as asked for */
    headroom_totals all;
    struct groups by[HEADROOM_BY_TOOL + 1]; /* those that were asked for; n is 0 in the others */
};

/* What to read besides the sums of all: 1 << HEADROOM_BY_.., or'ed. */
enum {
    FIGURES_ALL = 0,
    FIGURES_DAYS = 1 << HEADROOM_BY_DAY,
    FIGURES_PROGRAMS = 1 << HEADROOM_BY_PROGRAM,
    FIGURES_MODELS = 1 << HEADROOM_BY_MODEL,
    FIGURES_TOOLS = 1 << HEADROOM_BY_TOOL
};

/* Requests that began in [from_us, to_us). A missing database is zeros. 0, or a negative code that headroom_strerror names; nothing is
   to be freed then. Groups come with the most tokens first, days in their order. */
int figures_read(headroom *h, int64_t from_us, int64_t to_us, unsigned parts, struct figures *out);
void figures_free(struct figures *f);

struct figures_bar {
    char first[11], last[11]; /* "2026-11-21"; the same where the bar is one day */
    headroom_totals totals;
};
struct figures_bars {
    struct figures_bar *list; /* free() */
    size_t n;
};
/* The days of f's span as bars without gaps: at least `least` days (earlier ones come in front), and at most `most` bars, each as many
   days as that takes. A span without a beginning or an end has that of its requests. 0 or a negative code. */
int figures_days(const struct figures *f, size_t least, size_t most, struct figures_bars *out);

/* The sum of the groups from the n-th on, for a row "others". */
headroom_totals figures_rest(const struct groups *groups, size_t n);
/* Tokens that were made and not sent. */
int64_t figures_saved(const headroom_totals *t);

#endif
