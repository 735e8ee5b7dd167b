/* test_budget.c - claims of core/budget.h: what is spent today, who is told, and what is refused. */
#include "road.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "budget.h"
#include "context.h"

#define DOLLAR INT64_C(1000000000)

static int set_up(void **state)
{
    static const char *const names[] = {"DAILY_USD", "PROGRAMS", "WARN_PERCENT", "REFUSE"};
    char name[64];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "HEADROOM_BUDGET_%s", names[i]);
        unsetenv(name);
    }
    setenv("TZ", "UTC", 1);
    tzset();
    return road_setup(state);
}

static void amounts_are_whole_or_have_decimals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t amount; /* 0: none */
    } cases[] = {
        {"5", 5 * DOLLAR},
        {"2.50", 5 * DOLLAR / 2},
        {".25", DOLLAR / 4},
        {"3.", 3 * DOLLAR},
        {"0.000000001", 1},
        {"1000000", 1000000 * DOLLAR},
        {"1000000.1", 0},
        {"99999999999999999999", 0},
        {"0.0000000001", 0},
        {"0", 0},
        {"", 0},
        {".", 0},
        {"-1", 0},
        {"$5", 0},
        {"1,5", 0},
        {"1.2.3", 0},
        {"5 ", 0},
        {"1e3", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t amount = -1;
        bool right = hr_dollars_read(hr_str_make(cases[i].text, strlen(cases[i].text)), &amount);
        assert_int_equal(right, cases[i].amount != 0);
        if (right)
            assert_int_equal(amount, cases[i].amount);
    }
}

static int64_t midnight(const char *zone, int64_t now)
{
    setenv("TZ", zone, 1);
    tzset();
    return hr_local_midnight(now * 1000000) / 1000000;
}

static void the_day_is_the_users_own_and_may_have_23_or_25_hours(void **state)
{
    (void)state;
    const int64_t day = 1774742400; /* 2026-03-29 00:00 UTC: summer time begins in Berlin at 01:00 UTC */
    assert_int_equal(midnight("UTC", day + 5000), day);
    assert_int_equal(midnight("IST-5:30", day), day - 19800);
    assert_int_equal(midnight("EST5", day), day - 86400 + 18000);
    const char *berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
    assert_int_equal(midnight(berlin, day + 1800), day - 3600);
    assert_int_equal(midnight(berlin, day + 12 * 3600), day - 3600);
    const int64_t autumn = 1792886400; /* 2026-10-25 */
    assert_int_equal(midnight(berlin, autumn + 12 * 3600), autumn - 7200);
    /* A zone whose clocks change at midnight: that day begins at 01:00. */
    const int64_t october = 1791072000; /* 2026-10-04 */
    assert_int_equal(midnight("PYT4PYST,M10.1.0/0,M3.4.0/0", october + 24 * 3600), october + 4 * 3600);
    setenv("TZ", "UTC", 1);
    tzset();
}

/* ------------------------------------------------------------------ what was spent */
static void spend(headroom *h, const char *program, int64_t cost)
{
    headroom_row row = {.time_us = hr_wall_us(),
                        .pid = 1,
                        .program = program,
                        .host = "api",
                        .path = "/v1/messages",
                        .dialect = "anthropic",
                        .model = "m",
                        .mode = "optimize",
                        .status = 200,
                        .complete = true,
                        .transforms = "",
                        .input_tokens = 5,
                        .cost = cost,
                        .saved = HEADROOM_UNPRICED};
    hr_store_request(h->store, &row);
    hr_budget_spent(h, &row);
}

static const headroom_head a_head = {
    .host = "api", .host_len = 3, .path = "/v1/messages", .path_len = 12, .dialect = "anthropic"};

struct seen {
    int n;
    char text[256];
};

static int note(void *arg, const headroom_budget *b)
{
    struct seen *s = arg;
    char one[96];

    snprintf(one, sizeof one, "[%s %lld/%lld %lld%s%s]", b->program, (long long)(b->spent / (DOLLAR / 100)),
             (long long)(b->limit / (DOLLAR / 100)), (long long)b->unpriced, b->warned ? " warned" : "",
             b->refused ? " refused" : "");
    strcat(s->text, one);
    s->n++;
    return 0;
}

