/* Sums over requests, by what they are grouped. */
#include <time.h>

#include "store_fixture.h"

enum { GROUPS = 8 };

struct seen {
    char name[GROUPS][64];
    headroom_totals totals[GROUPS];
    int n;
};

static int note(void *arg, const char *name, const headroom_totals *t)
{
    struct seen *s = arg;
    assert_true(s->n < GROUPS);
    snprintf(s->name[s->n], sizeof s->name[0], "%s", name);
    s->totals[s->n++] = *t;
    return 0;
}

static struct seen sums(hr_store *s, int64_t from, int64_t to, enum headroom_by by)
{
    struct seen seen = {.n = 0};
    assert_int_equal(hr_store_each_total(s, from, to, by, note, &seen), 0);
    return seen;
}

static void fill(hr_store *s)
{
    headroom_row row = a_row(1);
    row.cost = row.saved = HEADROOM_UNPRICED;
    row.time_us = 1000;
    row.results_json =
        "[{\"tool\":\"Bash\",\"transform\":\"log_lines\",\"replayed\":true,\"tokens_before\":90,"
        "\"tokens_after\":10},{\"tool\":\"Read\",\"transform\":null,\"replayed\":false,"
        "\"tokens_before\":50,\"tokens_after\":50}]";
    hr_store_request(s, &row);
    row.time_us = 2000;
    row.model = "n";
    row.status = 529;
    row.usage = NULL;
    row.input_tokens = row.output_tokens = -1;
    row.rewritten = 0;
    row.results_json = NULL;
    hr_store_request(s, &row);
    row = a_row(2);
    row.time_us = 3000;
    row.program = "node";
    row.cached_tokens = 4;
    row.cache_written_tokens = 2;
    row.unique_before = 100;
    row.unique_after = 30;
    row.cost = 5000;
    row.saved = -700;
    hr_store_request(s, &row);
    row.path = ""; /* a connection that is only watched */
    hr_store_request(s, &row);
}

static void everything_is_one_group(void **state)
{
    (void)state;
    hr_store *s = open_store();
    fill(s);
    struct seen seen = sums(s, 0, INT64_MAX, HEADROOM_BY_NOTHING);
    assert_int_equal(seen.n, 1);
    headroom_totals t = seen.totals[0];
    assert_string_equal(seen.name[0], "");
    assert_true(t.requests == 3 && t.failed == 1 && t.touched == 2 && t.replayed == 3 && t.elapsed_us == 165);
    assert_true(t.tokens_before == 3000 && t.tokens_after == 900);
    assert_true(t.unique_before == 100 && t.unique_after == 30);
    assert_true(t.reported == 2 && t.input == 14 && t.output == 18 && t.cached == 4 && t.cache_written == 2);
    assert_true(t.priced == 1 && t.cost == 5000 && t.saved == -700);
    hr_store_close(s);
}

static void a_span_of_time_has_its_own_sums(void **state)
{
    (void)state;
    hr_store *s = open_store();
    fill(s);
    struct seen seen = sums(s, 1000, 3000, HEADROOM_BY_PROGRAM);
    assert_int_equal(seen.n, 1);
    assert_string_equal(seen.name[0], "python3");
    assert_true(seen.totals[0].requests == 2);
    assert_int_equal(sums(s, 3001, INT64_MAX, HEADROOM_BY_PROGRAM).n, 0);
    hr_store_close(s);
}

static void groups_have_the_names_of_what_they_share(void **state)
{
    (void)state;
    hr_store *s = open_store();
    fill(s);
    struct seen seen = sums(s, 0, INT64_MAX, HEADROOM_BY_MODEL);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.name[0], "m");
    assert_string_equal(seen.name[1], "n");
    assert_true(seen.totals[0].requests == 2 && seen.totals[1].failed == 1);
    assert_string_equal(sums(s, 0, INT64_MAX, HEADROOM_BY_HOST).name[0], "api.example.com");
    assert_string_equal(sums(s, 0, INT64_MAX, HEADROOM_BY_DIALECT).name[0], "anthropic");
    assert_int_equal(sums(s, 0, INT64_MAX, HEADROOM_BY_DAY).n, 1);
    hr_store_close(s);
}

static void tools_are_counted_by_their_results(void **state)
{
    (void)state;
    hr_store *s = open_store();
    fill(s);
    struct seen seen = sums(s, 0, INT64_MAX, HEADROOM_BY_TOOL);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.name[0], "Bash");
    headroom_totals t = seen.totals[0];
    assert_true(t.requests == 1 && t.touched == 1 && t.replayed == 1 && t.tokens_before == 90 &&
                t.tokens_after == 10);
    assert_true(seen.totals[1].touched == 0 && seen.totals[1].tokens_after == 50);
    hr_store_close(s);
}

