/* notice.c - what `headroom run` must tell a person before it starts a program. */
#include "notice.h"
#include "capture.h"
#include "directories.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A new number makes the text appear once more. */
#define MARKER "notice-1"

/* True for the one process that made the marker, in a directory that is this user's own. */
static bool mark(const char *directory)
{
    struct stat st;
    bool made = false;
    int dir, fd;

    if (!directories_make(directory))
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
