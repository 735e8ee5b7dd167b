/* Unit tests of core/store/: every call that can fail does, processes die in the middle, the disk is full,
   another process holds the lock. Always an error code, never half a decision, never a leak, never a hang. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "store_fixture.h"

enum { ROWS = 3 };

static int count_result(void *arg, const headroom_result *r, int64_t created_us)
{
    (void)r;
    (void)created_us;
    ++*(int *)arg;
    return 0;
}

static int count_row(void *arg, const headroom_row *r)
{
    (void)r;
    ++*(int *)arg;
    return 0;
}

/* Everything that the road and the CLI do, once. The result of the commit; HR_ENOMEM where nothing could
 * start. */
static int whole_life(void)
{
    uint8_t key[32];
    hr_decision list[ROWS], r;
    hr_original originals[ROWS];
    headroom_row row = {.time_us = hr_wall_us(), .program = "p", .transforms = ""};
    headroom_stats stats;
    hr_str raw;
    int seen = 0, committed = HR_ENOMEM;
    hr_arena *a = hr_arena_new();
    hr_store *s = a ? open_store() : NULL;
    if (s) {
        for (int i = 0; i < ROWS; i++) {
            list[i] = a_decision(i, "sent");
            originals[i] = an_original(&list[i], "the original", 12);
        }
        hr_store_key(s, key);
        hr_store_decision(s, a, list[0].key, &r);
        committed = hr_store_commit(s, a, list, originals, ROWS, true, 0);
        if (committed == 0 && hr_store_decision(s, a, list[1].key, &r) == 1)
            assert_true(hr_str_is(r.sent, "sent"));
        hr_store_decision_by_idkey(s, a, list[0].idkey, &r);
        hr_store_decision_by_sentkey(s, a, list[0].sentkey, &r);
        hr_store_decision_by_id(s, a, list[0].id, &r);
        if (hr_store_original(s, a, list[2].id, &raw) == 0)
            assert_true(hr_str_is(raw, "the original"));
        hr_store_request(s, &row);
        hr_store_stats(s, &stats);
        hr_store_each_decision(s, 10, count_result, &seen);
        hr_store_each_request(s, 0, count_row, &seen);
        hr_store_each_request_where(s, &(headroom_filter){.last = 1}, count_row, &seen);
        hr_store_expire(s);
        hr_store_originals_room(s);
        hr_store_reason(s);
        hr_store_flush(s);
        hr_store_close(s);
    }
    hr_arena_free(a);
    return committed;
}

/* All rows of the commit with their originals, or none of either. */
static void check_all_or_nothing(int committed)
{
    int rows = 0, originals = 0;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    for (int i = 0; i < ROWS; i++) {
        hr_str raw;
        hr_decision d = a_decision(i, "sent"), r;
        int rc = hr_store_decision(s, a, d.key, &r);
        assert_true(rc == 0 || rc == 1);
        rows += rc;
        rc = hr_store_original(s, a, d.id, &raw);
        assert_true(rc == 0 || rc == HR_ENOENT);
        originals += rc == 0;
    }
    assert_true(rows == 0 || rows == ROWS);
    assert_int_equal(rows, originals);
    if (committed == 0)
        assert_int_equal(rows, ROWS);
    else
        assert_int_equal(rows, 0);
    /* And the next process can write. */
    hr_decision d = a_decision(99, "next");
    assert_int_equal(commit_one(s, a, &d), 0);
    hr_store_close(s);
    hr_arena_free(a);
}

static void each_failing_in_turn(enum hr_fault_kind kind, bool sticky)
{
    long n = 1, calls;
    do {
        assert_int_equal(make_root(NULL), 0);
        hr_fault_after(kind, n, sticky);
        int committed = whole_life();
        calls = hr_fault_count(kind);
        hr_fault_after(kind, 0, false);
        assert_true(committed <= 0);
        check_all_or_nothing(committed);
        assert_int_equal(remove_root(NULL), 0);
    } while (n++ <= calls);
    assert_true(n > 12);
}

