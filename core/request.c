/* request.c - the one road of a request: decode -> read -> decide -> splice -> encode -> account. The top of it: whatever fails
   below, the bytes go out as they were and the reason is recorded (law 1). */
#include <stdlib.h>
#include <string.h>

#include "aligner.h"
#include "calibrate.h"
#include "context.h"
#include "conversation_key.h"
#include "limits.h"
#include "overrides.h"
#include "record.h"
#include "window.h"

headroom_request *headroom_request_new(headroom *h, const headroom_head *head, enum headroom_mode mode)
{
    hr_arena *keep = hr_arena_new();
    headroom_request *r = keep ? hr_arena_zalloc(keep, sizeof *r) : NULL;
    if (!r) {
        hr_arena_free(keep);
        return NULL;
    }
    hr_context_check_fork(h);
    r->h = h;
    r->keep = keep;
    r->mode = mode;
    r->count_only = head->count_only;
    r->dialect_name = head->dialect;
    r->counter = (hr_counter){.factor = 1};
    r->coding = hr_coding_of(hr_str_make(head->encoding, head->encoding_len));
    r->aligner = (enum hr_switch)h->config.number[HR_SET_ALIGNER];
    r->window = (enum hr_switch)h->config.number[HR_SET_WINDOW];
    r->row.time_us = hr_wall_us();
    r->begun_us = hr_now_us();
    r->row.duration_us = -1;
    r->row.pid = h->pid;
    r->row.program = h->program;
    r->row.input_tokens = r->row.output_tokens = r->row.cached_tokens = r->row.cache_written_tokens = -1;
    r->row.cost = r->row.saved = HEADROOM_UNPRICED;
    static const char *const modes[] = {"off", "audit", "simulate", "optimize"};
    r->row.mode = modes[mode];
    r->row.dialect = head->dialect;
    /* The query of a target can hold a key (law 8). */
    const char *query = head->path_len ? memchr(head->path, '?', head->path_len) : NULL;
    r->row.host = hr_arena_dup(keep, head->host, head->host_len);
    r->row.path = hr_arena_dup(keep, head->path, query ? (size_t)(query - head->path) : head->path_len);
    r->row.skipped = head->skip;
    r->row.transforms = "";
    if (!r->row.host || !r->row.path || hr_overrides_read(r, head) < 0) {
        hr_arena_free(keep);
        return NULL;
    }
    return r;
}

static void list_items(const hr_conversation *conv, hr_item *items)
{
    size_t k = 0;
    for (size_t i = 0; i < conv->n; i++)
        if (conv->ev[i].kind == HR_EV_RESULT)
            items[k++].event = i;
}

static bool is_rewrite(const hr_item *it)
{
    return it->state != HR_ITEM_OPEN && !it->decision.verbatim;
}

static int by_place(const void *x, const void *y)
{
    const hr_splice *a = x, *b = y;
    return (a->off > b->off) - (a->off < b->off);
}

/* The new body: the results' replacements and the other edits. A replacement inside of a range that goes away goes with it. 1: built; 0:
   nothing to replace; <0: no memory, the original goes out. */
static int splice(headroom_request *r, hr_conversation *conv, const hr_item *items, size_t n)
{
    hr_splice *list = hr_arena_alloc(r->work, (n + r->n_edits + 1) * sizeof *list);
    size_t k = 0, kept = 0;
    if (!list)
        return HR_ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (is_rewrite(&items[i]))
            list[k++] = (hr_splice){items[i].raw_off, items[i].raw_len, items[i].decision.sent};
    for (size_t i = 0; i < r->n_edits; i++)
        list[k++] = r->edits[i];
    if (k == 0)
        return 0;
    qsort(list, k, sizeof *list, by_place);
    for (size_t i = 0, end = 0; i < k; i++) {
        if (list[i].off < end)
            continue;
        end = list[i].off + list[i].len;
        list[kept++] = list[i];
    }
    int err = hr_splice_apply(&r->body, conv->body, conv->len, list, kept);
    return err < 0 ? err : 1;
}

