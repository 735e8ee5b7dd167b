/* test_table_lines.c - claims of the selection of a table's rows (core/transform/table_lines.h, text_table.h). */
#include "lines_rig.h"

#include "transform/table_lines.h"
#include "transform/text_table.h"

static int select_until(const char *query, uint64_t deadline)
{
    hr_transform_in in = asked(query);
    in.deadline_cpu_us = deadline;
    return in.query ? hr_table_select(arena, &in, &out) : HR_ENOMEM;
}

static int select_for(const char *query)
{
    return select_until(query, 0);
}

/* ------------------------------------------------------------------ tables that programs print */
static void listing(int n)
{
    for (int i = 0; i < n; i++)
        add("-rw-r--r-- 1 app app %7d Jan %2d %02d:%02d %s_%d.md\n", 9000 + rand() % 90000, 1 + rand() % 9,
            rand() % 24, rand() % 60, rand() & 1 ? "pool" : "lease", i);
}

static void a_listing_keeps_what_deviates_and_its_total(void **state)
{
    (void)state;
    add("total 2337\n");
    listing(40);
    add("-rwsr-xr-x 1 app app   50123 Jan  3 04:05 helper.md\n");
    listing(20);
    add("-rw-r--r-- 1 app app 9981234 Jan  4 05:06 pool_99.md\n");
    listing(30);
    assert_int_equal(select_for(""), 1);
    assert_true(out.text.n * 3 < text.len);
    assert_true(stays("total 2337\n"));
    assert_true(stays("-rwsr-xr-x"));
    assert_true(stays("9981234"));
}

/* Between quotes, backslashes, tabs and units a row is what it says, not how JSON spells it. */
static void cells_that_json_spells_otherwise_are_cells(void **state)
{
    (void)state;
    add("\"id \\\\ no\" | name | took\n");
    for (int i = 0; i < 60; i++)
        add("%d\\x | a\"b\" \\u00%02x\\ \x01%s | %d%s\n", i, i, i % 2 ? "\xc5\xa0" : "c", 20 + rand() % 9,
            i % 3 ? "ms" : "s");
    add("60\\x | connection refused \\ \x02\"again | 21ms\n");
    for (int i = 61; i < 90; i++)
        add("%d\\x | a\"b\" \\u00%02x\\ \x01%s | %d%s\n", i, i, i % 2 ? "\xc5\xa0" : "c", 20 + rand() % 9,
            i % 3 ? "ms" : "s");
    assert_int_equal(select_for("what is with \"77\\x\"?"), 1);
    assert_true(out.text.n * 2 < text.len);
    assert_true(stays("connection refused"));
    assert_true(stays("\n77\\x"));
}

static void containers(int n)
{
    for (int i = 0; i < n; i++)
        add("%08x%04x   nginx:1.%d      \"/docker-entry sh\"   %d hours ago   Up 3 hours               "
            "web_%d\n",
            rand(), rand() & 0xffff, rand() % 9, 1 + rand() % 9, i);
}

static void columns_divided_by_spaces_keep_their_names_and_what_exited(void **state)
{
    (void)state;
    add("CONTAINER ID   IMAGE          COMMAND              CREATED       STATUS                   NAMES\n");
    containers(20);
    add("0123456789ab   nginx:1.4      \"/docker-entry sh\"   2 hours ago   Exited (137) 1 hour ago   "
        "web_x\n");
    containers(20);
    assert_int_equal(select_for(""), 1);
    assert_true(stays("CONTAINER ID   IMAGE"));
    assert_true(stays("Exited (137)"));
}

static void psql(int from, int n)
{
    for (int i = from; i < from + n; i++)
        add(" %2d | name %d | ok\n", i, rand() % 1000);
}

static void rulers_names_and_the_footer_stay(void **state)
{
    (void)state;
    add(" id | name | status \n----+------+--------\n");
    psql(0, 30);
    add(" 30 | name 17 | failed\n");
    psql(31, 29);
    add("(60 rows)\n");
    assert_int_equal(select_for(""), 1);
    assert_true(stays(" id | name | status \n----+------+--------\n"));
    assert_true(stays("| failed\n"));
    assert_true(stays("(60 rows)\n"));
}

