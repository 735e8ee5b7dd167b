/* Unit tests of core/store/: rows in, rows out, caps, ages, and where the database may lie. */
#include "store_fixture.h"

/* ------------------------------------------------------------------ decisions */
static void a_new_store_touches_nothing_before_its_first_use(void **state)
{
    struct stat st;
    (void)state;
    hr_store *s = open_store();
    assert_non_null(s);
    hr_store_flush(s);
    assert_int_equal(stat(directory, &st), -1);
    hr_store_close(s);
    assert_int_equal(stat(directory, &st), -1);
}

static void every_field_of_a_decision_is_read_back_by_every_key(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_decision d = a_decision(1, "x"), r;
    d.sent = hr_str_make("a\0b\xff", 4);
    d.reason = HR_STR("why");
    d.lossless = true;
    assert_int_equal(commit_one(s, a, &d), 0);
    hr_store_close(s);

    s = open_store();
    for (int way = 0; way < 4; way++) {
        memset(&r, 0, sizeof r);
        switch (way) {
        case 0:
            assert_int_equal(hr_store_decision(s, a, d.key, &r), 1);
            break;
        case 1:
            assert_int_equal(hr_store_decision_by_idkey(s, a, d.idkey, &r), 1);
            break;
        case 2:
            assert_int_equal(hr_store_decision_by_sentkey(s, a, d.sentkey, &r), 1);
            break;
        default:
            assert_int_equal(hr_store_decision_by_id(s, a, d.id, &r), 0);
        }
        assert_memory_equal(r.key, d.key, 16);
        assert_memory_equal(r.idkey, d.idkey, 16);
        assert_memory_equal(r.sentkey, d.sentkey, 16);
        assert_memory_equal(r.id, d.id, 10);
        assert_true(hr_str_eq(r.sent, d.sent) && hr_str_eq(r.transform, d.transform) &&
                    hr_str_eq(r.kind, d.kind));
        assert_true(hr_str_eq(r.tool, d.tool) && hr_str_eq(r.call_id, d.call_id) &&
                    hr_str_eq(r.reason, d.reason));
        assert_true(!r.verbatim && r.lossless && r.has_original);
        assert_true(r.tokens_before == 5000 && r.tokens_after == 400 && r.kept == 15 && r.of == 500);
    }
    assert_int_equal(hr_store_decision(s, a, d.idkey, &r), 0);
    assert_int_equal(hr_store_decision_by_id(s, a, d.idkey, &r), HR_ENOENT);
    assert_int_equal(hr_store_decision_by_sentkey(s, a, d.sentkey, NULL), 1);
    assert_null(hr_store_reason(s));
    hr_store_close(s);
    hr_arena_free(a);
}

static void a_verbatim_decision_needs_no_text_and_is_not_found_as_sent(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_decision d = a_decision(2, ""), r;
    d.verbatim = true;
    d.transform = hr_str_make(NULL, 0);
    assert_int_equal(commit_one(s, a, &d), 0);
    assert_int_equal(hr_store_decision(s, a, d.key, &r), 1);
    assert_true(r.verbatim);
    assert_int_equal(r.sent.n, 0);
    assert_int_equal(hr_store_decision_by_sentkey(s, a, d.sentkey, &r), 0);
    hr_store_close(s);
    hr_arena_free(a);
}

static void who_commits_second_gets_the_first_ones_bytes(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_decision first = a_decision(3, "first"), second = a_decision(3, "second");
    hr_original o = an_original(&second, "original", 8);
    hr_str raw;
    assert_int_equal(commit_one(s, a, &first), 0);
    assert_int_equal(hr_store_commit(s, a, &second, &o, 1, false, 0), 0);
    assert_true(hr_str_is(second.sent, "first"));
    assert_int_equal(hr_store_original(s, a, second.id, &raw), HR_ENOENT);

    hr_decision both[2] = {a_decision(4, "one"), a_decision(4, "two")};
    assert_int_equal(hr_store_commit(s, a, both, NULL, 2, true, 0), 0);
    assert_true(hr_str_is(both[0].sent, "one") && hr_str_is(both[1].sent, "one"));
    hr_store_close(s);
    hr_arena_free(a);
}

static void two_decisions_for_one_content_are_found_by_neither(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_decision one = a_decision(5, "one"), two = a_decision(6, "two"), r;
    memcpy(two.idkey, one.idkey, 16);
    assert_int_equal(commit_one(s, a, &one), 0);
    assert_int_equal(hr_store_decision_by_idkey(s, a, one.idkey, &r), 1);
    assert_int_equal(commit_one(s, a, &two), 0);
    assert_int_equal(hr_store_decision_by_idkey(s, a, one.idkey, &r), 0);
    assert_int_equal(hr_store_decision(s, a, two.key, &r), 1);
    hr_store_close(s);
    hr_arena_free(a);
}

