/* decisions.c - rows of the ledger on disk: look up, take once and for all, list. See store.h. */
#include <string.h>

#include "store/handle.h"

/* Columns of every SELECT from decisions (sql.c). */
enum {
    C_KEY,
    C_IDKEY,
    C_SENTKEY,
    C_VERBATIM,
    C_LOSSLESS,
    C_HAS_ORIGINAL,
    C_BEFORE,
    C_AFTER,
    C_KEPT,
    C_TOTAL,
    C_LAST_USED,
    C_TRANSFORM,
    C_KIND,
    C_TOOL,
    C_CALL_ID,
    C_REASON,
    C_SENT,
    C_CREATED,
    C_COUNTED
};

static void copy_key(const hr_query *q, int column, uint8_t out[16])
{
    hr_str col = hr_query_col(q, column);

    memset(out, 0, 16);
    if (col.n == 16)
        memcpy(out, col.p, 16);
}

static int read_row(const hr_query *q, hr_arena *a, hr_decision *out)
{
    hr_decision d = {
        .verbatim = hr_query_col_int(q, C_VERBATIM) != 0,
        .lossless = hr_query_col_int(q, C_LOSSLESS) != 0,
        .has_original = hr_query_col_int(q, C_HAS_ORIGINAL) != 0,
        .tokens_before = (uint32_t)hr_query_col_int(q, C_BEFORE),
        .tokens_after = (uint32_t)hr_query_col_int(q, C_AFTER),
        .counted = (enum hr_encoding)hr_query_col_int(q, C_COUNTED),
        .kept = (uint32_t)hr_query_col_int(q, C_KEPT),
        .of = (uint32_t)hr_query_col_int(q, C_TOTAL),
    };
    copy_key(q, C_KEY, d.key);
    copy_key(q, C_IDKEY, d.idkey);
    copy_key(q, C_SENTKEY, d.sentkey);
    memcpy(d.id, d.key, sizeof d.id);
    if (hr_query_col_dup(q, C_TRANSFORM, a, &d.transform) || hr_query_col_dup(q, C_KIND, a, &d.kind) ||
        hr_query_col_dup(q, C_TOOL, a, &d.tool) || hr_query_col_dup(q, C_CALL_ID, a, &d.call_id) ||
        hr_query_col_dup(q, C_REASON, a, &d.reason) || hr_query_col_dup(q, C_SENT, a, &d.sent))
        return HR_ENOMEM;
    /* An empty replacement is never stored (law 6): SQLite was short of memory for the column. */
    if (!d.verbatim && d.sent.n == 0)
        return HR_ENOMEM;
    *out = d;
    return 0;
}

void hr_store_touch(hr_store *s, const uint8_t key[16])
{
    hr_store_check_fork(s);
    pthread_mutex_lock(&s->quick);
    if (s->touched_n < HR_TOUCH_KEYS)
        memcpy(s->touched[s->touched_n++], key, 16);
    pthread_mutex_unlock(&s->quick);
}

static void touch_row(hr_store *s, const hr_query *q)
{
    uint8_t key[16];

    if (s->refused || hr_query_col_int(q, C_LAST_USED) > hr_wall_us() - HR_DAY_US)
        return;
    copy_key(q, C_KEY, key);
    hr_store_touch(s, key);
}

/* The number of the first row that has one or two blobs. several: a second row makes it "none". 1, 0, <0. */
static int find(hr_store *s, enum hr_statement which, const void *p, const void *upto, size_t n, bool several,
                int64_t *number)
{
    hr_query q = hr_query_start(s, which);

    hr_query_blob(&q, p, n);
    if (upto)
        hr_query_blob(&q, upto, n);
    int rc = hr_query_step(&q);
    if (rc == 1) {
        *number = hr_query_col_int(&q, 0);
        const int more = several ? hr_query_step(&q) : 0;
        rc = more < 0 ? more : more == 0;
    }
    hr_query_end(&q);
    return rc;
}

/* The row of this number, into out if there is one. 1, 0: it is gone, <0. */
static int read_number(hr_store *s, hr_arena *a, int64_t number, hr_decision *out)
{
    hr_query q = hr_query_start(s, HR_Q_DECISION);

    hr_query_int(&q, number);
    int rc = hr_query_step(&q);
    if (rc == 1) {
        const int err = out ? read_row(&q, a, out) : 0;
        if (err == 0)
            touch_row(s, &q);
        rc = err ? err : rc;
    }
    hr_query_end(&q);
    return rc;
}

