/* form_repeats.c - text in which lines, blocks of lines and the beginnings of paths stand again and again.

     Traceback (most recent call last):                     $1=/srv/app/worker
       File "/srv/app/worker/main.py", line 9, in run       [#1 3]
         job()                                              Traceback (most recent call last):
     ValueError: 1                                  ->        File "$1/main.py", line 9, in run
     Traceback (most recent call last):                         job()
       File "/srv/app/worker/main.py", line 9, in run       ValueError: 1
         job()                                              [#1]
     ValueError: 2                                          ValueError: 2

   In the body a line is, in this order:
     $N=text       before all others: what $N means (prefixes.h)
     [#N K]        the next K lines are block N
     [#N]          the lines of block N again; [#N *M]: M times
     else          itself, with $N for what it means

   A block is a chain of lines that never stand apart: each has the same line behind it wherever it stands, and that one no other before
   it. So blocks do not overlap, and are found in one pass. */
#include <string.h>

#include "token/token.h"
#include "transform/form_table.h"
#include "transform/line_words.h"
#include "transform/lines.h"
#include "transform/prefixes.h"

enum {
    LEAST_WORD = 12, /* bytes of a word whose beginning may be named */
    MOST_DIGITS = 7,
    PROBES = 32, /* then a line counts as unknown: who makes hashes collide loses savings, not time */
    REF = 5,     /* tokens of [#N] and its line feed */
    HEADING = 7  /* of [#N K] */
};

#define SEVERAL UINT32_MAX

/* ------------------------------------------------------------------ encoding */
/* Lines that are equal. */
struct kind {
    uint32_t count;
    uint32_t after, before; /* kind + 1 of the line behind and before each of them; 0: not yet known */
    uint32_t lines;         /* of the block that begins with it; 0: not yet known */
    uint32_t name;          /* of that block; 0: it has not been shown, or does not pay */
    bool pays;
};

struct encoder {
    hr_buf *b;
    hr_arena *a;
    hr_str *line;
    uint32_t *kind_of, n;
    struct kind *kinds;
    uint32_t names;
    hr_prefixes prefixes;
    bool no_prefixes;
    const bool *pinned;
};

static int read_lines(struct encoder *e, hr_str text)
{
    hr_str rest = text, line;
    const size_t n = hr_lines_count(text) + 1;
    bool ended;

    e->line = hr_arena_alloc(e->a, n * sizeof *e->line);
    e->kind_of = hr_arena_alloc(e->a, n * sizeof *e->kind_of);
    e->kinds = hr_arena_alloc(e->a, n * sizeof *e->kinds);
    if (!e->line || !e->kind_of || !e->kinds || n > UINT32_MAX / 4)
        return HR_ENOMEM;
    while (hr_line_next(&rest, &line, &ended))
        e->line[e->n++] = line;
    return 0;
}

/* One more kind, of line i. */
static void add_kind(struct encoder *e, uint32_t i, uint32_t *n)
{
    e->kinds[*n] = (struct kind){0};
    e->kind_of[i] = (*n)++;
}

/* Which lines are equal. Pinned ones are like no other. */
static int find_kinds(struct encoder *e, hr_watch *watch)
{
    uint32_t mask = 63, n = 0, empty = UINT32_MAX; /* empty: the kind of lines without a byte */

    while (mask < 2 * e->n)
        mask = mask * 2 + 1;
    uint32_t *slots = hr_arena_zalloc(e->a, ((size_t)mask + 1) * sizeof *slots); /* line + 1 */
    if (!slots)
        return HR_ENOMEM;
    for (uint32_t i = 0; i < e->n; i++) {
        const hr_str line = e->line[i];
        const bool alone = e->pinned && e->pinned[i];
        if (line.n == 0 && empty < n && !alone) {
            e->kind_of[i] = empty;
            e->kinds[empty].count++;
            continue;
        }
        const uint64_t h = hr_word_bits(line);
        uint32_t at = (uint32_t)(h ^ h >> 32) & mask, tries = 0;
        while (slots[at] && tries < PROBES && !hr_str_eq(e->line[slots[at] - 1], line)) {
            at = (at + 1) & mask;
            tries++;
        }
        if (alone || tries == PROBES) {
            add_kind(e, i, &n);
        } else if (slots[at] == 0) {
            slots[at] = i + 1;
            add_kind(e, i, &n);
            empty = line.n ? empty : n - 1;
        } else {
            e->kind_of[i] = e->kind_of[slots[at] - 1];
        }
        e->kinds[e->kind_of[i]].count++;
        if (hr_watch_spend(watch, line.n + 1))
            return HR_ETIME;
    }
    return 0;
}

