/* backref.c - see backref.h. */
#include "transform/backref.h"

#include <string.h>

#include "token/token.h"
#include "transform/line_words.h"
#include "transform/lines.h"

#define SAME "[headroom again: the same as the result above of call "
#define LINES                                                                                                \
    "[headroom again: a line [A-B] stands for lines A-B, counted from 1, of the result above of call "

enum {
    LEAST_ANCHOR = 8,     /* bytes of a line that a run is found by: braces and blank lines are everywhere */
    LEAST_BYTES = 100,    /* of a run: its tokens are not counted below */
    MOST_LINES = 1 << 22, /* of one text */
    PROBES = 16 /* then a line counts as unknown: who makes hashes collide loses savings, not time */
};

struct run {
    uint32_t lines; /* of the text, from this one on; 0: none begins here */
    uint32_t at;    /* line of the earlier text */
};

struct hr_repeats {
    hr_str text;
    hr_str *line;
    uint64_t *hash; /* of each line */
    struct run *runs;
    uint32_t n;
    uint32_t *slots; /* line + 1 by hash; the first of equal ones */
    uint32_t mask;
    bool clash; /* a line looks like a reference */
};

/* ------------------------------------------------------------------ lines */
/* "[A-B]": 1 <= A <= B. */
static bool is_reference(hr_str line, uint32_t *a, uint32_t *b)
{
    uint32_t v[2] = {0};
    size_t i = 1;

    if (line.n < 5 || line.p[0] != '[' || line.p[line.n - 1] != ']')
        return false;
    for (int k = 0; k < 2; k++) {
        const size_t from = i;
        for (; i - from < 8 && line.p[i] >= '0' && line.p[i] <= '9'; i++)
            v[k] = v[k] * 10 + (uint32_t)(line.p[i] - '0');
        if (i == from || line.p[from] == '0' || line.p[i++] != (k ? ']' : '-'))
            return false;
    }
    *a = v[0];
    *b = v[1];
    return i == line.n && *a <= *b;
}

static uint32_t count_lines(hr_str text)
{
    uint32_t n = 1;

    if (text.n == 0)
        return n;
    for (const char *p = text.p, *end = p + text.n;
         n < MOST_LINES && (p = memchr(p, '\n', (size_t)(end - p))); p++)
        n++;
    return n;
}

/* Text up to the next line feed; the text ends in a last line, which may be empty. */
static hr_str cut_line(hr_str *rest)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    const hr_str line = hr_str_make(rest->p, end ? (size_t)(end - rest->p) : rest->n);
    const size_t taken = line.n + (end != NULL);

    *rest = hr_str_make(rest->p + taken, rest->n - taken);
    return line;
}

static void fill(hr_str text, hr_str *line, uint64_t *hash, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        line[i] = cut_line(&text);
        hash[i] = hr_word_bits(line[i]);
    }
}

static uint32_t *slot_of(const hr_repeats *r, uint64_t hash, hr_str line)
{
    uint32_t at = (uint32_t)(hash ^ hash >> 32) & r->mask;

    for (int i = 0; i < PROBES; i++, at = (at + 1) & r->mask) {
        const uint32_t k = r->slots[at];
        if (k == 0 || (r->hash[k - 1] == hash && hr_str_eq(r->line[k - 1], line)))
            return &r->slots[at];
    }
    return NULL;
}

hr_repeats *hr_repeats_new(hr_arena *a, hr_str text)
{
    hr_repeats *r = hr_arena_zalloc(a, sizeof *r);
    uint32_t from, to, *slot;

    if (!r)
        return NULL;
    r->text = text = text.n ? text : HR_STR("");
    r->n = count_lines(text);
    for (r->mask = 63; r->mask < 2 * r->n; r->mask = r->mask * 2 + 1)
        ;
    r->line = hr_arena_alloc(a, r->n * sizeof *r->line);
    r->hash = hr_arena_alloc(a, r->n * sizeof *r->hash);
    r->runs = hr_arena_alloc(a, r->n * sizeof *r->runs);
    r->slots = hr_arena_zalloc(a, ((size_t)r->mask + 1) * sizeof *r->slots);
    if (!r->line || !r->hash || !r->runs || !r->slots)
        return NULL;
    fill(text, r->line, r->hash, r->n);
    for (uint32_t i = 0; i < r->n; i++) {
        r->clash = r->clash || is_reference(r->line[i], &from, &to);
        if (r->line[i].n >= LEAST_ANCHOR && (slot = slot_of(r, r->hash[i], r->line[i])) && *slot == 0)
            *slot = i + 1;
    }
    return r;
}

