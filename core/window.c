/* window.c - see window.h. */
#include "window.h"

#include <string.h>

#include "context_limit.h"
#include "conversation_key.h"
#include "limits.h"
#include "siphash.h"
#include "token/token.h"
#include "window_count.h"
#include "window_marker.h"
#include "window_plan.h"
#include "window_shapes.h"

enum {
    /* Bytes of a body from which on it is worth a note that its model is not known: no model in use takes less than 8,000 tokens. */
    NOTEWORTHY = 32 << 10,
    /* Tokens of the message of ours, at the most. */
    MARKER_TOKENS = 48
};

/* What one call of hr_window knows. */
struct step {
    headroom_request *r;
    hr_conversation *c;
    hr_item *items;
    size_t n;
    uint8_t secret[32];
    hr_context_limit limit;
    int64_t
        room; /* tokens, as token.h counts them, that may go out; 0: the limit is not known, or all of it is the answer's */
    const char *no_new; /* why no new cut is made, or NULL */
    hr_elements el;
    uint32_t *tokens; /* of each element */
    uint64_t total;   /* of the body with all of them */
    uint32_t *
        spare; /* of each element: what its references to earlier results save, which go with those (HR_AGAIN) */
    uint8_t (*hashes)[16];
    bool *hashed;
    hr_cut cut; /* the one that is applied; messages 0: none */
    bool *goes; /* its elements */
    uint64_t gone;
    bool is_new;
    uint64_t deadline; /* hr_cpu_us; 0: none */
};

/* ------------------------------------------------------------------ may there be a new cut? */
static const char *forbidden(const struct step *s)
{
    const headroom_request *r = s->r;

    if (r->window == HR_SWITCH_OFF)
        return "off";
    if (r->bypass)
        return "bypass";
    if (r->broken)
        return "breaker";
    if (r->level == HR_LEVEL_REPLAY)
        return "replay";
    if (s->c->server_state)
        return "server_state";
    if (s->c->unpaired)
        return hr_error_name(HR_EPAIR);
    if (hr_model_is_bound(s->c->model))
        return "bound";
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].reason && strcmp(s->items[i].reason, hr_error_name(HR_ETIME)) == 0)
            return s->items[i].reason;
    return NULL;
}

static int64_t room_of(const struct step *s)
{
    int64_t reserve = s->r->output_buffer;

    if (s->limit.with_output && s->el.max_tokens > (uint64_t)reserve)
        reserve = (int64_t)s->el.max_tokens;
    const int64_t left = s->limit.tokens - reserve;
    return left <= 0 ? 0 : left * 100 / s->limit.percent;
}

/* ------------------------------------------------------------------ what a cut is */
/* Elements that the ranges name. false: this body has not as many, or they would leave nothing. */
static bool read_ranges(const struct step *s, hr_str ranges, bool *goes)
{
    size_t number[2], at = 0, end = 0;

    memset(goes, 0, s->el.n * sizeof *goes);
    while (at < ranges.n) {
        for (int k = 0; k < 2; k++, at++) {
            const size_t from = at;
            for (number[k] = 0; at < ranges.n && ranges.p[at] >= '0' && ranges.p[at] <= '9' && at - from < 9;
                 at++)
                number[k] = number[k] * 10 + (size_t)(ranges.p[at] - '0');
            if (at == from || (at < ranges.n ? ranges.p[at] != (k ? ' ' : '+') : k == 0))
                return false;
        }
        if (number[1] == 0 || number[0] < end || number[0] + number[1] >= s->el.n)
            return false;
        for (end = number[0]; number[1]--; end++) {
            if (s->el.list[end].kind == HR_EL_SYSTEM)
                return false;
            goes[end] = true;
        }
    }
    return end > 0;
}

static int write_ranges(const struct step *s, const bool *goes, hr_str *out)
{
    hr_buf b = {.max = HR_CUT_MAX};

    for (size_t i = 0, end; i < s->el.n; i = end) {
        end = i + 1;
        if (!goes[i])
            continue;
        while (end < s->el.n && goes[end])
            end++;
        if (b.len)
            hr_buf_putc(&b, ' ');
        hr_buf_u64(&b, i);
        hr_buf_putc(&b, '+');
        hr_buf_u64(&b, end - i);
    }
    int err = b.err;
    *out = hr_str_make(err ? NULL : hr_arena_dup(s->c->arena, b.data, b.len), b.len);
    hr_buf_free(&b);
    return err ? HR_ELIMIT : out->p ? 0 : HR_ENOMEM;
}

