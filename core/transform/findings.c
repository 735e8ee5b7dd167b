/* findings.c - see findings.h. From the top: what a line is; what of a finding is said again; the walk over all lines. */
#include "transform/findings.h"

#include "transform/hash_table.h"
#include "transform/lines.h"
#include "transform/testrun_text.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum {
    WHOLE_ERRORS = 3, /* of a class, with their excerpts */
    WIDEST_PLACE = 4, /* colons before the severity: a drive, a line, a column */
    MOST_WRAPPED = 3, /* lines of a message: mypy breaks them at 80 columns */
    LONGEST = 4096    /* of a class's words */
};

enum kind {
    OTHER,
    HEAD,    /* a finding */
    PLACE,   /* its place, on a line of its own */
    EXCERPT, /* the file's line, in a gutter */
    GUTTER,  /* what stands below it there */
    CARETS,  /* marks below a line of the file without a gutter */
    REMARK,  /* "= note: ..", "help: .." */
    CONTEXT  /* from where a file was included, in which function */
};

struct said {
    uint8_t kind;
    bool error;
    uint32_t words; /* offset of what the finding says behind its place and severity */
};

/* ------------------------------------------------------------------ what a line is */
static size_t spaces(hr_str s, size_t i)
{
    size_t from = i;
    while (i < s.n && hr_is_blank(s.p[i]))
        i++;
    return i - from;
}

static size_t digits(hr_str s, size_t i)
{
    return hr_digits(hr_cut(s, i, s.n));
}

/* "   12 | text", "      | ^~~": offset behind the bar; 0: no gutter. */
static size_t gutter(hr_str s, bool *numbered)
{
    size_t i = spaces(s, 0), n = digits(s, i), gap = spaces(s, i + n);

    *numbered = n > 0;
    if (i + n + gap >= s.n || s.p[i + n + gap] != '|' || (n == 0 && i == 0) || n > 9)
        return 0;
    return i + n + gap + 1;
}

/* Marks alone: "  ^~~~  ~", "|   ----^". */
static bool is_marks(hr_str s, bool *any)
{
    *any = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        *any = *any || c == '^' || c == '~';
        if (!(c == '^' || c == '~' || c == '-' || c == '|' || c == '_' || c == '/' || hr_is_blank(c)))
            return false;
    }
    return true;
}

/* Behind a severity at s[i] and its colon: offset of what is said; 0: none stands there. */
static size_t behind_severity(hr_str s, size_t i, bool *error)
{
    static const struct {
        const char *word;
        bool error;
    } words[] = {{"warning", false},     {"error", true},        {"note", false}, {"fatal error", true},
                 {"style", false},       {"information", false}, {"info", false}, {"remark", false},
                 {"performance", false}, {"portability", false}, {"hint", false}, {"convention", false},
                 {"refactor", false},    {"fatal", true},        {"Error", true}, {"Warning", false}};
    hr_str rest = hr_cut(s, i, s.n);

    for (size_t k = 0; k < COUNT(words); k++) {
        if (!hr_begins(rest, words[k].word))
            continue;
        size_t n = strlen(words[k].word);
        if (rest.n <= n || (rest.p[n] != ':' && rest.p[n] != ' '))
            continue;
        *error = words[k].error;
        return i + n;
    }
    return 0;
}

/* A program or a document that quotes findings is none of them. */
static bool is_quoted(hr_str s, size_t n)
{
    return memchr(s.p, '"', n) || memchr(s.p, '`', n);
}

