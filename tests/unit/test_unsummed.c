/* Requests that an older version stored: no host waits for their sums, and each is counted once, whoever sums them, and whatever is killed. */
#include "store_fixture.h"

#define DAY  INT64_C(86400000000)
#define SLOT INT64_C(900000000)

enum { MANY = 700, BY = HEADROOM_BY_TOOL + 1 };

struct figures {
    headroom_totals by[BY];
    headroom_tally tally;
};

static struct figures figures(hr_store *s)
{
    struct figures f = {0};
    for (int by = 0; by < BY; by++)
        assert_int_equal(hr_store_each_total(s, 0, INT64_MAX, (enum headroom_by)by, add_members, &f.by[by]),
                         0);
    assert_int_equal(hr_store_tally(s, &f.tally), 0);
    return f;
}

static headroom_row row_of(int i)
{
    static const char *const names[] = {"a", "b", "c"};
    headroom_row row = a_row(i);
    row.time_us = hr_wall_us() / DAY * DAY - (MANY - i) * SLOT / 3;
    row.program = names[i % 3];
    row.model = i % 4 ? names[i / 3 % 3] : NULL;
    row.mode = i % 5 ? "optimize" : "simulate";
    row.path = i % 9 ? "/v1/messages" : i % 2 ? "/v1/messages/count_tokens" : "";
    row.tokens_after = i % 1000;
    row.exact = i % 2;
    row.cost = i % 7 ? i : HEADROOM_UNPRICED;
    row.saved = row.cost;
    row.results_json = i % 2
                           ? "[{\"tool\":\"Bash\",\"transform\":\"x\",\"replayed\":true,\"tokens_before\":90,"
                             "\"tokens_after\":10}]"
                           : NULL;
    return row;
}

static void store_rows(hr_store *s, int from, int to)
{
    for (int i = from; i < to; i++) {
        const headroom_row row = row_of(i);
        hr_store_request(s, &row);
    }
}

#define TO_8                                                                                                 \
    "DROP TABLE tallies; ALTER TABLE sums DROP COLUMN counted; ALTER TABLE sums DROP COLUMN exact; ALTER "   \
    "TABLE requests DROP COLUMN factor; ALTER TABLE requests DROP COLUMN factor_off;"
/* What an older version leaves behind. */
static void make_older(int version)
{
    if (version == 8)
        outside(TO_8 "PRAGMA user_version=8");
    else
        outside(
            TO_8
            "DROP TABLE sums; DROP TABLE tool_sums; DROP TABLE groups; DROP INDEX requests_time; DROP INDEX "
            "requests_session; ALTER TABLE decisions DROP COLUMN counted; PRAGMA user_version=6");
}

static int64_t left(hr_store *s, int64_t most)
{
    int64_t n = -1;
    assert_int_equal(hr_store_sum_older(s, most, &n), 0);
    return n;
}

static void steps_lead_to_the_sums_of_all(void **state)
{
    (void)state;
    static const int versions[] = {6, 8};
    for (size_t v = 0; v < 2; v++) {
        hr_store *s = open_store();
        store_rows(s, 0, MANY);
        const struct figures want = figures(s);
        assert_true(want.by[0].exact > 100 && want.by[0].counted > want.by[0].exact &&
                    want.tally.simulate > 50);
        hr_store_close(s);
        make_older(versions[v]);
        s = open_store();
        assert_int_equal(left(s, 0), MANY);
        struct figures got = figures(s);
        assert_int_equal(got.by[0].requests, v == 0 ? 0 : want.by[0].requests);
        assert_int_equal(got.tally.optimize, 0);
        for (int64_t n = MANY; n > 0;) {
            const int64_t now = left(s, 100);
            assert_int_equal(now, n > 100 ? n - 100 : 0);
            n = now;
        }
        got = figures(s);
        assert_memory_equal(&want, &got, sizeof want);
        assert_int_equal(left(s, 100), 0);
        hr_store_close(s);
        remove_root(NULL);
        make_root(NULL);
    }
}

static void few_are_summed_by_whoever_opens_first(void **state)
{
    (void)state;
    hr_store *s = open_store();
    store_rows(s, 0, 200);
    const struct figures want = figures(s);
    hr_store_close(s);
    make_older(6);
    s = open_store();
    const struct figures got = figures(s);
    assert_memory_equal(&want, &got, sizeof want);
    assert_int_equal(left(s, 0), 0);
    hr_store_close(s);
}

/* New requests are in the sums at once; the older ones come to them, the newest first. */
static void new_requests_count_once_whatever_is_summed_meanwhile(void **state)
{
    (void)state;
    hr_store *s = open_store();
    store_rows(s, 0, MANY);
    hr_store_close(s);
    make_older(6);
    s = open_store();
    store_rows(s, MANY, MANY + 50);
    assert_int_equal(left(s, 0), MANY);
    assert_true(figures(s).by[0].requests < 50);
    assert_int_equal(left(s, 300), MANY - 300);
    store_rows(s, MANY + 50, MANY + 100);
    for (int i = 0; i < MANY && left(s, 300) > 0; i++)
        ;
    assert_int_equal(left(s, 0), 0);
    const struct figures got = figures(s);
    hr_store_close(s);
    remove_root(NULL);
    make_root(NULL);
    s = open_store();
    store_rows(s, 0, MANY + 100);
    const struct figures want = figures(s);
    assert_memory_equal(&want, &got, sizeof want);
    hr_store_close(s);
}