static const char *budgets(headroom *h)
{
    static struct seen s;
    s = (struct seen){.n = 0};
    assert_int_equal(headroom_each_budget(h, note, &s), 0);
    return s.text;
}

static int log_lines(const char *with)
{
    char path[128], line[1024];
    int n = 0;

    snprintf(path, sizeof path, "%s/headroom/headroom.log", road_home);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        n += strstr(line, with) != NULL;
    if (f)
        fclose(f);
    return n;
}

static void without_a_budget_nothing_is_asked_and_nothing_refused(void **state)
{
    (void)state;
    setenv("HEADROOM_BUDGET_REFUSE", "on", 1);
    headroom *h = headroom_open(0);
    spend(h, h->program, 1000 * DOLLAR);
    assert_string_equal(budgets(h), "");
    assert_false(headroom_refuses(h, &a_head));
    headroom_close(h);
}

static void today_is_summed_over_all_programs_and_over_those_that_a_pattern_names(void **state)
{
    (void)state;
    setenv("HEADROOM_BUDGET_DAILY_USD", "10", 1);
    setenv("HEADROOM_BUDGET_PROGRAMS", "claude=2.5 py*=1,node=4", 1);
    headroom *h = headroom_open(0);
    spend(h, "claude", 2 * DOLLAR);
    spend(h, "python3", DOLLAR / 2);
    spend(h, "pytest", DOLLAR / 4);
    spend(h, "node", HEADROOM_UNPRICED);
    headroom_row yesterday = {.time_us = hr_local_midnight(hr_wall_us()) - 1,
                              .program = "claude",
                              .path = "/v1/messages",
                              .status = 200,
                              .cost = 50 * DOLLAR,
                              .saved = 0,
                              .transforms = ""};
    hr_store_request(h->store, &yesterday);
    assert_string_equal(budgets(h), "[ 275/1000 1][claude 200/250 0 warned][py* 75/100 0][node 0/400 1]");
    headroom_close(h);
}

static void a_share_is_warned_of_once_a_day_whatever_process_sees_it(void **state)
{
    (void)state;
    setenv("HEADROOM_BUDGET_DAILY_USD", "10", 1);
    headroom *h = headroom_open(0), *other = headroom_open(0);
    spend(h, "claude", 7 * DOLLAR);
    assert_int_equal(log_lines("budget:"), 0);
    spend(h, "claude", DOLLAR);
    assert_int_equal(log_lines("budget: $8.00 of $10.00 are spent today"), 1);
    spend(h, "claude", DOLLAR);
    spend(other, "node", DOLLAR);
    assert_int_equal(log_lines("budget:"), 1);
    headroom_close(h);
    headroom_close(other);
}

static void a_share_of_nothing_is_never_warned_of(void **state)
{
    (void)state;
    setenv("HEADROOM_BUDGET_DAILY_USD", "1", 1);
    setenv("HEADROOM_BUDGET_WARN_PERCENT", "0", 1);
    headroom *h = headroom_open(0);
    spend(h, "claude", 3 * DOLLAR);
    assert_int_equal(log_lines("budget:"), 0);
    headroom_close(h);
}

static int last_row(void *arg, const headroom_row *row)
{
    *(headroom_row *)arg = *row;
    ((headroom_row *)arg)->skipped = row->skipped && strcmp(row->skipped, "budget") == 0 ? "budget" : NULL;
    return 0;
}

static void a_spent_budget_refuses_only_where_the_user_says_so(void **state)
{
    (void)state;
    setenv("HEADROOM_BUDGET_DAILY_USD", "1", 1);
    headroom *h = headroom_open(0);
    spend(h, "claude", 2 * DOLLAR);
    assert_false(headroom_refuses(h, &a_head));
    headroom_close(h);
    setenv("HEADROOM_BUDGET_REFUSE", "on", 1);
    h = headroom_open(0);
    assert_true(headroom_refuses(h, &a_head));
    headroom_row row = {0};
    assert_int_equal(headroom_each_request(h, 0, last_row, &row), 0);
    assert_int_equal(row.id, 2);
    assert_string_equal(row.skipped, "budget");
    assert_true(row.status == 0 && !row.complete && row.bytes_before == 0);
    assert_string_equal(budgets(h), "[ 200/100 0 warned refused]");
    headroom_head counts = a_head;
    counts.count_only = true; /* costs nothing */
    assert_false(headroom_refuses(h, &counts));
    headroom_close(h);
}

