/* Unit tests of core/store/purge.c and facts.c: what was deleted is in no file, what was meant to stay is there, and a
   failure at any call leaves all or nothing. */
#include "store_fixture.h"

#include "health.h"

#define MARKER "the-marker-in-a-secret"

enum { ROWS = 40, DAY = 86400 };

static const headroom_purge_scope everything = {INT64_MAX, INT64_MAX, INT64_MAX};

/* Each text names the marker, in incompressible company: zstd must not hide it. */
static void fill(hr_store *s)
{
    hr_arena *a = hr_arena_new();
    char noise[9000];
    uint64_t r = 1;

    assert_non_null(a);
    for (int i = 0; i < ROWS; i++) {
        hr_decision d = a_decision(i, "sent: " MARKER);
        for (size_t j = 0; j < sizeof noise; j++)
            noise[j] = (char)((r = r * UINT64_C(6364136223846793005) + 1) >> 56);
        memcpy(noise, MARKER, strlen(MARKER));
        hr_original o = an_original(&d, noise, sizeof noise);
        assert_int_equal(hr_store_commit(s, a, &d, &o, 1, false, 0), 0);
        headroom_row row = {.time_us = hr_wall_us(), .program = "p", .results_json = "[\"" MARKER "\"]"};
        hr_store_request(s, &row);
    }
    hr_arena_free(a);
}

static bool marker_in(const char *name)
{
    char path[400], all[1 << 20];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    bool whole = read(fd, all, sizeof all) == st.st_size;
    close(fd);
    return !whole || memmem(all, (size_t)st.st_size, MARKER, strlen(MARKER)) != NULL;
}

static int count_files(void *unused)
{
    DIR *d = opendir(directory);
    int n = 0;

    (void)unused;
    for (struct dirent *e; d && (e = readdir(d));)
        n += marker_in(e->d_name);
    return d ? n : 99;
}

/* In a child: closing the database here would drop the locks of the handle. */
static int files_with_marker(void)
{
    return in_child(count_files, NULL);
}

static headroom_purge_counts counted(hr_store *s)
{
    headroom_purge_counts c = {0};
    assert_int_equal(hr_store_purge_count(s, &everything, &c), 0);
    return c;
}

static void what_was_purged_is_in_no_file(void **state)
{
    headroom_purge_counts c = {0};
    hr_store *s = open_store();

    (void)state;
    fill(s);
    assert_true(files_with_marker() > 0);
    assert_int_equal(hr_store_purge(s, &everything, 0, &c), 0);
    assert_int_equal(c.originals, ROWS);
    assert_int_equal(c.requests, ROWS);
    assert_int_equal(c.decisions, ROWS);
    assert_true(c.originals_bytes > ROWS * 8000);
    assert_true(c.decisions_bytes >= ROWS * (int64_t)strlen("sent: " MARKER));
    assert_int_equal(hr_store_erase(s, 1000000), 0);
    assert_int_equal(files_with_marker(), 0);
    assert_int_equal(counted(s).originals, 0);
    assert_int_equal(hr_store_originals_room(s), (int64_t)HR_ORIGINALS_MB << 20);
    fill(s); /* and the database is as good as before */
    assert_int_equal(counted(s).originals, ROWS);
    hr_store_close(s);
}

static void rows_that_aged_before_leave_the_file_too(void **state)
{
    headroom_purge_counts c = {0};
    const headroom_purge_scope nothing = {0, 0, 0};
    hr_store *s = open_store();

    (void)state;
    fill(s);
    hr_store_close(s);
    outside("PRAGMA secure_delete=OFF; DELETE FROM originals; DELETE FROM requests; DELETE FROM decisions");
    s = open_store();
    assert_true(files_with_marker() > 0);
    assert_int_equal(hr_store_purge(s, &nothing, 0, &c), 0);
    assert_int_equal(hr_store_erase(s, 1000000), 0);
    assert_int_equal(files_with_marker(), 0);
    hr_store_close(s);
}

