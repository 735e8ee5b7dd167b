/* Unit tests of core/store/vfs.c through the store: descriptors, fork, and processes that race. */
#include "store_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

static void descriptors_lie_high_and_close_on_exec(void **state)
{
    (void)state;
    int fds[16];
    hr_store *s = open_store();
    assert_null(hr_store_reason(s));
    size_t n = our_descriptors(fds, 16);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) {
        assert_true(fds[i] >= HR_FD_FLOOR);
        assert_int_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
    }
    hr_store_close(s);
    assert_int_equal(our_descriptors(fds, 16), 0);
}

static int with_standard_streams_closed(void *arg)
{
    int fds[16];
    (void)arg;
    close(0);
    close(1);
    close(2);
    struct rlimit limit = {64, 64};
    setrlimit(RLIMIT_NOFILE, &limit);
    hr_store *s = open_store();
    if (hr_store_reason(s))
        return 1;
    size_t n = our_descriptors(fds, 16);
    for (size_t i = 0; i < n; i++) {
        if (fds[i] < 48 || fds[i] > 63)
            return 2;
    }
    if (fcntl(0, F_GETFD) != -1 || fcntl(1, F_GETFD) != -1 || fcntl(2, F_GETFD) != -1)
        return 3;
    hr_store_close(s);
    return n == 3 ? 0 : 4;
}

static void closed_standard_streams_and_a_low_limit_are_respected(void **state)
{
    (void)state;
    assert_int_equal(in_child(with_standard_streams_closed, NULL), 0);
}

static int without_descriptors(void *arg)
{
    uint8_t key[32];
    int keep = *(int *)arg, fd;
    struct rlimit limit = {32, 32};
    setrlimit(RLIMIT_NOFILE, &limit);
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        ;
    for (int i = 0; i < keep; i++)
        close(31 - i);
    hr_store *s = open_store();
    int rc = hr_store_key(s, key);
    const char *reason = hr_store_reason(s);
    if (rc == 0 && !reason) {
        hr_store_close(s);
        return 50;
    }
    if (rc != HR_ESTORE || !reason || strcmp(reason, "no_descriptor") != 0)
        return 1;
    /* What was free is free again. */
    for (int i = 0; i < keep; i++) {
        if (open("/dev/null", O_RDONLY) < 0)
            return 2;
    }
    if (open("/dev/null", O_RDONLY) >= 0)
        return 3;
    hr_store_close(s);
    return 0;
}

static void at_the_limit_of_descriptors_the_store_declines(void **state)
{
    (void)state;
    for (int keep = 0; keep < 4; keep++)
        assert_int_equal(in_child(without_descriptors, &keep), 0);
    int keep = 6;
    assert_int_equal(in_child(without_descriptors, &keep), 50);
}

static int close_all_then_open_own(void *arg)
{
    const char *contents = "the program's own";
    int fds[16];
    char path[128], back[64];
    hr_arena *a = hr_arena_new();
    bool reuse = *(bool *)arg;
    hr_store *s = open_store();
    hr_decision d = a_decision(1, "sent"), e = a_decision(2, "more"), r;
    headroom_row row = {.time_us = hr_wall_us(), .program = "p", .transforms = ""};
    if (commit_one(s, a, &d) != 0)
        return 1;
    size_t n = our_descriptors(fds, 16);
    if (n != 3)
        return 2;
    closefrom(3);
    for (size_t i = 0; i < n && reuse; i++) {
        snprintf(path, sizeof path, "%s/own%d", root, (int)i);
        int fd = open(path, O_RDWR | O_CREAT, 0600);
        if (write(fd, contents, strlen(contents)) < 0 || fcntl(fd, F_DUPFD, fds[i]) != fds[i])
            return 3;
        close(fd);
    }
    if (commit_one(s, a, &e) != HR_ESTORE || hr_store_decision(s, a, d.key, &r) != HR_ESTORE)
        return 4;
    if (strcmp(hr_store_reason(s), "descriptors_replaced") != 0)
        return 5;
    hr_store_request(s, &row);
    hr_store_flush(s);
    hr_store_close(s);
    for (size_t i = 0; i < n && reuse; i++) {
        struct stat st;
        if (fstat(fds[i], &st) != 0 || (size_t)st.st_size != strlen(contents))
            return 6;
        if (pread(fds[i], back, sizeof back, 0) != (ssize_t)strlen(contents) ||
            memcmp(back, contents, strlen(contents)) != 0)
            return 7;
    }
    return 0;
}

static void files_under_our_numbers_are_never_touched(void **state)
{
    (void)state;
    bool reuse = true;
    assert_int_equal(in_child(close_all_then_open_own, &reuse), 0);
    reuse = false;
    assert_int_equal(in_child(close_all_then_open_own, &reuse), 0);
}

