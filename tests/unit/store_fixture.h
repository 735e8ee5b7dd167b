/* store_fixture.h - what the tests of core/store/ and of the ledger share: a directory of their own,
   decisions to store, work in a child process, and a second, independent user of the database. */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base.h"
#include "fault.h"
#include "limits.h"
#include "store/store.h"

#define UNUSED __attribute__((unused))

static char root[64], directory[96], database[128];
/* Where syncs cost nothing, for tests that make hundreds of databases. */
static UNUSED bool in_memory;

static UNUSED int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "%s/headroom-test-XXXXXX",
             in_memory && !access("/dev/shm", W_OK) ? "/dev/shm" : "/tmp");
    if (!mkdtemp(root))
        return -1;
    snprintf(directory, sizeof directory, "%s/state/headroom", root);
    snprintf(database, sizeof database, "%s/headroom.db", directory);
    return 0;
}

static UNUSED int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static UNUSED int remove_root(void **state)
{
    (void)state;
    hr_fault_after(HR_FAULT_SQL, 0, false);
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Requests do not age here, whatever their time. */
static UNUSED hr_store *open_store(void)
{
    hr_store_options o = {directory, true, HR_ORIGINALS_DAYS, HR_ORIGINALS_MB, HR_REPLACEMENTS_DAYS,
                          30000,     0};
    return hr_store_new(&o);
}

static UNUSED hr_store *open_store_of_90_days(void)
{
    hr_store_options o = {directory, true, HR_ORIGINALS_DAYS, HR_ORIGINALS_MB, HR_REPLACEMENTS_DAYS, 90, 0};
    return hr_store_new(&o);
}

static UNUSED void fill_key(uint8_t key[16], int number, int salt)
{
    uint64_t h = (uint64_t)(unsigned)number * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)(unsigned)salt;
    memcpy(key, &h, 8);
    h = h * UINT64_C(0xc2b2ae3d27d4eb4f) ^ (uint64_t)(unsigned)salt;
    memcpy(key + 8, &h, 8);
}

/* A rewrite with number's own keys; its replacement names the number and the writer. */
static UNUSED hr_decision a_decision(int number, const char *sent)
{
    hr_decision d = {
        .sent = hr_str_make(sent, strlen(sent)),
        .transform = HR_STR("smart_crusher"),
        .kind = HR_STR("json"),
        .tool = HR_STR("search"),
        .call_id = HR_STR("toolu_01"),
        .reason = HR_STR(""),
        .has_original = true,
        .tokens_before = 5000,
        .tokens_after = 400,
        .kept = 15,
        .of = 500,
    };
    fill_key(d.key, number, 1);
    fill_key(d.idkey, number, 2);
    fill_key(d.sentkey, number, 3);
    memcpy(d.id, d.key, sizeof d.id);
    return d;
}

static UNUSED hr_original an_original(const hr_decision *d, const char *raw, size_t n)
{
    hr_original o = {.raw = hr_str_make(raw, n)};
    memcpy(o.id, d->id, sizeof o.id);
    return o;
}

static UNUSED int commit_one(hr_store *s, hr_arena *a, hr_decision *d)
{
    return hr_store_commit(s, a, d, NULL, 1, false, 0);
}

/* Run work in a child; its value, 100 + signal where it was killed. The child leaves without running exit
 * handlers. */
static UNUSED int in_child(int (*work)(void *), void *arg)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(work(arg));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

/* Not through the store: what another program sees. Always in a child, as two copies of a database in one
   process would drop each other's locks. */
static UNUSED int run_sql(void *sql)
{
    sqlite3 *db;
    if (sqlite3_open(database, &db) != SQLITE_OK)
        return 1;
    sqlite3_busy_timeout(db, 5000);
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return rc == SQLITE_OK ? 0 : 2;
}

static UNUSED void outside(const char *sql)
{
    char copy[512];
    snprintf(copy, sizeof copy, "%s", sql);
    assert_int_equal(in_child(run_sql, copy), 0);
}

/* Descriptors of this process that lead to the database; at most max. */
static UNUSED size_t our_descriptors(int *fds, size_t max)
{
    DIR *d = opendir("/proc/self/fd");
    size_t n = 0;
    struct dirent *e;
    while (d && (e = readdir(d))) {
        char link[64], target[256];
        snprintf(link, sizeof link, "/proc/self/fd/%.20s", e->d_name);
        ssize_t len = readlink(link, target, sizeof target - 1);
        if (len <= 0)
            continue;
        target[len] = 0;
        if (strstr(target, root) && n < max)
            fds[n++] = atoi(e->d_name);
    }
    if (d)
        closedir(d);
    return n;
}

/* A child that holds the write lock of the database until it is released. */
struct holder {
    pid_t pid;
    int release;
};

static UNUSED struct holder hold_write_lock(void)
{
    int up[2], down[2];
    char c;
    struct holder h = {0, -1};
    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    h.pid = fork();
    if (h.pid == 0) {
        sqlite3 *db;
        close(down[1]);
        if (sqlite3_open(database, &db) == SQLITE_OK &&
            sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK && write(up[1], "x", 1) == 1)
            (void)!read(down[0], &c, 1);
        sqlite3_close(db);
        _exit(0);
    }
    close(up[1]);
    close(down[0]);
    assert_int_equal(read(up[0], &c, 1), 1);
    close(up[0]);
    h.release = down[1];
    return h;
}

static UNUSED void release_write_lock(struct holder h)
{
    close(h.release);
    waitpid(h.pid, NULL, 0);
}

static inline headroom_row a_row(int64_t pid)
{
    return (headroom_row){
        .time_us = hr_wall_us(),
        .pid = pid,
        .program = "python3",
        .host = "api.example.com",
        .path = "/v1/messages",
        .dialect = "anthropic",
        .model = "m",
        .mode = "optimize",
        .stream = true,
        .status = 200,
        .complete = true,
        .tokens_before = 1000,
        .tokens_after = 300,
        .bytes_before = 4000,
        .bytes_after = 1200,
        .usage = "{\"input_tokens\":7}",
        .input_tokens = 7,
        .output_tokens = 9,
        .cached_tokens = -1,
        .elapsed_us = 55,
        .transforms = "",
        .results = 3,
        .rewritten = 2,
        .replayed = 1,
    };
}

/* For hr_store_each_total: sums up what it is called with, in a headroom_totals. */
static UNUSED int add_members(void *arg, const char *name, const headroom_totals *t)
{
    int64_t *sum = arg;
    (void)name;
    for (size_t i = 0; i < sizeof *t / sizeof(int64_t); i++)
        sum[i] += ((const int64_t *)t)[i];
    return 0;
}

#endif
