/* notice.c - what `headroom run` must tell a person before it starts a program. */
#include "notice.h"
#include "format.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A new number makes the text appear once more. */
#define MARKER "notice-1"

/* All directories up to path, 0700 as the XDG rules want it. */
static bool make_directories(const char *path)
{
    char part[PATH_MAX];

    if (path[0] != '/' || strlen(path) >= sizeof(part))
        return false;
    strcpy(part, path);
    for (char *p = part + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return false;
        *p = '/';
    }
    return mkdir(part, 0700) == 0 || errno == EEXIST;
}

/* True for the one process that made the marker, in a directory that is this user's own. */
static bool mark(const char *directory)
{
    struct stat st;
    bool made = false;
    int dir, fd;

    if (!make_directories(directory))
        return false;
    dir = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir == -1)
        return false;
    if (fstat(dir, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0) {
        fd = openat(dir, MARKER, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        made = fd != -1;
        if (made)
            close(fd);
    }
    close(dir);
    return made;
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

void notice_mode(headroom *h, const char *mode)
{
    headroom_stats stats;
    char count[FORMAT_COUNT];

    if (headroom_get_stats(h, &stats) < 0 || stats.cache_entries <= 0)
        return;
    fprintf(
        stderr,
        "headroom: mode %s sends the originals of what was rewritten before (%s stored decisions): such "
        "conversations"
        " lose the provider's prompt cache, and models that bind their reasoning refuse them with status 400;"
        " resume those with --mode optimize --level replay\n",
        mode, format_count(count, stats.cache_entries));
}
