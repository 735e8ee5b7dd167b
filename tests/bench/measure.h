/* measure.h - how the benches measure: contestants in turn, in an order that is shuffled in every round, medians.

   Both sides of a ratio run in the same rounds of the same process, so that whatever else the machine does falls on both.
   A row is printed as one JSON object per line on stdout; bench.py, which knows the goals, makes the table of them. Whatever is
   not as it must be (a result not found, a body that did not shrink) ends the program by measure_check: a wrong answer has no
   time. One thread; nothing is freed at exit. Times are nanoseconds. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum measure_clock {
    MEASURE_CPU, /* processor time of this thread: work of one thread */
    MEASURE_WALL /* what a waiting program sees: files, other processes */
};

struct contestant {
    void (*prepare)(void *arg); /* outside the measured time; may be NULL */
    void (*run)(void *arg);
    void *arg;
    double p50, p99; /* set by measure_rounds */
};

/* Run all contestants once per round; a tenth of the rounds comes first and is not counted. On the wall clock a run that the
   scheduler interrupted for another program is not counted either, for it tells of that program; where fewer than half of the runs
   of a contestant would be left, all of them count. */
void measure_rounds(enum measure_clock clock, struct contestant *list, size_t n, unsigned rounds);

/* The q-quantile (0..1) of n samples; sorts them. */
double measure_quantile(double *samples, size_t n, double q);
double measure_now(enum measure_clock clock);
/* Random numbers for orders: 0..below-1, the same in each run of a program. */
unsigned measure_random(unsigned below);

/* How much slower this machine is at this moment than the one for which the goals in milliseconds were written: the time of a
   chain of dependent multiplications and additions (4 cycles a link on x86-64 of the last ten years) over what it takes at 2.6
   GHz; 1 where it is faster, for much of a commit or a process start does not follow the clock of the processor. A goal in time is
   judged after division by it; ratios never are. */
double measure_machine(void);

/* {"row": name, "ours": ..., "peer": ...} with medians, or with 99th percentiles. */
void measure_say(const char *row, const struct contestant *ours, const struct contestant *peer);
void measure_say_p99(const char *row, const struct contestant *ours, const struct contestant *peer);
/* A time whose goal is in nanoseconds: printed with measure_machine() of this moment. */
void measure_say_limit(const char *row, double ours);
/* Nanoseconds for a million bytes, ours and memcpy's of the same bytes; the goal of ours is in MB/s. */
void measure_say_rate(const char *row, double ours, double peer);
/* Numbers of any unit; peer 0: nothing to compare with. */
void measure_say_numbers(const char *row, double ours, double peer);

/* Ends the program with a message if ok is false. */
void measure_check(bool ok, const char *claim);

/* A new directory of our own below $BENCH_DIR (default /tmp), as home and state directory of this process. Left to the caller
   of the program, who made BENCH_DIR. */
const char *measure_own_home(void);

#endif
