/* testrun_line.c - see testrun_line.h. From the top: names; a reader for each grammar of a result; headings; the order of all. */
#include "transform/testrun_line.h"

#include "transform/testrun_report.h"
#include "transform/testrun_step.h"
#include "transform/testrun_text.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ------------------------------------------------------------------ names */
static hr_str without_dots(hr_str s)
{
    while (s.n > 0 && (s.p[s.n - 1] == '.' || hr_is_blank(s.p[s.n - 1])))
        s.n--;
    return s;
}

static bool is_number(hr_str s)
{
    return s.n > 0 && hr_digits(s) == s.n;
}

/* A result with the name of its unit, `beside` being the word of the name that stands beside the result: a number there is a count, and
   more may be told by "2 failed" anywhere. */
static void tell(hr_run_line *out, enum hr_run_kind kind, uint64_t form, hr_str name, hr_str beside)
{
    out->name = name;
    out->form = form;
    out->kind = kind;
    if (kind == HR_RUN_FAIL) {
        size_t why = hr_str_find(name, HR_STR(" - "), 0);
        if (why != SIZE_MAX)
            out->name = hr_trim(hr_cut(name, 0, why));
    } else if (name.n == 0 || is_number(beside) || (beside.n < name.n && hr_run_trouble(name, true))) {
        out->kind = HR_RUN_OTHER;
    }
}

static void tell_before(hr_run_line *out, enum hr_run_kind kind, uint64_t form, hr_str name)
{
    hr_str rest = name;
    tell(out, kind, form, name, hr_take_word(&rest));
}

static void tell_behind(hr_run_line *out, enum hr_run_kind kind, uint64_t form, hr_str name)
{
    hr_str before;
    tell(out, kind, form, name, hr_last_word(name, &before));
}

/* ------------------------------------------------------------------ what stands around */
/* "12%", "3/40", "gw0": how far the run is, and who runs. */
static bool is_progress(hr_str s)
{
    size_t n = hr_digits(s);

    if (n > 0 && n + 1 == s.n && s.p[n] == '%')
        return true;
    if (n > 0 && n < s.n && s.p[n] == '/')
        return is_number(hr_trim(hr_cut(s, n + 1, s.n)));
    return (hr_begins(s, "gw") && is_number(hr_cut(s, 2, s.n))) || hr_str_is(s, "INFO");
}

/* The inside of the brackets that s begins with; n 0: none. */
static hr_str bracketed(hr_str s)
{
    enum { WIDEST = 24 };
    const char *close = s.n > 0 && s.p[0] == '[' ? memchr(s.p, ']', s.n < WIDEST ? s.n : WIDEST) : NULL;

    return close ? hr_cut(s, 1, (size_t)(close - s.p)) : hr_str_make(s.p, 0);
}

/* Take what is said before the result. */
static bool take_progress(hr_str *s)
{
    bool any = false;

    for (int i = 0; i < 3; i++) {
        hr_str inside = bracketed(*s), rest = *s, word;
        if (inside.n > 0 && is_progress(hr_trim(inside))) {
            *s = hr_trim(hr_cut(*s, inside.n + 2, s->n));
        } else {
            if (rest.n == 0 || !hr_is_digit(rest.p[0]))
                break;
            word = hr_take_word(&rest);
            if (word.p[word.n - 1] == '%' || !is_progress(word))
                break;
            *s = rest;
        }
        any = true;
    }
    return any;
}

static bool drop_percent(hr_str *s)
{
    const char *open = s->n > 0 && s->p[s->n - 1] == ']' ? memrchr(s->p, '[', s->n) : NULL;
    size_t at = open ? (size_t)(open - s->p) : 0;

    if (!open || !is_progress(hr_trim(hr_cut(*s, at + 1, s->n - 1))))
        return false;
    *s = hr_trim(hr_cut(*s, 0, at));
    return true;
}

/* ------------------------------------------------------------------ grammars; true: the line is read */
struct word {
    const char *word;
    enum hr_run_kind kind;
};

