/* form_names_put.c - writes JSON with names, and its index along with it. See form_names.h. */
#include "transform/form_names.h"

#include <string.h>

struct writer {
    hr_names *e;
    hr_buf *b;
    hr_node *nodes;
    uint32_t n;
    uint32_t *link; /* where the next node's index belongs */
    uint32_t *order, names;
    unsigned depth;
    struct open_container {
        uint32_t node;
        uint32_t left; /* members of the original that are still to come */
    } open[HR_MAX_DEPTH];
};

/* ------------------------------------------------------------------ who is named */
/* The index of the object at a node, if it is written as a name there; else 0. */
static inline uint32_t named_object(const hr_names *e, uint32_t i)
{
    const uint32_t k = e->t->nodes[i].type == HR_JSON_OBJECT ? e->known[i] : 0;

    return k && e->shapes[e->objects[k].shape].named && !(e->row[i] && e->objects[k].uses == 1) ? k : 0;
}

/* Objects get their names where they are first read of in the value of node `top`. */
static void name_objects(struct writer *w, uint32_t top)
{
    hr_names *e = w->e;
    const uint32_t past = hr_tree_behind(e->t, top);

    for (uint32_t i = top + 1; i < past;) {
        const uint32_t k = named_object(e, i);
        if (!k) {
            i++;
            continue;
        }
        if (!e->objects[k].name) {
            e->objects[k].name = e->prefixes.named + ++w->names;
            e->objects[k].node = i;
            w->order[w->names - 1] = k;
        }
        i = hr_tree_behind(e->t, i);
    }
}

/* Those of the text, and those of what they stand for. */
static void name_all(struct writer *w)
{
    name_objects(w, 1);
    for (uint32_t k = 0; k < w->names; k++) {
        hr_named_object *list = w->e->objects, *o = &list[w->order[k]];
        hr_named_shape *s = &w->e->shapes[o->shape];
        name_objects(w, o->node);
        *(s->last ? &list[s->last].next : &s->first) = w->order[k];
        s->last = w->order[k];
    }
}

/* ------------------------------------------------------------------ nodes */
static inline hr_node *add_node(struct writer *w, uint8_t type)
{
    hr_node *v = &w->nodes[w->n];

    *v = (hr_node){.type = type, .off = (uint32_t)w->b->len};
    *w->link = w->n++;
    w->link = &v->next;
    if (w->depth)
        w->nodes[w->open[w->depth - 1].node].count++;
    return v;
}

/* The node that was added last is a container, whose bracket is written. */
static inline int enter(struct writer *w, char bracket, uint32_t left)
{
    if (w->depth == HR_MAX_DEPTH)
        return HR_EDEPTH;
    hr_buf_putc(w->b, bracket);
    w->open[w->depth++] = (struct open_container){w->n - 1, left};
    w->link = &w->nodes[w->n - 1].child;
    return 0;
}

static inline void leave(struct writer *w)
{
    hr_node *v = &w->nodes[w->open[--w->depth].node];

    hr_buf_putc(w->b, v->type == HR_JSON_OBJECT ? '}' : ']');
    v->len = (uint32_t)w->b->len - v->off;
    w->link = &v->next;
}

/* ------------------------------------------------------------------ values */
static void put_name(struct writer *w, hr_node *v, uint32_t name)
{
    hr_buf_puts(w->b, "\"$");
    hr_buf_u64(w->b, name);
    hr_buf_putc(w->b, '"');
    v->type = HR_JSON_STRING;
}

static void put_string(struct writer *w, hr_node *v, uint32_t i)
{
    const hr_names *e = w->e;
    const hr_node *from = &e->t->nodes[i];
    const hr_str s = hr_str_make(e->t->text + from->off + 1, from->len - 2);
    uint32_t k = 0;

    if (from->len >= HR_NAMES_LEAST_TEXT)
        k = e->known[i] ? hr_prefixes_named(&e->prefixes, e->known[i]) : hr_prefixes_find(&e->prefixes, s);
    if (k == 0 && (s.n == 0 || s.p[0] != '$')) {
        hr_buf_short(w->b, s.p - 1, from->len);
        v->escaped = from->escaped;
        return;
    }
    const hr_str rest =
        k ? hr_str_make(s.p + e->prefixes.list[k].text.n, s.n - e->prefixes.list[k].text.n) : s;
    hr_buf_puts(w->b, "\"$");
    if (k)
        hr_buf_u64(w->b, e->prefixes.list[k].name);
    hr_buf_short(w->b, rest.p, rest.n);
    hr_buf_putc(w->b, '"');
    v->escaped = from->escaped && memchr(rest.p, '\\', rest.n);
}

