/* pins.c - see pins.h. */
#include "transform/pins.h"

#include "transform/lines.h"
#include "transform/signs.h"
#include "transform/watch.h"

enum { MOST_ERRORS_PERCENT = 25 };

/* Mark the lines from `from` to before `to` that tell of an error; their number. Few lines hold a word that could, and only those are read. */
static size_t find_errors(const hr_str *line, size_t from, size_t to, bool *error)
{
    const hr_str text = hr_str_make(line[from].p, (size_t)(line[to - 1].p + line[to - 1].n - line[from].p));
    size_t at = 0, n = 0;
    bool sure, strong;

    while ((at = hr_prose_error_place(text, at, &sure)) != SIZE_MAX) {
        while (text.p + at >= line[from].p + line[from].n)
            from++;
        n += error[from] = sure || hr_prose_says_error(line[from], &strong);
        at = (size_t)(line[from].p + line[from].n - text.p);
    }
    return n;
}

/* All lines, with a look at the clock in between. 0, HR_ETIME. */
static int find_all_errors(const hr_str *line, size_t lines, bool *error, size_t *errors, hr_watch *watch)
{
    enum { STRETCH = 512 };

    for (size_t from = 0, to; from < lines; from = to) {
        to = lines - from > STRETCH ? from + STRETCH : lines;
        *errors += find_errors(line, from, to, error);
        if (hr_watch_spend(watch, (size_t)(line[to - 1].p - line[from].p) + line[to - 1].n) < 0)
            return HR_ETIME;
    }
    return 0;
}

int hr_pin_asked(hr_arena *a, const hr_transform_in *in, hr_pins *pins)
{
    const size_t n = hr_lines_count(in->text);
    hr_str rest = in->text;
    bool ended;

    *pins = (hr_pins){.n = n};
    pins->line = hr_arena_alloc(a, (n + 1) * sizeof *pins->line);
    pins->pinned = hr_arena_zalloc(a, n + 1);
    if (!pins->line || !pins->pinned)
        return HR_ENOMEM;
    for (size_t i = 0; i < n; i++)
        hr_line_next(&rest, &pins->line[i], &ended);
    int r = hr_query_pick(in->query, a, pins->line, n, in->deadline_cpu_us, pins->pinned);
    if (n > 0)
        pins->pinned[0] = pins->pinned[n - 1] = true;
    return r;
}

int hr_pin_errors(hr_arena *a, const hr_transform_in *in, hr_pins *pins)
{
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    bool *error = hr_arena_zalloc(a, pins->n + 1);
    size_t errors = 0;

    if (!error)
        return HR_ENOMEM;
    if (find_all_errors(pins->line, pins->n, error, &errors, &watch) < 0)
        return HR_ETIME;
    for (size_t i = 0; errors * 100 <= pins->n * MOST_ERRORS_PERCENT && i < pins->n; i++)
        pins->pinned[i] = pins->pinned[i] || error[i];
    return 0;
}
