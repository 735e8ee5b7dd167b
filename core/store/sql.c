/* sql.c - the one layer through which SQLite is called, and the text of every statement. See handle.h. */
#include "store/handle.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fault.h"
#include "store/vfs.h"
#include "totals.h"

#define DECISION                                                                                             \
    "SELECT key, idkey, sentkey, verbatim, lossless, has_original, tokens_before, tokens_after, kept, "      \
    "total, "                                                                                                \
    "last_used, transform, kind, tool, call_id, reason, sent, created, counted FROM decisions "

#define CUT "SELECT print, messages, calls, ranges, marker, last_used FROM cuts "

#define MONEY                                                                                                \
    "error, cache_written, conversation, unique_before, unique_after, cost, saved, exact, duration, "        \
    "factor, factor_off"

/* What a headroom_filter chooses: its members are the first eleven parameters, and the last number the twelfth. */
#define NAMED(column, n) "(" n " IS NULL OR " column " = " n " OR " column " GLOB " n ")"
#define CHOSEN                                                                                               \
    "id > ?1 AND id <= ?12 AND time >= ?2 AND (?3 = 0 OR time < ?3) AND " NAMED(                             \
        "program",                                                                                           \
        "?4") " AND " NAMED("model",                                                                         \
                            "?5") " AND " NAMED("host",                                                      \
                                                "?6") " AND " NAMED("dialect",                               \
                                                                    "?7") " AND (?8 IS NULL OR skipped = "   \
                                                                          "?8 OR (?8 = '' AND "              \
                                                                          "coalesce(skipped, '') <> '')) "   \
                                                                          "AND "                             \
                                                                          "((?10 = 0 AND ?11 = 0) OR "       \
                                                                          "(status > 0 AND status "          \
                                                                          "BETWEEN ?9 AND ?10) OR (?11 AND " \
                                                                          "status = 0))"

#define META_BYTES "'originals_bytes'"

/* Sums of the requests themselves, at the ends of a span: name, then headroom_totals. */
#define TOTALS(name)                                                                                         \
    "SELECT " name ", " HR_SQL_TOTALS(HR_SQL_SUM) " " HR_SQL_REQUESTS                                        \
                                                  " AND time >= ?1 AND time < ?2 GROUP BY 1"