/* In two steps: most look-ups find nothing, and a process that is new need not compile the statement that reads all columns. */
static int look_up(hr_store *s, hr_arena *a, enum hr_statement which, const void *p, const void *upto,
                   size_t n, bool several, hr_decision *out)
{
    int64_t number = 0;
    int rc = hr_store_enter(s, 0, false);

    if (rc == HR_ENOENT)
        return 0;
    if (rc != 0)
        return rc;
    rc = find(s, which, p, upto, n, several, &number);
    if (rc == 1)
        rc = read_number(s, a, number, out);
    hr_store_leave(s);
    return rc;
}

int hr_store_decision(hr_store *s, hr_arena *a, const uint8_t key[16], hr_decision *out)
{
    return look_up(s, a, HR_Q_DECISION_BY_KEY, key, NULL, 16, false, out);
}

int hr_store_decision_by_idkey(hr_store *s, hr_arena *a, const uint8_t idkey[16], hr_decision *out)
{
    return look_up(s, a, HR_Q_DECISION_BY_IDKEY, idkey, NULL, 16, true, out);
}

int hr_store_decision_by_sentkey(hr_store *s, hr_arena *a, const uint8_t sentkey[16], hr_decision *out)
{
    return look_up(s, a, HR_Q_DECISION_BY_SENTKEY, sentkey, NULL, 16, false, out);
}

int hr_store_decision_by_id(hr_store *s, hr_arena *a, const uint8_t id[10], hr_decision *out)
{
    uint8_t from[16] = {0}, upto[16];

    memcpy(from, id, 10);
    memset(upto, 0xff, sizeof upto);
    memcpy(upto, id, 10);
    int rc = look_up(s, a, HR_Q_DECISION_BY_ID, from, upto, 16, false, out);
    return rc == 1 ? 0 : rc == 0 ? HR_ENOENT : rc;
}

/* ------------------------------------------------------------------ commit */
/* 1: the row is new. 0: somebody was first. <0 */
static int insert(hr_store *s, const hr_decision *d, int64_t now)
{
    hr_query q = hr_query_start(s, HR_Q_DECISION_INSERT);

    hr_query_blob(&q, d->key, 16);
    hr_query_blob(&q, d->idkey, 16);
    hr_query_blob(&q, d->verbatim ? NULL : d->sentkey, 16);
    hr_query_int(&q, d->verbatim);
    hr_query_int(&q, d->lossless);
    hr_query_int(&q, d->has_original);
    hr_query_int(&q, d->tokens_before);
    hr_query_int(&q, d->tokens_after);
    hr_query_int(&q, d->kept);
    hr_query_int(&q, d->of);
    hr_query_int(&q, now);
    hr_query_str(&q, d->transform);
    hr_query_str(&q, d->kind);
    hr_query_str(&q, d->tool);
    hr_query_str(&q, d->call_id);
    hr_query_str(&q, d->reason);
    hr_query_str(&q, d->sent);
    hr_query_int(&q, d->counted);
    int rc = hr_query_run(&q);
    return rc < 0 ? rc : sqlite3_changes(s->db) > 0;
}

static int read_back(hr_store *s, hr_arena *a, const uint8_t key[16], hr_decision *out)
{
    int64_t number = 0;
    int rc = find(s, HR_Q_DECISION_BY_KEY, key, NULL, 16, false, &number);

    if (rc == 1)
        rc = read_number(s, a, number, out);
    return rc == 0 ? HR_ESTORE : rc;
}

struct packed {
    hr_str bytes;
    size_t plain;
};

static int insert_original(hr_store *s, const hr_original *o, const struct packed *packed, int64_t now,
                           int64_t *added)
{
    hr_query q = hr_query_start(s, HR_Q_ORIGINAL_INSERT);

    hr_query_blob(&q, o->id, 10);
    hr_query_int(&q, now);
    hr_query_int(&q, (int64_t)packed->plain);
    hr_query_int(&q, (int64_t)packed->bytes.n);
    hr_query_blob(&q, packed->bytes.p, packed->bytes.n);
    int rc = hr_query_run(&q);
    if (rc == 0 && sqlite3_changes(s->db) > 0)
        *added += (int64_t)packed->bytes.n;
    return rc;
}

/* Aged rows make room before the cap refuses. */
static int account(hr_store *s, int64_t added, int64_t now)
{
    int64_t room = hr_originals_room(s);

    if (room >= 0 && room < added) {
        int rc = hr_originals_expire(s, now, HR_EXPIRE_AT_EXIT);
        if (rc < 0)
            return rc;
        room = hr_originals_room(s);
    }
    if (room < 0)
        return (int)room;
    return room < added ? HR_EFULL : hr_originals_account(s, added);
}

static int commit_rows(hr_store *s, hr_arena *a, hr_decision *settled, const hr_original *originals,
                       const struct packed *packed, size_t n)
{
    int64_t now = hr_wall_us(), added = 0;

    for (size_t i = 0; i < n; i++) {
        int rc = insert(s, &settled[i], now);
        if (rc == 0)
            rc = read_back(s, a, settled[i].key, &settled[i]);
        else if (rc == 1)
            rc = packed[i].bytes.n ? insert_original(s, &originals[i], &packed[i], now, &added) : 0;
        if (rc < 0)
            return rc;
    }
    return added ? account(s, added, now) : 0;
}

