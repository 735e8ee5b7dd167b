/* again.c - results that repeat an earlier one of the same request. See context.h and transform/backref.h.

   The earlier result must stand in the request as the tool gave it: its own decision is "verbatim" and stored, so it stays. But the
   request is the client's: it may drop, compact or rewind what is referred to. So each reference is read against this very request before
   it is sent, and where it does not give the result that stands there, the result goes out as it is: the prefix before it has changed
   anyway. */
#include <string.h>

#include "context.h"
#include "transform/backref.h"

enum {
    MOST_EARLIER = 64,   /* results that are looked at, the nearest first */
    MOST_BYTES = 4 << 20 /* of them together */
};

/* What the provider itself drops from a request after we have seen it: then no earlier result is certain to be read. */
static bool is_edited_later(hr_conversation *c)
{
    static const char *const words[] = {"\"context_management\"", "\"truncation\""};
    const hr_str body = hr_str_make(c->body, c->len);

    if (c->edited == HR_EDITED_UNKNOWN)
        c->edited = HR_EDITED_NO;
    else
        return c->edited == HR_EDITED_LATER;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hr_str_find(body, hr_str_make(words[i], strlen(words[i])), 0) != SIZE_MAX)
            c->edited = HR_EDITED_LATER;
    return c->edited == HR_EDITED_LATER;
}

static hr_str id_of(const hr_conversation *c, const hr_item *it)
{
    return c->ev[it->event].id;
}

/* Does another conversation begin between two events? */
static bool is_parted(const hr_conversation *c, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (c->ev[i].kind == HR_EV_START)
            return true;
    return false;
}

/* The result that a reference at items[i] to this call means: the last before it. NULL: there is none, or it has several texts. */
static const hr_item *find_earlier(const hr_conversation *c, const hr_item *items, size_t i, hr_str id)
{
    for (size_t k = i; k-- > 0;) {
        if (!hr_str_eq(id_of(c, &items[k]), id))
            continue;
        if ((k > 0 && hr_str_eq(id_of(c, &items[k - 1]), id)) || is_parted(c, items[k].event, items[i].event))
            return NULL;
        return &items[k];
    }
    return NULL;
}

static bool is_verbatim(const hr_item *it)
{
    return (it->state == HR_ITEM_FOUND || it->state == HR_ITEM_NEW) && it->decision.verbatim &&
           it->raw_len > 0;
}

/* ------------------------------------------------------------------ a new decision */
/* The content of an earlier result; n 0: it cannot be read, or is too short to be named. */
static hr_str earlier_text(hr_conversation *c, const hr_item *it)
{
    const hr_value *lit = &c->ev[it->event].lit;
    hr_str text = {0};

    const bool by_model = it->decision.counted == HR_ENCODING_CL100K; /* such a count decides nothing */
    if ((!by_model && it->decision.tokens_before < HR_BACKREF_TOKENS) ||
        hr_string_decode(c->scratch, c->body + lit->off, lit->len, &text) < 0)
        return (hr_str){0};
    text.n = hr_content_length(text);
    if (by_model && hr_tokens(text.p, text.n) < HR_BACKREF_TOKENS)
        text.n = 0;
    return text;
}

