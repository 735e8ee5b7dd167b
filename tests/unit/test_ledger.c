/* Unit tests of core/ledger.c: what is remembered, for how long, and what answers when the store cannot. */
#include "ledger.h"
#include "store_fixture.h"

static void without_a_store_nothing_is_found_or_kept(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_ledger *l = hr_ledger_new(NULL);
    hr_decision d = a_decision(1, "sent"), r;
    assert_int_equal(hr_ledger_commit(l, a, &d, NULL, 1, false, 0), 0);
    assert_true(hr_str_is(d.sent, "sent"));
    assert_int_equal(hr_ledger_find(l, a, d.key, d.idkey, true, &r), 0);
    assert_int_equal(hr_ledger_find(l, a, d.key, d.idkey, false, &r), 0);
    assert_int_equal(hr_ledger_is_sent(l, a, d.sentkey), 0);
    hr_ledger_free(l);
    hr_arena_free(a);
}

static void what_was_committed_is_found_in_another_process(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    for (int run = 0; run < 2; run++) {
        hr_store *s = open_store();
        hr_ledger *l = hr_ledger_new(s);
        hr_decision d = a_decision(2, "sent"), r;
        if (run == 0)
            assert_int_equal(hr_ledger_commit(l, a, &d, NULL, 1, false, 0), 0);
        assert_int_equal(hr_ledger_is_sent(l, a, d.sentkey), 1);
        assert_int_equal(hr_ledger_is_sent(l, a, d.key), 0);
        assert_int_equal(hr_ledger_find(l, a, d.key, d.idkey, true, &r), 1);
        assert_true(hr_str_is(r.sent, "sent"));
        hr_ledger_free(l);
        hr_store_close(s);
    }
    hr_arena_free(a);
}

static void at_the_tail_only_the_whole_key_counts(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_ledger *l = hr_ledger_new(s);
    hr_decision d = a_decision(3, "sent"), other = a_decision(4, "other"), r;
    assert_int_equal(hr_ledger_commit(l, a, &d, NULL, 1, false, 0), 0);
    assert_int_equal(hr_ledger_find(l, a, other.key, d.idkey, true, &r), 0);
    assert_int_equal(hr_ledger_find(l, a, other.key, d.idkey, false, &r), 1);
    assert_true(hr_str_is(r.sent, "sent"));
    /* A second decision for the same content: neither is taken for a third question, its own key still is. */
    memcpy(other.idkey, d.idkey, 16);
    assert_int_equal(hr_ledger_commit(l, a, &other, NULL, 1, false, 0), 0);
    hr_decision third = a_decision(5, "x");
    assert_int_equal(hr_ledger_find(l, a, third.key, d.idkey, false, &r), 0);
    assert_int_equal(hr_ledger_find(l, a, other.key, d.idkey, false, &r), 1);
    assert_true(hr_str_is(r.sent, "other"));
    hr_ledger_free(l);
    hr_store_close(s);
    hr_arena_free(a);
}

static void known_decisions_need_no_store_at_all(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_ledger *l = hr_ledger_new(s);
    hr_decision d = a_decision(6, "sent"), e = a_decision(7, "x"), r;
    assert_int_equal(hr_ledger_commit(l, a, &d, NULL, 1, false, 0), 0);
    hr_fault_after(HR_FAULT_SQL, 1, true);
    assert_int_equal(hr_ledger_find(l, a, d.key, d.idkey, true, &r), 1);
    assert_int_equal(hr_fault_count(HR_FAULT_SQL), 0);
    assert_true(hr_str_is(r.sent, "sent") && hr_str_is(r.tool, "search") && hr_str_is(r.call_id, "toolu_01"));
    assert_int_equal(r.of, 500);
    assert_int_equal(hr_ledger_is_sent(l, a, d.sentkey), 1);
    /* By content, if this process knows exactly one. */
    assert_int_equal(hr_ledger_find(l, a, e.key, d.idkey, false, &r), 1);
    assert_int_equal(hr_ledger_find(l, a, e.key, d.idkey, true, &r), HR_ESTORE);
    assert_int_equal(hr_ledger_find(l, a, e.key, e.idkey, false, &r), HR_ESTORE);
    assert_int_equal(hr_ledger_commit(l, a, &e, NULL, 1, false, 0), HR_ESTORE);
    hr_fault_after(HR_FAULT_SQL, 0, false);
    /* Nothing of the failed one was decided. */
    assert_int_equal(hr_ledger_find(l, a, e.key, e.idkey, true, &r), 0);
    hr_ledger_free(l);
    hr_store_close(s);
    hr_arena_free(a);
}

