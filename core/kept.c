/* kept.c - reads notes and what stands before them. See kept.h. */
#include "kept.h"

#include "transform/form.h"
#include "transform/kept_lines.h"
#include "transform/layers.h"
#include "transform/lines.h"
#include "transform/note.h"
#include "json/json.h"

#include <string.h>

/* ------------------------------------------------------------------ writing */
static void write_positions(hr_buf *b, const hr_note *note)
{
    if (b->len > 1)
        hr_buf_putc(b, ',');
    hr_buf_puts(b, "{\"id\":\"");
    hr_buf_puts(b, note->id);
    hr_buf_puts(b, "\",\"of\":");
    hr_buf_u64(b, note->of);
    hr_buf_puts(b, ",\"kept\":[");
    for (uint32_t i = 0; i < note->of - note->omitted; i++) {
        if (i)
            hr_buf_putc(b, ',');
        hr_buf_u64(b, note->kept[i]);
    }
    hr_buf_puts(b, "],\"items\":[");
}

/* The children of `container` but for the last, which is the note. */
static void write_kept(hr_buf *b, const hr_tree *t, uint32_t container, const hr_note *note)
{
    const hr_node *nodes = t->nodes;
    write_positions(b, note);
    for (uint32_t c = nodes[container].child; c && nodes[c].next; c = nodes[c].next) {
        if (c != nodes[container].child)
            hr_buf_putc(b, ',');
        if (note->unit == HR_NOTE_MEMBERS) {
            hr_buf_putc(b, '{');
            hr_buf_add(b, t->text + nodes[c].key_off, nodes[c].key_len);
            hr_buf_putc(b, ':');
        }
        hr_buf_add(b, t->text + nodes[c].off, nodes[c].len);
        if (note->unit == HR_NOTE_MEMBERS)
            hr_buf_putc(b, '}');
    }
    hr_buf_puts(b, "]}");
}

static void write_lines(hr_buf *b, hr_str lines, const hr_note *note, bool json)
{
    hr_str line;
    bool ended, first = true;
    write_positions(b, note);
    for (; hr_line_next(&lines, &line, &ended); first = false) {
        if (!first)
            hr_buf_putc(b, ',');
        if (json) {
            hr_buf_str(b, line);
            continue;
        }
        hr_buf_putc(b, '"');
        hr_string_encode(b, line);
        hr_buf_putc(b, '"');
    }
    hr_buf_puts(b, "]}");
}

/* ------------------------------------------------------------------ reading */
/* Texts still to be looked at: a list, not a recursion. */
struct pending {
    hr_str text;
    struct pending *next;
};

static int push(hr_arena *a, struct pending **todo, hr_str text)
{
    struct pending *p = hr_arena_alloc(a, sizeof *p);
    if (!p)
        return HR_ENOMEM;
    *p = (struct pending){text, *todo};
    *todo = p;
    return 0;
}

/* Is the member at m a note's? 1, 0, HR_ENOMEM. */
static int note_at(hr_arena *a, const hr_tree *t, uint32_t m, hr_note *note)
{
    const hr_node *v = &t->nodes[m];
    hr_value key = {.type = HR_JSON_STRING, .escaped = v->key_escaped, .off = v->key_off, .len = v->key_len};
    hr_str value;
    if (v->type != HR_JSON_STRING || v->key_len == 0 || !hr_lexeme_is(t->text, &key, HR_NOTE_KEY))
        return 0;
    int r = hr_string_decode(a, t->text + v->off, v->len, &value);
    if (r == 0)
        r = hr_note_read(a, value, note);
    return r == HR_ENOMEM ? r : r == 0;
}

/* The note that ends this array or object, if there is one. 1, 0, HR_ENOMEM. */
static int note_of(hr_arena *a, const hr_tree *t, uint32_t container, hr_note *note)
{
    const hr_node *nodes = t->nodes;
    uint32_t last = nodes[container].child;
    const bool array = nodes[container].type == HR_JSON_ARRAY;

    while (last && nodes[last].next)
        last = nodes[last].next;
    if (!last || (array && (nodes[last].type != HR_JSON_OBJECT || nodes[last].count != 1)))
        return 0;
    int r = note_at(a, t, array ? nodes[last].child : last, note);
    if (r != 1)
        return r;
    return note->unit == (array ? HR_NOTE_ITEMS : HR_NOTE_MEMBERS) &&
           note->of - note->omitted + 1 == nodes[container].count;
}

