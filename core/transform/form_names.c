/* form_names.c - JSON in which objects and the beginnings of strings that stand again and again have names.

     [{"id":1,"by":{"login":"mia","url":"https://a.example/users/mia"},           $1=https://a.example/users/
       "in":{"url":"https://a.example/users/mia/in"}},                            compact [@1,@2]
      {"id":2,"by":{"login":"mia","url":"https://a.example/users/mia"}, ..   ->   @1 9 $ login url
                                                                                  2 mia $1mia
                                                                                  @2 300 id by in{url}
                                                                                  1 $2 $1mia/in

   The body is a line for each beginning (prefixes.h), then a text of the form `columns` (form_columns.c): of a list whose last element is
   the text, and whose other elements are lists of objects with one more key at the front, "$", which gives the object a name. In the text
   "$N" is that object, or the beginning of a string; a string that begins with a dollar sign has another one before it.

   Objects are compared by a hash of their tokens, so that white space makes no difference. All objects that have the same keys are named
   or none: then they are a table. Whatever two hashes make of a text, form.c reads it back. */
#include <string.h>

#include "transform/columns.h"
#include "transform/eight.h"
#include "transform/form_names.h"
#include "transform/form_table.h"

enum {
    LEAST_VALUES = 16, /* bytes of an object's values, else the name costs what they cost */
    LEAST_ROWS =
        8, /* in an array of so many an object that stands once is better a row of the array's own table */
    MOST_NESTED = 4, /* objects in objects on an average: more are not hashed level by level */
    PROBES = 32      /* then an object counts as unknown: who makes hashes collide loses savings, not time */
};

/* Costs in quarters of a token, as in prefixes.c: a name with its quotes, the name's cell in the table, the head of a table. */
enum { NAME = 14, CELL = 8, TABLE = 100 };

/* ------------------------------------------------------------------ hashes */
static bool make_map(hr_arena *a, hr_names_map *m, uint32_t n)
{
    for (m->mask = 15; m->mask < 2 * (uint64_t)n; m->mask = m->mask * 2 + 1)
        ;
    m->hash = hr_arena_alloc(a, ((size_t)m->mask + 1) * sizeof *m->hash);
    m->index = hr_arena_zalloc(a, ((size_t)m->mask + 1) * sizeof *m->index);
    return m->hash && m->index;
}

/* The index kept for a hash, which is 0 where it is new. NULL: too many probes. */
static uint32_t *look_up(hr_names_map *m, uint64_t hash)
{
    uint32_t at = (uint32_t)(hash ^ hash >> 32) & m->mask;

    for (int i = 0; i < PROBES; i++, at = (at + 1) & m->mask) {
        if (m->index[at] == 0)
            m->hash[at] = hash;
        if (m->hash[at] == hash)
            return &m->index[at];
    }
    return NULL;
}

/* Keys of one number are the same (hr_node). */
static inline uint64_t key_bits(const hr_tree *t, const hr_node *v)
{
    return v->key_number ? v->key_number : hr_bits_inside(t->text + v->key_off, v->key_len, t->text + t->len);
}

/* Children stand behind their parents: from the back, each node finds its own finished. *objects: bytes of all objects, those in others again. */
static int weigh_nodes(hr_names *e, uint64_t *objects, hr_watch *watch)
{
    const hr_node *nodes = e->t->nodes;

    *objects = 0;
    for (uint32_t i = e->t->n; i-- > 1;) {
        const hr_node *v = &nodes[i];
        if (v->type < HR_JSON_ARRAY) {
            e->values[i] = v->len;
            if (hr_watch_spend(watch, v->len))
                return HR_ETIME;
            continue;
        }
        uint32_t values = 0;
        *objects += v->type == HR_JSON_OBJECT ? v->len : 0;
        for (uint32_t c = v->child; c; c = nodes[c].next)
            values += e->values[c];
        e->values[i] = values;
        for (uint32_t c = v->type == HR_JSON_ARRAY && v->count >= LEAST_ROWS ? v->child : 0; c;
             c = nodes[c].next)
            e->row[c] = true;
    }
    return 0;
}

/* The same for the hashes of tokens, which are needed where white space may differ between two objects that are the same. */
static int hash_nodes(hr_names *e, hr_watch *watch)
{
    const hr_node *nodes = e->t->nodes;
    const char *text = e->t->text, *end = text + e->t->len;

    if (!(e->hash = hr_arena_alloc(e->a, e->t->n * sizeof *e->hash)))
        return HR_ENOMEM;
    for (uint32_t i = e->t->n; i-- > 1;) {
        const hr_node *v = &nodes[i];
        uint64_t h = hr_mix(v->type, v->count);
        if (v->type < HR_JSON_ARRAY)
            h = hr_bits_inside(text + v->off, v->len, end);
        for (uint32_t c = v->child; c; c = nodes[c].next)
            h = hr_mix(h, v->type == HR_JSON_OBJECT ? e->hash[c] + key_bits(e->t, &nodes[c]) * HR_GOLDEN
                                                    : e->hash[c]);
        e->hash[i] = h;
        if (hr_watch_spend(watch, v->type < HR_JSON_ARRAY ? v->len : 0))
            return HR_ETIME;
    }
    return 0;
}

/* Of an object's tokens. On one line the white space is the same everywhere, or the text does not read back. */
static inline uint64_t object_bits(const hr_names *e, uint32_t i)
{
    const hr_node *v = &e->t->nodes[i];

    return e->hash ? e->hash[i] : hr_bits_inside(e->t->text + v->off, v->len, e->t->text + e->t->len);
}

/* Of the keys of an object. */
static uint64_t shape_bits(const hr_tree *t, uint32_t object)
{
    uint64_t keys = 0;

    for (uint32_t c = t->nodes[object].child; c; c = t->nodes[c].next)
        keys = hr_mix(keys, key_bits(t, &t->nodes[c]));
    return keys;
}

