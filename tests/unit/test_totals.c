/* Sums over requests, by what they are grouped. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_is_one_group, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_span_of_time_has_its_own_sums, make_root, remove_root),
        cmocka_unit_test_setup_teardown(groups_have_the_names_of_what_they_share, make_root, remove_root),
        cmocka_unit_test_setup_teardown(tools_are_counted_by_their_results, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