static const struct word marks[] = {
    {"\xe2\x9c\x93", HR_RUN_PASS}, {"\xe2\x9c\x94", HR_RUN_PASS}, {"\xe2\x88\x9a", HR_RUN_PASS},
    {"\xe2\x9c\x85", HR_RUN_PASS}, {"\xe2\x9c\x95", HR_RUN_FAIL}, {"\xe2\x9c\x96", HR_RUN_FAIL},
    {"\xe2\x9c\x97", HR_RUN_FAIL}, {"\xe2\x9c\x98", HR_RUN_FAIL}, {"\xc3\x97", HR_RUN_FAIL},
    {"\xe2\x9d\x8c", HR_RUN_FAIL}, {"\xe2\x97\x8b", HR_RUN_SKIP}, {"\xe2\x86\x93", HR_RUN_SKIP},
};

/* Behind a name in parentheses that end the line something may be told, but for "(5 tests)". */
static bool tells_more(hr_str name)
{
    const char *open = name.n > 0 && name.p[name.n - 1] == ')' ? memrchr(name.p, '(', name.n) : NULL;

    if (!open)
        return memchr(name.p, '#', name.n) != NULL;
    hr_str inside = hr_cut(name, (size_t)(open + 1 - name.p), name.n - 1);
    hr_str word = hr_cut(inside, hr_digits(inside), inside.n);
    return word.n == inside.n || !(hr_str_is(word, " tests") || hr_str_is(word, " test"));
}

static bool read_mark(hr_str s, hr_run_line *out)
{
    for (size_t i = 0; i < COUNT(marks); i++) {
        if (!hr_take(&s, marks[i].word))
            continue;
        out->seconds = hr_run_drop_seconds(&s);
        if (marks[i].kind == HR_RUN_SKIP)
            hr_take(&s, "skipped ");
        tell_before(out, marks[i].kind, hr_run_form(HR_RUN_MARK, i), s);
        if (out->kind != HR_RUN_FAIL && tells_more(s))
            out->kind = HR_RUN_OTHER;
        return true;
    }
    return false;
}

/* googletest: [       OK ] Foo.Bar (0 ms) */
static bool read_bracket(hr_str s, hr_run_line *out)
{
    static const struct word words[] = {
        {"OK", HR_RUN_PASS}, {"RUN", HR_RUN_BEGIN}, {"FAILED", HR_RUN_FAIL}, {"SKIPPED", HR_RUN_SKIP}};
    hr_str inside = bracketed(s), word = hr_trim(inside);

    for (size_t i = 0; inside.n > 0 && i < COUNT(words); i++)
        if (hr_str_is(word, words[i].word)) {
            s = hr_trim(hr_cut(s, inside.n + 2, s.n));
            out->seconds = hr_run_drop_seconds(&s);
            tell_before(out, words[i].kind, hr_run_form(HR_RUN_BRACKET, i), s);
            return true;
        }
    return false;
}

/* ok 12 - name; ok  package  0.01s; a directive behind # is more than a result. */
static bool read_ok(hr_str s, hr_run_line *out)
{
    bool failed = hr_take(&s, "not ok ");
    size_t time;

    if (!failed && !hr_take(&s, "ok ") && !hr_take(&s, "ok\t"))
        return false;
    if (hr_digits(s) > 0) {
        s = hr_trim(hr_cut(s, hr_digits(s), s.n));
        hr_take(&s, "- ");
        time = hr_str_find(s, HR_STR("# time="), 0);
        if (time != SIZE_MAX) {
            out->seconds = hr_run_seconds(hr_cut(s, time + strlen("# time="), s.n));
            if (out->seconds >= 0)
                s = hr_trim(hr_cut(s, 0, time));
        }
        *out = (hr_run_line){failed ? HR_RUN_FAIL : HR_RUN_PASS, hr_run_form(HR_RUN_TAP, failed), s,
                             out->seconds};
        if (!failed && memchr(s.p, '#', s.n))
            out->kind = HR_RUN_OTHER;
    } else if (!failed) {
        hr_str name = hr_take_word(&s);
        out->seconds = hr_run_drop_seconds(&s);
        tell_before(out, s.n == 0 || hr_str_is(s, "(cached)") ? HR_RUN_PASS : HR_RUN_OTHER,
                    hr_run_form(HR_RUN_GO, 0), name);
    }
    return true;
}