/* The name of a cut: dialect, what goes, and what it says. 0, HR_EJSON. */
static int print_of(struct step *s, hr_str ranges, const bool *goes, uint8_t print[16])
{
    const uint8_t *key = s->secret + 16;
    hr_siphash h, one;

    hr_siphash_init(&h, key);
    hr_siphash_field(&h, HR_STR("cut"));
    hr_siphash_field(&h, hr_str_make(s->r->dialect->family, strlen(s->r->dialect->family)));
    hr_siphash_field(&h, ranges);
    for (size_t i = 0; i < s->el.n; i++) {
        if (!goes[i])
            continue;
        if (!s->hashed[i]) {
            hr_siphash_init(&one, key);
            int r = hr_element_hash(s->c, &s->el.list[i], &one);
            if (r < 0)
                return r;
            hr_siphash_end(&one, s->hashes[i]);
            s->hashed[i] = true;
        }
        hr_siphash_add(&h, s->hashes[i], sizeof s->hashes[i]);
    }
    hr_siphash_end(&h, print);
    return 0;
}

/* ------------------------------------------------------------------ stored cuts */
/* Of the stored cuts the one that meets most messages of this body. 0 or HR_ENOMEM. */
static int match(struct step *s, const hr_cut *stored, int n)
{
    bool *goes = hr_arena_alloc(s->c->arena, s->el.n + 1), *best = s->goes;
    uint8_t print[16];

    if (!goes)
        return HR_ENOMEM;
    for (int i = 0; i < n; i++) {
        if (stored[i].messages <= s->cut.messages || !read_ranges(s, stored[i].ranges, goes) ||
            print_of(s, stored[i].ranges, goes, print) < 0 ||
            memcmp(print, stored[i].print, sizeof print) != 0)
            continue;
        s->cut = stored[i];
        bool *swap = best;
        best = goes;
        goes = swap;
    }
    s->goes = best;
    return 0;
}

/* ------------------------------------------------------------------ counting */
static int count(struct step *s)
{
    const hr_elements *el = &s->el;
    hr_window_count w;
    int r = hr_window_count_init(&w, s->r, s->c, s->items, s->n, el, true);

    if (r < 0)
        return r;
    s->total = hr_window_count_range(&w, 0, el->list[0].off, true);
    for (size_t i = 0; i < el->n; i++) {
        const hr_element *e = &el->list[i];
        const size_t end = i + 1 < el->n ? el->list[i + 1].off : s->c->len;
        const uint64_t n = hr_window_count_range(&w, e->off, end, true);
        s->tokens[i] = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
        s->total += n;
        s->gone += s->goes[i] ? s->tokens[i] : 0;
    }
    for (size_t i = 0, k = 0; i < s->n; i++) {
        const hr_item *it = &s->items[i];
        if (it->state == HR_ITEM_OPEN || it->decision.verbatim ||
            !hr_str_is(it->decision.transform, HR_AGAIN))
            continue;
        while (k + 1 < el->n && el->list[k + 1].off <= it->raw_off)
            k++;
        s->spare[k] += it->decision.tokens_before - it->decision.tokens_after;
    }
    return 0;
}

/* Once something goes, what is referred to may be gone, and the whole result stands there again. */
static void count_whole(struct step *s)
{
    for (size_t i = 0; i < s->el.n; i++) {
        s->tokens[i] += s->spare[i];
        s->total += s->spare[i];
        s->gone += s->goes[i] ? s->spare[i] : 0;
        s->spare[i] = 0;
    }
}

/* What the row of the request says of the tokens that go out. */
static int account(struct step *s)
{
    const hr_elements *el = &s->el;
    hr_window_count w;
    int r = hr_window_count_init(&w, s->r, s->c, s->items, s->n, el, false);

    if (r < 0)
        return r;
    s->r->edit_tokens += (int64_t)hr_counter_tokens_json(&s->r->counter, s->cut.marker.p, s->cut.marker.n);
    for (size_t i = 0; i + 1 < el->n; i++)
        if (s->goes[i])
            s->r->edit_tokens -=
                (int64_t)hr_window_count_range(&w, el->list[i].off, el->list[i + 1].off, false);
    return 0;
}

/* ------------------------------------------------------------------ a new cut */
static const char *cannot(const struct step *s)
{
    if (s->el.managed && s->r->window != HR_SWITCH_ON)
        return "managed";
    /* A Claude that the table does not know may have its reasoning bound to what stands before it. */
    const bool claude = s->r->dialect == &hr_dialect_anthropic || s->r->dialect == &hr_dialect_bedrock;
    for (size_t i = 0; claude && !s->limit.known && i < s->el.n; i++)
        if (s->el.list[i].sealed)
            return "sealed";
    return NULL;
}

