/* terminal.c - see terminal.h.

     bytes -> text and codes (terminal_code.c) -> the last 128 lines, in which the cursor moves -> lines */
#include "transform/terminal.h"

#include <string.h>

#include "transform/signs.h"
#include "transform/terminal_code.h"

enum {
    LINES = 128,        /* that the cursor can come back to; no terminal shows more */
    MOST_COLUMN = 2000, /* of a line that the cursor moves in: wider than any */
    ALIKE_PERCENT = 60  /* of the shorter of two states */
};

/* One character: its bytes, first in the lowest; 0: never written. */
typedef uint32_t cell;

struct line {
    cell *cell;
    uint32_t n, cap;
};

struct screen {
    hr_buf *out;
    hr_terminal_counts *counts;
    struct line line[LINES];  /* a ring: line k of the text is in k % LINES */
    uint64_t first, last, at; /* lines that are held; the one that the cursor is in */
    uint32_t column;
    size_t begun;    /* where the line begins in *out, while `plain` */
    bool plain;      /* only text was added to the line: it is in *out already, not in cells */
    struct line old; /* the state before a carriage return, while the next one is being written */
    hr_buf words;    /* of a state that is looked at */
    bool returned;   /* there is one */
    bool unsure;     /* a place that cannot be known was written to */
    bool hold;       /* the cursor may go up */
};

/* ------------------------------------------------------------------ lines */
static struct line *here(struct screen *s)
{
    return &s->line[s->at % LINES];
}

static int reserve(struct line *l, uint32_t n)
{
    if (n <= l->cap)
        return 0;
    uint32_t cap = n + n / 2 + 64;
    cell *p = hr_realloc(l->cell, cap * sizeof *p);
    if (!p)
        return HR_ENOMEM;
    l->cell = p;
    l->cap = cap;
    return 0;
}

/* Columns are counted as characters, which is wrong for tabs and for characters that take two columns or none. */
static bool is_sure(const struct line *l)
{
    for (uint32_t i = 0; i < l->n; i++) {
        unsigned first = l->cell[i] & 0xff;
        if (first == '\t' || first >= 0xe3 || first == 0xcc || first == 0xcd ||
            (first >= 0xd6 && first < 0xe2))
            return false;
    }
    return true;
}

static uint32_t visible(const struct line *l)
{
    uint32_t n = l->n;

    while (n > 0 && (l->cell[n - 1] == ' ' || l->cell[n - 1] == 0))
        n--;
    return n;
}

static void write_cells(hr_buf *b, const struct line *l, uint32_t n)
{
    char part[256];
    size_t k = 0;

    for (uint32_t i = 0; i < n; i++) {
        cell c = l->cell[i] ? l->cell[i] : ' ';
        do {
            part[k++] = (char)(c & 0xff);
        } while ((c >>= 8) != 0);
        if (k > sizeof part - 4) {
            hr_buf_add(b, part, k);
            k = 0;
        }
    }
    hr_buf_add(b, part, k);
}

/* ------------------------------------------------------------------ states of a line */
static bool is_bar(cell c)
{
    return c == 0 || (c < 0x80 && strchr(" =#>-.<*+|/\\[]()", (int)c)) ||
           (c & 0xff) == 0xe2; /* blocks, braille, arrows, lines */
}

static bool is_number(cell c)
{
    return (c >= '0' && c <= '9') || c == ' '; /* " 99%", "100%" */
}

static bool is_like(cell a, cell b)
{
    return a == b || (is_number(a) && is_number(b)) || (is_bar(a) && is_bar(b));
}

/* The same but for numbers and the marks of a bar: counted from both ends. */
static bool are_alike(const struct line *a, const struct line *b)
{
    uint32_t na = visible(a), nb = visible(b), n = na < nb ? na : nb, head = 0, tail = 0;

    while (head < n && is_like(a->cell[head], b->cell[head]))
        head++;
    while (tail < n - head && is_like(a->cell[na - 1 - tail], b->cell[nb - 1 - tail]))
        tail++;
    return (uint64_t)(head + tail) * 100 >= (uint64_t)n * ALIKE_PERCENT;
}

static int says_error(struct screen *s, const struct line *l)
{
    bool strong;

    s->words.len = 0;
    write_cells(&s->words, l, l->n);
    return s->words.err ? HR_ENOMEM : hr_prose_says_error(hr_buf_view(&s->words), &strong);
}

/* The old state of the line and the one that was written over it: one of them stays, or both, the old one above. */
static int settle(struct screen *s)
{
    struct line *l = here(s);
    uint32_t old = visible(&s->old), now = visible(l);

    if (!s->returned)
        return 0;
    s->returned = false;
    if (old == 0)
        return 0;
    if (now == 0 && s->column == 0) { /* nothing was written: "\r\r\n" */
        struct line keep = *l;
        *l = s->old;
        s->old = keep;
        return 0;
    }
    bool covered = now >= old && are_alike(&s->old, l);
    int error = covered ? says_error(s, &s->old) : 0;
    if (error < 0)
        return error;
    if (covered && !error) {
        s->counts->states++;
        return 0;
    }
    if (s->at != s->first ||
        s->at != s->last) { /* lines are held above and below: none can be put between them */
        s->unsure = true;
        return 0;
    }
    write_cells(s->out, &s->old, old);
    hr_buf_putc(s->out, '\n');
    return 0;
}