/* ------------------------------------------------------------------ what stands again */
/* Count an object. true: it has stood before, and nothing in it counts again. */
static bool meet_object(hr_names *e, uint32_t i)
{
    uint32_t *slot = e->values[i] < LEAST_VALUES ? NULL : look_up(&e->objects_by, object_bits(e, i)), *shape;

    if (!slot)
        return false;
    if (*slot) {
        hr_named_shape *s = &e->shapes[e->objects[*slot].shape];
        e->known[i] = *slot;
        e->objects[*slot].uses++;
        s->uses++;
        s->saved += e->values[i];
        return true;
    }
    if (!(shape = look_up(&e->shapes_by, shape_bits(e->t, i))))
        return false;
    if (*shape == 0)
        *shape = ++e->n_shapes;
    e->known[i] = *slot = ++e->n_objects;
    e->objects[*slot].shape = *shape;
    e->objects[*slot].uses = 1;
    e->shapes[*shape].uses++;
    e->shapes[*shape].distinct++;
    e->shapes[*shape].values += e->values[i];
    return false;
}

/* 0, HR_ENOMEM, HR_ETIME. */
static int meet_all(hr_names *e, hr_watch *watch)
{
    for (uint32_t i = 1; i < e->t->n;) {
        const hr_node *v = &e->t->nodes[i];
        if (i > 1 && v->type == HR_JSON_OBJECT && v->child && meet_object(e, i)) {
            i = hr_tree_behind(e->t, i);
            continue;
        }
        if (v->type == HR_JSON_STRING && v->len >= HR_NAMES_LEAST_TEXT) {
            const hr_str inside = hr_str_make(e->t->text + v->off + 1, v->len - 2);
            if (hr_prefixes_meet(&e->prefixes, inside, &e->known[i]) < 0)
                return HR_ENOMEM;
        }
        if (v->type < HR_JSON_ARRAY && hr_watch_spend(watch, v->len))
            return HR_ETIME;
        i++;
    }
    return 0;
}

static bool choose(hr_names *e)
{
    uint32_t named = 0;

    hr_prefixes_choose(&e->prefixes);
    for (uint32_t i = 1; i <= e->n_shapes; i++) {
        hr_named_shape *s = &e->shapes[i];
        s->named = s->saved > (uint64_t)s->uses * NAME + (uint64_t)s->distinct * CELL + TABLE;
        named += s->named;
    }
    return named + e->prefixes.named > 0;
}

/* ------------------------------------------------------------------ the form */
static bool make_room(hr_names *e)
{
    const size_t n = e->t->n;
    uint32_t objects = 1;

    for (size_t i = 1; i < n; i++)
        objects += e->t->nodes[i].type == HR_JSON_OBJECT;
    e->values = hr_arena_alloc(e->a, n * sizeof *e->values);
    e->known = hr_arena_zalloc(e->a, n * sizeof *e->known);
    e->row = hr_arena_zalloc(e->a, n * sizeof *e->row);
    e->objects = hr_arena_zalloc(e->a, objects * sizeof *e->objects);
    e->shapes = hr_arena_zalloc(e->a, objects * sizeof *e->shapes);
    return e->values && e->known && e->row && e->objects && e->shapes &&
           make_map(e->a, &e->objects_by, objects) && make_map(e->a, &e->shapes_by, objects);
}

static bool has_dollar_key(const hr_tree *t)
{
    for (uint32_t i = 1; i < t->n; i++)
        if (t->nodes[i].key_len == 3 && t->text[t->nodes[i].key_off + 1] == '$')
            return true;
    return false;
}

static int encode(hr_buf *b, hr_names *e, const hr_style *style, hr_watch *watch)
{
    hr_names_text named = {0};
    uint64_t objects;
    int r = make_room(e) ? weigh_nodes(e, &objects, watch) : HR_ENOMEM;

    if (r == 0 && (style->wide || objects > (uint64_t)e->t->len * MOST_NESTED))
        r = hash_nodes(e, watch);
    if (r == 0)
        r = meet_all(e, watch);
    if (r == 0 && !choose(e))
        return 0;
    if (r == 0)
        r = hr_names_put(&named, e, watch);
    if (r == 0) {
        hr_prefixes_put(b, &e->prefixes);
        r = hr_columns_put(b, e->a, &named.tree, style, true, watch);
    }
    hr_buf_free(&named.text);
    return r < 0 ? r : 1;
}

int hr_names_encode_tree(hr_buf *b, const hr_tree *t, hr_watch *watch)
{
    hr_names e = {.t = t, .a = hr_arena_new()};
    const hr_style *style = hr_style_guess(t, false);
    int r = e.a ? 0 : HR_ENOMEM;

    if (r == 0 && style && t->nodes[1].off == 0 && t->nodes[1].len == t->len &&
        t->nodes[1].type >= HR_JSON_ARRAY && !has_dollar_key(t)) {
        hr_prefixes_init(&e.prefixes, e.a);
        r = encode(b, &e, style, watch);
    }
    hr_arena_free(e.a);
    return r;
}

int hr_names_encode(hr_buf *b, hr_str text, const bool *pinned, hr_watch *watch)
{
    hr_tree t;

    (void)pinned;
    if (text.n < 2 || (text.p[0] != '{' && text.p[0] != '['))
        return 0;
    hr_arena *a = hr_arena_new();
    if (!a)
        return HR_ENOMEM;
    int r = hr_tree_parse(&t, a, text.p, text.n, NULL);
    r = r == 0 ? hr_names_encode_tree(b, &t, watch) : r == HR_ENOMEM ? r : 0;
    hr_arena_free(a);
    return r;
}