static void every_sql_call_may_fail_once(void **state)
{
    (void)state;
    each_failing_in_turn(HR_FAULT_SQL, false);
}

static void every_sql_call_may_fail_from_then_on(void **state)
{
    (void)state;
    each_failing_in_turn(HR_FAULT_SQL, true);
}

static void every_allocation_may_fail_once(void **state)
{
    (void)state;
    each_failing_in_turn(HR_FAULT_ALLOC, false);
}

static void every_allocation_may_fail_from_then_on(void **state)
{
    (void)state;
    each_failing_in_turn(HR_FAULT_ALLOC, true);
}

/* ------------------------------------------------------------------ killed */
static _Noreturn void commit_for_ever(void)
{
    for (int batch = 0;; batch++) {
        hr_arena *a = hr_arena_new();
        hr_store *s = open_store();
        for (int i = 0; i < 20; i++) {
            hr_decision list[ROWS];
            hr_original originals[ROWS];
            for (int k = 0; k < ROWS; k++) {
                list[k] = a_decision(((int)getpid() * 1000 + batch * 20 + i) * ROWS + k, "sent");
                originals[k] = an_original(&list[k], "the original", 12);
            }
            hr_store_commit(s, a, list, originals, ROWS, false, hr_now_us() + 1000000);
        }
        hr_store_close(s);
        hr_arena_free(a);
    }
}

static void a_kill_at_any_moment_leaves_whole_commits(void **state)
{
    (void)state;
    unsigned x = 7;
    for (int i = 0; i < 100; i++) {
        if (i % 10 == 0) { /* a new file now and then: creation is killed too */
            if (i)
                remove_root(NULL);
            make_root(NULL);
        }
        pid_t pid = fork();
        if (pid == 0)
            commit_for_ever();
        x = x * 1103515245u + 12345u;
        usleep(1000 + (x >> 16) % 30000);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        hr_store *s = open_store();
        headroom_stats t;
        assert_null(hr_store_reason(s));
        assert_int_equal(hr_store_stats(s, &t), 0);
        assert_int_equal(t.cache_entries % ROWS, 0);
        hr_store_close(s);
        outside("CREATE TABLE IF NOT EXISTS sure(x NOT NULL);"
                "INSERT INTO sure SELECT 1 / (integrity_check = 'ok') FROM pragma_integrity_check;"
                "INSERT INTO sure SELECT 1 / ((SELECT count(*) FROM decisions) = (SELECT count(*) FROM "
                "originals));"
                "INSERT INTO sure SELECT 1 / ((SELECT value FROM meta WHERE name = 'originals_bytes') ="
                " (SELECT coalesce(sum(packed_size), 0) FROM originals));");
    }
}

/* ------------------------------------------------------------------ busy */
static void a_busy_database_is_given_up_at_the_deadline(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_decision d = a_decision(1, "sent"), e = a_decision(2, "more"), r;
    assert_int_equal(commit_one(s, a, &d), 0);
    struct holder h = hold_write_lock();
    uint64_t from = hr_now_us();
    assert_int_equal(commit_one(s, a, &e), HR_EBUSY);
    assert_true(hr_now_us() - from >= HR_BUSY_US && hr_now_us() - from < 10 * HR_BUSY_US);
    from = hr_now_us();
    assert_int_equal(hr_store_commit(s, a, &e, NULL, 1, false, from + 5000), HR_EBUSY);
    assert_true(hr_now_us() - from < HR_BUSY_US);
    /* Readers are not held up. */
    assert_int_equal(hr_store_decision(s, a, d.key, &r), 1);
    release_write_lock(h);
    assert_int_equal(commit_one(s, a, &e), 0);
    hr_store_close(s);
    hr_arena_free(a);
}

