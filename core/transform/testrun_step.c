/* testrun_step.c - see testrun_step.h. */
#include "transform/testrun_step.h"

#include "transform/testrun_text.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ------------------------------------------------------------------ steps */ static const char
    *const steps[] = {"AR",
                      "AS",
                      "Building",
                      "Built target",
                      "CC",
                      "CCLD",
                      "CXX",
                      "CXXLD",
                      "Checking",
                      "Collecting",
                      "Compiled",
                      "Compiling",
                      "Consolidate compiler generated dependencies of target",
                      "Copying",
                      "Created wheel for",
                      "Downloaded",
                      "Downloading",
                      "Extracting",
                      "Fetching",
                      "Fresh",
                      "GEN",
                      "Generating",
                      "Getting requirements to build wheel",
                      "HOSTCC",
                      "HOSTLD",
                      "Installing",
                      "LD",
                      "Linking",
                      "Locking",
                      "Obtaining",
                      "Preparing",
                      "Processing triggers for",
                      "Requirement already satisfied:",
                      "Resolving",
                      "Running `",
                      "Scanning dependencies of target",
                      "Selecting previously unselected package",
                      "Setting up",
                      "Stored in directory:",
                      "Unpacking",
                      "Using cached",
                      "go: downloading",
                      "> Task",
                      "\xe2\x94\x81"};

/* What all of the table begin with: most lines are told by it to be none. */
static bool may_begin(char c)
{
    return (c >= 'A' && c <= 'Z') || c == 'g' || c == '>' || c == '\xe2';
}

/* What a step works on: one word, or words with a version, a file, a place among them. Prose has none: "Installing the tools". */
static bool is_object(hr_str s)
{
    while (s.n > 0 && s.p[s.n - 1] == '.')
        s.n--;
    for (size_t i = 0; i < s.n; i++)
        if (hr_is_digit(s.p[i]) || s.p[i] == '/' || s.p[i] == '.' || s.p[i] == ':' || s.p[i] == '`')
            return true;
    return s.n > 0 && !memchr(s.p, ' ', s.n);
}

static bool read_progress(hr_str s, bool progress, hr_run_line *out)
{
    for (size_t i = 0; may_begin(s.p[0]) && i < COUNT(steps); i++) {
        if (!hr_begins(s, steps[i]))
            continue;
        size_t n = strlen(steps[i]);
        if (s.n == n || (hr_is_letter(steps[i][n - 1]) && !hr_is_blank(s.p[n])))
            continue;
        bool plain = (progress || is_object(hr_trim(hr_cut(s, n, s.n)))) && !hr_run_trouble(s, false);
        *out = (hr_run_line){plain ? HR_RUN_STEP : HR_RUN_OTHER, hr_run_form(HR_RUN_STEPS, i),
                             hr_str_make(s.p, 0), -1};
        return true;
    }
    return false;
}

/* How all of their names end. */
static bool may_end_compiler(char c)
{
    switch (c) {
    case '+':
    case ':':
    case 'b':
    case 'c':
    case 'd':
    case 'e':
    case 'g':
    case 'r':
        return true;
    default:
        return false;
    }
}

static bool is_compiler(hr_str path)
{
    enum { LONGEST = 32 }; /* "powerpc64le-linux-gnu-gcc" */
    static const char *const names[] = {"ar",  "c++",   "cc", "ccache",   "clang",  "clang++", "g++",
                                        "gcc", "javac", "ld", "libtool:", "ranlib", "rustc"};
    if (path.n == 0 || !may_end_compiler(path.p[path.n - 1]))
        return false;
    const char *slash = memrchr(path.p, '/', path.n);
    hr_str name = slash ? hr_cut(path, (size_t)(slash + 1 - path.p), path.n) : path;

    if (name.n > LONGEST)
        return false;
    for (size_t i = 0; i < COUNT(names); i++)
        if (hr_is(name, names[i]))
            return true;
    const char *end = name.p + name.n;
    return (name.n > 3 && end[-4] == '-' &&
            (memcmp(end - 3, "gcc", 3) == 0 || memcmp(end - 3, "g++", 3) == 0)) ||
           (name.n > 2 && memcmp(end - 3, "-ar", 3) == 0);
}

