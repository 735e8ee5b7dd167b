/* kind_line.c - see kind_line.h. */
#include "transform/kind_line.h"

#include <string.h>

#include "transform/testrun_line.h"

enum { MOST_LOOK = 400 }; /* bytes of a line that are looked at */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c & 0x80);
}

static bool begins(hr_str s, const char *z)
{
    size_t n = strlen(z);

    return s.n >= n && memcmp(s.p, z, n) == 0;
}

static bool begins_any(hr_str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i][0] == s.p[0] && begins(s, list[i]))
            return true;
    return false;
}
#define BEGINS_ANY(s, list) begins_any(s, list, sizeof(list) / sizeof *(list))

static bool holds(hr_str s, const char *z)
{
    return hr_str_find(s, hr_str_make(z, strlen(z)), 0) != SIZE_MAX;
}

static size_t digits(hr_str s, size_t from)
{
    size_t i = from;

    while (i < s.n && is_digit(s.p[i]))
        i++;
    return i - from;
}

/* ------------------------------------------------------------------ logs */
static const char *const levels[] = {"INFO",     "WARN",   "ERROR", "DEBUG", "TRACE", "FATAL",
                                     "CRITICAL", "NOTICE", "[INFO", "[WARN", "[ERR",  "[DEB",
                                     "[info",    "[error", "[warn", "[debug"};

/* hh:mm among the first words, or a level before all else, or key=value with a level. */
static bool is_timed(hr_str s)
{
    enum { WITHIN = 44 };
    size_t n = s.n < WITHIN ? s.n : WITHIN;

    if (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '+')
        return false;
    for (size_t i = 2; i + 2 < n; i++)
        if (s.p[i] == ':' && is_digit(s.p[i - 1]) && is_digit(s.p[i - 2]) && is_digit(s.p[i + 1]) &&
            is_digit(s.p[i + 2]))
            return true;
    return BEGINS_ANY(s, levels) || begins(s, "level=") || begins(s, "ts=") || begins(s, "time=");
}

/* ------------------------------------------------------------------ paths */
/* Bytes of a path at the beginning: no blanks, no quotes. */
static size_t path_length(hr_str s)
{
    static const bool ends[256] = {[' '] = true, ['\t'] = true, ['"'] = true, ['\''] = true, ['<'] = true,
                                   ['>'] = true, ['|'] = true,  ['('] = true, [')'] = true,  ['{'] = true,
                                   ['}'] = true, ['='] = true,  [','] = true, [';'] = true,  [':'] = true};
    size_t i = 0;

    while (i < s.n && !ends[(unsigned char)s.p[i]])
        i++;
    return i;
}

static bool is_path_like(hr_str s)
{
    enum { LONGEST_ENDING = 7 };
    const char *dot = s.n ? memrchr(s.p, '.', s.n) : NULL;
    size_t ending = dot ? (size_t)(s.p + s.n - dot) - 1 : 0;

    if (s.n < 2)
        return false;
    return memchr(s.p, '/', s.n) || memchr(s.p, '\\', s.n) ||
           (dot > s.p && ending > 0 && ending <= LONGEST_ENDING && is_letter(dot[1]));
}

/* "src/a.c:12:" and, in ripgrep's headings, "12:" */
static bool is_match(hr_str s)
{
    size_t n = path_length(s), d;

    if (n == 0 || n + 2 >= s.n || s.p[n] != ':')
        return false;
    if (digits(s, 0) == n)
        return n < 7 && !(is_digit(s.p[n + 1]) && n <= 2);
    d = digits(s, n + 1);
    return is_path_like(hr_str_make(s.p, n)) && d > 0 && n + 1 + d < s.n &&
           (s.p[n + 1 + d] == ':' || s.p[n + 1 + d] == '-');
}

static bool is_path(hr_str s)
{
    static const char *const branches[] = {"\xe2\x94\x9c\xe2\x94\x80", "\xe2\x94\x94\xe2\x94\x80",
                                           "\xe2\x94\x82", "|-- ", "`-- "};

    if (BEGINS_ANY(s, branches))
        return true;
    if (s.n > 12 && strchr("-dlbcps", s.p[0]) && strchr("r-", s.p[1]) && strchr("w-", s.p[2]) &&
        strchr("xsS-", s.p[3]) && strchr("r-", s.p[4]) && strchr("w-", s.p[5]))
        return true;
    return path_length(s) == s.n && is_path_like(s);
}

/* ------------------------------------------------------------------ diffs */
static bool is_hunk(hr_str s)
{
    return begins(s, "@@ -") && s.n > 8 && is_digit(s.p[4]);
}

static bool is_patch(hr_str s)
{
    static const char *const heads[] = {"diff --git ",   "diff -",         "--- a/",           "+++ b/",
                                        "--- /dev/null", "+++ /dev/null",  "Index: ",          "rename from ",
                                        "rename to ",    "new file mode ", "similarity index "};

    return BEGINS_ANY(s, heads) || (begins(s, "index ") && holds(s, ".."));
}