static void a_database_removed_under_us_is_made_anew_with_the_same_key(void **state)
{
    (void)state;
    char path[160];
    uint8_t one[32], two[32];
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_decision d = a_decision(3, "sent"), e = a_decision(4, "more"), r;
    assert_int_equal(commit_one(s, a, &d), 0);
    assert_int_equal(hr_store_key(s, one), 0);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", database, i == 0 ? "" : i == 1 ? "-wal" : "-shm");
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(commit_one(s, a, &e), 0);
    assert_int_equal(hr_store_decision(s, a, e.key, &r), 1);
    hr_store_close(s);
    s = open_store();
    assert_int_equal(hr_store_key(s, two), 0);
    assert_memory_equal(one, two, 32);
    assert_int_equal(hr_store_decision(s, a, e.key, &r), 1);
    hr_store_close(s);
    hr_arena_free(a);
}

/* ------------------------------------------------------------------ fork */
static int work_in_child(void *arg)
{
    hr_store *s = arg;
    hr_arena *a = hr_arena_new();
    int before[16], after[16];
    hr_decision known = a_decision(10, "parent"), d = a_decision(1000 + (int)getpid(), "child"), r;
    headroom_row row = {.time_us = hr_wall_us(), .program = "p", .transforms = "", .pid = getpid()};
    size_t n = our_descriptors(before, 16);
    if (hr_store_decision(s, a, known.key, &r) != 1 || !hr_str_is(r.sent, "parent"))
        return 1;
    if (hr_store_commit(s, a, &d, NULL, 1, false, hr_now_us() + 5000000) != 0)
        return 2;
    hr_store_request(s, &row);
    if (our_descriptors(after, 16) != n + 3)
        return 3;
    return hr_store_decision(s, a, d.key, &r) == 1 ? 0 : 4;
}

static void a_child_opens_its_own_and_leaves_the_parents_alone(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    headroom_row row = {.time_us = hr_wall_us(), .program = "p", .transforms = "", .pid = 1};
    headroom_stats t;
    hr_decision d = a_decision(10, "parent"), r;
    assert_int_equal(commit_one(s, a, &d), 0);
    /* A row that waits at the fork is the parent's, and is written once. */
    struct holder h = hold_write_lock();
    hr_store_request(s, &row);
    release_write_lock(h);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(in_child(work_in_child, s), 0);
        hr_decision own = a_decision(20 + i, "parent");
        assert_int_equal(commit_one(s, a, &own), 0);
        assert_int_equal(hr_store_decision(s, a, own.key, &r), 1);
    }
    hr_store_flush(s);
    assert_int_equal(hr_store_stats(s, &t), 0);
    assert_int_equal(t.requests, 21);
    assert_int_equal(t.cache_entries, 41);
    hr_store_close(s);
    hr_arena_free(a);
}

/* In a child whose parent is gone. 0: its locks kept the log from being deleted. */
static int outlive_parent(hr_store *s, pid_t parent)
{
    char wal[160];
    struct stat before, after;
    hr_arena *a = hr_arena_new();
    hr_decision d = a_decision(61, "child"), e = a_decision(62, "child"), r;
    snprintf(wal, sizeof wal, "%s-wal", database);
    while (getppid() == parent)
        usleep(1000);
    if (commit_one(s, a, &d) != 0 || stat(wal, &before) != 0)
        return 1;
    /* Whoever closes a database last copies the log and deletes it; who it is, the locks tell. */
    if (in_child(run_sql, "SELECT count(*) FROM decisions") != 0)
        return 2;
    if (stat(wal, &after) != 0 || after.st_ino != before.st_ino)
        return 3;
    if (commit_one(s, a, &e) != 0 || hr_store_decision(s, a, d.key, &r) != 1)
        return 4;
    return 0;
}

static void a_child_holds_locks_of_its_own(void **state)
{
    (void)state;
    char result = 99;
    int up[2];
    assert_int_equal(pipe(up), 0);
    pid_t pid = fork();
    if (pid == 0) {
        hr_arena *a = hr_arena_new();
        hr_store *s = open_store();
        hr_decision d = a_decision(60, "parent");
        pid_t self = getpid();
        if (commit_one(s, a, &d) == 0 && fork() == 0) {
            result = (char)outlive_parent(s, self);
            (void)!write(up[1], &result, 1);
        }
        _exit(0);
    }
    close(up[1]);
    waitpid(pid, NULL, 0);
    assert_int_equal(read(up[0], &result, 1), 1);
    assert_int_equal(result, 0);
    close(up[0]);
}

struct hammer {
    hr_store *s;
    _Atomic bool stop;
    _Atomic int bad;
};

static void *hammer(void *arg)
{
    struct hammer *h = arg;
    for (int i = 0; !h->stop && i < 20000; i++) {
        hr_arena *a = hr_arena_new();
        hr_decision d = a_decision(100000 + i, "thread");
        int rc = hr_store_commit(h->s, a, &d, NULL, 1, false, hr_now_us() + 5000000);
        if (rc != 0)
            h->bad = rc;
        hr_arena_free(a);
    }
    return NULL;
}