static void note(uint32_t *neighbour, uint32_t kind)
{
    *neighbour = *neighbour == 0 || *neighbour == kind ? kind : SEVERAL;
}

static void find_neighbours(struct encoder *e)
{
    for (uint32_t i = 0; i < e->n; i++) {
        struct kind *k = &e->kinds[e->kind_of[i]];
        if (i > 0 && i + 1 < e->n && e->kind_of[i - 1] == e->kind_of[i] &&
            e->kind_of[i] == e->kind_of[i + 1]) {
            k->before = k->after = SEVERAL; /* a block never holds a line twice */
            continue;
        }
        note(&k->before, i > 0 ? e->kind_of[i - 1] + 1 : SEVERAL);
        note(&k->after, i + 1 < e->n ? e->kind_of[i + 1] + 1 : SEVERAL);
    }
}

/* Does line i always stand behind the line before it, and that one never elsewhere? */
static bool is_joined(const struct encoder *e, uint32_t i)
{
    const uint32_t a = e->kind_of[i - 1], b = e->kind_of[i];

    return a != b && e->kinds[a].after == b + 1 && e->kinds[b].before == a + 1;
}

/* How long the block is that begins with line i, the first of its kind, and whether a name for it pays. */
static struct kind *judge(struct encoder *e, struct kind *k, uint32_t i)
{
    uint32_t past = i + 1;

    while (past < e->n && is_joined(e, past))
        past++;
    k->lines = past - i;
    if (k->count > 1) {
        const char *from = e->line[i].p, *to = e->line[past - 1].p + e->line[past - 1].n;
        const size_t tokens = hr_tokens(from, (size_t)(to - from)) + k->lines;
        k->pays = (k->count - 1) * (uint64_t)tokens > (k->count - 1) * (uint64_t)REF + HEADING;
    }
    return k;
}

/* The block that begins with line i. */
static inline struct kind *block_at(struct encoder *e, uint32_t i)
{
    struct kind *k = &e->kinds[e->kind_of[i]];

    return k->lines ? k : judge(e, k, i);
}

/* ------------------------------------------------------------------ words */
static bool is_between(char c)
{
    static const bool between[256] = {
        [0] = true,   [' '] = true, ['\t'] = true, ['\r'] = true, ['"'] = true, ['\''] = true, ['('] = true,
        [')'] = true, [','] = true, [';'] = true,  ['<'] = true,  ['='] = true, ['>'] = true,  ['['] = true,
        [']'] = true, ['`'] = true, ['{'] = true,  ['|'] = true,  ['}'] = true,
    };
    return between[(unsigned char)c];
}

/* The next word of the line, from *at on, whose beginning may have a name. */
static bool next_word(hr_str line, size_t *at, hr_str *word)
{
    for (size_t i = *at; i < line.n;) {
        bool slash = false;
        while (i < line.n && is_between(line.p[i]))
            i++;
        const size_t from = i;
        for (; i < line.n && !is_between(line.p[i]); i++)
            slash = slash || line.p[i] == '/';
        *word = hr_str_make(line.p + from, i - from);
        *at = i;
        if (slash && word->n >= LEAST_WORD)
            return true;
    }
    return false;
}

static inline int learn_line(struct encoder *e, uint32_t i)
{
    hr_str word;
    size_t at = 0;

    if (e->line[i].n < LEAST_WORD || e->no_prefixes || i == 0 || (e->pinned && e->pinned[i]))
        return 0;
    while (next_word(e->line[i], &at, &word))
        if (hr_prefixes_learn(&e->prefixes, word) < 0)
            return HR_ENOMEM;
    return 0;
}

/* The first line stays, since a dollar sign at its beginning would say that a name is meant there. */
static void put_line(struct encoder *e, uint32_t i)
{
    const hr_str line = e->line[i];
    const bool stays = line.n < LEAST_WORD || i == 0 || e->prefixes.named == 0 || (e->pinned && e->pinned[i]);
    size_t at = 0, from = 0;
    hr_str word;

    while (!stays && next_word(line, &at, &word)) {
        const uint32_t k = hr_prefixes_find(&e->prefixes, word);
        if (k == 0)
            continue;
        hr_buf_add(e->b, line.p + from, (size_t)(word.p - line.p) - from);
        hr_buf_putc(e->b, '$');
        hr_buf_u64(e->b, e->prefixes.list[k].name);
        from = (size_t)(word.p - line.p) + e->prefixes.list[k].text.n;
    }
    hr_buf_add(e->b, line.p + from, line.n - from);
    hr_buf_putc(e->b, '\n');
}

