/* handle.h - inside of the store: the handle, its statements, the one layer through which SQLite is called.

   Every call of SQLite that can fail goes through sql.c, where a test makes the n-th of them fail (fault.h).
   All functions here: while holding the lock of vfs.h (hr_store_enter), but for those of the `quick` lock. */
#ifndef HR_STORE_HANDLE_H
#define HR_STORE_HANDLE_H

#include "fork.h"
#include "health.h"
#include "limits.h"
#include "store/store.h"

#include <pthread.h>
#include <sqlite3.h>

enum hr_statement {
    HR_Q_BEGIN,
    HR_Q_COMMIT,
    HR_Q_ROLLBACK,
    HR_Q_META_GET,
    HR_Q_META_SET,
    HR_Q_META_ADD,
    HR_Q_META_LOST,
    HR_Q_DECISION, /* by number; the next four say the number */
    HR_Q_DECISION_BY_KEY,
    HR_Q_DECISION_BY_IDKEY,
    HR_Q_DECISION_BY_SENTKEY,
    HR_Q_DECISION_BY_ID,
    HR_Q_DECISION_RECENT,
    HR_Q_DECISION_INSERT,
    HR_Q_DECISION_TOUCH,
    HR_Q_DECISION_EXPIRE,
    HR_Q_DECISION_SPAN,
    HR_Q_ORIGINAL_GET,
    HR_Q_ORIGINAL_INSERT,
    HR_Q_ORIGINAL_AGED,
    HR_Q_ORIGINAL_DELETE,
    HR_Q_REQUEST_INSERT,
    HR_Q_REQUEST_EACH,
    HR_Q_REQUEST_FROM_END,
    HR_Q_REQUEST_BOUNDS,
    HR_Q_REQUEST_EXPIRE,
    HR_Q_REQUEST_TOTALS,
    HR_Q_REQUEST_SESSION,
    HR_Q_REQUEST_LAST,
    HR_Q_TOTALS, /* in the order of enum headroom_by */
    HR_Q_TOTALS_BY_DAY,
    HR_Q_TOTALS_BY_PROGRAM,
    HR_Q_TOTALS_BY_MODEL,
    HR_Q_TOTALS_BY_DIALECT,
    HR_Q_TOTALS_BY_HOST,
    HR_Q_TOTALS_BY_TOOL,
    HR_Q_TOTALS_BY_CONVERSATION,
    HR_Q_GROUP_ADD,
    HR_Q_GROUP_GET,
    HR_Q_GROUPS,
    HR_Q_SUMS_ADD,
    HR_Q_SUMS,
    HR_Q_SUMS_OLDEST,
    HR_Q_SUMS_EXPIRE,
    HR_Q_TOOL_ADD,
    HR_Q_TOOL_SUMS,
    HR_Q_TOOL_MERGE,
    HR_Q_TOOL_EXPIRE,
    HR_Q_TALLY_ADD,
    HR_Q_TALLY,
    HR_Q_DECISION_COUNT,
    HR_Q_BINARY_GET,
    HR_Q_BINARY_SET,
    HR_Q_BINARY_EXPIRE,
    HR_Q_CUTS,
    HR_Q_CUT_BY_PRINT,
    HR_Q_CUT_INSERT,
    HR_Q_CUT_TOUCH,
    HR_Q_CUT_EXPIRE,
    HR_Q_MARK,
    HR_Q_MARK_SET,
    HR_Q_MARK_EXPIRE,
    HR_Q_FAULT_INSERT,
    HR_Q_FAULT_COUNT,
    HR_Q_FAULT_EACH,
    HR_Q_FAULT_SETTLE,
    HR_Q_FAULT_EXPIRE,
    HR_Q_BREAKER_SET,
    HR_Q_BREAKER_EACH,
    HR_Q_BREAKER_RESET,
    HR_Q_FAMILY,
    HR_Q_FAMILY_SET,
    HR_Q_FAMILY_EACH,
    HR_Q_COUNT
};

