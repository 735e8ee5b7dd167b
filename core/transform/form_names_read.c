/* form_names_read.c - JSON with names back to what it was. The form is described in form_names.c.

   What is read may be anybody's: names may name each other in a circle or grow beyond all bounds. The chain of open names is bounded, as
   the depth of JSON is, and the buffer's maximum stops what grows. */
#include <string.h>

#include "transform/columns.h"
#include "transform/form_table.h"
#include "transform/lines.h"
#include "json/lex.h"

enum { MOST_DIGITS = 7, MOST_CHAIN = 256 };

/* What one name means. */
struct meaning {
    hr_str text;   /* of a beginning; of an object: its JSON without its name */
    uint32_t node; /* of an object; 0: a beginning */
};

struct reader {
    hr_buf *b;
    hr_arena *a;
    hr_tree t;
    struct meaning *list; /* by name */
    uint32_t n, room;
};

/* "$N" at the beginning of s, which is taken off; 0: none. */
static uint32_t take_name(hr_str *s)
{
    uint32_t n = 0;
    size_t i = 1;

    if (s->n < 2 || s->p[0] != '$' || s->p[1] < '1' || s->p[1] > '9')
        return 0;
    for (; i < s->n && i <= MOST_DIGITS && s->p[i] >= '0' && s->p[i] <= '9'; i++)
        n = n * 10 + (uint32_t)(s->p[i] - '0');
    *s = hr_str_make(s->p + i, s->n - i);
    return n;
}

static int add_meaning(struct reader *r, struct meaning m)
{
    if (r->n + 1 >= r->room) {
        const uint32_t room = r->room ? r->room * 2 : 64;
        struct meaning *list = hr_arena_zalloc(r->a, room * sizeof *list);
        if (!list)
            return HR_ENOMEM;
        if (r->n)
            memcpy(list, r->list, (r->n + 1) * sizeof *list);
        r->list = list;
        r->room = room;
    }
    r->list[++r->n] = m;
    return 1;
}

/* The lines of beginnings; each may begin with an earlier one. 1, 0, HR_ENOMEM. */
static int read_beginnings(struct reader *r, hr_str *body)
{
    hr_str line, rest = *body;
    bool ended;

    for (; hr_line_next(&rest, &line, &ended) && line.n > 0 && line.p[0] == '$'; *body = rest) {
        struct meaning m = {0};
        if (take_name(&line) != r->n + 1 || line.n < 2 || line.p[0] != '=')
            return 0;
        line = m.text = hr_str_make(line.p + 1, line.n - 1);
        uint32_t above = take_name(&line);
        if (above > r->n)
            return 0;
        if (above) {
            const hr_str front = r->list[above].text;
            if (front.n + line.n > (r->b->max ? r->b->max : HR_MAX_FILE))
                return 0;
            char *p = hr_arena_alloc(r->a, front.n + line.n + 1);
            if (!p)
                return HR_ENOMEM;
            memcpy(p, front.p, front.n);
            memcpy(p + front.n, line.p, line.n);
            m.text = hr_str_make(p, front.n + line.n);
        } else if (m.text.p[0] == '$') {
            m.text = hr_str_make(m.text.p + 1, m.text.n - 1);
        }
        int ok = add_meaning(r, m);
        if (ok < 0)
            return ok;
    }
    return 1;
}

static uint32_t number_of(const hr_tree *t, uint32_t node)
{
    const hr_node *v = &t->nodes[node];
    uint32_t n = 0;

    if (v->type != HR_JSON_NUMBER || v->len > MOST_DIGITS || v->key_len != 3 ||
        memcmp(t->text + v->key_off, "\"$\"", 3) != 0)
        return 0;
    for (uint32_t i = 0; i < v->len; i++) {
        if (t->text[v->off + i] < '0' || t->text[v->off + i] > '9')
            return 0;
        n = n * 10 + (uint32_t)(t->text[v->off + i] - '0');
    }
    return n;
}

