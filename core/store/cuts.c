/* cuts.c - cuts of conversations by the rolling window. See store.h. */
#include <string.h>

#include "store/handle.h"
#include "window_cuts.h"

/* Columns of both SELECTs (sql.c). */
enum { C_PRINT, C_MESSAGES, C_CALLS, C_RANGES, C_MARKER, C_LAST_USED };

static int read_row(const hr_query *q, hr_arena *a, const uint8_t conversation[16], hr_cut *out)
{
    hr_str print = hr_query_col(q, C_PRINT);

    *out = (hr_cut){.messages = (uint32_t)hr_query_col_int(q, C_MESSAGES),
                    .calls = (uint32_t)hr_query_col_int(q, C_CALLS)};
    memcpy(out->conversation, conversation, sizeof out->conversation);
    if (print.n == sizeof out->print)
        memcpy(out->print, print.p, print.n);
    if (hr_query_col_dup(q, C_RANGES, a, &out->ranges) || hr_query_col_dup(q, C_MARKER, a, &out->marker))
        return HR_ENOMEM;
    /* Neither is ever empty: SQLite was short of memory for the column. */
    return out->ranges.n && out->marker.n ? 0 : HR_ENOMEM;
}

/* At most once a day a row. Best effort. */
static void touch(hr_store *s, const uint8_t conversation[16])
{
    hr_query q = hr_query_start(s, HR_Q_CUT_TOUCH);

    hr_query_int(&q, hr_wall_us());
    hr_query_blob(&q, conversation, 16);
    hr_query_run(&q);
}

int hr_store_cuts(hr_store *s, hr_arena *a, const uint8_t conversation[16], hr_cut *out, int limit)
{
    const int64_t stale = hr_wall_us() - HR_DAY_US;
    bool old = false;
    int n = 0, rc = hr_store_enter(s, 0, false);

    if (rc != 0)
        return rc == HR_ENOENT ? 0 : rc;
    hr_query q = hr_query_start(s, HR_Q_CUTS);
    hr_query_blob(&q, conversation, 16);
    hr_query_int(&q, limit);
    while ((rc = hr_query_step(&q)) == 1 && n < limit) {
        old |= hr_query_col_int(&q, C_LAST_USED) < stale;
        if ((rc = read_row(&q, a, conversation, &out[n])) < 0)
            break;
        n++;
    }
    hr_query_end(&q);
    if (rc >= 0 && old && !s->refused)
        touch(s, conversation);
    hr_store_leave(s);
    return rc < 0 ? rc : n;
}

static int put(hr_store *s, hr_arena *a, hr_cut *cut)
{
    const uint8_t *conversation = cut->conversation;
    hr_query q = hr_query_start(s, HR_Q_CUT_INSERT);

    hr_query_blob(&q, conversation, 16);
    hr_query_blob(&q, cut->print, sizeof cut->print);
    hr_query_int(&q, hr_wall_us());
    hr_query_int(&q, cut->messages);
    hr_query_int(&q, cut->calls);
    hr_query_str(&q, cut->ranges);
    hr_query_str(&q, cut->marker);
    int rc = hr_query_run(&q);
    if (rc != 0 || sqlite3_changes(s->db) > 0)
        return rc;
    /* Somebody was first: what he stored is what is sent. */
    hr_cut first;
    q = hr_query_start(s, HR_Q_CUT_BY_PRINT);
    hr_query_blob(&q, conversation, 16);
    hr_query_blob(&q, cut->print, sizeof cut->print);
    rc = hr_query_step(&q);
    rc = rc == 1 ? read_row(&q, a, conversation, &first) : rc == 0 ? HR_ESTORE : rc;
    hr_query_end(&q);
    if (rc == 0)
        *cut = first;
    return rc;
}

int hr_store_cut_put(hr_store *s, hr_arena *a, hr_cut *cut)
{
    hr_cut settled = *cut;
    int rc = hr_store_enter(s, 0, true);

    if (rc != 0)
        return rc == HR_ENOENT ? HR_ESTORE : rc;
    rc = hr_store_begin(s);
    if (rc == 0)
        rc = hr_store_end(s, put(s, a, &settled));
    hr_store_leave(s);
    if (rc == 0)
        *cut = settled;
    return rc;
}
