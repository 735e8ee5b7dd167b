/* tally.c - requests by how they were treated. See headroom_get_tally in headroom.h. */
#include "store/handle.h"

int hr_store_tally(hr_store *s, int64_t after_id, headroom_tally *out)
{
    int rc = hr_store_enter(s, 0, false);

    if (rc != 0)
        return rc;
    hr_query q = hr_query_start(s, HR_Q_REQUEST_TALLY);
    hr_query_int(&q, after_id);
    rc = hr_query_step(&q);
    if (rc == 1) {
        out->newest_id = hr_query_col_int(&q, 0);
        out->audit = hr_query_col_int(&q, 1);
        out->simulate = hr_query_col_int(&q, 2);
        out->optimize = hr_query_col_int(&q, 3);
        out->counted = hr_query_col_int(&q, 4);
        out->ratio_millionths = hr_query_col_int(&q, 5);
        for (int i = 0; i < HEADROOM_RATIOS; i++)
            out->at_most[i] = hr_query_col_int(&q, 6 + i);
    }
    hr_query_end(&q);
    hr_store_leave(s);
    return rc < 0 ? rc : 0;
}
