/* money.c - see money.h. */
#include "money.h"

#include <string.h>

#include "headroom.h"
#include "price_compile.h"
#include "json/json.h"

/* 1e-12 $. Shares of tokens are no whole numbers, and a sum is rounded once. */
typedef long double pico;

static int64_t known(int64_t n)
{
    return n > 0 ? n : 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The usage with what is not known as 0, and parts that are not more than the whole. */
static hr_money_tokens settled(const hr_money_tokens *t)
{
    hr_money_tokens s = *t;

    s.cached = least(known(t->cached), t->input);
    s.cache_written = least(known(t->cache_written), t->input - s.cached);
    s.written_1h = least(known(t->written_1h), s.cache_written);
    s.output = known(t->output);
    return s;
}

static pico cost(const hr_money_tokens *t, const int64_t *p)
{
    return (pico)(t->input - t->cached - t->cache_written) * (pico)p[HR_PRICE_INPUT] +
           (pico)t->cached * (pico)p[HR_PRICE_CACHE_READ] +
           (pico)(t->cache_written - t->written_1h) * (pico)p[HR_PRICE_CACHE_WRITE] +
           (pico)t->written_1h * (pico)p[HR_PRICE_CACHE_WRITE_1H] +
           (pico)t->output * (pico)p[HR_PRICE_OUTPUT];
}

static pico new_price(const hr_money_tokens *t, const int64_t *p)
{
    const pico hour = t->cache_written ? (pico)t->written_1h / (pico)t->cache_written : 0;

    if (t->cache_written == 0)
        return (pico)p[HR_PRICE_INPUT];
    return (1 - hour) * (pico)p[HR_PRICE_CACHE_WRITE] + hour * (pico)p[HR_PRICE_CACHE_WRITE_1H];
}

static pico extra(const hr_money_tokens *t, pico k, const int64_t *p)
{
    const pico new = new_price(t, p), read = (pico)p[HR_PRICE_CACHE_READ],
               billed_new = (pico)(t->input - t->cached);
    const pico c = t->broken > 0 ? 1 : t->input > 0 ? (pico)t->cached / (pico)t->input : 0;
    const pico broken = k * (pico)t->broken < billed_new ? k * (pico)t->broken : billed_new;

    return k * (pico)(t->saved_new - t->saved_adopted) * new +
           k *(pico)(t->saved_again + t->saved_adopted) * (c * read + (1 - c) * new) - broken *(new - read);
}

static int64_t billionths(pico v)
{
    return (int64_t)(v / 1000 + (v < 0 ? -0.5L : 0.5L));
}

void hr_money(const hr_price_list *list, const hr_money_tokens *given, int64_t *cost_out, int64_t *saved)
{
    const hr_money_tokens t = settled(given);

    *cost_out = given->billed >= 0 ? given->billed : HEADROOM_UNPRICED;
    *saved = HEADROOM_UNPRICED;
    if (list->n == 0 || given->input < 0)
        return;
    pico k = t.sent > 0 ? (pico)t.input / (pico)t.sent : 1;
    if (k < 0.25L || k > 4)
        k = 1;
    const pico more = k * (pico)(t.saved_new + t.saved_again);
    const int64_t *p = hr_price_at(list, t.input)->part;
    const int64_t *without = hr_price_at(list, t.input + (int64_t)more)->part;
    if (given->billed < 0)
        *cost_out = billionths(cost(&t, p));
    *saved = billionths(cost(&t, without) + extra(&t, k, without) - cost(&t, p));
}

/* ------------------------------------------------------------------ the usage object */
static const hr_node *member(const hr_tree *t, const hr_node *o, const char *name)
{
    for (uint32_t i = o && o->type == HR_JSON_OBJECT ? o->child : 0; i; i = t->nodes[i].next) {
        const hr_node *m = &t->nodes[i];
        const hr_value key = {HR_JSON_STRING, m->key_escaped, m->key_off, m->key_len};
        if (hr_lexeme_is(t->text, &key, name))
            return m;
    }
    return NULL;
}

static int64_t number(const hr_tree *t, const hr_node *o, const char *name, int scale)
{
    const hr_node *m = member(t, o, name);
    int64_t n;

    if (!m || m->type != HR_JSON_NUMBER ||
        !hr_price_decimal(hr_str_make(t->text + m->off, m->len), scale, &n))
        return -1;
    return n;
}

void hr_money_usage(const char *usage, hr_money_tokens *t)
{
    const bool hour = usage && strstr(usage, "ephemeral_1h_input_tokens"),
               cost_said = usage && strstr(usage, "\"cost\"");
    hr_arena *a = hour || cost_said ? hr_arena_new() : NULL;
    hr_tree tree;

    t->written_1h = t->billed = -1;
    if (a && hr_tree_parse(&tree, a, usage, strlen(usage), NULL) == 0) {
        const hr_node *root = &tree.nodes[1];
        t->written_1h = number(&tree, member(&tree, root, "cache_creation"), "ephemeral_1h_input_tokens", 0);
        t->billed = number(&tree, root, "cost", 9);
    }
    hr_arena_free(a);
}
