/* unsummed.c - sums of requests that an older version stored. See totals.h.

     meta 'unsummed'       = n: requests numbered 1..n are in no sum; new ones are summed as they come, and have higher numbers
     meta 'unsummed_since' = 6 or less: in none at all; 7, 8: only what version 9 added is missing

   A step takes the highest numbers and lowers n in the same transaction: whoever does it, however often, and whatever is killed, each
   request is counted once. The newest come first, as they are asked for most. */
#include <inttypes.h>
#include <stdio.h>

#include "store/handle.h"
#include "totals.h"

#define UNSUMMED "unsummed"
#define SINCE    "unsummed_since"

enum {
    FIRST_SUMS = 7, /* versions from this on have sums */
    SUMMED = 9      /* and from this on all of them */
};

static int64_t meta(hr_store *s, const char *name)
{
    hr_query q = hr_query_start(s, HR_Q_META_GET);
    hr_query_text(&q, name);
    const int rc = hr_query_step(&q);
    const int64_t n = rc == 1 ? hr_query_col_int(&q, 0) : rc;

    hr_query_end(&q);
    return n;
}

static int set_meta(hr_store *s, const char *name, int64_t n)
{
    hr_query q = hr_query_start(s, HR_Q_META_SET);

    hr_query_text(&q, name);
    hr_query_int(&q, n);
    return hr_query_run(&q);
}

int64_t hr_unsummed(hr_store *s)
{
    return meta(s, UNSUMMED);
}

/* Index and sums belong together: neither is looked at before both are there, and a host needs none of the indexes. */
static int finish(hr_store *s)
{
    int rc = hr_sql_exec(s, "CREATE INDEX IF NOT EXISTS requests_time ON requests(time);"
                            "CREATE INDEX IF NOT EXISTS requests_session ON requests(session)");
    return rc == 0 ? hr_unsummed_forget(s) : rc;
}

int hr_unsummed_forget(hr_store *s)
{
    return hr_sql_exec(s, "DELETE FROM meta WHERE name IN ('" UNSUMMED "', '" SINCE "')");
}

/* select, for the requests with numbers in (after, to], and its end. */
static int fill(hr_store *s, const char *select, int64_t after, int64_t to, const char *end)
{
    char sql[10240];

    snprintf(sql, sizeof sql, "%s AND requests.id > %" PRId64 " AND requests.id <= %" PRId64 "%s", select,
             after, to, end);
    return hr_sql_exec(s, sql);
}

/* The requests of a step by slot and group, from which all levels are made: summing them once takes a third of the time. */
#define STEP                                                                                                 \
    "CREATE TEMP TABLE IF NOT EXISTS step(slot, grp, " HR_SQL_COLUMNS(HR_SQL_NAME) "); DELETE FROM "         \
                                                                                   "temp.step"
#define INTO_STEP(what)                                                                                      \
    "INSERT INTO temp.step SELECT time / 900000000, " HR_SQL_GROUP_OF ", " what " " HR_SQL_REQUESTS
#define FROM_STEP " FROM temp.step WHERE true"

static int sum_up(hr_store *s, int64_t since, int64_t after, int64_t to)
{
    /* All, or what version 9 brought. */
    const bool only_new = since >= FIRST_SUMS;
    const char *const select = only_new
                                   ? INTO_STEP(HR_SQL_TOTALS_7(HR_SQL_ZERO) ", " HR_SQL_TOTALS_9(HR_SQL_SUM))
                                   : INTO_STEP(HR_SQL_TOTALS(HR_SQL_SUM));
    static const char groups[] =
        "INSERT OR IGNORE INTO groups(program, model, dialect, host) SELECT DISTINCT " HR_SQL_GROUP
        " " HR_SQL_REQUESTS;
    static const char *const levels[] = {
        HR_SQL_INTO_SUMS "SELECT 0, slot, grp, " HR_SQL_COLUMNS(HR_SQL_NAME) FROM_STEP HR_SQL_MERGE_SUMS,
        HR_SQL_INTO_SUMS "SELECT 1, slot / 96, grp, " HR_SQL_COLUMNS(HR_SQL_SUM) FROM_STEP
        " GROUP BY 2, 3" HR_SQL_MERGE_SUMS,
        HR_SQL_INTO_SUMS "SELECT 2, slot, 0, " HR_SQL_COLUMNS(HR_SQL_SUM) FROM_STEP
        " GROUP BY 2" HR_SQL_MERGE_SUMS};
    int rc = fill(s, groups, after, to, "");

    if (rc == 0)
        rc = hr_sql_exec(s, STEP);
    if (rc == 0)
        rc = fill(s, select, after, to, " GROUP BY 1, 2");
    for (int i = 0; i < 3 && rc == 0; i++)
        rc = hr_sql_exec(s, levels[i]);
    if (rc == 0 && !only_new)
        rc = fill(s, HR_SQL_FILL_TOOLS, after, to, " GROUP BY 2, 3" HR_SQL_MERGE_TOOLS);
    return rc == 0 ? fill(s, HR_SQL_FILL_TALLIES, after, to, HR_SQL_TALLY_END) : rc;
}

int64_t hr_unsummed_step(hr_store *s, int64_t most)
{
    const int64_t to = hr_unsummed(s), since = to > 0 ? meta(s, SINCE) : 0;
    int64_t first = 0;

    if (to <= 0 || since < 0)
        return to < 0 ? to : since;
    int rc = hr_sql_once(s, "SELECT coalesce(min(id), 0) FROM requests", &first);
    const int64_t after = to > most ? to - most : 0;
    if (rc == 0)
        rc = sum_up(s, since, after, to);
    if (rc == 0 && after >= first && first > 0)
        rc = set_meta(s, UNSUMMED, after);
    else if (rc == 0)
        rc = finish(s);
    return rc < 0 ? rc : after >= first && first > 0 ? after - first + 1 : 0;
}

int hr_unsummed_begin(hr_store *s, int64_t version)
{
    int64_t newest = 0;

    if (version >= SUMMED)
        return 0;
    int rc = hr_sql_once(s, "SELECT coalesce(max(id), 0) FROM requests", &newest);
    if (rc == 0)
        rc = set_meta(s, UNSUMMED, newest);
    if (rc == 0)
        rc = set_meta(s, SINCE, version);
    if (rc == 0 && newest <= HR_SUM_AT_OPEN)
        rc = newest == 0 ? finish(s) : (int)hr_unsummed_step(s, HR_SUM_AT_OPEN);
    return rc;
}

int hr_store_sum_older(hr_store *s, int64_t most, int64_t *left)
{
    int rc = hr_store_enter(s, 0, most > 0);
    int64_t n, first = 0;

    *left = 0;
    if (rc != 0)
        return rc;
    n = hr_unsummed(s);
    if (n > 0 && most > 0 && (rc = hr_store_begin(s)) == 0) {
        n = hr_unsummed_step(s, most);
        const int end = hr_store_end(s, n < 0 ? (int)n : 0);
        n = end < 0 ? end : n;
    } else if (n > 0 && rc == 0) {
        rc = hr_sql_once(s, "SELECT coalesce(min(id), 0) FROM requests", &first);
        n = first > 0 && n >= first ? n - first + 1 : 0;
    }
    hr_store_leave(s);
    if (n >= 0)
        *left = n;
    return rc < 0 ? rc : n < 0 ? (int)n : 0;
}
