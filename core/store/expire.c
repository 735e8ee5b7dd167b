/* expire.c - deleting what is older than the caps say. See store.h, hr_store_expire. */
#include "store/handle.h"
#include "store/totals.h"

static int expire_requests(hr_store *s, int64_t now, int limit)
{
    const int64_t unsummed = hr_unsummed(s); /* the oldest are summed last */
    if (unsummed != 0)
        return unsummed < 0 ? (int)unsummed : 0;

    hr_query q = hr_query_start(s, HR_Q_REQUEST_EXPIRE);

    hr_query_int(&q, s->options.requests_max);
    hr_query_int(&q, now - (int64_t)s->options.requests_days * HR_DAY_US);
    hr_query_int(&q, limit);
    int rc = hr_query_run(&q), gone = rc < 0 ? rc : sqlite3_changes(s->db);
    if (rc == 0)
        rc = hr_rollup_expire(s, now);
    return rc < 0 ? rc : rc == 1 ? limit : gone;
}

/* Rows numbered from <= n < from + span: by number and not by age, so that no look at all rows is needed. */
static int expire_decisions(hr_store *s, int64_t now, int64_t from, int64_t span)
{
    hr_query q = hr_query_start(s, HR_Q_DECISION_EXPIRE);

    hr_query_int(&q, from);
    hr_query_int(&q, from + span);
    hr_query_int(&q, now - (int64_t)s->options.replacements_days * HR_DAY_US);
    return hr_query_run(&q);
}

/* Few and small: all at once. */
static int expire_cuts(hr_store *s, int64_t now)
{
    hr_query q = hr_query_start(s, HR_Q_CUT_EXPIRE);

    hr_query_int(&q, now - (int64_t)s->options.replacements_days * HR_DAY_US);
    return hr_query_run(&q);
}

/* One past the highest number of a decision. */
static int64_t decisions_end(hr_store *s)
{
    hr_query q = hr_query_start(s, HR_Q_DECISION_SPAN);
    int rc = hr_query_step(&q);
    int64_t end = rc == 1 ? hr_query_col_int(&q, 0) : rc;

    hr_query_end(&q);
    return end;
}

static int64_t expired_on(hr_store *s)
{
    hr_query q = hr_query_start(s, HR_Q_META_GET);
    hr_query_text(&q, "expired_day");
    int rc = hr_query_step(&q);
    int64_t day = rc == 1 ? hr_query_col_int(&q, 0) : rc;

    hr_query_end(&q);
    return day;
}

static int expire_part(hr_store *s, int64_t now)
{
    hr_query q = hr_query_start(s, HR_Q_META_SET);
    hr_query_text(&q, "expired_day");
    hr_query_int(&q, now / HR_DAY_US);
    int rc = hr_query_run(&q);

    if (rc == 0)
        rc = hr_originals_expire(s, now, HR_EXPIRE_AT_EXIT);
    if (rc >= 0)
        rc = expire_requests(s, now, HR_EXPIRE_AT_EXIT);
    if (rc >= 0)
        rc = expire_cuts(s, now);
    if (rc >= 0)
        rc = hr_marks_expire(s, now);
    int64_t end = rc >= 0 ? decisions_end(s) : rc;
    if (end <= 0)
        return (int)end;
    /* Another window each day reaches every row in time, without a note of how far we came. */
    return expire_decisions(s, now, (int64_t)((uint64_t)s->session % (uint64_t)end), HR_EXPIRE_AT_EXIT);
}

void hr_expire_some(hr_store *s)
{
    int64_t now = hr_wall_us(), day = expired_on(s);

    if (day < 0 || day == now / HR_DAY_US || hr_store_begin(s) != 0)
        return;
    int rc = expire_part(s, now);
    hr_store_end(s, rc < 0 ? rc : 0);
}

/* A process that stores one request and ends comes here, too: each begins at a place of its own. */
int hr_expire_with(hr_store *s, size_t rows, int64_t now_us)
{
    int rc = 0;

    if (rows < s->expire_after) {
        s->expire_after -= rows;
        return 0;
    }
    s->expire_after = HR_EXPIRE_EACH;
    rc = expire_requests(s, now_us, HR_EXPIRE_REQUESTS);
    if (rc >= 0)
        rc = hr_originals_expire(s, now_us, HR_EXPIRE_REQUESTS);
    const int64_t end = rc < 0 ? rc : decisions_end(s);
    if (end <= 0)
        return (int)end;
    /* Any window: in time each decision is looked at, without a note of how far we came. */
    const uint64_t at = ((uint64_t)s->session ^ (uint64_t)now_us) * UINT64_C(0x9e3779b97f4a7c15) >> 16;
    return expire_decisions(s, now_us, (int64_t)(at % (uint64_t)end), HR_EXPIRE_DECISIONS);
}

enum part { ORIGINALS, REQUESTS, CUTS, DECISIONS };

/* One transaction. *from: where the decisions stand. 1: there may be more, 0: done, <0. */
static int expire_batch(hr_store *s, enum part part, int64_t *from)
{
    int64_t now = hr_wall_us(), end = 0;
    int rc = hr_store_enter(s, 0, true);

    if (rc != 0)
        return rc;
    rc = hr_store_begin(s);
    if (rc == 0) {
        if (part == ORIGINALS)
            rc = hr_originals_expire(s, now, HR_EXPIRE_BATCH);
        else if (part == REQUESTS)
            rc = expire_requests(s, now, HR_EXPIRE_BATCH);
        else if (part == CUTS)
            rc = (rc = expire_cuts(s, now)) < 0 ? rc : hr_marks_expire(s, now);
        else
            rc = (int)((end = decisions_end(s)) < 0 ? end : expire_decisions(s, now, *from, HR_EXPIRE_BATCH));
        int done = hr_store_end(s, rc < 0 ? rc : 0);
        if (done < 0)
            rc = done;
    }
    hr_store_leave(s);
    if (rc < 0)
        return rc;
    if (part != DECISIONS)
        return rc == HR_EXPIRE_BATCH;
    *from += HR_EXPIRE_BATCH;
    return *from < end;
}

int hr_store_expire(hr_store *s)
{
    int64_t from = 0;
    int rc = 0;

    for (enum part part = ORIGINALS; part <= DECISIONS && rc >= 0; part++) {
        do
            rc = expire_batch(s, part, &from);
        while (rc == 1);
    }
    return rc;
}