/* src/a.c:6:11: warning: words; src/a.ts(3,9): error TS2322: words; src/a.ts:3:9 - error TS2322: words */
static size_t read_head(hr_str s, bool *error)
{
    size_t at = 0, words;

    for (int i = 0; i < WIDEST_PLACE; i++) {
        const char *colon = at < s.n ? memchr(s.p + at, ':', s.n - at) : NULL;
        if (!colon)
            return 0;
        at = (size_t)(colon + 1 - s.p);
        bool place = at > 2 && (hr_is_digit(s.p[at - 2]) || s.p[at - 2] == ')');
        if (place && at < s.n && s.p[at] == ' ' && (words = behind_severity(s, at + 1, error)) > 0)
            return is_quoted(s, at) ? 0 : words;
        size_t n = digits(s, at);
        if (n > 0 && at + n + 3 < s.n && memcmp(s.p + at + n, " - ", 3) == 0 &&
            (words = behind_severity(s, at + n + 3, error)) > 0)
            return is_quoted(s, at) ? 0 : words;
    }
    return 0;
}

static bool is_place(hr_str s)
{
    return (hr_take(&s, "--> ") || hr_take(&s, "::: ")) && memchr(s.p, ':', s.n);
}

static bool is_context(hr_str s)
{
    if (hr_begins(s, "In file included from ") || (s.p[0] == ' ' && hr_begins(hr_trim(s), "from ")))
        return s.p[s.n - 1] == ':' || s.p[s.n - 1] == ',';
    return s.p[s.n - 1] == ':' && (hr_str_find(s, HR_STR(": In "), 0) != SIZE_MAX ||
                                   hr_str_find(s, HR_STR(": At top level"), 0) != SIZE_MAX);
}

static struct said read_line(hr_str line, enum kind before)
{
    struct said l = {OTHER, false, 0};
    hr_str s = hr_trim(line);
    bool numbered, any;

    if (s.n == 0)
        return l;
    char c = s.p[0];
    if (c == '|' || hr_is_digit(c)) {
        if (gutter(line, &numbered) > 0)
            l.kind = numbered ? EXCERPT : GUTTER;
        else if (hr_is_digit(c) && (before == EXCERPT || before == GUTTER)) {
            size_t n = hr_digits(s), gap = spaces(s, n); /* "2 + import os": what ruff proposes */
            if (gap > 0 && n + gap < s.n && (s.p[n + gap] == '+' || s.p[n + gap] == '-'))
                l.kind = EXCERPT;
        }
    } else if (c == '^' || c == '~' || (c == '-' && line.p[0] == ' ')) {
        if (is_marks(s, &any) && any)
            l.kind = CARETS;
        else if (is_place(s))
            l.kind = PLACE;
        else if (hr_begins(s, "- ") && (before == EXCERPT || before == GUTTER))
            l.kind = EXCERPT;
    } else if (c == ':' && is_place(s)) {
        l.kind = PLACE;
    } else if ((c == '=' && hr_begins(s, "= ")) || (c == 'h' && hr_begins(s, "help: ")) ||
               (c == 'n' && hr_begins(s, "note: "))) {
        l.kind = REMARK;
    }
    if (l.kind == OTHER && is_context(line))
        l.kind = CONTEXT;
    if ((l.kind == OTHER || (l.kind == EXCERPT && !memchr(line.p, '|', line.n))) && c != '|' &&
        (l.words = (uint32_t)read_head(line, &l.error)) > 0)
        l.kind = HEAD;
    return l;
}

/* ------------------------------------------------------------------ what it says */
/* The length of the quoted text that s begins with, its quotes included; 0: none. */
static size_t quoted(hr_str s)
{
    static const char *const quotes[][2] = {{"'", "'"},
                                            {"`", "`"},
                                            {"\"", "\""},
                                            {"\xe2\x80\x98", "\xe2\x80\x99"},
                                            {"\xe2\x80\x9c", "\xe2\x80\x9d"}};

    for (size_t i = 0; i < COUNT(quotes); i++)
        if (hr_begins(s, quotes[i][0])) {
            size_t n = strlen(quotes[i][0]);
            size_t end = hr_str_find(s, hr_str_make(quotes[i][1], strlen(quotes[i][1])), n);
            return end == SIZE_MAX ? 0 : end + strlen(quotes[i][1]);
        }
    return 0;
}

