/* health.c - see health.h. */
#include "health.h"

#include <string.h>

#include "context.h"

void hr_marks_init(hr_marks *m)
{
    *m = (hr_marks){.lock = PTHREAD_MUTEX_INITIALIZER};
}

void hr_marks_free(hr_marks *m)
{
    pthread_mutex_destroy(&m->lock);
}

void hr_marks_check_fork(hr_marks *m)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;

    memcpy(&m->lock, &fresh, sizeof fresh);
}

/* Under the lock; NULL: none. */
static hr_cache_mark *find(hr_marks *m, int64_t conversation)
{
    for (size_t i = 0; i < HR_MARKS; i++)
        if (m->kept[i].conversation == conversation)
            return &m->kept[i];
    return NULL;
}

static void keep(hr_marks *m, const hr_cache_mark *mark)
{
    pthread_mutex_lock(&m->lock);
    hr_cache_mark *at = find(m, mark->conversation);
    if (!at) {
        at = &m->kept[m->next];
        m->next = (m->next + 1) % HR_MARKS;
        *at = *mark;
    } else if (at->time_us <= mark->time_us) { /* else a later request was answered first */
        *at = *mark;
    }
    pthread_mutex_unlock(&m->lock);
}

static bool recall(headroom *h, int64_t conversation, hr_cache_mark *out)
{
    pthread_mutex_lock(&h->marks.lock);
    const hr_cache_mark *at = find(&h->marks, conversation);
    if (at)
        *out = *at;
    pthread_mutex_unlock(&h->marks.lock);
    return at || hr_store_mark(h->store, conversation, out) == 1;
}

/* ------------------------------------------------------------------ what was made, and what is sent */
struct chains {
    hr_siphash made, sent;
};

static int64_t end_of(hr_siphash h)
{
    uint8_t out[16];
    int64_t v;

    hr_siphash_end(&h, out);
    memcpy(&v, out, sizeof v);
    return v;
}

static hr_str lexeme(const hr_conversation *c, const hr_value *v)
{
    return hr_str_make(c->body + v->off, v->len);
}

static bool is_zero(const uint8_t key[16])
{
    static const uint8_t none[16] = {0};
    return memcmp(key, none, sizeof none) == 0;
}

static bool is_rewrite(const headroom_request *r, const hr_item *it)
{
    return r->mode == HEADROOM_OPTIMIZE && !it->cut && it->state != HR_ITEM_OPEN && !it->decision.verbatim;
}

/* The system text stands among the items where it was aligned. */
static bool is_system(const hr_conversation *c, const hr_item *it)
{
    return c->system.len > 0 && it->raw_off == c->system.off + 1;
}

static void add_sent(struct chains *ch, const headroom_request *r, const hr_item *it)
{
    const char how = it->cut ? 'c' : is_rewrite(r, it) ? 'r' : 'o';

    hr_siphash_add(&ch->sent, &how, 1);
    if (how == 'r')
        hr_siphash_add(&ch->sent, it->decision.sentkey, sizeof it->decision.sentkey);
}

/* A result by the key of its call and content, where the ledger was asked for it: nothing is hashed again. */
static void add_result(struct chains *ch, const hr_print_key *k, const hr_conversation *c, const hr_item *it)
{
    if (is_zero(it->decision.idkey))
        hr_print_field(&ch->made, k, lexeme(c, &c->ev[it->event].lit));
    else
        hr_siphash_add(&ch->made, it->decision.idkey, sizeof it->decision.idkey);
}

/* Walk over the body up to its last result. upto results: *then is what stood there. */
static void walk(headroom_request *r, const hr_print_key *k, const hr_conversation *c, const hr_item *items,
                 size_t n, int64_t upto, hr_cache_mark *now, hr_cache_mark *then)
{
    struct chains ch;
    size_t at = 0;

    hr_print_init(&ch.made, k);
    hr_print_init(&ch.sent, k);
    hr_print_field(&ch.made, k, c->tools);
    hr_print_field(&ch.made, k, lexeme(c, &c->system));
    hr_siphash_add(&ch.sent, &r->cut_messages, sizeof r->cut_messages);
    for (size_t i = 0; i < n; i++)
        if (is_system(c, &items[i]))
            add_sent(&ch, r, &items[i]);
    for (size_t i = 0; i < c->n && now->results < (int64_t)c->results; i++) {
        const hr_event *e = &c->ev[i];
        if (now->results == upto)
            *then = (hr_cache_mark){.made = end_of(ch.made), .sent = end_of(ch.sent)}, upto = -1;
        if (e->kind != HR_EV_RESULT) {
            hr_print_field(&ch.made, k, lexeme(c, &e->lit));
            continue;
        }
        while (at < n && is_system(c, &items[at]))
            at++;
        add_result(&ch, k, c, &items[at]);
        add_sent(&ch, r, &items[at++]);
        now->results++;
    }
    now->made = end_of(ch.made);
    now->sent = end_of(ch.sent);
    if (now->results == upto)
        *then = *now;
}

