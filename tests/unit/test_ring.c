/* test_ring.c - claims of the ring where rows of finished requests wait (core/store/ring.c): it loses none while the database can be
   written again in time, writes none twice, and never holds up a host for good. */
#include "store_fixture.h"

#include <pthread.h>

#include "store/handle.h"

static int64_t stored(hr_store *s)
{
    headroom_stats t;
    assert_int_equal(hr_store_stats(s, &t), 0);
    return t.requests;
}

static int64_t lost_on_disk(hr_store *s)
{
    headroom_store_facts f;
    assert_int_equal(hr_store_facts(s, &f), 0);
    assert_string_equal(f.integrity, "ok");
    return f.rows_lost;
}

static void add(hr_store *s, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        headroom_row row = a_row(i);
        hr_store_request(s, &row);
    }
}

static int count_row(void *arg, const headroom_row *row)
{
    uint8_t *seen = arg;
    assert_in_range(row->pid, 0, 999);
    assert_int_equal(seen[row->pid]++, 0);
    return 0;
}

/* Each of n rows is there, once. */
static void all_once(hr_store *s, int64_t n)
{
    uint8_t seen[1000] = {0};
    assert_int_equal(hr_store_each_request(s, 0, count_row, seen), 0);
    for (int64_t i = 0; i < n; i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(stored(s), n);
}

static void *release_later(void *arg)
{
    usleep(HR_RING_WAIT_US / 4);
    release_write_lock(*(struct holder *)arg);
    return NULL;
}

static void a_full_ring_waits_for_another_process_and_loses_nothing(void **state)
{
    (void)state;
    hr_store *s = open_store();
    pthread_t thread;
    add(s, 0, 1);
    struct holder h = hold_write_lock();
    add(s, 1, 1 + HR_RING_ROWS);
    assert_int_equal(stored(s), 1);
    assert_int_equal(pthread_create(&thread, NULL, release_later, &h), 0);
    uint64_t from = hr_now_us();
    add(s, 1 + HR_RING_ROWS, 101 + HR_RING_ROWS);
    assert_in_range(hr_now_us() - from, HR_RING_WAIT_US / 8, HR_RING_WAIT_US);
    pthread_join(thread, NULL);
    assert_int_equal(hr_store_lost(s), 0);
    all_once(s, 101 + HR_RING_ROWS);
    assert_int_equal(lost_on_disk(s), 0);
    hr_store_close(s);
}

static void *add_some(void *arg)
{
    static _Atomic int64_t next = 1;
    for (int i = 0; i < 40; i++) {
        headroom_row row = a_row(next++);
        hr_store_request(arg, &row);
    }
    return NULL;
}

static void threads_that_wait_at_once_lose_nothing(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    hr_store *s = open_store();
    pthread_t waiting[THREADS], thread;
    add(s, 0, 1);
    struct holder h = hold_write_lock();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&waiting[i], NULL, add_some, s), 0);
    assert_int_equal(pthread_create(&thread, NULL, release_later, &h), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(waiting[i], NULL);
    pthread_join(thread, NULL);
    hr_store_flush(s);
    assert_int_equal(hr_store_lost(s), 0);
    all_once(s, 1 + THREADS * 40);
    hr_store_close(s);
}

static void a_lock_that_is_never_given_back_holds_up_one_request(void **state)
{
    (void)state;
    hr_store *s = open_store();
    add(s, 0, 1);
    struct holder h = hold_write_lock();
    uint64_t from = hr_now_us();
    add(s, 1, 1 + HR_RING_ROWS); /* they fit */
    assert_in_range(hr_now_us() - from, 0, HR_RING_WAIT_US);
    from = hr_now_us();
    add(s, 900, 901);
    assert_in_range(hr_now_us() - from, HR_RING_WAIT_US, 2 * HR_RING_WAIT_US);
    from = hr_now_us();
    add(s, 901, 905);
    assert_in_range(hr_now_us() - from, 0, HR_RING_WAIT_US / 2);
    assert_int_equal(hr_store_lost(s), 5);
    release_write_lock(h);
    /* What waited is written, and how many are missing. */
    hr_store_flush(s);
    all_once(s, 1 + HR_RING_ROWS);
    assert_int_equal(lost_on_disk(s), 5);
    add(s, 1 + HR_RING_ROWS, 4 + HR_RING_ROWS);
    all_once(s, 4 + HR_RING_ROWS);
    assert_int_equal(lost_on_disk(s), 5);
    assert_int_equal(hr_store_lost(s), 5);
    hr_store_close(s);
}

