/* requests.c - one row a finished request, and what the CLI reads from them. See store.h; ring.c is where rows wait. */
#include <string.h>

#include "store/handle.h"
#include "store/totals.h"

#define STRINGS 12

static void strings_of(headroom_row *r, const char **fields[STRINGS])
{
    const char **all[STRINGS] = {&r->program,    &r->host,         &r->path,    &r->dialect,
                                 &r->model,      &r->mode,         &r->skipped, &r->usage,
                                 &r->transforms, &r->results_json, &r->window,  &r->error};
    memcpy(fields, all, sizeof all);
}

hr_waiting_row *hr_requests_copy(const headroom_row *row)
{
    headroom_row copy = *row;
    const char **fields[STRINGS];
    size_t size = sizeof(hr_waiting_row);

    strings_of(&copy, fields);
    for (size_t i = 0; i < STRINGS; i++)
        size += *fields[i] ? strlen(*fields[i]) + 1 : 0;
    hr_waiting_row *w = hr_malloc(size);
    if (!w)
        return NULL;
    char *at = (char *)(w + 1);
    for (size_t i = 0; i < STRINGS; i++) {
        if (!*fields[i])
            continue;
        size_t n = strlen(*fields[i]) + 1;
        memcpy(at, *fields[i], n);
        *fields[i] = at;
        at += n;
    }
    w->row = copy;
    return w;
}

int hr_requests_insert(hr_store *s, const headroom_row *r)
{
    hr_query q = hr_query_start(s, HR_Q_REQUEST_INSERT);

    hr_query_int(&q, s->session);
    hr_query_int(&q, r->time_us);
    hr_query_int(&q, r->pid);
    hr_query_text(&q, r->program);
    hr_query_text(&q, r->host);
    hr_query_text(&q, r->path);
    hr_query_text(&q, r->dialect);
    hr_query_text(&q, r->model);
    hr_query_text(&q, r->mode);
    hr_query_text(&q, r->skipped);
    hr_query_int(&q, r->stream);
    hr_query_int(&q, r->status);
    hr_query_int(&q, r->complete);
    hr_query_int(&q, r->tokens_before);
    hr_query_int(&q, r->tokens_after);
    hr_query_int(&q, r->bytes_before);
    hr_query_int(&q, r->bytes_after);
    hr_query_text(&q, r->usage);
    hr_query_int(&q, r->input_tokens);
    hr_query_int(&q, r->output_tokens);
    hr_query_int(&q, r->cached_tokens);
    hr_query_int(&q, r->elapsed_us);
    hr_query_text(&q, r->transforms);
    hr_query_int(&q, r->results);
    hr_query_int(&q, r->rewritten);
    hr_query_int(&q, r->replayed);
    hr_query_text(&q, r->results_json);
    hr_query_text(&q, r->window);
    hr_query_text(&q, r->error);
    hr_query_int(&q, r->cache_written_tokens);
    hr_query_int(&q, r->conversation);
    hr_query_int(&q, r->unique_before);
    hr_query_int(&q, r->unique_after);
    hr_query_int(&q, r->cost);
    hr_query_int(&q, r->saved);
    hr_query_int(&q, r->exact);
    hr_query_int(&q, r->duration_us);
    hr_query_int(&q, r->factor);
    hr_query_int(&q, r->factor_off);
    int rc = hr_query_run(&q);
    return rc < 0 ? rc : hr_rollup_add(s, r);
}

/* ------------------------------------------------------------------ looking back */
enum { BATCH = 64 };

