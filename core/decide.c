/* decide.c - for each tool result: the stored decision, or a new one that is on disk before it is used (law 4).

     known bytes -> else keys -> ledger -> (undecided, at the tail or adopted) -> transform -> accept? -> commit -> what was read
     back is sent

   A result that this process has met before is known again by its fingerprint and is neither decoded nor hashed (print.h). Of the
   others each is decoded into memory of its own, which is freed before the next is looked at. */
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "late.h"
#include "limits.h"
#include "overrides.h"
#include "token/token.h"
#include "transform/transform.h"

/* What one call of hr_decide knows. */
struct work {
    headroom_request *r;
    hr_conversation *conv;
    hr_item *items;
    uint8_t secret[32];
    bool keyed;                /* secret is valid: results can be looked up */
    const hr_print_key *print; /* NULL: nothing is known by its bytes */
    const char *no_new;        /* why no new decision is taken any more, or NULL */
    uint64_t deadline;         /* hr_cpu_us; 0: none */
    bool may_lose, bound;
    bool postpone; /* late results that may be adopted are not decided yet */
    enum hr_adopt adopt;
    hr_price_list prices; /* of the model; looked up where adopt is HR_ADOPT_NET */
};

bool hr_model_is_bound(hr_str model)
{
    static const char *const names[] = {"claude-fable-5-1",  "claude-fable-5-2", "claude-mythos-5-1",
                                        "claude-mythos-5-2", "claude-opus-5-5",  "claude-sonnet-5-5",
                                        "claude-haiku-5-5"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (hr_str_find(model, hr_str_make(names[i], strlen(names[i])), 0) != SIZE_MAX)
            return true;
    return false;
}

static void hex20(const uint8_t id[10], char out[21])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 10; i++) {
        out[2 * i] = digits[id[i] >> 4];
        out[2 * i + 1] = digits[id[i] & 15];
    }
    out[20] = 0;
}

/* Keys and the ledger's answer. <0: this result cannot be used (the reason is recorded) or HR_ENOMEM. */
static int look_up(struct work *w, hr_item *it, hr_str *query, hr_str *arguments)
{
    hr_conversation *c = w->conv;
    const hr_event *e = &c->ev[it->event];
    hr_decision *d = &it->decision;
    int r = hr_conversation_query(c, it->event, query);

    if (r < 0 || (r = hr_conversation_arguments(c, it->event, arguments)) < 0)
        return r;
    hr_decision blank = {0};
    hr_result_keys(w->secret, w->r->dialect, c, e, *arguments, it->content, *query, blank.key, blank.idkey);
    r = hr_ledger_find(w->r->h->ledger, c->arena, blank.key, blank.idkey, !it->late, d);
    if (r == 1) {
        it->state = HR_ITEM_FOUND;
        /* A row found by its (id, content) alone is so only until another has them too: it is looked up each time. */
        if (it->printed && memcmp(d->key, blank.key, sizeof d->key) == 0)
            hr_ledger_met(w->r->h->ledger, d->key, it->print, it->raw_len);
        return 0;
    }
    *d = blank;
    return r;
}

static bool worth_it(size_t before, size_t after)
{
    return after < before &&
           (before - after >= HR_MIN_SAVED_TOKENS || (before - after) * 100 >= before * HR_MIN_SAVED_PERCENT);
}

/* Where an earlier result says it in fewer tokens than `out`, whose state is r: that. As r. */
static int or_again(struct work *w, const hr_item *it, int r, hr_transform_out *out, size_t *after)
{
    hr_conversation *c = w->conv;
    hr_watch watch = {.deadline_cpu_us = w->deadline};
    hr_buf b = {0};
    int found = hr_again_choose(c, w->items, (size_t)(it - w->items), &b, &watch);
    const size_t tokens = found == 1 ? hr_tokens(b.data, b.len) : 0;

    if (found == 1 && (r == 0 || tokens < *after)) {
        const hr_str text = hr_str_make(hr_arena_dup(c->scratch, b.data, b.len), b.len);
        *out = (hr_transform_out){.text = text, .transform = HR_AGAIN, .kind = out->kind, .lossless = true};
        *after = tokens;
        r = text.p ? 1 : HR_ENOMEM;
    }
    hr_buf_free(&b);
    return found == HR_ENOMEM || (found < 0 && r != 1) ? found : r;
}