/* ------------------------------------------------------------------ the form */
static int learn(struct encoder *e, hr_watch *watch)
{
    for (uint32_t i = 0; i < e->n;) {
        struct kind *k = block_at(e, i);
        const bool shown = k->pays && k->name;
        for (uint32_t last = i + k->lines; i < last; i++) {
            if (!shown && learn_line(e, i) < 0)
                return HR_ENOMEM;
            if (hr_watch_spend(watch, e->line[i].n + 1))
                return HR_ETIME;
        }
        if (k->pays && !k->name)
            k->name = ++e->names;
    }
    return 0;
}

static void put_mark(hr_buf *b, uint32_t name, const char *sign, uint32_t number)
{
    hr_buf_puts(b, "[#");
    hr_buf_u64(b, name);
    if (number > 1 || sign[1] == 0) {
        hr_buf_puts(b, sign);
        hr_buf_u64(b, number);
    }
    hr_buf_puts(b, "]\n");
}

static int put_lines(struct encoder *e, hr_watch *watch)
{
    uint32_t shown = 0;

    for (uint32_t i = 0; i < e->n;) {
        const struct kind *k = block_at(e, i);
        if (k->pays && k->name <= shown) {
            uint32_t times = 1;
            i += k->lines;
            for (; i < e->n && &e->kinds[e->kind_of[i]] == k; i += k->lines)
                times++;
            put_mark(e->b, k->name, " *", times);
            continue;
        }
        if (k->pays) {
            put_mark(e->b, k->name, " ", k->lines);
            shown = k->name;
        }
        for (uint32_t last = i + k->lines; i < last; i++) {
            put_line(e, i);
            if (hr_watch_spend(watch, e->line[i].n + 1))
                return HR_ETIME;
        }
    }
    return e->b->err ? HR_ENOMEM : 1;
}

/* Is there a dollar sign with a digit behind it? */
static bool has_name(hr_str text)
{
    const char *p = text.p, *end = text.p + text.n;

    while (p < end && (p = memchr(p, '$', (size_t)(end - p))))
        if (++p < end && *p >= '0' && *p <= '9')
            return true;
    return false;
}

static int encode(struct encoder *e, hr_str text, hr_watch *watch)
{
    int r = read_lines(e, text);

    e->no_prefixes = has_name(text);
    hr_prefixes_init(&e->prefixes, e->a);
    if (r == 0)
        r = find_kinds(e, watch);
    if (r < 0)
        return r;
    find_neighbours(e);
    if ((r = learn(e, watch)) < 0)
        return r;
    hr_prefixes_choose(&e->prefixes);
    if (e->names + e->prefixes.named == 0)
        return 0;
    hr_prefixes_put(e->b, &e->prefixes);
    return put_lines(e, watch);
}

int hr_repeats_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch)
{
    struct encoder e = {.b = b, .pinned = pinned};

    if (text.n == 0 || text.p[0] == '$' || memcmp(text.p, "[#", text.n < 2 ? text.n : 2) == 0 ||
        hr_str_find(text, HR_STR("\n[#"), 0) != SIZE_MAX)
        return 0;
    if (!(e.a = hr_arena_new()))
        return HR_ENOMEM;
    int r = encode(&e, text, watch);
    hr_arena_free(e.a);
    if (r == 1 && text.p[text.n - 1] != '\n')
        b->len--; /* the text ends without a line feed, and so does the form */
    return r;
}

/* ------------------------------------------------------------------ decoding */
struct part {
    size_t off,
        len;   /* of a block in the output, without its last line feed; of what a name means, in `means` */
    bool open; /* lines are still to come */
};

struct list {
    struct part *p;
    uint32_t n, room;
};

struct decoder {
    hr_buf *b;
    struct list names, blocks;
    hr_buf means;
    uint32_t left; /* lines still to come of the last block */
};

static bool add_part(struct list *l, struct part part)
{
    if (l->n == l->room) {
        const uint32_t room = l->room ? l->room * 2 : 64;
        struct part *p = hr_realloc(l->p, room * sizeof *p);
        if (!p)
            return false;
        l->p = p;
        l->room = room;
    }
    l->p[l->n++] = part;
    return true;
}

/* A number without leading zeros at the beginning of s, which is taken off; 0: there is none. */
static uint32_t take_number(hr_str *s)
{
    uint32_t v = 0;
    size_t i = 0;

    if (s->n == 0 || s->p[0] == '0')
        return 0;
    for (; i < s->n && i < MOST_DIGITS && s->p[i] >= '0' && s->p[i] <= '9'; i++)
        v = v * 10 + (uint32_t)(s->p[i] - '0');
    *s = hr_str_make(s->p + i, s->n - i);
    return v;
}

