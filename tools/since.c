/* since.c - the beginning of a span of time. See since.h. */
#include "since.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool read_age(const char *word, int64_t *us)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 7 * 86400}};
    size_t n = strspn(word, "0123456789");

    if (n == 0 || n > 5 || word[n] == '\0' || word[n + 1] != '\0')
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (units[i].letter == word[n]) {
            *us = strtoll(word, NULL, 10) * units[i].seconds * 1000000;
            return true;
        }
    }
    return false;
}

/* strptime takes the 31st of any month; mktime says which day that is. */
static bool read_date(const char *word, int64_t *us)
{
    struct tm t = {.tm_isdst = -1}, given;
    const char *end = strptime(word, "%Y-%m-%d", &t);
    time_t seconds;

    if (end != NULL && *end == ' ')
        end = strptime(end + 1, "%H:%M", &t);
    given = t;
    if (end == NULL || *end != '\0' || (seconds = mktime(&t)) == -1 || t.tm_mday != given.tm_mday)
        return false;
    *us = (int64_t)seconds * 1000000;
    return *us > 0;
}

bool since_read(const char *word, int64_t now_us, int64_t *from_us)
{
    int64_t age;

    if (strcmp(word, "all") == 0) {
        *from_us = 0;
        return true;
    }
    if (read_age(word, &age)) {
        *from_us = now_us > age ? now_us - age : 0;
        return true;
    }
    return read_date(word, from_us);
}
