/* log_time.h - does a line tell when it was written? In a log each record does, among its first words:

     2026-11-21 10:11:12,123 INFO ..      a time of day, in whatever date: two digits, a colon, two digits, within 40 bytes
     [   12.345678] usb 1-4: ..           seconds since the beginning, in brackets before all else
     081109 203615 148 INFO ..            a date and a time of six digits
     - 1117838570 2005.06.03 ..           seconds (milliseconds) since 1970 among the first three words, near those of the line before

   A line that begins with white space continues another. Pure but for what the clock remembers; one thread. */
#ifndef HR_LOG_TIME_H
#define HR_LOG_TIME_H

#include "transform/split.h"

/* Zero at the beginning of a text. */
typedef struct hr_log_clock {
    char epoch
        [3]; /* first digits of the last number that could be seconds since 1970; a step of the third one is 115 days */
} hr_log_clock;

/* Could it? For a look at a line whose words are not known yet: false means no. */
bool hr_log_may_tell_time(hr_str line);

bool hr_log_tells_time(hr_log_clock *clock, const hr_split *split, uint32_t line);

/* What its clock shows: seconds of the day, or since 1970, of a line that tells its time. -1: no such number is found. */
int64_t hr_log_clock_of(const hr_split *split, uint32_t line);

#endif
