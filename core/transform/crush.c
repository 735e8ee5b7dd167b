/* crush.c - the road of a selection. See crush.h.

     tree -> walk: arrays and maps (select.c) and long strings (inner.c: the road of any text again) become edits
          -> settle: of an array and the arrays inside it, whichever saves more
          -> write -> check -> out */
#include "transform/crush.h"

#include "transform/inner.h"
#include "transform/map.h"
#include "transform/minify.h"
#include "transform/note.h"

#include <string.h>

struct crush {
    hr_arena *a; /* output */
    hr_arena *scratch;
    const hr_transform_in *in;
    hr_watch *watch;
    const hr_tree *tree;
    hr_edit *edits;
    size_t n, cap;
    const char *strategy;
    size_t kept, of;
    bool lossy;
    uint32_t strings; /* long ones met */
};

/* ------------------------------------------------------------------ walk */
static hr_edit *add_edit(struct crush *c)
{
    if (c->n == c->cap) {
        size_t more = c->cap ? c->cap * 2 : 16;
        hr_edit *wider = hr_arena_alloc(c->scratch, more * sizeof *wider);
        if (!wider)
            return NULL;
        if (c->n)
            memcpy(wider, c->edits, c->n * sizeof *wider);
        c->edits = wider;
        c->cap = more;
    }
    return &c->edits[c->n++];
}

static size_t end_of(const hr_node *v)
{
    return (size_t)v->off + v->len;
}

static int write_selection(const struct crush *c, const hr_edit *e, hr_buf *b)
{
    const hr_tree *t = c->tree;
    const bool members = t->nodes[e->node].type == HR_JSON_OBJECT;
    hr_buf_putc(b, members ? '{' : '[');
    for (uint32_t i = 0; i < e->plan.nkept; i++) {
        const hr_node *v = &t->nodes[e->row[e->plan.kept[i]]];
        if (members) {
            hr_buf_add(b, t->text + v->key_off, v->key_len);
            hr_buf_putc(b, ':');
        }
        hr_minify(b, t->text + v->off, v->len);
        hr_buf_putc(b, ',');
    }
    int r = hr_note_write_alike(b, members ? HR_NOTE_MEMBERS : HR_NOTE_ITEMS, t->nodes[e->node].count,
                                e->plan.kept, e->plan.nkept, e->plan.alike, e->plan.nalike, c->in->id,
                                c->in->offers_command);
    hr_buf_putc(b, members ? '}' : ']');
    return r < 0 ? r : b->err;
}

/* May items be left out of this array or object? Values that are no containers say little each; a short list of them is left whole. */
static bool is_table(const struct crush *c, const hr_node *v)
{
    const hr_node *nodes = c->tree->nodes;
    if (hr_select_all(c->in, v->count, v->len))
        return false;
    if (v->type == HR_JSON_OBJECT)
        return hr_is_map(c->tree, (uint32_t)(v - nodes));
    return v->len >= HR_CRUSH_MIN_VALUES || nodes[v->child].type >= HR_JSON_ARRAY;
}

/* An edit for the array or map where a selection is worth it. 1, 0, <0. */
static int try_container(struct crush *c, uint32_t i)
{
    const hr_tree *t = c->tree;
    const hr_node *v = &t->nodes[i];
    hr_edit e = {.node = i};
    uint32_t n = 0, *row;
    if (!is_table(c, v))
        return 0;
    row = hr_arena_alloc(c->scratch, v->count * sizeof *row);
    if (!row)
        return HR_ENOMEM;
    for (uint32_t k = v->child; k; k = t->nodes[k].next)
        row[n++] = k;
    e.row = row;
    const hr_rows rows = {t, row, n, hr_tree_behind(t, i), v->type == HR_JSON_OBJECT};
    int r = hr_select(&e.plan, c->scratch, c->in, &rows, c->watch);
    if (r <= 0)
        return r;
    hr_buf b = {0};
    r = write_selection(c, &e, &b);
    size_t before = hr_minified_node(t, i, rows.end), after = b.len;
    hr_buf_free(&b);
    if (r == HR_ELIMIT || (r == 0 && (uint64_t)after * 100 > (uint64_t)before * HR_CRUSH_WORTH))
        return 0;
    hr_edit *slot = r < 0 ? NULL : add_edit(c);
    if (!slot)
        return HR_ENOMEM;
    e.kept = e.plan.nkept;
    e.of = n;
    e.saved = before - after;
    e.taken = e.lossy = true;
    *slot = e;
    /* A selection that leaves less than half needs no comparison with what its items' own arrays could save. */
    return after * 2 < before ? 1 : 0;
}