static const char *const texts[HR_Q_COUNT] = {
    [HR_Q_BEGIN] = "BEGIN IMMEDIATE",
    [HR_Q_COMMIT] = "COMMIT",
    [HR_Q_ROLLBACK] = "ROLLBACK",
    [HR_Q_META_GET] = "SELECT value FROM meta WHERE name = ?",
    [HR_Q_META_SET] = "INSERT INTO meta VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
    [HR_Q_META_ADD] = "UPDATE meta SET value = max(0, value + ?) WHERE name = " META_BYTES,
    [HR_Q_META_LOST] = "INSERT INTO meta VALUES('rows_lost', ?) "
                       "ON CONFLICT(name) DO UPDATE SET value = value + excluded.value",
    [HR_Q_DECISION] = DECISION "WHERE n = ?",
    [HR_Q_DECISION_BY_KEY] = "SELECT n FROM decisions WHERE key = ?",
    [HR_Q_DECISION_BY_IDKEY] = "SELECT n FROM decisions WHERE idkey = ? LIMIT 2",
    [HR_Q_DECISION_BY_SENTKEY] = "SELECT n FROM decisions WHERE sentkey = ? LIMIT 1",
    [HR_Q_DECISION_BY_ID] = "SELECT n FROM decisions WHERE key >= ? AND key < ? LIMIT 1",
    [HR_Q_DECISION_RECENT] = DECISION "WHERE NOT verbatim ORDER BY n DESC LIMIT ?",
    [HR_Q_DECISION_INSERT] =
        "INSERT INTO decisions(key, idkey, sentkey, verbatim, lossless, has_original, tokens_before, "
        "tokens_after, "
        "kept, total, created, last_used, transform, kind, tool, call_id, reason, sent, counted) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) "
        "ON CONFLICT(key) DO NOTHING",
    [HR_Q_DECISION_TOUCH] = "UPDATE decisions SET last_used = ?1 WHERE key = ?2 AND last_used < ?1",
    [HR_Q_DECISION_EXPIRE] = "DELETE FROM decisions WHERE n >= ?1 AND n < ?2 AND last_used < ?3",
    [HR_Q_DECISION_SPAN] = "SELECT coalesce(max(n), 0) + 1 FROM decisions",
    [HR_Q_ORIGINAL_GET] = "SELECT plain_size, packed FROM originals WHERE id = ?",
    [HR_Q_ORIGINAL_INSERT] = "INSERT INTO originals(id, created, plain_size, packed_size, packed) "
                             "VALUES(?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING",
    [HR_Q_ORIGINAL_AGED] = "SELECT n, created, packed_size FROM originals ORDER BY n LIMIT ?",
    [HR_Q_ORIGINAL_DELETE] = "DELETE FROM originals WHERE n <= ?",
    [HR_Q_REQUEST_INSERT] =
        "INSERT INTO requests(session, time, pid, program, host, path, dialect, model, mode, skipped, "
        "stream, status, "
        "complete, tokens_before, tokens_after, bytes_before, bytes_after, usage, input_tokens, "
        "output_tokens, "
        "cached_tokens, elapsed_us, transforms, results, rewritten, replayed, results_json, window, " MONEY
        ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [HR_Q_REQUEST_EACH] =
        "SELECT id, time, pid, program, host, path, dialect, model, mode, skipped, stream, status, complete, "
        "tokens_before, tokens_after, bytes_before, bytes_after, usage, input_tokens, output_tokens, "
        "cached_tokens, "
        "elapsed_us, transforms, results, rewritten, replayed, results_json, window, " MONEY
        " FROM requests WHERE " CHOSEN " ORDER BY id LIMIT ?13",
    [HR_Q_REQUEST_FROM_END] = "SELECT id FROM requests WHERE " CHOSEN " ORDER BY id DESC LIMIT 1 OFFSET ?13",
    [HR_Q_REQUEST_BOUNDS] =
        "SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM requests WHERE time >= ? AND time < ?",
    [HR_Q_REQUEST_EXPIRE] = "DELETE FROM requests WHERE id IN (SELECT id FROM requests ORDER BY id LIMIT ?3) "
                            "AND (time < ?2 OR id <= (SELECT max(id) FROM requests) - ?1)",
    [HR_Q_REQUEST_TOTALS] =
        "SELECT coalesce(sum(requests), 0), coalesce(sum(failed), 0), coalesce(sum(tokens_before), 0), "
        "coalesce(sum(tokens_after), 0), coalesce(sum(output), 0), coalesce(sum(replayed), 0) FROM sums "
        "WHERE level = 1",
    [HR_Q_REQUEST_LAST] = "SELECT session, pid, program " HR_SQL_REQUESTS " ORDER BY id DESC LIMIT 1",
    [HR_Q_REQUEST_SESSION] = "SELECT count(*), coalesce(sum(" HR_SQL_MADE "), 0), coalesce(sum(" HR_SQL_SENT
                             "), 0) " HR_SQL_REQUESTS " AND session = ?",
    [HR_Q_TOTALS] = TOTALS("''"),
    [HR_Q_TOTALS_BY_DAY] = TOTALS("date(time / 1000000, 'unixepoch', 'localtime')"),
    [HR_Q_TOTALS_BY_PROGRAM] = TOTALS("coalesce(program, '')"),
    [HR_Q_TOTALS_BY_MODEL] = TOTALS("coalesce(model, '')"),
    [HR_Q_TOTALS_BY_DIALECT] = TOTALS("coalesce(dialect, '')"),
    [HR_Q_TOTALS_BY_HOST] = TOTALS("coalesce(host, '')"),
    [HR_Q_TOTALS_BY_TOOL] = "SELECT coalesce(json_extract(value, '$.tool'), ''), " HR_SQL_TOOL(
        HR_SQL_SUM) " " HR_SQL_RESULTS " AND time >= ?1 AND time < ?2 GROUP BY 1",
    [HR_Q_TOTALS_BY_CONVERSATION] = TOTALS("printf('%016x', conversation)"),
    [HR_Q_GROUP_ADD] = "INSERT INTO groups(program, model, dialect, host) VALUES(?, ?, ?, ?) RETURNING id",
    [HR_Q_GROUP_GET] = "SELECT id FROM groups WHERE program = ? AND model = ? AND dialect = ? AND host = ?",
    [HR_Q_GROUPS] = "SELECT id, program, model, dialect, host FROM groups",
    [HR_Q_SUMS_ADD] = HR_SQL_INTO_SUMS
    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" HR_SQL_MERGE_SUMS,
    [HR_Q_SUMS] = "SELECT slot, grp, " HR_SQL_COLUMNS(
        HR_SQL_NAME) " FROM sums WHERE level = ? AND slot >= ? AND slot < ?",
    [HR_Q_SUMS_OLDEST] = "SELECT slot FROM sums WHERE level = 0 ORDER BY slot LIMIT 1",
    [HR_Q_SUMS_EXPIRE] = "DELETE FROM sums WHERE level IN (0, 2) AND slot < ?",
    [HR_Q_TOOL_ADD] = "INSERT INTO tool_sums VALUES(0, ?, ?, ?, ?, ?, ?, ?)" HR_SQL_MERGE_TOOLS,
    [HR_Q_TOOL_SUMS] = "SELECT tool, " HR_SQL_TOOL_COLUMNS(
        HR_SQL_SUM) " FROM tool_sums WHERE level = ? AND slot >= ? AND slot < ? GROUP BY 1",
    [HR_Q_TOOL_MERGE] = "INSERT INTO tool_sums SELECT 1, slot / 96, tool, " HR_SQL_TOOL_COLUMNS(
        HR_SQL_SUM) " FROM tool_sums WHERE level = 0 AND slot < ? GROUP BY 2, 3" HR_SQL_MERGE_TOOLS,
    [HR_Q_TALLY_ADD] = "INSERT INTO tallies(day, " HR_SQL_TALLY_COLUMNS(
        HR_SQL_NAME) ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(day) DO UPDATE "
                     "SET " HR_SQL_TALLY_COLUMNS(HR_SQL_ADD),
    [HR_Q_TALLY] = "SELECT (SELECT coalesce(max(id), 0) FROM requests), " HR_SQL_TALLY_COLUMNS(
        HR_SQL_SUM) " FROM tallies",
    [HR_Q_TOOL_EXPIRE] = "DELETE FROM tool_sums WHERE level = 0 AND slot < ?",
    [HR_Q_DECISION_COUNT] = "SELECT count(*) FROM decisions",
    [HR_Q_BINARY_GET] = "SELECT answer FROM binaries WHERE build_id = ?",
    [HR_Q_BINARY_SET] = "INSERT INTO binaries VALUES(?, ?, ?) ON CONFLICT(build_id) DO UPDATE SET "
                        "found = excluded.found, answer = excluded.answer",
    [HR_Q_CUTS] = CUT "WHERE conversation = ? ORDER BY n DESC LIMIT ?",
    [HR_Q_CUT_BY_PRINT] = CUT "WHERE conversation = ? AND print = ?",
    [HR_Q_CUT_INSERT] =
        "INSERT INTO cuts(conversation, print, created, last_used, messages, calls, ranges, marker) "
        "VALUES(?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(conversation, print) DO NOTHING",
    [HR_Q_CUT_TOUCH] = "UPDATE cuts SET last_used = ?1 WHERE conversation = ?2",
    [HR_Q_CUT_EXPIRE] = "DELETE FROM cuts WHERE last_used < ?",
    [HR_Q_MARK] = "SELECT time, positions, made, sent, input, cached, held, optimize FROM marks WHERE "
                  "conversation = ?",
    [HR_Q_MARK_SET] =
        "INSERT INTO marks(conversation, time, positions, made, sent, input, cached, held, optimize) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(conversation) DO UPDATE SET time = ?2, "
        "positions = ?3, made = ?4, sent = ?5, input = ?6, cached = ?7, held = ?8, optimize = ?9 "
        "WHERE time <= ?2",
    [HR_Q_MARK_EXPIRE] = "DELETE FROM marks WHERE time < ?",
    [HR_Q_FAULT_INSERT] = "INSERT INTO faults(time, program, dialect, model, conversation, kind, place, "
                          "held, cached) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [HR_Q_FAULT_COUNT] = "SELECT count(*) FROM faults WHERE program = ? AND dialect = ? AND kind = ? AND "
                         "time >= ? AND NOT settled",
    [HR_Q_FAULT_EACH] = "SELECT time, program, dialect, model, conversation, kind, place, held, cached, "
                        "settled FROM faults ORDER BY n DESC LIMIT ?",
    [HR_Q_FAULT_SETTLE] = "UPDATE faults SET settled = 1 WHERE NOT settled AND (?1 IS NULL OR program = ?1)",
    [HR_Q_FAULT_EXPIRE] = "DELETE FROM faults WHERE n <= (SELECT max(n) FROM faults) - ?",
    [HR_Q_BREAKER_SET] = "INSERT INTO breakers(program, dialect, since, kind) VALUES(?, ?, ?, ?) "
                         "ON CONFLICT(program, dialect) DO NOTHING",
    [HR_Q_BREAKER_EACH] =
        "SELECT program, dialect, since, kind FROM breakers WHERE ?1 IS NULL OR program = ?1",
    [HR_Q_BREAKER_RESET] = "DELETE FROM breakers WHERE ?1 IS NULL OR program = ?1",
    [HR_Q_FAMILY] = "SELECT seen, ratios FROM families WHERE name = ?",
    [HR_Q_FAMILY_SET] = "INSERT OR REPLACE INTO families(name, seen, ratios) VALUES(?, ?, ?)",
    [HR_Q_FAMILY_EACH] = "SELECT name, seen, ratios FROM families ORDER BY name",
    [HR_Q_BINARY_EXPIRE] = "DELETE FROM binaries WHERE build_id IN "
                           "(SELECT build_id FROM binaries ORDER BY found DESC LIMIT -1 OFFSET ?)",
};

