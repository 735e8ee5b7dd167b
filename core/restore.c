/* restore.c - a body as sent, back to what the program made; and what its notes say was kept. See headroom.h. */
#include <string.h>

#include "aligner.h"
#include "context.h"
#include "kept.h"
#include "limits.h"
#include "transform/layers.h"
#include "transform/transform.h"
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

/* A lossless form, or a reference to an earlier result, read back, as the inside of a JSON string. 1, 0, HR_ENOMEM. */
static int unformed(struct reading *w, const hr_item *items, size_t i, hr_str *raw)
{
    const hr_str content = items[i].content;
    hr_arena *a = w->arena;
    hr_buf text = {0}, inside = {0};
    int r = hr_text_has_note(content)
                ? 0
                : hr_layers_decode(&text, content, 0); /* a form of what a selection kept */

    if (r == 0)
        r = hr_again_restore(&w->conv, items, i, &text);
    if (r == 1) {
        hr_string_encode(&inside, hr_buf_view(&text));
        *raw = hr_str_make(hr_arena_dup(a, inside.data, inside.len), inside.len);
        r = inside.err || !raw->p ? HR_ENOMEM : 1;
    }
    hr_buf_free(&text);
    hr_buf_free(&inside);
    return r;
}

/* The system text, if the aligner sent it, among the others in the body's order. 0, <0. */
static int add_system(headroom *h, struct reading *w, const uint8_t secret[16], hr_splice *list, size_t *n,
                      size_t *missing)
{
    const hr_value *lit = &w->conv.system;
    hr_decision d;
    hr_str text, raw;
    uint8_t key[16];
    size_t at = *n;

    int r = lit->len < 2 ? HR_ENOENT : hr_string_decode(w->arena, w->conv.body + lit->off, lit->len, &text);
    if (r == 0)
        r = hr_align_sent_key(secret, w->dialect, &w->conv, text, key);
    if (r < 0)
        return r == HR_ENOMEM ? r : 0;
    r = hr_store_decision_by_sentkey(h->store, w->arena, key, &d);
    if (r == 1)
        r = d.has_original ? hr_store_original(h->store, w->arena, d.id, &raw) : HR_ENOENT;
    else if (r <= 0)
        return r;
    if (r < 0) {
        *missing += r == HR_ENOENT;
        return r == HR_ENOENT ? 0 : r;
    }
    for (; at > 0 && list[at - 1].off > lit->off; at--)
        list[at] = list[at - 1];
    list[at] = (hr_splice){lit->off + 1, lit->len - 2, raw};
    ++*n;
    return 0;
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
    hr_item *items = r < 0 ? NULL : hr_arena_zalloc(w.arena, (w.conv.results + 1) * sizeof *items);
    size_t n = 0;
    if (r == 0 && (!list || !items))
        r = HR_ENOMEM;
    for (size_t i = 0; r >= 0 && i < w.conv.n; i++) {
        if (w.conv.ev[i].kind != HR_EV_RESULT)
            continue;
        hr_item it = {.event = i};
        hr_str raw;
        r = hr_item_read(&w.conv, i, &it);
        items[n++] = it;
        if (r < 0) {
            r = r == HR_ENOMEM ? r : 0;
            continue;
        }
        r = h->store ? original_of(h, &w, secret, &it, &raw) : 0;
        bool gone = r == HR_ENOENT;
        if (r == 0 || gone)
            r = unformed(&w, items, n - 1, &raw);
        if (r == 1)
            list[k++] = (hr_splice){it.raw_off, it.raw_len, raw};
        else
            *missing += gone || (!h->store && hr_text_has_note(it.content));
    }
    if (r >= 0 && h->store)
        r = add_system(h, &w, secret, list, &k, missing);
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
            r = hr_kept_in_text(w.arena, it.content, &b);
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
