/* response.c - the response side of a request: status, usage, and the row that is written when it ends. See headroom.h. */
#include <string.h>
#include <strings.h>

#include "context.h"

static bool holds(const char *p, size_t n, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= n; i++)
        if (strncasecmp(p + i, word, len) == 0)
            return true;
    return false;
}

void headroom_response_head(headroom_request *r, int status, const char *type, size_t type_len,
                            const char *encoding, size_t encoding_len)
{
    bool sse = holds(type, type_len, "text/event-stream");
    bool plain = encoding_len == 0 || (encoding_len == 8 && strncasecmp(encoding, "identity", 8) == 0);

    if (!hr_pending_take(r))
        return;
    r->row.status = status;
    if (!r->usage && plain && status >= 200 && status <= 299 && r->row.dialect &&
        (sse || holds(type, type_len, "json")))
        r->usage = hr_usage_new(r->row.dialect, sse); /* no memory: usage stays unknown */
    hr_pending_give_back(r);
}

void headroom_response_body(headroom_request *r, const void *data, size_t len)
{
    if (!hr_pending_take(r))
        return;
    if (r->usage)
        hr_usage_add(r->usage, data, len);
    if (hr_refusal_status(r->row.status) && r->mode == HEADROOM_OPTIMIZE &&
        (r->n_touched || r->cut_messages) && r->refusal.len < HR_REFUSAL_BYTES)
        hr_buf_add(&r->refusal, data,
                   len < HR_REFUSAL_BYTES - r->refusal.len ? len : HR_REFUSAL_BYTES - r->refusal.len);
    hr_pending_give_back(r);
}

/* Seam: the answer must come here without its content coding. */
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
    if (r->usage) {
        hr_usage_end(r->usage, &counts);
        r->row.usage = counts.raw;
        r->row.input_tokens = counts.input;
        r->row.output_tokens = counts.output;
        r->row.cached_tokens = counts.cached;
        r->row.cache_written_tokens = counts.cache_written;
    }
    hr_health_end(r);
    judge_refusal(r);
    if (h->store && r->mode != HEADROOM_OFF)
        hr_store_request(h->store, &r->row);
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
