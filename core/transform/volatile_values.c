/* volatile_values.c - see volatile_values.h. */
#include "transform/volatile_values.h"

#include <string.h>

#include "transform/volatile_words.h"

/* A name in full, or its first letters as they are cut in English. */
static bool is_name(hr_str word, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (word.n < 3 || hr_low(*word.p) != *names[i])
            continue;
        size_t full = strlen(names[i]);
        bool cut = word.n == 3 || (word.n == 4 && strchr("tsr", hr_low(word.p[3])));
        size_t k = 0;
        while (k < word.n && k < full && hr_low(word.p[k]) == names[i][k])
            k++;
        if (k == word.n && (cut || k == full))
            return true;
    }
    return false;
}

unsigned hr_value_of_name(hr_str word)
{
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    if (is_name(word, months, 12))
        return HR_MONTH;
    return is_name(word, days, 7) ? HR_WEEKDAY : 0;
}

size_t hr_fits(hr_str s, const char *form)
{
    size_t at = 0;
    for (; *form; form++) {
        if (*form == '+') {
            while (at < s.n && hr_is_digit(s.p[at]))
                at++;
            continue;
        }
        if (at == s.n || (*form == '9' ? !hr_is_digit(s.p[at]) : s.p[at] != *form))
            return 0;
        at++;
    }
    return at;
}

bool hr_is_zone_offset(hr_str s)
{
    return s.n == 0 || (s.n == 1 && (*s.p == 'Z' || *s.p == 'z')) ||
           ((*s.p == '+' || *s.p == '-') && (hr_fits(hr_str_make(s.p + 1, s.n - 1), "99:99") + 1 == s.n ||
                                             hr_fits(hr_str_make(s.p + 1, s.n - 1), "9999") + 1 == s.n));
}

/* 10:32, 10:32:05.123, with am or pm, Z or an offset right behind it. */
static bool is_time(hr_str s)
{
    size_t n = hr_fits(s, "99:99");
    if (n == 0)
        n = hr_fits(s, "9:99");
    if (n == 0)
        return false;
    size_t more = hr_fits(hr_str_behind(s, n), ":99");
    n += more;
    if (more)
        n += hr_fits(hr_str_behind(s, n), ".9+");
    s = hr_str_behind(s, n);
    return hr_word_is(s, "am") || hr_word_is(s, "pm") || hr_is_zone_offset(s);
}

/* 2025-01-07, alone or with a time. */
static bool is_iso(hr_str s)
{
    static const char *const forms[] = {"9999-99-99", "9999/99/99", "9999.99.99"};
    size_t n = 0;
    for (size_t i = 0; i < 3 && n == 0; i++)
        n = hr_fits(s, forms[i]);
    if (n == 0)
        return false;
    s = hr_str_behind(s, n);
    return s.n == 0 || ((*s.p == 'T' || *s.p == 't' || *s.p == '_') && is_time(hr_str_behind(s, 1)));
}

/* 7/1/2025, 07.01.2025, 1-7-25, 7-Jan-2025 */
static bool is_spelled(hr_str s)
{
    size_t n = hr_fits(s, "99");
    if (n == 0)
        n = hr_fits(s, "9");
    if (n == 0 || n == s.n || !strchr("/.-", s.p[n]))
        return false;
    const char by = s.p[n];
    s = hr_str_behind(s, n + 1);
    for (n = 0; n < s.n && hr_is_alnum(s.p[n]); n++)
        ;
    hr_str middle = hr_str_make(s.p, n);
    bool month = hr_value_of_name(middle) == HR_MONTH || (n > 0 && n <= 2 && hr_fits(middle, "9+") == n);
    if (!month || n == s.n || s.p[n] != by)
        return false;
    s = hr_str_behind(s, n + 1);
    return s.n > 0 && (hr_fits(s, "9999") == s.n || hr_fits(s, "99") == s.n);
}

static bool is_ordinal(hr_str s)
{
    size_t n = hr_fits(s, "9+");
    hr_str end = hr_str_behind(s, n);
    return n > 0 && n <= 2 &&
           (hr_word_is(end, "st") || hr_word_is(end, "nd") || hr_word_is(end, "rd") || hr_word_is(end, "th"));
}

/* An identifier that nobody chose: a UUID, or letters and figures mixed. */
bool hr_is_opaque(hr_str s)
{
    size_t digits = 0, letters = 0;
    for (size_t i = 0; i < s.n; i++) {
        digits += hr_is_digit(s.p[i]);
        letters += hr_is_letter(s.p[i]);
    }
    return s.n >= 5 && s.n <= 128 && digits >= 1 && (letters >= 1 || digits >= 5);
}

unsigned hr_value_of_figure(hr_str s)
{
    const size_t digits = hr_fits(s, "9+");

    if (is_iso(s) || is_spelled(s))
        return HR_DATE;
    if (is_time(s))
        return HR_TIME;
    if (is_ordinal(s))
        return HR_DAY;
    if (digits <= 2 && digits < s.n &&
        (hr_word_is(hr_str_behind(s, digits), "am") || hr_word_is(hr_str_behind(s, digits), "pm")))
        return HR_TIME;
    if (digits == s.n && digits <= 2)
        return HR_DAY;
    if (digits == s.n && digits == 4 && (s.p[0] == '2' || s.p[0] == '1'))
        return HR_YEAR;
    if ((digits == 10 || digits == 13) && *s.p == '1' &&
        (digits == s.n ||
         (s.p[digits] == '.' && hr_fits(hr_str_behind(s, digits + 1), "9+") == s.n - digits - 1)))
        return HR_EPOCH;
    return hr_is_opaque(s) ? HR_OPAQUE : 0;
}
