/* purge.c - deleting at the user's word, and taking what was deleted out of the files. See headroom.h, headroom_purge.

     count and delete   one transaction, secure_delete: freed bytes are overwritten with zeros
     erase              log into the file (zeros over the old bytes), VACUUM, log into the file, log cut to nothing

   The second half is needed even so: rows that aged before were deleted without secure_delete, and the write-ahead log holds
   pages as they were. */
#include <inttypes.h>
#include <stdio.h>

#include "store/handle.h"
#include "store/totals.h"

#define TEXT_BYTES(a, b)                                                                                     \
    "coalesce(sum(length(CAST(coalesce(" a ",'') AS BLOB))+length(CAST(coalesce(" b ",'') AS BLOB))),0)"

static const struct kind {
    const char *table, *age, *bytes;
    size_t before;       /* in headroom_purge_scope */
    size_t rows, stored; /* in headroom_purge_counts */
} kinds[] = {
    {"originals", "created", "coalesce(sum(packed_size),0)",
     offsetof(headroom_purge_scope, originals_before_us), offsetof(headroom_purge_counts, originals),
     offsetof(headroom_purge_counts, originals_bytes)},
    {"requests", "time", TEXT_BYTES("results_json", "usage"),
     offsetof(headroom_purge_scope, requests_before_us), offsetof(headroom_purge_counts, requests),
     offsetof(headroom_purge_counts, requests_bytes)},
    {"decisions", "last_used", TEXT_BYTES("sent", "reason"),
     offsetof(headroom_purge_scope, decisions_before_us), offsetof(headroom_purge_counts, decisions),
     offsetof(headroom_purge_counts, decisions_bytes)},
    /* What the rolling window decided is a decision, too. */
    {"cuts", "last_used", TEXT_BYTES("ranges", "marker"), offsetof(headroom_purge_scope, decisions_before_us),
     offsetof(headroom_purge_counts, decisions), offsetof(headroom_purge_counts, decisions_bytes)},
};

static int64_t *member(headroom_purge_counts *c, size_t offset)
{
    return (int64_t *)(void *)((char *)c + offset);
}

static int purge_kind(hr_store *s, const struct kind *k, int64_t before, bool remove,
                      headroom_purge_counts *out)
{
    int64_t rows = 0, stored = 0;
    char sql[512];
    int rc;

    /* INT64_MAX means every row, also one whose clock was wrong. */
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE %s < %" PRId64 " OR %d", k->table, k->age,
             before, before == INT64_MAX);
    rc = hr_sql_once(s, sql, &rows);
    if (rc == 0) {
        snprintf(sql, sizeof sql, "SELECT %s FROM %s WHERE %s < %" PRId64 " OR %d", k->bytes, k->table,
                 k->age, before, before == INT64_MAX);
        rc = hr_sql_once(s, sql, &stored);
    }
    if (rc == 0 && remove) {
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE %s < %" PRId64 " OR %d", k->table, k->age, before,
                 before == INT64_MAX);
        rc = hr_sql_exec(s, sql);
    }
    *member(out, k->rows) += rows;
    *member(out, k->stored) += stored;
    return rc;
}

/* What is left of requests beside their rows: marks of conversations and faults (health.h), a line each, which nobody is told the number of. */
static int forget_health(hr_store *s, int64_t before)
{
    char sql[160];

    snprintf(sql, sizeof sql,
             "DELETE FROM marks WHERE time < %" PRId64 "; DELETE FROM faults WHERE time < %" PRId64, before,
             before);
    return hr_sql_exec(s, sql);
}

static int purge_all(hr_store *s, const headroom_purge_scope *scope, bool remove, headroom_purge_counts *out)
{
    int rc = 0;

    *out = (headroom_purge_counts){0};
    if (remove && scope->requests_before_us > 0) {
        const int64_t left =
            hr_unsummed_step(s, INT64_MAX); /* what stays must be in the sums, and nothing else */
        rc = left < 0 ? (int)left : 0;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && rc == 0; i++) {
        int64_t before = *(const int64_t *)(const void *)((const char *)scope + kinds[i].before);
        if (before > 0)
            rc = purge_kind(s, &kinds[i], before, remove, out);
    }
    if (rc == 0 && remove && scope->requests_before_us > 0)
        rc = hr_rollup_purge(s, scope->requests_before_us);
    if (rc == 0 && remove && scope->requests_before_us > 0)
        rc = forget_health(s, scope->requests_before_us);
    if (rc == 0 && remove)
        rc = hr_sql_exec(s, "UPDATE meta SET value = (SELECT coalesce(sum(packed_size), 0) FROM originals) "
                            "WHERE name = 'originals_bytes'");
    return rc;
}

int hr_store_purge_count(hr_store *s, const headroom_purge_scope *scope, headroom_purge_counts *out)
{
    int rc = hr_store_enter(s, 0, false);

    if (rc != 0)
        return rc;
    rc = purge_all(s, scope, false, out);
    hr_store_leave(s);
    return rc;
}

int hr_store_purge(hr_store *s, const headroom_purge_scope *scope, int64_t wait_us,
                   headroom_purge_counts *out)
{
    int rc = hr_store_enter(s, hr_now_us() + (uint64_t)wait_us, true);

    if (rc != 0)
        return rc;
    rc = hr_sql_exec(s, "PRAGMA secure_delete=ON");
    if (rc == 0)
        rc = hr_store_begin(s);
    if (rc == 0)
        rc = hr_store_end(s, purge_all(s, scope, true, out));
    hr_store_leave(s);
    return rc;
}

/* 0, 1: somebody kept it from being emptied, <0. */
static int empty_log(hr_store *s)
{
    int64_t busy = 0;
    int rc = hr_sql_once(s, "PRAGMA wal_checkpoint(TRUNCATE)", &busy);

    return rc == HR_EBUSY || busy ? 1 : rc;
}

/* One small write, for the reason that checkpoint() of store.c names: the next host need not sync. */
static int begin_log(hr_store *s)
{
    int rc = hr_store_begin(s);

    if (rc != 0)
        return rc;
    hr_query q = hr_query_start(s, HR_Q_META_SET);
    hr_query_text(&q, "checkpointed");
    hr_query_int(&q, hr_wall_us());
    return hr_store_end(s, hr_query_run(&q));
}

int hr_store_erase(hr_store *s, int64_t wait_us)
{
    int rc = hr_store_enter(s, hr_now_us() + (uint64_t)wait_us, true);

    if (rc != 0)
        return rc == HR_EBUSY ? 1 : rc;
    rc = empty_log(s);
    if (rc == 0)
        rc = hr_sql_exec(s, "VACUUM");
    if (rc == 0)
        rc = empty_log(s);
    if (rc == 0)
        rc = begin_log(s);
    hr_store_leave(s);
    return rc == HR_EBUSY ? 1 : rc;
}
