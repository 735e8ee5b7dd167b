/* notice.c - what `headroom run` must tell a person before it starts a program. */
#include "notice.h"
#include "capture.h"
#include "directories.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A new number makes the text appear once more. */
#define MARKER        "notice-1"
#define BUDGET_MARKER "notice-budget"

/* The state directory, if it is this user's own; -1. */
static int open_own(const char *directory)
{
    struct stat st;
    int dir;

    if (!directories_make(directory))
        return -1;
    dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir != -1 &&
        (fstat(dir, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)) {
        close(dir);
        dir = -1;
    }
    return dir;
}

/* True for the one process that made this file. */
static bool make_marker(int dir, const char *name)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd != -1)
        close(fd);
    return fd != -1;
}

static bool mark(const char *directory)
{
    int dir = open_own(directory);
    bool made = dir != -1 && make_marker(dir, MARKER);

    if (dir != -1)
        close(dir);
    return made;
}

static time_t midnight(void)
{
    time_t now = time(NULL);
    struct tm tm;

    localtime_r(&now, &tm);
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    return mktime(&tm);
}

/* True once a day: the file's time says when it was. */
static bool mark_today(const char *directory)
{
    int dir = open_own(directory), fd;
    struct stat st;
    bool first = dir != -1 && make_marker(dir, BUDGET_MARKER);

    if (dir != -1 && !first && (fd = openat(dir, BUDGET_MARKER, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)) != -1) {
        first = fstat(fd, &st) == 0 && st.st_mtime < midnight() && futimens(fd, NULL) == 0;
        close(fd);
    }
    if (dir != -1)
        close(dir);
    return first;
}

void notice_storage(headroom *h, const char *days)
{
    const char *directory = headroom_state_directory(h);

    if (directory == NULL || !mark(directory))
        return;
    fprintf(stderr, "headroom: first run. Stored in %s, readable for you alone: a row per LLM request, ",
            directory);
    if (*days != '\0')
        fprintf(stderr, "and the originals (for %s days) and replacements of tool outputs", days);
    else
        fputs("and replacements of tool outputs, but no originals", stderr);
    fputs(".\nheadroom: HEADROOM_ORIGINALS=off stores no originals, HEADROOM_MODE=off switches everything "
          "off. A"
          " conversation that was rewritten must be resumed under headroom. 'headroom show' lists what was "
          "rewritten."
          " (Said once.)\n",
          stderr);
}

void notice_capture(headroom *h)
{
    struct capture_facts f = {.on = false};
    char words[80];

    f.on = headroom_capturing(h, &f.until_us) == 1;
    if (f.on)
        fprintf(
            stderr,
            "headroom: capture is %s: the bodies of requests and responses are stored whole in %s/captures; "
            "'headroom capture off' ends it\n",
            capture_state(&f, words, sizeof(words)), headroom_state_directory(h));
}

struct budget_notice {
    const char *directory, *program;
};

static int say_budget(void *arg, const headroom_budget *b)
{
    const struct budget_notice *n = arg;
    const double spent = (double)b->spent / 1e9, limit = (double)b->limit / 1e9;
    const bool all = *b->program == '\0';

    if (!all && fnmatch(b->program, n->program, 0) != 0)
        return 0;
    if (b->refused)
        fprintf(
            stderr,
            "headroom: today's budget of $%.2f%s%s is spent: LLM requests will fail as on a broken connection"
            " (budget.refuse = on)\n",
            limit, all ? "" : " for ", b->program);
    else if (b->warned && mark_today(n->directory))
        fprintf(stderr, "headroom: $%.2f of today's budget of $%.2f%s%s are spent\n", spent, limit,
                all ? "" : " for ", b->program);
    return 0;
}

void notice_budget(headroom *h, const char *program)
{
    struct budget_notice n = {headroom_state_directory(h), program};

    if (n.directory != NULL)
        headroom_each_budget(h, say_budget, &n);
}

static int note_any(void *arg, const headroom_result *r, int64_t created_us)
{
    (void)r, (void)created_us;
    *(bool *)arg = true;
    return 1;
}

void notice_mode(headroom *h, const char *mode)
{
    bool rewritten = false;

    headroom_each_result(h, 1, note_any, &rewritten);
    if (!rewritten)
        return;
    fprintf(stderr,
            "headroom: mode %s sends the originals of results that were rewritten before: those "
            "conversations lose the"
            " provider's prompt cache, and models that bind their reasoning refuse them with status 400; "
            "resume them"
            " with --mode optimize --level replay\n",
            mode);
}
