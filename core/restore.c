/* restore.c - a body as sent, back to what the program made; and what its notes say was kept. See headroom.h. */
#include <string.h>

#include "context.h"
#include "limits.h"
#include "transform/form.h"
#include "transform/lines.h"
#include "transform/note.h"
#include "transform/transform.h"
#include "transform/wrapper.h"
#include "window_marker.h"

/* What both functions begin with. */
struct reading {
    hr_arena *arena;
    hr_conversation conv;
    const hr_dialect *dialect;
};

static int read_body(struct reading *w, const void *body, size_t len)
{
    if (!(w->arena = hr_arena_new()))
        return HR_ENOMEM;
    return hr_conversation_read(&w->conv, w->arena, body, len, NULL, &w->dialect);
}

static int hand_over(hr_buf *b, headroom_bytes *out)
{
    hr_buf_putc(b, 0);
    if (b->err)
        return b->err;
    *out = (headroom_bytes){b->data, b->len - 1};
    return 0;
}

/* The original bytes of one result. 1: found; 0: it is no replacement of ours; HR_ENOENT: it is, but the original is gone. */
static int original_of(headroom *h, struct reading *w, const uint8_t secret[16], const hr_item *it,
                       hr_str *raw)
{
    const hr_event *e = &w->conv.ev[it->event];
    hr_decision d;
    hr_str arguments;
    uint8_t key[16];
    int r = hr_conversation_arguments(&w->conv, it->event, &arguments);

    if (r < 0)
        return r == HR_ENOMEM ? r : 0;
    hr_sent_key(secret, w->dialect, &w->conv, e, arguments, it->content, key);
    r = hr_store_decision_by_sentkey(h->store, w->arena, key, &d);
    if (r != 1)
        return r;
    if (!d.has_original)
        return HR_ENOENT;
    r = hr_store_original(h->store, w->arena, d.id, raw);
    return r < 0 ? r : 1;
}

/* A lossless form read back, as the inside of a JSON string. 1, 0, HR_ENOMEM. */
static int unformed(hr_arena *a, hr_str content, hr_str *raw)
{
    hr_buf text = {0}, inside = {0};
    int r =
        hr_text_has_note(content) ? 0 : hr_form_decode(&text, content); /* a form of what a selection kept */

    if (r == 1) {
        hr_string_encode(&inside, hr_buf_view(&text));
        *raw = hr_str_make(hr_arena_dup(a, inside.data, inside.len), inside.len);
        r = inside.err || !raw->p ? HR_ENOMEM : 1;
    }
    hr_buf_free(&text);
    hr_buf_free(&inside);
    return r;
}

int headroom_restore(headroom *h, const void *body, size_t len, headroom_bytes *out, size_t *restored,
                     size_t *missing)
{
    struct reading w = {0};
    hr_buf b = {0};
    uint8_t secret[32];
    size_t k = 0;
    int r = read_body(&w, body, len);

    *out = (headroom_bytes){0};
    *restored = *missing = 0;
    if (r == 0 && h->store)
        r = hr_context_key(h, secret);
    hr_splice *list = r < 0 ? NULL : hr_arena_alloc(w.arena, (w.conv.results + 1) * sizeof *list);
    if (r == 0 && !list)
        r = HR_ENOMEM;
    for (size_t i = 0; r >= 0 && i < w.conv.n; i++) {
        hr_item it;
        hr_str raw;
        if (w.conv.ev[i].kind != HR_EV_RESULT || (r = hr_item_read(&w.conv, i, &it)) < 0) {
            r = r == HR_ENOMEM ? r : 0;
            continue;
        }
        r = h->store ? original_of(h, &w, secret, &it, &raw) : 0;
        bool gone = r == HR_ENOENT;
        if (r == 0 || gone)
            r = unformed(w.arena, it.content, &raw);
        if (r == 1)
            list[k++] = (hr_splice){it.raw_off, it.raw_len, raw};
        else
            *missing += gone || (!h->store && hr_text_has_note(it.content));
    }
    if (r >= 0)
        r = hr_splice_apply(&b, body, len, list, k);
    if (r >= 0)
        r = hand_over(&b, out);
    if (r >= 0)
        *restored = k;
    else
        hr_buf_free(&b);
    hr_arena_free(w.arena);
    return r;
}

uint64_t headroom_left_out(const void *body, size_t len)
{
    struct reading w = {0};
    uint64_t messages = 0;
    hr_str text;
    int r = read_body(&w, body, len);

    for (size_t i = 0; r == 0 && i < w.conv.n && messages == 0; i++) {
        const hr_event *e = &w.conv.ev[i];
        if (e->kind == HR_EV_HUMAN &&
            hr_string_decode(w.arena, w.conv.body + e->lit.off, e->lit.len, &text) == 0)
            messages = hr_window_marker_read(text);
    }
    hr_arena_free(w.arena);
    return messages;
}

/* ------------------------------------------------------------------ --kept */
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

