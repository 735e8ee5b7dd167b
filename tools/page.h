/* page.h - the page of `report`, and of `serve`'s dashboard: one HTML file without a script and without anything from elsewhere.

   page.c composes it, page_charts.c draws days as SVG, page_tables.c has the tables, page_style.c the style sheet. The writers in here
   write into f and fail never; whether f took all of it the caller asks f. */
#ifndef PAGE_H
#define PAGE_H

#include "figures.h"

#include <stdio.h>

struct page_options {
    int64_t from_us;      /* the span begins; 0: with the first request */
    unsigned refresh;     /* seconds after which a browser asks again; 0: it is a file, and never changes */
    const char *nonce;    /* of the style sheet, for a Content-Security-Policy, or NULL */
    unsigned recent_most; /* so many of the last requests are listed; 0: none */
};

/* The whole page of now. 0 or a negative code of headroom.h; what was written then is not complete. */
int page_write(headroom *h, const struct page_options *o, FILE *f);

extern const char page_style[];
/* Tokens, cost and cache share by day, and the same as a table to be opened. */
void page_charts(FILE *f, const struct figures_bars *days, const headroom_totals *all);
/* A table of groups under a heading; nothing where there are none. */
void page_table(FILE *f, const char *heading, const char *what, const struct groups *groups);
void page_tools(FILE *f, const struct groups *groups);
struct recent;
void page_recent(FILE *f, const struct recent *r);

#endif