/* What d reports: by the counter of the request. Both texts are given with their tokens by o200k_base, which decide. */
static void figures(const struct work *w, hr_decision *d, hr_str before, size_t tokens_before, hr_str after,
                    size_t tokens_after)
{
    const hr_counter *c = &w->r->counter;

    if (c->by == HR_ENCODING_CL100K) {
        tokens_before = hr_counter_tokens(c, before.p, before.n);
        tokens_after = hr_counter_tokens(c, after.p, after.n);
    }
    d->tokens_before = (uint32_t)tokens_before;
    d->tokens_after = (uint32_t)tokens_after;
    d->counted = c->by;
}

/* Fill d with what stands for the content: a replacement, or verbatim with the reason. 0, HR_ENOMEM, HR_ETIME. */
static int choose(struct work *w, hr_item *it, hr_str query, hr_str arguments, const hr_tool_rules *rules,
                  bool may_lose)
{
    headroom *h = w->r->h;
    hr_conversation *c = w->conv;
    const hr_event *e = &c->ev[it->event];
    hr_decision *d = &it->decision;
    hr_transform_out out = {0};
    char id[21];

    memcpy(d->id, d->key, sizeof d->id);
    d->call_id = e->id;
    d->tool = hr_result_tool(c, it->event);
    const size_t before = hr_tokens(it->content.p, it->content.n);
    figures(w, d, it->content, before, it->content, before);
    d->verbatim = true;
    d->lossless = true;
    d->kind = HR_STR("text");
    d->reason = HR_STR("for_code");
    if (e->for_code)
        return 0;
    d->reason = HR_STR("small");
    if (before < (uint64_t)rules->min_tokens)
        return 0;
    d->reason = HR_STR("headroom_show");
    if (hr_str_find(arguments, HR_STR("headroom show"), 0) != SIZE_MAX)
        return 0;
    hr_sent_key(w->secret, w->r->dialect, c, e, arguments, it->content, d->sentkey);
    d->reason = HR_STR("already_ours");
    int r = hr_ledger_is_sent(h->ledger, c->arena, d->sentkey);
    if (r != 0)
        return r < 0 ? r : 0;

    hr_query *q = hr_query_new(c->scratch, query);
    if (!q)
        return HR_ENOMEM;
    hex20(d->id, id);
    const hr_transform_in in = {
        .text = it->content,
        .query = q,
        .allow_lossy = may_lose && rules->level == HR_LEVEL_CRUSH && !e->is_error,
        .offers_command = c->offers_command,
        .max_items = rules->max_items,
        .id = id,
        .deadline_cpu_us = w->deadline,
    };
    r = hr_transform(c->scratch, &in, &out);
    size_t after = r == 1 ? hr_tokens(out.text.p, out.text.n) : 0;
    if (r >= 0)
        r = or_again(w, it, r, &out, &after);
    if (r < 0)
        return r;
    if (out.kind)
        d->kind = hr_str_make(out.kind, strlen(out.kind));
    d->reason = HR_STR("nothing_to_gain");
    if (r == 0 || after == 0 || !worth_it(before, after))
        return 0;
    hr_buf sent = {0};
    hr_string_encode(&sent, out.text);
    char *copy = sent.err ? NULL : hr_arena_dup(c->arena, sent.data, sent.len);
    d->sent = hr_str_make(copy, sent.len);
    hr_buf_free(&sent);
    if (!copy)
        return HR_ENOMEM;
    hr_sent_key(w->secret, w->r->dialect, c, e, arguments, out.text, d->sentkey);
    d->verbatim = false;
    d->lossless = out.lossless;
    d->transform = hr_str_make(out.transform, strlen(out.transform));
    d->reason = out.strategy ? hr_str_make(out.strategy, strlen(out.strategy)) : (hr_str){0};
    figures(w, d, it->content, before, out.text, after);
    d->kept = (uint32_t)out.kept;
    d->of = (uint32_t)out.of;
    return 0;
}