static int note_result(void *arg, const headroom_result *r, int64_t created_us)
{
    char *seen = arg;
    assert_true(created_us > 0);
    assert_int_equal(strlen(r->id), 20);
    strcat(seen, r->call_id);
    return 0;
}

static void recent_rewrites_come_newest_first_without_the_verbatim(void **state)
{
    (void)state;
    char seen[64] = "";
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    for (int i = 0; i < 5; i++) {
        char id[2] = {(char)('a' + i), 0};
        hr_decision d = a_decision(10 + i, "sent");
        d.call_id = hr_str_make(id, 1);
        d.verbatim = i == 3;
        assert_int_equal(commit_one(s, a, &d), 0);
    }
    assert_int_equal(hr_store_each_decision(s, 3, note_result, seen), 0);
    assert_string_equal(seen, "ecb");
    hr_store_close(s);
    hr_arena_free(a);
}

/* ------------------------------------------------------------------ originals */
static void an_original_is_read_back_byte_for_byte(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_decision d = a_decision(20, "sent");
    char *raw = malloc(300000);
    hr_str back;
    for (size_t i = 0; i < 300000; i++)
        raw[i] = (char)(i % 251 * i / 7);
    hr_original o = an_original(&d, raw, 300000);
    int64_t room = hr_store_originals_room(s);
    assert_int_equal(room, (int64_t)HR_ORIGINALS_MB << 20);
    assert_int_equal(hr_store_commit(s, a, &d, &o, 1, false, 0), 0);
    assert_true(hr_store_originals_room(s) < room);
    assert_int_equal(hr_store_original(s, a, d.id, &back), 0);
    assert_int_equal(back.n, 300000);
    assert_memory_equal(back.p, raw, back.n);
    assert_int_equal(back.p[back.n], 0);
    free(raw);
    hr_store_close(s);
    hr_arena_free(a);
}

static void above_the_cap_nothing_is_stored_and_nothing_evicted(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store_options options = {directory, true, 14, 1, 90, 0, 0};
    hr_store *s = hr_store_new(&options);
    enum { N = 400000 };
    char *noise = malloc(N);
    unsigned x = 1;
    for (int i = 0; i < N; i++)
        noise[i] = (char)((x = x * 1103515245u + 12345u) >> 16);
    hr_decision d[4], r;
    hr_str back;
    for (int i = 0; i < 4; i++) {
        d[i] = a_decision(30 + i, "sent");
        noise[0] = (char)i;
        hr_original o = an_original(&d[i], noise, N);
        if (i < 2) {
            assert_int_equal(hr_store_commit(s, a, &d[i], &o, 1, false, 0), 0);
        } else {
            assert_int_equal(hr_store_commit(s, a, &d[i], &o, 1, false, 0), HR_EFULL);
            assert_int_equal(hr_store_decision(s, a, d[i].key, &r), 0);
        }
    }
    assert_int_equal(hr_store_original(s, a, d[0].id, &back), 0);
    /* Once they have aged, the next commit makes room by itself. */
    outside("UPDATE originals SET created = 0");
    hr_original o = an_original(&d[2], noise, N);
    assert_int_equal(hr_store_commit(s, a, &d[2], &o, 1, false, 0), 0);
    assert_int_equal(hr_store_original(s, a, d[0].id, &back), HR_ENOENT);
    free(noise);
    hr_store_close(s);
    hr_arena_free(a);
}

/* ------------------------------------------------------------------ key, requests, ages */
static void the_key_is_made_once(void **state)
{
    (void)state;
    uint8_t one[32], two[32], none[32] = {0};
    hr_store *s = open_store();
    assert_int_equal(hr_store_key(s, one), 0);
    hr_store_close(s);
    s = open_store();
    assert_int_equal(hr_store_key(s, two), 0);
    hr_store_close(s);
    assert_memory_equal(one, two, 32);
    assert_memory_not_equal(one, none, 32);
}

