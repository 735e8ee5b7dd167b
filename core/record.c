/* record.c - counting and naming what was done to a request. See record.h. */
#include "record.h"

#include <string.h>

/* Stands as the transform of a result that went with its message. */
static const char cut_name[] = "window";

static const char *keep(hr_arena *a, hr_str s)
{
    return s.n ? hr_arena_dup(a, s.p, s.n) : "";
}

int hr_record_result(hr_arena *a, const hr_decision *d, bool replayed, const char *reason,
                     headroom_result *out)
{
    static const char digits[] = "0123456789abcdef";
    *out = (headroom_result){
        .call_id = keep(a, d->call_id),
        .tool = keep(a, d->tool),
        .kind = keep(a, d->kind),
        .transform = d->verbatim ? NULL : keep(a, d->transform),
        .reason = reason ? reason : keep(a, d->reason),
        .lossless = d->lossless,
        .replayed = replayed,
        .tokens_before = d->tokens_before,
        .tokens_after = d->tokens_after,
        .kept = d->kept,
        .of = d->of,
        .counted = hr_encoding_name(d->counted),
    };
    for (int i = 0; i < 10 && !d->verbatim; i++) {
        out->id[2 * i] = digits[d->id[i] >> 4];
        out->id[2 * i + 1] = digits[d->id[i] & 15];
    }
    if (!out->call_id || !out->tool || !out->kind || !out->reason || (!d->verbatim && !out->transform))
        return HR_ENOMEM;
    if (out->reason && !*out->reason)
        out->reason = NULL;
    return 0;
}

/* ------------------------------------------------------------------ JSON for the row */
static void json_string(hr_buf *b, const char *z)
{
    if (!z) {
        hr_buf_puts(b, "null");
        return;
    }
    hr_buf_putc(b, '"');
    hr_string_encode(b, hr_str_make(z, strlen(z)));
    hr_buf_putc(b, '"');
}

static void json_member(hr_buf *b, const char *name, uint64_t v)
{
    hr_buf_puts(b, ",\"");
    hr_buf_puts(b, name);
    hr_buf_puts(b, "\":");
    hr_buf_u64(b, v);
}

static void json_result(hr_buf *b, const headroom_result *x)
{
    const char *const names[] = {"call_id", "tool", "kind", "transform", "reason", "id"};
    const char *const values[] = {x->call_id,   x->tool,   x->kind,
                                  x->transform, x->reason, *x->id ? x->id : NULL};
    for (int i = 0; i < 6; i++) {
        hr_buf_puts(b, i ? ",\"" : "{\"");
        hr_buf_puts(b, names[i]);
        hr_buf_puts(b, "\":");
        json_string(b, values[i]);
    }
    hr_buf_puts(b, x->lossless ? ",\"lossless\":true" : ",\"lossless\":false");
    hr_buf_puts(b, x->replayed ? ",\"replayed\":true" : ",\"replayed\":false");
    json_member(b, "tokens_before", x->tokens_before);
    json_member(b, "tokens_after", x->tokens_after);
    json_member(b, "kept", x->kept);
    json_member(b, "of", x->of);
    hr_buf_putc(b, '}');
}

/* Only results that were rewritten, or left for another reason than their size, are worth a line of the record. */
static int record_json(headroom_request *r)
{
    hr_buf b = {.max = 1 << 20}; /* a row stays a row: a longer list is left out */
    bool first = true;
    hr_buf_putc(&b, '[');
    for (size_t i = 0; i < r->n_results; i++) {
        const headroom_result *x = &r->results[i];
        if (!x->transform && x->reason && strcmp(x->reason, "small") == 0)
            continue;
        if (!first)
            hr_buf_putc(&b, ',');
        first = false;
        json_result(&b, x);
    }
    hr_buf_putc(&b, ']');
    r->row.results_json = b.err ? NULL : hr_arena_dup(r->keep, b.data, b.len);
    hr_buf_free(&b);
    return 0;
}

/* Names of the transforms that were used, each once. */
static int record_transforms(headroom_request *r)
{
    hr_buf b = {0};
    for (size_t i = 0; i < r->n_results; i++) {
        const char *t = r->results[i].transform;
        bool seen = !t || r->results[i].transform == cut_name;
        for (size_t j = 0; j < i && !seen; j++)
            seen = r->results[j].transform && strcmp(r->results[j].transform, t) == 0;
        if (seen)
            continue;
        if (b.len)
            hr_buf_putc(&b, ',');
        hr_buf_puts(&b, t);
    }
    if (r->cut_messages) {
        if (b.len)
            hr_buf_putc(&b, ',');
        hr_buf_puts(&b, cut_name);
    }
    if (b.len)
        r->row.transforms = hr_arena_dup(r->keep, b.data, b.len);
    int err = b.err || !r->row.transforms ? HR_ENOMEM : 0;
    hr_buf_free(&b);
    return err;
}

