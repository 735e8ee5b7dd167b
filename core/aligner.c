/* aligner.c - see aligner.h. */
#include "aligner.h"

#include <string.h>

#include "conversation_key.h"
#include "limits.h"
#include "siphash.h"
#include "token/token.h"
#include "transform/volatile.h"

#define SENT "system sent"

/* ------------------------------------------------------------------ keys */
static void key_of(const uint8_t secret[16], const char *sort, const uint8_t conversation[16], hr_str text,
                   uint8_t key[16])
{
    hr_siphash h;

    hr_siphash_init(&h, secret);
    hr_siphash_field(&h, hr_str_make(sort, strlen(sort)));
    hr_siphash_add(&h, conversation, 16);
    hr_siphash_field(&h, text);
    hr_siphash_end(&h, key);
}

int hr_align_sent_key(const uint8_t secret[16], const hr_dialect *d, hr_conversation *conv, hr_str text,
                      uint8_t key[16])
{
    uint8_t conversation[16];
    int r = hr_conversation_key(secret, d, conv, conversation);

    if (r == 0)
        key_of(secret, SENT, conversation, text, key);
    return r;
}

/* What a literal is known by: its conversation's keys, and a fingerprint of its bytes. */
struct place {
    uint8_t conversation[16], nameless[16], print[16];
    bool printed, late; /* late: an assistant turn stands behind the first human text */
};

static int find_place(headroom_request *r, hr_conversation *conv, const uint8_t secret[16], hr_str raw,
                      struct place *p)
{
    const hr_print_key *k = hr_context_print(r->h);
    hr_siphash h;
    int err = hr_conversation_keys(secret, r->dialect, conv, p->conversation, p->nameless);

    if (err < 0)
        return err;
    for (size_t i = 0; i < conv->n && !p->late; i++)
        p->late = conv->ev[i].kind == HR_EV_ASSISTANT;
    if (!k)
        return 0;
    hr_print_init(&h, k);
    hr_siphash_field(&h, HR_STR("system"));
    hr_siphash_add(&h, p->conversation, sizeof p->conversation);
    hr_print_field(&h, k, raw);
    hr_siphash_end(&h, p->print);
    p->printed = true;
    return 0;
}

/* Is it known to have no decision? remember: it is from now on. */
static bool is_unaligned(headroom *h, const struct place *p, bool remember)
{
    uint64_t mark, slot;

    if (!p->printed || !p->late)
        return false;
    memcpy(&mark, p->print, sizeof mark);
    memcpy(&slot, p->print + sizeof mark, sizeof slot);
    _Atomic uint64_t *at =
        &h->unaligned.slots[slot % (sizeof h->unaligned.slots / sizeof *h->unaligned.slots)];
    if (remember)
        atomic_store_explicit(at, mark, memory_order_relaxed);
    return atomic_load_explicit(at, memory_order_relaxed) == mark;
}

/* ------------------------------------------------------------------ is it worth it? */
static bool names(hr_str model, const char *part)
{
    return hr_str_find(model, hr_str_make(part, strlen(part)), 0) != SIZE_MAX;
}

/* What follows the name as 100 * major + minor: "gpt-5.6-sol" is 506; 0: no number does. */
static unsigned version(hr_str model, const char *name)
{
    size_t at = hr_str_find(model, hr_str_make(name, strlen(name)), 0);
    unsigned part[2] = {0, 0};

    if (at == SIZE_MAX)
        return 0;
    at += strlen(name);
    for (int i = 0; i < 2; i++) {
        for (; at < model.n && model.p[at] >= '0' && model.p[at] <= '9' && part[i] < 100; at++)
            part[i] = part[i] * 10 + (unsigned)(model.p[at] - '0');
        if (at == model.n || model.p[at++] != '.')
            break;
    }
    return 100 * part[0] + part[1];
}

