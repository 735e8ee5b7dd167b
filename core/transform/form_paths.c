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

#include "transform/form_table.h"
#include "transform/lines.h"

enum { LEAST_LINES = 10, LEAST_PERCENT = 75 /* of the lines are paths */ };

static bool is_path(hr_str line)
{
    return memchr(line.p, '/', line.n) && !memchr(line.p, ' ', line.n) && !memchr(line.p, '\t', line.n) &&
           hr_str_find(line, HR_STR("://"), 0) == SIZE_MAX;
}

static bool is_listing(hr_str text)
{
    hr_str line;
    bool ended;
    size_t lines = 0, paths = 0;

    while (hr_line_next(&text, &line, &ended)) {
        lines++;
        paths += line.n > 0 && is_path(line);
    }
    return lines >= LEAST_LINES && paths * 100 >= lines * LEAST_PERCENT;
}

static hr_str directory_of(hr_str path)
{
    const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
    return hr_str_make(path.p, slash ? (size_t)(slash + 1 - path.p) : 0);
}

/* Is `directory`, with its slash, what `path` names? */
static bool names(hr_str path, hr_str directory)
{
    return path.n > 0 && directory.n == path.n + 1 && memcmp(path.p, directory.p, path.n) == 0;
}

static void put(hr_buf *b, const char *before, hr_str s, bool ended)
{
    hr_buf_puts(b, before);
    hr_buf_str(b, s);
    if (ended)
        hr_buf_putc(b, '\n');
}

int hr_paths_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch)
{
    hr_str rest = text, line, here = {0}, unused;
    bool ended, last;

    if (!is_listing(text))
        return 0;
    for (size_t i = 0; hr_line_next(&rest, &line, &ended); i++) {
        hr_str next = rest, directory = directory_of(line), ahead;
        hr_str name = hr_str_make(line.p + directory.n, line.n - directory.n);
        const bool plain = name.n > 0 && line.p[0] != '\\' && name.p[0] != '\\' && !(pinned && pinned[i]);

        ahead = hr_line_next(&next, &unused, &last) ? directory_of(unused) : (hr_str){0};
        if (plain && names(line, ahead)) {
            put(b, "", ahead, false);
            put(b, "", HR_STR("."), true);
            here = ahead;
        } else if (plain && hr_str_eq(directory, here)) {
            put(b, "", name, ended);
        } else if (plain && directory.n > 0 && hr_str_eq(directory, ahead)) {
            put(b, "", directory, true);
            put(b, "", name, ended);
            here = directory;
        } else {
            put(b, "\\", line, ended);
        }
        if (hr_watch_spend(watch, line.n) < 0)
            return HR_ETIME;
    }
    return 1;
}

int hr_paths_decode(hr_buf *b, hr_str body)
{
    hr_str line, here = {0};
    bool ended;

    while (hr_line_next(&body, &line, &ended)) {
        if (line.n > 0 && line.p[0] == '\\') {
            put(b, "", hr_str_make(line.p + 1, line.n - 1), ended);
        } else if (line.n > 2 && hr_str_ends(line, "/.")) {
            here = hr_str_make(line.p, line.n - 1);
            put(b, "", hr_str_make(line.p, line.n - 2), ended);
        } else if (hr_str_ends(line, "/")) {
            here = line;
        } else {
            put(b, "", here, false);
            put(b, "", line, ended);
        }
    }
    return !b->err;
}