/* ------------------------------------------------------------------ results */
static const char *reason_of_errno(int err, const char *otherwise)
{
    switch (err) {
    case EMFILE:
    case ENFILE:
        return "no_descriptor";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return "disk_full";
    case EACCES:
    case EPERM:
    case EROFS:
        return "read_only";
    case ELOOP:
        return "directory";
    case ENOMEM:
        return "memory";
    default:
        return otherwise;
    }
}

int hr_sql_error(hr_store *s, int rc)
{
    int err = hr_vfs_errno();

    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return HR_EBUSY;
    case SQLITE_NOMEM:
        s->reason = "memory";
        break;
    case SQLITE_FULL:
        s->reason = "disk_full";
        break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        s->reason = "read_only";
        break;
    case SQLITE_CANTOPEN:
        s->reason = reason_of_errno(err, "io");
        break;
    case SQLITE_IOERR:
        s->reason = rc == SQLITE_IOERR_NOMEM ? "memory" : reason_of_errno(err, "io");
        break;
    default:
        /* CORRUPT and NOTADB; and ERROR: the statements are fixed, so a table or column is not there. */
        s->refused = s->reason = "corrupt";
        break;
    }
    return HR_ESTORE;
}

static int give_way(void *arg, int tries)
{
    const hr_store *s = arg;
    struct timespec step = {.tv_nsec = HR_BUSY_STEP_US * 1000L};

    if (hr_now_us() >= s->deadline)
        return 0;
    /* A commit takes less time than the shortest sleep. */
    if (tries < HR_BUSY_YIELDS)
        sched_yield();
    else
        nanosleep(&step, NULL);
    return 1;
}

