/* sections.c - see sections.h. */
#include "transform/sections.h"

#include <string.h>

#include "transform/lines.h"
#include "transform/runs.h"
#include "transform/testrun_line.h"

enum {
    MOST_HEAD = 160,
    LEAST_RULE = 3,
    FEW_LINES = 4 /* what a program warns of before it prints its JSON */
};

static inline bool begins(hr_str s, const char *z)
{
    size_t n = strlen(z);

    return s.n >= n && s.p[0] == z[0] && memcmp(s.p, z, n) == 0;
}

static bool ends(hr_str s, const char *z)
{
    size_t n = strlen(z);

    return s.n >= n && memcmp(s.p + s.n - n, z, n) == 0;
}

/* ------------------------------------------------------------------ the lines that divide */
static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80);
}

/* "=== disk ===": the same sign, three times and more, on either side of words. */
static bool is_ruled(hr_str line)
{
    size_t left = 0, right = 0, words = 0;
    char c = line.n ? line.p[0] : 0;

    if (!c || !strchr("=-#*~+", c))
        return false;
    while (left < line.n && line.p[left] == c)
        left++;
    while (left >= LEAST_RULE && right < line.n - left && line.p[line.n - 1 - right] == c)
        right++;
    if (left < LEAST_RULE || right < LEAST_RULE || line.p[left] != ' ')
        return false;
    for (size_t i = left; i < line.n - right; i++)
        words += is_word(line.p[i]);
    return words > 0;
}

/* "$ ls -l", "root@host:/srv# ls": what a shell shows of a command. The line has three bytes at least; at: the next @ from its beginning on,
   or the text's end. */
static bool is_command(hr_str line, const char *at)
{
    enum { MOST_USER = 40 };

    if (line.p[0] == '$' && line.p[1] == ' ')
        return is_word(line.p[2]) || line.p[2] == '.' || line.p[2] == '/';
    if (at == line.p || at >= line.p + (line.n < MOST_USER ? line.n : MOST_USER))
        return false;
    for (const char *p = line.p; p < at; p++)
        if (!is_word(*p) && *p != '-' && *p != '_')
            return false;
    size_t prompt = hr_str_find(line, HR_STR("$ "), (size_t)(at - line.p));
    if (prompt == SIZE_MAX)
        prompt = hr_str_find(line, HR_STR("# "), (size_t)(at - line.p));
    return prompt != SIZE_MAX && prompt > 0 && line.p[prompt - 1] != ' ' &&
           memchr(at, ':', (size_t)(line.p + prompt - at)) != NULL;
}

static bool is_tag(hr_str line)
{
    static const char *const names[] = {"stdout", "stderr",   "output", "error", "content",
                                        "result", "response", "data",   "logs"};
    size_t from = begins(line, "</") ? 2 : 1;

    if (line.n < 5 || line.p[0] != '<' || line.p[line.n - 1] != '>')
        return false;
    const hr_str name = hr_str_make(line.p + from, line.n - from - 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (hr_str_is(name, names[i]))
            return true;
    return false;
}

/* A heading inside of a test run. */
static bool is_of_test_run(hr_str line)
{
    static const char *const words[] = {"test session starts",
                                        "short test summary",
                                        "warnings summary",
                                        "slowest ",
                                        "Captured ",
                                        " passed",
                                        " failed",
                                        "tests coverage"};
    hr_run_line said;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hr_str_find(line, hr_str_make(words[i], strlen(words[i])), 0) != SIZE_MAX)
            return true;
    hr_run_line_read(line, &said);
    return said.kind != HR_RUN_OTHER;
}

static bool is_head(hr_str line, const char *at)
{
    if (line.n < 3 || line.n > MOST_HEAD)
        return false;
    if (is_tag(line) || (begins(line, "==> ") && ends(line, " <==")) || is_command(line, at))
        return true;
    return is_ruled(line) && !is_of_test_run(line);
}

/* ------------------------------------------------------------------ JSON among other lines */
static bool opens(hr_str line)
{
    return line.n > 0 && (line.p[0] == '{' || line.p[0] == '[') && !begins(line, "[_headroom") &&
           !begins(line, "[headroom ");
}

/* The JSON that begins with `line`, behind which `rest` stands: its bytes up to the end of a line. 0: it is none to be seen. Whether it
   is JSON at all is for its own transform to find out. */
static size_t json_length(hr_str line, hr_str rest)
{
    const char close = line.p[0] == '{' ? '}' : ']';
    hr_str next = rest, l;
    bool ended;

    if (line.n > 1 && line.p[line.n - 1] == close)
        return rest.n > 0 && opens(rest) ? 0 : line.n; /* lines of JSON belong together */
    if (line.n > 1 && line.p[1] != '{' && line.p[1] != '"' && line.p[1] != '[')
        return 0;
    while (hr_line_next(&next, &l, &ended)) {
        if (l.n == 1 && l.p[0] == close)
            return (size_t)(l.p + 1 - line.p);
        /* It ends at the latest where other JSON could begin: so no line is looked at for more than one. */
        if (l.n > 0 && !strchr(" \t}]", l.p[0]))
            return 0;
    }
    return 0;
}