/* ------------------------------------------------------------------ what is kept as it comes */
enum { MANY = 400 };
#define SLOT INT64_C(900000000)
#define DAY  (96 * SLOT)

static uint64_t seed = 42;
static int64_t chance(int64_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (int64_t)((seed >> 16) % (uint64_t)n);
}

/* Requests all over some days, many at the very ends of slots. */
static void fill_days(hr_store *s, int64_t first, int64_t span)
{
    static const char *const names[] = {"a", "b", "c"};
    for (int i = 0; i < MANY; i++) {
        headroom_row row = a_row(i);
        row.time_us = first + chance(span);
        if (i % 3 == 0)
            row.time_us = row.time_us / SLOT * SLOT - (i % 2);
        row.program = names[chance(3)];
        row.model = chance(4) ? names[chance(3)] : NULL;
        row.host = names[chance(2)];
        row.mode = chance(5) ? "optimize" : "simulate";
        row.path = chance(9) ? "/v1/messages" : chance(2) ? "/v1/messages/count_tokens" : "";
        row.tokens_before = 1000 + chance(1000);
        row.tokens_after = chance(1000);
        row.input_tokens = chance(7) ? 500 + chance(1000) : -1;
        row.cost = chance(2) ? chance(1000000) : HEADROOM_UNPRICED;
        row.saved = row.cost == HEADROOM_UNPRICED ? row.cost : chance(1000) - 500;
        row.status = chance(10) ? 200 : 500;
        row.results_json = i % 2 ? "[{\"tool\":\"Ba\\u0073h\",\"transform\":\"x\",\"replayed\":true,\"tokens_"
                                   "before\":90,\"tokens_after\":10},{\"tool\":\"Read\",\"transform\":null,"
                                   "\"replayed\":false,\"tokens_before\":50,\"tokens_after\":50}]"
                                 : NULL;
        hr_store_request(s, &row);
    }
}

static int64_t seen_us[2 * MANY];
static size_t n_seen;

static int note_time(void *arg, const headroom_row *row)
{
    (void)arg;
    bool known = false;
    for (size_t i = 0; i < n_seen; i++)
        known |= seen_us[i] == row->time_us;
    if (!known)
        seen_us[n_seen++] = row->time_us;
    return 0;
}

/* What the requests themselves say: each is its own span of a microsecond, for which no slot is asked. */
static headroom_totals truth_of(hr_store *s, int64_t from, int64_t to, enum headroom_by by)
{
    headroom_totals all = {0};
    n_seen = 0;
    assert_int_equal(hr_store_each_request(s, 0, note_time, NULL), 0);
    for (size_t i = 0; i < n_seen; i++)
        if (seen_us[i] >= from && seen_us[i] < to)
            assert_int_equal(hr_store_each_total(s, seen_us[i], seen_us[i] + 1, by, add_members, &all), 0);
    return all;
}

static headroom_totals sum_of(hr_store *s, int64_t from, int64_t to, enum headroom_by by)
{
    headroom_totals all = {0};
    assert_int_equal(hr_store_each_total(s, from, to, by, add_members, &all), 0);
    return all;
}

static void sums_are_those_of_the_requests_in_any_span(void **state)
{
    (void)state;
    hr_store *s = open_store();
    const int64_t now = hr_wall_us() / DAY * DAY;
    fill_days(s, now - 4 * DAY, 4 * DAY);
    static const enum headroom_by all[] = {HEADROOM_BY_NOTHING, HEADROOM_BY_DAY,         HEADROOM_BY_PROGRAM,
                                           HEADROOM_BY_MODEL,   HEADROOM_BY_DIALECT,     HEADROOM_BY_HOST,
                                           HEADROOM_BY_TOOL,    HEADROOM_BY_CONVERSATION};
    for (int i = 0; i < 12; i++) {
        int64_t from = i ? now - 4 * DAY + chance(2 * DAY) : 0, to = i ? from + chance(2 * DAY) : INT64_MAX;
        for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
            const headroom_totals want = truth_of(s, from, to, all[k]), got = sum_of(s, from, to, all[k]);
            assert_memory_equal(&want, &got, sizeof want);
        }
    }
    headroom_totals t = sum_of(s, 0, INT64_MAX, HEADROOM_BY_NOTHING);
    assert_true(t.requests > 300 && t.compared > 100 && t.estimate_off > 0 && t.compared_input > 0);
    hr_store_close(s);
}

