/* scratch.c - a state directory for one command. See scratch.h. */
#include "scratch.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_OPEN = 16 };

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t came;

static void note(int signal)
{
    came = signal;
}

static void handle(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

bool scratch_begin(char *path, size_t room)
{
    const char *base = getenv("TMPDIR");

    if (base == NULL || *base != '/')
        base = "/tmp";
    if (snprintf(path, room, "%s/headroom-XXXXXX", base) >= (int)room)
        return false;
    handle(note);
    return mkdtemp(path) != NULL && setenv("XDG_STATE_HOME", path, 1) == 0;
}

bool scratch_stopped(void)
{
    return came != 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void scratch_end(const char *path)
{
    nftw(path, remove_one, MOST_OPEN, FTW_DEPTH | FTW_PHYS);
    handle(SIG_DFL);
    if (came != 0)
        raise(came);
}
