/* diff_view.c - comparing two texts, and the unified and JSON forms of the outcome. See diff_view.h. */
#include "diff_view.h"
#include "cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ comparing */
static bool read_lines(const headroom_bytes *original, const headroom_bytes *sent, bool raw,
                       struct comparison *c)
{
    int found = raw ? 0 : lines_of_json(original->data, original->len, &c->original);

    if (found == 1) {
        found = lines_of_json(sent->data, sent->len, &c->sent);
        c->json = found == 1;
        if (found == 0)
            lines_free(&c->original);
    }
    if (found < 0)
        return false;
    return found == 1 || (lines_of_text(original->data, original->len, &c->original) &&
                          lines_of_text(sent->data, sent->len, &c->sent));
}

static bool make_rows(struct comparison *c, const bool *gone, const bool *fresh)
{
    size_t n = c->original.n, m = c->sent.n, i = 0, j = 0;

    c->row = malloc((n + m + 1) * sizeof(*c->row));
    if (c->row == NULL)
        return false;
    while (i < n || j < m) {
        struct diff_row r = {' ', i, j};

        if (i < n && gone[i])
            r.op = '-';
        else if (j < m && fresh[j])
            r.op = '+';
        i += r.op != '+';
        j += r.op != '-';
        c->gone += r.op == '-';
        c->fresh += r.op == '+';
        c->row[c->rows++] = r;
    }
    return true;
}

bool diff_compare(const headroom_bytes *original, const headroom_bytes *sent, bool raw,
                  struct comparison *out)
{
    bool *gone = NULL, *fresh = NULL;
    bool done = false;

    memset(out, 0, sizeof(*out));
    if (read_lines(original, sent, raw, out)) {
        gone = calloc(out->original.n + 1, sizeof(*gone));
        fresh = calloc(out->sent.n + 1, sizeof(*fresh));
        done = gone != NULL && fresh != NULL &&
               linediff(out->original.line, out->original.n, out->sent.line, out->sent.n, gone, fresh) &&
               make_rows(out, gone, fresh);
    }
    free(gone);
    free(fresh);
    if (!done)
        diff_free(out);
    return done;
}

void diff_free(struct comparison *c)
{
    lines_free(&c->original);
    lines_free(&c->sent);
    free(c->row);
    memset(c, 0, sizeof(*c));
}

bool diff_next_hunk(const struct comparison *c, size_t context, size_t *from, size_t *begin, size_t *end)
{
    size_t i = *from, last;

    while (i < c->rows && c->row[i].op == ' ')
        i++;
    if (i == c->rows)
        return false;
    *begin = i - *from > context ? i - context : *from;
    /* Two changes whose contexts touch are one hunk. */
    for (last = i; i < c->rows && i - last <= 2 * context + 1; i++) {
        if (c->row[i].op != ' ')
            last = i;
    }
    *end = c->rows - last > context ? last + context + 1 : c->rows;
    if (*end > c->rows)
        *end = c->rows;
    *from = *end;
    return true;
}

/* ------------------------------------------------------------------ unified */
static void print_text(const struct diff_line *l, bool safe)
{
    unsigned column = 0;
    size_t i = 0;

    if (!safe) {
        fwrite(l->text, 1, l->len, stdout);
        return;
    }
    while (i < l->len) {
        struct cell cell;

        i += cells_next(l->text + i, l->len - i, column, &cell);
        fwrite(cell.text, 1, cell.len, stdout);
        column += cell.width;
    }
}

static void count_hunk(const struct comparison *c, size_t begin, size_t end, size_t *a, size_t *b)
{
    *a = *b = 0;
    for (size_t i = begin; i < end; i++) {
        *a += c->row[i].op != '+';
        *b += c->row[i].op != '-';
    }
}

/* "12,3"; where there are no lines, the one before, as diff(1) writes it. */
static void print_range(char sign, size_t from, size_t count)
{
    printf("%c%zu,%zu", sign, count == 0 ? from : from + 1, count);
}

void diff_print_unified(const struct comparison *c, const char *id, const struct diff_style *style)
{
    size_t from = 0, begin, end;

    printf("--- %s original\n+++ %s sent\n", id, id);
    while (diff_next_hunk(c, style->context, &from, &begin, &end)) {
        size_t a, b;

        count_hunk(c, begin, end, &a, &b);
        fputs(style->color ? "\033[36m@@ " : "@@ ", stdout);
        print_range('-', c->row[begin].a, a);
        putchar(' ');
        print_range('+', c->row[begin].b, b);
        puts(style->color ? " @@\033[m" : " @@");
        for (size_t i = begin; i < end; i++) {
            const struct diff_row *r = &c->row[i];
            bool color = style->color && r->op != ' ';

            if (color)
                fputs(r->op == '-' ? "\033[31m" : "\033[32m", stdout);
            putchar(r->op);
            print_text(r->op == '+' ? &c->sent.line[r->b] : &c->original.line[r->a], style->safe);
            puts(color ? "\033[m" : "");
        }
    }
}

/* ------------------------------------------------------------------ JSON */
static void json_line(struct json_tree *t, cJSON *list, const struct diff_row *r, const struct diff_line *l)
{
    cJSON *o = json_object(t, list, NULL);
    char op[2] = {r->op, '\0'};
    char *text = strndup(l->len == 0 ? "" : l->text, l->len);

    if (text == NULL)
        t->failed = true;
    json_string(t, o, "op", op);
    json_string(t, o, "text", text);
    free(text);
}

void diff_to_json(struct json_tree *t, cJSON *o, const struct comparison *c, size_t context)
{
    size_t from = 0, begin, end;
    cJSON *hunks;

    json_string(t, o, "view", c->json ? "json" : "text");
    json_int(t, o, "original_lines", (int64_t)c->original.n);
    json_int(t, o, "sent_lines", (int64_t)c->sent.n);
    json_int(t, o, "gone", (int64_t)c->gone);
    json_int(t, o, "fresh", (int64_t)c->fresh);
    hunks = json_array(t, o, "hunks");
    while (diff_next_hunk(c, context, &from, &begin, &end)) {
        cJSON *hunk = json_object(t, hunks, NULL), *list;

        json_int(t, hunk, "original_from", (int64_t)c->row[begin].a + 1);
        json_int(t, hunk, "sent_from", (int64_t)c->row[begin].b + 1);
        list = json_array(t, hunk, "lines");
        for (size_t i = begin; i < end; i++) {
            const struct diff_row *r = &c->row[i];

            json_line(t, list, r, r->op == '+' ? &c->sent.line[r->b] : &c->original.line[r->a]);
        }
    }
}