/* What other transforms make of the text in a string. */
static int try_string(struct crush *c, uint32_t i)
{
    hr_transform_out out;
    hr_str inside;
    if (c->tree->nodes[i].len < HR_INNER_MIN_JSON || c->strings == HR_INNER_MOST)
        return 0;
    c->strings++;
    int r = hr_inner_transform(c->scratch, c->in, c->tree, i, &inside, &out);
    hr_edit *e = r == 1 ? add_edit(c) : NULL;
    if (r != 1 || !e)
        return r == 1 ? HR_ENOMEM : r;
    *e = (hr_edit){
        .node = i, .text = out.text, .saved = c->tree->nodes[i].len - 2 - out.text.n, .taken = true};
    e->plan.strategy = out.strategy;
    e->kept = out.kept;
    e->of = out.of;
    e->lossy = !out.lossless;
    return 1;
}

static int walk(struct crush *c)
{
    const hr_tree *t = c->tree;
    for (uint32_t i = 1; i < t->n;) {
        int r = 0;
        if (t->nodes[i].type >= HR_JSON_ARRAY)
            r = try_container(c, i);
        else if (t->nodes[i].type == HR_JSON_STRING)
            r = try_string(c, i);
        if (r < 0)
            return r;
        i = r == 1 ? hr_tree_behind(t, i) : i + 1;
        if (hr_watch_spend(c->watch, 16) < 0)
            return HR_ETIME;
    }
    return 0;
}

/* ------------------------------------------------------------------ settle */
/* Edits stand in text order, so what lies inside an array's span follows it directly. From the back: an array is taken if
   it saves at least as much as everything inside it that was taken. */
static int settle(struct crush *c)
{
    size_t *open = hr_arena_alloc(c->scratch, (c->n + 1) * sizeof *open), nopen = 0;
    if (!open)
        return HR_ENOMEM;
    for (size_t i = c->n; i-- > 0;) {
        hr_edit *e = &c->edits[i];
        size_t inside = 0, first = nopen, end = end_of(&c->tree->nodes[e->node]);
        while (first > 0 && c->tree->nodes[c->edits[open[first - 1]].node].off < end)
            inside += c->edits[open[--first]].saved;
        if (inside > e->saved) {
            e->taken = false;
            continue;
        }
        while (nopen > first)
            c->edits[open[--nopen]].taken = false;
        open[nopen++] = i;
    }
    return 0;
}

/* ------------------------------------------------------------------ write */
static int write_text(struct crush *c, hr_buf *b)
{
    const hr_tree *t = c->tree;
    size_t at = 0;
    for (size_t i = 0; i < c->n; i++) {
        const hr_edit *e = &c->edits[i];
        const hr_node *v = &t->nodes[e->node];
        if (!e->taken)
            continue;
        hr_minify(b, t->text + at, v->off - at);
        at = end_of(v);
        c->strategy = e->plan.strategy ? e->plan.strategy : c->strategy;
        c->kept += e->kept;
        c->of += e->of;
        c->lossy = c->lossy || e->lossy;
        if (v->type == HR_JSON_STRING) {
            hr_buf_putc(b, '"');
            hr_string_encode(b, e->text);
            hr_buf_putc(b, '"');
            continue;
        }
        if (write_selection(c, e, b) < 0)
            return HR_ENOMEM;
    }
    hr_minify(b, t->text + at, t->len - at);
    return b->err ? HR_ENOMEM : 0;
}

static int crush_text(struct crush *c, hr_str *out)
{
    int r = walk(c);
    if (r == 0)
        r = settle(c);
    if (r < 0)
        return r;
    size_t taken = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->edits[i].taken)
            c->edits[taken++] = c->edits[i];
    c->n = taken;
    if (taken == 0)
        return 0;
    hr_buf b = {0};
    r = write_text(c, &b);
    /* Where nothing was left out, the lossless forms say it better. */
    if (r == 0 && c->lossy)
        r = hr_check(c->scratch, c->tree, c->edits, c->n, b.data, b.len);
    if (r == 1) {
        *out = hr_str_make(hr_arena_dup(c->a, b.data, b.len), b.len);
        r = out->p ? 1 : HR_ENOMEM;
    }
    hr_buf_free(&b);
    return r;
}

int hr_crush(hr_arena *a, const hr_transform_in *in, const hr_tree *tree, hr_transform_out *out)
{
    hr_watch watch = {.deadline_cpu_us = in->deadline_cpu_us};
    struct crush c = {.a = a, .in = in, .watch = &watch, .tree = tree, .scratch = hr_arena_new()};
    if (!c.scratch)
        return HR_ENOMEM;
    int r = crush_text(&c, &out->text);
    hr_arena_free(c.scratch);
    if (r == 1) {
        out->strategy = c.strategy;
        out->kept = c.kept;
        out->of = c.of;
    }
    return r;
}