/* Ids that count are no line numbers where their column has a name. */
static void a_table_whose_ids_count_is_a_table_below_its_names(void **state)
{
    (void)state;
    for (int names = 0; names < 2; names++)
        for (int right = 0; right < 2; right++) {
            text.len = 0;
            if (names)
                add(right ? " id  name     score  status\n"
                          : "id   name     score  status   \n---  -------  -----  ---------\n");
            for (int i = 1; i <= 300; i++)
                add(right ? "%3d  user%03d  %5d  %s\n" : "%-3d  user%03d  %-5d  %-9s\n", i, i, i * 17 % 101,
                    i == 133 ? "suspended" : "active");
            assert_int_equal(select_for(""), names);
            if (names) {
                assert_in_range(out.kept, 5, 30);
                assert_true(hr_str_find(kept_lines(), HR_STR("suspended"), 0) != SIZE_MAX);
            }
        }
}

static void csv(int from, int n)
{
    for (int i = from; i < from + n; i++)
        add("%d,\"Smith, %c\",%s,%d.%02d,\n", i, 'a' + rand() % 26, rand() & 1 ? "pro" : "team", rand() % 100,
            rand() % 100);
}

static void csv_with_quotes_keeps_the_rare_the_far_and_the_asked(void **state)
{
    (void)state;
    add("id,name,plan,amount,note\n");
    csv(0, 100);
    add("100,\"Zed, Q\",sponsored,50.00,\"says \"\"no\"\"\"\n");
    csv(101, 100);
    add("201,\"Smith, k\",pro,99999.00,\n");
    csv(202, 100);
    add("302,\"Ottoline Fairweather\",pro,12.00,\n");
    csv(303, 50);
    assert_int_equal(select_for("what did Ottoline Fairweather pay?"), 1);
    assert_true(out.text.n * 10 < text.len);
    assert_true(stays("id,name,plan,amount,note\n0,"));
    assert_true(stays("sponsored"));
    assert_true(stays("99999.00"));
    assert_true(stays("Ottoline Fairweather"));
}

static void names_of_columns_tell_what_an_error_is(void **state)
{
    (void)state;
    add("host\tfailed\tstatus\n");
    for (int i = 0; i < 60; i++)
        add("h%d.example.net\t%d\t%s\n", i, i == 31 ? 1 : 0, i == 44 ? "error" : "ok");
    assert_int_equal(select_for(""), 1);
    assert_true(stays("h31.example.net\t1"));
    assert_true(stays("h44.example.net\t0\terror"));
    assert_true(out.kept < 30); /* "failed" 0 is none */
}

/* ------------------------------------------------------------------ what is no table */
static void add_file_of(const char *const *line, size_t n, int times)
{
    for (int i = 0; i < times; i++)
        for (size_t k = 0; k < n; k++)
            add("%s\n", line[k]);
}

static void prose_and_source_are_no_tables(void **state)
{
    static const char *const prose[] = {
        "Most teams meet the queue first when, after some weeks, it stops.",
        "They read logs, metrics, and the code.",
        "Nobody on the rota had seen it lose 3 leases in 2 days before that night.",
        "It was restarted twice."};
    static const char *const source[] = {"int main(int argc, char **argv)",
                                         "{",
                                         "    int i = 0, k = 1, n = 2;",
                                         "    for (i = 0; i < n; i++)",
                                         "        k += i;",
                                         "    return k;",
                                         "}"};
    static const char *const keys[] = {"name = value", "other = 17", "# a remark about it",
                                       "path = /usr/lib"};
    (void)state;
    add_file_of(prose, 4, 20);
    assert_int_equal(select_for(""), 0);
    text.len = 0;
    add_file_of(source, 7, 20);
    assert_int_equal(select_for(""), 0);
    text.len = 0;
    add_file_of(keys, 4, 20);
    assert_int_equal(select_for(""), 0);
    text.len = 0;
    assert_int_equal(select_for(""), 0);
    listing(10);
    assert_int_equal(select_for(""), 0); /* too few */
    text.len = 0;
    for (int i = 1; i < 60; i++) /* a file with its numbers */
        add("%3d  x = %d; y = 2\n", i, i % 3);
    assert_int_equal(select_for(""), 0);
    text.len = 0;
    for (int i = 0; i < 60; i++) /* cells that go on in the next line */
        add("%d,\"open\nclosed\",x\n", i);
    assert_int_equal(select_for(""), 0);
}

