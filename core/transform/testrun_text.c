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
        if (v < 0)
            return -1;
        while (u < COUNT(units) &&
               !(hr_begins(s, units[u].name) &&
                 (s.n == strlen(units[u].name) || !hr_is_letter(s.p[strlen(units[u].name)]))))
            u++;
        if (u == COUNT(units))
            return -1;
        hr_take(&s, units[u].name);
        sum = (sum < 0 ? 0 : sum) + v * units[u].seconds;
    }
    return sum;
}

/* How the names of units end; most lines are told by it to end in no duration. */
static bool may_end_unit(char c)
{
    return c == 'h' || c == 'm' || c == 'n' || c == 's' || c == 'c';
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
    if (!may_end_unit(close))
        return -1;
    last = hr_last_word(*s, &before);
    seconds = hr_run_seconds(last);
    if (seconds < 0 && before.n > 0 && last.n > 0 && memchr("hmnsu\xc2", last.p[0], 6)) { /* a unit? */
        last = hr_last_word(before, &earlier);
        seconds = hr_run_seconds(hr_cut(*s, (size_t)(last.p - s->p), s->n));
        before = earlier;
    }
    if (seconds >= 0)
        *s = before;
    return seconds;
}

/* ------------------------------------------------------------------ trouble */
/* Beginnings of words with which a program says that not all is well, by their first letters. */
static const char *const trouble['z' - 'a' + 1][4] = {['a' - 'a'] = {"abort"},
                                                      ['b' - 'a'] = {"broke"},
                                                      ['c' - 'a'] = {"cannot", "conflict", "crash"},
                                                      ['d' - 'a'] = {"denied", "deprecat"},
                                                      ['e' - 'a'] = {"error"},
                                                      ['f' - 'a'] = {"fail", "fatal", "flak"},
                                                      ['i' - 'a'] = {"ignor"},
                                                      ['k' - 'a'] = {"kill"},
                                                      ['l' - 'a'] = {"leak"},
                                                      ['m' - 'a'] = {"miss"},
                                                      ['p' - 'a'] = {"pending", "problem"},
                                                      ['r' - 'a'] = {"refus", "reject", "retr"},
                                                      ['s' - 'a'] = {"skip", "slow"},
                                                      ['t' - 'a'] = {"timed", "timeout", "todo"},
                                                      ['u' - 'a'] = {"unable", "unavail", "unknown"},
                                                      ['v' - 'a'] = {"vulnerab"},
                                                      ['w' - 'a'] = {"warn"},
                                                      ['x' - 'a'] = {"xfail"},
                                                      ['y' - 'a'] = {"yank"}};

/* Does the word begin (or, with at_end, end) with the small letters z? */
static bool says(hr_str word, const char *z, bool at_end)
{
    size_t n = strlen(z), from = at_end && word.n > n ? word.n - n : 0;

    if (word.n < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((word.p[from + i] | 0x20) != z[i])
            return false;
    return true;
}

/* Is the word one of those, or a type of error (TimeoutError), or "no" and "not"? It is letters alone. */
static bool is_trouble(hr_str word)
{
    const char *const *begin = trouble[(word.p[0] | 0x20) - 'a'];

    for (int i = 0; i < 4 && begin[i]; i++)
        if (says(word, begin[i], false))
            return true;
    switch (word.p[word.n - 1] | 0x20) {
    case 'r':
        return says(word, "error", true);
    case 'n':
        return says(word, "exception", true);
    case 'o':
        return word.n == 2 && says(word, "no", false);
    case 't':
        return word.n == 3 && says(word, "not", false);
    default:
        return false;
    }
}

/* The length of the path that s begins with, up to a blank; 0: it begins with none. */
static size_t path_length(hr_str s)
{
    size_t n = 0, slashes = 0;
    bool dot = s.n > 0 && s.p[0] == '/';

    for (; n < s.n && !hr_is_blank(s.p[n]); n++) {
        slashes += s.p[n] == '/';
        dot = dot || s.p[n] == '.';
    }
    return (slashes > 0 && dot) || slashes > 1 ? n : 0;
}

bool hr_run_trouble(hr_str s, bool counted)
{
    bool number = false;

    for (size_t i = 0, from; i < s.n;) {
        from = i;
        const bool begins = i == 0 || hr_is_blank(s.p[i - 1]);
        if (begins && !counted && (i += path_length(hr_cut(s, i, s.n))) > from)
            continue;
        if (hr_is_digit(s.p[i])) {
            for (number = false; i < s.n && hr_is_digit(s.p[i]); i++)
                number = number || s.p[i] != '0';
        } else if (hr_is_letter(s.p[i])) {
            while (i < s.n && hr_is_letter(s.p[i]))
                i++;
            if ((number || !counted) && is_trouble(hr_cut(s, from, i)))
                return true;
            number = false;
        } else if (!counted && s.p[i] == '-' && i > 0 && begins) {
            while (i < s.n && !hr_is_blank(s.p[i]))
                i++;
        } else {
            i++;
        }
    }
    return false;
}