/* ------------------------------------------------------------------ runs */
static bool worth_naming(const hr_repeats *r, uint32_t i, uint32_t lines)
{
    const char *from = r->line[i].p, *to = r->line[i + lines - 1].p + r->line[i + lines - 1].n;

    return lines >= HR_BACKREF_LINES && to - from >= LEAST_BYTES &&
           hr_tokens(from, (size_t)(to - from)) >= HR_BACKREF_TOKENS;
}

int64_t hr_repeats_count(hr_repeats *r, hr_arena *a, hr_str earlier, hr_watch *watch)
{
    const uint32_t n = count_lines(earlier);
    hr_str *line = hr_arena_alloc(a, n * sizeof *line);
    uint64_t *hash = hr_arena_alloc(a, n * sizeof *hash);
    int64_t bytes = 0;

    if (earlier.n == 0)
        return 0;
    if (!line || !hash)
        return HR_ENOMEM;
    fill(earlier, line, hash, n);
    memset(r->runs, 0, r->n * sizeof *r->runs);
    for (uint32_t j = 0, past = 0; j < n; j++) {
        const uint32_t *slot = line[j].n >= LEAST_ANCHOR ? slot_of(r, hash[j], line[j]) : NULL;
        if (hr_watch_spend(watch, line[j].n + 1))
            return HR_ETIME;
        if (!slot || *slot == 0)
            continue;
        uint32_t i = *slot - 1, at = j, lines = 1;
        while (i > 0 && at > past && hash[at - 1] == r->hash[i - 1] &&
               hr_str_eq(line[at - 1], r->line[i - 1])) {
            i--;
            at--;
        }
        lines += j - at;
        while (i + lines < r->n && at + lines < n && hash[at + lines] == r->hash[i + lines] &&
               hr_str_eq(line[at + lines], r->line[i + lines]))
            lines++;
        past = at + lines;
        j = past - 1;
        if (lines > r->runs[i].lines)
            r->runs[i] = (struct run){lines, at};
    }
    for (uint32_t i = 0; i < r->n;) {
        const uint32_t lines = r->runs[i].lines;
        if (lines == 0 || !worth_naming(r, i, lines)) {
            r->runs[i++].lines = 0;
            continue;
        }
        bytes += r->line[i + lines - 1].p + (int64_t)r->line[i + lines - 1].n - r->line[i].p;
        i += lines;
    }
    return bytes;
}

/* ------------------------------------------------------------------ writing */
static bool is_word(hr_str s, size_t most)
{
    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
              c == '-' || c == '.' || c == ':' || c == '|'))
            return false;
    }
    return s.n > 0 && s.n <= most;
}

bool hr_backref_takes(hr_str id)
{
    return is_word(id, HR_BACKREF_ID);
}

static void put_head(hr_buf *b, const char *head, hr_str id, hr_str tool)
{
    hr_buf_puts(b, head);
    hr_buf_str(b, id);
    if (is_word(tool, HR_BACKREF_ID)) {
        hr_buf_puts(b, ", ");
        hr_buf_str(b, tool);
    }
    hr_buf_putc(b, ']');
}

static void put_lines(hr_buf *b, const hr_repeats *r)
{
    for (uint32_t i = 0; i < r->n;) {
        const struct run run = r->runs[i];
        hr_buf_putc(b, '\n');
        if (run.lines == 0) {
            hr_buf_str(b, r->line[i++]);
            continue;
        }
        hr_buf_putc(b, '[');
        hr_buf_u64(b, run.at + 1);
        hr_buf_putc(b, '-');
        hr_buf_u64(b, run.at + run.lines);
        hr_buf_putc(b, ']');
        i += run.lines;
    }
}

