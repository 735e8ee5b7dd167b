/* tally.c - requests by how they were treated, added up as they come. See totals.h, and headroom_get_tally in headroom.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/handle.h"
#include "totals.h"

enum { MEMBERS = sizeof(headroom_tally) / sizeof(int64_t) - 1 }; /* behind newest_id */

/* What HR_SQL_FILL_TALLIES says of a row that is stored. */
static headroom_tally tally_of(const headroom_row *r)
{
    const headroom_totals t = hr_rollup_totals(r);
    const int64_t made = t.tokens_before, sent = t.tokens_after;
    const char *mode = r->mode ? r->mode : "";
    headroom_tally one = {.audit = strcmp(mode, "audit") == 0,
                          .simulate = strcmp(mode, "simulate") == 0,
                          .optimize = strcmp(mode, "optimize") == 0,
                          .counted = made > 0};

    for (int i = 0; i < HEADROOM_RATIOS && made > 0; i++)
        one.at_most[i] = sent * 10 <= made * (i + 1);
    one.ratio_millionths = made > 0 ? sent * 1000000 / made : 0;
    return one;
}

int hr_tally_add(hr_store *s, const headroom_row *row)
{
    const headroom_tally one = tally_of(row);
    hr_query q = hr_query_start(s, HR_Q_TALLY_ADD);

    hr_query_int(&q, row->time_us / HR_DAY_US);
    hr_query_ints(&q, &one.audit, MEMBERS);
    return hr_query_run(&q);
}

int hr_tally_purge(hr_store *s, int64_t before_us)
{
    const int64_t day = before_us / HR_DAY_US;
    char sql[4096];

    /* The day that it falls into is counted anew. */
    snprintf(sql, sizeof sql,
             "DELETE FROM tallies WHERE day <= %" PRId64 "; %s AND time >= %" PRId64 " AND time < %" PRId64
             "%s",
             day, HR_SQL_FILL_TALLIES, before_us, (day + 1) * HR_DAY_US, HR_SQL_TALLY_END);
    return hr_sql_exec(s, sql);
}

int hr_store_tally(hr_store *s, headroom_tally *out)
{
    int64_t *member = (int64_t *)out;
    int rc = hr_store_enter(s, 0, false);

    if (rc != 0)
        return rc;
    hr_query q = hr_query_start(s, HR_Q_TALLY);
    rc = hr_query_step(&q);
    for (int i = 0; i <= MEMBERS && rc == 1; i++)
        member[i] = hr_query_col_int(&q, i);
    hr_query_end(&q);
    hr_store_leave(s);
    return rc < 0 ? rc : 0;
}
