/* diff_columns.c - the two texts side by side in a terminal. See diff_view.h.

     original                 | sent          line by line within a change; '<' gone, '>' fresh, '|' another line
   A line that is wider than its column goes on below, for MAX_WRAPPED rows; then '..' says that there is more. */
#include "cells.h"
#include "diff_view.h"

#include <stdio.h>
#include <string.h>

enum { MAX_WRAPPED = 8, GUTTER = 3 };

/* A line on its way through a column. */
struct column {
    const struct diff_line *line; /* NULL: this side has none */
    size_t at;
    unsigned x; /* column within the line, for tabs */
    const char *color;
};

/* One row of at most width cells; pad: fill it up. */
static void print_row(struct column *c, unsigned width, bool last, bool pad)
{
    const struct diff_line *l = c->line;
    unsigned used = 0;
    bool color = c->color != NULL && l != NULL && c->at < l->len;

    if (color)
        fputs(c->color, stdout);
    while (l != NULL && c->at < l->len) {
        struct cell cell;
        size_t n = cells_next(l->text + c->at, l->len - c->at, c->x, &cell);
        bool ends = c->at + n == l->len;

        /* In the last row two cells stay free for "..", unless the line ends there. */
        if (used + cell.width > width || (last && !ends && used + cell.width + 2 > width))
            break;
        fwrite(cell.text, 1, cell.len, stdout);
        used += cell.width;
        c->x += cell.width;
        c->at += n;
    }
    if (last && l != NULL && c->at < l->len) {
        fputs("..", stdout);
        used += 2;
        c->at = l->len;
    }
    if (color)
        fputs("\033[m", stdout);
    if (pad && used < width)
        printf("%*s", (int)(width - used), "");
}

static bool is_left(const struct column *c)
{
    return c->line != NULL && c->at < c->line->len;
}

static void print_pair(const struct diff_line *a, const struct diff_line *b, char mark,
                       const struct diff_style *style)
{
    unsigned width = (style->columns - GUTTER) / 2;
    bool color = style->color && mark != ' ';
    struct column left = {a, 0, 0, color ? "\033[31m" : NULL};
    struct column right = {b, 0, 0, color ? "\033[32m" : NULL};

    for (unsigned row = 0; row == 0 || is_left(&left) || is_left(&right); row++) {
        bool last = row + 1 == MAX_WRAPPED;

        print_row(&left, width, last, true);
        printf(" %c", row == 0 ? mark : ' ');
        if (is_left(&right))
            putchar(' ');
        print_row(&right, width, last, false);
        putchar('\n');
    }
}

/* Rows begin to end: unchanged lines as pairs, a change as its gone lines beside its fresh ones. */
static void print_hunk(const struct comparison *c, size_t begin, size_t end, const struct diff_style *style)
{
    size_t i = begin;

    while (i < end) {
        size_t gone = 0, fresh = 0, first_a = c->row[i].a, first_b = c->row[i].b;

        if (c->row[i].op == ' ') {
            print_pair(&c->original.line[first_a], &c->sent.line[first_b], ' ', style);
            i++;
            continue;
        }
        for (; i < end && c->row[i].op != ' '; i++) {
            gone += c->row[i].op == '-';
            fresh += c->row[i].op == '+';
        }
        for (size_t k = 0; k < gone || k < fresh; k++)
            print_pair(k < gone ? &c->original.line[first_a + k] : NULL,
                       k < fresh ? &c->sent.line[first_b + k] : NULL,
                       k >= gone    ? '>'
                       : k >= fresh ? '<'
                                    : '|',
                       style);
    }
}

void diff_print_columns(const struct comparison *c, const struct diff_style *style)
{
    static const struct diff_line original = {"ORIGINAL", 8}, sent = {"SENT", 4};
    size_t from = 0, begin, end;

    print_pair(&original, &sent, ' ', style);
    while (diff_next_hunk(c, style->context, &from, &begin, &end)) {
        printf("%s-- line %zu of %zu, line %zu of %zu%s\n", style->color ? "\033[36m" : "",
               c->row[begin].a + 1, c->original.n, c->row[begin].b + 1, c->sent.n,
               style->color ? "\033[m" : "");
        print_hunk(c, begin, end, style);
    }
}