/* 0: s->cut is what goes now, perhaps as before, and s->no_new says why nothing more does. */
static int cut_anew(struct step *s)
{
    headroom *h = s->r->h;

    count_whole(s);
    const hr_window_task task = {
        .list = s->el.list,
        .n = s->el.n,
        .tokens = s->tokens,
        .alternate = hr_shape_of(s->r->dialect)->alternate,
        .keep_turns = s->r->keep_turns,
        .total = s->total,
        .allowed = (uint64_t)s->room,
        .target = (uint64_t)s->room * HR_WINDOW_TARGET / 100,
        .marker = MARKER_TOKENS,
    };
    hr_window_plan plan;
    hr_cut cut = {0};

    if ((s->no_new = cannot(s)))
        return 0;
    int r = hr_window_plan_make(s->c->arena, &task, &plan);
    if (r == 0)
        s->no_new = "window_too_small";
    if (r <= 0)
        return r;
    memcpy(cut.conversation, s->cut.conversation, sizeof cut.conversation);
    cut.messages = (uint32_t)plan.messages;
    cut.calls = (uint32_t)plan.calls;
    if ((r = write_ranges(s, plan.cut, &cut.ranges)) < 0 ||
        (r = hr_window_marker_write(s->c->arena, s->r->dialect, plan.messages, plan.calls, &cut.marker)) <
            0 ||
        (r = print_of(s, cut.ranges, plan.cut, cut.print)) < 0) {
        s->no_new = hr_error_name(r);
        return r == HR_ENOMEM ? r : 0;
    }
    if (s->deadline && hr_cpu_us() > s->deadline) {
        s->no_new = hr_error_name(HR_ETIME);
        return 0;
    }
    const bool dry = s->r->mode == HEADROOM_SIMULATE || s->r->count_only;
    if (!dry && (r = hr_cuts_commit(&h->cuts, h->store, s->c->arena, &cut)) < 0) {
        s->no_new = hr_error_name(r);
        return r == HR_ENOMEM ? r : 0;
    }
    s->cut = cut;
    s->goes = plan.cut;
    s->gone = plan.tokens;
    s->is_new = s->r->new_cut = true;
    return 0;
}

/* ------------------------------------------------------------------ out */
static int add_edit(headroom_request *r, hr_splice edit)
{
    hr_splice *list = hr_arena_alloc(r->work, (r->n_edits + 1) * sizeof *list);

    if (!list)
        return HR_ENOMEM;
    if (r->n_edits)
        memcpy(list, r->edits, r->n_edits * sizeof *list);
    list[r->n_edits] = edit;
    r->edits = list;
    r->n_edits++;
    return 0;
}

/* Ranges go; the message of ours comes before the first message, gone or not. */
static int apply(struct step *s)
{
    const hr_element *list = s->el.list;
    const size_t first = hr_window_first(list, s->el.n);
    const size_t n_edits = s->r->n_edits;
    int r = 0;
    char *marker = hr_arena_alloc(s->c->arena, s->cut.marker.n + 1);

    if (!marker)
        return HR_ENOMEM;
    memcpy(marker, s->cut.marker.p, s->cut.marker.n);
    marker[s->cut.marker.n] = ',';
    const hr_str with = hr_str_make(marker, s->cut.marker.n + 1);
    if (!s->goes[first])
        r = add_edit(s->r, (hr_splice){list[first].off, 0, with});
    for (size_t i = first, end; i < s->el.n && r == 0; i = end) {
        end = i + 1;
        if (!s->goes[i])
            continue;
        while (s->goes[end])
            end++;
        const size_t off = list[i].off, to = list[end].off; /* the last element never goes */
        r = add_edit(s->r, (hr_splice){off, to - off, i == first ? with : (hr_str){0}});
        for (size_t k = 0; k < s->n; k++) {
            const size_t at = s->c->ev[s->items[k].event].lit.off;
            s->items[k].cut |= at >= off && at < to;
        }
    }
    if (r == 0)
        r = account(s);
    if (r < 0) {
        s->r->n_edits = n_edits;
    } else {
        s->r->cut_messages = s->cut.messages;
        s->r->cut_at = s->is_new ? list[first].off + 1 : 0;
    }
    return r;
}

/* The row's object. Reasons that are the rule, and not worth a word, are left out by the caller. */
static int record(struct step *s, const char *reason)
{
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {{"messages", s->cut.messages},
                   {"calls", s->cut.calls},
                   {"tokens", s->gone},
                   {"limit", (uint64_t)s->limit.tokens}};
    hr_buf b = {0};

    hr_buf_puts(&b, "{\"action\":\"");
    hr_buf_puts(&b, s->is_new ? "cut" : s->cut.messages ? "replayed" : "none");
    hr_buf_puts(&b, "\",\"reason\":");
    if (reason) {
        hr_buf_putc(&b, '"');
        hr_buf_puts(&b, reason);
        hr_buf_putc(&b, '"');
    } else {
        hr_buf_puts(&b, "null");
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        hr_buf_puts(&b, ",\"");
        hr_buf_puts(&b, numbers[i].name);
        hr_buf_puts(&b, "\":");
        hr_buf_u64(&b, numbers[i].value);
    }
    hr_buf_putc(&b, '}');
    s->r->row.window = b.err ? NULL : hr_arena_dup(s->r->keep, b.data, b.len);
    int err = s->r->row.window ? 0 : HR_ENOMEM;
    hr_buf_free(&b);
    return err;
}