enum {
    HR_TOUCH_KEYS = 256, /* last_used marks that wait for the next request row; more are marked another day */
    HR_RETRY_US = 200000, /* after a failed open, the next attempt */
    HR_MAX_REOPEN = 8,    /* each time that our files were unlinked under us three descriptors stay behind */
    HR_WAL_AT_CLOSE = 1 << 20, /* a CLI command checkpoints above this, and the log is cut to it */
    HR_EXPIRE_AT_EXIT = 50,    /* rows of each kind that a host deletes at most, once a day */
    HR_EXPIRE_BATCH = 500,     /* and the CLI in one transaction, so that hosts need not wait long */
    HR_REQUEST_WAIT_US =
        2000, /* a finished request waits this long for a busy database; then its row waits */
    /* A row that finds the ring full waits this long for the database: programs notice seconds, and whoever holds the lock longer than that
       (a purge of hundreds of megabytes, a process that was stopped) may hold it for minutes. */
    HR_RING_WAIT_US = 2000000,
    HR_RING_PAUSE_US = 30000000, /* after one that waited in vain nobody waits for this long */
    HR_RING_STEP_US = 1000,      /* between two tries others of this process read what is stored */
    HR_SUM_AT_OPEN = 256, /* requests of an older version that whoever opens the database first sums: 5 ms */
    HR_MAX_REQUESTS = 1000000,
    HR_REQUEST_DAYS = 90, /* slots of sums, too */
    /* As rows come, older ones go: after so many on average twice as many requests and originals, and what is too old of so many decisions. */
    HR_EXPIRE_EACH = 16,
    HR_EXPIRE_REQUESTS = 2 * HR_EXPIRE_EACH,
    HR_EXPIRE_DECISIONS = 8 * HR_EXPIRE_EACH,
    HR_BINARIES = 256 /* answers kept about executables; the newest */
};

#define HR_DAY_US INT64_C(86400000000)

struct hr_store {
    hr_store_options options;
    char *directory, *path, *wal; /* one allocation each; path and wal are the files in directory */

    /* The handle: under the lock of vfs.h. */
    sqlite3 *db;
    sqlite3_stmt *statements[HR_Q_COUNT];
    uint32_t generation; /* hr_vfs_generation() at open */
    size_t expire_after; /* rows that are stored before some expire */
    uint64_t deadline;   /* monotonic; when the busy handler gives up */
    uint64_t retry_at;   /* no attempt to open before */
    unsigned reopened;
    bool dead;           /* for the life of this process */
    const char *refused; /* why an open database is only read, or NULL */
    const char *reason;  /* the last failure, or NULL; a static word */

    /* Shared without SQL: under quick, which is never held across anything slow. */
    hr_fork_guard guard;
    pthread_mutex_t quick;
    bool have_key;
    uint8_t key[32];
    int64_t session; /* random, one per process: groups its request rows */
    struct hr_waiting_row *ring[HR_RING_ROWS];
    size_t ring_first, ring_n; /* only who holds the lock of vfs.h takes rows out */
    uint64_t ring_vain;        /* monotonic; nobody waits for room before. 0: none waited in vain */
    uint64_t lost, lost_told;  /* rows; of them those that the database knows of */
    uint8_t touched[HR_TOUCH_KEYS][16];
    size_t touched_n;
    hr_cache_mark marks[HR_MARKS];
    size_t marks_n;
};

/* ---- store.c ---- */
/* Lock, check descriptors, open if needed. deadline 0: HR_BUSY_US from now. 0: the caller must call
 * hr_store_leave. */
int hr_store_enter(hr_store *s, uint64_t deadline_us, bool write);
void hr_store_leave(hr_store *s);
/* BEGIN IMMEDIATE; then either hr_store_end(s, 0) commits, or hr_store_end(s, error) rolls back and returns
 * error. */
int hr_store_begin(hr_store *s);
int hr_store_end(hr_store *s, int err);
/* Close the handle, whatever state it is in. */
void hr_store_discard(hr_store *s);

