/* late.c - see late.h. */
#include "late.h"

#include <string.h>

#include "adopt.h"

hr_str hr_result_tool(const hr_conversation *conv, size_t event)
{
    const hr_event *e = &conv->ev[event];
    return e->call ? conv->ev[e->call - 1].name : e->name;
}

/* What stands behind each result of its conversation. */
void hr_late_tell(const hr_conversation *conv, hr_item *items, size_t n)
{
    bool turn = false, sealed = false;

    for (size_t i = conv->n; i-- > 0;) {
        const hr_event *e = &conv->ev[i];
        if (e->kind == HR_EV_START)
            turn = sealed = false;
        if (e->kind == HR_EV_ASSISTANT) {
            turn = true;
            sealed |= e->sealed;
        }
        if (e->kind == HR_EV_RESULT) {
            items[--n].late = turn;
            items[n].sealed = sealed;
        }
    }
}

void hr_late_leave(const hr_conversation *conv, hr_item *it, uint32_t tokens)
{
    const hr_decision *d = &it->decision;
    hr_decision left = {.verbatim = true, .lossless = true};

    memcpy(left.key, d->key, sizeof left.key);
    memcpy(left.idkey, d->idkey, sizeof left.idkey);
    memcpy(left.id, d->key, sizeof left.id);
    left.call_id = conv->ev[it->event].id;
    left.tool = hr_result_tool(conv, it->event);
    left.reason = HR_STR("first_met_late");
    left.tokens_before = left.tokens_after = tokens;
    left.counted = d->counted;
    it->decision = left;
    it->state = HR_ITEM_NEW;
}

enum hr_adopt hr_late_adopt(headroom_request *r, const hr_conversation *conv, hr_price_list *prices)
{
    const enum hr_adopt given = (enum hr_adopt)r->h->config.number[HR_SET_ADOPT];

    if (given != HR_ADOPT_NET)
        return given;
    if (conv->server_state)
        return HR_ADOPT_NEVER;
    for (size_t i = 0; i < conv->n; i++)
        if (conv->ev[i].kind == HR_EV_START)
            return HR_ADOPT_NEVER;
    return hr_prices_of_request(r, conv->model, prices) ? given : HR_ADOPT_NEVER;
}

/* steps[0] is what stands before the first result. One that could not be read is counted with what lies around it. */
static int64_t read_steps(headroom_request *r, const hr_conversation *conv, const hr_item *items, size_t n,
                          hr_adopt_step *steps)
{
    const hr_print_key *k = hr_context_print(r->h);
    int64_t total = 0;
    size_t at = 0;

    for (size_t i = 0; i <= n; i++) {
        const hr_item *it = i < n ? &items[i] : NULL;
        const size_t end = !it ? conv->len : it->raw_len ? it->raw_off : at;
        steps[i].tokens += (int64_t)hr_counts_json(&r->h->counts, k, &r->counter, conv->body + at, end - at);
        total += steps[i].tokens;
        if (!it || it->raw_len == 0)
            continue;
        const hr_decision *d = &it->decision;
        const bool adopted = hr_item_adopted(it);
        steps[i + 1].saved = adopted ? (int64_t)d->tokens_before - d->tokens_after : 0;
        steps[i + 1].tokens = it->state == HR_ITEM_OPEN ? it->tokens
                              : adopted                 ? d->tokens_before
                                                        : d->tokens_after;
        at = it->raw_off + it->raw_len;
    }
    return total;
}

int hr_late_pay(headroom_request *r, const hr_conversation *conv, hr_item *items, size_t n,
                const hr_price_list *prices)
{
    size_t adopted = 0;

    for (size_t i = 0; i < n; i++)
        adopted += hr_item_adopted(&items[i]);
    if (adopted == 0)
        return 0;
    hr_adopt_step *steps = hr_arena_zalloc(conv->arena, (n + 1) * sizeof *steps);
    if (!steps)
        return HR_ENOMEM;
    const hr_price *price = hr_price_at(prices, read_steps(r, conv, items, n, steps));
    const bool openai = strncmp(r->dialect->name, "openai_", 7) == 0;
    const bool whole = openai && price->part[HR_PRICE_CACHE_WRITE] > price->part[HR_PRICE_INPUT];
    const size_t from = hr_adopt_from(price, steps[0].tokens, steps + 1, n, whole);
    for (size_t i = 0; i < from; i++)
        if (hr_item_adopted(&items[i]))
            hr_late_leave(conv, &items[i], items[i].decision.tokens_before);
    return 0;
}
