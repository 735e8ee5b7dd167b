/* columns_schema.c - which keys the objects of an array have, in which order, and what stands there. See columns.h.

   Keys are columns in the order in which the objects name them; a new one comes behind the one that it was found behind. An object that
   names them in another order, or one of them twice, is no record. */
#include <string.h>

#include "transform/columns.h"
#include "json/lex.h"

enum {
    LEAST_ROWS = 3,
    LEAST_FILLED_PERCENT = 50, /* of a table's cells: else the keys are better said where they are */
    MOST_ODD_PERCENT = 25
};

/* ------------------------------------------------------------------ styles */
const hr_style hr_styles[] = {
    {"compact", false, false, 0, ' '},      {"spaced", false, true, 0, ' '},
    {"compact lines", true, false, 0, ' '}, {"spaced lines", true, true, 0, ' '},
    {"indent 1", false, true, 1, ' '},      {"indent 2", false, true, 2, ' '},
    {"indent 3", false, true, 3, ' '},      {"indent 4", false, true, 4, ' '},
    {"indent 8", false, true, 8, ' '},      {"indent tab", false, true, 1, '\t'},
};
const size_t hr_style_count = sizeof hr_styles / sizeof *hr_styles;

const hr_style *hr_style_guess(const hr_tree *t, bool lines)
{
    const char *p = t->text + 1, *end = t->text + t->len;
    size_t wide = 0;
    char fill = ' ';
    uint32_t i = 1;

    if (!lines && p < end && *p == '\n') {
        fill = p + 1 < end && p[1] == '\t' ? '\t' : ' ';
        while (p + 1 + wide < end && p[1 + wide] == fill)
            wide++;
        if (wide == 0)
            return NULL;
    }
    while (i < t->n && t->nodes[i].key_len == 0)
        i++;
    bool space = wide > 0;
    if (i < t->n) {
        space = t->nodes[i].off - (t->nodes[i].key_off + t->nodes[i].key_len) == 2;
    } else if (wide == 0) { /* no colon: the space behind the first comma */
        for (i = 1; i < t->n && !t->nodes[i].next; i++)
            ;
        space = i < t->n && t->nodes[t->nodes[i].next].off - (t->nodes[i].off + t->nodes[i].len) == 2;
    }
    for (size_t k = 0; k < hr_style_count; k++) {
        const hr_style *s = &hr_styles[k];
        if (s->lines == lines && s->space == space && s->wide == wide && (wide == 0 || s->fill == fill))
            return s;
    }
    return NULL;
}