/* ------------------------------------------------------------------ builds and traces */
/* "a.c:12:5: error: x", "a.ts(12,5): error TS2322", "error[E0308]: x", "  12:5  error  x  rule" */
static bool is_finding(hr_str s)
{
    static const char *const heads[] = {"error[E",   "error: ",      "warning: ", "error TS",
                                        "make: ***", "make[1]: ***", "ld: ",      "npm ERR!",
                                        "npm error", "FAILED",       "fatal: ",   "collect2: "};
    static const char *const words[] = {
        ": error: ", ": warning: ", ": note: ", ": fatal error: ", "): error ", "): warning ", " - error TS"};
    size_t i = 0;

    if (BEGINS_ANY(s, heads))
        return true;
    if (!holds(s, "error") && !holds(s, "warning") && !holds(s, ": note: "))
        return false;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (holds(s, words[k]))
            return true;
    while (i < s.n && s.p[i] == ' ')
        i++;
    size_t d = digits(s, i), e = d && i + d < s.n && s.p[i + d] == ':' ? digits(s, i + d + 1) : 0;
    return i > 0 && e > 0 && (holds(s, " error ") || holds(s, " warning "));
}

static bool is_frame(hr_str s)
{
    static const char *const heads[] = {"at ", "File \"", "in ", "from ", "#"};
    hr_str t = s;

    while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t'))
        t = hr_str_make(t.p + 1, t.n - 1);
    if (t.n == 0)
        return false;
    bool indented = t.n < s.n;
    if (indented && begins(t, heads[0]))
        return memchr(t.p, ':', t.n) || memchr(t.p, '(', t.n);
    if (indented && begins(t, heads[1]))
        return holds(t, "\", line ");
    if (indented && t.p[0] == '/' && holds(t, ".go:"))
        return true;
    if (t.p[0] == '#' && digits(t, 1) && holds(t, " in "))
        return true;
    size_t d = digits(t, 0);
    return d > 0 && d < 4 && indented && d + 2 < t.n && t.p[d] == ':' && t.p[d + 1] == ' ' && holds(t, "::");
}

static bool begins_trace(hr_str s)
{
    static const char *const heads[] = {"Traceback (most recent call last)",
                                        "Exception in thread ",
                                        "stack backtrace:",
                                        "goroutine ",
                                        "Caused by: ",
                                        "panic: ",
                                        "thread '",
                                        "Uncaught ",
                                        "Stack trace:",
                                        "Backtrace:"};
    size_t n = 0;

    if (BEGINS_ANY(s, heads))
        return true;
    while (n < s.n && (is_letter(s.p[n]) || is_digit(s.p[n]) || s.p[n] == '.' || s.p[n] == '_'))
        n++;
    /* "java.lang.IllegalStateException: x", "TypeError: x" */
    return n > 6 && n < s.n && s.p[n] == ':' &&
           (memcmp(s.p + n - 5, "Error", 5) == 0 || (n > 9 && memcmp(s.p + n - 9, "Exception", 9) == 0));
}

/* ------------------------------------------------------------------ Markdown, programs, configuration */
static bool is_heading(hr_str s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] == '#')
        n++;
    return begins(s, "```") || (n > 0 && n < 7 && n + 1 < s.n && s.p[n] == ' ' && is_letter(s.p[n + 1]));
}

static bool is_item(hr_str s)
{
    size_t d = digits(s, 0);

    if (s.n > 3 && (s.p[0] == '-' || s.p[0] == '*' || s.p[0] == '>') && s.p[1] == ' ')
        return true;
    return (s.p[0] == '|' && s.p[s.n - 1] == '|') ||
           (d > 0 && d < 3 && d + 2 < s.n && s.p[d] == '.' && s.p[d + 1] == ' ') || begins(s, "**") ||
           begins(s, "[!") || begins(s, "![");
}

static bool is_code(hr_str whole)
{
    static const char *const words[] = {
        "import ",  "from ",     "def ",       "class ",     "func ",      "fn ",      "pub ",     "const ",
        "let ",     "var ",      "public ",    "private ",   "protected ", "static ",  "package ", "use ",
        "#include", "#define ",  "#if",        "#endif",     "return",     "if (",     "if ",      "for (",
        "for ",     "while (",   "while ",     "switch ",    "case ",      "else",     "elif ",    "try:",
        "except ",  "export ",   "interface ", "type ",      "struct ",    "enum ",    "impl ",    "mod ",
        "async ",   "await ",    "function ",  "namespace ", "using ",     "template", "void ",    "int ",
        "char ",    "@Override", "SELECT ",    "INSERT ",    "CREATE ",    "raise ",   "yield ",   "with ",
        "match ",   "echo ",     "fi",         "done",       "RUN ",       "COPY ",    "FROM ",    "@",
        "//",       "/*",        "*/",         "* ",         "#!",         "end",      "self.",    "this.",
        "defer ",   "go ",       "required ",  "message "};
    static const char *const sentences[] = {"from the ", "for the ", "if the ",   "with the ",
                                            "if you ",   "use the ", "type the ", "for a "};
    hr_str s = whole;

    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = hr_str_make(s.p + 1, s.n - 1);
    if (s.n == 0)
        return false;
    const char end = s.p[s.n - 1];
    if (strchr(";{}", end) || (strchr("(,)[]:", end) && (s.n < whole.n || holds(s, "("))))
        return true;
    if (s.n > 1 && (memcmp(s.p + s.n - 2, "=>", 2) == 0 || memcmp(s.p + s.n - 2, "->", 2) == 0 ||
                    memcmp(s.p + s.n - 2, "&&", 2) == 0))
        return true;
    return BEGINS_ANY(s, words) && end != '.' && !BEGINS_ANY(s, sentences);
}

