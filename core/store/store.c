/* store.c - opening, transactions, and the moments at which a handle must not be touched any more. See
 * store.h. */
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/directory.h"
#include "store/handle.h"
#include "store/schema.h"
#include "store/vfs.h"

static const char database_name[] = "headroom.db";

static char *join(const char *directory, const char *tail)
{
    size_t n = strlen(directory), m = strlen(tail);
    char *p = hr_malloc(n + m + 1);

    if (p) {
        memcpy(p, directory, n);
        memcpy(p + n, tail, m + 1);
    }
    return p;
}

static void new_session(hr_store *s)
{
    uint64_t r = 0;

    if (getrandom(&r, sizeof r, GRND_NONBLOCK) != (ssize_t)sizeof r)
        r = hr_now_us() * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)getpid();
    s->session = (int64_t)(r >> 1);
    s->expire_after = 1 + (size_t)(r % HR_EXPIRE_EACH);
}

hr_store *hr_store_new(const hr_store_options *options)
{
    hr_store *s = hr_calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->options = *options;
    s->options.directory = NULL;
    if (!s->options.requests_days)
        s->options.requests_days = HR_REQUEST_DAYS;
    if (!s->options.requests_max)
        s->options.requests_max = HR_MAX_REQUESTS;
    pthread_mutex_init(&s->quick, NULL);
    hr_fork_arm(&s->guard);
    new_session(s);
    if (!options->directory || options->directory[0] != '/') {
        s->dead = true;
        s->reason = "no_home";
        return s;
    }
    s->directory = join(options->directory, "");
    s->path = join(options->directory, "/headroom.db");
    s->wal = join(options->directory, "/headroom.db-wal");
    if (s->directory && s->path && s->wal)
        return s;
    hr_store_close(s);
    return NULL;
}

/* ------------------------------------------------------------------ letting go of a handle */
/* Neither finalized nor closed: both would touch descriptors and locks that are not ours. */
static void leave_behind(hr_store *s)
{
    hr_vfs_keep(s->db);
    s->db = NULL;
    s->refused = NULL;
    memset(s->statements, 0, sizeof s->statements);
}

void hr_store_discard(hr_store *s)
{
    for (size_t i = 0; i < HR_Q_COUNT; i++)
        sqlite3_finalize(s->statements[i]);
    memset(s->statements, 0, sizeof s->statements);
    sqlite3_close(s->db);
    s->db = NULL;
}

void hr_store_check_fork(hr_store *s)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

    if (!hr_fork_in_child(&s->guard))
        return;
    memcpy(&s->quick, &fresh, sizeof fresh);
    /* The rows that wait belong to the parent, which will write them. */
    hr_ring_forget(s);
    s->lost = s->lost_told = s->ring_vain = 0;
    s->touched_n = s->marks_n = 0;
    s->retry_at = 0;
    s->reopened = 0;
    if (s->directory) {
        s->dead = false;
        s->reason = NULL;
    }
    new_session(s);
    hr_fork_arm(&s->guard);
}

/* The handle that we have: may it be used? */
static void judge_handle(hr_store *s)
{
    if (s->generation != hr_vfs_generation()) {
        leave_behind(s);
        return;
    }
    switch (hr_vfs_check()) {
    case HR_VFS_INTACT:
        return;
    case HR_VFS_REPLACED:
        s->dead = true;
        break;
    case HR_VFS_UNLINKED:
        s->dead = ++s->reopened > HR_MAX_REOPEN;
        break;
    }
    if (s->dead)
        s->reason = "descriptors_replaced";
    hr_vfs_abandon();
    leave_behind(s);
}

/* ------------------------------------------------------------------ opening */
static int open_once(hr_store *s)
{
    struct stat st;

    s->refused = s->reason = NULL;
    hr_vfs_check(); /* for the file size limit; there is no handle that could have lost anything */
    int dir = hr_directory_open(s->directory, s->options.create, &s->reason);
    if (dir < 0)
        return dir;
    int rc = hr_directory_database(dir, database_name, s->options.create, &st, &s->reason);
    close(dir);
    if (rc != 0)
        return rc;
    rc = hr_sql_open(s);
    if (rc == 0 && !hr_vfs_has(st.st_dev, st.st_ino)) {
        s->reason = "directory"; /* the path led elsewhere between the look and the open */
        rc = HR_ESTORE;
    }
    if (rc == 0)
        rc = hr_schema_ready(s);
    if (rc == 0) {
        s->generation = hr_vfs_generation();
        return 0;
    }
    hr_store_discard(s);
    s->refused = NULL;
    return rc;
}

static int open_database(hr_store *s)
{
    struct timespec step = {.tv_nsec = HR_BUSY_STEP_US * 1000L};
    int rc;

    if (s->retry_at && hr_now_us() < s->retry_at)
        return HR_ESTORE;
    /* SQLite does not ask the busy handler where waiting could deadlock, as when two processes make the same
     * new file. */
    while ((rc = open_once(s)) == HR_EBUSY && hr_now_us() < s->deadline)
        nanosleep(&step, NULL);
    if (rc == HR_EBUSY)
        s->reason = "locked";
    s->retry_at = rc == HR_ESTORE ? hr_now_us() + HR_RETRY_US : 0;
    return rc;
}