/* ---- sql.c ---- */
/* Map a result of SQLite to HR_EBUSY or HR_ESTORE, and note the reason. */
int hr_sql_error(hr_store *s, int rc);
int hr_sql_open(hr_store *s);
int hr_sql_exec(hr_store *s, const char *sql);
/* First column of the first row of a statement that is used once. */
int hr_sql_once(hr_store *s, const char *sql, int64_t *value);
/* The same as text, cut to size. */
int hr_sql_once_text(hr_store *s, const char *sql, char *out, size_t size);
int hr_sql_checkpoint(hr_store *s, int *frames, int *moved);

/* One use of a kept statement. Errors stick: bind freely, look at the result of step. */
typedef struct hr_query {
    hr_store *s;
    sqlite3_stmt *st;
    int at; /* last parameter bound */
    int rc;
} hr_query;

hr_query hr_query_start(hr_store *s, enum hr_statement which);
void hr_query_int(hr_query *q, int64_t v);
void hr_query_ints(hr_query *q, const int64_t *v, size_t n); /* the next n parameters; one failure for all */
void hr_query_blob(hr_query *q, const void *p,
                   size_t n);                   /* the bytes must live until hr_query_end; p NULL: NULL */
void hr_query_text(hr_query *q, const char *z); /* likewise */
void hr_query_str(hr_query *q, hr_str s);       /* likewise; never NULL */
int hr_query_step(hr_query *q);                 /* 1 a row, 0 done, <0 as hr_sql_error */
void hr_query_end(hr_query *q);
int hr_query_run(hr_query *q); /* step and end, for statements without rows: 0 or <0 */

int64_t hr_query_col_int(const hr_query *q, int i);
/* Bytes that live until the next step. p NULL where the column is NULL or empty. */
hr_str hr_query_col(const hr_query *q, int i);
/* Text with a NUL behind it that lives until the next step, or NULL. */
const char *hr_query_col_text(const hr_query *q, int i);
/* A copy in the arena with a NUL behind it. 0 or HR_ENOMEM. */
int hr_query_col_dup(const hr_query *q, int i, hr_arena *a, hr_str *out);

/* ---- originals.c ---- */
/* zstd level 1 into the arena. 0 or HR_ENOMEM. */
int hr_originals_pack(hr_arena *a, hr_str raw, hr_str *packed);
/* Delete aged originals, at most `limit`; the count of those deleted, or <0. In a transaction. */
int hr_originals_expire(hr_store *s, int64_t now_us, int limit);
/* Bytes left under the cap, or <0. */
int64_t hr_originals_room(hr_store *s);
/* Count bytes that were added (or, negative, deleted). In a transaction. */
int hr_originals_account(hr_store *s, int64_t bytes);

/* ---- expire.c ---- */
/* A bounded part of hr_store_expire, at most once a day on this database; the handle is entered for writing.
 */
void hr_expire_some(hr_store *s);
/* So many rows were stored in this transaction. */
int hr_expire_with(hr_store *s, size_t rows, int64_t now_us);

/* ---- health.c ---- */
/* Write the marks that wait; those of a transaction that fails are lost. In a transaction. */
int hr_marks_write(hr_store *s);
int hr_marks_expire(hr_store *s, int64_t now_us);

/* ---- families.c ---- */
/* The sample of a row that is being stored, if it has one. In a transaction. */
int hr_families_add(hr_store *s, const headroom_row *row);

/* ---- requests.c ---- */
/* A row in one allocation, its strings behind it. NULL: no memory; hr_free. */
typedef struct hr_waiting_row {
    headroom_row row;
} hr_waiting_row;
hr_waiting_row *hr_requests_copy(const headroom_row *row);
/* In a transaction. */
int hr_requests_insert(hr_store *s, const headroom_row *row);

/* ---- ring.c ---- */
/* Write rows and marks that wait; the handle is entered. Failure leaves the rows waiting. */
int hr_ring_drain(hr_store *s);
/* The same, the handle not entered: again and again until deadline_us (monotonic) while the database is busy. */
int hr_ring_drain_until(hr_store *s, uint64_t deadline_us);
bool hr_ring_is_empty(hr_store *s);
void hr_ring_forget(hr_store *s);

#endif