/* Where in the body begins what the provider cannot have seen: behind the last assistant turn. */
static size_t tail_of(const hr_conversation *conv)
{
    size_t at = conv->len;

    for (size_t i = conv->n; i-- > 0 && conv->ev[i].kind != HR_EV_ASSISTANT;)
        if (conv->ev[i].kind != HR_EV_CALL && conv->ev[i].lit.len > 0)
            at = conv->ev[i].lit.off;
    return at;
}

/* The first place at which this request differs from what the provider had (money.h, B); SIZE_MAX: nowhere. */
static size_t break_of(const headroom_request *r, const hr_item *items, size_t n)
{
    size_t at = r->cut_at ? r->cut_at - 1 : SIZE_MAX;

    for (size_t i = 0; i < n; i++)
        if (hr_item_adopted(&items[i]) && items[i].raw_off < at)
            at = items[i].raw_off;
    return at;
}

int hr_record_body(headroom_request *r, const hr_conversation *conv, const hr_item *items, size_t n)
{
    const hr_print_key *k = hr_context_print(r->h);
    const size_t broken = break_of(r, items, n), tail = broken == SIZE_MAX ? 0 : tail_of(conv);
    size_t at = 0, rest = 0, between;
    bool exact = r->counter.exact;
    r->results = hr_arena_zalloc(r->keep, (n ? n : 1) * sizeof *r->results);
    if (!r->results)
        return HR_ENOMEM;
    r->row.results = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        const hr_item *it = &items[i];
        const hr_event *e = &conv->ev[it->event];
        bool replayed = it->state == HR_ITEM_FOUND && !it->decision.verbatim;
        hr_decision d = it->decision;
        if (it->state == HR_ITEM_OPEN) {
            d = (hr_decision){.verbatim = true, .lossless = true, .call_id = e->id};
            d.tool = e->call ? conv->ev[e->call - 1].name : e->name;
            d.kind = HR_STR("text");
            d.tokens_before = d.tokens_after = it->tokens;
            /* one that was decided, and goes out as it was all the same, has the count of its decision */
            d.counted = it->decision.transform.n ? it->decision.counted : r->counter.by;
        }
        exact &= d.counted == r->counter.by;
        d.tokens_before = (uint32_t)hr_counter_scale(&r->counter, d.tokens_before);
        d.tokens_after = (uint32_t)hr_counter_scale(&r->counter, d.tokens_after);
        if (it->cut) {
            d.verbatim = true;
            d.lossless = false;
            d.tokens_after = d.kept = d.of = 0;
            d.reason = (hr_str){0};
            replayed = false;
        }
        if (hr_record_result(r->keep, &d, replayed, it->cut ? NULL : it->reason, &r->results[i]) < 0)
            return HR_ENOMEM;
        if (it->cut)
            r->results[i].transform = cut_name;
        if (!r->counter.exact)
            r->results[i].counted = NULL;
        r->n_results = i + 1;
        r->row.rewritten += !d.verbatim;
        r->row.replayed += replayed;
        r->row.tokens_before += d.tokens_before;
        r->row.tokens_after += d.tokens_after;
        if (it->state == HR_ITEM_NEW && !d.verbatim) {
            r->row.unique_before += d.tokens_before;
            r->row.unique_after += d.tokens_after;
        }
        if (hr_item_adopted(it) && !it->cut)
            r->adopted_tokens += (int64_t)d.tokens_before - d.tokens_after;
        if (it->raw_len == 0)
            continue; /* could not be decoded: counted with what lies around it */
        between = hr_counts_json(&r->h->counts, k, &r->counter, conv->body + at, it->raw_off - at);
        rest += between;
        r->broken_tokens += at >= broken && at < tail ? (int64_t)hr_counter_scale(&r->counter, between) : 0;
        r->broken_tokens += it->raw_off >= broken && it->raw_off < tail ? d.tokens_after : 0;
        at = it->raw_off + it->raw_len;
    }
    rest += hr_counts_json(&r->h->counts, k, &r->counter, conv->body + at, conv->len - at);
    rest = hr_counter_scale(&r->counter, rest);
    r->row.exact = exact;
    r->row.tokens_before += (int64_t)rest;
    const uint64_t edits = r->edit_tokens < 0 ? (uint64_t)-r->edit_tokens : (uint64_t)r->edit_tokens;
    const int64_t scaled = (int64_t)hr_counter_scale(&r->counter, edits);
    r->row.tokens_after += (int64_t)rest + (r->edit_tokens < 0 ? -scaled : scaled);
    if (r->cut_at) { /* what was cut was counted with the rest */
        r->broken_tokens += r->edit_tokens < 0 ? -scaled : scaled;
        r->broken_tokens = r->broken_tokens > 0 ? r->broken_tokens : 0;
    }
    if (r->row.rewritten)
        hr_log_write(&r->h->log, HR_LOG_INFO,
                     "%s %s: %lld -> %lld tokens%s, %u of %u results rewritten, %u replayed", r->row.dialect,
                     r->row.model, (long long)r->row.tokens_before, (long long)r->row.tokens_after,
                     exact ? "" : " (estimated)", r->row.rewritten, r->row.results, r->row.replayed);
    int err = record_transforms(r);
    return err < 0 ? err : record_json(r);
}