/* ------------------------------------------------------------------ handle */
int hr_sql_open(hr_store *s)
{
    int rc = SQLITE_IOERR;

    if (!hr_fault(HR_FAULT_SQL))
        rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_handler(s->db, give_way, s);
    if (rc == SQLITE_OK)
        rc = sqlite3_wal_autocheckpoint(s->db, 0);
    /* The log stays when the last handle goes: the first write to a new one would sync on a host's thread. */
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return rc == SQLITE_OK ? 0 : hr_sql_error(s, rc);
}

int hr_sql_exec(hr_store *s, const char *sql)
{
    int rc = hr_fault(HR_FAULT_SQL) ? SQLITE_IOERR : sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : hr_sql_error(s, rc);
}

/* *st is finalized by the caller, whatever comes back. */
static int first_row(hr_store *s, const char *sql, sqlite3_stmt **st)
{
    int rc = hr_fault(HR_FAULT_SQL) ? SQLITE_IOERR : sqlite3_prepare_v2(s->db, sql, -1, st, NULL);

    if (rc == SQLITE_OK)
        rc = hr_fault(HR_FAULT_SQL) ? SQLITE_IOERR : sqlite3_step(*st);
    return rc;
}

int hr_sql_once(hr_store *s, const char *sql, int64_t *value)
{
    sqlite3_stmt *st = NULL;
    int rc = first_row(s, sql, &st);

    if (rc == SQLITE_ROW)
        *value = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return rc == SQLITE_ROW ? 0 : hr_sql_error(s, rc);
}

