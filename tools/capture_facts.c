/* capture_facts.c - is capture on, and what is kept? See capture.h. */
#include "capture.h"
#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add(void *arg, const headroom_capture *c)
{
    struct capture_facts *f = arg;

    if (f->files++ == 0)
        f->oldest_us = c->time_us;
    f->bytes += c->stored_bytes;
    return 0;
}

static int take_setting(void *arg, const char *name, const char *value, const char *origin, const char *env,
                        const char *error)
{
    struct capture_facts *f = arg;

    (void)origin, (void)env, (void)error;
    if (value != NULL && strcmp(name, "capture.mb") == 0)
        f->cap_bytes = strtoll(value, NULL, 10) * 1024 * 1024;
    else if (value != NULL && strcmp(name, "capture.days") == 0)
        f->days = strtoll(value, NULL, 10);
    return 0;
}

int capture_facts(headroom *h, struct capture_facts *out)
{
    memset(out, 0, sizeof(*out));
    out->on = headroom_capturing(h, &out->until_us) == 1;
    headroom_each_setting(h, take_setting, out);
    return headroom_each_capture(h, 0, INT64_MAX, add, out);
}

const char *capture_state(const struct capture_facts *f, char *out, size_t room)
{
    char time[FORMAT_TIME];

    if (!f->on)
        snprintf(out, room, "off");
    else if (f->until_us == INT64_MAX)
        snprintf(out, room, "on until it is switched off");
    else
        snprintf(out, room, "on until %s", format_time(time, f->until_us));
    return out;
}
