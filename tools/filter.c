/* filter.c - which requests a command is about. See filter.h. */
#include "filter.h"
#include "format.h"
#include "moment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LAST = 10000000 };

static bool read_status(const char *text, headroom_filter *f)
{
    size_t n = strlen(text);

    f->status_low = f->status_high = 0;
    f->unanswered = strcmp(text, "failed") == 0 || strcmp(text, "none") == 0;
    if (strcmp(text, "failed") == 0) {
        f->status_low = 400;
        f->status_high = 999;
    } else if (n == 3 && text[0] >= '1' && text[0] <= '9' && strcmp(text + 1, "xx") == 0) {
        f->status_low = (text[0] - '0') * 100;
        f->status_high = f->status_low + 99;
    } else if (n == 3 && text[0] != '0' && strspn(text, "0123456789") == 3) {
        f->status_low = f->status_high = (int)strtol(text, NULL, 10);
    }
    return f->status_high > 0 || f->unanswered;
}

static bool read_last(const char *text, size_t *last)
{
    size_t n = strspn(text, "0123456789");
    unsigned long value = strtoul(text, NULL, 10);

    *last = value;
    return n > 0 && n < 10 && text[n] == '\0' && value > 0 && value <= MOST_LAST;
}

static int wrong(const struct command *self, const char *what)
{
    cli_usage(self, what);
    return -1;
}

int filter_take(const struct command *self, int option, headroom_filter *f)
{
    switch (option) {
    case FILTER_PROGRAM:
        f->program = optarg;
        return 1;
    case FILTER_MODEL:
        f->model = optarg;
        return 1;
    case FILTER_HOST:
        f->host = optarg;
        return 1;
    case FILTER_DIALECT:
        f->dialect = optarg;
        return 1;
    case FILTER_SKIPPED:
        f->skipped = optarg == NULL ? "" : optarg;
        return 1;
    case FILTER_STATUS:
        return read_status(optarg, f) ? 1 : wrong(self, "--status takes 200, 4xx, failed or none");
    case FILTER_SINCE:
        return moment_read(optarg, format_now_us(), &f->from_us) ? 1
                                                                 : wrong(self, "--since takes " MOMENT_FORMS);
    case FILTER_UNTIL:
        return moment_read(optarg, format_now_us(), &f->to_us) ? 1
                                                               : wrong(self, "--until takes " MOMENT_FORMS);
    case FILTER_LAST:
        return read_last(optarg, &f->last)
                   ? 1
                   : wrong(self, "the last N is a whole number from 1 up to 10,000,000");
    default:
        return 0;
    }
}