static int commit(hr_store *s, hr_arena *a, hr_decision *settled, const hr_original *originals,
                  const struct packed *packed, size_t n, bool full_sync)
{
    int rc = full_sync ? hr_sql_exec(s, "PRAGMA synchronous=FULL") : 0;

    if (rc == 0)
        rc = hr_store_begin(s);
    if (rc == 0)
        rc = hr_store_end(s, commit_rows(s, a, settled, originals, packed, n));
    /* Where this fails the handle syncs more than it needs to; nothing else. */
    if (full_sync && s->db) {
        const char *reason = s->reason;
        if (hr_sql_exec(s, "PRAGMA synchronous=NORMAL") != 0)
            s->reason = reason;
    }
    return rc;
}

int hr_store_commit(hr_store *s, hr_arena *a, hr_decision *list, const hr_original *originals, size_t n,
                    bool full_sync, uint64_t deadline_us)
{
    hr_decision *settled = hr_arena_alloc(a, n * sizeof *settled);
    struct packed *packed = hr_arena_zalloc(a, n * sizeof *packed);
    int rc = 0;

    if (!settled || !packed)
        return HR_ENOMEM;
    if (n)
        memcpy(settled, list, n * sizeof *settled);
    /* Before the lock is taken: other processes should not wait for zstd. */
    for (size_t i = 0; i < n && rc == 0; i++) {
        if (!originals || originals[i].raw.n == 0)
            continue;
        packed[i].plain = originals[i].raw.n;
        rc = hr_originals_pack(a, originals[i].raw, &packed[i].bytes);
    }
    if (rc == 0)
        rc = hr_store_enter(s, deadline_us, true);
    if (rc != 0)
        return rc == HR_ENOENT ? HR_ESTORE : rc;
    rc = commit(s, a, settled, originals, packed, n, full_sync);
    hr_store_leave(s);
    if (rc == 0 && n)
        memcpy(list, settled, n * sizeof *settled);
    return rc;
}

/* ------------------------------------------------------------------ looking back */
static const char *word(hr_str s)
{
    return s.n ? s.p : NULL;
}

static void to_result(const hr_decision *d, headroom_result *out)
{
    static const char digits[] = "0123456789abcdef";

    *out = (headroom_result){
        .call_id = d->call_id.p,
        .tool = d->tool.p,
        .kind = d->kind.p,
        .transform = d->verbatim ? NULL : d->transform.p,
        .reason = word(d->reason),
        .lossless = d->lossless,
        .tokens_before = d->tokens_before,
        .tokens_after = d->tokens_after,
        .kept = d->kept,
        .of = d->of,
        .counted = hr_encoding_name(d->counted),
    };
    for (size_t i = 0; i < sizeof d->id; i++) {
        out->id[2 * i] = digits[d->id[i] >> 4];
        out->id[2 * i + 1] = digits[d->id[i] & 15];
    }
}

struct listed {
    headroom_result result;
    int64_t created;
};

static int list_recent(hr_store *s, hr_arena *a, size_t limit, hr_buf *rows)
{
    int rc;
    hr_query q = hr_query_start(s, HR_Q_DECISION_RECENT);

    hr_query_int(&q, limit > INT32_MAX ? INT32_MAX : (int64_t)limit);
    while ((rc = hr_query_step(&q)) == 1) {
        hr_decision d;
        struct listed row;
        rc = read_row(&q, a, &d);
        if (rc != 0)
            break;
        to_result(&d, &row.result);
        row.created = hr_query_col_int(&q, C_CREATED);
        hr_buf_add(rows, &row, sizeof row);
        if (rows->err) {
            rc = rows->err;
            break;
        }
    }
    hr_query_end(&q);
    return rc;
}

int hr_store_each_decision(hr_store *s, size_t limit,
                           int (*cb)(void *, const headroom_result *, int64_t created_us), void *arg)
{
    hr_arena *a = hr_arena_new();
    hr_buf rows = {0};
    int rc = a ? hr_store_enter(s, 0, false) : HR_ENOMEM;

    if (rc == 0) {
        rc = list_recent(s, a, limit, &rows);
        hr_store_leave(s);
    }
    /* The callback may use the store: not under the lock. */
    for (size_t at = 0; rc == 0 && at < rows.len; at += sizeof(struct listed)) {
        struct listed row;
        memcpy(&row, rows.data + at, sizeof row);
        rc = cb(arg, &row.result, row.created);
    }
    hr_buf_free(&rows);
    hr_arena_free(a);
    return rc;
}