/* A result first met when later turns already stand behind it: verbatim, unless the user adopts and nothing signed follows. */
static bool stays_late(const struct work *w, const hr_item *it)
{
    return it->late && (w->adopt == HR_ADOPT_NEVER || w->bound || it->sealed);
}

static int decide_new(struct work *w, hr_item *it, hr_str query, hr_str arguments)
{
    hr_tool_rules rules;
    int r =
        hr_overrides_of_tool(w->r, w->conv->scratch, hr_result_tool(w->conv, it->event), arguments, &rules);

    if (r < 0 || rules.leave) {
        it->reason = rules.leave;
        return r;
    }
    if (stays_late(w, it)) {
        const size_t tokens = hr_tokens(it->content.p, it->content.n);
        hr_late_leave(w->conv, it, 0);
        figures(w, &it->decision, it->content, tokens, it->content, tokens);
        return 0;
    }
    if (it->late && w->postpone) {
        it->postponed = true;
        return 0;
    }
    if (w->deadline && hr_cpu_us() > w->deadline)
        return HR_ETIME;
    r = choose(w, it, query, arguments, &rules, w->may_lose);
    if (r == 0)
        it->state = HR_ITEM_NEW;
    return r;
}

/* Put the new decisions on disk in one transaction; what is read back stands. originals: with what they stand for. */
static int commit(struct work *w, hr_item *items, size_t n, bool with_originals)
{
    headroom *h = w->r->h;
    hr_arena *a = w->conv->arena;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        k += items[i].state == HR_ITEM_NEW;
    if (k == 0 || !h->store)
        return 0;
    hr_decision *list = hr_arena_alloc(a, k * sizeof *list);
    hr_original *originals = hr_arena_zalloc(a, k * sizeof *originals);
    if (!list || !originals)
        return HR_ENOMEM;
    k = 0;
    for (size_t i = 0; i < n; i++) {
        if (items[i].state != HR_ITEM_NEW)
            continue;
        list[k] = items[i].decision;
        if (with_originals && !list[k].verbatim) {
            memcpy(originals[k].id, list[k].id, sizeof originals[k].id);
            originals[k].raw = hr_str_make(w->conv->body + items[i].raw_off, items[i].raw_len);
            list[k].has_original = true;
        }
        k++;
    }
    int r = hr_ledger_commit(h->ledger, a, list, originals, k, w->bound, 0);
    k = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        hr_item *it = &items[i];
        if (it->state != HR_ITEM_NEW)
            continue;
        it->decision = list[k++];
        if (it->printed)
            hr_ledger_met(h->ledger, it->decision.key, it->print, it->raw_len);
    }
    return r;
}

/* Take a new decision again without selection. */
static int choose_again(struct work *w, hr_item *it)
{
    hr_conversation *c = w->conv;
    hr_str query = {0}, arguments = {0};
    hr_tool_rules rules;
    hr_decision blank = {0};

    memcpy(blank.key, it->decision.key, sizeof blank.key);
    memcpy(blank.idkey, it->decision.idkey, sizeof blank.idkey);
    it->tokens = it->decision.tokens_before;
    it->decision = blank;
    int r = hr_item_read(c, it->event, it);
    if (r == 0)
        r = hr_conversation_query(c, it->event, &query);
    if (r == 0)
        r = hr_conversation_arguments(c, it->event, &arguments);
    if (r < 0 ||
        (r = hr_overrides_of_tool(w->r, c->scratch, hr_result_tool(c, it->event), arguments, &rules)) < 0)
        return r;
    return choose(w, it, query, arguments, &rules, false);
}