/* The objects before the text, whose names need not stand in order. *text is the node of the text. 1, 0, HR_ENOMEM. */
static int read_objects(struct reader *r, uint32_t *text)
{
    const hr_node *nodes = r->t.nodes;
    const uint32_t first = r->n;
    uint32_t objects = 0, list;

    if (nodes[1].type != HR_JSON_ARRAY || !nodes[1].child)
        return 0;
    for (list = nodes[1].child; nodes[list].next; list = nodes[list].next)
        objects += nodes[list].type == HR_JSON_ARRAY ? nodes[list].count : 0;
    *text = list;
    for (uint32_t i = 0; i < objects; i++)
        if (add_meaning(r, (struct meaning){0}) < 0)
            return HR_ENOMEM;
    for (list = nodes[1].child; nodes[list].next; list = nodes[list].next) {
        if (nodes[list].type != HR_JSON_ARRAY)
            return 0;
        for (uint32_t o = nodes[list].child; o; o = nodes[o].next) {
            const uint32_t name =
                nodes[o].type == HR_JSON_OBJECT && nodes[o].count > 1 ? number_of(&r->t, nodes[o].child) : 0;
            if (name <= first || name > r->n || r->list[name].node)
                return 0;
            const hr_node *second = &nodes[nodes[nodes[o].child].next];
            r->list[name] = (struct meaning){
                {r->t.text + second->key_off, nodes[o].off + nodes[o].len - second->key_off}, o};
        }
    }
    return 1;
}

/* A stretch of the text that is being written: nodes from `node` to `past`, bytes from `at` to `end`. */
struct frame {
    uint32_t node, past;
    size_t at, end;
};

/* A string that begins with a dollar sign. An object that it names opens a frame. 1, 0, HR_ENOMEM. */
static int put_string(struct reader *r, const hr_node *v, struct frame *stack, uint32_t *depth)
{
    hr_str s = hr_str_make(r->t.text + v->off + 1, v->len - 2);
    const uint32_t name = take_name(&s);

    if (name > r->n)
        return 0;
    if (name && r->list[name].node) {
        const struct meaning *m = &r->list[name];
        const hr_node *o = &r->t.nodes[m->node];
        if (s.n > 0 || *depth == MOST_CHAIN)
            return 0;
        hr_buf_putc(r->b, '{');
        const size_t at = (size_t)(m->text.p - r->t.text);
        stack[(*depth)++] =
            (struct frame){r->t.nodes[o->child].next, hr_tree_behind(&r->t, m->node), at, at + m->text.n};
        return 1;
    }
    hr_buf_putc(r->b, '"');
    if (name)
        hr_buf_str(r->b, r->list[name].text);
    else if (s.n > 1 && s.p[1] == '$')
        s = hr_str_make(s.p + 1, s.n - 1);
    else
        return 0;
    hr_buf_str(r->b, s);
    hr_buf_putc(r->b, '"');
    return 1;
}

static int put_text(struct reader *r, uint32_t text)
{
    struct frame stack[MOST_CHAIN];
    const hr_node *nodes = r->t.nodes;
    uint32_t depth = 1;
    int ok = 1;

    stack[0] = (struct frame){text, hr_tree_behind(&r->t, text), nodes[text].off,
                              (size_t)nodes[text].off + nodes[text].len};
    while (depth && ok == 1) {
        struct frame *f = &stack[depth - 1];
        const hr_node *v = &nodes[f->node];
        if (r->b->err)
            return HR_ENOMEM;
        if (f->node == f->past) {
            hr_buf_add(r->b, r->t.text + f->at, f->end - f->at);
            depth--;
        } else if (v->type == HR_JSON_STRING && v->len > 2 && r->t.text[v->off + 1] == '$') {
            hr_buf_add(r->b, r->t.text + f->at, v->off - f->at);
            f->at = (size_t)v->off + v->len;
            f->node++;
            ok = put_string(r, v, stack, &depth);
        } else {
            f->node++;
        }
    }
    return r->b->err ? HR_ENOMEM : ok;
}

int hr_names_decode(hr_buf *b, hr_str body)
{
    hr_buf joined = {.max = b->max}, compact = {.max = b->max};
    struct reader r = {.b = b, .a = hr_arena_new()};
    const hr_style *style = NULL;
    uint32_t text;
    int ok = r.a ? read_beginnings(&r, &body) : HR_ENOMEM;

    if (ok == 1)
        ok = hr_columns_read(&joined, body, &style);
    if (ok == 1 && style->lines)
        ok = 0;
    if (ok == 1) {
        ok = hr_tree_parse(&r.t, r.a, joined.data, joined.len, NULL);
        ok = ok == 0 ? read_objects(&r, &text) : ok == HR_ENOMEM ? ok : 0;
    }
    if (ok == 1 && style->wide) { /* the list around the text moved it to the right */
        r.b = &compact;
        if (b->cap > b->len) /* what the caller has room for */
            ok = hr_buf_reserve(&compact, b->cap - b->len) < 0 ? HR_ENOMEM : 1;
    }
    if (ok == 1)
        ok = put_text(&r, text);
    if (ok == 1 && style->wide)
        ok = hr_style_put(b, hr_buf_view(&compact), style);
    hr_buf_free(&joined);
    hr_buf_free(&compact);
    hr_arena_free(r.a);
    return b->err ? HR_ENOMEM : ok;
}
