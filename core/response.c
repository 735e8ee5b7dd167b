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

/* Not at the end of the request: a connection can lie idle for long before that is known. */
static void note_time(headroom_request *r)
{
    r->row.duration_us = (int64_t)(hr_now_us() - r->begun_us);
}

void headroom_response_head(headroom_request *r, int status, const char *type, size_t type_len,
                            const char *encoding, size_t encoding_len)
{
    bool sse = holds(type, type_len, "text/event-stream");
    bool plain = encoding_len == 0 || (encoding_len == 8 && strncasecmp(encoding, "identity", 8) == 0);

    if (!hr_pending_take(r))
        return;
    r->row.status = status;
    note_time(r);
    hr_capture_response_head(r, hr_str_make(encoding, encoding_len));
    if (!r->usage && plain && status >= 200 && status <= 299 && r->row.dialect &&
        (sse || holds(type, type_len, "json")))
        r->usage = hr_usage_new(r->row.dialect, sse); /* no memory: usage stays unknown */
    hr_pending_give_back(r);
}

void headroom_response_body(headroom_request *r, const void *data, size_t len)
{
    if (!hr_pending_take(r))
        return;
    note_time(r);
    hr_capture_response(r, data, len);
    if (r->usage)
        hr_usage_add(r->usage, data, len);
    hr_pending_give_back(r);
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
    }
    if (h->store && r->mode != HEADROOM_OFF)
        hr_store_request(h->store, &r->row);
    if (r->row.skipped)
        hr_log_write(&h->log, HR_LOG_INFO, "%s%s: passed on unchanged: %s", r->row.host, r->row.path,
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