/* Append a line with what its names mean. */
static int put_expanded(struct decoder *d, hr_buf *b, hr_str line)
{
    while (line.n > 0 && d->names.n > 0) {
        const char *dollar = memchr(line.p, '$', line.n);
        if (!dollar)
            break;
        hr_buf_add(b, line.p, (size_t)(dollar - line.p));
        line = hr_str_make(dollar + 1, line.n - (size_t)(dollar + 1 - line.p));
        const uint32_t name = take_number(&line);
        if (name > d->names.n)
            return 0;
        if (name == 0)
            hr_buf_putc(b, '$');
        else if (hr_buf_reserve(b, d->names.p[name - 1].len) < 0) /* b may be `means` itself */
            return HR_ENOMEM;
        else
            hr_buf_add(b, d->means.data + d->names.p[name - 1].off, d->names.p[name - 1].len);
    }
    hr_buf_str(b, line);
    return b->err ? HR_ENOMEM : 1;
}

/* "$N=text" in the order of the names. 1, 0, HR_ENOMEM. */
static int read_name(struct decoder *d, hr_str line)
{
    const size_t off = d->means.len;

    line = hr_str_make(line.p + 1, line.n - 1);
    if (take_number(&line) != d->names.n + 1 || line.n < 2 || line.p[0] != '=')
        return 0;
    line = hr_str_make(line.p + 1, line.n - 1);
    if (line.n > 1 && line.p[0] == '$' && line.p[1] == '$') /* one dollar sign, and no name */
        line = hr_str_make(line.p + 1, line.n - 1);
    int r = put_expanded(d, &d->means, line);
    if (r != 1)
        return r;
    return add_part(&d->names, (struct part){.off = off, .len = d->means.len - off}) ? 1 : HR_ENOMEM;
}

static int put_block(struct decoder *d, uint32_t name, uint32_t times)
{
    if (name == 0 || name > d->blocks.n || d->blocks.p[name - 1].open)
        return 0;
    const struct part p = d->blocks.p[name - 1];
    for (uint32_t i = 0; i < times; i++) {
        if (hr_buf_reserve(d->b, p.len + 1) <
            0) /* no growth while bytes are copied from the buffer into itself */
            return HR_ENOMEM;
        if (i > 0)
            hr_buf_putc(d->b, '\n');
        hr_buf_add(d->b, d->b->data + p.off, p.len);
    }
    return 1;
}

/* "[#N]", "[#N *M]", "[#N K]". *shown: nothing stands for this line. */
static int read_mark(struct decoder *d, hr_str line, bool *shown)
{
    line = hr_str_make(line.p + 2, line.n - 2);
    const uint32_t name = take_number(&line);

    if (d->left > 0)
        return 0;
    if (hr_str_is(line, "]"))
        return put_block(d, name, 1);
    const bool again = line.n > 2 && line.p[1] == '*';
    if (line.n < 3 || line.p[0] != ' ')
        return 0;
    line = hr_str_make(line.p + 1 + again, line.n - 1 - again);
    const uint32_t number = take_number(&line);
    if (number == 0 || !hr_str_is(line, "]"))
        return 0;
    if (again)
        return put_block(d, name, number);
    if (name != d->blocks.n + 1 || !add_part(&d->blocks, (struct part){.off = d->b->len, .open = true}))
        return name != d->blocks.n + 1 ? 0 : HR_ENOMEM;
    d->left = number;
    *shown = false;
    return 1;
}

static int read_line(struct decoder *d, hr_str line, bool *shown)
{
    if (line.n > 1 && line.p[0] == '[' && line.p[1] == '#')
        return read_mark(d, line, shown);
    int r = put_expanded(d, d->b, line);
    if (r == 1 && d->left > 0 && --d->left == 0) {
        struct part *p = &d->blocks.p[d->blocks.n - 1];
        p->len = d->b->len - p->off;
        p->open = false;
    }
    return r;
}

int hr_repeats_decode(hr_buf *b, hr_str body)
{
    struct decoder d = {.b = b, .means = {.max = b->max}};
    hr_str rest = body, line;
    bool ended, names = true;
    int r = 1;

    while (r == 1 && hr_line_next(&rest, &line, &ended)) {
        bool shown = true;
        names = names && line.n > 0 && line.p[0] == '$';
        if (names) {
            r = read_name(&d, line);
            continue;
        }
        r = read_line(&d, line, &shown);
        if (shown && ended)
            hr_buf_putc(b, '\n');
    }
    if (r == 1 && d.left > 0)
        r = 0;
    hr_free(d.names.p);
    hr_free(d.blocks.p);
    hr_buf_free(&d.means);
    return b->err ? HR_ENOMEM : r;
}
