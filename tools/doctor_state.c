/* doctor_state.c - can this user's state be written, is the database sound, and how full is it? See doctor.h. */
#include "doctor.h"
#include "format.h"
#include "reason.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PROBE ".headroom-doctor"

enum {
    LONG_LOG = 64 << 20,    /* hosts cut their log at 8 MB; beyond this somebody keeps them from it */
    PROBE_BYTES = 128 << 10 /* a new database with its log */
};

/* Why the store refuses, with what to do. */
static void say_reason(struct report *r, enum doctor_state state, const char *check, const char *where,
                       const char *word)
{
    const struct reason *reason = reason_of(word);

    doctor_say(r, state, check, reason == NULL ? "See docs/limits.md." : reason->way,
               "%s: %s%s%s: nothing new is rewritten", where, word, reason == NULL ? "" : ": ",
               reason == NULL ? "" : reason->text);
}

/* ------------------------------------------------------------------ directory */
/* Not there yet: may it be made? Its nearest parent that exists says so. */
static void check_parent(struct report *r, const char *directory)
{
    char path[PATH_MAX];
    struct stat st;
    char *slash;

    snprintf(path, sizeof(path), "%s", directory);
    while ((slash = strrchr(path, '/')) != NULL && stat(path, &st) != 0 && slash > path)
        *slash = '\0';
    if (slash == path)
        strcpy(path, "/");
    if (stat(path, &st) != 0 || (st.st_uid != geteuid() && st.st_uid != 0))
        say_reason(r, DOCTOR_FAIL, "state", path, "foreign_directory");
    else if (!S_ISDIR(st.st_mode) || access(path, W_OK) != 0)
        doctor_say(r, DOCTOR_FAIL, "state", "Set XDG_STATE_HOME to a directory that you can write.",
                   "%s does not exist, and cannot be made in %s: nothing is rewritten", directory, path);
    else
        doctor_say(r, DOCTOR_OK, "state", NULL, "%s is not there yet; the first LLM request makes it",
                   directory);
}

static bool fill(int fd)
{
    static const char zeros[PROBE_BYTES];
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN); /* ulimit -f: an error is wanted */
    ssize_t n = write(fd, zeros, sizeof(zeros));

    signal(SIGXFSZ, before);
    if (n >= 0 && n < (ssize_t)sizeof(zeros))
        errno = ENOSPC;
    return n == (ssize_t)sizeof(zeros) && fsync(fd) == 0;
}

