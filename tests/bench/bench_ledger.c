/* bench_ledger.c - one decision made safe against a crash of the process, against write() of the same bytes to an append log.

   bench_ledger           alone; with three other processes that commit every half millisecond (a thousand times as often as
                          an agent); with three that do nothing but commit
   bench_ledger traced N  N commits between two writes to descriptor -1 that strace shows: no fsync may stand between them */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"
#include "measure.h"
#include "siphash.h"
#include "store/store.h"

enum { ROW = 240, ROUNDS = 3000, CONTENDED = 2000, WRITERS = 3 };

static hr_store *store;
static hr_ledger *ledger;
static hr_arena *arena;
static uint64_t number;
static hr_decision row;
static hr_decision stored; /* what was last committed */
static unsigned given_up;  /* commits that other writers kept from their turn until the deadline */
static int append_log;
static char log_row[ROW];

static void open_ledger(const char *home)
{
    char directory[4200];
    snprintf(directory, sizeof directory, "%s/headroom", home);
    const hr_store_options options = {.directory = directory, .create = true, .originals_mb = 256};
    store = hr_store_new(&options);
    ledger = hr_ledger_new(store);
    measure_check(store && ledger && hr_store_reason(store) == NULL, "a ledger that works");
}

/* Keys are hashes: they fall anywhere in an index. */
static void spread(uint8_t out[16], uint64_t salt)
{
    static const uint8_t key[16] = "bench of ledger";
    hr_siphash s;
    hr_siphash_init(&s, key);
    hr_siphash_add(&s, &number, sizeof number);
    hr_siphash_add(&s, &salt, sizeof salt);
    hr_siphash_end(&s, out);
}

/* A decision of ROW bytes with its keys and id. */
static void next_row(void *arg)
{
    static char sent[ROW - 48 - 10 - 40];
    (void)arg;
    number++;
    memset(sent, 'a' + (int)(number % 26), sizeof sent);
    row = (hr_decision){.lossless = true,
                        .sent = hr_str_make(sent, sizeof sent),
                        .transform = HR_STR("minify"),
                        .kind = HR_STR("json"),
                        .tool = HR_STR("bash"),
                        .call_id = HR_STR("toolu_01AbCdEfGhIjKlMnOp"),
                        .tokens_before = 400,
                        .tokens_after = 300};
    spread(row.key, (uint64_t)getpid());
    spread(row.idkey, 1 + (uint64_t)getpid());
    spread(row.sentkey, 2 + (uint64_t)getpid());
    memcpy(row.id, row.key, sizeof row.id);
    hr_arena_free(arena);
    arena = hr_arena_new();
}

static void commit(void *arg)
{
    (void)arg;
    int r = hr_ledger_commit(ledger, arena, &row, &(hr_original){0}, 1, false, 0);
    measure_check(r == 0 || r == HR_EBUSY, "a commit, or the deadline");
    if (r == 0)
        stored = row;
    else
        given_up++;
}

static void append(void *arg)
{
    (void)arg;
    memcpy(log_row, &number, sizeof number);
    measure_check(write(append_log, log_row, sizeof log_row) == ROW, "a line of the log");
}

/* What was committed last is on disk for another handle. */
static void check_stored(const char *home)
{
    hr_decision found;
    hr_ledger_free(ledger);
    hr_store_close(store);
    open_ledger(home);
    measure_check(hr_ledger_find(ledger, arena, stored.key, stored.idkey, true, &found) == 1 &&
                      !found.verbatim,
                  "the last decision is found by a new handle");
}

static void alone(const char *home)
{
    struct contestant list[] = {{.prepare = next_row, .run = commit}, {.run = append}};
    measure_rounds(MEASURE_WALL, list, 2, ROUNDS);
    measure_check(given_up == 0, "nobody is in the way");
    measure_say("ledger.p50", &list[0], &list[1]);
    measure_say_p99("ledger.p99", &list[0], &list[1]);
    check_stored(home);
}

static void write_on(const char *home, useconds_t pause, const volatile bool *stop)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    open_ledger(home);
    while (!*stop) {
        next_row(NULL);
        /* A writer that did not get its turn in time tries the next row: it is there to be in the way. */
        hr_ledger_commit(ledger, arena, &row, &(hr_original){0}, 1, false, 0);
        if (pause)
            usleep(pause);
    }
    _exit(0);
}

static void contended(const char *home, useconds_t pause, const char *p50, const char *p99, const char *lost)
{
    volatile bool *stop = mmap(NULL, sizeof *stop, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t writers[WRITERS];
    measure_check(stop != MAP_FAILED, "shared memory");
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        measure_check(writers[i] >= 0, "a writer");
        if (writers[i] == 0)
            write_on(home, pause, stop);
    }
    struct contestant list[] = {{.prepare = next_row, .run = commit}};
    measure_rounds(MEASURE_WALL, list, 1, CONTENDED);
    *stop = true;
    for (int i = 0; i < WRITERS; i++) {
        int status;
        measure_check(waitpid(writers[i], &status, 0) == writers[i] && status == 0, "a writer ends well");
    }
    check_stored(home);
    munmap((void *)stop, sizeof *stop);
    measure_say_limit(p50, list[0].p50);
    measure_say_limit(p99, list[0].p99);
    measure_say_numbers(lost, given_up, 0);
    given_up = 0;
}

static void mark(const char *word)
{
    measure_check(write(-1, word, strlen(word)) < 0, "a mark for strace");
}

int main(int argc, char **argv)
{
    const char *home = measure_own_home();
    open_ledger(home);
    if (argc == 3 && strcmp(argv[1], "traced") == 0) {
        next_row(NULL);
        commit(NULL);
        mark("begin");
        for (int i = atoi(argv[2]); i > 0; i--) {
            next_row(NULL);
            commit(NULL);
        }
        mark("end");
        return 0;
    }
    char path[4200];
    snprintf(path, sizeof path, "%s/append.log", home);
    append_log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    measure_check(append_log >= 0, "an append log");
    alone(home);
    contended(home, 500, "ledger.others.p50", "ledger.others.p99", "ledger.others.busy");
    contended(home, 0, "ledger.saturated.p50", "ledger.saturated.p99", "ledger.saturated.busy");
    return 0;
}