static int check_row(void *arg, const headroom_row *r)
{
    int64_t *last = arg;
    assert_true(r->id > *last);
    *last = r->id;
    assert_string_equal(r->program, "python3");
    assert_string_equal(r->host, "api.example.com");
    assert_string_equal(r->transforms, "");
    assert_string_equal(r->usage, "{\"input_tokens\":7}");
    assert_null(r->skipped);
    assert_null(r->results_json);
    assert_true(r->stream && r->complete && r->status == 200 && r->cached_tokens == -1 &&
                r->elapsed_us == 55);
    assert_true(r->results == 3 && r->rewritten == 2 && r->replayed == 1 && r->bytes_after == 1200);
    return r->id == 190 ? 77 : 0;
}

static void request_rows_come_back_oldest_first_and_may_be_stopped(void **state)
{
    (void)state;
    hr_store *s = open_store();
    headroom_row row = a_row(42);
    int64_t last = 0;
    for (int i = 0; i < 200; i++)
        hr_store_request(s, &row);
    assert_int_equal(hr_store_each_request(s, 0, check_row, &last), 77);
    assert_int_equal(last, 190);
    assert_int_equal(hr_store_each_request(s, 190, check_row, &last), 0);
    assert_int_equal(last, 200);
    hr_store_close(s);
}

static int list_id(void *arg, const headroom_row *r)
{
    int64_t *list = arg;
    while (*list)
        list++;
    *list = r->id;
    return 0;
}

