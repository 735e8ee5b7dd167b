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
    uint32_t id;     /* 0: not yet shown */
    uint32_t last;   /* its line before */
    uint64_t varies; /* words */
};

struct encoder {
    hr_buf *b;
    char *at; /* where the next byte goes; there is room for a line */
    const hr_split *split;
    struct known *known; /* for each pattern */
    uint32_t ids;
    hr_str above;               /* first word of the line above; n 0: it had none */
    uint32_t repeated, repeats; /* rows of this id that say nothing, not yet written */
    size_t rows;
};

static void put(struct encoder *e, const char *p, size_t n)
{
    memcpy(e->at, p, n);
    e->at += n;
}

static void put_number(struct encoder *e, uint32_t v)
{
    char z[10], *p = z + sizeof z;

    do
        *--p = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    put(e, p, (size_t)(z + sizeof z - p));
}

static void put_repeats(struct encoder *e)
{
    if (e->repeats == 0)
        return;
    put_number(e, e->repeated);
    if (e->repeats > 1) {
        *e->at++ = '*';
        put_number(e, e->repeats);
    }
    *e->at++ = '\n';
    e->repeats = 0;
}

static void put_plain(struct encoder *e, hr_str line)
{
    if (line.n > 0 && (is_digit(line.p[0]) || line.p[0] == '#' || line.p[0] == '\\'))
        *e->at++ = '\\';
    put(e, line.p, line.n);
    *e->at++ = '\n';
}

