/* check.c - reads a selection's own output back and holds it against the original, node by node. See crush.h.
   Nothing is taken over from the writer but which edits it says it made. */
#include "transform/crush.h"
#include "transform/note.h"

#include <string.h>

struct pair {
    const hr_tree *before, *after;
    uint32_t i, j; /* nodes at hand */
};

static bool same_bytes(const struct pair *p, uint32_t off, uint32_t len, uint32_t off2, uint32_t len2)
{
    return len == len2 && memcmp(p->before->text + off, p->after->text + off2, len) == 0;
}

static bool same_key(const struct pair *p, const hr_node *v, const hr_node *w)
{
    return v->key_len == 0 ? w->key_len == 0 : same_bytes(p, v->key_off, v->key_len, w->key_off, w->key_len);
}

/* Compare the two nodes at hand and step over them, into containers. */
static bool same_node(struct pair *p)
{
    if (p->i >= p->before->n || p->j >= p->after->n)
        return false;
    const hr_node *v = &p->before->nodes[p->i++], *w = &p->after->nodes[p->j++];
    if (v->type != w->type || v->count != w->count || !same_key(p, v, w))
        return false;
    return v->type >= HR_JSON_ARRAY || same_bytes(p, v->off, v->len, w->off, w->len);
}

static bool same_subtree(struct pair *p)
{
    size_t end = (size_t)p->before->nodes[p->i].off + p->before->nodes[p->i].len;
    do {
        if (!same_node(p))
            return false;
    } while (p->i < p->before->n && p->before->nodes[p->i].off < end);
    return true;
}

/* The note at hand says what the plan says. 1, 0, HR_ENOMEM. */
static int note_agrees(hr_arena *scratch, struct pair *p, const hr_plan *plan, uint32_t of, bool members)
{
    hr_note note;
    hr_str value;
    if (!members) {
        if (p->j >= p->after->n || p->after->nodes[p->j].type != HR_JSON_OBJECT ||
            p->after->nodes[p->j].count != 1)
            return 0;
        p->j++;
    }
    const hr_node *v = p->j < p->after->n ? &p->after->nodes[p->j++] : NULL;
    if (!v || v->type != HR_JSON_STRING || v->key_len != sizeof HR_NOTE_KEY + 1 ||
        memcmp(p->after->text + v->key_off + 1, HR_NOTE_KEY, sizeof HR_NOTE_KEY - 1) != 0)
        return 0;
    int r = hr_string_decode(scratch, p->after->text + v->off, v->len, &value);
    if (r == 0)
        r = hr_note_read(scratch, value, &note);
    if (r < 0)
        return r == HR_ENOMEM ? r : 0;
    return note.unit == (members ? HR_NOTE_MEMBERS : HR_NOTE_ITEMS) && note.of == of &&
           note.of - note.omitted == plan->nkept &&
           memcmp(note.kept, plan->kept, plan->nkept * sizeof *plan->kept) == 0 &&
           note.nalike == plan->nalike &&
           memcmp(note.alike, plan->alike, plan->nalike * sizeof *plan->alike) == 0;
}

/* The items are looked for by their position, not where the plan's maker says they are. */
static int check_container(hr_arena *scratch, struct pair *p, const hr_edit *e)
{
    const hr_node *v = &p->before->nodes[p->i], *w = &p->after->nodes[p->j++];
    const uint32_t node = p->i;
    if (w->type != v->type || w->count != e->plan.nkept + 1 || !same_key(p, v, w))
        return 0;
    uint32_t row = v->child, position = 0;
    for (uint32_t k = 0; k < e->plan.nkept; k++) {
        for (; row && position < e->plan.kept[k]; position++)
            row = p->before->nodes[row].next;
        p->i = row;
        if (!row || !same_subtree(p))
            return 0;
    }
    p->i = node;
    return note_agrees(scratch, p, &e->plan, v->count, v->type == HR_JSON_OBJECT);
}

static int check_string(hr_arena *scratch, struct pair *p, const hr_edit *e)
{
    const hr_node *v = &p->before->nodes[p->i], *w = &p->after->nodes[p->j++];
    hr_str text;
    if (w->type != HR_JSON_STRING || !same_key(p, v, w))
        return 0;
    int r = hr_string_decode(scratch, p->after->text + w->off, w->len, &text);
    return r < 0 ? (r == HR_ENOMEM ? r : 0) : hr_str_eq(text, e->text);
}

int hr_check(hr_arena *scratch, const hr_tree *before, const hr_edit *edits, size_t n, const char *after,
             size_t len)
{
    hr_tree tree;
    int r = hr_tree_parse(&tree, scratch, after, len, NULL);
    if (r < 0)
        return r == HR_ENOMEM ? r : 0;
    struct pair p = {before, &tree, 1, 1};
    for (size_t e = 0; e < n; e++) {
        while (p.i < edits[e].node)
            if (!same_node(&p))
                return 0;
        if (p.i != edits[e].node || p.j >= tree.n)
            return 0;
        const hr_node *v = &before->nodes[p.i];
        r = v->type >= HR_JSON_ARRAY ? check_container(scratch, &p, &edits[e])
                                     : check_string(scratch, &p, &edits[e]);
        if (r <= 0)
            return r;
        size_t end = (size_t)v->off + v->len;
        for (p.i++; p.i < before->n && before->nodes[p.i].off < end; p.i++)
            ;
    }
    while (p.i < before->n)
        if (!same_node(&p))
            return 0;
    return p.j == tree.n;
}