static void only_what_is_older_goes_and_the_rest_is_read_back(void **state)
{
    hr_store *s = open_store();
    int64_t now = hr_wall_us(), week = now - 7 * INT64_C(1000000) * DAY;
    const headroom_purge_scope scope = {week, week, 0};
    headroom_purge_counts before, after, c = {0};
    hr_arena *a = hr_arena_new();
    hr_str raw;

    (void)state;
    fill(s);
    hr_store_close(s);
    outside("UPDATE originals SET created = created - 8 * 86400000000 WHERE n <= 30;"
            "UPDATE requests SET time = time - 8 * 86400000000 WHERE id <= 20;"
            "UPDATE decisions SET last_used = 1");
    s = open_store();
    before = counted(s);
    assert_int_equal(hr_store_purge_count(s, &scope, &c), 0);
    assert_int_equal(c.originals, 30);
    assert_int_equal(hr_store_purge(s, &scope, 0, &c), 0);
    assert_int_equal(c.originals, 30);
    assert_int_equal(c.requests, 20);
    assert_int_equal(c.decisions, 0);
    assert_int_equal(hr_store_erase(s, 1000000), 0);
    after = counted(s);
    assert_int_equal(after.originals, 10);
    assert_int_equal(after.requests, 20);
    assert_int_equal(after.decisions, ROWS);
    assert_int_equal(after.originals_bytes, before.originals_bytes - c.originals_bytes);
    assert_int_equal(hr_store_originals_room(s), ((int64_t)HR_ORIGINALS_MB << 20) - after.originals_bytes);
    hr_decision kept = a_decision(35, ""), gone = a_decision(5, "");
    assert_int_equal(hr_store_original(s, a, kept.id, &raw), 0);
    assert_memory_equal(raw.p, MARKER, strlen(MARKER));
    assert_int_equal(hr_store_original(s, a, gone.id, &raw), HR_ENOENT);
    hr_arena_free(a);
    hr_store_close(s);
}

/* Fails the n-th call of SQLite, for every n: the rows of all kinds are there, or of none. */
static void a_failure_at_any_call_deletes_all_or_nothing(void **state)
{
    int done = 0, refused = 0;

    (void)state;
    for (int n = 1; n < 400; n++) {
        headroom_purge_counts c = {0};
        hr_store *s = open_store();
        if (counted(s).originals == 0)
            fill(s);
        hr_fault_after(HR_FAULT_SQL, n, false);
        int rc = hr_store_purge(s, &everything, 0, &c);
        int erased = rc == 0 ? hr_store_erase(s, 0) : rc;
        headroom_store_facts f;
        int told = hr_store_facts(s, &f);
        assert_true(told < 0 || strcmp(f.integrity, "ok") == 0);
        hr_fault_after(HR_FAULT_SQL, 0, false);
        hr_store_close(s);
        s = open_store();
        c = counted(s);
        assert_true(c.originals == 0 || c.originals == ROWS);
        assert_int_equal(c.requests, c.originals);
        assert_int_equal(c.decisions, c.originals);
        assert_true(rc != 0 || c.originals == 0);
        if (erased == 0)
            assert_int_equal(files_with_marker(), 0);
        refused += rc != 0;
        hr_store_close(s);
        if (erased == 0 && ++done == 3)
            break; /* no call is left to fail */
    }
    assert_int_equal(done, 3);
    assert_true(refused > 5);
}

