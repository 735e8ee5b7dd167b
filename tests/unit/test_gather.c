/* Unit tests of core/store/gather.c: alone on a file, and through the store. */
#include "store_fixture.h"

#include "store/gather.h"

enum { PAGE = 2048, HEADER = 24 };

static int log_fd;
static char page[PAGE];

static int make_log(void **state)
{
    char path[128];
    if (make_root(state))
        return -1;
    snprintf(path, sizeof path, "%s/log", root);
    log_fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    memset(page, 'p', sizeof page);
    return log_fd < 0;
}

static int remove_log(void **state)
{
    hr_gather_drop();
    close(log_fd);
    return remove_root(state);
}

static off_t written(void)
{
    struct stat st;
    assert_int_equal(fstat(log_fd, &st), 0);
    return st.st_size;
}

/* One frame at `at`, told as written; its end. */
static off_t frame(off_t at, bool last)
{
    char header[HEADER] = {0, 0, 0, 2, 0, 0, 0, last ? 9 : 0};
    assert_int_equal(hr_gather_write(log_fd, header, HEADER, at), HEADER);
    assert_int_equal(hr_gather_write(log_fd, page, PAGE, at + HEADER), PAGE);
    return at + HEADER + PAGE;
}

static void frames_leave_with_the_one_that_ends_the_commit(void **state)
{
    (void)state;
    off_t end = frame(frame(32, false), false);
    assert_int_equal(written(), 0);
    end = frame(end, true);
    assert_int_equal(written(), end);
    char back[PAGE];
    assert_int_equal(pread(log_fd, back, PAGE, end - PAGE), PAGE);
    assert_memory_equal(back, page, PAGE);
    assert_int_equal(pread(log_fd, back, HEADER, end - PAGE - HEADER), HEADER);
    assert_int_equal(back[7], 9);
}

static void what_is_no_frame_is_written_at_once_and_in_order(void **state)
{
    (void)state;
    assert_int_equal(hr_gather_write(log_fd, page, 32, 0), 32); /* the head of the log */
    assert_int_equal(written(), 32);
    off_t end = frame(32, false);
    assert_int_equal(written(), 32);
    assert_int_equal(hr_gather_write(log_fd, page, 100, end), 100);
    assert_int_equal(written(), end + 100);
    /* A frame that does not follow the last one, as after a savepoint. */
    frame(end, false);
    frame(32, false);
    assert_int_equal(written(), end + HEADER + PAGE);
    assert_int_equal(hr_gather_flush(), 0);
}

static void a_commit_of_any_size_is_written_whole(void **state)
{
    (void)state;
    off_t end = 32;
    for (int i = 0; i < 100; i++)
        end = frame(end, i == 99);
    assert_int_equal(written(), end);
    char back[PAGE];
    for (off_t at = 32; at < end; at += HEADER + PAGE) {
        assert_int_equal(pread(log_fd, back, PAGE, at + HEADER), PAGE);
        assert_memory_equal(back, page, PAGE);
    }
}

static void what_was_dropped_is_never_written(void **state)
{
    (void)state;
    frame(32, false);
    hr_gather_drop();
    assert_int_equal(hr_gather_flush(), 0);
    assert_int_equal(written(), 0);
}

