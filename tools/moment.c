/* moment.c - a moment as people write it. See moment.h. */
#include "moment.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)

bool moment_read_age(const char *text, int64_t *us)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
    size_t n = strspn(text, "0123456789");

    if (n == 0 || n > 5 || text[n] == '\0' || text[n + 1] != '\0')
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].letter == text[n]) {
            *us = strtoll(text, NULL, 10) * units[i].seconds * SECOND_US;
            return true;
        }
    }
    return false;
}

int64_t moment_midnight(int64_t now_us, int days)
{
    time_t now = (time_t)(now_us / SECOND_US);
    struct tm t;

    if (localtime_r(&now, &t) == NULL)
        return 0;
    t.tm_hour = t.tm_min = t.tm_sec = 0;
    t.tm_mday -= days;
    t.tm_isdst = -1;
    return (int64_t)mktime(&t) * SECOND_US;
}

/* Days that do not exist, as 31 February, are another day for mktime. */
static bool same_date(const struct tm *a, const struct tm *b)
{
    return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon && a->tm_mday == b->tm_mday;
}

static bool read_date(const char *text, int64_t *us)
{
    static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S",
                                        "%Y-%m-%d %H:%M:%S"};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm t = {.tm_isdst = -1}, given;
        const char *end = strptime(text, forms[i], &t);
        bool utc = end != NULL && strcmp(end, "Z") == 0;
        time_t seconds;

        if (end == NULL || (*end != '\0' && !utc))
            continue;
        given = t;
        t.tm_isdst = utc ? 0 : -1;
        seconds = utc ? timegm(&t) : mktime(&t);
        *us = (int64_t)seconds * SECOND_US;
        return same_date(&given, &t) && seconds >= 0;
    }
    return false;
}

bool moment_read(const char *text, int64_t now_us, int64_t *us)
{
    int64_t age;

    if (moment_read_age(text, &age)) {
        *us = now_us > age ? now_us - age : 0;
        return true;
    }
    if (strcmp(text, "today") == 0 || strcmp(text, "yesterday") == 0) {
        *us = moment_midnight(now_us, text[0] == 'y');
        return true;
    }
    if (strcmp(text, "all") == 0) {
        *us = 0;
        return true;
    }
    return read_date(text, us);
}
