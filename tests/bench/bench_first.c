/* bench_first.c - the first LLM request of a process: load libheadroom.so, read the configuration, open the ledger that earlier
   processes left, count and shrink a result of 50 KB, commit. Each sample is a process of its own. Judged by its processor time:
   it waits for nothing, and on a busy machine the wall clock tells of the others.

   usage: bench_first LIBRARY   (absolute path of libheadroom.so) */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bodies.h"
#include "measure.h"
#include "road.h"

enum { RUNS = 60, WARM = 5, EARLIER = 100 };

struct sample {
    double load, whole, wall;
};

static void bind(void *lib, const char *name, void *where)
{
    void *f = dlsym(lib, name);
    measure_check(f != NULL, name);
    memcpy(where, &f, sizeof f);
}

/* What shim/core.c and the hook do, in the child. */
static struct sample first_request(const char *library, const hr_buf *body)
{
    struct sample s;
    const void *out;
    size_t len = 0;
    const headroom_head head = {.host = "api.example.org",
                                .host_len = 15,
                                .path = "/v1/messages",
                                .path_len = 12,
                                .dialect = "anthropic",
                                .override = {[HEADROOM_OVERRIDE_LEVEL] = {"crush", 5}}};
    __typeof__(&headroom_open) open_it;
    __typeof__(&headroom_request_new) request_new;
    __typeof__(&headroom_request_body) request_body;
    __typeof__(&headroom_request_sent) request_sent;
    const double wall = measure_now(MEASURE_WALL), start = measure_now(MEASURE_CPU);
    void *lib = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    measure_check(lib != NULL, "libheadroom.so is loaded");
    bind(lib, "headroom_open", &open_it);
    bind(lib, "headroom_request_new", &request_new);
    bind(lib, "headroom_request_body", &request_body);
    bind(lib, "headroom_request_sent", &request_sent);
    headroom *h = open_it(0);
    s.load = measure_now(MEASURE_CPU) - start;
    headroom_request *r = request_new(h, &head, HEADROOM_OPTIMIZE);
    measure_check(r != NULL, "a request begins");
    int built = request_body(r, body->data, body->len, &out, &len);
    request_sent(r);
    s.whole = measure_now(MEASURE_CPU) - start;
    s.wall = measure_now(MEASURE_WALL) - wall;
    measure_check(built == 1 && len + (25 << 10) < body->len, "the first request shrinks");
    return s;
}

static void make_body(hr_buf *body, unsigned seed)
{
    body->len = 0;
    body_begin(body);
    body_turn(body, seed, TEXT_JSON, 50 << 10);
    body_end(body);
}

/* A process that is new but for the body that it sends: it has executed a program since the fork. */
static struct sample in_new_process(char *const self, char *const library, unsigned seed)
{
    struct sample s;
    char number[16];
    int out[2], status;
    snprintf(number, sizeof number, "%u", seed);
    char *argv[] = {self, library, number, NULL};
    measure_check(pipe(out) == 0, "a pipe");
    pid_t pid = fork();
    measure_check(pid >= 0, "a process");
    if (pid == 0) {
        dup2(out[1], 1);
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    close(out[1]);
    measure_check(read(out[0], &s, sizeof s) == sizeof s, "a sample");
    close(out[0]);
    measure_check(waitpid(pid, &status, 0) == pid && status == 0, "the process ends well");
    return s;
}

int main(int argc, char **argv)
{
    hr_buf body = {0};
    double load[RUNS], whole[RUNS], wall[RUNS];

    if (argc == 3) {
        make_body(&body, (unsigned)atoi(argv[2]));
        struct sample s = first_request(argv[1], &body);
        return write(1, &s, sizeof s) == sizeof s ? 0 : 1;
    }
    measure_check(argc == 2, "the path of the library is given");
    measure_own_home();
    headroom *h = headroom_open(0);
    measure_check(h && headroom_store_reason(h) == NULL, "a ledger that works");
    for (unsigned i = 0; i < EARLIER; i++) {
        make_body(&body, 1000 + i);
        measure_check(road_send(h, &body).rewritten == 1, "an earlier request");
    }
    headroom_close(h);
    for (unsigned i = 0; i < RUNS + WARM; i++) {
        struct sample s = in_new_process(argv[0], argv[1], 5000 + i);
        if (i >= WARM) {
            load[i - WARM] = s.load;
            whole[i - WARM] = s.whole;
            wall[i - WARM] = s.wall;
        }
    }
    measure_say_limit("first.load", measure_quantile(load, RUNS, 0.5));
    measure_say_limit("first.p50", measure_quantile(whole, RUNS, 0.5));
    measure_say_limit("first.wall", measure_quantile(wall, RUNS, 0.5));
    return 0;
}