/* A file is really written, and removed. */
static bool can_write(const char *directory, char *why, size_t size)
{
    int dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int fd = dir == -1 ? -1 : openat(dir, PROBE, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool done = fd != -1 && fill(fd);

    if (!done)
        snprintf(why, size, "%s", strerror(errno));
    if (fd != -1) {
        close(fd);
        unlinkat(dir, PROBE, 0);
    }
    if (dir != -1)
        close(dir);
    return done;
}

static void check_space(struct report *r, const char *directory, int64_t wanted)
{
    char free_text[FORMAT_COUNT], wanted_text[FORMAT_COUNT];
    struct statvfs fs;
    int64_t left;

    if (statvfs(directory, &fs) != 0 || fs.f_frsize == 0)
        return;
    left = (int64_t)(fs.f_bavail * fs.f_frsize);
    if (left < wanted)
        doctor_say(r, DOCTOR_WARN, "space", "Free some space, lower originals.mb, or 'headroom purge'.",
                   "%s bytes are free for %s, the caps allow %s more", format_count(free_text, left),
                   directory, format_count(wanted_text, wanted));
    else
        doctor_say(r, DOCTOR_OK, "space", NULL, "%s bytes are free for %s", format_count(free_text, left),
                   directory);
}

/* False: there is no directory. */
static bool check_directory(struct report *r, headroom *h, const char *directory)
{
    const char *reason;
    char why[128];
    struct stat st;

    if (lstat(directory, &st) != 0) {
        check_parent(r, directory);
        return false;
    }
    reason = headroom_write_reason(h);
    if (reason != NULL && (strstr(reason, "directory") != NULL || strcmp(reason, "network_file_system") == 0))
        say_reason(r, DOCTOR_FAIL, "state", directory, reason);
    else if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        say_reason(r, DOCTOR_FAIL, "state", directory,
                   st.st_uid != geteuid() ? "foreign_directory" : "directory");
    else if (!can_write(directory, why, sizeof(why)))
        doctor_say(r, DOCTOR_FAIL, "state", "Make it writable for you, or set XDG_STATE_HOME.",
                   "%s: no file can be written: %s: nothing new is rewritten", directory, why);
    else
        doctor_say(r, DOCTOR_OK, "state", NULL, "%s is yours (mode %04o), a file was written and removed",
                   directory, st.st_mode & 07777u);
    return true;
}

/* ------------------------------------------------------------------ database */
static void check_sizes(struct report *r, const headroom_store_facts *f)
{
    char bytes[FORMAT_COUNT], cap[FORMAT_COUNT], log[FORMAT_COUNT];

    format_count(bytes, f->originals_bytes);
    format_count(cap, f->originals_cap_bytes);
    if (f->originals_bytes * 10 >= f->originals_cap_bytes * 9)
        doctor_say(r, DOCTOR_WARN, "originals",
                   "Raise originals.mb, lower originals.days, or 'headroom purge --originals'.",
                   "%lld of %s bytes, the cap is %s: above it only lossless rewrites are made",
                   (long long)f->originals, bytes, cap);
    else
        doctor_say(r, DOCTOR_OK, "originals", NULL, "%lld of %s bytes; the cap is %s",
                   (long long)f->originals, bytes, cap);
    if (f->log_bytes > LONG_LOG)
        doctor_say(
            r, DOCTOR_WARN, "log",
            "End the process that keeps a transaction open; any headroom command then shortens the log.",
            "the write-ahead log has %s bytes: programs that never end, or a reader that stays",
            format_count(log, f->log_bytes));
    if (f->rows_lost > 0)
        doctor_say(
            r, DOCTOR_WARN, "rows",
            "Find what locked the database for so long; the log has the program and the time.",
            "%lld finished requests are missing in all figures: 64 rows waited, and the database could "
            "not be written for two seconds",
            (long long)f->rows_lost);
}

static void check_database(struct report *r, headroom *h, const char *directory)
{
    headroom_store_facts f;
    char file[FORMAT_COUNT], log[FORMAT_COUNT];
    int err = headroom_get_store_facts(h, &f);
    const char *reason = headroom_write_reason(h);

    if (err < 0) {
        say_reason(r, DOCTOR_FAIL, "database", directory, reason == NULL ? "locked" : reason);
        return;
    }
    if (!f.exists) {
        doctor_say(r, DOCTOR_OK, "database", NULL, "not there yet; the first LLM request makes it");
        return;
    }
    if (strcmp(f.integrity, "ok") != 0)
        doctor_say(r, DOCTOR_FAIL, "database", reason_of("corrupt")->way, "%s/headroom.db is damaged: %s",
                   directory, f.integrity);
    else if (reason != NULL)
        say_reason(r, DOCTOR_FAIL, "database", directory, reason);
    else if (strcmp(f.journal, "wal") != 0)
        doctor_say(r, DOCTOR_WARN, "database",
                   "Some other program changed it; the next LLM request sets it back.",
                   "%s/headroom.db has journal mode %s, not wal", directory, f.journal);
    else
        doctor_say(r, DOCTOR_OK, "database", NULL,
                   "sound (quick_check), version %lld, %s bytes and %s of log; %lld requests, %lld decisions",
                   (long long)f.version, format_count(file, f.file_bytes), format_count(log, f.log_bytes),
                   (long long)f.requests, (long long)f.decisions);
    check_sizes(r, &f);
    check_space(r, directory, f.originals_cap_bytes - f.originals_bytes);
}

void doctor_state(struct report *r, headroom *h)
{
    const char *directory = headroom_state_directory(h);

    if (directory == NULL)
        say_reason(r, DOCTOR_FAIL, "state", "no state directory", "no_home");
    else if (check_directory(r, h, directory))
        check_database(r, h, directory);
}