int hr_store_enter(hr_store *s, uint64_t deadline_us, bool write)
{
    hr_store_check_fork(s);
    if (s->dead)
        return HR_ESTORE;
    if (deadline_us == 0)
        deadline_us = hr_now_us() + HR_BUSY_US;
    int rc = hr_vfs_lock(deadline_us);
    if (rc != 0)
        return rc;
    s->deadline = deadline_us;
    if (s->db)
        judge_handle(s);
    if (s->dead)
        rc = HR_ESTORE;
    else if (!s->db)
        rc = open_database(s);
    if (rc == 0 && write && s->refused)
        rc = HR_ESTORE;
    if (rc != 0)
        hr_vfs_unlock();
    return rc;
}

void hr_store_leave(hr_store *s)
{
    (void)s;
    hr_vfs_unlock();
}

/* ------------------------------------------------------------------ transactions */
int hr_store_begin(hr_store *s)
{
    hr_query q = hr_query_start(s, HR_Q_BEGIN);
    return hr_query_run(&q);
}

int hr_store_end(hr_store *s, int err)
{
    if (err == 0) {
        hr_query q = hr_query_start(s, HR_Q_COMMIT);
        err = hr_query_run(&q);
    }
    if (err == 0) {
        s->reason = s->refused;
        return 0;
    }
    if (!sqlite3_get_autocommit(s->db)) {
        hr_query q = hr_query_start(s, HR_Q_ROLLBACK);
        hr_query_run(&q);
    }
    /* A write lock must not stay behind, whatever it takes. */
    if (!sqlite3_get_autocommit(s->db))
        hr_store_discard(s);
    return err;
}

/* ------------------------------------------------------------------ */
const char *hr_store_reason(hr_store *s)
{
    int rc = hr_store_enter(s, 0, false);

    if (rc == HR_EBUSY)
        return "locked";
    if (rc == HR_ENOENT)
        return NULL;
    if (rc != 0)
        return s->reason ? s->reason : "io";
    const char *reason = s->refused ? s->refused : s->reason;
    hr_store_leave(s);
    return reason;
}

int hr_store_key(hr_store *s, uint8_t key[32])
{
    hr_store_check_fork(s);
    for (int pass = 0; pass < 2; pass++) {
        pthread_mutex_lock(&s->quick);
        bool have = s->have_key;
        if (have)
            memcpy(key, s->key, sizeof s->key);
        pthread_mutex_unlock(&s->quick);
        if (have)
            return 0;
        if (pass == 0) {
            int rc = hr_store_enter(s, 0, false);
            if (rc != 0)
                return rc == HR_EBUSY ? rc : HR_ESTORE;
            hr_store_leave(s);
        }
    }
    return HR_ESTORE;
}

/* Copy the log into the database if it is long. Then one small write begins the log anew here: it syncs, and
   would otherwise do so on the thread of the next host. */
static void checkpoint(hr_store *s, int64_t above)
{
    struct stat st;
    int frames = 0, moved = -1;

    if (s->refused || stat(s->wal, &st) != 0 || st.st_size <= above)
        return;
    if (hr_sql_checkpoint(s, &frames, &moved) != 0 || frames != moved)
        return;
    if (hr_store_begin(s) != 0)
        return;
    /* A value that changes: SQLite does not write what is there already. */
    hr_query q = hr_query_start(s, HR_Q_META_SET);
    hr_query_text(&q, "checkpointed");
    hr_query_int(&q, hr_wall_us());
    hr_store_end(s, hr_query_run(&q));
}

void hr_store_flush(hr_store *s)
{
    hr_store_check_fork(s);
    /* A process that made no request has nothing here: no database is opened for its sake. */
    if (!s->db && hr_ring_is_empty(s))
        return;
    if (!hr_ring_is_empty(s))
        hr_ring_drain_until(s, hr_now_us() + HR_RING_WAIT_US);
    if (hr_store_enter(s, 0, true) != 0)
        return;
    if (hr_ring_drain(s) == 0) {
        hr_expire_some(s);
        if (s->db)
            checkpoint(s, HR_WAL_AT_EXIT);
    }
    hr_store_leave(s);
}

void hr_store_close(hr_store *s)
{
    if (!s)
        return;
    hr_store_check_fork(s);
    if (hr_vfs_lock(0) == 0) {
        if (s->db)
            judge_handle(s);
        if (s->db) {
            s->deadline = hr_now_us() + HR_BUSY_US;
            checkpoint(s, HR_WAL_AT_CLOSE);
            hr_store_discard(s);
        }
        hr_vfs_unlock();
    }
    hr_ring_forget(s);
    hr_free(s->directory);
    hr_free(s->path);
    hr_free(s->wal);
    pthread_mutex_destroy(&s->quick);
    hr_free(s);
}