/* The words of a message but for names and numbers in it. */
static uint64_t class_of(hr_str s, uint64_t seed)
{
    char words[LONGEST];
    size_t n = 0;

    for (size_t i = 0; i < s.n && n < LONGEST;) {
        bool opens = i == 0 || !(hr_is_letter(s.p[i - 1]) || hr_is_digit(s.p[i - 1]));
        size_t q = opens ? quoted(hr_cut(s, i, s.n)) : 0;
        i += q;
        if (q == 0 && !hr_is_digit(s.p[i]))
            words[n++] = s.p[i];
        i += q == 0;
    }
    return hr_mix(seed, hr_word_bits(hr_str_make(words, n))) | 1;
}

/* ------------------------------------------------------------------ the walk */
struct walk {
    const hr_str *line;
    const struct said *said;
    uint32_t n;
    bool *may_go, *routine;
    hr_hash_table seen;
    bool error;             /* what we are in is one */
    uint64_t class;         /* of the finding that we are in; 0: in none */
    bool known, copy;       /* its class was met often enough; it stands a second time, with its place */
    uint32_t wrapped;       /* lines of its message so far */
    uint32_t context, ends; /* lines context .. ends - 1 tell where the findings behind them are */
    bool any, fresh;        /* of those: there is one; one of them stays */
};

/* Seen before? From now on it is. */
static bool is_known(struct walk *w, uint64_t key, uint32_t often)
{
    hr_hash_entry *e = hr_hash_at(&w->seen, key);

    return e && e->value++ >= often;
}

/* Does this finding stand before, place and words, to the letter? */
static bool is_copy(struct walk *w, uint32_t i)
{
    bool placed = i + 1 < w->n && w->said[i + 1].kind == PLACE;
    uint64_t key = hr_mix(hr_word_bits(w->line[i]), placed ? hr_word_bits(w->line[i + 1]) : 7) | 1;
    hr_hash_entry *e = hr_hash_at(&w->seen, key);

    if (!e || e->value == 0) {
        if (e)
            e->value = i + 1;
        return false;
    }
    uint32_t k = e->value - 1;
    return hr_str_eq(w->line[k], w->line[i]) &&
           (!placed || (k + 1 < i && hr_str_eq(w->line[k + 1], w->line[i + 1])));
}

static void end_context(struct walk *w)
{
    for (uint32_t i = w->context; w->any && !w->fresh && i < w->ends; i++)
        w->may_go[i] = true;
    w->context = w->ends = 0;
    w->any = w->fresh = false;
}

static void begin_finding(struct walk *w, uint32_t i)
{
    const struct said *l = &w->said[i];

    w->class = class_of(hr_cut(w->line[i], l->words, w->line[i].n), l->error);
    w->error = l->error;
    w->known = is_known(w, w->class, l->error ? WHOLE_ERRORS : 1);
    w->copy = !l->error && is_copy(w, i);
    w->wrapped = 0;
    w->any = true;
    w->fresh = w->fresh || !w->copy;
    w->may_go[i] = w->may_go[i] || w->copy;
}

/* A line below a finding. */
static void go_on(struct walk *w, uint32_t i)
{
    hr_str s = hr_trim(w->line[i]);
    bool marks, numbered, goes = w->copy;

    switch (w->said[i].kind) {
    case EXCERPT:
        goes = goes || w->known;
        break;
    case GUTTER:
        s = hr_trim(hr_cut(w->line[i], gutter(w->line[i], &numbered), w->line[i].n));
        if (is_marks(s, &marks))
            goes = goes || w->known;
        else
            goes = (is_known(w, class_of(s, w->class), 1) && w->known) || goes;
        break;
    case REMARK:
        goes = (is_known(w, hr_mix(w->class, hr_word_bits(s)) | 1, 1) && w->known) || goes;
        break;
    case CARETS:
        goes = goes || w->known;
        if (goes && w->said[i - 1].kind == OTHER)
            w->may_go[i - 1] = true;
        break;
    default:
        break;
    }
    w->may_go[i] = w->may_go[i] || goes;
}