/* The note that is the last of many lines of JSON. 1, 0, HR_ENOMEM. */
static int note_of_lines(hr_arena *a, hr_str text, hr_note *note, hr_str *lines)
{
    const char *feed = text.n ? memrchr(text.p, '\n', text.n) : NULL;
    hr_tree t;
    uint32_t kept = 0;
    if (!feed || text.p[0] != '{')
        return 0;
    const size_t from = (size_t)(feed + 1 - text.p);
    int r = hr_tree_parse(&t, a, feed + 1, text.n - from, NULL);
    if (r < 0 || t.nodes[1].type != HR_JSON_OBJECT || t.nodes[1].count != 1)
        return r == HR_ENOMEM ? r : 0;
    r = note_at(a, &t, t.nodes[1].child, note);
    if (r != 1 || note->unit != HR_NOTE_ITEMS)
        return r < 0 ? r : 0;
    *lines = hr_str_make(text.p, from);
    for (const char *p = text.p; p <= feed; p++)
        kept += *p == '\n';
    return kept == note->of - note->omitted;
}

/* What a lossless form was before; the text itself where it stands in none. */
static int plain(hr_arena *a, hr_str *text)
{
    hr_buf b = {0};
    int r = hr_form_decode(&b, *text);
    if (r == 1) {
        char *copy = hr_arena_dup(a, b.data, b.len);
        *text = hr_str_make(copy, b.len);
        r = copy ? 1 : HR_ENOMEM;
    }
    hr_buf_free(&b);
    return r < 0 ? r : 0;
}

static int in_json(hr_arena *a, const hr_tree *t, struct pending **todo, hr_buf *b)
{
    enum { SHORTEST_NOTE = 40 };
    hr_note note;
    for (uint32_t i = 1; i < t->n; i++) {
        const hr_node *v = &t->nodes[i];
        int r = 0;
        if (v->type >= HR_JSON_ARRAY) {
            r = note_of(a, t, i, &note);
            if (r == 1)
                write_kept(b, t, i, &note);
        } else if (v->type == HR_JSON_STRING && v->len >= SHORTEST_NOTE) {
            hr_str inside;
            r = hr_string_decode(a, t->text + v->off, v->len, &inside);
            if (r == 0)
                r = push(a, todo, inside);
        }
        if (r == HR_ENOMEM)
            return r;
    }
    return 0;
}

/* What the reader of a text's layers is given. */
struct reader {
    hr_arena *a;
    struct pending *todo;
    hr_buf *b;
};

/* A leaf (layers.h): the note at its end, or the notes in its JSON. 1: there were some. */
static int in_leaf(void *context, hr_str text, hr_buf *unused)
{
    struct reader *d = context;
    const size_t before = d->b->len;
    hr_tree t;
    hr_note note;
    hr_str lines = {0};
    hr_buf form = {0};
    int r = plain(d->a, &text);

    (void)unused;
    if (r == 0)
        r = hr_kept_lines_read(d->a, text, &note, &form, &lines);
    if (r == 1)
        write_lines(d->b, lines, &note, false);
    hr_buf_free(&form);
    if (r != 0)
        return r;
    if (r == 0)
        r = note_of_lines(d->a, text, &note, &lines);
    if (r == 1)
        write_lines(d->b, lines, &note, true);
    if (r == 0) {
        r = hr_tree_parse(&t, d->a, text.p, text.n, NULL);
        r = r == 0 ? in_json(d->a, &t, &d->todo, d->b) : r;
    }
    return r == HR_ENOMEM ? r : d->b->len > before;
}

int hr_kept_in_text(hr_arena *a, hr_str text, hr_buf *b)
{
    struct reader d = {a, NULL, b};
    hr_buf rest = {0};
    int r = push(a, &d.todo, text);

    while (r >= 0 && d.todo) {
        hr_str now = d.todo->text;
        d.todo = d.todo->next;
        while (now.n > 0 && (now.p[now.n - 1] == '\n' || now.p[now.n - 1] == '\r'))
            now.n--; /* behind a string's text (inner.h) */
        rest.len = 0;
        r = hr_layers_read(now, in_leaf, &d, &rest);
    }
    hr_buf_free(&rest);
    return r < 0 ? r : 0;
}