static const struct word first_words[] = {
    {"PASS ", HR_RUN_PASS},      {"PASSED ", HR_RUN_PASS},     {"PASS: ", HR_RUN_PASS},
    {"--- PASS: ", HR_RUN_PASS}, {"FAIL ", HR_RUN_FAIL},       {"FAILED ", HR_RUN_FAIL},
    {"FAIL: ", HR_RUN_FAIL},     {"--- FAIL: ", HR_RUN_FAIL},  {"ERROR ", HR_RUN_FAIL},
    {"ERROR: ", HR_RUN_FAIL},    {"FAIL\t", HR_RUN_FAIL},      {"--- SKIP: ", HR_RUN_SKIP},
    {"=== RUN ", HR_RUN_BEGIN},  {"=== CONT ", HR_RUN_BEGIN},  {"=== NAME ", HR_RUN_BEGIN},
    {"=== PAUSE ", HR_RUN_NAME}, {"# Subtest: ", HR_RUN_BEGIN}};

/* dotnet test: Passed A.B.c [12 ms], Skipped A.B.c [< 1 ms] */
static bool read_dotnet(hr_str s, hr_run_line *out)
{
    static const struct word words[] = {
        {"Passed ", HR_RUN_PASS}, {"Failed ", HR_RUN_FAIL}, {"Skipped ", HR_RUN_SKIP}};
    const char *open = s.p[s.n - 1] == ']' && s.p[0] >= 'F' && s.p[0] <= 'S' ? memrchr(s.p, '[', s.n) : NULL;

    if (!open)
        return false;
    hr_str rest, time = hr_trim(hr_cut(s, (size_t)(open + 1 - s.p), s.n - 1));
    hr_take(&time, "< ");
    double seconds = hr_run_seconds(time);
    for (size_t i = 0; seconds >= 0 && i < COUNT(words); i++) {
        rest = hr_trim(hr_cut(s, 0, (size_t)(open - s.p)));
        if (!hr_take(&rest, words[i].word))
            continue;
        out->seconds = seconds;
        tell_before(out, words[i].kind, hr_run_form(HR_RUN_BRACKET, COUNT(words) + 1 + i), rest);
        return true;
    }
    return false;
}

static bool read_first_word(hr_str s, hr_run_line *out)
{
    for (size_t i = 0; i < COUNT(first_words); i++)
        if (hr_take(&s, first_words[i].word)) {
            if (first_words[i].kind != HR_RUN_BEGIN)
                out->seconds = hr_run_drop_seconds(&s);
            tell_before(out, first_words[i].kind, hr_run_form(HR_RUN_FIRST_WORD, i), s);
            return true;
        }
    return false;
}

/* ctest: Start 12: name; Maven: Running com.example.NameTest; xdist: a/test_b.py::test_c */
static bool read_name(hr_str s, hr_run_line *out)
{
    hr_str rest = s;
    size_t n;

    if (hr_take(&rest, "Start ") && (n = hr_digits(rest)) > 0 && n < rest.n && rest.p[n] == ':') {
        rest = hr_trim(hr_cut(rest, n + 1, rest.n));
        *out = (hr_run_line){HR_RUN_BEGIN, hr_run_form(HR_RUN_FIRST_WORD, COUNT(first_words)), rest, -1};
        return true;
    }
    rest = s;
    bool java = hr_take(&rest, "Running ");
    hr_str name = hr_word_of(rest);
    if (!java && name.n < rest.n && (rest.p[name.n] == ' ' || memchr(rest.p, ' ', rest.n)))
        return false;
    rest = hr_trim(hr_cut(rest, name.n, rest.n));
    if (rest.n > 0 || name.n == 0 ||
        (java ? !memchr(name.p, '.', name.n) : hr_str_find(name, HR_STR("::"), 0) == SIZE_MAX))
        return false;
    *out =
        (hr_run_line){HR_RUN_NAME, hr_run_form(HR_RUN_FIRST_WORD, COUNT(first_words) + 1 + java), name, -1};
    return true;
}

/* Maven: Tests run: 5, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.05 s -- in com.example.NameTest
   The last line of a run has the same numbers of all units, and no name. */