/* From how many tokens on the provider keeps the longest prefix that it has seen; SIZE_MAX: it does not. */
static size_t smallest_prefix(const hr_conversation *conv, const hr_dialect *d)
{
    const bool gemini = names(conv->model, "gemini");

    if (strcmp(d->name, "ollama") == 0)
        return 0;
    if (strcmp(d->name, "openai_chat") != 0 && strcmp(d->name, "openai_responses") != 0 &&
        strcmp(d->name, "gemini") != 0)
        return SIZE_MAX;
    if (!conv->resends || names(conv->model, "claude") || version(conv->model, "gpt-") >= 506)
        return SIZE_MAX;
    if (!gemini)
        return strcmp(d->name, "gemini") == 0 ? SIZE_MAX : 1024;
    return version(conv->model, "gemini-") < 205 ? SIZE_MAX : names(conv->model, "flash") ? 1024 : 4096;
}

bool hr_align_gains(const hr_conversation *conv, const hr_dialect *d, size_t before, size_t gained)
{
    return gained >= HR_MIN_ALIGNED_TOKENS && before >= smallest_prefix(conv, d);
}

/* ------------------------------------------------------------------ the decision */
/* A first request: no answer in it, and no history at the provider. */
static bool may_decide(const headroom_request *r, const hr_conversation *conv, const struct place *p,
                       bool bound)
{
    if (p->late || conv->server_state || conv->unpaired)
        return false;
    return r->aligner != HR_SWITCH_OFF && r->mode != HEADROOM_AUDIT && r->level != HR_LEVEL_REPLAY &&
           !r->bypass && !r->broken && !(bound && r->h->config.number[HR_SET_BOUND] == HR_BOUND_LEAVE);
}

/* Fill d with what goes out, and the text that it stands for. 1; 0: nothing moves, or nothing is gained by it; <0. */
static int choose(headroom_request *r, hr_conversation *conv, hr_str text, hr_decision *d, hr_str *moved)
{
    hr_moved m;
    hr_buf sent = {0};
    int err = hr_volatile_move(conv->scratch, text, &m);

    if (err != 1)
        return err;
    if (r->aligner == HR_SWITCH_AUTO &&
        !hr_align_gains(conv, r->dialect,
                        hr_tokens(m.text.p, m.stable) + hr_tokens_json(conv->tools.p, conv->tools.n),
                        hr_tokens(m.text.p + m.from, m.stable - m.from)))
        return 0;
    hr_string_encode(&sent, m.text);
    d->sent = hr_str_make(sent.err ? NULL : hr_arena_dup(conv->arena, sent.data, sent.len), sent.len);
    hr_buf_free(&sent);
    if (!d->sent.p)
        return HR_ENOMEM;
    *moved = m.text;
    d->lossless = true;
    d->transform = HR_STR("cache_aligner");
    d->kind = d->tool = HR_STR("system");
    d->tokens_before = (uint32_t)hr_counter_tokens(&r->counter, text.p, text.n);
    d->tokens_after = (uint32_t)hr_counter_tokens(&r->counter, m.text.p, m.text.n);
    d->counted = r->counter.by;
    return 1;
}

/* On disk before it leaves, with what it stands for where that may be stored: nothing is left out of the new text. 0, <0. */
static int commit(headroom_request *r, hr_conversation *conv, hr_str raw, bool bound, hr_decision *d)
{
    hr_original original = {.raw = raw}, none = {0};
    hr_ledger *l = r->h->ledger;
    int err = HR_EFULL;

    if (!r->h->store || r->mode == HEADROOM_SIMULATE || r->count_only)
        return 0;
    memcpy(original.id, d->id, sizeof original.id);
    d->has_original = r->h->config.number[HR_SET_ORIGINALS] != 0;
    if (d->has_original)
        err = hr_ledger_commit(l, conv->arena, d, &original, 1, bound, 0);
    if (err != HR_EFULL)
        return err;
    d->has_original = false;
    return hr_ledger_commit(l, conv->arena, d, &none, 1, bound, 0);
}