/* Elements and what is kept of them. 0, or why nothing can be cut. */
static int read_elements(struct step *s)
{
    hr_arena *a = s->c->arena;
    int r = hr_elements_read(&s->el, s->c, s->r->dialect);

    if (r < 0)
        return r;
    if (s->el.n == 0 || hr_window_first(s->el.list, s->el.n) == s->el.n)
        return HR_ESHAPE;
    s->tokens = hr_arena_zalloc(a, s->el.n * sizeof *s->tokens);
    s->spare = hr_arena_zalloc(a, s->el.n * sizeof *s->spare);
    s->hashes = hr_arena_alloc(a, s->el.n * sizeof *s->hashes);
    s->hashed = hr_arena_zalloc(a, s->el.n);
    s->goes = hr_arena_zalloc(a, s->el.n + 1);
    return s->tokens && s->spare && s->hashes && s->hashed && s->goes ? 0 : HR_ENOMEM;
}

static bool too_long(const struct step *s)
{
    const uint64_t ours = s->cut.messages ? MARKER_TOKENS : 0;

    return s->total - s->gone + ours > (uint64_t)s->room;
}

/* Stored cuts first, then, if that is not enough and may be, a new one. */
static int work(struct step *s, const hr_cut *stored, int n, bool new_too)
{
    int r = read_elements(s);

    if (r < 0)
        return r == HR_ENOMEM ? r : record(s, hr_error_name(r));
    if ((r = match(s, stored, n)) < 0)
        return r;
    s->room = room_of(s);
    if ((new_too || s->cut.messages) && (r = count(s)) < 0)
        return r;
    if (s->cut.messages)
        count_whole(s);
    const bool full = (new_too || s->cut.messages) && s->limit.tokens && too_long(s);
    if (full && !s->no_new && (r = cut_anew(s)) < 0)
        return r;
    if (s->cut.messages && (r = apply(s)) < 0)
        return r;
    return s->cut.messages || full ? record(s, full ? s->no_new : NULL) : 0;
}

/* More tokens than the body can have: those of the results are known, and of the rest each has at least one byte. */
static int64_t at_most(const struct step *s)
{
    int64_t most = (int64_t)s->c->len;

    for (size_t i = 0; i < s->n; i++) {
        const hr_item *it = &s->items[i];
        const bool open = it->state == HR_ITEM_OPEN;
        most += (int64_t)(open ? it->tokens : it->decision.tokens_before) - (int64_t)it->raw_len;
    }
    return most;
}

int hr_window(headroom_request *r, hr_conversation *c, hr_item *items, size_t n)
{
    const hr_str given = hr_str_make(r->h->config.text[HR_SET_CONTEXT_LIMITS],
                                     strlen(r->h->config.text[HR_SET_CONTEXT_LIMITS]));
    struct step s = {.r = r, .c = c, .items = items, .n = n};
    hr_cut stored[HR_CUTS_FOUND];
    uint8_t conversation[16];
    int found = 0;

    if (r->mode == HEADROOM_AUDIT)
        return 0;
    if (!(r->h->flags & HEADROOM_NO_DEADLINE))
        s.deadline = hr_cpu_us() + (uint64_t)r->h->config.number[HR_SET_DEADLINE_MS] * 1000;
    int err = hr_context_key(r->h, s.secret);
    int named = err < 0 ? err : hr_conversation_key(s.secret + 16, r->dialect, c, conversation);
    if (named == HR_ENOMEM)
        return named;
    if (named == 0) {
        memcpy(s.cut.conversation, conversation, sizeof conversation);
        found = hr_cuts_find(&r->h->cuts, r->h->store, c->arena, conversation, stored);
        if (found < 0)
            return found;
    }
    s.no_new = named < 0 ? hr_error_name(named) : forbidden(&s);
    const bool known = hr_context_limit_of(c->model, given, &s.limit);
    /* What max_tokens takes of the room is not known yet. */
    const int64_t least = (s.limit.tokens - r->output_buffer) / (s.limit.with_output ? 4 : 1);
    const bool long_enough = known && at_most(&s) * s.limit.percent / 100 > least;
    if (found == 0 && !known && r->window != HR_SWITCH_OFF && c->len >= NOTEWORTHY)
        return record(&s, "unknown_model");
    if (found == 0 && (!long_enough || r->window == HR_SWITCH_OFF))
        return 0;
    return work(&s, stored, found, long_enough);
}