static void cells_are_what_stands_between_the_dividers(void **state)
{
    hr_str cell[HR_TABLE_CELLS + 1];
    (void)state;
    assert_int_equal(hr_text_cells(HR_STR("a, \"b, \"\"c\"\"\" ,,d"), HR_DIVIDE_COMMA, HR_TABLE_CELLS, cell),
                     4);
    assert_true(hr_str_is(cell[1], "\"b, \"\"c\"\"\"") && cell[2].n == 0 && hr_str_is(cell[3], "d"));
    assert_int_equal(hr_text_cells(HR_STR("| a | b c |"), HR_DIVIDE_BAR, HR_TABLE_CELLS, cell), 2);
    assert_true(hr_str_is(cell[0], "a") && hr_str_is(cell[1], "b c"));
    assert_int_equal(hr_text_cells(HR_STR("  a b   c d  "), HR_DIVIDE_SPACES, HR_TABLE_CELLS, cell), 2);
    assert_true(hr_str_is(cell[0], "a b") && hr_str_is(cell[1], "c d"));
    assert_int_equal(hr_text_cells(HR_STR("a  b c  d\r"), HR_DIVIDE_WORDS, 3, cell), 3);
    assert_true(hr_str_is(cell[2], "c  d"));
    assert_int_equal(hr_text_cells(HR_STR("\"open, x"), HR_DIVIDE_COMMA, HR_TABLE_CELLS, cell),
                     HR_TABLE_CELLS + 1);
    assert_int_equal(
        hr_text_cells(HR_STR(",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"), HR_DIVIDE_COMMA, 4, cell),
        HR_TABLE_CELLS + 1);
    assert_int_equal(hr_text_cells((hr_str){0}, HR_DIVIDE_WORDS, 4, cell), 0);
}

/* ------------------------------------------------------------------ limits */
static void a_deadline_that_has_passed_ends_the_work(void **state)
{
    (void)state;
    listing(5000);
    assert_int_equal(select_until("", 1), HR_ETIME);
}

static void missing_memory_is_told(void **state)
{
    (void)state;
    for (int quoted = 0; quoted < 2; quoted++) {
        int r = HR_ENOMEM;
        text.len = 0;
        /* more of what JSON spells otherwise than there is room for */
        for (int i = 0; quoted && i < 400; i++)
            add(i % 2 ? "%d,\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1%d,%s\n" : "%d,plain %d,%s\n",
                1000 + rand() % 9000, rand(), i % 50 ? "ok" : "done");
        if (!quoted)
            listing(60);
        for (long n = 1; r != 1; n++) {
            assert_true(n < 500);
            hr_fault_after(HR_FAULT_ALLOC, n, true);
            r = select_for("");
            hr_fault_after(HR_FAULT_ALLOC, 0, false);
            assert_true(r == 1 || r == HR_ENOMEM);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_listing_keeps_what_deviates_and_its_total),
        TEST(cells_that_json_spells_otherwise_are_cells),
        TEST(columns_divided_by_spaces_keep_their_names_and_what_exited),
        TEST(rulers_names_and_the_footer_stay),
        TEST(a_table_whose_ids_count_is_a_table_below_its_names),
        TEST(csv_with_quotes_keeps_the_rare_the_far_and_the_asked),
        TEST(names_of_columns_tell_what_an_error_is),
        TEST(prose_and_source_are_no_tables),
        TEST(cells_are_what_stands_between_the_dividers),
        TEST(a_deadline_that_has_passed_ends_the_work),
        TEST(missing_memory_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
