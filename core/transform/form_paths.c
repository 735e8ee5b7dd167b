/* form_paths.c - lists of paths (find, git ls-files, grep -l) under their directories.

     ./src                ./src/.
     ./src/a.c            a.c
     ./src/b.c       ->   b.c
     ./src/net/x.c        \./src/net/x.c
     ./src/z.c            z.c

   In the body a line is, in this order:
     \...          what stands behind the backslash
     DIRECTORY/.   DIRECTORY, and the names that follow are in it
     DIRECTORY/    the names that follow are in it
     else          a name in the directory named last */
#include <string.h>

#include "transform/feeds.h"
#include "transform/form_table.h"
#include "transform/lines.h"

enum { LEAST_LINES = 10, LEAST_PERCENT = 75 /* of the lines are paths */ };

static hr_str directory_of(hr_str path)
{
    const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
    return hr_str_make(path.p, slash ? (size_t)(slash + 1 - path.p) : 0);
}

/* What stands in 64 bytes: bit i tells of the byte i. */
struct block {
    uint64_t feeds, slashes, others; /* others: what is in no path: a blank, a tab, the colon of "://" */
};

static struct block look(const char *p, const char *end)
{
    const size_t n = (size_t)(end - p);
    struct block b = {hr_run_bits_up_to_64(p, n, 0, HR_RUN_FEED), hr_run_bits_up_to_64(p, n, 0, HR_RUN_SLASH),
                      hr_run_bits_up_to_64(p, n, 0, HR_RUN_BLANK)};

    /* The slashes behind a colon, which may stand in the next block. */
    for (uint64_t colons = hr_run_bits_up_to_64(p, n, 0, HR_RUN_COLON); colons; colons &= colons - 1) {
        const char *colon = p + __builtin_ctzll(colons);
        if (end - colon > 2 && colon[1] == '/' && colon[2] == '/')
            b.others |= colons & -colons;
    }
    return b;
}

/* Are most of the lines paths: words with a slash, but no addresses? */
bool hr_paths_are_listed(hr_str text)
{
    const size_t lines = hr_lines_count(text);
    const char *end = text.p + text.n;
    bool slash = false, other = false; /* in the line so far */
    size_t others = 0;

    if (lines < LEAST_LINES)
        return false;
    for (const char *p = text.p; p < end && others * 100 <= lines * (100 - LEAST_PERCENT); p += 64) {
        struct block b = look(p, end);
        for (; b.feeds; b.feeds &= b.feeds - 1) {
            const uint64_t line = (b.feeds & -b.feeds) - 1;
            others += !(slash || (b.slashes & line)) || other || (b.others & line);
            slash = other = false;
            b.slashes &= ~line;
            b.others &= ~line;
        }
        slash = slash || b.slashes;
        other = other || b.others;
    }
    others += end[-1] != '\n' && (!slash || other);
    return (lines - others) * 100 >= lines * LEAST_PERCENT;
}

/* Is `directory`, with its slash, what `path` names? */
static bool names(hr_str path, hr_str directory)
{
    return path.n > 0 && directory.n == path.n + 1 && memcmp(path.p, directory.p, path.n) == 0;
}

static void put(hr_buf *b, hr_str s, bool ended)
{
    hr_buf_str(b, s);
    if (ended)
        hr_buf_putc(b, '\n');
}

int hr_paths_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch)
{
    hr_str rest = text, line, here = {0}, next = {0}, ahead;
    hr_feeds feeds = {0};
    bool ended = false, next_ended = false, more;

    if (!hr_paths_are_listed(text))
        return 0;
    more = hr_feeds_line(&feeds, &rest, &next, &next_ended);
    ahead = directory_of(next);
    for (size_t i = 0; more; i++) {
        const hr_str directory = ahead;
        line = next;
        ended = next_ended;
        more = hr_feeds_line(&feeds, &rest, &next, &next_ended);
        ahead = more ? directory_of(next) : (hr_str){0};
        const hr_str name = hr_str_make(line.p + directory.n, line.n - directory.n);
        const bool plain = name.n > 0 && line.p[0] != '\\' && name.p[0] != '\\' && !(pinned && pinned[i]);

        if (plain && names(line, ahead)) {
            put(b, ahead, false);
            put(b, HR_STR("."), true);
            here = ahead;
        } else if (plain && hr_str_eq(directory, here)) {
            put(b, name, ended);
        } else if (plain && directory.n > 0 && hr_str_eq(directory, ahead)) {
            put(b, directory, true);
            put(b, name, ended);
            here = directory;
        } else {
            hr_buf_putc(b, '\\');
            put(b, line, ended);
        }
        if (hr_watch_spend(watch, line.n) < 0)
            return HR_ETIME;
    }
    return 1;
}

int hr_paths_decode(hr_buf *b, hr_str body)
{
    hr_str line, here = {0};
    hr_feeds feeds = {0};
    bool ended;

    while (hr_feeds_line(&feeds, &body, &line, &ended)) {
        if (line.n > 0 && line.p[0] == '\\') {
            put(b, hr_str_make(line.p + 1, line.n - 1), ended);
        } else if (line.n > 2 && line.p[line.n - 1] == '.' && line.p[line.n - 2] == '/') {
            here = hr_str_make(line.p, line.n - 1);
            put(b, hr_str_make(line.p, line.n - 2), ended);
        } else if (line.n > 0 && line.p[line.n - 1] == '/') {
            here = line;
        } else {
            put(b, here, false);
            put(b, line, ended);
        }
    }
    return !b->err;
}