/* Run `step` for one item with memory of its own for what is decoded on the way. */
static int with_scratch(struct work *w, hr_item *it, int (*step)(struct work *, hr_item *))
{
    hr_conversation *c = w->conv;
    hr_arena *scratch = hr_arena_new();

    if (!scratch)
        return HR_ENOMEM;
    c->scratch = scratch;
    int r = step(w, it);
    c->scratch = c->arena;
    hr_arena_free(scratch);
    it->content = (hr_str){0};
    return r;
}

/* No original can be stored: the new decisions are taken again without selection (law 5). 0 or HR_ENOMEM. */
static int choose_lossless(struct work *w, hr_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hr_item *it = &items[i];
        if (it->state != HR_ITEM_NEW || it->decision.verbatim)
            continue;
        int r = with_scratch(w, it, choose_again);
        if (r == HR_ENOMEM)
            return r;
        if (r < 0) {
            it->state = HR_ITEM_OPEN;
            it->reason = hr_error_name(r);
        }
    }
    return 0;
}

static void forget_new(hr_item *items, size_t n, const char *reason)
{
    for (size_t i = 0; i < n; i++) {
        if (items[i].state != HR_ITEM_NEW)
            continue;
        items[i].state = HR_ITEM_OPEN;
        items[i].tokens = items[i].decision.tokens_before;
        items[i].reason = reason;
    }
}

static const char *store_word(struct work *w, int err)
{
    const char *why = err == HR_ESTORE && w->r->h->store ? hr_store_reason(w->r->h->store) : NULL;
    return why ? why : hr_error_name(err);
}

/* Why no new decision may be taken in this request, or NULL. */
static const char *forbidden(const struct work *w)
{
    const headroom *h = w->r->h;
    if (w->r->mode == HEADROOM_AUDIT)
        return "audit";
    if (w->r->bypass)
        return "bypass";
    if (w->r->broken)
        return "breaker";
    if (w->r->level == HR_LEVEL_REPLAY)
        return "replay";
    if (w->conv->unpaired)
        return hr_error_name(HR_EPAIR);
    if (w->bound && h->config.number[HR_SET_BOUND] == HR_BOUND_LEAVE)
        return "bound";
    return NULL;
}

/* What this process has met before, as it stands here. */
static bool recall(struct work *w, hr_item *it)
{
    hr_conversation *c = w->conv;

    if (!w->print)
        return false;
    hr_item_print(c, w->print, w->r->dialect, it);
    if (!it->printed ||
        hr_ledger_recall(w->r->h->ledger, c->arena, it->print, &it->decision, &it->raw_len) != 1)
        return false;
    it->raw_off = c->ev[it->event].lit.off + 1;
    it->state = HR_ITEM_FOUND;
    return true;
}

/* The ledger's answer for an item that was read, else a new decision. */
static void find_or_decide(struct work *w, hr_item *it)
{
    hr_str query, arguments;
    int found = look_up(w, it, &query, &arguments);

    if (found == HR_ESTORE || found == HR_EBUSY) {
        w->no_new = store_word(w, found); /* memory was searched; the rest is still replayed from there */
        found = 0;
    }
    if (found == 0 && it->state == HR_ITEM_OPEN)
        found = w->no_new ? (it->reason = w->no_new, 0) : decide_new(w, it, query, arguments);
    if (found < 0)
        it->reason = hr_error_name(found);
    if (found == HR_ETIME)
        w->no_new = it->reason;
    if (found == HR_ESTORE || found == HR_EBUSY)
        w->no_new = it->reason = store_word(w, found);
}

