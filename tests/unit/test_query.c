/* test_query.c - claims of the query (core/transform/query.c, bm25.c, words.c): what is asked for, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault.h"
#include "limits.h"
#include "transform/lines.h"
#include "transform/query.h"
#include "transform/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 200, LENGTH = 160 };

static char text[ROWS][LENGTH];
static hr_str rows[ROWS];
static bool picked[ROWS];

static void set_row(size_t i, const char *z)
{
    rows[i].n = (size_t)snprintf(text[i], LENGTH, "%s", z);
    rows[i].p = text[i];
}

/* Rows that look alike but for their numbers. */
static void ordinary_rows(void)
{
    char z[LENGTH];
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(z, sizeof z, "{\"id\":\"doc-%zu\",\"title\":\"Tuning %s caches\",\"views\":%zu}",
                 10000 + i * 7, i % 2 ? "Redis" : "Kafka", 500 + i);
        set_row(i, z);
    }
}

static size_t pick(const char *query)
{
    hr_arena *a = hr_arena_new();
    hr_query *q = hr_query_new(a, hr_str_make(query, strlen(query)));
    assert_non_null(q);
    assert_int_equal(hr_query_pick(q, a, rows, ROWS, 0, picked), 0);
    hr_arena_free(a);
    size_t n = 0;
    for (size_t i = 0; i < ROWS; i++)
        n += picked[i];
    return n;
}

static void a_row_named_by_its_identifier_is_picked_alone(void **state)
{
    (void)state;
    ordinary_rows();
    assert_int_equal(pick("What is doc-10700 about?"), 1);
    assert_true(picked[100]);
    assert_int_equal(pick("and 10707."), 1);
    assert_true(picked[101]);
    assert_int_equal(pick("doc-1070"), 0);
    set_row(7, "{\"rid\":\"3fa94c01\",\"msg\":\"x\"}");
    set_row(8, "{\"rid\":\"3fa94c02\",\"msg\":\"x\"}");
    assert_int_equal(pick("What did request 3fa94c01 do?"), 1);
    assert_true(picked[7]);
    set_row(9, "{\"m\":\"test_harbor_3 passed\"}");
    assert_int_equal(pick("Did test_harbor_3 pass?"), 1);
    assert_true(picked[9]);
    assert_int_equal(pick("Did harbor pass?"), 0); /* docs/limits.md */
}

static void joined_words_paths_hosts_and_addresses_are_whole(void **state)
{
    (void)state;
    ordinary_rows();
    set_row(3, "{\"m\":\"flag turquoise-otter on\"}");
    set_row(4, "{\"m\":\"src/store/lease.go\"}");
    set_row(5, "{\"m\":\"10.42.7.19:5432\"}");
    set_row(6, "{\"m\":\"10.42.7.1:5432\"}");
    set_row(7, "{\"m\":\"d.gunnarsson@fjordmail.example\"}");
    assert_int_equal(pick("who switched on turquoise-otter"), 1);
    assert_true(picked[3]);
    pick("open src/store/lease.go please");
    assert_true(picked[4]);
    assert_int_equal(pick("10.42.7.19:5432?"), 2); /* the port alone is in both */
    assert_true(picked[5]);
    pick("mail d.gunnarsson@fjordmail.example");
    assert_true(picked[7]);
}

static void names_and_quoted_text_are_picked(void **state)
{
    (void)state;
    ordinary_rows();
    set_row(20, "{\"name\":\"Thessaly Quillfeather\"}");
    set_row(21, "{\"name\":\"Thessaly\",\"x\":1}");
    set_row(22, "{\"t\":\"the order of the day\"}");
    assert_int_equal(pick("What is the uuid of Thessaly Quillfeather?"),
                     1); /* another Thessaly was not asked for */
    assert_true(picked[20]);
    assert_int_equal(pick("Where is Thessaly?"), 2);
    pick("find 'order of the day'");
    assert_true(picked[22]);
}