static void *wait_in_commit(void *arg)
{
    struct hammer *h = arg;
    hr_arena *a = hr_arena_new();
    hr_decision d = a_decision(11, "thread");
    h->bad = hr_store_commit(h->s, a, &d, NULL, 1, false, hr_now_us() + 20000000);
    hr_arena_free(a);
    return NULL;
}

static void a_fork_while_another_thread_waits_inside_sqlite_harms_neither(void **state)
{
    (void)state;
    int status;
    hr_arena *a = hr_arena_new();
    struct hammer h = {.s = open_store()};
    hr_decision d = a_decision(10, "parent"), r;
    pthread_t thread;
    assert_int_equal(commit_one(h.s, a, &d), 0);
    struct holder holder = hold_write_lock();
    assert_int_equal(pthread_create(&thread, NULL, wait_in_commit, &h), 0);
    usleep(50000);
    pid_t pid = fork(); /* our lock is held, by a thread that the child does not have */
    if (pid == 0) {
        close(holder.release);
        _exit(work_in_child(h.s));
    }
    release_write_lock(holder);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    pthread_join(thread, NULL);
    assert_int_equal(h.bad, 0);
    d = a_decision(11, "");
    assert_int_equal(hr_store_decision(h.s, a, d.key, &r), 1);
    hr_store_close(h.s);
    hr_arena_free(a);
}

static void a_fork_at_any_moment_of_another_threads_commit_harms_neither(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* the sanitizer's own allocator does not survive such a fork */
#endif
    hr_arena *a = hr_arena_new();
    struct hammer h = {.s = open_store()};
    hr_decision d = a_decision(10, "parent");
    pthread_t thread;
    assert_int_equal(commit_one(h.s, a, &d), 0);
    assert_int_equal(pthread_create(&thread, NULL, hammer, &h), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(in_child(work_in_child, h.s), 0);
    h.stop = true;
    pthread_join(thread, NULL);
    assert_int_equal(h.bad, 0);
    hr_store_close(h.s);
    outside("CREATE TABLE sure(x NOT NULL);"
            "INSERT INTO sure SELECT 1 / (integrity_check = 'ok') FROM pragma_integrity_check");
    hr_arena_free(a);
}

/* ------------------------------------------------------------------ races */
enum { ROUNDS = 1000 };

struct race {
    _Atomic int arrived, done;
    char sent[2][ROUNDS][16];
};

static int race(struct race *r, int who)
{
    hr_store *s = open_store();
    for (int round = 0; round < ROUNDS; round++) {
        char text[16];
        hr_arena *a = hr_arena_new();
        snprintf(text, sizeof text, "%c%d", 'A' + who, round);
        hr_decision d = a_decision(round, text);
        r->arrived++;
        while (r->arrived < 2 * (round + 1))
            sched_yield();
        if (hr_store_commit(s, a, &d, NULL, 1, false, hr_now_us() + 10000000) != 0)
            return 1;
        memcpy(r->sent[who][round], d.sent.p, d.sent.n);
        hr_arena_free(a);
    }
    hr_store_close(s);
    return 0;
}

static void of_two_processes_that_race_both_send_one_text(void **state)
{
    (void)state;
    int status, first[2] = {0};
    struct race *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pids[2];
    assert_ptr_not_equal(r, MAP_FAILED);
    for (int i = 0; i < 2; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(race(r, i));
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    for (int round = 0; round < ROUNDS; round++) {
        assert_string_equal(r->sent[0][round], r->sent[1][round]);
        first[r->sent[0][round][0] - 'A']++;
    }
    /* Else nothing was proved. */
    assert_true(first[0] > 0 && first[1] > 0);
    munmap(r, sizeof *r);
}

static void threads_of_one_process_agree_too(void **state)
{
    (void)state;
    struct hammer h[2] = {{.s = open_store()}, {0}};
    pthread_t threads[2];
    hr_arena *a = hr_arena_new();
    hr_decision d = a_decision(10, "x");
    h[1].s = h[0].s;
    assert_int_equal(commit_one(h[0].s, a, &d), 0);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, hammer, &h[i]);
    usleep(200000);
    for (int i = 0; i < 2; i++)
        h[i].stop = true;
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(h[i].bad, 0);
    }
    hr_store_close(h[0].s);
    hr_arena_free(a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        T(descriptors_lie_high_and_close_on_exec),
        T(closed_standard_streams_and_a_low_limit_are_respected),
        T(at_the_limit_of_descriptors_the_store_declines),
        T(files_under_our_numbers_are_never_touched),
        T(a_database_removed_under_us_is_made_anew_with_the_same_key),
        T(a_child_opens_its_own_and_leaves_the_parents_alone),
        T(a_child_holds_locks_of_its_own),
        T(a_fork_while_another_thread_waits_inside_sqlite_harms_neither),
        T(a_fork_at_any_moment_of_another_threads_commit_harms_neither),
        T(of_two_processes_that_race_both_send_one_text),
        T(threads_of_one_process_agree_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