/* ------------------------------------------------------------------ a request */
static void note_touched(headroom_request *r, const hr_conversation *c, const hr_item *items, size_t n)
{
    size_t rewrites = 0;

    for (size_t i = 0; i < n; i++)
        rewrites += is_rewrite(r, &items[i]);
    if (rewrites == 0 || !(r->touched = hr_arena_alloc(r->keep, rewrites * sizeof *r->touched)))
        return;
    for (size_t i = 0; i < n; i++) {
        const hr_event *e = &c->ev[items[i].event];
        hr_touched *t = &r->touched[r->n_touched];
        if (!is_rewrite(r, &items[i]))
            continue;
        *t = (hr_touched){.system = is_system(c, &items[i]), .block = HR_NO_BLOCK};
        if (!t->system) {
            t->message = e->message;
            t->block = e->block;
            t->call_id = hr_arena_dup(r->keep, e->id.p, e->id.n);
        }
        r->n_touched++;
    }
}

static bool adopts(const headroom_request *r, const hr_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (items[i].late && items[i].state == HR_ITEM_NEW && is_rewrite(r, &items[i]))
            return true;
    return r->new_cut;
}

/* The same conversation on another model has another cache. */
static int64_t name_of(const headroom_request *r, const hr_print_key *k)
{
    hr_siphash h;

    hr_print_init(&h, k);
    hr_siphash_add(&h, &r->row.conversation, sizeof r->row.conversation);
    hr_print_field(&h, k, hr_str_make(r->row.model, strlen(r->row.model)));
    hr_print_field(&h, k, hr_str_make(r->dialect->name, strlen(r->dialect->name)));
    return end_of(h);
}

void hr_health_look(headroom_request *r, hr_conversation *conv, const hr_item *items, size_t n)
{
    const hr_print_key *k = hr_context_print(r->h);
    hr_health *health = &r->health;
    hr_cache_mark then = {0};

    if (!r->h->store || r->count_only)
        return;
    note_touched(r, conv, items, n);
    if (!k || r->row.conversation == 0)
        return;
    health->now = (hr_cache_mark){
        .conversation = name_of(r, k), .time_us = r->row.time_us, .optimize = r->mode == HEADROOM_OPTIMIZE};
    const bool known = recall(r->h, health->now.conversation, &health->before);
    walk(r, k, conv, items, n, known ? health->before.results : -1, &health->now, &then);
    if (!known)
        health->change = HR_FIRST;
    else if (health->before.results > health->now.results || then.made != health->before.made)
        health->change = HR_CLIENTS;
    else if (then.sent == health->before.sent)
        health->change = HR_SAME;
    else if (health->before.optimize != health->now.optimize)
        health->change = HR_MODE;
    else
        health->change = adopts(r, items, n) ? HR_PLANNED : HR_OURS;
}

/* ------------------------------------------------------------------ its response */
bool hr_health_collapsed(const hr_cache_mark *before, int64_t now_us, int64_t cached)
{
    const int64_t lost = before->held - cached;

    return now_us - before->time_us < HR_CACHE_LIVES_US && lost >= HR_COLLAPSE_TOKENS &&
           lost >= before->held / HR_COLLAPSE_PART;
}

void hr_health_end(headroom_request *r)
{
    hr_health *health = &r->health;
    const headroom_row *row = &r->row;

    if (health->change == HR_UNWATCHED || row->status < 200 || row->status > 299 || row->input_tokens < 0 ||
        row->cached_tokens < 0)
        return;
    if (health->change > HR_FIRST && hr_health_collapsed(&health->before, row->time_us, row->cached_tokens)) {
        if (health->change == HR_OURS)
            hr_breaker_fault(r, HR_FAULT_CACHE, "", health->before.held, row->cached_tokens);
        else if (health->change == HR_PLANNED)
            hr_log_write(&r->h->log, HR_LOG_INFO,
                         "%s %s: of %lld cached tokens %lld were read: a planned rewrite", row->dialect,
                         row->model, (long long)health->before.held, (long long)row->cached_tokens);
    }
    health->now.input = row->input_tokens;
    health->now.cached = row->cached_tokens;
    health->now.held = row->cached_tokens + (row->cache_written_tokens > 0 ? row->cache_written_tokens : 0);
    keep(&r->h->marks, &health->now);
    hr_store_mark_later(r->h->store, &health->now);
}