static void write_kept(hr_buf *b, const hr_tree *t, uint32_t array, const hr_note *note)
{
    uint32_t i = 0;
    write_positions(b, note);
    for (uint32_t c = t->nodes[array].child; c && t->nodes[c].next; c = t->nodes[c].next, i++) {
        if (i)
            hr_buf_putc(b, ',');
        hr_buf_add(b, t->text + t->nodes[c].off, t->nodes[c].len);
    }
    hr_buf_puts(b, "]}");
}

/* The same of a text's lines, which may stand in a lossless form. 0, HR_ENOMEM. */
static int write_kept_lines(hr_buf *b, hr_str lines, const hr_note *note)
{
    hr_buf plain = {0};
    hr_str line;
    bool ended;
    int r = hr_form_decode(&plain, lines);

    if (r < 0) {
        hr_buf_free(&plain);
        return r;
    }
    if (r == 1)
        lines = hr_buf_view(&plain);
    write_positions(b, note);
    for (bool first = true; hr_line_next(&lines, &line, &ended); first = false) {
        if (!first)
            hr_buf_putc(b, ',');
        hr_buf_putc(b, '"');
        hr_string_encode(b, line);
        hr_buf_putc(b, '"');
    }
    hr_buf_puts(b, "]}");
    hr_buf_free(&plain);
    return 0;
}

/* The note that ends this array, if there is one: the last child is an object with our key alone. 1, 0, <0. */
static int note_of(hr_arena *a, const hr_tree *t, uint32_t array, hr_note *note)
{
    const hr_node *nodes = t->nodes;
    uint32_t last = nodes[array].child;
    hr_str value;

    while (last && nodes[last].next)
        last = nodes[last].next;
    if (!last || nodes[last].type != HR_JSON_OBJECT || nodes[last].count != 1)
        return 0;
    const hr_node *m = &nodes[nodes[last].child];
    hr_value key = {.type = HR_JSON_STRING, .escaped = m->key_escaped, .off = m->key_off, .len = m->key_len};
    if (m->type != HR_JSON_STRING || !hr_lexeme_is(t->text, &key, HR_NOTE_KEY))
        return 0;
    int r = hr_string_decode(a, t->text + m->off, m->len, &value);
    if (r == 0)
        r = hr_note_read(a, value, note);
    if (r == HR_ENOMEM)
        return r;
    return r == 0 && note->of - note->omitted + 1 == nodes[array].count;
}

/* All notes in a text, also in JSON that stands inside its strings; the texts still to be looked at are a list, not a recursion. */
static int kept_in_text(hr_arena *a, hr_str text, hr_buf *out)
{
    struct pending {
        hr_str text;
        struct pending *next;
    } first = {text, NULL}, *todo = &first;

    while (todo) {
        hr_tree t;
        hr_note note;
        hr_str now = todo->text, lines;
        todo = todo->next;
        int r = hr_note_of_text(a, now, &note, &lines);
        if (r == 1)
            r = write_kept_lines(out, lines, &note);
        if (r != HR_ENOMEM)
            r = hr_tree_parse(&t, a, now.p, now.n, NULL);
        if (r == HR_ENOMEM)
            return r;
        for (uint32_t i = 1; r == 0 && i < t.n; i++) {
            if (t.nodes[i].type == HR_JSON_ARRAY) {
                int found = note_of(a, &t, i, &note);
                if (found < 0)
                    return found;
                if (found)
                    write_kept(out, &t, i, &note);
            } else if (t.nodes[i].type == HR_JSON_STRING && t.nodes[i].len > 8) {
                struct pending *p = hr_arena_alloc(a, sizeof *p);
                if (!p)
                    return HR_ENOMEM;
                if (hr_string_decode(a, now.p + t.nodes[i].off, t.nodes[i].len, &p->text) < 0 ||
                    p->text.n == 0 || (p->text.p[0] != '[' && p->text.p[0] != '{'))
                    continue;
                p->next = todo;
                todo = p;
            }
        }
    }
    return 0;
}

int headroom_restore_kept(headroom *h, const void *body, size_t len, headroom_bytes *json)
{
    struct reading w = {0};
    hr_buf b = {0};
    int r = read_body(&w, body, len);

    (void)h;
    *json = (headroom_bytes){0};
    hr_buf_putc(&b, '[');
    for (size_t i = 0; r >= 0 && i < w.conv.n; i++) {
        hr_item it;
        if (w.conv.ev[i].kind != HR_EV_RESULT)
            continue;
        r = hr_item_read(&w.conv, i, &it);
        if (r >= 0)
            r = kept_in_text(w.arena, hr_unwrap(it.content).inside, &b);
        else if (r != HR_ENOMEM)
            r = 0;
    }
    hr_buf_puts(&b, "]\n");
    if (r >= 0)
        r = hand_over(&b, json);
    if (r < 0)
        hr_buf_free(&b);
    hr_arena_free(w.arena);
    return r;
}
