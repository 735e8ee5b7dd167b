/* form_columns.c - JSON whose arrays of objects are tables: each key once, a row for each object.

     {"total": 3, "hits": [            spaced {"total":3,"hits":@1}
       {"id": 7, "by": {"n": "Al"}},   @1 3 id,by{n},ok=true
       {"id": 8, "by": {"n": "Al"}},   7,Al
       {"id": 9, "by": {"n": "5"}}]}   8
                                       9,"5"

   The first line holds the white space of the original (columns.h) and the text without it; @N stands for the array whose rows follow
   "@N ROWS COLUMNS" below. Columns are: KEY a cell, KEY=CELL the same in every row and not said there, KEY{COLUMNS} an object,
   KEY[COLUMNS] a list of objects: [row;row]. What divides a cell's name from the next divides the cells: a space, where no text in that
   column has one, or a comma.
   A cell is the lexeme as it stood; a string without its quotes where it could be nothing else; " what stood in this column above (also
   where the row ends early); - where the key is absent; \"text" a string that begins like the end of a cell, as ",". A row *VALUE is an
   element that is no record. */
#include <string.h>

#include "transform/columns.h"
#include "transform/form_table.h"
#include "transform/json_lines.h"
#include "transform/minify.h"

struct writer {
    hr_buf *b;
    hr_watch *watch;
    hr_schema schema;
    hr_column *named; /* the cell named last, where nothing else was named since */
    /* of the row at hand */
    unsigned place;
    char divider; /* behind the last cell; 0: there is none */
    size_t told;  /* end of the last cell that is not as above */
};

/* `end`: of the text that the lexeme is part of. */
static void put_string(hr_buf *b, hr_str lexeme, const char *end, bool escaped, unsigned place)
{
    hr_str inside = hr_str_make(lexeme.p + 1, lexeme.n - 2);

    if (!escaped && hr_cell_is_bare(inside, end, place)) {
        hr_buf_short(b, inside.p, inside.n);
        return;
    }
    if (place != HR_CELL_KEY && inside.n > 0 && hr_cell_stops[(unsigned char)inside.p[0]] & place &&
        inside.p[0] != '\\')
        hr_buf_putc(b, HR_CELL_QUOTED);
    hr_buf_str(b, lexeme);
}

static inline void put_lexeme(hr_buf *b, hr_str lexeme, const char *end, bool escaped, unsigned place)
{
    if (lexeme.p[0] == '"')
        put_string(b, lexeme, end, escaped, place);
    else if (lexeme.p[0] == '{' || lexeme.p[0] == '[')
        hr_minify(b, lexeme.p, lexeme.n);
    else
        hr_buf_short(b, lexeme.p, lexeme.n);
}

/* ------------------------------------------------------------------ "@N ROWS COLUMNS" */
/* No name follows, and so no space can say that the last column is narrow. */
static void end_columns(struct writer *w)
{
    if (w->named)
        w->named->narrow = false;
    w->named = NULL;
}

static void put_columns(struct writer *w, uint32_t parent)
{
    const char *const end = w->schema.tree->text + w->schema.tree->len;
    bool first = true;

    for (uint32_t i = w->schema.list[parent].child; i; i = w->schema.list[i].next) {
        hr_column *c = &w->schema.list[i];
        if (c->seen == 0)
            continue;
        if (!first)
            hr_buf_putc(w->b, w->named && w->named->narrow ? ' ' : ',');
        first = false;
        put_string(w->b, c->key, end, memchr(c->key.p, '\\', c->key.n) != NULL, HR_CELL_KEY);
        if (c->kind == HR_COLUMN_LEAF) {
            w->named = c->constant ? NULL : c;
            if (c->constant) {
                hr_buf_putc(w->b, '=');
                put_lexeme(w->b, c->first, end, memchr(c->first.p, '\\', c->first.n) != NULL, HR_CELL_INNER);
            }
            continue;
        }
        hr_buf_putc(w->b, c->kind == HR_COLUMN_GROUP ? '{' : '[');
        put_columns(w, i);
        if (c->kind == HR_COLUMN_TABLE)
            end_columns(w);
        hr_buf_putc(w->b, c->kind == HR_COLUMN_GROUP ? '}' : ']');
    }
}

/* ------------------------------------------------------------------ rows */
static void put_divider(struct writer *w, bool narrow)
{
    if (w->divider)
        hr_buf_putc(w->b, w->divider);
    w->divider = narrow ? ' ' : ',';
}

static void put_cell(struct writer *w, hr_column *c, const hr_node *v)
{
    static const char absent[] = {HR_CELL_ABSENT};
    hr_str lexeme = v ? hr_str_make(w->schema.tree->text + v->off, v->len) : hr_str_make(absent, 1);

    put_divider(w, c->narrow);
    if (hr_column_same(lexeme, c->last)) {
        hr_buf_putc(w->b, HR_CELL_SAME);
        return;
    }
    put_lexeme(w->b, lexeme, w->schema.tree->text + w->schema.tree->len, v && v->escaped,
               c->narrow ? w->place | HR_CELL_NARROW : w->place);
    w->told = w->b->len;
    c->last = lexeme;
}

static void put_list(struct writer *w, uint32_t column, uint32_t array);

static void put_members(struct writer *w, uint32_t parent, uint32_t object)
{
    const hr_node *nodes = w->schema.tree->nodes;
    uint32_t m = nodes[object].child;

    for (uint32_t i = w->schema.list[parent].child; i; i = w->schema.list[i].next) {
        hr_column *c = &w->schema.list[i];
        if (c->seen == 0)
            continue;
        bool here = c->always || (m && hr_column_is(&w->schema, c, m));
        if (c->kind == HR_COLUMN_GROUP)
            put_members(w, i, m);
        else if (c->kind == HR_COLUMN_TABLE && here && nodes[m].type == HR_JSON_ARRAY)
            put_list(w, i, m);
        else if (!c->constant)
            put_cell(w, c, here ? &nodes[m] : NULL);
        if (here)
            m = nodes[m].next;
    }
}

