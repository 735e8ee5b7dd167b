/* Unit tests of core/store/: where the database may lie, and what is refused. */
#include "store_fixture.h"

static mode_t mode_of(const char *path, const char *tail)
{
    struct stat st;
    char whole[256];
    snprintf(whole, sizeof whole, "%s%s", path, tail);
    return stat(whole, &st) == 0 ? st.st_mode & 0777 : 0;
}

static void files_are_0600_under_umask_000(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    mode_t before = umask(0);
    hr_store *s = open_store();
    hr_decision d = a_decision(60, "sent");
    assert_int_equal(commit_one(s, a, &d), 0);
    assert_int_equal(mode_of(directory, ""), 0700);
    assert_int_equal(mode_of(directory, "/.."), 0700);
    assert_int_equal(mode_of(database, ""), 0600);
    assert_int_equal(mode_of(database, "-wal"), 0600);
    assert_int_equal(mode_of(database, "-shm"), 0600);
    hr_store_close(s);
    chmod(database, 0644);
    s = open_store();
    assert_null(hr_store_reason(s));
    assert_int_equal(mode_of(database, ""), 0600);
    hr_store_close(s);
    umask(before);
    hr_arena_free(a);
}

static void expect_reason(const char *reason)
{
    uint8_t key[32];
    hr_store *s = open_store();
    assert_int_equal(hr_store_key(s, key), HR_ESTORE);
    assert_non_null(hr_store_reason(s));
    assert_string_equal(hr_store_reason(s), reason);
    hr_store_close(s);
}

static void make_state(void)
{
    char state[96];
    snprintf(state, sizeof state, "%s/state", root);
    assert_int_equal(mkdir(state, 0700), 0);
}

static void links_and_directories_open_to_others_are_refused(void **state)
{
    (void)state;
    char other[96];
    make_state();
    snprintf(other, sizeof other, "%s/other", root);
    assert_int_equal(mkdir(other, 0700), 0);
    assert_int_equal(symlink(other, directory), 0);
    expect_reason("directory");
    assert_int_equal(unlink(directory), 0);

    assert_int_equal(mkdir(directory, 0700), 0);
    chmod(directory, 0770);
    expect_reason("directory");
    chmod(directory, 0700);

    strcat(other, "/elsewhere.db");
    assert_int_equal(symlink(other, database), 0);
    expect_reason("directory");
    assert_int_equal(access(other, F_OK), -1);
    assert_int_equal(unlink(database), 0);
    assert_int_equal(mkdir(database, 0700), 0);
    expect_reason("directory");
}