static void escaped_and_plain_letters_are_the_same(void **state)
{
    (void)state;
    ordinary_rows();
    set_row(30, "{\"name\":\"\\u0160koda\\nOctavia\"}");
    set_row(31, "{\"name\":\"\xc5\xa0koda\"}");
    set_row(32, "{\"e\":\"\\ud83d\\ude80launch\"}");
    assert_int_equal(pick("any \xc5\xa0koda?"), 2);
    assert_int_equal(pick("octavia"), 1);
    assert_true(picked[30]);
    assert_int_equal(pick("\xf0\x9f\x9a\x80launch"), 1);
    assert_true(picked[32]);
}

static void rare_words_pick_and_common_words_do_not(void **state)
{
    (void)state;
    ordinary_rows();
    set_row(150, "{\"id\":\"doc-1\",\"title\":\"Recovering etcd after quorum loss\",\"views\":1}");
    assert_int_equal(pick("is there anything on etcd quorum loss?"), 1);
    assert_true(picked[150]);
    assert_int_equal(pick("tuning redis caches title views id doc"), 0);
    assert_int_equal(pick("is there anything about the and of it?"), 0);
    assert_int_equal(pick(""), 0);
}

static void many_ordinary_words_pick_few_rows(void **state)
{
    (void)state;
    char z[LENGTH], query[20000] = "";
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(z, sizeof z, "{\"t\":\"w%c%c some\"}", (int)('a' + i / 20), (int)('a' + i % 20));
        set_row(i, z);
        snprintf(query + strlen(query), sizeof query - strlen(query), "w%c%c ", (int)('a' + i / 20),
                 (int)('a' + i % 20));
    }
    size_t n = pick(query);
    assert_true(n > 0 && n <= 10);
}

static void identifiers_pick_at_most_fifty_rows(void **state)
{
    (void)state;
    char query[20000] = "";
    ordinary_rows();
    for (size_t i = 0; i < ROWS; i++)
        snprintf(query + strlen(query), sizeof query - strlen(query), "doc-%zu ", 10000 + i * 7);
    size_t n = pick(query);
    assert_true(n >= 50 && n <= 60);
}

static void keys_of_call_arguments_are_no_terms(void **state)
{
    (void)state;
    ordinary_rows();
    set_row(40, "{\"limit_of_page\":1}");
    set_row(41, "{\"t\":\"limitless\"}");
    assert_int_equal(pick("{\"limit_of_page\": true, \"limitless\" : null}"), 0);
    assert_int_equal(pick("{\"q\": \"limitless\"}"), 1);
}

static void hints(const char *query, unsigned expected, unsigned count)
{
    hr_arena *a = hr_arena_new();
    hr_query *q = hr_query_new(a, hr_str_make(query, strlen(query)));
    if (hr_query_hints(q) != expected || hr_query_count(q) != count)
        fail_msg("%s: hints %u count %u", query, hr_query_hints(q), hr_query_count(q));
    hr_arena_free(a);
}

static void hints_and_counts_are_understood(void **state)
{
    (void)state;
    hints("What are the top 3?", HR_HINT_TOP, 3);
    hints("Give me the three best hits", HR_HINT_TOP, 3);
    hints("TOP ten results", HR_HINT_TOP, 10);
    hints("the 5 most recent entries", HR_HINT_LAST, 5);
    hints("last 500 lines, and the best 3 of them", HR_HINT_LAST | HR_HINT_TOP, 3);
    hints("first 20 rows", HR_HINT_FIRST, 20);
    hints("which one is the cheapest", HR_HINT_LOWEST, 0);
    hints("which host has the highest load", HR_HINT_TOP, 0);
    hints("top 99999", HR_HINT_TOP, 0);
    hints("stop at the topping", 0, 0);
    hints("{\"top\": 5}", 0, 0);
    hints("", 0, 0);
}

static void words_of_the_query_can_be_asked(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_query *q = hr_query_new(a, HR_STR("Which pages have the most views?"));
    assert_true(hr_query_has(q, HR_STR("views")));
    assert_true(hr_query_has(q, HR_STR("page")));
    assert_false(hr_query_has(q, HR_STR("the")));
    assert_false(hr_query_has(q, HR_STR("score")));
    hr_arena_free(a);
}

