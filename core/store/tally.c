/* tally.c - requests by how they were treated. See headroom_get_tally in headroom.h.

   The rows are counted here and not by SQL, which would work out what was made and sent once for each count: three times slower. */
#include <string.h>

#include "store/handle.h"

static void count(headroom_tally *t, const char *mode, int64_t made, int64_t sent)
{
    t->audit += mode && strcmp(mode, "audit") == 0;
    t->simulate += mode && strcmp(mode, "simulate") == 0;
    t->optimize += mode && strcmp(mode, "optimize") == 0;
    if (made <= 0)
        return;
    t->counted++;
    t->ratio_millionths += sent * 1000000 / made;
    for (int i = 0; i < HEADROOM_RATIOS; i++)
        t->at_most[i] += sent * 10 <= made * (i + 1);
}

int hr_store_tally(hr_store *s, int64_t after_id, headroom_tally *out)
{
    int rc = hr_store_enter(s, 0, false);

    if (rc != 0)
        return rc;
    rc = hr_sql_once(s, "SELECT coalesce(max(id), 0) FROM requests", &out->newest_id);
    if (rc == 0) {
        hr_query q = hr_query_start(s, HR_Q_REQUEST_TALLY);
        hr_query_int(&q, after_id);
        hr_query_int(&q, out->newest_id); /* what comes meanwhile is counted next time */
        while ((rc = hr_query_step(&q)) == 1)
            count(out, hr_query_col_text(&q, 0), hr_query_col_int(&q, 1), hr_query_col_int(&q, 2));
        hr_query_end(&q);
    }
    hr_store_leave(s);
    return rc;
}
