/* test_known.c - bodies that a hook above has dealt with: known while they are announced, as often as they are, from any thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge.h"
#include "shim/known.h"

static void a_body_is_known_from_add_to_remove(void **state)
{
    (void)state;
    assert_false(known_any());
    assert_false(known_has("{}", 2));
    uint64_t ticket = known_add("{}", 2);
    assert_true(ticket != 0);
    assert_true(known_any());
    assert_true(known_has("{}", 2));
    assert_true(known_length(2) && !known_length(3) && !known_length(0));
    known_remove(ticket);
    assert_false(known_length(2));
    assert_false(known_has("{}", 2));
    assert_false(known_any());
    known_remove(0);
    assert_false(known_any());
}

static void equal_bodies_are_counted(void **state)
{
    (void)state;
    uint64_t first = known_add("same", 4), second = known_add("same", 4);
    assert_true(first != second);
    known_remove(first);
    assert_true(known_has("same", 4));
    known_remove(second);
    assert_false(known_has("same", 4));
}

/* Every length up to 80, read from the edge of readable memory; another length, or one other byte, is another body. */
static void only_the_very_same_bytes_are_known(void **state)
{
    unsigned char body[81];

    (void)state;
    for (size_t n = 1; n <= 80; n++) {
        for (size_t i = 0; i < sizeof body; i++)
            body[i] = (unsigned char)(i * 7);
        uint64_t ticket = known_add(edge_copy(body, n), n);
        assert_true(known_has(edge_copy(body, n), n));
        assert_false(known_has(edge_copy(body, n - 1), n - 1));
        assert_false(known_has(edge_copy(body, n + 1), n + 1));
        for (size_t i = 0; i < n; i++) {
            body[i] ^= 1;
            assert_false(known_has(edge_copy(body, n), n));
            body[i] ^= 1;
        }
        known_remove(ticket);
    }
    /* Zero bytes at the end are not padding. */
    uint64_t ticket = known_add("a\0\0", 3);
    assert_false(known_has("a\0\0\0", 2));
    assert_false(known_has("a\0\0\0", 4));
    known_remove(ticket);
}

static void a_full_table_knows_no_more(void **state)
{
    static uint64_t tickets[5000];
    size_t n = 0;

    (void)state;
    while (n < 5000 && (tickets[n] = known_add(&n, sizeof n)))
        n++;
    assert_true(n >= 1000 && n < 5000);
    for (size_t i = 0; i < n; i++)
        assert_true(known_has(&i, sizeof i));
    assert_false(known_has(&n, sizeof n));
    for (size_t i = 0; i < n; i++)
        known_remove(tickets[i]);
    assert_false(known_any());
    tickets[0] = known_add(&n, sizeof n);
    assert_true(known_has(&n, sizeof n));
    known_remove(tickets[0]);
}

static void *come_and_go(void *arg)
{
    uintptr_t me = (uintptr_t)arg;

    for (unsigned i = 0; i < 20000; i++) {
        uintptr_t mine[] = {me, i}, nobodys[] = {99, i};
        uint64_t ticket = known_add(mine, sizeof mine), shared = known_add("shared", 6);
        if (!ticket || !shared || !known_has(mine, sizeof mine) || !known_has("shared", 6) ||
            known_has(nobodys, sizeof nobodys))
            return "not known, or too much";
        known_remove(shared);
        known_remove(ticket);
        if (known_has(mine, sizeof mine))
            return "still known";
    }
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    pthread_t threads[8];

    (void)state;
    for (uintptr_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, (void *)i), 0);
    for (size_t i = 0; i < 8; i++) {
        void *failure;
        pthread_join(threads[i], &failure);
        assert_null(failure);
    }
    assert_false(known_any());
}

static void a_child_knows_what_its_parent_announced(void **state)
{
    int status;

    (void)state;
    uint64_t ticket = known_add("before", 6);
    pid_t pid = fork();
    if (pid == 0)
        _exit(known_has("before", 6) ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    known_remove(ticket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_is_known_from_add_to_remove),
        cmocka_unit_test(equal_bodies_are_counted),
        cmocka_unit_test(only_the_very_same_bytes_are_known),
        cmocka_unit_test(a_full_table_knows_no_more),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(a_child_knows_what_its_parent_announced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