static void query_text_beyond_its_limit_is_not_searched(void **state)
{
    (void)state;
    size_t n = HR_MAX_QUERY + 100;
    char *query = malloc(n);
    memset(query, ' ', n);
    memcpy(query, "doc-10000", 9);
    memcpy(query + n - 9, "doc-10007", 9);
    ordinary_rows();
    hr_arena *a = hr_arena_new();
    hr_query *q = hr_query_new(a, hr_str_make(query, n));
    assert_int_equal(hr_query_pick(q, a, rows, ROWS, 0, picked), 0);
    assert_true(picked[0]);
    assert_false(picked[1]);
    hr_arena_free(a);
    /* Words, quotes and joined words without end. */
    for (size_t kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < n; i++)
            query[i] = "a \"a a-1.\\u0041"[kind == 0   ? 2
                                           : kind == 1 ? i % 2
                                           : kind == 2 ? 5 + i % 3
                                                       : 9 + i % 6];
        a = hr_arena_new();
        q = hr_query_new(a, hr_str_make(query, n));
        assert_non_null(q);
        assert_int_equal(hr_query_pick(q, a, rows, ROWS, 0, picked), 0);
        hr_arena_free(a);
    }
    free(query);
}

/* Rows that stand one behind the other are read as one text; the same rows in memory of their own are not. */
static void rows_of_one_text_are_picked_as_rows_apart(void **state)
{
    enum { MANY = 400 };
    static const char *const words[] = {
        "cache",        "Redis", "doc-10007", "10.5.7",    "10", "5.7",      "tuning", "x",
        "a.b",          "\\n",   "C:\\doc",   "_id",       "s",  "node",     "y,",     "caches.",
        "\xc5\xa0koda", "500",   "\\u0041b",  "redis-cli", "7",  "tuning-10"};
    static const char *const queries[] = {"what of doc-10007, 10.5.7 and 'tuning 10'?",
                                          "Skoda \xc5\xa0koda s caches Redis Node",
                                          "500 \\u0041b redis-cli _id a.b 7 x"};
    (void)state;
    srand(11);
    for (int round = 0; round < 60; round++) {
        hr_buf all = {0};
        hr_str one[MANY], apart[MANY];
        bool picked_one[MANY], picked_apart[MANY];
        size_t begin[MANY];
        hr_arena *a = hr_arena_new();
        for (size_t i = 0; i < MANY; i++) {
            begin[i] = all.len;
            for (int k = rand() % 9; k > 0; k--) {
                hr_buf_puts(&all,
                            rand() % 5 ? "filler" : words[(size_t)rand() % (sizeof words / sizeof *words)]);
                hr_buf_putc(&all, k > 1 ? ' ' : '.');
            }
            one[i].n = all.len - begin[i];
            hr_buf_puts(&all, round % 2 ? "\n" : ",\n ");
        }
        assert_false(all.err);
        for (size_t i = 0; i < MANY; i++) {
            char *copy = malloc(one[i].n ? one[i].n : 1);
            assert_non_null(copy);
            memcpy(copy, all.data + begin[i], one[i].n);
            one[i].p = all.data + begin[i];
            apart[i] = hr_str_make(copy, one[i].n);
        }
        const char *z = queries[round % 3];
        const hr_query *q = hr_query_new(a, hr_str_make(z, strlen(z)));
        assert_int_equal(hr_query_pick(q, a, one, MANY, 0, picked_one), 0);
        assert_int_equal(hr_query_pick(q, a, apart, MANY, 0, picked_apart), 0);
        assert_memory_equal(picked_one, picked_apart, sizeof picked_one);
        for (size_t i = 0; i < MANY; i++)
            free((char *)(uintptr_t)apart[i].p);
        hr_buf_free(&all);
        hr_arena_free(a);
    }
}