/* One literal refused for a reason of its own, and nothing else done: that reason is the request's. */
static const char *only_reason(const hr_item *items, size_t n)
{
    const char *reason = NULL;
    for (size_t i = 0; i < n; i++) {
        if (items[i].state != HR_ITEM_OPEN)
            return NULL;
        if (!reason)
            reason = items[i].reason;
    }
    return reason;
}

/* Is this body left alone for its attestation? One that only asks for a count of tokens carries none: there it counts what this
   process would send, as its last request was. */
static bool is_attested(headroom_request *r, const hr_conversation *conv)
{
    if (r->count_only)
        return conv->attested || atomic_load(&r->h->attests);
    atomic_store(&r->h->attests, conv->attested);
    return conv->attested;
}

/* Which conversation it belongs to, where that can be told. */
static void name_conversation(headroom_request *r, hr_conversation *conv)
{
    uint8_t secret[32], key[16];
    if (!conv->server_state && hr_context_key(r->h, secret) == 0 &&
        hr_conversation_key(secret + 16, r->dialect, conv, key) == 0)
        memcpy(&r->row.conversation, key, sizeof r->row.conversation);
}

/* How the figures of this request are counted. */
static void count_for(headroom_request *r, hr_str model)
{
    r->counter = hr_counter_of(model, 1);
    if (r->counter.exact)
        return;
    hr_factor_of(r->h, model, &r->row.factor, &r->row.factor_off);
    if (r->row.factor)
        r->counter.factor = (double)r->row.factor / HR_FACTOR_ONE;
}

static int work_on(headroom_request *r, const char *body, size_t len)
{
    hr_conversation conv;
    int err = hr_conversation_read(&conv, r->work, body, len, r->dialect_name, &r->dialect);
    if (err == 0)
        err = hr_conversation_target(&conv, hr_str_make(r->row.path, strlen(r->row.path)));
    if (err < 0)
        return err;
    r->row.dialect = r->dialect->name;
    r->row.stream = conv.stream;
    r->row.model = hr_arena_dup(r->keep, conv.model.p, conv.model.n);
    count_for(r, conv.model);
    hr_item *items =
        hr_arena_zalloc(r->work, (conv.results + 1) * sizeof *items); /* one for the system text */
    size_t n = conv.results;
    if (!r->row.model || !items)
        return HR_ENOMEM;
    list_items(&conv, items);
    name_conversation(r, &conv);
    r->broken = hr_breaker_is_open(r->h, r->dialect->name);
    bool attested = is_attested(r, &conv);
    if (attested)
        r->row.skipped = "cch";
    err = attested ? hr_items_count(&conv, &r->counter, items, conv.results)
                   : hr_decide(r, &conv, items, conv.results);
    if (err == 0 && !attested)
        err = hr_window(r, &conv, items, conv.results);
    if (err < 0)
        return err;
    hr_again_check(r, &conv, items, conv.results);
    if (!attested && (err = hr_align(r, &conv, items, &n)) < 0)
        return err;
    if (!r->row.skipped && !r->n_edits)
        r->row.skipped = only_reason(items, n);
    int built = r->mode == HEADROOM_OPTIMIZE && !attested ? splice(r, &conv, items, n) : 0;
    if (!attested)
        hr_health_look(r, &conv, items, n);
    if ((err = hr_record_body(r, &conv, items, n)) < 0 && built <= 0)
        return err;
    return built;
}

/* The new body into the coding of the old one. */
static int encode(headroom_request *r)
{
    hr_buf coded = {0};
    if (r->coding == HR_CODING_NONE)
        return 0;
    int err = hr_coding_encode(r->coding, hr_buf_view(&r->body), &coded);
    hr_buf_free(&r->body);
    if (err < 0)
        hr_buf_free(&coded);
    r->body = coded;
    return err;
}

