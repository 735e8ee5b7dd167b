/* window_count.c - see window_count.h. */
#include "window_count.h"

#include <stdlib.h>

static int by_place(const void *x, const void *y)
{
    const hr_mark *a = x, *b = y;
    return (a->off > b->off) - (a->off < b->off);
}

int hr_window_count_init(hr_window_count *w, headroom_request *r, const hr_conversation *c,
                         const hr_item *items, size_t n, const hr_elements *el, bool holes)
{
    size_t k = 0, kept = 0;

    *w = (hr_window_count){
        .counts = &r->h->counts, .counter = &r->counter, .key = hr_context_print(r->h), .c = c};
    w->marks = hr_arena_alloc(c->arena, (n + el->n_holes + 1) * sizeof *w->marks);
    if (!w->marks)
        return HR_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const hr_item *it = &items[i];
        const bool open = it->state == HR_ITEM_OPEN;
        if (it->raw_len)
            w->marks[k++] =
                (hr_mark){it->raw_off, it->raw_len, open ? it->tokens : it->decision.tokens_after};
    }
    for (size_t i = 0; holes && i < el->n_holes; i++)
        w->marks[k++] = (hr_mark){el->holes[i].off, el->holes[i].len, el->holes[i].tokens};
    qsort(w->marks, k, sizeof *w->marks, by_place);
    /* What a result is made of is counted with the result: its literal's inside begins behind the hole's quote. */
    for (size_t i = 0; i < k; i++) {
        if (i + 1 < k && w->marks[i + 1].off < w->marks[i].off + w->marks[i].len)
            continue;
        w->marks[kept++] = w->marks[i];
    }
    w->n = kept;
    return 0;
}

/* The first mark at or behind from. */
static size_t first_mark(const hr_window_count *w, size_t from)
{
    size_t low = 0, high = w->n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (w->marks[middle].off < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t hr_window_count_range(const hr_window_count *w, size_t from, size_t to, bool marks)
{
    uint64_t sum = 0;

    for (size_t i = first_mark(w, from); i < w->n && w->marks[i].off + w->marks[i].len <= to; i++) {
        sum += hr_counts_json(w->counts, w->key, w->counter, w->c->body + from, w->marks[i].off - from);
        sum += marks ? w->marks[i].tokens : 0;
        from = w->marks[i].off + w->marks[i].len;
    }
    return sum + hr_counts_json(w->counts, w->key, w->counter, w->c->body + from, to - from);
}