/* The words of a path may stand everywhere, and the path in few rows: there it is found, also where they have just become common. */
static void a_path_of_common_words_is_found_where_it_stands(void **state)
{
    enum { MANY = 300, LIMIT = MANY / 10 };
    static const size_t holds[] = {5, LIMIT, LIMIT + 1, 200};
    hr_buf all = {0};
    hr_str one[MANY];
    bool found[MANY];
    hr_arena *a = hr_arena_new();
    (void)state;
    for (size_t i = 0, k = 0; i < MANY; i++) {
        const bool path = k < sizeof holds / sizeof *holds && holds[k] == i;
        hr_buf_puts(&all, path ? "jobs of app and srv below /srv/app/jobs\n" : "app of srv has jobs\n");
        k += path;
    }
    hr_str rest = hr_buf_view(&all);
    bool ended;
    for (size_t i = 0; i < MANY; i++)
        assert_true(hr_line_next(&rest, &one[i], &ended));
    assert_false(all.err);
    const hr_query *q = hr_query_new(a, HR_STR("what is in /srv/app/jobs?"));
    assert_int_equal(hr_query_pick(q, a, one, MANY, 0, found), 0);
    for (size_t i = 0, k = 0; i < MANY; i++) {
        const bool path = k < sizeof holds / sizeof *holds && holds[k] == i;
        assert_int_equal(found[i], path);
        k += path;
    }
    hr_buf_free(&all);
    hr_arena_free(a);
}

static void a_passed_deadline_is_reported(void **state)
{
    (void)state;
    static char big[200000];
    memset(big, 'x', sizeof big);
    hr_str one[2] = {{big, sizeof big}, {big, sizeof big}};
    bool out[2];
    hr_arena *a = hr_arena_new();
    hr_query *q = hr_query_new(a, HR_STR("doc-10000"));
    assert_int_equal(hr_query_pick(q, a, one, 2, 1, out), HR_ETIME);
    hr_arena_free(a);
}

static void every_failing_allocation_is_reported(void **state)
{
    (void)state;
    ordinary_rows();
    for (long n = 1;; n++) {
        hr_arena *a = hr_arena_new();
        hr_fault_after(HR_FAULT_ALLOC, n, true);
        hr_query *q = hr_query_new(a, HR_STR("doc-10007 and Redis 'x y' doc-10014 tuning caches 500"));
        int r = q ? hr_query_pick(q, a, rows, ROWS, 0, picked) : HR_ENOMEM;
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        hr_arena_free(a);
        assert_true(r == 0 || r == HR_ENOMEM);
        if (r == 0)
            break;
    }
}

static void words_end_where_they_should(void **state)
{
    (void)state;
    hr_words w = {HR_STR("It's 12.5 v1.2 a.b end. caf\xc3\xa9_x \\u0041b"), 0};
    static const char *const expected[] = {"It", "s",   "12.5",          "v1.2",    "a",
                                           "b",  "end", "caf\xc3\xa9_x", "\\u0041b"};
    hr_word word;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_true(hr_words_next(&w, &word));
        assert_int_equal(word.len, strlen(expected[i]));
        assert_memory_equal(w.text.p + word.off, expected[i], word.len);
    }
    assert_false(hr_words_next(&w, &word));
    assert_int_equal(hr_word_hash(HR_STR("Runbooks")), hr_word_hash(HR_STR("runbook")));
    assert_int_not_equal(hr_word_hash(HR_STR("status")), hr_word_hash(HR_STR("statu")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_named_by_its_identifier_is_picked_alone),
        cmocka_unit_test(joined_words_paths_hosts_and_addresses_are_whole),
        cmocka_unit_test(names_and_quoted_text_are_picked),
        cmocka_unit_test(escaped_and_plain_letters_are_the_same),
        cmocka_unit_test(rare_words_pick_and_common_words_do_not),
        cmocka_unit_test(many_ordinary_words_pick_few_rows),
        cmocka_unit_test(identifiers_pick_at_most_fifty_rows),
        cmocka_unit_test(keys_of_call_arguments_are_no_terms),
        cmocka_unit_test(hints_and_counts_are_understood),
        cmocka_unit_test(words_of_the_query_can_be_asked),
        cmocka_unit_test(query_text_beyond_its_limit_is_not_searched),
        cmocka_unit_test(rows_of_one_text_are_picked_as_rows_apart),
        cmocka_unit_test(a_path_of_common_words_is_found_where_it_stands),
        cmocka_unit_test(a_passed_deadline_is_reported),
        cmocka_unit_test(every_failing_allocation_is_reported),
        cmocka_unit_test(words_end_where_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