/* The original goes out: nothing was rewritten, whatever was decided. */
static void nothing_sent(headroom_request *r, hr_str plain)
{
    r->row.tokens_before = r->row.tokens_after =
        (int64_t)hr_counter_scale(&r->counter, hr_counter_tokens_json(&r->counter, plain.p, plain.n));
    r->row.exact = r->counter.exact;
    r->row.bytes_after = r->row.bytes_before;
    r->row.rewritten = r->row.replayed = 0;
    r->row.unique_before = r->row.unique_after = 0;
    r->broken_tokens = r->adopted_tokens = 0;
    r->health.change = HR_UNWATCHED;
    r->n_touched = 0;
    r->row.transforms = "";
    r->row.results_json = NULL;
    r->row.window = NULL;
}

/* 1: r->body is the new body, coded as the old one was; 0: nothing to replace; <0: the original goes out. */
static int travel(headroom_request *r, hr_str body)
{
    hr_buf plain = {0};
    int built;

    r->work = hr_arena_new();
    if (r->coding != HR_CODING_NONE) {
        int err = hr_coding_decode(r->coding, body, &plain);
        if (err < 0) { /* its tokens cannot be counted */
            hr_buf_free(&plain);
            return err;
        }
        body = hr_buf_view(&plain);
        r->row.bytes_before = r->row.bytes_after = (int64_t)body.n;
    }
    built = !r->work ? HR_ENOMEM : body.n > HR_MAX_FILE ? HR_ELIMIT : work_on(r, body.p, body.n);
    hr_capture_bodies(r, body, built == 1 ? hr_buf_view(&r->body) : (hr_str){0});
    if (built == 1) {
        r->row.bytes_after = (int64_t)r->body.len;
        int err = encode(r);
        built = err < 0 ? err : 1;
    }
    if (built < 0) {
        hr_capture_bodies(r, body, (hr_str){0});
        nothing_sent(r, body);
    }
    hr_buf_free(&plain);
    return built;
}

int headroom_request_body(headroom_request *r, const void *body, size_t len, const void **out,
                          size_t *out_len)
{
    uint64_t start = hr_now_us();
    int built = 0;

    hr_context_check_fork(r->h);
    hr_capture_begin(r);
    r->row.bytes_before = r->row.bytes_after = (int64_t)len;
    if (r->row.skipped == NULL && r->mode != HEADROOM_OFF) {
        built = travel(r, hr_str_make(body, len));
        if (built < 0) {
            r->row.skipped = hr_error_name(built);
            hr_log_write(&r->h->log, HR_LOG_WARN, "%s: passed on unchanged: %s", r->row.path, r->row.skipped);
        }
    }
    hr_context_tell_errors(r->h);
    hr_overrides_log(r);
    r->row.elapsed_us = (int64_t)(hr_now_us() - start);
    if (built != 1)
        return 0;
    *out = r->body.data;
    *out_len = r->body.len;
    return 1;
}

static void free_work(headroom_request *r)
{
    hr_arena_free(r->work);
    r->work = NULL;
    hr_buf_free(&r->body);
}

void headroom_request_sent(headroom_request *r)
{
    hr_capture_write(r);
    free_work(r);
    hr_pending_add(&r->h->pending, r);
}

void headroom_request_drop(headroom_request *r)
{
    if (!r)
        return;
    hr_pending_remove(&r->h->pending, r);
    free_work(r);
    hr_decode_free(r->decode);
    hr_usage_free(r->usage);
    hr_buf_free(&r->refusal);
    hr_capture_free(r);
    hr_arena_free(r->keep);
}

void headroom_request_row(const headroom_request *r, headroom_row *out)
{
    *out = r->row;
}

size_t headroom_request_results(const headroom_request *r)
{
    return r->n_results;
}

int headroom_request_result(const headroom_request *r, size_t i, headroom_result *out)
{
    if (i >= r->n_results)
        return HR_ENOENT;
    *out = r->results[i];
    return 0;
}
