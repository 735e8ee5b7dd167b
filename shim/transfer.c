/* transfer.c - a request that is judged and rewritten above the HTTP layer. See transfer.h. */
#include "transfer.h"

#include <string.h>

#include "gate.h"
#include "known.h"

/* t->request stays NULL: no memory. */
static void new_request(struct transfer *t, const struct gate_head *g, const char *skip)
{
    const headroom_head about = gate_about(g, skip);

    t->request =
        t->core->request_new(t->core->h, &about, g->mode >= 0 ? (enum headroom_mode)g->mode : t->core->mode);
}

/* Core's new body lives until request_sent; ours must live as long as the library may send it (again). */
static void ask_core(struct transfer *t, const char *body, size_t len)
{
    const void *out = NULL;
    size_t out_len = 0;

    if (t->core->request_body(t->request, body, len, &out, &out_len) == 1 && out &&
        (t->body = shim_malloc(out_len + 1))) {
        memcpy(t->body, out, out_len);
        t->body[out_len] = '\0';
        t->body_len = out_len;
    }
    t->core->request_sent(t->request);
}

static enum transfer_kind begin(struct transfer *t, const char *body, size_t len)
{
    struct gate_head g;

    if (!gate_head(t->head, t->head_len, &g) || shim_known_mode() == HEADROOM_OFF ||
        !(t->core = shim_core_get()))
        return TRANSFER_NONE;
    const headroom_head about = gate_about(&g, NULL);
    if (g.mode != HEADROOM_OFF && t->core->refuses(t->core->h, &about))
        return TRANSFER_REFUSED;
    if (!body || g.skip)
        return g.mode == HEADROOM_OFF ? TRANSFER_NONE : TRANSFER_WATCHED;
    t->strip = t->core->mode == HEADROOM_OPTIMIZE || g.mode == HEADROOM_OPTIMIZE;
    if (g.mode == HEADROOM_OFF) {
        /* Without its line the hook below would not know, unless it knows the body. */
        if (!t->strip || !(t->ticket = known_add(body, len)))
            return TRANSFER_NONE;
        return TRANSFER_SILENT;
    }
    new_request(t, &g, NULL);
    if (!t->request)
        return TRANSFER_NONE;
    ask_core(t, body, len);
    t->ticket = known_add(t->body ? t->body : body, t->body ? t->body_len : len);
    return TRANSFER_TAKEN;
}

enum transfer_kind transfer_begin(struct transfer *t, char *head, size_t head_len, const char *body,
                                  size_t body_len)
{
    *t = (struct transfer){.head = head, .head_len = head_len};

    enum transfer_kind kind = begin(t, body, body_len);
    if (kind != TRANSFER_WATCHED) {
        shim_free(t->head);
        t->head = NULL;
    }
    return kind;
}

void transfer_admit(struct transfer *t, const char *skip)
{
    struct gate_head g;
    const void *out;
    size_t out_len;

    if (!t->head || t->request || !gate_head(t->head, t->head_len, &g))
        return;
    new_request(t, &g, skip);
    if (!t->request)
        return;
    t->core->request_body(t->request, NULL, 0, &out, &out_len);
    t->core->request_sent(t->request);
}

void transfer_response(struct transfer *t, int status, const char *content_type, const char *encoding)
{
    if (!t->request || t->responded)
        return;
    t->responded = true;
    t->core->response_head(t->request, status, content_type ? content_type : "",
                           content_type ? strlen(content_type) : 0, encoding ? encoding : "",
                           encoding ? strlen(encoding) : 0);
}

void transfer_error(struct transfer *t, const char *name)
{
    if (t->request && t->responded && name && *name)
        t->core->response_error(t->request, name, strlen(name));
}

void transfer_data(struct transfer *t, const void *data, size_t len)
{
    if (t->request && t->responded && len > 0)
        t->core->response_body(t->request, data, len);
}

void transfer_end(struct transfer *t, bool sent, bool complete)
{
    if (t->request && sent)
        t->core->request_end(t->request, complete);
    else if (t->request)
        t->core->request_drop(t->request);
    known_remove(t->ticket);
    shim_free(t->head);
    shim_free(t->body);
    *t = (struct transfer){0};
}
