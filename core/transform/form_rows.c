/* form_rows.c - lines of one pattern as rows of what varies in them.

     10:00:03.872 INFO [catalog] evicted page 87299      #1 %10:00:03.872 INFO [%catalog] evicted page %87299
     10:00:07.400 INFO [gateway] evicted page 44519      1 ~7.400 gateway 44519
     10:00:07.400 INFO [gateway] evicted page 44520  ->  1 " " 44520
     10:00:07.400 INFO [gateway] evicted page 44520      1*2
     10:00:07.400 INFO [gateway] evicted page 44520      shutting down
     shutting down

   In the body a line is, by its first byte:
     #N text   a line, and from now on pattern N: the words behind % vary (one % is taken away)
     N a b ..  a line of pattern N with these words in the place of those; N*K: K lines as the one before of this pattern
     \...      the line behind the backslash
     else      itself
   A row's item is the word itself, or " for the same word as before, or ~end for the word before with its end replaced (of the same
   length; ~~word is a word that begins with ~). Items that are the same to the end of the row are left out. "Before" is the line
   before of this pattern, but for a line's very first word, which is compared with the line above, whatever it is: time passes in
   all of them. */
#include <string.h>

#include "transform/form_table.h"
#include "transform/line_words.h"
#include "transform/lines.h"
#include "transform/patterns.h"

enum {
    LEAST_LINES = 3,    /* of a pattern: two lines hardly pay for it */
    LEAST_PERCENT = 50, /* of all lines must be rows */
    LEAST_COMMON = 4,   /* bytes at the beginning of a word that ~ spares */
    MOST_DIGITS = 7
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal number of at most MOST_DIGITS digits without leading zeros, at s; its length, 0: none. */
static size_t take_number(hr_str s, uint32_t *out)
{
    size_t i = 0;

    for (*out = 0; i < s.n && i < MOST_DIGITS && is_digit(s.p[i]); i++)
        *out = *out * 10 + (uint32_t)(s.p[i] - '0');
    return i == 0 || s.p[0] == '0' || (i < s.n && is_digit(s.p[i])) ? 0 : i;
}

/* ------------------------------------------------------------------ encoding */
struct known {
    bool used;
    uint32_t id;         /* 0: not yet shown */
    hr_line_words *last; /* its line before */
    uint64_t varies;     /* words */
};

struct encoder {
    hr_buf *b;
    struct known *known; /* for each pattern */
    uint32_t ids;
    hr_str above;               /* first word of the line above; n 0: it had none */
    uint32_t repeated, repeats; /* rows of this id that say nothing, not yet written */
    size_t rows;
};

static void put_repeats(struct encoder *e)
{
    if (e->repeats == 0)
        return;
    hr_buf_u64(e->b, e->repeated);
    if (e->repeats > 1) {
        hr_buf_putc(e->b, '*');
        hr_buf_u64(e->b, e->repeats);
    }
    hr_buf_putc(e->b, '\n');
    e->repeats = 0;
}

static void put_plain(struct encoder *e, hr_str line)
{
    if (line.n > 0 && (is_digit(line.p[0]) || line.p[0] == '#' || line.p[0] == '\\'))
        hr_buf_putc(e->b, '\\');
    hr_buf_str(e->b, line);
    hr_buf_putc(e->b, '\n');
}

static void put_pattern(struct encoder *e, struct known *k, hr_str line, const hr_line_words *w)
{
    const char *at = line.p;

    k->id = ++e->ids;
    hr_buf_putc(e->b, '#');
    hr_buf_u64(e->b, k->id);
    hr_buf_putc(e->b, ' ');
    for (uint32_t i = 0; i < w->n; i++) {
        hr_buf_add(e->b, at, (size_t)(w->word[i].p - at));
        if (k->varies >> i & 1)
            hr_buf_putc(e->b, '%');
        hr_buf_str(e->b, w->word[i]);
        at = w->word[i].p + w->word[i].n;
    }
    hr_buf_add(e->b, at, (size_t)(line.p + line.n - at));
    hr_buf_putc(e->b, '\n');
}

/* How much of the word's beginning ~ may spare: of times and numbers only, so that names stay whole, and digits of one number together. */
static size_t common_beginning(hr_str word, hr_str before)
{
    size_t k = 0;

    if (word.n != before.n || !is_digit(word.p[0]))
        return 0;
    while (word.p[k] == before.p[k])
        k++;
    while (k > 0 && is_digit(word.p[k]) && is_digit(word.p[k - 1]))
        k--;
    return k < LEAST_COMMON || word.p[k] == '~' ? 0 : k;
}

static void put_item(hr_buf *b, hr_str word, hr_str before)
{
    size_t k = common_beginning(word, before);

    if (k > 0 || word.p[0] == '~')
        hr_buf_putc(b, '~');
    hr_buf_add(b, word.p + k, word.n - k);
}

static void put_row(struct encoder *e, const struct known *k, const hr_line_words *w)
{
    uint32_t same = 0; /* items not yet written */
    bool any = false;

    for (uint32_t i = 0; i < w->n; i++) {
        hr_str before = i == 0 && e->above.n ? e->above : k->last->word[i];
        if (!(k->varies >> i & 1))
            continue;
        if (hr_str_eq(w->word[i], before)) {
            same++;
            continue;
        }
        if (!any) {
            put_repeats(e);
            hr_buf_u64(e->b, k->id);
        }
        any = true;
        for (; same > 0; same--)
            hr_buf_puts(e->b, " \"");
        hr_buf_putc(e->b, ' ');
        put_item(e->b, w->word[i], before);
    }
    if (any) {
        hr_buf_putc(e->b, '\n');
        return;
    }
    if (e->repeats > 0 && e->repeated != k->id)
        put_repeats(e);
    e->repeated = k->id;
    e->repeats++;
}

/* Words that begin with % vary always, since % is the mark. */
static uint64_t marked(const hr_line_words *w)
{
    uint64_t bits = 0;

    for (uint32_t i = 0; i < w->n; i++)
        if (w->word[i].p[0] == '%')
            bits |= 1ull << i;
    return bits;
}

static void put_line(struct encoder *e, struct known *k, hr_str line)
{
    hr_line_words w;

    hr_line_split(line, &w);
    if (!k || k->id == 0 || (e->repeats > 0 && e->repeated != k->id))
        put_repeats(e);
    if (!k) {
        put_plain(e, line);
    } else if (k->id == 0) {
        k->varies |= marked(&w);
        put_pattern(e, k, line, &w);
    } else {
        put_row(e, k, &w);
        e->rows++;
    }
    if (k)
        *k->last = w;
    e->above = w.n ? w.word[0] : (hr_str){0};
}

/* At its first line: is the pattern worth rows? Lines that share no word are alike by chance. 0, HR_ENOMEM. */
static int meet_pattern(hr_arena *a, struct known *k, const hr_pattern *p, hr_str first)
{
    hr_line_words w;

    if (p->lines < LEAST_LINES)
        return 0;
    hr_line_split(first, &w);
    if (!(((1ull << w.n) - 1) & ~p->varies))
        return 0;
    k->varies = p->varies;
    k->last = hr_arena_alloc(a, sizeof *k->last);
    k->used = k->last != NULL;
    return k->used ? 0 : HR_ENOMEM;
}

int hr_rows_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch)
{
    hr_arena *a = hr_arena_new();
    hr_patterns p;
    struct encoder e = {.b = b};
    hr_str rest = text, line;
    bool ended = false;
    int r = a ? hr_patterns_find(&p, a, text, pinned, watch) : HR_ENOMEM;

    if (r == 0 && !(e.known = hr_arena_zalloc(a, (p.n + 1) * sizeof *e.known)))
        r = HR_ENOMEM;
    for (uint32_t i = 0; r == 0 && hr_line_next(&rest, &line, &ended); i++) {
        uint32_t k = p.of_line[i];
        if (k != HR_PATTERN_NONE && p.list[k].first == i)
            r = meet_pattern(a, &e.known[k], &p.list[k], line);
        put_line(&e, k != HR_PATTERN_NONE && e.known[k].used ? &e.known[k] : NULL, line);
        if (r == 0)
            r = b->err ? HR_ENOMEM : hr_watch_spend(watch, line.n);
    }
    put_repeats(&e);
    if (r == 0 && !ended && b->len > 0)
        b->len--; /* the text ends without a line feed, and so does the form */
    if (r == 0)
        r = e.rows * 100 >= (size_t)p.lines * LEAST_PERCENT && e.rows > 0;
    hr_arena_free(a);
    return r == HR_ELIMIT ? 0 : r;
}

