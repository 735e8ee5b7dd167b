/* budget.h - what requests may cost a day: of all programs together, and of those that a pattern names.

   Spent is the sum of the costs of rows since local midnight (headroom_each_total). The cost of a request is known when its response has
   ended, so what is under way at once may go beyond the limit, by as many requests as there are. Requests of models without a price count
   as nothing, and are told of.

   At budget.warn_percent a line goes into the log, once a day. With budget.refuse = on the next request is refused once a limit that holds
   for this program is reached. Sums are read again at most every HR_BUDGET_LOOK_US, and after each priced request of this process.
   A database that cannot be read refuses nothing (law 1). Any thread; no lock of its own. */
#ifndef HR_BUDGET_H
#define HR_BUDGET_H

#include <stdatomic.h>

#include "base.h"
#include "headroom.h"

struct hr_config;

enum {
    HR_BUDGET_LOOK_US = 1000000 /* another process may have spent; a request takes longer than this */
};

typedef struct hr_budget_scope {
    hr_str program;       /* pattern; n 0: all. Borrowed from the settings */
    int64_t limit;        /* billionths of a dollar */
    _Atomic int64_t told; /* the day on which this process has asked whether to warn */
} hr_budget_scope;

typedef struct hr_budget {
    hr_budget_scope *scopes; /* owned; constant but for `told` */
    size_t n;                /* 0: no budget, and nothing costs anything */
    int64_t percent;
    bool refuse;
    _Atomic uint64_t look_at; /* monotonic: when the sums are read again */
    _Atomic bool over;        /* a limit of this program was reached when they were read */
} hr_budget;

/* "12", "2.50" in billionths of a dollar; false: no amount between a billionth and a million. */
bool hr_dollars_read(hr_str text, int64_t *amount);
/* Midnight of the local day that holds `now`, both wall clock in microseconds; the day may have 23 or 25 hours. */
int64_t hr_local_midnight(int64_t now_us);

/* c must outlive b. 0 or HR_ENOMEM. */
int hr_budget_init(hr_budget *b, const struct hr_config *c);
void hr_budget_free(hr_budget *b);
/* A row was handed to the store. */
void hr_budget_spent(headroom *h, const headroom_row *row);

#endif