static bool read_maven(hr_str s, hr_run_line *out)
{
    static const char *const counts[] = {" Failures: ", " Errors: ", " Skipped: "};
    hr_str name, before;
    bool clean = true;

    if (!hr_begins(s, "Tests run: "))
        return false;
    name = hr_last_word(s, &before);
    if (!hr_drop(&before, " in") || (!hr_drop(&before, " --") && !hr_drop(&before, " -")))
        return false;
    size_t time = hr_str_find(before, HR_STR("Time elapsed: "), 0);
    for (size_t i = 0; i < COUNT(counts); i++) {
        size_t n = strlen(counts[i]), at = hr_str_find(before, hr_str_make(counts[i], n), 0);
        clean = clean && at != SIZE_MAX && at + n + 1 < before.n && memcmp(before.p + at + n, "0,", 2) == 0;
    }
    if (time != SIZE_MAX)
        out->seconds = hr_run_seconds(hr_cut(before, time + strlen("Time elapsed: "), before.n));
    out->name = name;
    out->form = hr_run_form(HR_RUN_MAVEN, 0);
    out->kind = clean && out->seconds >= 0 ? HR_RUN_PASS : HR_RUN_FAIL;
    return true;
}

static const struct word last_words[] = {
    {"PASSED", HR_RUN_PASS}, {"SKIPPED", HR_RUN_SKIP}, {"FAILED", HR_RUN_FAIL}, {"ERROR", HR_RUN_FAIL}};
/* These count behind dots only. */
static const struct word dotted_words[] = {
    {"ok", HR_RUN_PASS},      {"OK", HR_RUN_PASS},    {"Passed", HR_RUN_PASS}, {"skipped", HR_RUN_SKIP},
    {"ignored", HR_RUN_SKIP}, {"FAIL", HR_RUN_FAIL},  {"FAILED", HR_RUN_FAIL}, {"ERROR", HR_RUN_FAIL},
    {"failed", HR_RUN_FAIL},  {"Failed", HR_RUN_FAIL}};