/* A state that is erased: gone, but for one that tells of an error. */
static int erase(struct screen *s, struct line *l)
{
    int error = visible(l) ? says_error(s, l) : 0;

    if (error < 0)
        return error;
    s->unsure = s->unsure || error;
    s->counts->states += visible(l) > 0;
    l->n = 0;
    return 0;
}

/* ------------------------------------------------------------------ the cursor */
static void flush_first(struct screen *s)
{
    struct line *l = &s->line[s->first % LINES];

    write_cells(s->out, l, l->n);
    hr_buf_putc(s->out, '\n');
    l->n = 0;
    s->first++;
}

/* No cursor comes back to the lines above this one. */
static void let_go(struct screen *s)
{
    while (s->first < s->at)
        flush_first(s);
}

static int carriage_return(struct screen *s)
{
    int r = settle(s);
    struct line *l = here(s);

    s->column = 0;
    if (r == 0 && l->n > 0) {
        struct line empty = s->old;
        s->old = *l;
        empty.n = 0;
        *l = empty;
        s->returned = true;
    }
    return r;
}

static int line_feed(struct screen *s)
{
    int r = settle(s);

    s->at++;
    if (s->at > s->last) {
        s->last = s->at;
        if (s->last - s->first == LINES)
            flush_first(s);
        here(s)->n = 0;
    }
    if (!s->hold)
        let_go(s);
    return r < 0 ? r : carriage_return(s);
}

/* What is written at the beginning of a line that is there already is its next state. */
static int arrive(struct screen *s)
{
    return s->column == 0 ? carriage_return(s) : 0;
}

static int move_up(struct screen *s, uint32_t n)
{
    int r = settle(s);

    if (n > s->at - s->first)
        s->unsure = true;
    else
        s->at -= n;
    return r < 0 ? r : arrive(s);
}

static int move_down(struct screen *s, uint32_t n)
{
    int r = settle(s);

    if (n > s->last - s->at)
        s->unsure = true; /* a terminal stops at its bottom, which is not known */
    else
        s->at += n;
    return r < 0 ? r : arrive(s);
}

/* To a column of the line: what the old state has before it shows. */
static int move_to(struct screen *s, uint32_t column)
{
    struct line *l = here(s);

    if (column > MOST_COLUMN) {
        s->unsure = true;
        return 0;
    }
    if (s->returned && column > l->n) {
        if (!is_sure(&s->old))
            s->unsure = true;
        if (reserve(l, column) < 0)
            return HR_ENOMEM;
        for (uint32_t i = l->n; i < column; i++)
            l->cell[i] = i < s->old.n ? s->old.cell[i] : ' ';
        l->n = column;
    }
    s->column = column;
    return 0;
}

static int erase_in_line(struct screen *s, uint32_t what)
{
    struct line *l = here(s);
    int r = 0;

    if (what == 2 || (what == 0 && s->column == 0)) {
        if (s->returned)
            r = erase(s, &s->old);
        s->returned = false;
        return r == 0 && l->n ? erase(s, l) : r;
    }
    if (what == 1) {
        s->unsure = true;
        return 0;
    }
    if (s->returned && s->old.n > s->column)
        s->old.n = s->column;
    if (l->n > s->column) {
        s->unsure = s->unsure || !is_sure(l);
        l->n = s->column;
    }
    return 0;
}

/* What is below the cursor, too. */
static int erase_below(struct screen *s)
{
    int r = erase_in_line(s, 0);

    for (uint64_t k = s->at + 1; r == 0 && k <= s->last; k++)
        r = erase(s, &s->line[k % LINES]);
    s->last = s->at;
    return r;
}

/* A cleared screen, another screen: all that was seen stays, and what follows begins below it. */
static int begin_anew(struct screen *s)
{
    int r = settle(s);

    s->at = s->last;
    if (here(s)->n) {
        s->at = ++s->last;
        if (s->last - s->first == LINES)
            flush_first(s);
        here(s)->n = 0;
    }
    let_go(s);
    s->column = 0;
    return r;
}

