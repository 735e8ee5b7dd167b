/* bench_memory.c - the most memory that one request takes: the held body, as the shim holds it, and all of core, over the process
   that has opened the library and sent nothing yet; without pages of files, which processes share (the vocabulary). Each size in a process
   of its own. */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bodies.h"
#include "measure.h"
#include "road.h"

/* A line of /proc/self/status, in bytes. */
static double status_of(const char *name)
{
    char line[256];
    double kb = 0;
    FILE *f = fopen("/proc/self/status", "re");
    measure_check(f != NULL, "the status of this process");
    while (fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtod(line + strlen(name), NULL);
    fclose(f);
    measure_check(kb > 0, name);
    return kb * 1024;
}

/* The highest mark of the resident size begins anew. */
static void reset_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    measure_check(fd >= 0 && write(fd, "5", 1) == 1, "the peak is reset");
    close(fd);
}

static void one_size(const char *row, size_t n)
{
    hr_buf body = {0};
    size_t results;
    measure_own_home();
    setenv("HEADROOM_DEADLINE_MS", "60000", 1); /* the whole of the work is to be seen */
    body_make(&body, n, &results);
    body.len -= strlen("]}");
    body_turn(&body, 1000000, TEXT_JSON, 50 << 10);
    body_end(&body);
    headroom *h = headroom_open(0);
    measure_check(h && headroom_store_reason(h) == NULL, "a ledger that works");
    malloc_trim(0);
    reset_peak();
    const double idle = status_of("VmRSS:"), files = status_of("RssFile:");

    hr_buf held = {0};
    hr_buf_add(&held, body.data, body.len);
    measure_check(!held.err, "memory for the held body");
    struct road_done done = road_send(h, &held);
    measure_check(done.results == results + 1 && done.rewritten >= 1 && done.len > 0,
                  "the newest result is rewritten");
    const double mapped = status_of("RssFile:") - files;
    measure_say_numbers(row, status_of("VmHWM:") - idle - mapped, (double)body.len);
    headroom_close(h);
}

int main(void)
{
    static const struct {
        const char *row;
        size_t n;
    } sizes[] = {{"memory.1m", 1 << 20}, {"memory.8m", 8 << 20}, {"memory.30m", 30 << 20}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int status;
        pid_t pid = fork();
        measure_check(pid >= 0, "a process");
        if (pid == 0) {
            one_size(sizes[i].row, sizes[i].n);
            exit(0);
        }
        measure_check(waitpid(pid, &status, 0) == pid && status == 0, "the process ends well");
    }
    return 0;
}