static headroom_row row_of(const hr_query *q)
{
    return (headroom_row){
        .id = hr_query_col_int(q, 0),
        .time_us = hr_query_col_int(q, 1),
        .pid = hr_query_col_int(q, 2),
        .program = hr_query_col_text(q, 3),
        .host = hr_query_col_text(q, 4),
        .path = hr_query_col_text(q, 5),
        .dialect = hr_query_col_text(q, 6),
        .model = hr_query_col_text(q, 7),
        .mode = hr_query_col_text(q, 8),
        .skipped = hr_query_col_text(q, 9),
        .stream = hr_query_col_int(q, 10) != 0,
        .status = (int)hr_query_col_int(q, 11),
        .complete = hr_query_col_int(q, 12) != 0,
        .tokens_before = hr_query_col_int(q, 13),
        .tokens_after = hr_query_col_int(q, 14),
        .bytes_before = hr_query_col_int(q, 15),
        .bytes_after = hr_query_col_int(q, 16),
        .usage = hr_query_col_text(q, 17),
        .input_tokens = hr_query_col_int(q, 18),
        .output_tokens = hr_query_col_int(q, 19),
        .cached_tokens = hr_query_col_int(q, 20),
        .elapsed_us = hr_query_col_int(q, 21),
        .transforms = hr_query_col_text(q, 22),
        .results = (uint32_t)hr_query_col_int(q, 23),
        .rewritten = (uint32_t)hr_query_col_int(q, 24),
        .replayed = (uint32_t)hr_query_col_int(q, 25),
        .results_json = hr_query_col_text(q, 26),
        .window = hr_query_col_text(q, 27),
        .error = hr_query_col_text(q, 28),
        .cache_written_tokens = hr_query_col_int(q, 29),
        .conversation = hr_query_col_int(q, 30),
        .unique_before = hr_query_col_int(q, 31),
        .unique_after = hr_query_col_int(q, 32),
        .cost = hr_query_col_int(q, 33),
        .saved = hr_query_col_int(q, 34),
        .exact = hr_query_col_int(q, 35) != 0,
        .duration_us = hr_query_col_int(q, 36),
        .factor = hr_query_col_int(q, 37),
        .factor_off = hr_query_col_int(q, 38),
    };
}

/* A filter, and the highest number that it can choose. */
struct choice {
    headroom_filter f;
    int64_t last_id;
};

static hr_query start_chosen(hr_store *s, enum hr_statement which, const struct choice *c)
{
    const headroom_filter *f = &c->f;
    hr_query q = hr_query_start(s, which);

    hr_query_int(&q, f->after_id);
    hr_query_int(&q, f->from_us);
    hr_query_int(&q, f->to_us);
    hr_query_text(&q, f->program);
    hr_query_text(&q, f->model);
    hr_query_text(&q, f->host);
    hr_query_text(&q, f->dialect);
    hr_query_text(&q, f->skipped);
    hr_query_int(&q, f->status_low);
    hr_query_int(&q, f->status_high);
    hr_query_int(&q, f->unanswered);
    hr_query_int(&q, c->last_id);
    return q;
}

/* Up to BATCH rows that the filter chooses; the count or <0. */
static int read_batch(hr_store *s, const struct choice *c, hr_waiting_row *rows[BATCH])
{
    int rc = hr_store_enter(s, 0, false), n = 0;

    if (rc != 0)
        return rc;
    hr_query q = start_chosen(s, HR_Q_REQUEST_EACH, c);
    hr_query_int(&q, BATCH);
    while (n < BATCH && (rc = hr_query_step(&q)) == 1) {
        headroom_row row = row_of(&q);
        rows[n] = hr_requests_copy(&row);
        if (!rows[n]) {
            rc = HR_ENOMEM;
            break;
        }
        n++;
    }
    hr_query_end(&q);
    hr_store_leave(s);
    if (rc >= 0)
        return n;
    while (n > 0)
        hr_free(rows[--n]);
    return rc;
}

/* The numbers that a span of time has: without them each row since the first would be looked at. */
static int narrow_to_span(hr_store *s, struct choice *c)
{
    hr_query q = hr_query_start(s, HR_Q_REQUEST_BOUNDS);
    hr_query_int(&q, c->f.from_us);
    hr_query_int(&q, c->f.to_us ? c->f.to_us : INT64_MAX);
    const int rc = hr_query_step(&q);

    if (rc == 1) {
        const int64_t first = hr_query_col_int(&q, 0);
        c->last_id = hr_query_col_int(&q, 1);
        c->f.after_id = first > c->f.after_id ? first - 1 : c->f.after_id;
    }
    hr_query_end(&q);
    return rc < 0 ? rc : 0;
}

