/* frames.c - see frames.h. From the top: whose frame it is; what tells frames apart; the languages' grammars. */
#include "transform/frames.h"

#include "transform/line_words.h"
#include "transform/testrun_text.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum {
    MOST_LINES = 8,    /* of one frame */
    POINTER_DIGITS = 8 /* hexadecimal; fewer may be an argument */
};

/* ------------------------------------------------------------------ whose frame is it? */
/* Parts of a path or of a place that only libraries have, by their first byte and without it. */
static const char *const behind_slash[] = {
    ".cargo/registry", "dist-packages/", "gems/",         "lib/aarch64", "lib/python",
    "lib/ruby/",       "lib/x86_64",     "node_modules/", "pkg/mod/",    "rustc/",
    "rustlib/",        "site-packages/", "vendor/",       "../sysdeps/", NULL};
static const char *const behind_bracket[] = {"node_modules/", "node:", "<anonymous>)", "ext:deno", NULL};
static const char *const behind_blank[] = {"node_modules/", "node:",  "from /lib/",
                                           "../sysdeps/",   "./csu/", NULL};
static const char *const behind_less[] = {"frozen ", "internal:", NULL};
static const char *const behind_dot[] = {"so.", NULL};

/* Beginnings of names of packages, by their first letters: up to a dot, a slash or two colons. */
enum { MOST_NAMES = 14 };
static const char *const library_names['z' - 'A' + 1][MOST_NAMES] = {
    ['M' - 'A'] = {"Microsoft."},
    ['S' - 'A'] = {"System."},
    ['_' - 'A'] = {"__libc_start", "__rust", "_start"},
    ['a' - 'A'] = {"akka.", "alloc::", "android.", "androidx."},
    ['b' - 'A'] = {"backtrace::"},
    ['c' - 'A'] = {"ch.qos.logback.", "clone3", "com.android.", "com.google.common.", "com.sun.", "core::"},
    ['g' - 'A'] = {"groovy."},
    ['i' - 'A'] = {"io.netty.", "io.undertow.", "io.vertx."},
    ['j' - 'A'] = {"jakarta.", "java.", "javax.", "jdk.", "junit."},
    ['k' - 'A'] = {"kotlin.", "kotlinx."},
    ['o' - 'A'] = {"okhttp3.", "org.apache.", "org.codehaus.groovy.", "org.eclipse.jetty.", "org.gradle.",
                   "org.hibernate.", "org.jetbrains.", "org.junit.", "org.mockito.", "org.scalatest.",
                   "org.slf4j.", "org.springframework.", "org.testng."},
    ['r' - 'A'] = {"reactor.", "rust_begin_unwind"},
    ['s' - 'A'] = {"scala.", "start_thread", "std::", "sun."},
    ['t' - 'A'] = {"test::"},
};

/* First elements of the packages of Go's library. */
static const char *const go_packages[] = {
    "archive", "bufio",   "bytes",   "compress", "container", "context", "crypto", "database", "encoding",
    "errors",  "fmt",     "html",    "image",    "internal",  "io",      "log",    "math",     "mime",
    "net",     "os",      "panic",   "reflect",  "regexp",    "runtime", "sort",   "strconv",  "strings",
    "sync",    "syscall", "testing", "text",     "time",      "unicode", "vendor"};

static bool begins_with_one_of(hr_str s, const char *const *list)
{
    for (; *list; list++)
        if (hr_begins(s, *list))
            return true;
    return false;
}

static bool is_library_place(hr_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        const char *const *list = NULL;
        switch (s.p[i]) {
        case '/':
            list = behind_slash;
            break;
        case '(':
            list = behind_bracket;
            break;
        case ' ':
            list = behind_blank;
            break;
        case '<':
            list = behind_less;
            break;
        case '.':
            list = behind_dot;
            break;
        default:
            continue;
        }
        if (begins_with_one_of(hr_cut(s, i + 1, s.n), list))
            return true;
    }
    return false;
}

static bool is_library_name(hr_str name)
{
    while (name.n > 0 && name.p[0] == '<') /* <core::option::Option<T> as ..> */
        name = hr_cut(name, 1, name.n);
    return name.n > 0 && name.p[0] >= 'A' && name.p[0] <= 'z' &&
           begins_with_one_of(name, library_names[name.p[0] - 'A']);
}