/* A line of no kind: the message goes on, a line of the file stands above its marks, or the finding is over. */
static void read_other(struct walk *w, uint32_t i)
{
    bool above = i + 1 < w->n && w->said[i + 1].kind == CARETS;

    if (hr_trim(w->line[i]).n == 0)
        return;
    if (!above && w->wrapped++ >= MOST_WRAPPED)
        w->class = 0;
    if (w->class == 0)
        end_context(w);
}

static void read_one(struct walk *w, uint32_t i)
{
    switch (w->said[i].kind) {
    case HEAD:
        begin_finding(w, i);
        break;
    case CONTEXT:
        if (w->ends != i || w->any)
            end_context(w);
        if (w->ends != i)
            w->context = i;
        w->ends = i + 1;
        w->class = 0;
        break;
    case OTHER:
        read_other(w, i);
        break;
    default:
        if (w->class)
            go_on(w, i);
    }
}

bool hr_finding_is(hr_str line)
{
    enum kind kind = read_line(line, OTHER).kind;

    return kind == HEAD || kind == PLACE;
}

bool hr_finding_is_error(hr_str line)
{
    struct said l = read_line(line, OTHER);

    return l.kind == HEAD && l.error;
}

/* path:12:5: words; the path is one word. Below a path of its own: "  12:5  error  words". */
static bool is_line_of(hr_str s)
{
    size_t i = 0, from;

    if (s.n > 0 && s.p[0] == ' ') {
        s = hr_trim(s);
        i = hr_digits(s);
        from = i > 0 && i < s.n && s.p[i] == ':' ? digits(s, i + 1) : 0;
        return from > 0 && i + 1 + from + 2 < s.n && s.p[i + 1 + from] == ' ';
    }

    while (i < s.n && s.p[i] != ':' && !hr_is_blank(s.p[i]))
        i++;
    if (i == 0 || i == s.n || s.p[i] != ':' || hr_digits(hr_cut(s, 0, i)) == i)
        return false;
    for (int k = 0; k < 2; k++) {
        from = i + 1;
        size_t n = digits(s, from);
        if (n == 0 || from + n >= s.n || s.p[from + n] != ':')
            return k > 0 && s.p[from] == ' ' && from + 1 < s.n && hr_is_letter(s.p[from + 1]);
        i = from + n;
    }
    return i + 2 < s.n && s.p[i + 1] == ' ' && hr_is_letter(s.p[i + 2]);
}

bool hr_findings_are_lines(hr_str text)
{
    enum { LOOKED_AT = 400, LEAST = 10 };
    size_t lines = 0, found = 0;
    hr_str line;
    bool ended;

    while (lines < LOOKED_AT && hr_line_next(&text, &line, &ended)) {
        lines++;
        found += is_line_of(line);
    }
    return found >= LEAST && found * 2 > lines;
}

int64_t hr_findings_mark(const hr_str *line, uint32_t n, hr_arena *scratch, hr_watch *watch, bool *may_go,
                         bool *routine)
{
    struct said *said = hr_arena_alloc(scratch, (n + 1) * sizeof *said);
    struct walk w = {.line = line, .said = said, .n = n, .may_go = may_go, .routine = routine};
    uint32_t heads = 0, keys = 0;

    if (!said)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        said[i] = read_line(line[i], i ? said[i - 1].kind : OTHER);
        if (said[i].kind == PLACE && i > 0 && (said[i - 1].kind == OTHER) && line[i - 1].n > 0)
            said[i - 1] = (struct said){HEAD, hr_begins(hr_trim(line[i - 1]), "error"), 0};
        if (hr_watch_spend(watch, line[i].n) < 0)
            return HR_ETIME;
    }
    for (uint32_t i = 0; i < n; i++) {
        heads += said[i].kind == HEAD;
        keys += said[i].kind != OTHER;
    }
    if (heads == 0)
        return 0;
    if (hr_hash_make(&w.seen, scratch, keys + heads) < 0)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        read_one(&w, i);
        routine[i] = (w.class && !w.error) || said[i].kind == CONTEXT;
    }
    end_context(&w);
    return heads;
}