/* 0, or HR_ENOMEM where not even the text could be read. */
static int judge(struct work *w, hr_item *it)
{
    int r = hr_item_read(w->conv, it->event, it);

    if (r < 0) {
        it->reason = hr_error_name(r);
        return r == HR_ENOMEM ? r : 0;
    }
    if (w->keyed)
        find_or_decide(w, it);
    else
        it->reason = w->no_new;
    if (it->state == HR_ITEM_OPEN && !(w->postpone && it->postponed))
        it->tokens = (uint32_t)hr_counter_tokens(&w->r->counter, it->content.p, it->content.n);
    return 0;
}

/* adopt = net: new decisions on late results stand only where they pay. 0 or HR_ENOMEM. */
static int pay(struct work *w, size_t n)
{
    return w->adopt == HR_ADOPT_NET ? hr_late_pay(w->r, w->conv, w->items, n, &w->prices) : 0;
}

/* Late results that may be adopted come last: the time that a request may take is the new ones' first. Under adopt = net it is all of them or none, since a
   part each turn would lose the provider's cache each time; and where time does not suffice they stay as they are for good, since it would not
   the next time either. */
static int judge_late(struct work *w, hr_item *items, size_t n)
{
    const char *deadline = hr_error_name(HR_ETIME);
    const bool net = w->adopt == HR_ADOPT_NET && !w->no_new;
    int r = 0;

    w->postpone = false;
    for (size_t i = 0; i < n && r == 0; i++)
        r = items[i].postponed ? with_scratch(w, &items[i], judge) : 0;
    if (r < 0 || !net || !w->no_new || strcmp(w->no_new, deadline) != 0)
        return r;
    for (size_t i = 0; i < n; i++) {
        hr_item *it = &items[i];
        if (!it->postponed || (it->state != HR_ITEM_NEW && it->reason != deadline))
            continue;
        const uint32_t tokens = it->state == HR_ITEM_NEW ? it->decision.tokens_before : it->tokens;
        it->decision.counted = w->r->counter.by;
        it->reason = NULL;
        hr_late_leave(w->conv, it, tokens);
    }
    return 0;
}

int hr_decide(headroom_request *r, hr_conversation *conv, hr_item *items, size_t n)
{
    headroom *h = r->h;
    struct work w = {.r = r, .conv = conv, .items = items, .bound = hr_model_is_bound(conv->model)};
    int err = hr_context_key(h, w.secret);

    w.keyed = err == 0;
    w.print = w.keyed ? hr_context_print(h) : NULL;
    w.no_new = w.keyed ? forbidden(&w) : store_word(&w, err);
    w.may_lose = r->level == HR_LEVEL_CRUSH && h->config.number[HR_SET_ORIGINALS];
    if (!(h->flags & HEADROOM_NO_DEADLINE))
        w.deadline = hr_cpu_us() + (uint64_t)h->config.number[HR_SET_DEADLINE_MS] * 1000;
    w.adopt = hr_late_adopt(r, conv, &w.prices);
    hr_late_tell(conv, items, n);
    w.postpone = true;
    for (size_t i = 0; i < n; i++) {
        if (!recall(&w, &items[i]) && (err = with_scratch(&w, &items[i], judge)) < 0)
            return err;
    }
    if ((err = judge_late(&w, items, n)) < 0 || (err = pay(&w, n)) < 0)
        return err;
    if (w.no_new && w.keyed && strcmp(w.no_new, hr_error_name(HR_ETIME)) != 0)
        forget_new(items, n, w.no_new); /* the store failed halfway */
    if (r->mode == HEADROOM_SIMULATE || r->count_only)
        return 0;
    err = commit(&w, items, n, h->config.number[HR_SET_ORIGINALS]);
    if (err == HR_EFULL && (err = choose_lossless(&w, items, n)) == 0 && (err = pay(&w, n)) == 0)
        err = commit(&w, items, n, false);
    if (err < 0)
        forget_new(items, n, store_word(&w, err));
    return err == HR_ENOMEM ? err : 0;
}