int hr_sql_once_text(hr_store *s, const char *sql, char *out, size_t size)
{
    sqlite3_stmt *st = NULL;
    int rc = first_row(s, sql, &st);
    const unsigned char *text = rc == SQLITE_ROW ? sqlite3_column_text(st, 0) : NULL;

    snprintf(out, size, "%s", text ? (const char *)text : "");
    sqlite3_finalize(st);
    return rc == SQLITE_ROW ? 0 : hr_sql_error(s, rc);
}

int hr_sql_checkpoint(hr_store *s, int *frames, int *moved)
{
    int rc = hr_fault(HR_FAULT_SQL)
                 ? SQLITE_IOERR
                 : sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, frames, moved);
    return rc == SQLITE_OK ? 0 : hr_sql_error(s, rc);
}

/* ------------------------------------------------------------------ statements */
hr_query hr_query_start(hr_store *s, enum hr_statement which)
{
    hr_query q = {.s = s, .rc = SQLITE_OK};

    if (!s->statements[which]) {
        q.rc = hr_fault(HR_FAULT_SQL) ? SQLITE_IOERR
                                      : sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                                           &s->statements[which], NULL);
    }
    q.st = s->statements[which];
    return q;
}

static bool may_bind(hr_query *q)
{
    q->at++;
    if (q->rc == SQLITE_OK && hr_fault(HR_FAULT_SQL))
        q->rc = SQLITE_NOMEM;
    return q->rc == SQLITE_OK;
}

void hr_query_int(hr_query *q, int64_t v)
{
    if (may_bind(q))
        q->rc = sqlite3_bind_int64(q->st, q->at, v);
}

void hr_query_ints(hr_query *q, const int64_t *v, size_t n)
{
    for (size_t i = 0; i < n && (i > 0 || may_bind(q)) && q->rc == SQLITE_OK; i++)
        q->rc = sqlite3_bind_int64(q->st, i == 0 ? q->at : ++q->at, v[i]);
}

void hr_query_blob(hr_query *q, const void *p, size_t n)
{
    if (!may_bind(q))
        return;
    q->rc = p ? sqlite3_bind_blob64(q->st, q->at, p, n, SQLITE_STATIC) : sqlite3_bind_null(q->st, q->at);
}

void hr_query_text(hr_query *q, const char *z)
{
    if (!may_bind(q))
        return;
    q->rc = z ? sqlite3_bind_text64(q->st, q->at, z, strlen(z), SQLITE_STATIC, SQLITE_UTF8)
              : sqlite3_bind_null(q->st, q->at);
}

void hr_query_str(hr_query *q, hr_str s)
{
    if (may_bind(q))
        q->rc = sqlite3_bind_text64(q->st, q->at, s.n ? s.p : "", s.n, SQLITE_STATIC, SQLITE_UTF8);
}

int hr_query_step(hr_query *q)
{
    if (q->rc == SQLITE_OK || q->rc == SQLITE_ROW)
        q->rc = hr_fault(HR_FAULT_SQL) ? SQLITE_IOERR : sqlite3_step(q->st);
    if (q->rc == SQLITE_ROW)
        return 1;
    return q->rc == SQLITE_DONE ? 0 : hr_sql_error(q->s, q->rc);
}

void hr_query_end(hr_query *q)
{
    if (q->st)
        sqlite3_reset(q->st);
}

int hr_query_run(hr_query *q)
{
    int rc = hr_query_step(q);
    hr_query_end(q);
    return rc < 0 ? rc : 0;
}

int64_t hr_query_col_int(const hr_query *q, int i)
{
    return sqlite3_column_int64(q->st, i);
}

hr_str hr_query_col(const hr_query *q, int i)
{
    const char *p = sqlite3_column_blob(q->st, i);
    int n = sqlite3_column_bytes(q->st, i);
    return p && n > 0 ? hr_str_make(p, (size_t)n) : hr_str_make(NULL, 0);
}

int hr_query_col_dup(const hr_query *q, int i, hr_arena *a, hr_str *out)
{
    hr_str col = hr_query_col(q, i);
    char *copy = hr_arena_dup(a, col.p, col.n);

    *out = hr_str_make(copy, col.n);
    return copy ? 0 : HR_ENOMEM;
}

const char *hr_query_col_text(const hr_query *q, int i)
{
    return (const char *)sqlite3_column_text(q->st, i);
}