static bool is_setting(hr_str whole)
{
    hr_str s = whole;
    size_t n = 0;

    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = hr_str_make(s.p + 1, s.n - 1);
    if (begins(s, "- "))
        s = hr_str_make(s.p + 2, s.n - 2);
    if (s.n > 1 && (s.p[0] == '#' || s.p[0] == ';') && s.p[1] == ' ')
        return true;
    if (s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']' && is_letter(s.p[1] == '[' ? s.p[2] : s.p[1]))
        return !memchr(s.p, ' ', s.n);
    while (n < s.n && (is_letter(s.p[n]) || is_digit(s.p[n]) || strchr("_-./\"'", s.p[n])))
        n++;
    if (n == 0 || n == s.n)
        return n > 0 && whole.n > s.n; /* an item of a list */
    if (s.p[n] == ':')
        return n + 1 == s.n || s.p[n + 1] == ' ';
    while (n < s.n && s.p[n] == ' ')
        n++;
    return n < s.n && s.p[n] == '=' && n + 1 < s.n && s.p[n + 1] != '=';
}

static bool is_markup(hr_str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = hr_str_make(s.p + 1, s.n - 1);
    return s.n > 2 && s.p[0] == '<' && (is_letter(s.p[1]) || strchr("/!?", s.p[1]));
}

/* ------------------------------------------------------------------ words */
static bool is_blob(hr_str s)
{
    enum { LEAST = 60 };
    static const char data[] = "data:";
    size_t i = 0;

    if (s.n < LEAST)
        return false;
    if (begins(s, data))
        return hr_str_find(hr_str_make(s.p, s.n < 100 ? s.n : 100), HR_STR(";base64,"), 0) != SIZE_MAX;
    while (i < s.n &&
           ((is_letter(s.p[i]) && !(s.p[i] & 0x80)) || is_digit(s.p[i]) || strchr("+/=_-", s.p[i])))
        i++;
    return i == s.n;
}

static bool is_sentence(hr_str s)
{
    size_t letters = 0, blanks = 0;

    for (size_t i = 0; i < s.n; i++) {
        letters += is_letter(s.p[i]);
        blanks += s.p[i] == ' ' && i > 0 && s.p[i - 1] != ' ';
    }
    return blanks >= 3 && (letters + blanks) * 100 >= s.n * 85;
}

uint32_t hr_line_marks(hr_str line)
{
    hr_run_line said;
    hr_str s = hr_str_make(line.p, line.n < MOST_LOOK ? line.n : MOST_LOOK);

    while (s.n > 1 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\r'))
        s.n--;
    hr_run_line_read(s, &said);
    const bool path = is_path(s);
    const bool marks[HR_LINE_MARKS] = {
        [HR_LINE_TIMED] = !path && is_timed(s),
        [HR_LINE_MATCH] = is_match(s),
        [HR_LINE_PATH] = path,
        [HR_LINE_HUNK] = is_hunk(s),
        [HR_LINE_PATCH] = is_patch(s),
        [HR_LINE_CHANGE] = strchr("+- ", s.p[0]) != NULL,
        [HR_LINE_RUN] = said.kind != HR_RUN_OTHER,
        [HR_LINE_FINDING] = is_finding(s),
        [HR_LINE_FRAME] = is_frame(s),
        [HR_LINE_TRACE] = begins_trace(s),
        [HR_LINE_JSON] = s.p[0] == '{' && line.p[line.n - 1] == '}',
        [HR_LINE_HEADING] = is_heading(s),
        [HR_LINE_ITEM] = is_item(s),
        [HR_LINE_CODE] = is_code(s),
        [HR_LINE_SETTING] = is_setting(s),
        [HR_LINE_MARKUP] = is_markup(s),
        [HR_LINE_INDENTED] = s.p[0] == ' ' || s.p[0] == '\t',
        [HR_LINE_BLOB] = is_blob(s),
        [HR_LINE_SENTENCE] = is_sentence(s),
    };
    uint32_t bits = 0;
    for (unsigned i = 0; i < HR_LINE_MARKS; i++)
        bits |= (uint32_t)marks[i] << i;
    return bits;
}
