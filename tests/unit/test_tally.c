/* Requests by how they were treated, added up as they come. */
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

static headroom_tally tally(hr_store *s)
{
    headroom_tally t = {0};
    assert_int_equal(hr_store_tally(s, &t), 0);
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
    headroom_tally t = tally(s);
    assert_true(t.audit == 1 && t.simulate == 1 && t.optimize == 5 && t.newest_id == 8);
    assert_true(t.counted == 5 && t.ratio_millionths == 3201000);
    assert_true(t.at_most[0] == 1 && t.at_most[1] == 2 && t.at_most[8] == 2 && t.at_most[9] == 5);
    hr_store_close(s);
}

#define DAY INT64_C(86400000000)

static void at(hr_store *s, int64_t time_us, const char *mode, int64_t sent)
{
    headroom_row row = a_row(1);
    row.time_us = time_us;
    row.mode = mode;
    row.tokens_before = 1000;
    row.tokens_after = sent;
    hr_store_request(s, &row);
}

/* A counter that falls is a lie. */
static void rows_that_expire_stay_counted(void **state)
{
    (void)state;
    hr_store *s = open_store_of_90_days();
    const int64_t now = hr_wall_us();
    for (int i = 0; i < 30; i++)
        at(s, now - (i % 2 ? 1 : 100) * DAY, i % 3 ? "optimize" : "audit", i * 30);
    const headroom_tally before = tally(s);
    assert_int_equal(hr_store_expire(s), 0);
    headroom_store_facts facts = {0};
    assert_int_equal(hr_store_facts(s, &facts), 0);
    assert_int_equal(facts.requests, 15);
    const headroom_tally after = tally(s);
    assert_true(after.optimize == 20 && after.audit == 10 && after.counted == 30);
    assert_memory_equal(&before, &after, sizeof before);
    hr_store_close(s);
}

static void a_purge_takes_the_counts_of_what_it_deletes(void **state)
{
    (void)state;
    hr_store *s = open_store();
    const int64_t day = hr_wall_us() / DAY * DAY;
    headroom_purge_counts counts;
    headroom_purge_scope scope = {.requests_before_us = day - DAY + 5000};
    at(s, day - 2 * DAY, "optimize", 100);
    at(s, day - DAY, "simulate", 100);
    at(s, day - DAY + 5000, "optimize", 300);
    at(s, day, "audit", 1000);
    assert_int_equal(hr_store_purge(s, &scope, 1000000, &counts), 0);
    headroom_tally t = tally(s);
    assert_true(t.optimize == 1 && t.simulate == 0 && t.audit == 1 && t.counted == 2);
    assert_true(t.at_most[2] == 1 && t.at_most[1] == 0 && t.ratio_millionths == 1300000);
    scope.requests_before_us = INT64_MAX;
    assert_int_equal(hr_store_purge(s, &scope, 1000000, &counts), 0);
    t = tally(s);
    assert_true(t.optimize == 0 && t.counted == 0 && t.newest_id == 0);
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
    assert_int_equal(sqlite3_exec(db, "DELETE FROM requests; DELETE FROM tallies", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    s = open_store();
    headroom_tally t = tally(s);
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
        int rc = hr_store_tally(s, &t);
        hr_fault_after(HR_FAULT_SQL, 0, false);
        assert_true(rc < 0 || (rc == 0 && t.counted == 1));
        failed += rc < 0;
    }
    assert_true(failed > 0);
    assert_true(tally(s).counted == 1);
    hr_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_request_counts_by_its_mode_and_by_the_part_that_was_sent,
                                        make_root, remove_root),
        cmocka_unit_test_setup_teardown(rows_that_expire_stay_counted, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_purge_takes_the_counts_of_what_it_deletes, make_root, remove_root),
        cmocka_unit_test_setup_teardown(an_empty_database_has_zeros, make_root, remove_root),
        cmocka_unit_test_setup_teardown(each_call_of_sqlite_may_fail, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
