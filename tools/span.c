/* span.c - the span of time that figures are of. See span.h. */
#include "span.h"
#include "format.h"
#include "moment.h"

enum { DAYS_BEFORE = 6 };

int span_take(const struct command *self, int option, struct span *span)
{
    int64_t now = format_now_us();

    switch (option) {
    case SPAN_TODAY:
    case SPAN_WEEK:
        span->from_us = moment_midnight(now, option == SPAN_WEEK ? DAYS_BEFORE : 0);
        break;
    case SPAN_SINCE:
    case SPAN_UNTIL:
        if (!moment_read(optarg, now, option == SPAN_SINCE ? &span->from_us : &span->to_us)) {
            cli_usage(self,
                      option == SPAN_SINCE ? "--since takes " MOMENT_FORMS : "--until takes " MOMENT_FORMS);
            return -1;
        }
        break;
    default:
        return 0;
    }
    span->given = true;
    return 1;
}
