/* testrun_report.c - see testrun_report.h. */
#include "transform/testrun_report.h"

#include "transform/testrun_step.h"
#include "transform/testrun_text.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ------------------------------------------------------------------ go test -json */
/* The value of "key": in an object that is written without blanks; n 0: none. A string is given with its quotes. */
static hr_str member(hr_str s, const char *key)
{
    size_t at = hr_str_find(s, hr_str_make(key, strlen(key)), 0), end;

    if (at == SIZE_MAX)
        return hr_str_make(s.p, 0);
    at += strlen(key);
    for (end = at + 1; end < s.n; end++) {
        if (s.p[at] == '"' ? s.p[end] == '"' : s.p[end] == ',' || s.p[end] == '}')
            break;
        end += s.p[end] == '\\';
    }
    end += at < s.n && s.p[at] == '"';
    return end <= s.n ? hr_cut(s, at, end) : hr_str_make(s.p, 0);
}

/* What go test prints itself around the output of a unit; what the unit prints stays. */
static bool is_frame_of_unit(hr_str output)
{
    static const char *const words[] = {"\"=== RUN ",  "\"=== PAUSE ", "\"=== CONT ", "\"=== NAME ",
                                        "\"--- PASS:", "\"PASS\\n\"",  "\"ok  \\t"};
    hr_str s = output;

    if (s.n > 0 && hr_begins(s, "\"    ")) { /* a part of a test: "    --- PASS: TestA/b (0.00s)\n" */
        size_t i = 1;
        while (i < s.n && s.p[i] == ' ')
            i++;
        return hr_begins(hr_cut(s, i, s.n), "--- PASS:");
    }
    for (size_t i = 0; i < COUNT(words); i++)
        if (hr_begins(s, words[i]))
            return hr_str_find(s, HR_STR("coverage:"), 0) == SIZE_MAX;
    return false;
}

static bool read_event(hr_str s, hr_run_line *out)
{
    static const struct action {
        const char *word;
        enum hr_run_kind kind;
    } actions[] = {{"\"output\"", HR_RUN_OTHER}, {"\"run\"", HR_RUN_BEGIN}, {"\"pass\"", HR_RUN_PASS},
                   {"\"fail\"", HR_RUN_FAIL},    {"\"skip\"", HR_RUN_SKIP}, {"\"pause\"", HR_RUN_NAME},
                   {"\"cont\"", HR_RUN_NAME},    {"\"start\"", HR_RUN_NAME}};
    hr_str action = member(s, ",\"Action\":"), package = member(s, ",\"Package\":"), elapsed;
    size_t i = 0;

    while (i < COUNT(actions) && !hr_str_is(action, actions[i].word))
        i++;
    if (i == COUNT(actions) || package.n == 0 || s.p[s.n - 1] != '}')
        return false;
    hr_str test = member(s, ",\"Test\":");
    const char *end = test.n ? test.p + test.n : package.p + package.n;
    hr_str name = hr_cut(s, (size_t)(package.p - s.p), (size_t)(end - s.p));
    *out = (hr_run_line){actions[i].kind, hr_run_form(HR_RUN_EVENT, i), name, -1};
    if (i == 0 && is_frame_of_unit(member(s, ",\"Output\":")))
        out->kind = HR_RUN_NAME;
    elapsed = member(s, ",\"Elapsed\":");
    if (elapsed.n > 0)
        out->seconds = hr_run_take_number(&elapsed);
    return true;
}

/* ------------------------------------------------------------------ JUnit's XML */
/* A case that is whole on its line passed; one that holds something is not. */
static bool read_case(hr_str s, hr_run_line *out)
{
    size_t time = hr_str_find(s, HR_STR(" time=\""), 0);
    hr_str rest;

    *out =
        (hr_run_line){hr_str_ends(s, "/>") ? HR_RUN_PASS : HR_RUN_OTHER, hr_run_form(HR_RUN_CASE, 0), s, -1};
    if (memchr(s.p + 1, '<', s.n - 1))
        out->kind = HR_RUN_OTHER;
    if (time != SIZE_MAX) {
        rest = hr_cut(s, time + strlen(" time=\""), s.n);
        out->seconds = hr_run_take_number(&rest);
    }
    return true;
}

/* ------------------------------------------------------------------ coverage */
/* A file, numbers, of which one is 0: what was missed, and 100% */
static bool read_covered(hr_str s, hr_run_line *out)
{
    enum { LEAST_NUMBERS = 2, MOST_NUMBERS = 6 };
    hr_str rest = s, file = hr_take_word(&rest), word;
    int numbers = 0, zeros = 0;

    if (!hr_drop(&rest, "100%") || !memchr(file.p, '.', file.n))
        return false;
    while (rest.n > 0 && numbers <= MOST_NUMBERS) {
        word = hr_take_word(&rest);
        if (hr_digits(word) != word.n)
            return false;
        zeros += hr_str_is(word, "0");
        numbers++;
    }
    if (numbers < LEAST_NUMBERS || numbers > MOST_NUMBERS || zeros == 0)
        return false;
    *out = (hr_run_line){HR_RUN_PASS, hr_run_form(HR_RUN_COVERED, 0), file, -1};
    return true;
}

bool hr_run_read_report(hr_str s, hr_run_line *out)
{
    if (s.p[0] == '{')
        return hr_begins(s, "{\"Time\":\"") && read_event(s, out);
    if (s.p[0] == '<')
        return hr_begins(s, "<testcase ") && read_case(s, out);
    return s.p[s.n - 1] == '%' && read_covered(s, out);
}