static void a_limit_of_another_program_refuses_nothing_here(void **state)
{
    (void)state;
    setenv("HEADROOM_BUDGET_REFUSE", "on", 1);
    setenv("HEADROOM_BUDGET_PROGRAMS", "claude=1", 1);
    headroom *h = headroom_open(0);
    spend(h, "claude", 2 * DOLLAR);
    assert_false(headroom_refuses(h, &a_head));
    headroom_close(h);
    setenv("HEADROOM_BUDGET_PROGRAMS", "test_*=1", 1);
    h = headroom_open(0);
    assert_false(headroom_refuses(h, &a_head));
    spend(h, h->program, DOLLAR);
    assert_true(headroom_refuses(h, &a_head));
    headroom_close(h);
}

static void what_another_process_spends_is_seen_within_two_seconds(void **state)
{
    (void)state;
    setenv("HEADROOM_BUDGET_REFUSE", "on", 1);
    setenv("HEADROOM_BUDGET_DAILY_USD", "1", 1);
    headroom *h = headroom_open(0);
    assert_false(headroom_refuses(h, &a_head));
    pid_t pid = fork();
    if (pid == 0) {
        headroom *child = headroom_open(0);
        spend(child, "other", 2 * DOLLAR);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    bool refused = false;
    for (int i = 0; i < 200 && !(refused = headroom_refuses(h, &a_head)); i++)
        usleep(10000);
    assert_true(refused);
    headroom_close(h);
}

static void a_database_that_cannot_be_read_refuses_nothing(void **state)
{
    (void)state;
    char path[128];
    setenv("HEADROOM_BUDGET_REFUSE", "on", 1);
    setenv("HEADROOM_BUDGET_DAILY_USD", "1", 1);
    headroom *h = headroom_open(0);
    spend(h, "claude", 2 * DOLLAR);
    headroom_close(h);
    snprintf(path, sizeof path, "%s/headroom/headroom.db-wal", road_home);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/headroom/headroom.db", road_home);
    FILE *f = fopen(path, "w");
    fputs("no database at all, but long enough to be looked at as one", f);
    fclose(f);
    h = headroom_open(0);
    assert_false(headroom_refuses(h, &a_head));
    headroom_close(h);
}

static void no_memory_and_failing_sql_refuse_nothing_or_all_but_never_crash(void **state)
{
    (void)state;
    setenv("HEADROOM_BUDGET_REFUSE", "on", 1);
    setenv("HEADROOM_BUDGET_DAILY_USD", "1", 1);
    headroom *h = headroom_open(0);
    spend(h, "claude", 2 * DOLLAR);
    headroom_close(h);
    for (int kind = 0; kind < HR_FAULT_KINDS; kind++) {
        bool refused = false;
        for (long n = 1; n < 1000 && !refused; n++) {
            h = headroom_open(0); /* a database that failed is left alone for a while */
            hr_fault_after((enum hr_fault_kind)kind, n, false);
            refused = headroom_refuses(h, &a_head);
            hr_fault_after((enum hr_fault_kind)kind, 0, false);
            headroom_close(h);
        }
        assert_true(refused);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, road_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_whole_or_have_decimals),
        cmocka_unit_test(the_day_is_the_users_own_and_may_have_23_or_25_hours),
        TEST(without_a_budget_nothing_is_asked_and_nothing_refused),
        TEST(today_is_summed_over_all_programs_and_over_those_that_a_pattern_names),
        TEST(a_share_is_warned_of_once_a_day_whatever_process_sees_it),
        TEST(a_share_of_nothing_is_never_warned_of),
        TEST(a_spent_budget_refuses_only_where_the_user_says_so),
        TEST(a_limit_of_another_program_refuses_nothing_here),
        TEST(what_another_process_spends_is_seen_within_two_seconds),
        TEST(a_database_that_cannot_be_read_refuses_nothing),
        TEST(no_memory_and_failing_sql_refuse_nothing_or_all_but_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
