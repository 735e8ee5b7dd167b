/* budget.c - what was said of a budget today, so that one of many processes says it. See store.h. */
#include <stdio.h>

#include "store/handle.h"

static int note_day(hr_store *s, const char *name, int64_t day)
{
    hr_query q = hr_query_start(s, HR_Q_META_GET);
    hr_query_text(&q, name);
    int rc = hr_query_step(&q);
    const bool said = rc == 1 && hr_query_col_int(&q, 0) >= day;

    hr_query_end(&q);
    if (rc < 0 || said)
        return rc < 0 ? rc : HR_ENOENT;
    q = hr_query_start(s, HR_Q_META_SET);
    hr_query_text(&q, name);
    hr_query_int(&q, day);
    return hr_query_run(&q);
}

bool hr_store_first_today(hr_store *s, const char *what, int64_t day)
{
    char name[300];

    snprintf(name, sizeof name, "said %s", what);
    if (hr_store_enter(s, 0, true) != 0)
        return false;
    int rc = hr_store_begin(s);
    if (rc == 0)
        rc = hr_store_end(s, note_day(s, name, day));
    hr_store_leave(s);
    return rc == 0;
}