/* Raise after_id so that only the last f.last of the chosen are left; the newest rows are read, not all. */
static int begin_from_end(hr_store *s, struct choice *c)
{
    hr_query q = start_chosen(s, HR_Q_REQUEST_FROM_END, c);
    hr_query_int(&q, c->f.last > INT64_MAX ? INT64_MAX : (int64_t)c->f.last - 1);
    const int rc = hr_query_step(&q);

    if (rc == 1)
        c->f.after_id = hr_query_col_int(&q, 0) - 1;
    hr_query_end(&q);
    return rc < 0 ? rc : 0;
}

/* Fewer rows to look at, where that can be told. */
static int narrow(hr_store *s, struct choice *c)
{
    const bool span = c->f.from_us > 0 || c->f.to_us > 0;
    int rc = span || c->f.last > 0 ? hr_store_enter(s, 0, false) : 0;

    if (rc != 0 || (!span && c->f.last == 0))
        return rc;
    if (span)
        rc = narrow_to_span(s, c);
    if (rc == 0 && c->f.last > 0)
        rc = begin_from_end(s, c);
    hr_store_leave(s);
    return rc;
}

int hr_store_each_request(hr_store *s, int64_t after_id, int (*cb)(void *, const headroom_row *), void *arg)
{
    const headroom_filter all = {.after_id = after_id};
    return hr_store_each_request_where(s, &all, cb, arg);
}

int hr_store_each_request_where(hr_store *s, const headroom_filter *filter,
                                int (*cb)(void *, const headroom_row *), void *arg)
{
    hr_waiting_row *rows[BATCH];
    struct choice c = {*filter, INT64_MAX};
    int rc = narrow(s, &c), n;

    if (rc != 0)
        return rc;
    do {
        n = read_batch(s, &c, rows);
        if (n < 0)
            return n;
        for (int i = 0; i < n; i++) {
            c.f.after_id = rows[i]->row.id;
            if (rc == 0)
                rc = cb(arg, &rows[i]->row);
            hr_free(rows[i]);
        }
    } while (rc == 0 && n == BATCH);
    return rc;
}

static int read_totals(hr_store *s, headroom_stats *out)
{
    hr_query q = hr_query_start(s, HR_Q_REQUEST_TOTALS);
    int rc = hr_query_step(&q);

    if (rc == 1) {
        out->requests = hr_query_col_int(&q, 0);
        out->failed = hr_query_col_int(&q, 1);
        out->tokens_before = hr_query_col_int(&q, 2);
        out->tokens_after = hr_query_col_int(&q, 3);
        out->output_tokens = hr_query_col_int(&q, 4);
        out->cache_hits = hr_query_col_int(&q, 5);
    }
    hr_query_end(&q);
    if (rc < 0)
        return rc;
    q = hr_query_start(s, HR_Q_DECISION_COUNT);
    rc = hr_query_step(&q);
    if (rc == 1)
        out->cache_entries = hr_query_col_int(&q, 0);
    hr_query_end(&q);
    return rc < 0 ? rc : 0;
}

static int read_session(hr_store *s, headroom_stats *out)
{
    int64_t session = 0;
    hr_query q = hr_query_start(s, HR_Q_REQUEST_LAST);
    int rc = hr_query_step(&q);

    if (rc == 1) {
        const char *program = hr_query_col_text(&q, 2);
        size_t n = program ? strlen(program) : 0;
        session = hr_query_col_int(&q, 0);
        out->session_pid = hr_query_col_int(&q, 1);
        if (n >= sizeof out->session_program)
            n = sizeof out->session_program - 1;
        if (n)
            memcpy(out->session_program, program, n);
    }
    hr_query_end(&q);
    if (rc != 1)
        return rc;
    q = hr_query_start(s, HR_Q_REQUEST_SESSION);
    hr_query_int(&q, session);
    rc = hr_query_step(&q);
    if (rc == 1) {
        out->session_requests = hr_query_col_int(&q, 0);
        out->session_tokens_before = hr_query_col_int(&q, 1);
        out->session_tokens_after = hr_query_col_int(&q, 2);
    }
    hr_query_end(&q);
    return rc < 0 ? rc : 0;
}

int hr_store_stats(hr_store *s, headroom_stats *out)
{
    memset(out, 0, sizeof *out);
    int rc = hr_store_enter(s, 0, false);
    if (rc != 0)
        return rc;
    rc = read_totals(s, out);
    if (rc == 0)
        rc = read_session(s, out);
    hr_store_leave(s);
    return rc;
}
