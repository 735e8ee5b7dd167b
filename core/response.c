/* response.c - the response side of a request: status, usage, and the row that is written when it ends. See headroom.h.

       bytes --> decode.c (Content-Encoding) --> usage.c --> row */
#include <string.h>
#include <strings.h>

#include "context.h"
#include "money.h"
#include "usage_error.h"

static bool holds(hr_str text, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.n; i++)
        if (strncasecmp(text.p + i, word, len) == 0)
            return true;
    return false;
}

/* Not at the end of the request: a connection can lie idle for long before that is known. */
static void note_time(headroom_request *r)
{
    r->row.duration_us = (int64_t)(hr_now_us() - r->begun_us);
}

/* How the body of this type is read; false: not at all. */
static bool form_of(hr_str type, enum hr_usage_form *form)
{
    if (holds(type, "text/event-stream"))
        *form = HR_USAGE_SSE;
    else if (holds(type, "vnd.amazon.eventstream"))
        *form = HR_USAGE_FRAMES;
    else if (holds(type, "json"))
        *form = HR_USAGE_JSON;
    else
        return false;
    return true;
}

static void stop_reading(headroom_request *r)
{
    hr_decode_free(r->decode);
    r->decode = NULL;
}

/* Is more to be known of why this request was refused? */
static bool wants_refusal(const headroom_request *r)
{
    return hr_refusal_status(r->row.status) && r->mode == HEADROOM_OPTIMIZE &&
           (r->n_touched || r->cut_messages) && r->refusal.len < HR_REFUSAL_BYTES;
}

static void decoded(void *arg, const char *p, size_t n)
{
    headroom_request *r = arg;
    const size_t room = wants_refusal(r) ? HR_REFUSAL_BYTES - r->refusal.len : 0;
    hr_buf_add(&r->refusal, p, n < room ? n : room);
    if (hr_usage_wants(r->usage))
        hr_usage_add(r->usage, p, n);
}

/* No memory, or a coding that we do not know: usage stays unknown. */
static void begin_reading(headroom_request *r, hr_str type, hr_str encoding)
{
    enum hr_usage_form form;
    const bool failed = r->row.status >= 400;

    if (r->usage || !r->row.dialect || !form_of(type, &form) || (r->row.status / 100 != 2 && !failed) ||
        !(r->usage = hr_usage_new(r->row.dialect, form, failed)))
        return;
    r->decode = hr_decode_new(encoding, decoded, r);
}

void headroom_response_head(headroom_request *r, int status, const char *type, size_t type_len,
                            const char *encoding, size_t encoding_len)
{
    if (!hr_pending_take(r))
        return;
    r->row.status = status;
    note_time(r);
    hr_capture_response_head(r, hr_str_make(encoding, encoding_len));
    begin_reading(r, hr_str_make(type, type_len), hr_str_make(encoding, encoding_len));
    hr_pending_give_back(r);
}

void headroom_response_error(headroom_request *r, const char *name, size_t len)
{
    /* "ThrottlingException:http://internal.amazon.com/..": what stands behind the colon is no name. */
    const char *colon = len ? memchr(name, ':', len) : NULL;
    hr_str word = hr_str_make(name, colon ? (size_t)(colon - name) : len);

    if (!hr_pending_take(r))
        return;
    if (hr_error_word(word))
        r->row.error = hr_arena_dup(r->keep, word.p, word.n);
    hr_pending_give_back(r);
}

void headroom_response_body(headroom_request *r, const void *data, size_t len)
{
    if (!hr_pending_take(r))
        return;
    note_time(r);
    hr_capture_response(r, data, len);
    if (r->decode) {
        hr_decode_add(r->decode, data, len);
        if (!hr_usage_wants(r->usage) && !wants_refusal(r))
            stop_reading(r);
    }
    hr_pending_give_back(r);
}

/* What was sent and came back, in money. */
static void price(headroom_request *r)
{
    headroom_row *row = &r->row;
    const bool ours = r->mode == HEADROOM_OPTIMIZE;
    const char *model = row->model ? row->model : "";
    hr_money_tokens t = {.input = row->input_tokens,
                         .cached = row->cached_tokens,
                         .cache_written = row->cache_written_tokens,
                         .output = row->output_tokens,
                         .sent = ours ? row->tokens_after : row->tokens_before};
    hr_price_list prices;

    if (ours) {
        t.saved_new = row->unique_before - row->unique_after;
        t.saved_adopted = r->adopted_tokens;
        t.saved_again = row->tokens_before - row->tokens_after - t.saved_new;
        t.broken = r->broken_tokens;
    }
    hr_money_usage(row->usage, &t);
    hr_prices_of_request(r, hr_str_make(model, strlen(model)), &prices);
    hr_money(&prices, &t, &row->cost, &row->saved);
}

/* Said for the 1st, 2nd, 4th, 8th .. row: where nothing can be written each request loses one. */
static void tell_lost(headroom *h)
{
    const uint64_t lost = hr_store_lost(h->store);
    if (lost && (lost & (lost - 1)) == 0 && atomic_exchange(&h->lost_told, lost) != lost)
        hr_log_write(&h->log, HR_LOG_WARN,
                     "%s: %llu finished requests are not recorded: the database cannot be written",
                     h->program, (unsigned long long)lost);
}

static void judge_refusal(headroom_request *r)
{
    char place[HR_PLACE];

    if (r->refusal.len && r->h->store &&
        hr_refusal_names(hr_buf_view(&r->refusal), r->touched, r->n_touched, r->cut_messages > 0, place))
        hr_breaker_fault(r, HR_FAULT_REFUSED, place, 0, 0);
}

static void write_row(headroom_request *r, bool complete)
{
    headroom *h = r->h;
    hr_usage_counts counts;

    r->row.complete = complete;
    hr_capture_end(r);
    if (r->usage) {
        hr_usage_end(r->usage, &counts);
        r->row.usage = counts.raw;
        r->row.input_tokens = counts.input;
        r->row.output_tokens = counts.output;
        r->row.cached_tokens = counts.cached;
        r->row.cache_written_tokens = counts.cache_written;
        if (counts.error)
            r->row.error = counts.error;
        if (counts.raw && !r->count_only)
            price(r);
    }
    hr_health_end(r);
    judge_refusal(r);
    if (h->store && r->mode != HEADROOM_OFF) {
        hr_store_request(h->store, &r->row);
        tell_lost(h);
    }
    hr_budget_spent(h, &r->row);
    if (r->row.skipped)
        hr_log_write(&h->log, HR_LOG_INFO, "%s%s: %s: %s", r->row.host, r->row.path,
                     strcmp(r->row.skipped, "budget") == 0 ? "not sent" : "passed on unchanged",
                     r->row.skipped);
}

void hr_response_unfinished(headroom_request *r)
{
    write_row(r, false);
}

void headroom_request_end(headroom_request *r, bool complete)
{
    if (!hr_pending_take(r))
        return;
    hr_context_check_fork(r->h);
    if (r->row.pid == r->h->pid) /* a child of fork frees what it inherited; the request is its parent's */
        write_row(r, complete);
    headroom_request_drop(r);
}
