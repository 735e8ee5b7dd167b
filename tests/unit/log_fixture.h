/* log_fixture.h - logs made line by line, and the selection of their lines held against them. */
#ifndef HR_TEST_LOG_FIXTURE_H
#define HR_TEST_LOG_FIXTURE_H

#include "lines_rig.h"

#include "transform/log.h"
#include "transform/log_time.h"

static unsigned clock_s;

static int at_ten(void **state)
{
    clock_s = 0;
    return set_up(state);
}

/* A line with its time. */
#define LINE(format, ...)                                                                                    \
    (clock_s += 3, add("2026-11-21 10:%02u:%02u " format "\n", clock_s / 60 % 60, clock_s % 60, __VA_ARGS__))

static void usual(unsigned n)
{
    static const char *const services[] = {"catalog", "gateway", "checkout"};
    while (n-- > 0) {
        int r = rand();
        if (r & 1)
            LINE("INFO [%s] request %d served in %dms", services[r / 2 % 3], r % 90000, 20 + r % 50);
        else
            LINE("INFO [%s] page %d loaded", services[r / 2 % 3], r % 90000);
    }
}

static int select_for(const char *query)
{
    const hr_transform_in in = asked(query);
    return hr_log_select(arena, &in, &out);
}

#endif