int hr_again_choose(hr_conversation *c, const hr_item *items, size_t i, hr_buf *b, hr_watch *watch)
{
    const hr_item *it = &items[i];
    const hr_event *e = &c->ev[it->event];
    hr_repeats *r = NULL;
    const hr_item *best = NULL;
    hr_str best_text = {0}, now, tool = {0};
    int64_t most = 0, bytes;
    size_t seen = 0;

    if (i == 0 || hr_backref_id(it->content).n)
        return 0;
    for (size_t k = i, n = 0; k-- > 0 && n < MOST_EARLIER && seen < MOST_BYTES; n++) {
        const hr_str id = id_of(c, &items[k]);
        if (!is_verbatim(&items[k]) || !hr_backref_takes(id) || hr_str_eq(id, e->id) ||
            find_earlier(c, items, i, id) != &items[k] || (now = earlier_text(c, &items[k])).n == 0)
            continue;
        if (!r && is_edited_later(c))
            return 0;
        if (!r && !(r = hr_repeats_new(c->scratch, it->content)))
            return HR_ENOMEM;
        seen += now.n;
        bytes = hr_str_eq(now, it->content) ? INT64_MAX : hr_repeats_count(r, c->scratch, now, watch);
        if (bytes < 0)
            return (int)bytes;
        if (bytes > most) {
            most = bytes;
            best = &items[k];
            best_text = now;
        }
        if (bytes == INT64_MAX)
            break;
    }
    if (most == 0)
        return 0;
    e = &c->ev[best->event];
    tool = e->call ? c->ev[e->call - 1].name : e->name;
    return hr_backref_write(b, r, c->scratch, best_text, e->id, tool, watch);
}

/* ------------------------------------------------------------------ what stands in this request */
/* Does another edit of the body take this result away? */
static bool is_cut(const headroom_request *r, const hr_item *it)
{
    for (size_t i = 0; i < r->n_edits; i++)
        if (it->raw_off >= r->edits[i].off && it->raw_off < r->edits[i].off + r->edits[i].len)
            return true;
    return false;
}

/* Does the reference that stands for items[i] give what stands there? 1, 0, HR_ENOMEM. */
static int reads_back(const headroom_request *q, hr_conversation *c, const hr_item *items, size_t i)
{
    const hr_str sent = items[i].decision.sent;
    char *quoted = hr_arena_alloc(c->scratch, sent.n + 2);
    hr_item now = {0}, earlier = {0};
    hr_buf back = {0};
    hr_str text;

    if (!quoted)
        return HR_ENOMEM;
    quoted[0] = quoted[sent.n + 1] = '"';
    memcpy(quoted + 1, sent.p, sent.n);
    int r = hr_string_decode(c->scratch, quoted, sent.n + 2, &text);
    const hr_item *k = r == 0 ? find_earlier(c, items, i, hr_backref_id(text)) : NULL;
    if (r == HR_ENOMEM || !k || !is_verbatim(k) || is_cut(q, k))
        return r == HR_ENOMEM ? r : 0;
    if ((r = hr_item_read(c, items[i].event, &now)) < 0 || (r = hr_item_read(c, k->event, &earlier)) < 0)
        return r == HR_ENOMEM ? r : 0;
    back.max = 2 * now.content.n + 1;
    r = hr_backref_read(&back, text, earlier.content);
    if (r == 1)
        r = hr_str_eq(hr_buf_view(&back), now.content);
    hr_buf_free(&back);
    return r;
}

static bool is_reference(const hr_item *it)
{
    return it->state != HR_ITEM_OPEN && !it->decision.verbatim && hr_str_is(it->decision.transform, HR_AGAIN);
}

static void send_original(hr_item *it)
{
    it->state = HR_ITEM_OPEN;
    it->tokens = it->decision.tokens_before;
    it->reason = "reference_gone";
}

void hr_again_check(headroom_request *r, hr_conversation *c, hr_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_reference(&items[i]))
            continue;
        c->scratch = hr_arena_new();
        bool ok = c->scratch && reads_back(r, c, items, i) == 1;
        hr_arena_free(c->scratch);
        c->scratch = c->arena;
        if (!ok)
            send_original(&items[i]);
    }
}

int hr_again_restore(hr_conversation *c, const hr_item *items, size_t i, hr_buf *b)
{
    const hr_str id = hr_backref_id(items[i].content);
    const hr_item *k = id.n ? find_earlier(c, items, i, id) : NULL;
    hr_item earlier = {0};
    int r = k ? hr_item_read(c, k->event, &earlier) : HR_ENOENT;

    if (r < 0)
        return r == HR_ENOMEM ? r : 0;
    return hr_backref_read(b, items[i].content, earlier.content);
}
