/* measure.c - rounds, quantiles and the lines that are printed. See measure.h. */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

double measure_now(enum measure_clock clock)
{
    struct timespec t;
    clock_gettime(clock == MEASURE_CPU ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

unsigned measure_random(unsigned below)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % below;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double measure_quantile(double *samples, size_t n, double q)
{
    qsort(samples, n, sizeof *samples, by_size);
    return samples[(size_t)((double)(n - 1) * q + 0.5)];
}

/* How often this thread lost its processor against its will. */
static long interruptions(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw : 0;
}

/* Samples of one contestant: calm ones from the front, interrupted ones from the back. */
struct samples {
    double *ns;
    size_t calm, interrupted;
};

static void run_one(enum measure_clock clock, struct contestant *c, struct samples *s, unsigned rounds,
                    bool counted)
{
    if (c->prepare)
        c->prepare(c->arg);
    const long before = clock == MEASURE_WALL ? interruptions() : 0;
    double start = measure_now(clock);
    c->run(c->arg);
    double took = measure_now(clock) - start;
    if (!counted)
        return;
    if (clock == MEASURE_WALL && interruptions() != before)
        s->ns[rounds - 1 - s->interrupted++] = took;
    else
        s->ns[s->calm++] = took;
}

void measure_rounds(enum measure_clock clock, struct contestant *list, size_t n, unsigned rounds)
{
    const unsigned warm = rounds / 10 + 1;
    struct samples *samples = calloc(n, sizeof *samples);
    size_t *order = calloc(n, sizeof *order);
    measure_check(samples && order, "memory for the samples");

    for (size_t i = 0; i < n; i++) {
        order[i] = i;
        samples[i].ns = calloc(rounds, sizeof *samples[i].ns);
        measure_check(samples[i].ns != NULL, "memory for the samples");
    }
    for (unsigned round = 0; round < warm + rounds; round++) {
        for (size_t i = n; i-- > 1;) {
            size_t j = measure_random((unsigned)i + 1), swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        for (size_t i = 0; i < n; i++)
            run_one(clock, &list[order[i]], &samples[order[i]], rounds, round >= warm);
    }
    for (size_t i = 0; i < n; i++) {
        size_t used = samples[i].calm * 2 < rounds ? rounds : samples[i].calm;
        list[i].p50 = measure_quantile(samples[i].ns, used, 0.5);
        list[i].p99 = measure_quantile(samples[i].ns, used, 0.99);
        free(samples[i].ns);
    }
    free(samples);
    free(order);
}

double measure_machine(void)
{
    enum { LINKS = 200000, TIMES = 15 };
    const double expected = LINKS * 4 / 2.6;
    double took[TIMES];
    for (int i = 0; i < TIMES; i++) {
        double start = measure_now(MEASURE_CPU);
        uint64_t x = (uint64_t)i;
        for (int k = 0; k < LINKS; k++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            __asm__ volatile("" : "+r"(x)); /* the chain is not folded */
        }
        took[i] = measure_now(MEASURE_CPU) - start;
    }
    const double factor = measure_quantile(took, TIMES, 0.5) / expected;
    return factor > 1 ? factor : 1;
}

void measure_say_numbers(const char *row, double ours, double peer)
{
    if (peer > 0)
        printf("{\"row\": \"%s\", \"ours\": %.6g, \"peer\": %.6g}\n", row, ours, peer);
    else
        printf("{\"row\": \"%s\", \"ours\": %.6g}\n", row, ours);
    fflush(stdout);
}

void measure_say_limit(const char *row, double ours)
{
    printf("{\"row\": \"%s\", \"ours\": %.6g, \"machine\": %.4g}\n", row, ours, measure_machine());
    fflush(stdout);
}

void measure_say_rate(const char *row, double ours, double peer)
{
    printf("{\"row\": \"%s\", \"ours\": %.6g, \"peer\": %.6g, \"machine\": %.4g}\n", row, ours, peer,
           measure_machine());
    fflush(stdout);
}

void measure_say(const char *row, const struct contestant *ours, const struct contestant *peer)
{
    measure_say_numbers(row, ours->p50, peer ? peer->p50 : 0);
}

void measure_say_p99(const char *row, const struct contestant *ours, const struct contestant *peer)
{
    measure_say_numbers(row, ours->p99, peer ? peer->p99 : 0);
}

void measure_check(bool ok, const char *claim)
{
    if (ok)
        return;
    fprintf(stderr, "bench: not so: %s\n", claim);
    exit(1);
}

const char *measure_own_home(void)
{
    static char home[4096];
    const char *base = getenv("BENCH_DIR");
    snprintf(home, sizeof home, "%s/home-XXXXXX", base ? base : "/tmp");
    measure_check(mkdtemp(home) != NULL, "a directory for the ledger");
    setenv("HOME", home, 1);
    setenv("XDG_STATE_HOME", home, 1);
    setenv("XDG_CONFIG_HOME", home, 1);
    return home;
}