static int sum_until_done(void *arg)
{
    const int *most = arg;
    hr_store *s = open_store();
    int64_t n = 1;
    for (int i = 0; i < 10000 && n > 0; i++)
        if (hr_store_sum_older(s, *most, &n) < 0)
            n = 1;
    _exit(n == 0 ? 0 : 1);
}

static void several_and_killed_ones_count_each_once(void **state)
{
    (void)state;
    hr_store *s = open_store();
    store_rows(s, 0, MANY);
    const struct figures want = figures(s);
    hr_store_close(s);
    make_older(6);
    int most[3] = {7, 11, 13};
    pid_t pids[3];
    for (int round = 0; round < 20; round++) {
        const pid_t one = fork();
        if (one == 0)
            sum_until_done(&most[round % 3]);
        usleep((useconds_t)(500 + round * 700));
        kill(one, SIGKILL);
        assert_int_equal(waitpid(one, NULL, 0), one);
    }
    for (int i = 0; i < 3; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            sum_until_done(&most[i]);
    }
    for (int i = 0; i < 3; i++) {
        int status = -1;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    s = open_store();
    const struct figures got = figures(s);
    assert_memory_equal(&want, &got, sizeof want);
    hr_store_close(s);
}

static void a_purge_leaves_the_sums_of_what_stays(void **state)
{
    (void)state;
    hr_store *s = open_store();
    store_rows(s, 0, MANY);
    headroom_purge_counts counts;
    const headroom_purge_scope scope = {.requests_before_us = row_of(MANY / 2).time_us + 5};
    hr_store_close(s);
    make_older(6);
    s = open_store();
    assert_int_equal(hr_store_purge(s, &scope, 1000000, &counts), 0);
    assert_int_equal(left(s, 0), 0);
    const struct figures got = figures(s);
    headroom_totals truth = {0};
    for (int i = MANY / 2 + 1; i < MANY; i++) {
        const int64_t at = row_of(i).time_us;
        assert_int_equal(hr_store_each_total(s, at, at + 1, HEADROOM_BY_NOTHING, add_members, &truth), 0);
    }
    assert_memory_equal(&truth, &got.by[0], sizeof truth);
    hr_store_close(s);
}

static void what_is_not_summed_does_not_expire(void **state)
{
    (void)state;
    hr_store *s = open_store_of_90_days();
    store_rows(s, 0, MANY);
    hr_store_close(s);
    outside("UPDATE requests SET time = time - 100 * 86400000000 WHERE id <= 400");
    make_older(6);
    s = open_store_of_90_days();
    headroom_store_facts facts = {0};
    assert_int_equal(hr_store_expire(s), 0);
    assert_int_equal(hr_store_facts(s, &facts), 0);
    assert_int_equal(facts.requests, MANY);
    for (int i = 0; i < MANY && left(s, 300) > 0; i++)
        ;
    assert_int_equal(left(s, 0), 0);
    const headroom_totals before = figures(s).by[0];
    assert_int_equal(hr_store_expire(s), 0);
    assert_int_equal(hr_store_facts(s, &facts), 0);
    assert_int_equal(facts.requests, MANY - 400);
    const headroom_totals after = figures(s).by[0];
    assert_memory_equal(&before, &after, sizeof before);
    hr_store_close(s);
}

static void each_call_of_sqlite_may_fail(void **state)
{
    (void)state;
    hr_store *s = open_store();
    store_rows(s, 0, MANY);
    const struct figures want = figures(s);
    hr_store_close(s);
    make_older(6);
    s = open_store();
    int64_t n = left(s, 0);
    for (long at = 1; n > 0 && at < 2000; at++) {
        int64_t now = -1;
        hr_fault_after(HR_FAULT_SQL, at % 40 + 1, false);
        const int rc = hr_store_sum_older(s, 50, &now);
        hr_fault_after(HR_FAULT_SQL, 0, false);
        if (rc == 0)
            n = now;
    }
    assert_int_equal(n, 0);
    const struct figures got = figures(s);
    assert_memory_equal(&want, &got, sizeof want);
    hr_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(steps_lead_to_the_sums_of_all, make_root, remove_root),
        cmocka_unit_test_setup_teardown(few_are_summed_by_whoever_opens_first, make_root, remove_root),
        cmocka_unit_test_setup_teardown(new_requests_count_once_whatever_is_summed_meanwhile, make_root,
                                        remove_root),
        cmocka_unit_test_setup_teardown(several_and_killed_ones_count_each_once, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_purge_leaves_the_sums_of_what_stays, make_root, remove_root),
        cmocka_unit_test_setup_teardown(what_is_not_summed_does_not_expire, make_root, remove_root),
        cmocka_unit_test_setup_teardown(each_call_of_sqlite_may_fail, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