/* Node i and what is in it up to its children, which come next. *next: the node that does. */
static int put_node(struct writer *w, uint32_t i, bool whole, uint32_t *next)
{
    const hr_names *e = w->e;
    const hr_node *from = &e->t->nodes[i];
    const uint32_t object = whole ? 0 : named_object(e, i);
    hr_node *v = add_node(w, from->type);

    if (from->key_len && !whole) {
        v->key_off = v->off;
        v->key_len = from->key_len;
        v->key_number = from->key_number;
        v->key_escaped = from->key_escaped;
        hr_buf_short(w->b, e->t->text + from->key_off, from->key_len);
        hr_buf_putc(w->b, ':');
        v->off = (uint32_t)w->b->len;
    }
    *next = i + 1;
    if (object) {
        put_name(w, v, e->objects[object].name);
        *next = hr_tree_behind(e->t, i);
    } else if (from->child) {
        return enter(w, from->type == HR_JSON_OBJECT ? '{' : '[', from->count);
    } else if (from->type >= HR_JSON_ARRAY) {
        hr_buf_short(w->b, from->type == HR_JSON_OBJECT ? "{}" : "[]", 2);
    } else if (from->type == HR_JSON_STRING) {
        put_string(w, v, i);
    } else {
        hr_buf_short(w->b, e->t->text + from->off, from->len);
    }
    v->len = (uint32_t)w->b->len - v->off;
    return 0;
}

/* The nodes from i on, until the container that is open at depth `floor` has all it is to have. */
static int put_nodes(struct writer *w, uint32_t i, unsigned floor, hr_watch *watch)
{
    while (w->depth > floor) {
        struct open_container *in = &w->open[w->depth - 1];
        if (in->left == 0) {
            leave(w);
            continue;
        }
        if (w->nodes[in->node].count > 0)
            hr_buf_putc(w->b, ',');
        in->left--;
        if (hr_watch_spend(watch, w->e->t->nodes[i].type < HR_JSON_ARRAY ? w->e->t->nodes[i].len : 1))
            return HR_ETIME;
        const int r = put_node(w, i, false, &i);
        if (r < 0)
            return r;
    }
    return w->b->err;
}

/* The value of node `top`, with names in it. */
static int put_value(struct writer *w, uint32_t top, hr_watch *watch)
{
    const unsigned floor = w->depth;
    uint32_t next;
    int r = put_node(w, top, true, &next);

    return r < 0 ? r : put_nodes(w, next, floor, watch);
}

/* {"$":N and what is in the object. */
static int put_definition(struct writer *w, const hr_named_object *o, hr_watch *watch)
{
    const unsigned floor = w->depth;
    uint32_t next;
    int r = put_node(w, o->node, true, &next);

    if (r < 0)
        return r;
    hr_node *v = add_node(w, HR_JSON_NUMBER);
    v->key_off = v->off;
    v->key_len = 3;
    hr_buf_puts(w->b, "\"$\":");
    v->off = (uint32_t)w->b->len;
    hr_buf_u64(w->b, o->name);
    v->len = (uint32_t)w->b->len - v->off;
    return put_nodes(w, next, floor, watch);
}

/* ------------------------------------------------------------------ the list */
static int put_shape(struct writer *w, const hr_named_shape *s, hr_watch *watch)
{
    int r;

    add_node(w, HR_JSON_ARRAY);
    r = enter(w, '[', 0);
    for (uint32_t k = s->first; r == 0 && k; k = w->e->objects[k].next) {
        if (k != s->first)
            hr_buf_putc(w->b, ',');
        r = put_definition(w, &w->e->objects[k], watch);
    }
    if (r == 0) {
        leave(w);
        hr_buf_putc(w->b, ',');
    }
    return r;
}

int hr_names_put(hr_names_text *out, hr_names *e, hr_watch *watch)
{
    struct writer *w = hr_arena_alloc(e->a, sizeof *w);
    uint32_t nobody;

    if (!w)
        return HR_ENOMEM;
    w->e = e;
    w->b = &out->text;
    w->n = w->names = w->depth = 0;
    w->link = &nobody;
    if (!(w->order = hr_arena_alloc(e->a, (e->n_objects + 1) * sizeof *w->order)))
        return HR_ENOMEM;
    name_all(w);
    /* Each node of the text is written once at most; a definition has its name besides, and a name where it stood. */
    w->nodes = hr_arena_alloc(e->a, ((size_t)e->t->n + 2 * w->names + e->n_shapes + 1) * sizeof *w->nodes);
    if (!w->nodes || hr_buf_reserve(w->b, e->t->len) < 0)
        return HR_ENOMEM;
    w->nodes[w->n++] = (hr_node){0};
    add_node(w, HR_JSON_ARRAY);
    int r = enter(w, '[', 0);
    for (uint32_t i = 1; r == 0 && i <= e->n_shapes; i++)
        if (e->shapes[i].first)
            r = put_shape(w, &e->shapes[i], watch);
    if (r == 0)
        r = put_value(w, 1, watch);
    if (r < 0)
        return r;
    leave(w);
    out->tree = (hr_tree){out->text.data, (uint32_t)out->text.len, w->nodes, w->n};
    return out->text.err;
}