static void a_failed_write_is_told_and_forgotten(void **state)
{
    (void)state;
    char header[HEADER] = {0, 0, 0, 2, 0, 0, 0, 9};
    assert_int_equal(hr_gather_write(-1, header, HEADER, 32), HEADER);
    assert_int_equal(hr_gather_write(-1, page, PAGE, 32 + HEADER), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(hr_gather_flush(), 0);
}

/* ------------------------------------------------------------------ through the store */
enum { ROWS = 24, PLAIN = 100 << 10 };

/* Decisions with originals that do not shrink: far more than SQLite keeps in memory, so that frames leave before the end. */
static int commit_much(hr_store *s, hr_arena *a, int first)
{
    hr_decision list[ROWS];
    hr_original originals[ROWS];
    uint64_t x = 88172645463325252u;
    char *raw = hr_arena_alloc(a, (size_t)ROWS * PLAIN);
    assert_non_null(raw);
    for (size_t i = 0; i < (size_t)ROWS * PLAIN; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        raw[i] = (char)x;
    }
    for (int i = 0; i < ROWS; i++) {
        list[i] = a_decision(first + i, "sent");
        originals[i] = an_original(&list[i], raw + (size_t)i * PLAIN, PLAIN);
    }
    return hr_store_commit(s, a, list, originals, ROWS, false, 0);
}

static int is_sound(void *rows)
{
    sqlite3 *db;
    sqlite3_stmt *st = NULL;
    int bad = 1;
    if (sqlite3_open(database, &db) == SQLITE_OK &&
        sqlite3_prepare_v2(
            db, "SELECT (SELECT count(*) FROM decisions), integrity_check FROM pragma_integrity_check", -1,
            &st, NULL) == SQLITE_OK &&
        sqlite3_step(st) == SQLITE_ROW)
        bad = sqlite3_column_int(st, 0) != *(int *)rows ||
              strcmp((const char *)sqlite3_column_text(st, 1), "ok") != 0;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return bad;
}

static void a_commit_rolled_back_leaves_nothing_for_others_to_trip_over(void **state)
{
    (void)state;
    hr_store *s = open_store();
    hr_arena *a = hr_arena_new();
    hr_decision d = a_decision(1, "one"), found;
    int rows = 1;
    assert_int_equal(commit_one(s, a, &d), 0);
    for (int i = 0; i < 8; i++) {
        hr_fault_after(HR_FAULT_SQL, 200 + 53 * i, false);
        assert_int_equal(commit_much(s, a, 100), HR_ESTORE);
        /* Another process writes where the frames of that commit were meant to go. */
        outside("INSERT INTO decisions SELECT n + 1, randomblob(16), idkey, sentkey, verbatim, lossless, "
                "has_original, "
                "tokens_before, tokens_after, kept, total, created, last_used, transform, kind, tool, "
                "call_id, reason, sent, counted "
                "FROM decisions ORDER BY n DESC LIMIT 1");
        assert_int_equal(hr_store_decision(s, a, d.key, &found), 1);
        hr_decision e = a_decision(2 + i, "more");
        assert_int_equal(commit_one(s, a, &e), 0);
        rows += 2;
        assert_int_equal(in_child(is_sound, &rows), 0);
    }
    hr_arena_free(a);
    hr_store_close(s);
    assert_int_equal(in_child(is_sound, &rows), 0);
}

static void what_is_held_does_not_outlive_a_lock(void **state)
{
    (void)state;
    hr_store *s = open_store();
    uint8_t key[32];
    frame(32, false);
    assert_int_equal(hr_store_key(s, key), 0);
    assert_int_equal(hr_gather_flush(), 0);
    assert_int_equal(written(), 0);
    hr_store_close(s);
}

static void a_large_commit_is_there_for_others_at_once(void **state)
{
    (void)state;
    hr_store *s = open_store();
    hr_arena *a = hr_arena_new();
    int rows = ROWS;
    assert_int_equal(commit_much(s, a, 1), 0);
    assert_int_equal(in_child(is_sound, &rows), 0);
    hr_decision d = a_decision(7, "sent");
    hr_str raw;
    assert_int_equal(hr_store_original(s, a, d.id, &raw), 0);
    assert_int_equal(raw.n, PLAIN);
    hr_arena_free(a);
    hr_store_close(s);
}

int main(void)
{
#define F(f) cmocka_unit_test_setup_teardown(f, make_log, remove_log)
#define T(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        F(frames_leave_with_the_one_that_ends_the_commit),
        F(what_is_no_frame_is_written_at_once_and_in_order),
        F(a_commit_of_any_size_is_written_whole),
        F(what_was_dropped_is_never_written),
        F(a_failed_write_is_told_and_forgotten),
        F(what_is_held_does_not_outlive_a_lock),
        T(a_commit_rolled_back_leaves_nothing_for_others_to_trip_over),
        T(a_large_commit_is_there_for_others_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
