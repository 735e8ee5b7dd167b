/* testrun_text.c - see testrun_text.h. */
#include "transform/testrun_text.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ------------------------------------------------------------------ durations */
static const struct unit {
    const char *name;
    double seconds;
} units[] = {{"h", 3600}, {"min", 60}, {"ms", 1e-3}, {"m", 60},    {"ns", 1e-9},       {"seconds", 1},
             {"secs", 1}, {"sec", 1},  {"s", 1},     {"us", 1e-6}, {"\xc2\xb5s", 1e-6}};

double hr_run_take_number(hr_str *s)
{
    double v = 0, scale = 1;
    size_t i = 0;

    for (; i < s->n && hr_is_digit(s->p[i]); i++)
        v = v * 10 + (s->p[i] - '0');
    if (i == 0)
        return -1;
    if (i + 1 < s->n && s->p[i] == '.' && hr_is_digit(s->p[i + 1]))
        for (i++; i < s->n && hr_is_digit(s->p[i]); i++)
            v += (scale /= 10) * (s->p[i] - '0');
    *s = hr_trim(hr_cut(*s, i, s->n));
    return v;
}

double hr_run_seconds(hr_str s)
{
    double sum = -1;

    s = hr_trim(s);
    while (s.n > 0) {
        double v = hr_run_take_number(&s);
        size_t u = 0;
        while (u < COUNT(units) &&
               !(hr_begins(s, units[u].name) &&
                 (s.n == strlen(units[u].name) || !hr_is_letter(s.p[strlen(units[u].name)]))))
            u++;
        if (v < 0 || u == COUNT(units))
            return -1;
        hr_take(&s, units[u].name);
        sum = (sum < 0 ? 0 : sum) + v * units[u].seconds;
    }
    return sum;
}

double hr_run_drop_seconds(hr_str *s)
{
    hr_str before, last, earlier;
    double seconds = -1;
    char close = s->n > 0 ? s->p[s->n - 1] : ' ';

    if (close == ')' || close == '>') {
        const char *open = memrchr(s->p, close == ')' ? '(' : '<', s->n);
        size_t at = open ? (size_t)(open - s->p) : 0;
        if (open)
            seconds = hr_run_seconds(hr_cut(*s, at + 1, s->n - 1));
        if (seconds >= 0)
            *s = hr_trim(hr_cut(*s, 0, at));
        return seconds;
    }
    last = hr_last_word(*s, &before);
    seconds = hr_run_seconds(last);
    if (seconds < 0 && before.n > 0) {
        last = hr_last_word(before, &earlier);
        seconds = hr_run_seconds(hr_cut(*s, (size_t)(last.p - s->p), s->n));
        before = earlier;
    }
    if (seconds >= 0)
        *s = before;
    return seconds;
}

/* ------------------------------------------------------------------ trouble */
/* Beginnings of words with which a program says that not all is well. */
static const char *const trouble[] = {
    "abort",   "broke",  "cannot",  "conflict", "crash",    "denied", "deprecat", "error",
    "fail",    "fatal",  "flak",    "ignor",    "kill",     "leak",   "miss",     "pending",
    "problem", "refus",  "reject",  "retr",     "skip",     "slow",   "timed",    "timeout",
    "todo",    "unable", "unavail", "unknown",  "vulnerab", "warn",   "xfail",    "yank"};

/* Is the word one of those, or a type of error (TimeoutError), or "no" and "not"? */
static bool is_trouble(hr_str word)
{
    enum { LONGEST = 24 };
    char low[LONGEST + 1];
    size_t n = word.n < LONGEST ? word.n : LONGEST, from = word.n - n;

    for (size_t i = 0; i < n; i++)
        low[i] = (char)(word.p[i] | 0x20);
    low[n] = 0;
    for (size_t i = 0; i < COUNT(trouble); i++)
        if (hr_begins(hr_str_make(low, n), trouble[i]))
            return true;
    for (size_t i = 0; from > 0 && i < n; i++)
        low[i] = (char)(word.p[from + i] | 0x20);
    switch (low[n - 1]) {
    case 'r':
        return hr_str_ends(hr_str_make(low, n), "error");
    case 'n':
        return hr_str_ends(hr_str_make(low, n), "exception");
    case 'o':
        return n == 2 && low[0] == 'n';
    case 't':
        return n == 3 && low[0] == 'n' && low[1] == 'o';
    default:
        return false;
    }
}

bool hr_run_trouble(hr_str s, bool counted)
{
    bool number = false;

    for (size_t i = 0, from; i < s.n;) {
        from = i;
        if (hr_is_digit(s.p[i])) {
            for (number = false; i < s.n && hr_is_digit(s.p[i]); i++)
                number = number || s.p[i] != '0';
        } else if (hr_is_letter(s.p[i])) {
            while (i < s.n && hr_is_letter(s.p[i]))
                i++;
            if ((number || !counted) && is_trouble(hr_cut(s, from, i)))
                return true;
            number = false;
        } else if (!counted && s.p[i] == '-' && i > 0 && hr_is_blank(s.p[i - 1])) {
            while (i < s.n && !hr_is_blank(s.p[i]))
                i++;
        } else {
            i++;
        }
    }
    return false;
}