static void put_pattern(struct encoder *e, struct known *k, uint32_t line)
{
    const hr_str text = hr_split_line(e->split, line);
    const char *from = text.p;

    k->id = ++e->ids;
    *e->at++ = '#';
    put_number(e, k->id);
    *e->at++ = ' ';
    for (uint64_t left = k->varies; left; left &= left - 1) {
        const hr_str word = hr_split_word(e->split, line, (uint32_t)__builtin_ctzll(left));
        put(e, from, (size_t)(word.p - from));
        *e->at++ = '%';
        from = word.p;
    }
    put(e, from, (size_t)(text.p + text.n - from));
    *e->at++ = '\n';
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

static void put_item(struct encoder *e, hr_str word, hr_str before)
{
    size_t k = common_beginning(word, before);

    if (k > 0 || word.p[0] == '~')
        *e->at++ = '~';
    put(e, word.p + k, word.n - k);
}

static void put_row(struct encoder *e, const struct known *k, uint32_t line)
{
    uint32_t same = 0; /* items not yet written */
    bool any = false;

    for (uint64_t left = k->varies; left; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(left);
        const hr_str word = hr_split_word(e->split, line, i);
        const hr_str before = i == 0 && e->above.n ? e->above : hr_split_word(e->split, k->last, i);
        if (hr_word_is(word, before)) {
            same++;
            continue;
        }
        if (!any) {
            put_repeats(e);
            put_number(e, k->id);
        }
        any = true;
        for (; same > 0; same--)
            put(e, " \"", 2);
        *e->at++ = ' ';
        put_item(e, word, before);
    }
    if (any) {
        *e->at++ = '\n';
        return;
    }
    if (e->repeats > 0 && e->repeated != k->id)
        put_repeats(e);
    e->repeated = k->id;
    e->repeats++;
}

/* Words that begin with % vary always, since % is the mark. */
static uint64_t marked(const hr_split *split, uint32_t line)
{
    uint64_t bits = 0;

    for (uint32_t i = 0; i < hr_split_words(split, line); i++)
        bits |= (uint64_t)(*hr_split_word(split, line, i).p == '%') << i;
    return bits;
}

static int put_line(struct encoder *e, struct known *k, uint32_t line)
{
    enum {
        MOST_MORE = 3 * HR_LINE_WORDS + 64
    }; /* bytes that a line's form may be longer than it: a blank, ~ or % for each word, numbers */
    const hr_str text = hr_split_line(e->split, line);

    e->b->len = (size_t)(e->at - e->b->data);
    if (hr_buf_reserve(e->b, text.n + MOST_MORE) < 0)
        return HR_ENOMEM;
    e->at = e->b->data + e->b->len;
    if (!k || k->id == 0 || (e->repeats > 0 && e->repeated != k->id))
        put_repeats(e);
    if (!k) {
        put_plain(e, text);
    } else if (k->id == 0) {
        k->varies |= marked(e->split, line);
        put_pattern(e, k, line);
    } else {
        put_row(e, k, line);
        e->rows++;
    }
    if (k)
        k->last = line;
    e->above = hr_split_words(e->split, line) ? hr_split_word(e->split, line, 0) : hr_first_word(text);
    return 0;
}

/* Is the pattern worth rows? Lines that share no word are alike by chance. */
static bool is_worth(const hr_split *split, const hr_pattern *p)
{
    return p->lines >= LEAST_LINES && (((1ull << hr_split_words(split, p->first)) - 1) & ~p->varies) != 0;
}

static int put_lines(struct encoder *e, const hr_patterns *p, hr_watch *watch)
{
    if (hr_buf_reserve(e->b, e->split->text.n / 2 + 1) < 0)
        return HR_ENOMEM;
    e->at = e->b->data + e->b->len;
    for (uint32_t i = 0; i < p->lines; i++) {
        const uint32_t k = p->of_line[i];
        if (k != HR_PATTERN_NONE && p->list[k].first == i)
            e->known[k] =
                (struct known){.used = is_worth(e->split, &p->list[k]), .varies = p->list[k].varies};
        if (put_line(e, k != HR_PATTERN_NONE && e->known[k].used ? &e->known[k] : NULL, i) < 0)
            return HR_ENOMEM;
        if (hr_watch_spend(watch, e->split->begin[i + 1] - e->split->begin[i]) < 0)
            return HR_ETIME;
    }
    put_repeats(e);
    e->b->len = (size_t)(e->at - e->b->data);
    return 0;
}

int hr_rows_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch)
{
    hr_patterns p;
    hr_split split;
    int r = hr_split_read(&split, text, watch);

    if (r < 0)
        return r == HR_ELIMIT ? 0 : r;
    struct encoder e = {.b = b, .split = &split};
    hr_arena *a = hr_arena_new();
    r = a ? hr_patterns_of(&p, a, &split, pinned, watch) : HR_ENOMEM;
    if (r == 0 && !(e.known = hr_arena_alloc(a, (p.n + 1) * sizeof *e.known)))
        r = HR_ENOMEM;
    if (r == 0)
        r = put_lines(&e, &p, watch);
    if (r == 0 && text.n && text.p[text.n - 1] != '\n')
        b->len--; /* the text ends without a line feed, and so does the form */
    if (r == 0)
        r = e.rows * 100 >= (size_t)p.lines * LEAST_PERCENT && e.rows > 0;
    hr_arena_free(a);
    hr_split_free(&split);
    return r;
}

/* ------------------------------------------------------------------ decoding */
/* A word of a line in the output, from the line's beginning. */
struct word {
    size_t off, len;
};

struct pattern {
    size_t off, len;       /* its line before, in the output */
    struct word head;      /* the first word of that */
    uint32_t first, words; /* those that vary, in decoder.word[] */
    bool varies_first;     /* the first word of a line is one of them */
};