static void a_filter_chooses_in_order_and_from_the_end(void **state)
{
    (void)state;
    hr_store *s = open_store();
    headroom_row row = a_row(42);
    for (int i = 1; i <= 300; i++) {
        row.time_us = i * 1000;
        row.status = i % 100 == 0 ? 0 : i % 3 == 0 ? 429 : 200;
        row.model = i % 2 ? "odd" : "even[1m]";
        row.skipped = i % 50 == 0 ? "signed" : NULL;
        hr_store_request(s, &row);
    }
    const struct {
        headroom_filter f;
        int64_t want[5];
    } cases[] = {
        {{.last = 2}, {299, 300}},
        {{.last = 2, .model = "odd"}, {297, 299}},
        {{.last = 1, .model = "even[1m]", .to_us = 250000}, {248}},
        {{.last = 1, .model = "e*"}, {300}},
        {{.unanswered = true}, {100, 200, 300}},
        {{.unanswered = true, .status_low = 429, .status_high = 429, .from_us = 297000}, {297, 300}},
        {{.status_low = 200, .status_high = 299, .after_id = 297}, {298, 299}},
        {{.skipped = "", .from_us = 150000, .to_us = 250000}, {150, 200}},
        {{.skipped = "cch"}, {0}},
        {{.host = "other"}, {0}},
        {{.last = 500, .after_id = 298}, {299, 300}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t got[310] = {0};
        assert_int_equal(hr_store_each_request_where(s, &cases[i].f, list_id, got), 0);
        assert_memory_equal(got, cases[i].want, sizeof cases[i].want);
    }
    hr_store_close(s);
}

static void statistics_add_up_and_know_the_last_session(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    headroom_stats t;
    hr_store *s = open_store();
    headroom_row row = a_row(1);
    row.status = 0;
    hr_store_request(s, &row);
    hr_store_close(s);
    s = open_store();
    row = a_row(1); /* the same number as before, as in every container: another process none the less */
    hr_store_request(s, &row);
    row.output_tokens = -1;
    hr_store_request(s, &row);
    hr_decision d = a_decision(40, "sent");
    assert_int_equal(commit_one(s, a, &d), 0);
    assert_int_equal(hr_store_stats(s, &t), 0);
    assert_true(t.requests == 3 && t.failed == 1 && t.tokens_before == 3000 && t.tokens_after == 900);
    assert_true(t.output_tokens == 18 && t.cache_entries == 1 && t.cache_hits == 3);
    assert_true(t.session_requests == 2 && t.session_tokens_before == 2000 && t.session_tokens_after == 600);
    assert_int_equal(t.session_pid, 1);
    assert_string_equal(t.session_program, "python3");
    hr_store_close(s);
    hr_arena_free(a);
}

static void only_the_aged_is_deleted(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store_of_90_days();
    hr_decision r;
    headroom_row row = a_row(1);
    headroom_stats t;
    hr_str raw;
    for (int i = 0; i < 1200; i++) {
        hr_decision d = a_decision(1000 + i, "sent");
        hr_original o = an_original(&d, "original", 8);
        assert_int_equal(hr_store_commit(s, a, &d, &o, 1, false, 0), 0);
    }
    for (int i = 0; i < 3; i++)
        hr_store_request(s, &row);
    outside("UPDATE decisions SET last_used = 5 WHERE n <= 1100; UPDATE originals SET created = 5 WHERE n <= "
            "1100;"
            "UPDATE requests SET time = 5 WHERE id <= 2");
    int64_t room = hr_store_originals_room(s);
    assert_int_equal(hr_store_expire(s), 0);
    assert_true(hr_store_originals_room(s) > room);
    hr_decision old = a_decision(1000, "x"), young = a_decision(2199, "x");
    assert_int_equal(hr_store_decision(s, a, old.key, &r), 0);
    assert_int_equal(hr_store_decision(s, a, young.key, &r), 1);
    assert_int_equal(hr_store_original(s, a, old.id, &raw), HR_ENOENT);
    assert_int_equal(hr_store_original(s, a, young.id, &raw), 0);
    assert_int_equal(hr_store_stats(s, &t), 0);
    assert_int_equal(t.cache_entries, 100);
    assert_int_equal(t.requests, 3); /* their sums stay */
    headroom_store_facts facts = {0};
    assert_int_equal(hr_store_facts(s, &facts), 0);
    assert_int_equal(facts.requests, 1);
    hr_store_close(s);
    hr_arena_free(a);
}

static void a_look_up_marks_an_old_decision_as_used(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_decision d = a_decision(50, "sent"), e = a_decision(51, "sent"), r;
    headroom_row row = a_row(1);
    assert_int_equal(commit_one(s, a, &d), 0);
    assert_int_equal(commit_one(s, a, &e), 0);
    outside("UPDATE decisions SET last_used = 5");
    assert_int_equal(hr_store_decision(s, a, d.key, &r), 1);
    hr_store_request(s, &row); /* the mark goes with it */
    assert_int_equal(hr_store_expire(s), 0);
    assert_int_equal(hr_store_decision(s, a, d.key, &r), 1);
    assert_int_equal(hr_store_decision(s, a, e.key, &r), 0);
    hr_store_close(s);
    hr_arena_free(a);
}

static void a_host_never_checkpoints_but_at_its_exit(void **state)
{
    (void)state;
    char wal[160];
    struct stat st;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    char *big = malloc(20001);
    memset(big, 'x', 20000);
    big[20000] = 0;
    snprintf(wal, sizeof wal, "%s-wal", database);
    for (int i = 0; i < 600; i++) {
        hr_decision d = a_decision(5000 + i, big);
        assert_int_equal(commit_one(s, a, &d), 0);
    }
    assert_int_equal(stat(database, &st), 0);
    assert_true(st.st_size <= 8192);
    assert_int_equal(stat(wal, &st), 0);
    assert_true(st.st_size > HR_WAL_AT_EXIT);
    hr_store_flush(s);
    assert_int_equal(stat(database, &st), 0);
    assert_true(st.st_size > HR_WAL_AT_EXIT);
    assert_int_equal(stat(wal, &st), 0);
    assert_true(st.st_size <= 1 << 20);
    free(big);
    hr_store_close(s);
    hr_arena_free(a);
}

/* ------------------------------------------------------------------ places */
static void without_a_database_a_reader_finds_nothing_and_makes_nothing(void **state)
{
    (void)state;
    uint8_t key[32];
    struct stat st;
    headroom_stats t;
    hr_store_options options = {directory, false, 14, 256, 90, 0, 0};
    hr_store *s = hr_store_new(&options);
    assert_int_equal(hr_store_stats(s, &t), HR_ENOENT);
    assert_int_equal(t.requests, 0);
    assert_int_equal(hr_store_key(s, key), HR_ESTORE);
    assert_null(hr_store_reason(s));
    hr_store_close(s);
    assert_int_equal(stat(directory, &st), -1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        T(a_new_store_touches_nothing_before_its_first_use),
        T(every_field_of_a_decision_is_read_back_by_every_key),
        T(a_verbatim_decision_needs_no_text_and_is_not_found_as_sent),
        T(who_commits_second_gets_the_first_ones_bytes),
        T(two_decisions_for_one_content_are_found_by_neither),
        T(recent_rewrites_come_newest_first_without_the_verbatim),
        T(an_original_is_read_back_byte_for_byte),
        T(above_the_cap_nothing_is_stored_and_nothing_evicted),
        T(the_key_is_made_once),
        T(request_rows_come_back_oldest_first_and_may_be_stopped),
        T(a_filter_chooses_in_order_and_from_the_end),
        T(statistics_add_up_and_know_the_last_session),
        T(only_the_aged_is_deleted),
        T(a_look_up_marks_an_old_decision_as_used),
        T(a_host_never_checkpoints_but_at_its_exit),
        T(without_a_database_a_reader_finds_nothing_and_makes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