/* ------------------------------------------------------------------ full disk */
/* Commit until it fails; then delete a file that fills the disk, or raise the limit, and commit again. */
static int until_full(void *arg)
{
    static char noise[60000];
    unsigned x = 1;
    const char *filler = arg;
    hr_store *s = open_store();
    int rc = 0;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)((x = x * 1103515245u + 12345u) >> 16);
    for (int i = 0; i < 200; i++) {
        hr_arena *a = hr_arena_new();
        hr_decision d = a_decision(i, "sent"), r;
        hr_original o = an_original(&d, noise, sizeof noise);
        rc = hr_store_commit(s, a, &d, &o, 1, false, 0);
        if (rc == 0) {
            hr_arena_free(a);
            continue;
        }
        if (rc != HR_ESTORE || i < 2 || !hr_store_reason(s) || strcmp(hr_store_reason(s), "disk_full") != 0)
            return 10;
        if (hr_store_decision(s, a, d.key, &r) != 0)
            return 11;
        d = a_decision(0, "");
        if (hr_store_decision(s, a, d.key, &r) != 1)
            return 12;
        if (filler)
            unlink(filler);
        else
            setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
        d = a_decision(i, "sent");
        if (hr_store_commit(s, a, &d, &o, 1, false, 0) != 0 || hr_store_reason(s))
            return 13;
        hr_store_close(s);
        hr_arena_free(a);
        return 0;
    }
    return 14;
}

static int under_a_size_limit(void *arg)
{
    (void)arg;
    /* SIGXFSZ has its default action: a write beyond the limit would be the end of this process. */
    if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, RLIM_INFINITY}) != 0)
        return 1;
    return until_full(NULL);
}

static void a_file_size_limit_is_an_error_and_no_signal(void **state)
{
    (void)state;
    assert_int_equal(in_child(under_a_size_limit, NULL), 0);
}

enum { NOT_PERMITTED = 77 };

static int on_a_small_disk(void *arg)
{
    char filler[96], block[4096] = "";
    (void)arg;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("small", root, "tmpfs", 0, "size=2m,mode=700") != 0)
        return NOT_PERMITTED;
    snprintf(filler, sizeof filler, "%s/filler", root);
    int fd = open(filler, O_CREAT | O_WRONLY, 0600);
    for (int i = 0; i < 100; i++) {
        if (write(fd, block, sizeof block) != sizeof block)
            return 1;
    }
    close(fd);
    return until_full(filler);
}

static void a_full_disk_is_survived_and_tried_again(void **state)
{
    (void)state;
    int rc = in_child(on_a_small_disk, NULL);
    if (rc == NOT_PERMITTED)
        skip();
    assert_int_equal(rc, 0);
}

static int on_a_disk_without_room(void *arg)
{
    uint8_t key[32];
    char filler[96], block[4096] = "";
    (void)arg;
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("small", root, "tmpfs", 0, "size=64k,mode=700") != 0)
        return NOT_PERMITTED;
    snprintf(filler, sizeof filler, "%s/filler", root);
    int fd = open(filler, O_CREAT | O_WRONLY, 0600);
    while (write(fd, block, sizeof block) == sizeof block)
        ;
    close(fd);
    hr_store *s = open_store();
    if (hr_store_key(s, key) != HR_ESTORE || strcmp(hr_store_reason(s), "disk_full") != 0)
        return 1;
    hr_store_close(s);
    return 0;
}

static void no_room_for_the_first_file_is_survived(void **state)
{
    (void)state;
    int rc = in_child(on_a_disk_without_room, NULL);
    if (rc == NOT_PERMITTED)
        skip();
    assert_int_equal(rc, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sql_call_may_fail_once),
        cmocka_unit_test(every_sql_call_may_fail_from_then_on),
        cmocka_unit_test(every_allocation_may_fail_once),
        cmocka_unit_test(every_allocation_may_fail_from_then_on),
        cmocka_unit_test_teardown(a_kill_at_any_moment_leaves_whole_commits, remove_root),
        T(a_busy_database_is_given_up_at_the_deadline),
        T(a_file_size_limit_is_an_error_and_no_signal),
        T(a_full_disk_is_survived_and_tried_again),
        T(no_room_for_the_first_file_is_survived),
    };
    in_memory = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