static bool is_go_library(hr_str name)
{
    size_t n = 0;

    hr_take(&name, "created by ");
    while (n < name.n && (hr_is_letter(name.p[n]) || name.p[n] == '_'))
        n++;
    if (n == name.n || (name.p[n] != '.' && name.p[n] != '/' && name.p[n] != '('))
        return false;
    for (size_t i = 0; i < COUNT(go_packages); i++)
        if (hr_str_is(hr_cut(name, 0, n), go_packages[i]))
            return true;
    return false;
}

/* ------------------------------------------------------------------ what tells frames apart */
static bool is_hex(char c)
{
    return hr_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The length of the pointer at s[i]; 0: none. */
static size_t pointer(hr_str s, size_t i)
{
    size_t n = 2;

    if (i + 2 > s.n || s.p[i] != '0' || s.p[i + 1] != 'x')
        return 0;
    while (i + n < s.n && is_hex(s.p[i + n]))
        n++;
    return n >= 2 + POINTER_DIGITS ? n : 0;
}

/* Without blanks around it and the number of the frame: "#3 ", "12: ". */
static hr_str without_number(hr_str line)
{
    hr_str s = hr_trim(line);
    size_t from = s.n > 0 && s.p[0] == '#', n = hr_digits(hr_cut(s, from, s.n));

    if (n == 0 || from + n >= s.n || !(from ? hr_is_blank(s.p[from + n]) : s.p[n] == ':'))
        return s;
    return hr_trim(hr_cut(s, from + n + !from, s.n));
}

static uint64_t hash_of(hr_str s, uint64_t h)
{
    size_t from = 0;

    for (size_t i = 0, n; i < s.n; i += n ? n : 1)
        if ((n = pointer(s, i)) > 0) {
            h = hr_mix(h, hr_word_bits(hr_cut(s, from, i)));
            from = i + n;
        }
    return hr_mix(h, hr_word_bits(hr_cut(s, from, s.n)));
}

static bool is_same(hr_str a, hr_str b)
{
    size_t i = 0, k = 0;

    a = without_number(a);
    b = without_number(b);
    while (i < a.n && k < b.n) {
        size_t p = pointer(a, i), q = pointer(b, k);
        if ((p > 0) != (q > 0) || (p == 0 && a.p[i] != b.p[k]))
            return false;
        i += p ? p : 1;
        k += q ? q : 1;
    }
    return i == a.n && k == b.n;
}

bool hr_frame_same(const hr_str *a, const hr_str *b, uint32_t lines)
{
    for (uint32_t i = 0; i < lines; i++)
        if (!is_same(a[i], b[i]))
            return false;
    return true;
}

/* ------------------------------------------------------------------ grammars */
/* "a.c:12", "a.js:3:14", "a.cs:line 7" */
static bool ends_in_place(hr_str s)
{
    size_t i = s.n;

    while (i > 0 && hr_is_digit(s.p[i - 1]))
        i--;
    return i < s.n && i > 1 && (s.p[i - 1] == ':' || hr_str_ends(hr_cut(s, 0, i), ":line "));
}

/* Java, .NET, JavaScript: at name(place), at name (place), at place */
static bool read_at(hr_str s, hr_frame *out)
{
    hr_take(&s, "at ");
    hr_take(&s, "async ");
    hr_drop(&s, "{");
    if (s.n < 3 || !(s.p[s.n - 1] == ')' || ends_in_place(s)))
        return false;
    const char *open = memchr(s.p, '(', s.n);
    hr_str name = open ? hr_cut(s, 0, (size_t)(open - s.p)) : s;
    const char *slash = memrchr(name.p, '/', name.n); /* java.base/java.util.List.forEach */
    if (open && slash && hr_str_find(name, HR_STR("://"), 0) == SIZE_MAX)
        name = hr_cut(name, (size_t)(slash + 1 - name.p), name.n);
    out->lines = 1;
    out->library = is_library_name(name) || is_library_place(s) || hr_begins(s, "node:");
    return true;
}

static uint32_t indent(hr_str line)
{
    uint32_t i = 0;
    while (i < line.n && hr_is_blank(line.p[i]))
        i++;
    return i;
}

/* Python: File "a.py", line 3, in f; below it, deeper, the source and its marks */
static bool read_python(const hr_str *line, uint32_t n, uint32_t i, hr_str s, hr_frame *out)
{
    size_t place = hr_str_find(s, HR_STR("\", line "), 0);
    uint32_t deep = indent(line[i]), k = i + 1;

    if (place == SIZE_MAX || !hr_is_digit(place + 8 < s.n ? s.p[place + 8] : ' '))
        return false;
    while (k < n && k < i + MOST_LINES && hr_trim(line[k]).n > 0 && indent(line[k]) > deep)
        k++;
    *out = (hr_frame){.lines = k - i, .outermost = true, .library = is_library_place(hr_cut(s, 0, place))};
    return true;
}

/* Go: name(arguments), below it a tab and the place */
static bool read_go(hr_str name, hr_str below, hr_frame *out)
{
    size_t go = hr_str_find(below, HR_STR(".go:"), 0);

    if (below.n == 0 || !hr_is_blank(below.p[0]) || go == SIZE_MAX || go + 4 >= below.n ||
        !hr_is_digit(below.p[go + 4]) || !(name.p[name.n - 1] == ')' || hr_begins(name, "created by ")))
        return false;
    const char *open = memrchr(name.p, '(', name.n);
    size_t plus = hr_str_find(below, HR_STR(" +0x"), go);
    hr_str place = hr_cut(below, 0, plus == SIZE_MAX ? below.n : plus);
    out->lines = 2;
    out->library = is_go_library(name) || is_library_place(below);
    out->where =
        hr_mix(hr_word_bits(open ? hr_cut(name, 0, (size_t)(open - name.p)) : name), hr_word_bits(place));
    return true;
}

/* Rust: "  12: name", below it "at place"; the full form has a pointer and a dash before the name. gdb: "#3  0x.. in name (..) at place";
   PHP: "#3 place(12): name()"; the sanitizers: "#3 0x.. in name place" */
static bool read_numbered(const hr_str *line, uint32_t n, uint32_t i, hr_str s, hr_frame *out)
{
    const bool hash = s.p[0] == '#';
    hr_str rest = without_number(line[i]), below = i + 1 < n ? hr_trim(line[i + 1]) : hr_str_make(s.p, 0);
    const bool placed = hr_begins(below, "at ") && ends_in_place(below);

    if (rest.n == s.n || rest.n == 0)
        return false;
    size_t p = pointer(rest, 0);
    hr_str name = hr_trim(hr_cut(rest, p, rest.n));
    if (!hr_take(&name, "- "))
        hr_take(&name, "in ");
    bool frame = hash ? p > 0 || (memchr(rest.p, '(', rest.n) && (placed || ends_in_place(rest))) ||
                            hr_str_find(rest, HR_STR("): "), 0) != SIZE_MAX
                      : placed || (p > 0 && name.n < rest.n);
    if (!frame)
        return false;
    out->lines = 1 + placed;
    out->library = placed ? is_library_place(below) : is_library_place(rest);
    out->library = out->library || is_library_name(name);
    return true;
}

/* Ruby: from place:in `name' */
static bool read_from(hr_str s, hr_frame *out)
{
    if (hr_str_find(s, HR_STR(":in "), 0) == SIZE_MAX)
        return false;
    out->lines = 1;
    out->library = is_library_place(s);
    return true;
}

/* Java's thread dumps: "- locked <0x..>" below a frame. */
static void take_held(const hr_str *line, uint32_t n, uint32_t i, hr_frame *out)
{
    while (i + out->lines < n && out->lines < MOST_LINES && line[i + out->lines].n > 0 &&
           hr_is_blank(line[i + out->lines].p[0]) && hr_begins(hr_trim(line[i + out->lines]), "- ")) {
        out->lines++;
        out->holds = true;
    }
}

bool hr_frame_read(const hr_str *line, uint32_t n, uint32_t i, hr_frame *out)
{
    hr_str s = line[i];
    bool read = false;

    *out = (hr_frame){0};
    if (s.n == 0)
        return false;
    const bool indented = hr_is_blank(s.p[0]);
    if (indented)
        s = hr_trim(s);
    if (s.n < 4)
        return false;
    switch (s.p[0]) {
    case 'a':
        read = indented && hr_begins(s, "at ") && read_at(s, out);
        if (read)
            take_held(line, n, i, out);
        break;
    case 'F':
        read = hr_begins(s, "File \"") && read_python(line, n, i, s, out);
        break;
    case 'f':
        read = indented && hr_begins(s, "from ") && read_from(s, out);
        break;
    default:
        read = (s.p[0] == '#' || hr_is_digit(s.p[0])) && read_numbered(line, n, i, s, out);
    }
    if (!read && i + 1 < n && line[i + 1].n > 5 && hr_is_blank(line[i + 1].p[0]))
        read = read_go(hr_trim(s), line[i + 1], out);
    for (uint32_t k = 0; read && k < out->lines; k++)
        out->all = hash_of(without_number(line[i + k]), out->all + 1);
    if (out->where == 0)
        out->where = out->all;
    return read;
}