static void two_known_for_one_content_are_not_guessed_between(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_ledger *l = hr_ledger_new(s);
    hr_decision list[2] = {a_decision(8, "one"), a_decision(9, "two")}, r;
    memcpy(list[1].idkey, list[0].idkey, 16);
    assert_int_equal(hr_ledger_commit(l, a, list, NULL, 2, false, 0), 0);
    hr_fault_after(HR_FAULT_SQL, 1, true);
    hr_decision third = a_decision(10, "x");
    assert_int_equal(hr_ledger_find(l, a, third.key, list[0].idkey, false, &r), HR_ESTORE);
    hr_ledger_free(l);
    hr_fault_after(HR_FAULT_SQL, 0, false);
    hr_store_close(s);
    hr_arena_free(a);
}

static void memory_is_bounded_and_drops_what_was_longest_unused(void **state)
{
    (void)state;
    enum { BIG = 4 << 20, COUNT = HR_MAX_MEMORY_LEDGER / BIG + 4 };
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_ledger *l = hr_ledger_new(s);
    char *big = malloc(BIG + 1);
    hr_decision r;
    memset(big, 'x', BIG);
    big[BIG] = 0;
    for (int i = 0; i < COUNT; i++) {
        hr_decision d = a_decision(100 + i, big);
        assert_int_equal(hr_ledger_commit(l, a, &d, NULL, 1, false, 0), 0);
        /* The first stays in use. */
        d = a_decision(100, "");
        assert_int_equal(hr_ledger_find(l, a, d.key, d.idkey, true, &r), 1);
        hr_arena_free(a);
        a = hr_arena_new();
    }
    hr_fault_after(HR_FAULT_SQL, 1, true);
    hr_decision first = a_decision(100, ""), second = a_decision(101, ""),
                last = a_decision(100 + COUNT - 1, "");
    assert_int_equal(hr_ledger_find(l, a, first.key, first.idkey, true, &r), 1);
    assert_int_equal(hr_ledger_find(l, a, last.key, last.idkey, true, &r), 1);
    assert_int_equal(hr_ledger_find(l, a, second.key, second.idkey, true, &r), HR_ESTORE);
    hr_fault_after(HR_FAULT_SQL, 0, false);
    assert_int_equal(hr_ledger_find(l, a, second.key, second.idkey, true, &r), 1);
    free(big);
    hr_ledger_free(l);
    hr_store_close(s);
    hr_arena_free(a);
}

static void thousands_are_found_again_after_the_table_grew(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_ledger *l = hr_ledger_new(s);
    hr_decision *list = calloc(COUNT, sizeof *list), r;
    for (int i = 0; i < COUNT; i++)
        list[i] = a_decision(1000 + i, "sent");
    assert_int_equal(hr_ledger_commit(l, a, list, NULL, COUNT, false, hr_now_us() + 5000000), 0);
    hr_fault_after(HR_FAULT_SQL, 1, true);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(hr_ledger_find(l, a, list[i].key, list[i].idkey, true, &r), 1);
        assert_memory_equal(r.key, list[i].key, 16);
        assert_int_equal(hr_ledger_is_sent(l, a, list[i].sentkey), 1);
    }
    free(list);
    hr_ledger_free(l);
    hr_store_close(s);
    hr_arena_free(a);
}