static bool read_last_word(hr_str s, hr_run_line *out)
{
    hr_str before, word;
    bool percent = drop_percent(&s);

    if (hr_take(&s, "Test ") && s.n > 0 && s.p[0] == '#') { /* ctest: Test #12: name */
        s = hr_trim(hr_cut(s, 1, s.n));
        s = hr_trim(hr_cut(s, hr_digits(s), s.n));
        hr_take(&s, ":");
    }
    out->seconds = hr_run_drop_seconds(&s);
    word = hr_last_word(s, &before);
    if (memchr(word.p, '*', word.n) &&
        hr_str_find(word, HR_STR("***"), 0) != SIZE_MAX) { /* ctest: name ...***Failed */
        size_t at = hr_str_find(s, HR_STR("***"), 0);
        tell_behind(out, HR_RUN_FAIL, hr_run_form(HR_RUN_LAST_WORD, 0), without_dots(hr_cut(s, 0, at)));
        return true;
    }
    bool dotted = before.n > 1 && memcmp(before.p + before.n - 2, "..", 2) == 0;
    for (size_t i = 0; dotted && i < COUNT(dotted_words); i++)
        if (hr_str_is(word, dotted_words[i].word)) {
            hr_take(&before, "test ");
            tell_behind(out, dotted_words[i].kind, hr_run_form(HR_RUN_LAST_WORD, 1 + i),
                        without_dots(before));
            return true;
        }
    for (size_t i = 0; i < COUNT(last_words); i++)
        if (hr_is(word, last_words[i].word)) {
            tell_behind(out, last_words[i].kind, hr_run_form(HR_RUN_LAST_WORD, 100 + i), before);
            return true;
        }
    size_t dots = 0;
    while (dots < word.n && word.p[dots] == '.')
        dots++;
    hr_str file = before;
    hr_take_word(&file);
    if (percent && dots > 0 && dots == word.n && file.n == 0) { /* pytest: tests/a.py ....... [ 12%] */
        *out = (hr_run_line){HR_RUN_PASS, hr_run_form(HR_RUN_DOTS, before.n > 0), before, -1};
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ headings */
/* "failures: 0" */
static bool counts_none(hr_str s)
{
    bool number = false;

    for (size_t i = 0; i < s.n; i++) {
        if (hr_is_digit(s.p[i]) && s.p[i] != '0')
            return false;
        number = number || s.p[i] == '0';
    }
    return number;
}

/* "=== FAILURES ===", "failures:", " Failed Tests 2 ", "2 failing": below, whatever looks like a result may be a failure's output. */
static bool is_heading_of_failures(hr_str s)
{
    static const char *const headings[] = {"errors",
                                           "failed suites",
                                           "failed tests",
                                           "failing",
                                           "failing tests",
                                           "failures",
                                           "summary of all failing tests"};
    enum { LONGEST = 32 };
    char low[LONGEST];
    const hr_str whole = s;

    while (s.n > 0 && !hr_is_letter(s.p[s.n - 1]))
        s.n--;
    while (s.n > 0 && !hr_is_letter(s.p[0]))
        s = hr_cut(s, 1, s.n);
    if (s.n == 0 || s.n >= LONGEST || !strchr("eEfFsS", s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        low[i] = hr_is_letter(s.p[i]) ? (char)(s.p[i] | 0x20) : s.p[i];
    for (size_t i = 0; i < COUNT(headings); i++)
        if (hr_is(hr_str_make(low, s.n), headings[i]))
            return !counts_none(whole);
    return false;
}

/* "12 passing (45ms)", "Tests: 12 passed", "# pass 12" */
static bool is_summary(hr_str s)
{
    static const char *const words[] = {"Test Files ", "Test Suites:", "Tests ", "Tests:", "pass ", "tests "};
    size_t n;

    while (s.n > 0 && !hr_is_letter(s.p[0]) && !hr_is_digit(s.p[0]))
        s = hr_cut(s, 1, s.n);
    n = hr_digits(s);
    if (n > 0 && hr_begins(hr_trim(hr_cut(s, n, s.n)), "passing"))
        return true;
    for (size_t i = 0; i < COUNT(words); i++)
        if (hr_take(&s, words[i]))
            return hr_digits(s) > 0;
    return hr_take(&s, "OK (") && hr_digits(s) > 0; /* PHPUnit: OK (12 tests, 40 assertions) */
}

/* Most lines are told to be no result by the bytes at their ends. */
static bool may_end_in_word(hr_str s)
{
    switch (s.p[s.n - 1]) {
    case 'D': /* PASSED */
    case 'R': /* ERROR */
    case 'L': /* FAIL */
    case 'K':
    case 'k':
    case 'd': /* skipped; without a duration, and with one: */
    case ']':
    case ')':
    case '>':
    case 's':
    case 'c':
    case 'h':
    case 'm':
    case 'n':
    case '.':
        return true;
    default:
        return false;
    }
}

static bool may_be_heading(hr_str s)
{
    enum { LONGEST = 48 };
    return s.n <= LONGEST || !hr_is_letter(s.p[0]);
}

static bool read_result(hr_str s, bool progress, hr_run_line *out)
{
    switch (s.p[0]) {
    case '[':
        if (read_bracket(s, out))
            return true;
        break;
    case 'o':
    case 'n':
        if (read_ok(s, out))
            return true;
        break;
    case 'T':
        if (read_maven(s, out))
            return true;
        break;
    case '-':
    case 'c':
        if (read_first_word(s, out) || hr_run_read_probe(s, out))
            return true;
        break;
    case 'P':
    case 'F':
    case 'E':
    case 'S':
    case '=':
    case '#':
        if (read_dotnet(s, out) || read_first_word(s, out))
            return true;
        break;
    default:
        if ((unsigned char)s.p[0] > 0x7f && read_mark(s, out))
            return true;
    }
    return read_name(s, out) || hr_run_read_step(s, progress, out) ||
           (may_end_in_word(s) && read_last_word(s, out));
}

void hr_run_line_read(hr_str line, hr_run_line *out)
{
    hr_str s = hr_trim(line);

    *out = (hr_run_line){HR_RUN_OTHER, 0, hr_str_make(s.p, 0), -1};
    if (s.n == 0 || hr_holds_one(s, '\r', '\x1b'))
        return;
    if (hr_run_read_report(s, out))
        return;
    if (may_be_heading(s) && is_heading_of_failures(s)) {
        out->kind = HR_RUN_FAILURES;
        return;
    }
    if (hr_begins(s, "\xe2\x97\x8f")) {
        out->kind = HR_RUN_DETAILS;
        return;
    }
    if (may_be_heading(s) && is_summary(s)) {
        out->kind = HR_RUN_SUMMARY;
        return;
    }
    if (hr_run_read_how(s, out))
        return;
    bool progress = take_progress(&s);
    if (s.n == 0 || !read_result(s, progress, out))
        *out = (hr_run_line){HR_RUN_OTHER, 0, hr_str_make(s.p, 0), -1};
}
