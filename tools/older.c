/* older.c - see older.h. Small steps, and a pause between two, so that programs that store their requests meanwhile need not wait. */
#include "older.h"
#include "format.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    STEP = 1000, /* requests: some 30 ms */
    PAUSE_NS = 2000000,
    TRIES = 10, /* in a row that find the database busy; each waits a while itself */
    SAY_AFTER_US = 1000000,
    SAY_EACH_US = 100000
};

static void say(int64_t done, int64_t all)
{
    char a[FORMAT_COUNT], b[FORMAT_COUNT];

    fprintf(stderr, "\rheadroom: adding up requests of an older version, once: %s of %s",
            format_count(a, done), format_count(b, all));
    fflush(stderr);
}

void older_sum(headroom *h)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    int64_t all = older_left(h), left = all, begun = format_now_us(),
            said = begun + SAY_AFTER_US - SAY_EACH_US;
    bool shown = false;

    for (int tries = 0; left > 0 && tries < TRIES; nanosleep(&pause, NULL)) {
        int64_t now;
        const int err = headroom_sum_older(h, STEP, &left);

        if (err < 0)
            left = older_left(h);
        tries = err < 0 ? tries + 1 : 0;
        if (err < 0 && headroom_write_reason(h) != NULL)
            break;
        now = format_now_us();
        if (now - said < SAY_EACH_US || isatty(STDERR_FILENO) != 1)
            continue;
        say(all - left, all);
        said = now;
        shown = true;
    }
    if (shown)
        fputs("\r\033[K", stderr);
}

int64_t older_left(headroom *h)
{
    int64_t left;

    return headroom_sum_older(h, 0, &left) == 0 ? left : 0;
}

const char *older_note(headroom *h, char text[OLDER_NOTE])
{
    const int64_t left = older_left(h);
    char n[FORMAT_COUNT];

    if (left == 0)
        return NULL;
    snprintf(text, OLDER_NOTE, "%s requests that an older version stored are not in these sums yet",
             format_count(n, left));
    return text;
}
