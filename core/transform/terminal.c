/* terminal.c - see terminal.h.

     bytes -> text and codes (terminal_code.c) -> the last 128 lines, in which the cursor moves -> lines */
#include "transform/terminal.h"

#include <string.h>

#include "transform/signs.h"
#include "transform/terminal_cells.h"
#include "transform/terminal_code.h"

enum {
    LINES = 128,       /* that the cursor can come back to; no terminal shows more */
    MOST_COLUMN = 2000 /* of a line that the cursor moves in: wider than any */
};

struct screen {
    hr_buf *out;
    hr_terminal_counts *counts;
    hr_cells line[LINES];     /* a ring: line k of the text is in k % LINES */
    uint64_t first, last, at; /* lines that are held; the one that the cursor is in */
    uint32_t column;
    size_t begun;  /* where the line begins in *out, while `plain` */
    bool plain;    /* only text was added to the line: it is in *out already, not in cells */
    hr_cells old;  /* the state before a carriage return, while the next one is being written */
    hr_buf words;  /* of a state that is looked at */
    bool returned; /* there is one */
    bool unsure;   /* a place that cannot be known was written to */
    bool hold;     /* the cursor may go up */
};

/* ------------------------------------------------------------------ lines */
static hr_cells *here(struct screen *s)
{
    return &s->line[s->at % LINES];
}

/* ------------------------------------------------------------------ states of a line */
static int says_error(struct screen *s, const hr_cells *l)
{
    bool strong, sure;

    s->words.len = 0;
    hr_cells_write(&s->words, l, l->n);
    if (s->words.err)
        return HR_ENOMEM;
    const hr_str words = hr_buf_view(&s->words);
    return hr_prose_error_place(words, 0, &sure) != SIZE_MAX && (sure || hr_prose_says_error(words, &strong));
}

/* The old state of the line and the one that was written over it: one of them stays, or both, the old one above. */
static int settle(struct screen *s)
{
    hr_cells *l = here(s);
    uint32_t old = hr_cells_visible(&s->old), now = hr_cells_visible(l);

    if (!s->returned)
        return 0;
    s->returned = false;
    if (old == 0)
        return 0;
    if (now == 0 && s->column == 0) { /* nothing was written: "\r\r\n" */
        hr_cells keep = *l;
        *l = s->old;
        s->old = keep;
        return 0;
    }
    bool covered = now >= old && hr_cells_are_alike(&s->old, l);
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
    hr_cells_write(s->out, &s->old, old);
    hr_buf_putc(s->out, '\n');
    return 0;
}

/* A state that is erased: gone, but for one that tells of an error. */
static int erase(struct screen *s, hr_cells *l)
{
    int error = hr_cells_visible(l) ? says_error(s, l) : 0;

    if (error < 0)
        return error;
    s->unsure = s->unsure || error;
    s->counts->states += hr_cells_visible(l) > 0;
    l->n = 0;
    return 0;
}

/* ------------------------------------------------------------------ the cursor */
static void flush_first(struct screen *s)
{
    hr_cells *l = &s->line[s->first % LINES];

    hr_cells_write(s->out, l, l->n);
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
    hr_cells *l = here(s);

    s->column = 0;
    if (r == 0 && l->n > 0) {
        hr_cells empty = s->old;
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
    hr_cells *l = here(s);

    if (column > MOST_COLUMN) {
        s->unsure = true;
        return 0;
    }
    if (s->returned && column > l->n) {
        if (!hr_cells_are_sure(&s->old))
            s->unsure = true;
        if (hr_cells_reserve(l, column) < 0)
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
    hr_cells *l = here(s);
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
        s->unsure = s->unsure || !hr_cells_are_sure(l);
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
    hr_cells *l = here(s);
    const bool over = s->column < l->n;

    s->unsure = s->unsure || (over && !hr_cells_are_sure(l));
    if (hr_cells_put(l, s->column, t, &s->column) < 0)
        return HR_ENOMEM;
    s->unsure = s->unsure || (s->column < l->n && !hr_cells_are_sure(l));
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
    hr_cells_write(s->out, &s->line[s->last % LINES], s->line[s->last % LINES].n);
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