static void a_log_that_is_a_link_is_refused(void **state)
{
    (void)state;
    char wal[160], victim[96];
    struct stat st;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    assert_null(hr_store_reason(s));
    hr_store_close(s);
    snprintf(wal, sizeof wal, "%s-wal", database);
    snprintf(victim, sizeof victim, "%s/victim", root);
    unlink(wal);
    close(open(victim, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(symlink(victim, wal), 0);
    s = open_store();
    hr_decision d = a_decision(61, "sent");
    assert_int_equal(commit_one(s, a, &d), HR_ESTORE);
    hr_store_close(s);
    assert_int_equal(stat(victim, &st), 0);
    assert_int_equal(st.st_size, 0);
    hr_arena_free(a);
}

static void nowhere_to_go_is_said(void **state)
{
    (void)state;
    uint8_t key[32];
    hr_store_options none = {NULL, true, 14, 256, 90, 0, 0},
                     relative = {"state/headroom", true, 14, 256, 90, 0, 0};
    hr_store *s = hr_store_new(&none);
    assert_int_equal(hr_store_key(s, key), HR_ESTORE);
    assert_string_equal(hr_store_reason(s), "no_home");
    hr_store_close(s);
    s = hr_store_new(&relative);
    assert_string_equal(hr_store_reason(s), "no_home");
    hr_store_close(s);
}

static void what_belongs_to_others_is_refused(void **state)
{
    struct stat st;
    (void)state;
    if (geteuid() != 0)
        skip();
    /* root with the HOME of another user: nothing is made there */
    assert_int_equal(chown(root, 65534, 65534), 0);
    expect_reason("foreign_directory");
    assert_int_equal(stat(directory, &st), -1);
    /* nor used */
    make_state();
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(chown(directory, 65534, 65534), 0);
    expect_reason("foreign_directory");
    assert_int_equal(chown(directory, 0, 0), 0);
    close(open(database, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(chown(database, 65534, 65534), 0);
    expect_reason("foreign_directory");
}

static int read_without_rights(void *arg)
{
    uint8_t key[32];
    headroom_stats t;
    hr_arena *a = hr_arena_new();
    (void)arg;
    if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
        return 1;
    hr_store *s = open_store();
    hr_decision d = a_decision(70, "sent"), r;
    if (commit_one(s, a, &d) != 0 || hr_store_key(s, key) != 0)
        return 2;
    chmod(database, 0400);
    hr_store *t2 = open_store();
    if (hr_store_decision(t2, a, d.key, &r) != 1 || hr_store_stats(t2, &t) != 0)
        return 3;
    if (commit_one(t2, a, &d) != HR_ESTORE || strcmp(hr_store_reason(t2), "read_only") != 0)
        return 4;
    hr_store_close(t2);
    hr_store_close(s);
    chmod(database, 0600);
    /* A directory that nothing can be made in. */
    char *slash = strrchr(directory, '/');
    memcpy(slash, "/nothing", 9);
    if (mkdir(directory, 0500) != 0)
        return 5;
    s = open_store();
    int rc = hr_store_key(s, key);
    if (rc != HR_ESTORE || strcmp(hr_store_reason(s), "read_only") != 0)
        return 6;
    hr_store_close(s);
    return 0;
}

static void what_can_only_be_read_is_read(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(root, 65534, 65534), 0);
    assert_int_equal(in_child(read_without_rights, NULL), 0);
}

static void a_newer_database_is_read_and_never_written(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    uint8_t key[32];
    hr_decision d = a_decision(80, "sent"), e = a_decision(81, "sent"), r;
    headroom_row row = a_row(1);
    headroom_stats t;
    assert_int_equal(commit_one(s, a, &d), 0);
    hr_store_close(s);
    outside("PRAGMA user_version=99; ALTER TABLE decisions ADD COLUMN future TEXT");
    s = open_store();
    assert_int_equal(hr_store_key(s, key), 0);
    assert_int_equal(hr_store_decision(s, a, d.key, &r), 1);
    assert_int_equal(commit_one(s, a, &e), HR_ESTORE);
    assert_string_equal(hr_store_reason(s), "newer_version");
    hr_store_request(s, &row);
    hr_store_flush(s);
    assert_int_equal(hr_store_stats(s, &t), 0);
    assert_int_equal(t.requests, 0);
    hr_store_close(s);
    hr_arena_free(a);
}

static void a_corrupt_database_is_left_as_it_is(void **state)
{
    (void)state;
    char junk[8192], after[8192];
    make_state();
    assert_int_equal(mkdir(directory, 0700), 0);
    memset(junk, 'j', sizeof junk);
    int fd = open(database, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
    close(fd);
    expect_reason("corrupt");
    fd = open(database, O_RDONLY);
    assert_int_equal(read(fd, after, sizeof after), sizeof after);
    close(fd);
    assert_memory_equal(junk, after, sizeof junk);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        T(files_are_0600_under_umask_000),
        T(links_and_directories_open_to_others_are_refused),
        T(a_log_that_is_a_link_is_refused),
        T(nowhere_to_go_is_said),
        T(what_belongs_to_others_is_refused),
        T(what_can_only_be_read_is_read),
        T(a_newer_database_is_read_and_never_written),
        T(a_corrupt_database_is_left_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
