/* log_time.c - see log_time.h. */
#include "transform/log_time.h"

#include "transform/runs.h"

enum {
    TIME_WITHIN = 40, /* bytes: "Wed Nov 21 10:11:12.123456 2026", and a host or a level before it */
    FIRST_WORDS = 3
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool are_digits(hr_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]))
            return false;
    return true;
}

/* "10:00", whatever stands around it. */
static bool holds_time(hr_str s)
{
    const char *colon = s.p, *end = s.p + s.n;

    while (colon < end && (colon = memchr(colon, ':', (size_t)(end - colon)))) {
        if (colon - s.p >= 2 && end - colon >= 3 && is_digit(colon[-1]) && is_digit(colon[-2]) &&
            is_digit(colon[1]) && is_digit(colon[2]))
            return true;
        colon++;
    }
    return false;
}

/* "[   12.345678]", "[0.010s]": seconds since the kernel or the program began, with three digits and more behind the point. */
static bool begins_uptime(hr_str s)
{
    size_t i = 1, point;

    if (s.n == 0 || s.p[0] != '[')
        return false;
    while (i < s.n && s.p[i] == ' ')
        i++;
    for (point = i; point < s.n && is_digit(s.p[point]); point++)
        ;
    if (point == i || point == s.n || s.p[point] != '.')
        return false;
    for (i = point + 1; i < s.n && is_digit(s.p[i]); i++)
        ;
    const size_t digits = i - point - 1;
    i += i < s.n && s.p[i] == 's';
    return digits >= 3 && i < s.n && s.p[i] == ']';
}

/* "203615": hours, minutes, seconds. */
static bool is_clock(hr_str s)
{
    return s.n == 6 && are_digits(s) && (s.p[0] < '2' || (s.p[0] == '2' && s.p[1] < '4')) && s.p[2] < '6' &&
           s.p[4] < '6';
}

/* Of this century's first half, and near the one before: a telephone number is neither. */
static bool is_epoch(hr_log_clock *clock, hr_str s)
{
    if ((s.n != 10 && s.n != 13) || s.p[0] != '1' || !are_digits(s))
        return false;
    const bool near = memcmp(clock->epoch, s.p, sizeof clock->epoch) == 0;
    memcpy(clock->epoch, s.p, sizeof clock->epoch);
    return near;
}

/* Six digits side by side, as all other times have. */
static bool holds_long_number(hr_str s)
{
    enum { BLOCK = 64, STEP = BLOCK - 5 };

    for (size_t at = 0; at < s.n; at += STEP) {
        uint64_t d = hr_run_bits_up_to_64(s.p + at, s.n - at, at, HR_RUN_DIGIT);
        d &= d >> 1;
        d &= d >> 2;
        if (d & d >> 2)
            return true;
    }
    return false;
}

bool hr_log_may_tell_time(hr_str line)
{
    if (line.n == 0 || line.p[0] == ' ' || line.p[0] == '\t')
        return false;
    return holds_time(hr_str_make(line.p, line.n < TIME_WITHIN ? line.n : TIME_WITHIN)) ||
           begins_uptime(line) || holds_long_number(line);
}

bool hr_log_tells_time(hr_log_clock *clock, const hr_split *split, uint32_t line)
{
    const hr_str text = hr_split_line(split, line);
    const uint32_t n = hr_split_words(split, line), words = n < FIRST_WORDS ? n : FIRST_WORDS;

    if (text.n == 0 || text.p[0] == ' ' || text.p[0] == '\t')
        return false;
    if (holds_time(hr_str_make(text.p, text.n < TIME_WITHIN ? text.n : TIME_WITHIN)) || begins_uptime(text))
        return true;
    if (n > 1 && is_clock(hr_split_word(split, line, 1))) {
        const hr_str date = hr_split_word(split, line, 0);
        return (date.n == 6 || date.n == 8) && are_digits(date);
    }
    for (uint32_t i = 0; i < words; i++)
        if (is_epoch(clock, hr_split_word(split, line, i)))
            return true;
    return false;
}

static int two_digits(const char *p)
{
    return (p[0] - '0') * 10 + p[1] - '0';
}

/* Seconds of the day that "10:00:03" tells, the first that no other digit stands before, as a year does in "2026:10:00:03"; -1: there is none. */
static int64_t time_of_day(hr_str s)
{
    enum { LENGTH = 8, HOUR = 3600, MINUTE = 60 };
    const char *end = s.p + s.n, *colon = s.p;

    for (; (colon = memchr(colon, ':', (size_t)(end - colon))); colon++) {
        const char *t = colon - 2;
        if (t < s.p || end - t < LENGTH)
            continue;
        if (t[5] == ':' && is_digit(t[0]) && is_digit(t[1]) && is_digit(t[3]) && is_digit(t[4]) &&
            is_digit(t[6]) && is_digit(t[7]) && (t == s.p || !is_digit(t[-1])))
            return two_digits(t) * HOUR + two_digits(t + 3) * MINUTE + two_digits(t + 6);
    }
    return -1;
}

int64_t hr_log_clock_of(const hr_split *split, uint32_t line)
{
    enum { EPOCH = 10, MILLISECONDS = 3, HOUR = 3600, MINUTE = 60 };
    const hr_str text = hr_split_line(split, line);
    const uint32_t n = hr_split_words(split, line), words = n < FIRST_WORDS ? n : FIRST_WORDS;
    const int64_t t =
        text.n ? time_of_day(hr_str_make(text.p, text.n < TIME_WITHIN ? text.n : TIME_WITHIN)) : -1;

    for (uint32_t i = 0; t < 0 && i < words; i++) {
        const hr_str s = hr_split_word(split, line, i);
        if (i == 1 && is_clock(s))
            return two_digits(s.p) * HOUR + two_digits(s.p + 2) * MINUTE + two_digits(s.p + 4);
        if ((s.n != EPOCH && s.n != EPOCH + MILLISECONDS) || s.p[0] != '1' || !are_digits(s))
            continue;
        int64_t v = 0;
        for (size_t k = 0; k < EPOCH; k++)
            v = v * 10 + (s.p[k] - '0');
        return v;
    }
    return t;
}