static void what_was_met_is_recalled_by_its_print_alone(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_ledger *l = hr_ledger_new(s);
    hr_decision d = a_decision(1, "sent"), e = a_decision(2, "other"), r;
    uint8_t print[3][16];
    size_t raw_len;
    for (int i = 0; i < 3; i++)
        fill_key(print[i], i, 9);
    hr_ledger_met(l, d.key, print[0], 7); /* no such decision: nothing happens */
    assert_int_equal(hr_ledger_recall(l, a, print[0], &r, &raw_len), 0);
    assert_int_equal(hr_ledger_commit(l, a, &d, NULL, 1, false, 0), 0);
    assert_int_equal(hr_ledger_commit(l, a, &e, NULL, 1, false, 0), 0);
    assert_int_equal(hr_ledger_recall(l, a, print[0], &r, &raw_len), 0);
    hr_ledger_met(l, d.key, print[0], 100);
    hr_ledger_met(l, e.key, print[1], 200);
    assert_int_equal(hr_ledger_recall(l, a, print[0], &r, &raw_len), 1);
    assert_true(hr_str_is(r.sent, "sent"));
    assert_int_equal(raw_len, 100);
    assert_int_equal(hr_ledger_recall(l, a, print[1], &r, &raw_len), 1);
    assert_true(hr_str_is(r.sent, "other"));
    /* The last meeting counts, as where the same text comes with other escapes. */
    hr_ledger_met(l, d.key, print[2], 300);
    assert_int_equal(hr_ledger_recall(l, a, print[0], &r, &raw_len), 0);
    assert_int_equal(hr_ledger_recall(l, a, print[2], &r, &raw_len), 1);
    assert_true(hr_str_is(r.sent, "sent"));
    assert_int_equal(raw_len, 300);
    hr_ledger_free(l);
    hr_store_close(s);
    hr_arena_free(a);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (long n = 1, calls = n; n <= calls; n++) {
        hr_arena *a = hr_arena_new();
        hr_decision d = a_decision(20 + (int)n, "sent"), r;
        hr_store *s = open_store();
        hr_fault_after(HR_FAULT_ALLOC, n, false);
        hr_ledger *l = hr_ledger_new(s);
        if (l) {
            int rc = hr_ledger_commit(l, a, &d, NULL, 1, false, 0);
            int found = hr_ledger_find(l, a, d.key, d.idkey, true, &r);
            assert_true(rc == 0 || rc == HR_ENOMEM);
            assert_true(found == HR_ENOMEM || found == (rc == 0));
        }
        calls = hr_fault_count(HR_FAULT_ALLOC);
        hr_fault_after(HR_FAULT_ALLOC, 0, false);
        hr_ledger_free(l);
        hr_store_close(s);
        hr_arena_free(a);
    }
}

struct pair {
    hr_ledger *l;
    hr_decision *d;
};

static int find_in_child(void *arg)
{
    struct pair *p = arg;
    hr_decision r, e = a_decision(31, "child");
    hr_arena *a = hr_arena_new();
    hr_fault_after(HR_FAULT_SQL, 1, true);
    if (hr_ledger_find(p->l, a, p->d->key, p->d->idkey, true, &r) != 1 || !hr_str_is(r.sent, "sent"))
        return 1;
    hr_fault_after(HR_FAULT_SQL, 0, false);
    return hr_ledger_commit(p->l, a, &e, NULL, 1, false, 0) == 0 ? 0 : 2;
}

static void a_forked_child_keeps_what_was_known(void **state)
{
    (void)state;
    hr_arena *a = hr_arena_new();
    hr_store *s = open_store();
    hr_ledger *l = hr_ledger_new(s);
    hr_decision d = a_decision(30, "sent"), e = a_decision(31, ""), r;
    struct pair p = {l, &d};
    assert_int_equal(hr_ledger_commit(l, a, &d, NULL, 1, false, 0), 0);
    assert_int_equal(in_child(find_in_child, &p), 0);
    assert_int_equal(hr_ledger_find(l, a, e.key, e.idkey, true, &r), 1);
    assert_true(hr_str_is(r.sent, "child"));
    hr_ledger_free(l);
    hr_store_close(s);
    hr_arena_free(a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        T(without_a_store_nothing_is_found_or_kept),
        T(what_was_committed_is_found_in_another_process),
        T(at_the_tail_only_the_whole_key_counts),
        T(known_decisions_need_no_store_at_all),
        T(two_known_for_one_content_are_not_guessed_between),
        T(memory_is_bounded_and_drops_what_was_longest_unused),
        T(thousands_are_found_again_after_the_table_grew),
        T(what_was_met_is_recalled_by_its_print_alone),
        T(every_allocation_may_fail),
        T(a_forked_child_keeps_what_was_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