/* ------------------------------------------------------------------ decoding */
struct pattern {
    size_t off, len; /* its line before, in the output */
    uint64_t varies;
};

struct decoder {
    hr_buf *b;
    struct pattern *list; /* by id - 1 */
    uint32_t n, room;
    size_t above, above_len; /* first word of the line above, in the output; above_len 0: none */
};

static struct pattern *add_pattern(struct decoder *d)
{
    if (d->n == d->room) {
        uint32_t room = d->room ? d->room * 2 : 64;
        struct pattern *wider = hr_realloc(d->list, room * sizeof *wider);
        if (!wider)
            return NULL;
        d->list = wider;
        d->room = room;
    }
    return &d->list[d->n++];
}

static void note_above(struct decoder *d, size_t off)
{
    hr_str word =
        d->b->len > off ? hr_first_word(hr_str_make(d->b->data + off, d->b->len - off)) : (hr_str){0};

    d->above_len = word.n;
    if (word.n)
        d->above = (size_t)(word.p - d->b->data);
}

/* "#N text": text without its marks becomes a line and pattern N, which must be the next. 1, 0, HR_ENOMEM. */
static int read_pattern(struct decoder *d, hr_str line)
{
    hr_line_words w;
    uint32_t id;
    size_t n = take_number(hr_str_make(line.p + 1, line.n - 1), &id), off = d->b->len;

    if (n == 0 || id != d->n + 1 || line.n < n + 2 || line.p[n + 1] != ' ')
        return 0;
    line = hr_str_make(line.p + n + 2, line.n - n - 2);
    hr_line_split(line, &w);
    if (w.n == 0 || w.n > HR_LINE_WORDS)
        return 0;
    struct pattern *p = add_pattern(d);
    if (!p)
        return HR_ENOMEM;
    p->varies = marked(&w);
    const char *at = line.p;
    for (uint64_t left = p->varies; left; left &= left - 1) {
        hr_str word = w.word[__builtin_ctzll(left)];
        if (word.n == 1)
            return 0;
        hr_buf_add(d->b, at, (size_t)(word.p - at));
        at = word.p + 1;
    }
    hr_buf_add(d->b, at, (size_t)(line.p + line.n - at));
    p->off = off;
    p->len = d->b->len - off;
    return d->b->err ? HR_ENOMEM : 1;
}

