/* held.c - see held.h. */
#include "held.h"

#include <string.h>

#include "chunked.h"
#include "gate.h"

void held_free(struct held *h)
{
    shim_free(h->p);
    memset(h, 0, sizeof(*h));
}

bool held_reserve(struct held *h, size_t total)
{
    char *grown;

    if (total <= h->cap)
        return true;
    grown = shim_realloc(h->p, total);
    if (!grown)
        return false;
    h->p = grown;
    h->cap = total;
    return true;
}

bool held_add(struct held *h, const char *p, size_t n)
{
    size_t need = h->len + n, room = h->cap ? h->cap : 1024;

    while (room < need)
        room *= 2;
    if (need > h->cap && !held_reserve(h, room))
        return false;
    memcpy(h->p + h->len, p, n);
    h->len = need;
    return true;
}

void held_strip_head(struct held *h)
{
    size_t n = gate_without_ours(h->p, h->head);

    memmove(h->p + n, h->p + h->head, h->len - h->head);
    h->len -= h->head - n;
    h->head = n;
}

bool held_add_stripped_head(struct held *h)
{
    if (!held_reserve(h, h->len + h->head))
        return false;
    memcpy(h->p + h->len, h->p, h->head);
    h->len += gate_without_ours(h->p + h->len, h->head);
    return true;
}

const char *held_body(struct held *h, struct held_body *out)
{
    const char *refusal;

    *out = (struct held_body){.p = h->p + h->head, .n = h->len - h->head};
    if (!h->chunked)
        return NULL;
    out->joined = shim_malloc(out->n ? out->n : 1);
    if (!out->joined)
        return "no_memory";
    refusal = chunked_decode(out->p, out->n, out->joined, &out->n, &h->last);
    h->last += h->head;
    out->p = out->joined;
    return refusal;
}

static bool replace_counted(struct held *h, const void *body, size_t n)
{
    struct gate_head g;
    char digits[24];
    size_t count = 0, tail, total;

    gate_head(h->p, h->head, &g);
    for (size_t v = n; v > 0; v /= 10)
        digits[sizeof(digits) - ++count] = (char)('0' + v % 10);
    tail = h->head - g.length_off - g.length_len;
    total = g.length_off + count + tail + n;
    if (!held_reserve(h, total))
        return false;
    memmove(h->p + g.length_off + count, h->p + g.length_off + g.length_len, tail);
    memcpy(h->p + g.length_off, digits + sizeof(digits) - count, count);
    h->head = g.length_off + count + tail;
    memcpy(h->p + h->head, body, n);
    h->len = total;
    return true;
}

/* One chunk: RFC 9112 knows no largest one, and a body is far below what a parser's integer holds. */
static bool replace_chunked(struct held *h, const void *body, size_t n)
{
    char line[CHUNKED_LINE];
    size_t line_n = chunked_line(line, n), tail = h->len - h->last,
           total = h->head + line_n + n + CHUNKED_END + tail;
    char *to;

    if (!held_reserve(h, total))
        return false;
    memmove(h->p + total - tail, h->p + h->last, tail);
    to = h->p + h->head;
    memcpy(to, line, line_n);
    memcpy(to + line_n, body, n);
    memcpy(to + line_n + n, "\r\n", CHUNKED_END);
    h->len = total;
    return true;
}

bool held_replace(struct held *h, const void *body, size_t n)
{
    return h->chunked ? replace_chunked(h, body, n) : replace_counted(h, body, n);
}