struct decoder {
    hr_buf *b;
    struct pattern *list; /* by id - 1 */
    uint32_t n, room;
    struct word *word;
    uint32_t words, room_words;
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
    if (d->room_words - d->words < HR_LINE_WORDS) {
        uint32_t room = d->room_words * 2 + 8 * HR_LINE_WORDS;
        struct word *wider = hr_realloc(d->word, room * sizeof *wider);
        if (!wider)
            return NULL;
        d->word = wider;
        d->room_words = room;
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
    if (!p || hr_buf_reserve(d->b, line.n + 1) < 0)
        return HR_ENOMEM;
    *p = (struct pattern){.off = off, .first = d->words};
    const char *from = line.p;
    for (uint32_t i = 0; i < w.n; i++) {
        const hr_str word = w.word[i];
        const bool varies = word.p[0] == '%';
        if (varies) {
            if (word.n == 1)
                return 0;
            hr_buf_add(d->b, from, (size_t)(word.p - from));
            from = word.p + 1;
            p->varies_first = p->varies_first || i == 0;
        }
        const struct word place = {(size_t)(word.p + varies - from) + d->b->len - off, word.n - varies};
        if (i == 0)
            p->head = place;
        if (varies) {
            d->word[d->words++] = place;
            p->words++;
        }
    }
    hr_buf_add(d->b, from, (size_t)(line.p + line.n - from));
    p->len = d->b->len - off;
    return d->b->err ? HR_ENOMEM : 1;
}

/* The next item of a row; false: there is none. */
static bool next_item(hr_str *row, hr_str *item)
{
    size_t n = 1;

    if (row->n < 2 || row->p[0] != ' ')
        return false;
    while (n < row->n && row->p[n] != ' ')
        n++;
    *item = hr_str_make(row->p + 1, n - 1);
    *row = hr_str_make(row->p + n, row->n - n);
    return true;
}

/* Append bytes for which there is room; they may lie in the buffer. */
static inline void add_known(hr_buf *b, const char *p, size_t n)
{
    memcpy(b->data + b->len, p, n);
    b->len += n;
}

/* Append the word that an item stands for. */
static bool put_word(hr_buf *b, hr_str item, hr_str before)
{
    if (item.n == 1 && item.p[0] == '"') {
        add_known(b, before.p, before.n);
    } else if (item.n > 0 && item.p[0] != '~') {
        add_known(b, item.p, item.n);
    } else if (item.n > 1 && item.p[1] == '~') {
        add_known(b, item.p + 1, item.n - 1);
    } else {
        if (item.n < 2 || item.n - 1 > before.n)
            return false;
        add_known(b, before.p, before.n - (item.n - 1));
        add_known(b, item.p + 1, item.n - 1);
    }
    return true;
}

/* A row's words in the place of those of the line before. 1, 0, HR_ENOMEM. */
static int read_words(struct decoder *d, struct pattern *p, hr_str row)
{
    const size_t off = d->b->len;
    size_t from = 0; /* of the line before: up to here it is said */

    /* No growth while bytes are copied from the buffer into itself. */
    if (hr_buf_reserve(d->b, p->len + d->above_len + row.n + 1) < 0)
        return HR_ENOMEM;
    const char *last = d->b->data + p->off;
    for (uint32_t i = 0; i < p->words; i++) {
        struct word *place = &d->word[p->first + i];
        hr_str before = hr_str_make(last + place->off, place->len), item = HR_STR("\"");
        add_known(d->b, last + from, place->off - from);
        from = place->off + place->len;
        if (i == 0 && p->varies_first && d->above_len)
            before = hr_str_make(d->b->data + d->above, d->above_len);
        place->off = d->b->len - off;
        if ((row.n > 0 && !next_item(&row, &item)) || !put_word(d->b, item, before))
            return 0;
        place->len = d->b->len - off - place->off;
    }
    add_known(d->b, last + from, p->len - from);
    if (p->varies_first)
        p->head = d->word[p->first];
    p->off = off;
    p->len = d->b->len - off;
    d->above = off + p->head.off;
    d->above_len = p->head.len;
    return row.n == 0;
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
        int r = d->b->err ? HR_ENOMEM : read_words(d, &d->list[id - 1], row);
        if (r != 1)
            return r;
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
    hr_free(d.word);
    return b->err ? HR_ENOMEM : r;
}
