/* Frames of the log that are read ahead (core/store/gather.h) are the bytes of the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/gather.h"

enum { HEADER = 32, PAGE = 2048, FRAME = PAGE + 24, FRAMES = 100 };

static char content[HEADER + FRAMES * FRAME + 700];
static FILE *file;
static int fd;

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (char)(i * 167 + (i >> 9));
    file = tmpfile();
    assert_non_null(file);
    fd = fileno(file);
    assert_int_equal(pwrite(fd, content, sizeof content, 0), sizeof content);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hr_gather_drop();
    return fclose(file);
}

static off_t place_of(int frame)
{
    return HEADER + (off_t)frame * FRAME;
}

static void read_is(size_t n, off_t at)
{
    char got[FRAME + 100];
    const size_t there = (size_t)at + n <= sizeof content ? n : sizeof content - (size_t)at;
    assert_int_equal(hr_gather_read(fd, got, n, at), there);
    assert_memory_equal(got, content + at, there);
}

static void any_order_of_reads_gives_the_bytes_of_the_file(void **state)
{
    (void)state;
    for (int i = 0; i <= FRAMES; i++) /* the last is cut short */
        read_is(FRAME, place_of(i));
    for (int i = 0; i < 5 * FRAMES; i++) {
        read_is(FRAME, place_of(i * 37 % FRAMES));
        if (i % 5 == 0)
            read_is(PAGE, place_of(i % FRAMES) + 24);
        if (i % 7 == 0)
            read_is(HEADER, 0);
    }
}

static void change(int frame)
{
    char *p = content + place_of(frame);
    p[100] ^= 1;
    assert_int_equal(pwrite(fd, p, FRAME, place_of(frame)), FRAME); /* as another process would */
}

static void what_was_read_ahead_is_forgotten_with_the_lock_and_with_other_reads(void **state)
{
    (void)state;
    read_is(FRAME, place_of(0));
    change(1);
    hr_gather_drop(); /* a lock was taken or given back */
    read_is(FRAME, place_of(1));
    change(2);
    read_is(PAGE, place_of(2) + 24);
    read_is(FRAME, place_of(2));
}

static void a_frame_that_is_held_back_is_written_before_a_read(void **state)
{
    (void)state;
    char *p = content + place_of(3);
    p[0] ^= 1;
    memset(p + 4, 0, 4); /* not the last of its commit */
    assert_int_equal(hr_gather_write(fd, p, 24, place_of(3)), 24);
    assert_int_equal(hr_gather_write(fd, p + 24, PAGE, place_of(3) + 24), PAGE);
    read_is(FRAME, place_of(3));
    read_is(FRAME, place_of(4));
    p = content + place_of(5);
    p[0] ^= 1;
    assert_int_equal(hr_gather_write(fd, p, 24, place_of(5)), 24); /* in the room of what was read ahead */
    assert_int_equal(hr_gather_flush(), 0);
    read_is(FRAME, place_of(5));
    read_is(FRAME, place_of(6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_order_of_reads_gives_the_bytes_of_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_read_ahead_is_forgotten_with_the_lock_and_with_other_reads,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_frame_that_is_held_back_is_written_before_a_read, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