/* A compiler's command: what it is told but for the names of files tells apart those that are alike from one that is not. */
static bool read_command(hr_str s, hr_run_line *out)
{
    hr_str word = hr_word_of(s);
    uint64_t form = hr_run_form(HR_RUN_COMMAND, 0);
    bool output = false, compiles = false, trouble = false;

    if (!is_compiler(word))
        return false;
    hr_str rest = hr_trim(hr_cut(s, word.n, s.n));
    form = hr_mix(form, hr_word_bits(word));
    while ((word = hr_take_word(&rest)).n > 0) {
        bool option = word.p[0] == '-';
        bool file = !option && (memchr(word.p, '.', word.n) || memchr(word.p, '/', word.n));
        compiles = compiles || (option && word.n == 2 && (word.p[1] == 'c' || word.p[1] == 'o'));
        if (!file && !output && !hr_begins(word, "-M"))
            form = hr_mix(form, hr_word_bits(word));
        trouble = trouble || (!option && !file && hr_run_trouble(word, false));
        output = option && word.n == 2 && word.p[1] == 'o';
    }
    if (!compiles)
        return false;
    *out = (hr_run_line){trouble ? HR_RUN_OTHER : HR_RUN_STEP, form | 1, hr_str_make(s.p, 0), -1};
    return true;
}

/* make[1]: Entering directory '/x' */
static bool read_directory(hr_str s, hr_run_line *out)
{
    if (!hr_begins(s, "make") && !hr_begins(s, "gmake"))
        return false;
    hr_take_word(&s);
    out->kind = hr_begins(s, "Entering directory ")  ? HR_RUN_ENTER
                : hr_begins(s, "Leaving directory ") ? HR_RUN_LEAVE
                                                     : HR_RUN_OTHER;
    return true;
}

bool hr_run_read_step(hr_str s, bool progress, hr_run_line *out)
{
    return read_progress(s, progress, out) || read_command(s, out) || read_directory(s, out);
}

/* ------------------------------------------------------------------ probes */
/* -- Looking for poll.h - found; checking for poll.h... yes */
bool hr_run_read_probe(hr_str s, hr_run_line *out)
{
    static const char *const good[] = {" - found", " - Success", " - done", " - works"};

    if (hr_take(&s, "-- ")) {
        *out = (hr_run_line){HR_RUN_NAME, hr_run_form(HR_RUN_CMAKE, COUNT(good)), s, -1};
        for (size_t i = 0; i < COUNT(good); i++)
            if (hr_drop(&s, good[i]))
                *out = (hr_run_line){HR_RUN_PASS, hr_run_form(HR_RUN_CMAKE, i), s, -1};
        return true;
    }
    if (hr_begins(s, "checking ") && hr_drop(&s, "... yes")) {
        *out = (hr_run_line){HR_RUN_PASS, hr_run_form(HR_RUN_CONFIGURE, 0), s, -1};
        return true;
    }
    return false;
}

/* ------------------------------------------------------------------ how a test is run */
/* ctest -V tells of each test how it is run: "12: Test command: /x", "test 12". */
bool hr_run_read_how(hr_str s, hr_run_line *out)
{
    static const char *const words[] = {
        "Test command: ", "Working Directory: ", "Test timeout computed to be: "};
    size_t n = hr_digits(s);

    if (hr_begins(s, "test ") && s.n > 5 && hr_digits(hr_cut(s, 5, s.n)) + 5 == s.n) {
        *out = (hr_run_line){HR_RUN_STEP, hr_run_form(HR_RUN_CTEST, COUNT(words)), hr_str_make(s.p, 0), -1};
        return true;
    }
    if (n == 0 || n + 2 >= s.n || s.p[n] != ':' || s.p[n + 1] != ' ')
        return false;
    for (size_t i = 0; i < COUNT(words); i++)
        if (hr_begins(hr_cut(s, n + 2, s.n), words[i])) {
            *out = (hr_run_line){HR_RUN_STEP, hr_run_form(HR_RUN_CTEST, i), hr_str_make(s.p, 0), -1};
            return true;
        }
    return false;
}
