/* map.c - see map.h. */
#include "transform/map.h"

#include <string.h>

enum {
    MIN_MEMBERS =
        30, /* records of real programs have fewer; columns.h calls an object of 64 keys a map in any case */
    ALIKE_PERCENT = 75
};

static bool holds_digit(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] >= '0' && p[i] <= '9')
            return true;
    return false;
}

/* Do the objects at v and w begin with the same key? */
static bool begin_alike(const hr_tree *t, const hr_node *v, const hr_node *w)
{
    if (v->count == 0 || w->count == 0)
        return v->count == w->count;
    const hr_node *a = &t->nodes[v->child], *b = &t->nodes[w->child];
    return a->key_len == b->key_len && memcmp(t->text + a->key_off, t->text + b->key_off, a->key_len) == 0;
}

/* What is below these keys describes other data, name by name: JSON Schema, OpenAPI, Kubernetes' CRDs. */
static bool is_schema(const hr_tree *t, const hr_node *o)
{
    static const char *const keys[] = {"\"properties\"", "\"definitions\"", "\"$defs\"", "\"schemas\""};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (hr_str_is(hr_str_make(t->text + o->key_off, o->key_len), keys[i]))
            return true;
    return false;
}

/* Objects that are records of one sort tell it by themselves. Of other values the keys must: a word alone is the name of something, a
   number, a date, an address or an id stands for one of many. */
bool hr_is_map(const hr_tree *t, uint32_t object)
{
    const hr_node *o = &t->nodes[object], *first = &t->nodes[o->child], *before = first;
    uint32_t same = 0, alike = 0, digits = 0;

    if (o->count < MIN_MEMBERS || (o->key_len && is_schema(t, o)))
        return false;
    for (uint32_t c = o->child; c; c = t->nodes[c].next) {
        const hr_node *v = &t->nodes[c];
        same += v->type == first->type;
        digits += holds_digit(t->text + v->key_off, v->key_len);
        if (v->type == HR_JSON_OBJECT && first->type == HR_JSON_OBJECT) {
            alike += begin_alike(t, v, first) || begin_alike(t, v, before);
            before = v;
        }
    }
    const uint64_t enough = (uint64_t)o->count * ALIKE_PERCENT;
    if (first->type == HR_JSON_OBJECT && (uint64_t)alike * 100 >= enough)
        return true;
    return (uint64_t)same * 100 >= enough && (uint64_t)digits * 100 >= enough;
}