static void days_are_local_in_every_time_zone(void **state)
{
    (void)state;
    hr_store *s = open_store();
    headroom_row row = a_row(1);
    row.time_us = INT64_C(1795046399) * 1000000; /* 2026-11-18 23:59:59 UTC */
    hr_store_request(s, &row);
    static const struct {
        const char *zone, *day;
    } cases[] = {{"UTC0", "2026-11-18"},
                 {"XXX-0:15", "2026-11-19"},
                 {"XXX+11:45", "2026-11-18"},
                 {"XXX-13:45", "2026-11-19"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv("TZ", cases[i].zone, 1);
        tzset();
        assert_string_equal(sums(s, 0, INT64_MAX, HEADROOM_BY_DAY).name[0], cases[i].day);
    }
    unsetenv("TZ");
    tzset();
    hr_store_close(s);
}

static void a_purge_takes_the_sums_of_what_it_deletes(void **state)
{
    (void)state;
    hr_store *s = open_store();
    const int64_t now = hr_wall_us() / DAY * DAY;
    headroom_purge_counts counts;
    fill_days(s, now - 4 * DAY, 4 * DAY);
    headroom_purge_scope scope = {.requests_before_us = now - 2 * DAY + 7 * SLOT + 12345};
    assert_int_equal(hr_store_purge(s, &scope, 1000000, &counts), 0);
    assert_true(counts.requests > 100);
    for (int by = HEADROOM_BY_NOTHING; by <= HEADROOM_BY_TOOL; by++) {
        const headroom_totals want = truth_of(s, 0, INT64_MAX, by), got = sum_of(s, 0, INT64_MAX, by);
        assert_memory_equal(&want, &got, sizeof want);
        assert_true(got.requests > 50);
        assert_int_equal(sum_of(s, 0, scope.requests_before_us, by).requests, 0);
    }
    headroom_stats stats;
    assert_int_equal(hr_store_stats(s, &stats), 0);
    assert_int_equal(stats.requests, sum_of(s, 0, INT64_MAX, HEADROOM_BY_NOTHING).requests);
    scope.requests_before_us = INT64_MAX;
    assert_int_equal(hr_store_purge(s, &scope, 1000000, &counts), 0);
    assert_int_equal(sums(s, 0, INT64_MAX, HEADROOM_BY_HOST).n, 0);
    assert_int_equal(sums(s, 0, INT64_MAX, HEADROOM_BY_TOOL).n, 0);
    hr_store_close(s);
}

static void expiry_leaves_whole_days(void **state)
{
    (void)state;
    hr_store *s = open_store_of_90_days();
    const int64_t now = hr_wall_us() / DAY * DAY;
    fill_days(s, now - 100 * DAY, 6 * DAY);
    fill_days(s, now - 3 * DAY, 3 * DAY);
    headroom_totals before[HEADROOM_BY_TOOL + 1];
    for (int by = HEADROOM_BY_NOTHING; by <= HEADROOM_BY_TOOL; by++)
        before[by] = sum_of(s, 0, INT64_MAX, by);
    const headroom_totals day = sum_of(s, now - 98 * DAY, now - 97 * DAY, HEADROOM_BY_TOOL);
    assert_int_equal(hr_store_expire(s), 0);
    headroom_store_facts facts = {0};
    assert_int_equal(hr_store_facts(s, &facts), 0);
    assert_int_equal(facts.requests, MANY);
    for (int by = HEADROOM_BY_NOTHING; by <= HEADROOM_BY_TOOL; by++) {
        const headroom_totals after = sum_of(s, 0, INT64_MAX, by);
        assert_memory_equal(&before[by], &after, sizeof after);
    }
    const headroom_totals kept = sum_of(s, now - 98 * DAY, now - 97 * DAY, HEADROOM_BY_TOOL);
    assert_memory_equal(&day, &kept, sizeof day);
    char sql[256];
    snprintf(
        sql, sizeof sql,
        "CREATE TABLE gone(n CHECK(n = 0)); INSERT INTO gone SELECT count(*) FROM sums WHERE level = 0 AND "
        "slot < %lld",
        (long long)((now - 90 * DAY) / SLOT));
    outside(sql); /* fails where a row is left */
    hr_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_is_one_group, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_span_of_time_has_its_own_sums, make_root, remove_root),
        cmocka_unit_test_setup_teardown(groups_have_the_names_of_what_they_share, make_root, remove_root),
        cmocka_unit_test_setup_teardown(tools_are_counted_by_their_results, make_root, remove_root),
        cmocka_unit_test_setup_teardown(sums_are_those_of_the_requests_in_any_span, make_root, remove_root),
        cmocka_unit_test_setup_teardown(days_are_local_in_every_time_zone, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_purge_takes_the_sums_of_what_it_deletes, make_root, remove_root),
        cmocka_unit_test_setup_teardown(expiry_leaves_whole_days, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
