/* Requests by how they were treated, counted once whoever asks how often. */
#include "store_fixture.h"

static void add(hr_store *s, const char *mode, int64_t made, int64_t sent, const char *path)
{
    headroom_row row = a_row(1);
    row.mode = mode;
    row.tokens_before = made;
    row.tokens_after = sent;
    row.path = path;
    hr_store_request(s, &row);
}

static headroom_tally tally(hr_store *s, int64_t after_id)
{
    headroom_tally t = {0};
    assert_int_equal(hr_store_tally(s, after_id, &t), 0);
    return t;
}

static void each_request_counts_by_its_mode_and_by_the_part_that_was_sent(void **state)
{
    (void)state;
    hr_store *s = open_store();
    add(s, "optimize", 1000, 100, "/v1/messages"); /* a tenth: at most 0.1 */
    add(s, "optimize", 1000, 101, "/v1/messages"); /* a little more */
    add(s, "optimize", 1000, 1000, "/v1/messages");
    add(s, "simulate", 1000, 100, "/v1/messages"); /* all was sent */
    add(s, "audit", 10, 10, "/v1/messages");
    add(s, "optimize", 0, 0, "/v1/messages");                  /* not looked at */
    add(s, "optimize", 500, 100, "/v1/messages/count_tokens"); /* sends nothing to a model */
    add(s, "optimize", 500, 100, "");                          /* a connection that is only watched */
    headroom_tally t = tally(s, 0);
    assert_true(t.audit == 1 && t.simulate == 1 && t.optimize == 5 && t.newest_id == 8);
    assert_true(t.counted == 5 && t.ratio_millionths == 3201000);
    assert_true(t.at_most[0] == 1 && t.at_most[1] == 2 && t.at_most[8] == 2 && t.at_most[9] == 5);
    hr_store_close(s);
}

static void parts_add_up_to_the_whole(void **state)
{
    (void)state;
    hr_store *s = open_store();
    headroom_tally sum = {0};
    for (int i = 0; i < 300; i++) {
        add(s, i % 3 ? "optimize" : "audit", 100, i % 101, "/v1/messages");
        if (i % 7)
            continue;
        headroom_tally more = tally(s, sum.newest_id);
        sum.newest_id = more.newest_id;
        sum.audit += more.audit;
        sum.optimize += more.optimize;
        sum.counted += more.counted;
        sum.ratio_millionths += more.ratio_millionths;
        sum.at_most[4] += more.at_most[4];
    }
    headroom_tally last = tally(s, sum.newest_id), whole = tally(s, 0);
    assert_true(last.newest_id == whole.newest_id && whole.newest_id == 300);
    assert_true(sum.audit + last.audit == whole.audit && sum.optimize + last.optimize == whole.optimize);
    assert_true(sum.counted + last.counted == 300 && whole.counted == 300);
    assert_true(sum.ratio_millionths + last.ratio_millionths == whole.ratio_millionths);
    assert_true(sum.at_most[4] + last.at_most[4] == whole.at_most[4]);
    headroom_tally none = tally(s, INT64_MAX);
    assert_true(none.newest_id == 300 && none.counted == 0 && none.optimize == 0);
    hr_store_close(s);
}

static void an_empty_database_has_zeros(void **state)
{
    (void)state;
    hr_store *s = open_store();
    add(s, "optimize", 1, 1, "/");
    hr_store_close(s);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM requests", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    s = open_store();
    headroom_tally t = tally(s, 0);
    assert_true(t.newest_id == 0 && t.counted == 0 && t.optimize == 0);
    hr_store_close(s);
}

static void each_call_of_sqlite_may_fail(void **state)
{
    (void)state;
    hr_store *s = open_store();
    add(s, "optimize", 100, 50, "/v1/messages");
    int failed = 0;
    for (long n = 1; n < 50; n++) {
        headroom_tally t = {0};
        hr_fault_after(HR_FAULT_SQL, n, false);
        int rc = hr_store_tally(s, 0, &t);
        hr_fault_after(HR_FAULT_SQL, 0, false);
        assert_true(rc < 0 || (rc == 0 && t.counted == 1));
        failed += rc < 0;
    }
    assert_true(failed > 0);
    assert_true(tally(s, 0).counted == 1);
    hr_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_request_counts_by_its_mode_and_by_the_part_that_was_sent,
                                        make_root, remove_root),
        cmocka_unit_test_setup_teardown(parts_add_up_to_the_whole, make_root, remove_root),
        cmocka_unit_test_setup_teardown(an_empty_database_has_zeros, make_root, remove_root),
        cmocka_unit_test_setup_teardown(each_call_of_sqlite_may_fail, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
