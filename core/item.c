/* item.c - one tool result: its text, the bytes that stand for it, and its keys. See context.h and ledger.h. */
#include <string.h>

#include "context.h"
#include "siphash.h"
#include "token/token.h"

#define OPEN  "<system-reminder>"
#define CLOSE "</system-reminder>"

static size_t trim(hr_str text, size_t n)
{
    while (n > 0 &&
           (text.p[n - 1] == ' ' || text.p[n - 1] == '\n' || text.p[n - 1] == '\t' || text.p[n - 1] == '\r'))
        n--;
    return n;
}

size_t hr_content_length(hr_str text)
{
    size_t n = trim(text, text.n);
    for (;;) {
        hr_str rest = hr_str_make(text.p, n);
        if (!hr_str_ends(rest, CLOSE))
            return n;
        /* The last opening mark before it; segments do not nest. */
        size_t open = n - (sizeof CLOSE - 1);
        while (open > 0 && (n - open < sizeof OPEN - 1 || memcmp(text.p + open, OPEN, sizeof OPEN - 1) != 0))
            open--;
        if (memcmp(text.p + open, OPEN, sizeof OPEN - 1) != 0)
            return n;
        n = trim(text, open);
    }
}

int hr_item_read(hr_conversation *c, size_t event, hr_item *out)
{
    const hr_value *lit = &c->ev[event].lit;
    hr_str text;
    int r = hr_string_decode(c->scratch, c->body + lit->off, lit->len, &text);

    out->event = event;
    out->content = (hr_str){0};
    out->raw_off = out->raw_len = 0;
    if (r < 0)
        return r;
    out->content = hr_str_make(text.p, hr_content_length(text));
    out->raw_off = lit->off + 1;
    out->raw_len = out->content.n == text.n
                       ? lit->len - 2
                       : hr_string_raw_offset(c->body + lit->off, lit->len, out->content.n) - 1;
    return 0;
}

int hr_items_count(hr_conversation *c, const hr_counter *by, hr_item *items, size_t n)
{
    int r = 0;

    for (size_t i = 0; i < n && r != HR_ENOMEM; i++) {
        c->scratch = hr_arena_new();
        r = c->scratch ? hr_item_read(c, items[i].event, &items[i]) : HR_ENOMEM;
        if (r == 0)
            items[i].tokens = (uint32_t)hr_counter_tokens(by, items[i].content.p, items[i].content.n);
        else
            items[i].reason = hr_error_name(r);
        items[i].content = (hr_str){0};
        hr_arena_free(c->scratch);
    }
    c->scratch = c->arena;
    return r == HR_ENOMEM ? r : 0;
}

void hr_item_print(hr_conversation *c, const hr_print_key *k, const hr_dialect *d, hr_item *it)
{
    const hr_event *e = &c->ev[it->event];
    hr_siphash h;

    hr_print_init(&h, k);
    hr_siphash_field(&h, hr_str_make(d->family, strlen(d->family)));
    hr_siphash_field(&h, e->id);
    if (e->id.n == 0)
        hr_siphash_field(&h, e->call ? c->ev[e->call - 1].name : e->name);
    if (hr_conversation_print(c, it->event, k, &h) < 0)
        return;
    hr_print_field(&h, k, hr_str_make(c->body + e->lit.off, e->lit.len));
    hr_siphash_end(&h, it->print);
    it->printed = true;
}

/* What names the call: dialect and call id, or, where there is none, the tool and its arguments. */
static void begin_key(hr_siphash *h, const uint8_t secret[16], const char *sort, const hr_dialect *d,
                      const hr_conversation *c, const hr_event *e, hr_str arguments)
{
    hr_siphash_init(h, secret);
    hr_siphash_field(h, hr_str_make(sort, strlen(sort)));
    hr_siphash_field(h, hr_str_make(d->family, strlen(d->family)));
    hr_siphash_field(h, e->id);
    if (e->id.n == 0) {
        hr_siphash_field(h, e->call ? c->ev[e->call - 1].name : e->name);
        hr_siphash_field(h, arguments);
    }
}

void hr_result_keys(const uint8_t secret[16], const hr_dialect *d, const hr_conversation *c,
                    const hr_event *e, hr_str arguments, hr_str content, hr_str query, uint8_t key[16],
                    uint8_t idkey[16])
{
    hr_siphash h, whole;
    begin_key(&h, secret, "result", d, c, e, arguments);
    hr_siphash_field(&h, content);
    whole = h; /* the content is hashed once for both */
    hr_siphash_end(&h, idkey);
    hr_siphash_field(&whole, query);
    hr_siphash_end(&whole, key);
}

void hr_sent_key(const uint8_t secret[16], const hr_dialect *d, const hr_conversation *c, const hr_event *e,
                 hr_str arguments, hr_str text, uint8_t key[16])
{
    hr_siphash h;
    begin_key(&h, secret, "sent", d, c, e, arguments);
    hr_siphash_field(&h, text);
    hr_siphash_end(&h, key);
}