/* ------------------------------------------------------------------ dividing */
struct splitter {
    hr_section *list;
    size_t n;
    const char *from; /* of the section that is open: its head, or its body */
    size_t head;      /* bytes of its head */
};

/* The open section ends here; the next one begins with a head of so many bytes. */
static void close_section(struct splitter *s, const char *here, size_t head)
{
    if (here > s->from && s->n < HR_MOST_SECTIONS) {
        hr_section *k = &s->list[s->n];
        size_t gap = 0;
        k->head = hr_str_make(s->from, s->head);
        k->body = hr_str_make(s->from + s->head, (size_t)(here - s->from) - s->head);
        while (gap < k->body.n && k->body.p[k->body.n - 1 - gap] == '\n')
            gap++;
        k->body.n -= gap;
        k->gap = hr_str_make(k->body.p + k->body.n, gap);
    }
    s->n += here > s->from;
    s->from = here;
    s->head = head;
}

/* May a line that begins so divide: a fence, a tag, a rule, a prompt, JSON? */
static bool may_divide(char c)
{
    static const uint64_t signs =
        1ull << '=' | 1ull << '-' | 1ull << '#' | 1ull << '*' | 1ull << '+' | 1ull << '<' | 1ull << '$';

    return c < '@' ? c > 0 && (signs >> c & 1) : c == '`' || c == '{' || c == '[' || c == '~';
}

/* Most lines are passed over: from the line that begins at `from`, the first one that may divide by how it begins, or the one that holds the
   byte at `most`. */
static const char *next_line(const char *from, const char *most, const char *end)
{
    const char *line = from;

    if (may_divide(*from))
        return from;
    for (const char *block = from; block < most; block += 64) {
        uint64_t feeds = hr_run_bits_up_to_64(block, (size_t)(end - block), 0, HR_RUN_FEED);
        for (; feeds; feeds &= feeds - 1) {
            const char *next = block + __builtin_ctzll(feeds) + 1;
            if (next > most || next == end)
                return line;
            line = next;
            if (may_divide(*line))
                return line;
        }
    }
    return line;
}

static void split(struct splitter *s, hr_str text)
{
    hr_str rest = text, line;
    bool ended = false, fenced = false, blank = true, was_json = false;
    unsigned lead = FEW_LINES; /* lines of which the next one may open JSON without a blank one before it */
    const char *end = text.p + text.n, *at = text.p; /* at: the next @, which may stand in a prompt */

    for (; s->n <= HR_MOST_SECTIONS && rest.n > 0; lead = lead == 0 || opens(line) ? 0 : lead - 1) {
        if (at <= rest.p && (at = memchr(rest.p, '@', rest.n)) == NULL)
            at = end;
        const char *next = was_json || lead > 0 ? rest.p : next_line(rest.p, at, end);
        if (next > rest.p) {
            blank = next - text.p < 2 || next[-2] == '\n' || next[-2] == ':';
            rest = hr_str_make(next, (size_t)(end - next));
        }
        hr_line_next(&rest, &line, &ended);
        bool fence = begins(line, "```"), divides = fence || (!fenced && is_head(line, at));
        size_t json = !divides && (blank || lead > 0) && opens(line) ? json_length(line, rest) : 0;
        if (divides) {
            close_section(s, line.p, line.n + ended);
            fenced = fence ? !fenced : fenced;
        } else if (json) {
            if (line.p > s->from + s->head)
                close_section(s, line.p, 0);
            rest = hr_str_make(line.p + json, (size_t)(text.p + text.n - line.p) - json);
            if (rest.n > 0) /* its line feed */
                rest = hr_str_make(rest.p + 1, rest.n - 1);
        } else if (was_json && line.n > 0) {
            close_section(s, line.p, 0);
        }
        was_json = json > 0 || (was_json && line.n == 0);
        blank = line.n == 0 || divides || json > 0 || line.p[line.n - 1] == ':';
    }
    close_section(s, text.p + text.n, 0);
}

int hr_sections(hr_arena *a, hr_str text, hr_section **list, size_t *n)
{
    struct splitter s = {.list = hr_arena_alloc(a, HR_MOST_SECTIONS * sizeof *s.list), .from = text.p};

    if (!s.list)
        return HR_ENOMEM;
    if (text.n)
        split(&s, text);
    if (s.n == 0 || s.n > HR_MOST_SECTIONS) {
        s.list[0] = (hr_section){
            .head = hr_str_make(text.p, 0), .body = text, .gap = hr_str_make(text.p + text.n, 0)};
        s.n = 1;
    }
    *list = s.list;
    *n = s.n;
    return 0;
}