/* ------------------------------------------------------------------ text */
static int put_text(struct screen *s, hr_str t)
{
    struct line *l = here(s);
    uint32_t end = s->column;

    if (t.n > UINT32_MAX / 8 - end || reserve(l, end + (uint32_t)t.n) < 0)
        return HR_ENOMEM;
    if (end > l->n) /* the cursor went to the right of the text */
        for (uint32_t i = l->n; i < end; i++)
            l->cell[i] = ' ';
    s->unsure = s->unsure || (end < l->n && !is_sure(l));
    for (size_t i = 0; i < t.n;) {
        unsigned char c = (unsigned char)t.p[i];
        if (c < 0x80) {
            l->cell[end++] = c;
            i++;
            continue;
        }
        cell v = 0;
        for (unsigned k = 0; i < t.n && k < 4 && (k == 0 || ((unsigned char)t.p[i] & 0xc0) == 0x80); k++)
            v |= (cell)(unsigned char)t.p[i++] << 8 * k;
        l->cell[end++] = v;
    }
    s->unsure = s->unsure || (end < l->n && !is_sure(l));
    s->column = end;
    l->n = end > l->n ? end : l->n;
    return 0;
}

/* The line in cells: the cursor is about to move in it. */
static int take_apart(struct screen *s)
{
    if (!s->plain)
        return 0;
    s->plain = false;
    if (s->out->err)
        return HR_ENOMEM;
    if (s->out->len == s->begun)
        return 0;
    const hr_str line = hr_str_make(s->out->data + s->begun, s->out->len - s->begun);
    s->out->len = s->begun;
    return put_text(s, line);
}

/* Most lines are text with codes that move nothing; those are copied. true: done. */
static bool add_plain(struct screen *s, hr_str t, const hr_code *c)
{
    if (c->what != HR_CODE_FEED && c->what != HR_CODE_STYLE && c->what != HR_CODE_NONE)
        return false;
    if (!s->plain && (s->hold || s->returned || s->column > 0 || here(s)->n > 0))
        return false;
    if (!s->plain)
        s->begun = s->out->len;
    s->plain = c->what != HR_CODE_FEED;
    hr_buf_str(s->out, t);
    s->counts->codes += c->what == HR_CODE_STYLE;
    if (c->what == HR_CODE_FEED) {
        hr_buf_putc(s->out, '\n');
        s->first = s->last = ++s->at;
    }
    return true;
}

static int obey(struct screen *s, const hr_code *c)
{
    int r;

    s->counts->codes += c->what > HR_CODE_RETURN;
    switch (c->what) {
    case HR_CODE_NONE:
        return 0;
    case HR_CODE_FEED:
        return line_feed(s);
    case HR_CODE_RETURN:
        return carriage_return(s);
    case HR_CODE_BACK:
        return move_to(s, s->column > c->n ? s->column - c->n : 0);
    case HR_CODE_FORWARD:
        return move_to(s, s->column + c->n);
    case HR_CODE_COLUMN:
        return c->n <= 1 ? carriage_return(s) : move_to(s, c->n - 1);
    case HR_CODE_UP:
        return move_up(s, c->n);
    case HR_CODE_UP_TO_START:
        r = move_up(s, c->n);
        return r < 0 ? r : carriage_return(s);
    case HR_CODE_DOWN:
        return move_down(s, c->n);
    case HR_CODE_ERASE_LINE:
        return erase_in_line(s, c->n);
    case HR_CODE_ERASE_BELOW:
        return erase_below(s);
    case HR_CODE_ANEW:
        return begin_anew(s);
    case HR_CODE_STYLE:
        return 0;
    case HR_CODE_UNKNOWN:
        s->unsure = true;
    }
    return 0;
}

static void finish(struct screen *s)
{
    while (s->first < s->last)
        flush_first(s);
    write_cells(s->out, &s->line[s->last % LINES], s->line[s->last % LINES].n);
}

bool hr_terminal_is(hr_str text)
{
    const char *end = text.p + text.n, *p = text.p;

    if (text.n == 0)
        return false;
    if (memchr(p, '\x1b', text.n) || memchr(p, '\b', text.n))
        return true;
    while (p < end && (p = memchr(p, '\r', (size_t)(end - p))))
        if (++p < end && *p != '\n')
            return true;
    return false;
}

int hr_terminal_show(hr_buf *b, hr_str text, hr_terminal_counts *counts, hr_watch *watch)
{
    struct screen s = {.out = b, .counts = counts, .hold = hr_code_goes_up(text)};
    hr_code code;
    hr_str run;
    int r = 0;

    *counts = (hr_terminal_counts){0};
    for (hr_str rest = text; r == 0 && !s.unsure && hr_code_next(&rest, &run, &code);) {
        if (!add_plain(&s, run, &code)) {
            r = take_apart(&s);
            if (r == 0 && run.n)
                r = put_text(&s, run);
            if (r == 0)
                r = obey(&s, &code);
        }
        if (r == 0)
            r = hr_watch_spend(watch, run.n + 1);
    }
    if (r == 0 && !s.unsure) {
        r = settle(&s);
        finish(&s);
    }
    for (size_t i = 0; i < LINES; i++)
        hr_free(s.line[i].cell);
    hr_free(s.old.cell);
    hr_buf_free(&s.words);
    if (r == 0 && b->err)
        r = HR_ENOMEM;
    return r < 0 ? r : !s.unsure && counts->codes + counts->states > 0;
}