const hr_style *hr_style_take(hr_str *line)
{
    for (size_t i = 0; i < hr_style_count; i++) {
        size_t n = strlen(hr_styles[i].name);
        if (line->n > n + 1 && line->p[n] == ' ' && memcmp(line->p, hr_styles[i].name, n) == 0 &&
            (line->p[n + 1] == '{' || line->p[n + 1] == '[' || line->p[n + 1] == '@')) {
            *line = hr_str_make(line->p + n + 1, line->n - n - 1);
            return &hr_styles[i];
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ cells */
#define EVERYWHERE (HR_CELL_ROW | HR_CELL_INNER | HR_CELL_KEY | HR_CELL_NARROW)
const uint8_t hr_cell_stops[256] = {
    [0] = EVERYWHERE,
    ['\n'] = EVERYWHERE,
    ['"'] = EVERYWHERE,
    ['\\'] = EVERYWHERE,
    [','] = EVERYWHERE,
    [';'] = HR_CELL_INNER | HR_CELL_KEY,
    [']'] = HR_CELL_INNER | HR_CELL_KEY,
    ['}'] = HR_CELL_INNER | HR_CELL_KEY,
    ['['] = HR_CELL_KEY,
    ['{'] = HR_CELL_KEY,
    ['='] = HR_CELL_KEY,
    [' '] = HR_CELL_KEY | HR_CELL_NARROW,
};

bool hr_cell_is_literal(hr_str s)
{
    if (s.n == 0)
        return false;
    switch (s.p[0]) {
    case 't':
        return hr_str_is(s, "true");
    case 'f':
        return hr_str_is(s, "false");
    case 'n':
        return hr_str_is(s, "null");
    default:
        return hr_lex_number(s.p, s.p + s.n) == s.p + s.n;
    }
}

bool hr_cell_is_bare(hr_str s, const char *end, unsigned place)
{
    if (s.n == 0 || s.p[0] == ' ' || s.p[s.n - 1] == ' ' || s.p[0] == '[' || s.p[0] == '{' ||
        s.p[0] == HR_CELL_WHOLE || (s.n == 1 && s.p[0] == HR_CELL_ABSENT))
        return false;
    if (!(place & (HR_CELL_INNER | HR_CELL_KEY))) /* a string without escapes holds none of the others */
        return !memchr(s.p, ',', s.n) &&
               !(hr_cell_may_be_literal(s.p[0]) && hr_cell_is_literal_inside(s, end));
    for (size_t i = 0; i < s.n; i++)
        if (hr_cell_stops[(unsigned char)s.p[i]] & place)
            return false;
    return place == HR_CELL_KEY || !hr_cell_is_literal(s);
}

/* ------------------------------------------------------------------ columns */
/* The column of this member, which stands behind column `at` (0: first); 0: it does not, or there are too many. */
static uint32_t find_column(hr_schema *s, uint32_t parent, uint32_t at, uint32_t member)
{
    const hr_node *m = &s->tree->nodes[member];

    for (uint32_t c = at ? s->list[at].next : s->list[parent].child; c; c = s->list[c].next)
        if (hr_column_is(s, &s->list[c], member))
            return c;
    for (uint32_t c = at ? s->list[parent].child : 0; c; c = s->list[c].next) {
        if (hr_column_is(s, &s->list[c], member))
            return 0;
        if (c == at)
            break;
    }
    if (s->n == HR_COLUMNS_MOST || s->list[parent].children == HR_COLUMNS_LEVEL)
        return 0;
    uint32_t *link = at ? &s->list[at].next : &s->list[parent].child;
    s->list[s->n] = (hr_column){
        .key = {s->tree->text + m->key_off, m->key_len}, .key_number = m->key_number, .next = *link};
    *link = s->n;
    s->list[parent].children++;
    return s->n++;
}

static bool learn_object(hr_schema *s, uint32_t parent, uint32_t object, unsigned depth);

static void learn_list(hr_schema *s, uint32_t column, uint32_t array, unsigned depth)
{
    for (uint32_t e = s->tree->nodes[array].child; e && !s->list[column].mixed; e = s->tree->nodes[e].next) {
        s->list[column].rows++;
        if (s->tree->nodes[e].type != HR_JSON_OBJECT || !learn_object(s, column, e, depth))
            s->list[column].mixed = true;
    }
}

/* What objects and lists hold are columns of their own. */
static void learn_container(hr_schema *s, uint32_t column, uint32_t value, unsigned depth)
{
    const bool list = s->tree->nodes[value].type == HR_JSON_ARRAY;
    hr_column *c = &s->list[column];

    c->objects += !list;
    c->lists += list;
    if (c->mixed)
        return;
    if (depth == HR_COLUMNS_DEPTH || (c->objects && c->lists)) {
        c->mixed = true;
    } else if (list) {
        learn_list(s, column, value, depth + 1);
    } else {
        c->rows++;
        c->mixed = !learn_object(s, column, value, depth + 1);
    }
}

static inline void learn_value(hr_schema *s, uint32_t column, uint32_t value, unsigned depth)
{
    const hr_node *v = &s->tree->nodes[value];
    hr_column *c = &s->list[column];
    const hr_str lexeme = hr_str_make(s->tree->text + v->off, v->len);

    if (c->seen++ == 0) {
        c->first = lexeme;
        c->constant = c->narrow = true;
    } else if (c->constant && !hr_column_same(c->first, lexeme)) {
        c->constant = false;
    }
    if (c->narrow && v->type == HR_JSON_STRING && memchr(lexeme.p, ' ', lexeme.n))
        c->narrow = false;
    if (v->type >= HR_JSON_ARRAY)
        learn_container(s, column, value, depth);
}

/* false: its keys do not fit, and nothing was learned but perhaps unused columns. */
static bool learn_object(hr_schema *s, uint32_t parent, uint32_t object, unsigned depth)
{
    const hr_node *nodes = s->tree->nodes;
    uint32_t column[HR_COLUMNS_LEVEL], n = 0;
    const uint32_t before = s->n;

    if (nodes[object].count > HR_COLUMNS_LEVEL)
        return false;
    for (uint32_t m = nodes[object].child, at = 0; m; m = nodes[m].next) {
        const uint32_t likely = at ? s->list[at].next : s->list[parent].child;
        at = likely && hr_column_is(s, &s->list[likely], m) ? likely : find_column(s, parent, at, m);
        if (at == 0)
            return false;
        column[n++] = at;
    }
    if (depth == 0 && before > 2 && n > 0 && s->n - before == n)
        return false; /* a row of other keys would cost a mark in every other row */
    n = 0;
    for (uint32_t m = nodes[object].child; m; m = nodes[m].next)
        learn_value(s, column[n++], m, depth);
    return true;
}

/* Is there a value in most of the cells below? */
static bool is_filled(const hr_schema *s, const hr_column *c)
{
    uint64_t used = 0, filled = 0;

    for (uint32_t i = c->child; i; i = s->list[i].next) {
        used += s->list[i].seen > 0;
        filled += s->list[i].seen;
    }
    return used > 0 && filled * 100 >= used * c->rows * LEAST_FILLED_PERCENT;
}

/* Children lie behind their parents in the list, so that one pass from the front decides. */
static void decide(hr_schema *s)
{
    for (uint32_t p = 1; p < s->n; p++) {
        const hr_column *parent = &s->list[p];
        for (uint32_t i = parent->child; i; i = s->list[i].next) {
            hr_column *c = &s->list[i];
            bool plain = !c->mixed && is_filled(s, c);
            c->always = c->seen == parent->rows;
            c->constant = c->constant && c->always && c->seen > 1;
            if (plain && c->objects == c->seen && c->always)
                c->kind = HR_COLUMN_GROUP;
            else if (plain && c->lists > 0 && !c->constant)
                c->kind = HR_COLUMN_TABLE;
            c->narrow = c->narrow && c->kind == HR_COLUMN_LEAF && !c->constant;
        }
    }
}

int hr_schema_learn(hr_schema *s, hr_arena *a, const hr_tree *t, uint32_t array)
{
    const uint32_t count = t->nodes[array].count;
    uint32_t position = 0;

    if (count < LEAST_ROWS || t->nodes[t->nodes[array].child].type != HR_JSON_OBJECT)
        return 0;
    if (!s->list && !(s->list = hr_arena_alloc(a, HR_COLUMNS_MOST * sizeof *s->list)))
        return HR_ENOMEM;
    if (!(s->is_odd = hr_arena_zalloc(a, count)))
        return HR_ENOMEM;
    s->tree = t;
    s->n = 2;
    s->odd = 0;
    s->list[1] = (hr_column){0};
    for (uint32_t e = t->nodes[array].child; e; e = t->nodes[e].next, position++) {
        if (t->nodes[e].type == HR_JSON_OBJECT && learn_object(s, 1, e, 0))
            continue;
        s->is_odd[position] = true;
        if (++s->odd * 100ull > count * (uint64_t)MOST_ODD_PERCENT)
            return 0;
    }
    s->list[1].rows = count - s->odd;
    if (!is_filled(s, &s->list[1]))
        return 0;
    decide(s);
    return 1;
}