/* A row without a word would not be seen. */
static void put_row(struct writer *w, uint32_t parent, uint32_t object)
{
    const size_t start = w->b->len;

    w->divider = 0;
    w->told = start;
    put_members(w, parent, object);
    if (w->b->err)
        return;
    w->b->len = w->told;
    if (w->told == start)
        hr_buf_putc(w->b, HR_CELL_SAME);
}

static void put_list(struct writer *w, uint32_t column, uint32_t array)
{
    const unsigned place = w->place;

    put_divider(w, false);
    hr_buf_putc(w->b, '[');
    w->place = HR_CELL_INNER;
    for (uint32_t e = w->schema.tree->nodes[array].child; e; e = w->schema.tree->nodes[e].next) {
        put_row(w, column, e);
        if (w->schema.tree->nodes[e].next)
            hr_buf_putc(w->b, ';');
    }
    hr_buf_putc(w->b, ']');
    w->schema.list[column].last = (hr_str){0};
    w->place = place;
    w->divider = ',';
    w->told = w->b->len;
}

/* 0, HR_ETIME. */
static int put_table(struct writer *w, uint32_t array)
{
    const hr_node *nodes = w->schema.tree->nodes;
    uint32_t position = 0;

    hr_buf_u64(w->b, nodes[array].count);
    hr_buf_putc(w->b, ' ');
    w->named = NULL;
    put_columns(w, 1);
    end_columns(w);
    w->place = HR_CELL_ROW;
    for (uint32_t e = nodes[array].child; e; e = nodes[e].next) {
        if (hr_watch_spend(w->watch, nodes[e].len))
            return HR_ETIME;
        hr_buf_putc(w->b, '\n');
        if (w->schema.is_odd[position++]) {
            hr_buf_putc(w->b, HR_CELL_WHOLE);
            hr_minify(w->b, w->schema.tree->text + nodes[e].off, nodes[e].len);
        } else {
            put_row(w, 1, e);
        }
    }
    return 0;
}

/* ------------------------------------------------------------------ the text */
/* The outermost arrays that are tables go to `tables`, each behind a line feed and its number; the rest to b. Where there is none, that is
   not written, but with `always`. */
static int put_text(hr_buf *b, hr_buf *tables, hr_arena *a, const hr_tree *t, bool lines, bool always,
                    hr_watch *watch)
{
    struct writer w = {.b = tables, .watch = watch};
    size_t from = t->nodes[1].off, end = from + t->nodes[1].len;
    uint32_t number = 0;

    for (uint32_t i = 1; i < t->n;) {
        const hr_node *v = &t->nodes[i++];
        if (v->type != HR_JSON_ARRAY)
            continue;
        int r = hr_schema_learn(&w.schema, a, t, i - 1);
        if (r < 0)
            return r;
        if (r == 0 && lines)
            return 0;
        if (r == 0)
            continue;
        number++;
        hr_minify(b, t->text + from, v->off - from);
        hr_buf_putc(b, '@');
        hr_buf_u64(b, number);
        hr_buf_puts(tables, "\n@");
        hr_buf_u64(tables, number);
        hr_buf_putc(tables, ' ');
        r = put_table(&w, i - 1);
        if (r < 0)
            return r;
        from = (size_t)v->off + v->len;
        while (i < t->n && t->nodes[i].off < from)
            i++;
    }
    if (number == 0 && !always)
        return 0;
    hr_minify(b, t->text + from, end - from);
    return number > 0;
}

int hr_columns_put(hr_buf *b, hr_arena *a, const hr_tree *t, const hr_style *style, bool always,
                   hr_watch *watch)
{
    hr_buf tables = {0};

    hr_buf_puts(b, style->name);
    hr_buf_putc(b, ' ');
    int r = put_text(b, &tables, a, t, style->lines, always, watch);
    hr_buf_str(b, hr_buf_view(&tables));
    if (tables.err || b->err)
        r = HR_ENOMEM;
    hr_buf_free(&tables);
    return r;
}

static int put_form(hr_buf *b, hr_arena *a, const hr_tree *t, bool lines, hr_watch *watch)
{
    const hr_style *style = hr_style_guess(t, lines);

    if (!style || t->nodes[1].off > 0 || t->nodes[1].len < t->len)
        return 0;
    return hr_columns_put(b, a, t, style, false, watch);
}

int hr_columns_encode_tree(hr_buf *b, const hr_tree *t, hr_watch *watch)
{
    hr_arena *a = hr_arena_new();
    int r = a ? put_form(b, a, t, false, watch) : HR_ENOMEM;

    hr_arena_free(a);
    return r;
}

int hr_columns_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch)
{
    hr_tree t;

    (void)pinned; /* each lexeme stays as it is */
    if (text.n < 2 || (text.p[0] != '{' && text.p[0] != '['))
        return 0;
    hr_arena *a = hr_arena_new();
    if (!a)
        return HR_ENOMEM;
    int r = hr_json_lines_parse(&t, a, text);
    const bool lines = r == 1;
    if (r == 0) {
        r = hr_tree_parse(&t, a, text.p, text.n, NULL);
        r = r == HR_ENOMEM ? r : r == 0;
    }
    if (r == 1)
        r = put_form(b, a, &t, lines, watch);
    hr_arena_free(a);
    return r;
}
