/* exchange.c - from a complete request to core, and from there to its response. See exchange.h. */
#include "exchange.h"

#include <string.h>

#include "gate.h"
#include "known.h"

void exchange_init(struct exchange *e)
{
    memset(e, 0, sizeof(*e));
    atomic_init(&e->tee, NULL);
    atomic_init(&e->read_since, false);
}

void exchange_drop(struct exchange *e)
{
    if (e->unfollowed)
        e->core->request_end(e->unfollowed, false);
    shim_tee_free(atomic_load(&e->tee));
    exchange_init(e);
}

void exchange_begin(struct exchange *e)
{
    e->announced = false;
}

void exchange_announce(struct exchange *e, bool bodyless, bool candidate)
{
    shim_tee *t = atomic_load_explicit(&e->tee, memory_order_relaxed);

    if (e->announced)
        return;
    e->announced = true;
    e->ticket = 0;
    if (!t) {
        /* The tee counts requests only from its own beginning. If answers to older ones may still come, it
           would hand them to the wrong request: better none. */
        if (e->had_request && !atomic_load(&e->read_since))
            e->crowded = true;
        if (!candidate || e->crowded)
            return;
        t = shim_tee_new();
        if (!t) {
            e->crowded = true;
            return;
        }
        atomic_store_explicit(&e->tee, t, memory_order_release);
    }
    e->ticket = shim_tee_expect(t, bodyless);
}

bool exchange_refuses(const struct exchange *e, const struct gate_head *g)
{
    const headroom_head about = gate_about(g, NULL);

    /* What a hook above has let go was asked about there. A second answer, by what was spent meanwhile, would be a second row. */
    if (g->has_length ? known_length(g->length) : g->chunked && known_any())
        return false;
    return g->mode != HEADROOM_OFF && e->core->refuses(e->core->h, &about);
}

headroom_request *exchange_ask(struct exchange *e, const char *head, size_t head_len, const char *body,
                               size_t body_len, const char *skip, const void **out, size_t *out_len)
{
    const struct shim_core *core = e->core;
    struct gate_head g;
    headroom_request *r;

    *out = NULL;
    *out_len = 0;
    if (!gate_head(head, head_len, &g))
        return NULL;
    const headroom_head about = gate_about(&g, skip);
    if (g.mode == HEADROOM_OFF || (body_len > 0 && known_has(body, body_len)))
        return NULL;
    r = core->request_new(core->h, &about, g.mode >= 0 ? (enum headroom_mode)g.mode : core->mode);
    if (!r)
        return NULL;
    if (about.skip) {
        body = NULL;
        body_len = 0;
    }
    if (core->request_body(r, body, body_len, out, out_len) != 1 || about.skip)
        *out = NULL;
    return r;
}

void exchange_hand_over(struct exchange *e, headroom_request *r)
{
    shim_tee *t = atomic_load_explicit(&e->tee, memory_order_relaxed);

    if (!r)
        return;
    e->core->request_sent(r);
    if (!t || !shim_tee_attach(t, e->ticket, e->core, r))
        e->unfollowed = r;
}

void exchange_over(struct exchange *e)
{
    e->had_request = true;
    atomic_store(&e->read_since, false);
    if (e->unfollowed) {
        e->core->request_end(e->unfollowed, false);
        e->unfollowed = NULL;
    }
}

void exchange_read(struct exchange *e, const void *buf, size_t n)
{
    shim_tee *t = atomic_load_explicit(&e->tee, memory_order_acquire);

    if (!atomic_load_explicit(&e->read_since, memory_order_relaxed))
        atomic_store(&e->read_since, true);
    if (t)
        shim_tee_read(t, buf, n);
}

void exchange_eof(struct exchange *e)
{
    shim_tee *t = atomic_load_explicit(&e->tee, memory_order_acquire);

    if (t)
        shim_tee_eof(t);
}