/* The next item of a row; false: there is none. */
static bool next_item(hr_str *row, hr_str *item)
{
    if (row->n < 2 || row->p[0] != ' ')
        return false;
    const char *end = memchr(row->p + 1, ' ', row->n - 1);
    size_t n = end ? (size_t)(end - row->p) : row->n;
    *item = hr_str_make(row->p + 1, n - 1);
    *row = hr_str_make(row->p + n, row->n - n);
    return true;
}

/* Append the word that an item stands for. Its bytes may lie in the buffer, which must have room. */
static bool put_word(hr_buf *b, hr_str item, hr_str before)
{
    if (hr_str_is(item, "\"")) {
        hr_buf_str(b, before);
    } else if (item.n > 0 && item.p[0] != '~') {
        hr_buf_str(b, item);
    } else if (item.n > 1 && item.p[1] == '~') {
        hr_buf_add(b, item.p + 1, item.n - 1);
    } else {
        if (item.n < 2 || item.n - 1 > before.n)
            return false;
        hr_buf_add(b, before.p, before.n - (item.n - 1));
        hr_buf_add(b, item.p + 1, item.n - 1);
    }
    return true;
}

/* A row's words in the place of those of the line before. 1, 0, HR_ENOMEM. */
static int read_words(struct decoder *d, struct pattern *p, hr_str row)
{
    hr_line_words w;
    size_t off = d->b->len;

    /* No growth while bytes are copied from the buffer into itself. */
    if (hr_buf_reserve(d->b, p->len + d->above_len + row.n + 1) < 0)
        return HR_ENOMEM;
    hr_str last = hr_str_make(d->b->data + p->off, p->len);
    hr_line_split(last, &w);
    if (w.n > HR_LINE_WORDS)
        return 0;
    const char *at = last.p;
    for (uint64_t left = p->varies; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctzll(left);
        hr_str before, item = HR_STR("\"");
        if (i >= w.n)
            return 0;
        before = w.word[i];
        hr_buf_add(d->b, at, (size_t)(before.p - at));
        at = before.p + before.n;
        if (i == 0 && d->above_len)
            before = hr_str_make(d->b->data + d->above, d->above_len);
        if (row.n > 0 && !next_item(&row, &item))
            return 0;
        if (!put_word(d->b, item, before))
            return 0;
    }
    hr_buf_add(d->b, at, (size_t)(last.p + last.n - at));
    p->off = off;
    p->len = d->b->len - off;
    return d->b->err ? HR_ENOMEM : row.n == 0;
}

/* "N a b" or "N*K". 1, 0, HR_ENOMEM. */
static int read_row(struct decoder *d, hr_str line)
{
    uint32_t id, times = 1;
    size_t n = take_number(line, &id);

    if (n == 0 || id > d->n)
        return 0;
    hr_str row = hr_str_make(line.p + n, line.n - n);
    if (row.n > 0 && row.p[0] == '*') {
        row = hr_str_make(row.p + 1, row.n - 1);
        n = take_number(row, &times);
        if (n == 0 || n != row.n || times < 2)
            return 0;
        row.n = 0;
    }
    for (uint32_t k = 0; k < times; k++) {
        if (k > 0)
            hr_buf_putc(d->b, '\n');
        size_t off = d->b->len;
        int r = read_words(d, &d->list[id - 1], row);
        if (r != 1)
            return r;
        note_above(d, off);
    }
    return 1;
}

static int read_line(struct decoder *d, hr_str line)
{
    size_t off = d->b->len;
    int r = 1;

    if (line.n > 0 && line.p[0] == '#')
        r = read_pattern(d, line);
    else if (line.n > 0 && is_digit(line.p[0]))
        return read_row(d, line);
    else
        hr_buf_add(d->b, line.p + (line.n > 0 && line.p[0] == '\\'),
                   line.n - (line.n > 0 && line.p[0] == '\\'));
    if (d->b->err)
        return HR_ENOMEM;
    if (r == 1)
        note_above(d, off);
    return r;
}

int hr_rows_decode(hr_buf *b, hr_str body)
{
    struct decoder d = {.b = b};
    hr_str rest = body, line;
    bool ended;
    int r = 1;

    while (r == 1 && hr_line_next(&rest, &line, &ended)) {
        r = read_line(&d, line);
        if (ended)
            hr_buf_putc(b, '\n');
    }
    hr_free(d.list);
    return b->err ? HR_ENOMEM : r;
}
