/* bench_start.c - what the preload library costs a program that has nothing to do with an LLM: true, from posix_spawn to wait.

   usage: bench_start PRELOAD   (absolute path of libheadroom_preload.so)
   Its instructions and system calls are counted by bench.py with callgrind and strace. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "measure.h"

enum { ROUNDS = 1500 };

struct start {
    char *const *environment;
    double faults[ROUNDS * 2];
    size_t n;
};

static void spawn(void *arg)
{
    struct start *s = arg;
    char name[] = "true";
    char *argv[] = {name, NULL};
    struct rusage usage;
    pid_t pid;
    int status;

    measure_check(posix_spawn(&pid, "/bin/true", NULL, NULL, argv, s->environment) == 0, "true is started");
    measure_check(wait4(pid, &status, 0, &usage) == pid && status == 0, "true ends with 0");
    s->faults[s->n++] = (double)usage.ru_minflt;
}

int main(int argc, char **argv)
{
    static struct start with, without;
    static char preload[4096], path[] = "PATH=/usr/bin:/bin", mode[] = "HEADROOM_MODE=optimize";
    char *const with_it[] = {path, mode, preload, NULL}, *const without_it[] = {path, mode, NULL};

    measure_check(argc == 2, "the path of the library is given");
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", argv[1]);
    with.environment = with_it;
    without.environment = without_it;
    struct contestant list[] = {{.run = spawn, .arg = &with}, {.run = spawn, .arg = &without}};
    measure_rounds(MEASURE_WALL, list, 2, ROUNDS);
    measure_say("start.wall", &list[0], &list[1]);
    measure_say_numbers(
        "start.faults",
        measure_quantile(with.faults, with.n, 0.5) - measure_quantile(without.faults, without.n, 0.5), 0);
    return 0;
}
