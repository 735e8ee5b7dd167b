/* pins.c - see pins.h. */
#include "transform/pins.h"

#include "transform/lines.h"
#include "transform/signs.h"
#include "transform/watch.h"

enum { MOST_ERRORS_PERCENT = 25 };

static size_t count_lines(hr_str text)
{
    hr_str line;
    bool ended;
    size_t n = 0;

    while (hr_line_next(&text, &line, &ended))
        n++;
    return n;
}

static int pin(hr_arena *a, const hr_transform_in *in, bool with_errors, bool **pinned, size_t *lines)
{
    size_t n = count_lines(in->text), errors = 0;
    hr_str *line = hr_arena_alloc(a, (n + 1) * sizeof *line), rest = in->text;
    bool *error = hr_arena_zalloc(a, n + 1), *asked = hr_arena_zalloc(a, n + 1);
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    bool ended, strong;

    if (!line || !error || !asked)
        return HR_ENOMEM;
    for (size_t i = 0; i < n && hr_line_next(&rest, &line[i], &ended); i++) {
        errors += error[i] = with_errors && hr_prose_says_error(line[i], &strong);
        if (hr_watch_spend(&watch, line[i].n) < 0)
            return HR_ETIME;
    }
    int r = hr_query_pick(in->query, a, line, n, in->deadline_cpu_us, asked);
    for (size_t i = 0; i < n; i++)
        asked[i] = asked[i] || i == 0 || i == n - 1 || (error[i] && errors * 100 <= n * MOST_ERRORS_PERCENT);
    *pinned = asked;
    *lines = n;
    return r;
}

int hr_pin_lines(hr_arena *a, const hr_transform_in *in, bool **pinned, size_t *lines)
{
    return pin(a, in, true, pinned, lines);
}

int hr_pin_asked(hr_arena *a, const hr_transform_in *in, bool **pinned, size_t *lines)
{
    return pin(a, in, false, pinned, lines);
}