int hr_backref_write(hr_buf *b, hr_repeats *r, hr_arena *a, hr_str earlier, hr_str id, hr_str tool,
                     hr_watch *watch)
{
    const size_t before = b->len;
    hr_buf back = {.max = 2 * r->text.n + 1};

    if (hr_str_eq(r->text, earlier)) {
        put_head(b, SAME, id, tool);
    } else {
        int64_t bytes = r->clash ? 0 : hr_repeats_count(r, a, earlier, watch);
        if (bytes <= 0)
            return (int)bytes;
        put_head(b, LINES, id, tool);
        put_lines(b, r);
    }
    if (b->err)
        return HR_ENOMEM;
    int ok = hr_backref_read(&back, hr_str_make(b->data + before, b->len - before), earlier);
    ok = ok == 1 ? hr_str_eq(hr_buf_view(&back), r->text) && b->len - before < r->text.n : ok;
    hr_buf_free(&back);
    if (ok != 1)
        b->len = before;
    return ok;
}

/* ------------------------------------------------------------------ reading */
/* The text behind a head; *id is whose. false: it has no such head. */
static bool take_head(hr_str *text, const char *head, hr_str *id)
{
    const size_t n = strlen(head);
    hr_str line;

    if (text->n < n || memcmp(text->p, head, n) != 0)
        return false;
    line = *text = hr_str_make(text->p + n, text->n - n);
    const char *end = memchr(line.p, ']', line.n);
    if (!end)
        return false;
    line.n = (size_t)(end - line.p);
    *text = hr_str_make(end + 1, text->n - line.n - 1);
    const char *comma = memchr(line.p, ',', line.n);
    *id = hr_str_make(line.p, comma ? (size_t)(comma - line.p) : line.n);
    return hr_backref_takes(*id);
}

hr_str hr_backref_id(hr_str text)
{
    hr_str id;

    return take_head(&text, SAME, &id) || take_head(&text, LINES, &id) ? id : (hr_str){0};
}

/* Where each line of a text begins, and one more for its end. NULL: no memory. */
static const char **line_starts(hr_str text, uint32_t *n)
{
    const char **start = hr_malloc(((size_t)count_lines(text) + 1) * sizeof *start);

    for (*n = 0; start;) {
        const hr_str line = cut_line(&text);
        start[(*n)++] = line.p;
        start[*n] = line.p + line.n + 1;
        if (line.p + line.n == text.p || *n == MOST_LINES) /* no line feed behind it */
            break;
    }
    return start;
}

/* The lines of a body, and those of the earlier text that they name. 1, 0, HR_ENOMEM. */
static int read_lines(hr_buf *b, hr_str body, const char *const *start, uint32_t n)
{
    uint32_t from, to;
    hr_str line;

    for (bool more = true, first = true; more; first = false) {
        const char *p = body.p;
        line = cut_line(&body);
        more = body.p > p + line.n;
        if (!first)
            hr_buf_putc(b, '\n');
        if (!is_reference(line, &from, &to))
            hr_buf_str(b, line);
        else if (to <= n)
            hr_buf_add(b, start[from - 1], (size_t)(start[to] - 1 - start[from - 1]));
        else
            return 0;
        if (b->err)
            return HR_ENOMEM;
    }
    return 1;
}

int hr_backref_read(hr_buf *b, hr_str text, hr_str earlier)
{
    const size_t before = b->len;
    hr_str id;
    uint32_t n;

    if (earlier.n == 0)
        return 0;
    if (take_head(&text, SAME, &id)) {
        if (text.n > 0)
            return 0;
        hr_buf_str(b, earlier);
        return b->err ? HR_ENOMEM : 1;
    }
    if (!take_head(&text, LINES, &id) || text.n == 0 || text.p[0] != '\n')
        return 0;
    const char **start = line_starts(earlier, &n);
    int r = start ? read_lines(b, hr_str_make(text.p + 1, text.n - 1), start, n) : HR_ENOMEM;
    hr_free(start);
    if (r == 0)
        b->len = before;
    return r;
}