/* d has its keys but for the one of what is sent. 1, 0: the text stays, <0. */
static int decide(headroom_request *r, hr_conversation *conv, const struct place *p, const uint8_t secret[16],
                  hr_str text, hr_str raw, hr_decision *d)
{
    const bool bound = hr_model_is_bound(conv->model), timed = !(r->h->flags & HEADROOM_NO_DEADLINE);
    const uint64_t deadline = hr_cpu_us() + (uint64_t)r->h->config.number[HR_SET_DEADLINE_MS] * 1000;
    uint8_t own[16];
    hr_str moved;

    if (!may_decide(r, conv, p, bound))
        return 0;
    int err = choose(r, conv, text, d, &moved);
    if (err != 1 || (timed && hr_cpu_us() > deadline))
        return err < 0 ? err : 0;
    key_of(secret, SENT, p->conversation, text, own);
    err = hr_ledger_is_sent(r->h->ledger, conv->arena, own);
    if (err != 0) /* ours already */
        return err < 0 ? err : 0;
    key_of(secret, SENT, p->conversation, moved, d->sentkey);
    err = commit(r, conv, raw, bound, d);
    return err < 0 ? err : 1;
}

/* The ledger's answer for this literal, or a new one. 1, 0, <0. */
static int find_or_decide(headroom_request *r, hr_conversation *conv, hr_item *it)
{
    const hr_str raw = hr_str_make(conv->body + it->raw_off, it->raw_len);
    hr_ledger *l = r->h->ledger;
    struct place p = {.late = false};
    hr_decision blank = {0};
    uint8_t secret[32];
    hr_str text;
    size_t len;
    int err = hr_context_key(r->h, secret);

    if (err == 0)
        err = find_place(r, conv, secret, raw, &p);
    if (err < 0 || is_unaligned(r->h, &p, false))
        return err;
    if (conv->server_state && !p.late) /* its first human text may be anywhere in the conversation */
        return 0;
    it->state = HR_ITEM_FOUND;
    if (p.printed && (err = hr_ledger_recall(l, conv->arena, p.print, &it->decision, &len)) != 0)
        return err;
    err = hr_string_decode(conv->scratch, conv->body + conv->system.off, conv->system.len, &text);
    if (err < 0)
        return err;
    key_of(secret, "system", p.conversation, text, blank.key);
    key_of(secret, "system", p.nameless, text, blank.idkey);
    memcpy(blank.id, blank.key, sizeof blank.id);
    err = hr_ledger_find(l, conv->arena, blank.key, blank.idkey, !p.late, &it->decision);
    if (err == 0 && !is_unaligned(r->h, &p, true)) {
        it->state = HR_ITEM_NEW;
        it->decision = blank;
        err = decide(r, conv, &p, secret, text, raw, &it->decision);
    }
    /* One that was found by its text alone is looked up each time: another may come to have it too. */
    if (err == 1 && p.printed && memcmp(it->decision.key, blank.key, sizeof blank.key) == 0)
        hr_ledger_met(l, blank.key, p.print, raw.n);
    return err;
}

/* In the order of the body: an item that could not be read has no place in it. */
static void insert(hr_item *items, size_t *n, const hr_item *it)
{
    size_t at = 0;

    while (at < *n && (items[at].raw_len == 0 || items[at].raw_off < it->raw_off))
        at++;
    memmove(items + at + 1, items + at, (*n - at) * sizeof *items);
    items[at] = *it;
    ++*n;
}

int hr_align(headroom_request *r, hr_conversation *conv, hr_item *items, size_t *n)
{
    hr_item it = {.raw_off = conv->system.off + 1, .raw_len = conv->system.len - 2};

    if (conv->system.len < 3 || conv->system.len > HR_MAX_SYSTEM)
        return 0;
    hr_arena *scratch = hr_arena_new();
    if (!scratch)
        return HR_ENOMEM;
    conv->scratch = scratch;
    int err = find_or_decide(r, conv, &it);
    conv->scratch = conv->arena;
    hr_arena_free(scratch);
    if (err == 1 && !it.decision.verbatim)
        insert(items, n, &it);
    return err == HR_ENOMEM ? err : 0;
}