static void rows_that_wait_at_the_end_of_a_process_wait_for_the_lock(void **state)
{
    (void)state;
    hr_store *s = open_store();
    pthread_t thread;
    add(s, 0, 1);
    struct holder h = hold_write_lock();
    add(s, 1, 11);
    assert_int_equal(pthread_create(&thread, NULL, release_later, &h), 0);
    hr_store_flush(s);
    pthread_join(thread, NULL);
    all_once(s, 11);
    hr_store_close(s);
}

static int child_adds(void *arg)
{
    hr_store *s = arg;
    add(s, 500, 501);
    hr_store_flush(s);
    return hr_store_lost(s) != 0;
}

static void a_child_of_fork_leaves_the_rows_to_its_parent(void **state)
{
    (void)state;
    hr_store *s = open_store();
    add(s, 0, 1);
    struct holder h = hold_write_lock();
    add(s, 1, 11);
    release_write_lock(h);
    assert_int_equal(in_child(child_adds, s), 0);
    hr_store_flush(s);
    uint8_t seen[1000] = {0};
    assert_int_equal(hr_store_each_request(s, 0, count_row, seen), 0);
    assert_int_equal(stored(s), 12);
    hr_store_close(s);
}

/* Whatever call of SQLite fails, once or from then on: each row is there once at the end, or counted as lost. */
static void no_failure_loses_or_doubles_a_row(void **state)
{
    (void)state;
    for (int sticky = 0; sticky < 2; sticky++) {
        bool reached = true;
        for (long n = 1; reached; n += n < 10 ? 1 : 11) {
            assert_in_range(n, 1, 2000);
            hr_store *s = open_store();
            hr_fault_after(HR_FAULT_SQL, n, sticky);
            long before = hr_fault_count(HR_FAULT_SQL);
            add(s, 0, 2);
            reached = hr_fault_count(HR_FAULT_SQL) - before >= n;
            hr_fault_after(HR_FAULT_SQL, 0, false);
            hr_store_flush(s);
            if (!hr_ring_is_empty(s)) {
                usleep(HR_RETRY_US + 1000); /* a failed open is tried again after that */
                hr_store_flush(s);
            }
            assert_int_equal(hr_store_lost(s), 0);
            all_once(s, 2);
            hr_store_close(s);
            unlink(database);
            char wal[140];
            snprintf(wal, sizeof wal, "%s-wal", database);
            unlink(wal);
            snprintf(wal, sizeof wal, "%s-shm", database);
            unlink(wal);
        }
    }
}

static void no_memory_for_a_row_is_counted(void **state)
{
    (void)state;
    hr_store *s = open_store();
    add(s, 0, 1);
    hr_fault_after(HR_FAULT_ALLOC, 1, false);
    add(s, 1, 2);
    hr_fault_after(HR_FAULT_ALLOC, 0, false);
    add(s, 1, 2);
    assert_int_equal(hr_store_lost(s), 1);
    all_once(s, 2);
    assert_int_equal(lost_on_disk(s), 1);
    hr_store_close(s);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
    in_memory = true;
    const struct CMUnitTest tests[] = {
        T(a_full_ring_waits_for_another_process_and_loses_nothing),
        T(threads_that_wait_at_once_lose_nothing),
        T(a_lock_that_is_never_given_back_holds_up_one_request),
        T(rows_that_wait_at_the_end_of_a_process_wait_for_the_lock),
        T(a_child_of_fork_leaves_the_rows_to_its_parent),
        T(no_failure_loses_or_doubles_a_row),
        T(no_memory_for_a_row_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