static void a_reader_that_stays_is_said_and_a_second_try_succeeds(void **state)
{
    headroom_purge_counts c = {0};
    hr_store *s = open_store();
    int ready[2], go[2];
    char x;

    (void)state;
    fill(s);
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    if (pid == 0) {
        sqlite3 *db;
        int rc = sqlite3_open(database, &db);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(db, "BEGIN; SELECT count(*) FROM originals", NULL, NULL, NULL);
        if (rc == SQLITE_OK && write(ready[1], "x", 1) == 1 && read(go[0], &x, 1) == 1)
            _exit(0);
        _exit(1);
    }
    assert_int_equal(read(ready[0], &x, 1), 1);
    assert_int_equal(hr_store_purge(s, &everything, 20000, &c), 0);
    assert_int_equal(c.originals, ROWS);
    assert_int_equal(hr_store_erase(s, 20000), 1);
    assert_true(files_with_marker() > 0);
    assert_int_equal(write(go[1], "x", 1), 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(hr_store_erase(s, 1000000), 0);
    assert_int_equal(files_with_marker(), 0);
    hr_store_close(s);
}

static void facts_tell_sizes_rows_and_soundness(void **state)
{
    headroom_store_facts f;
    hr_store *s = open_store();

    (void)state;
    fill(s);
    assert_int_equal(hr_store_facts(s, &f), 0);
    assert_true(f.exists);
    assert_string_equal(f.journal, "wal");
    assert_string_equal(f.integrity, "ok");
    assert_int_equal(f.originals, ROWS);
    assert_int_equal(f.decisions, ROWS);
    assert_int_equal(f.requests, ROWS);
    assert_int_equal(f.version, f.newest_version);
    assert_int_equal(f.originals_bytes, counted(s).originals_bytes);
    assert_true(f.log_bytes > 0);
    assert_true(f.oldest_original_us > 0);
    hr_store_close(s);
}

static void without_a_database_there_is_nothing_to_purge_and_none_is_made(void **state)
{
    headroom_purge_counts c = {0};
    headroom_store_facts f;
    hr_store_options o = {directory, false, 14, 256, 90, 0, 0};
    hr_store *s = hr_store_new(&o);

    (void)state;
    assert_int_equal(hr_store_purge(s, &everything, 0, &c), HR_ENOENT);
    assert_int_equal(hr_store_erase(s, 0), HR_ENOENT);
    assert_int_equal(hr_store_facts(s, &f), HR_ENOENT);
    assert_false(f.exists);
    assert_int_equal(access(directory, F_OK), -1);
    hr_store_close(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)

static int count_fault(void *arg, const headroom_fault *f)
{
    (void)f;
    ++*(int *)arg;
    return 0;
}

static void purged_requests_leave_no_fault_and_no_mark_behind(void **state)
{
    (void)state;
    hr_store *s = open_store();
    const headroom_fault f = {.time_us = hr_wall_us(),
                              .program = "p",
                              .dialect = "anthropic",
                              .model = "m",
                              .kind = "cache",
                              .place = ""};
    const hr_cache_mark m = {.conversation = 7, .time_us = hr_wall_us()};
    const headroom_row row = a_row(1);
    headroom_purge_counts counts;
    hr_cache_mark found;
    int n = 0;
    hr_store_mark_later(s, &m);
    hr_store_request(s, &row);
    assert_int_equal(hr_store_fault(s, &f, 2, 0), 0);
    assert_int_equal(hr_store_mark(s, 7, &found), 1);
    headroom_purge_scope scope = {.decisions_before_us = INT64_MAX};
    assert_int_equal(hr_store_purge(s, &scope, 0, &counts), 0);
    assert_int_equal(hr_store_mark(s, 7, &found), 1);
    scope = (headroom_purge_scope){.requests_before_us = INT64_MAX};
    assert_int_equal(hr_store_purge(s, &scope, 0, &counts), 0);
    assert_int_equal(counts.requests, 1);
    assert_int_equal(hr_store_mark(s, 7, &found), 0);
    assert_int_equal(hr_store_each_fault(s, 9, count_fault, &n), 0);
    assert_int_equal(n, 0);
    hr_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_purged_is_in_no_file),
        TEST(rows_that_aged_before_leave_the_file_too),
        TEST(only_what_is_older_goes_and_the_rest_is_read_back),
        TEST(a_failure_at_any_call_deletes_all_or_nothing),
        TEST(a_reader_that_stays_is_said_and_a_second_try_succeeds),
        TEST(facts_tell_sizes_rows_and_soundness),
        TEST(purged_requests_leave_no_fault_and_no_mark_behind),
        TEST(without_a_database_there_is_nothing_to_purge_and_none_is_made),
    };

    in_memory = true;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
