/* requests.c - one row a finished request, the ring where rows wait for a busy database, and what the CLI
   reads from them. See store.h. */
#include <string.h>

#include "store/handle.h"

typedef struct hr_waiting_row {
    headroom_row row; /* its strings lie behind it, in the same allocation */
} hr_waiting_row;

#define STRINGS 11

static void strings_of(headroom_row *r, const char **fields[STRINGS])
{
    const char **all[STRINGS] = {&r->program,    &r->host,         &r->path,    &r->dialect,
                                 &r->model,      &r->mode,         &r->skipped, &r->usage,
                                 &r->transforms, &r->results_json, &r->window};
    memcpy(fields, all, sizeof all);
}

static hr_waiting_row *copy_row(const headroom_row *row)
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

/* ------------------------------------------------------------------ ring */
/* Under quick. Full: the row that is dropped comes back. */
static hr_waiting_row *push(hr_store *s, hr_waiting_row *w, bool front)
{
    hr_waiting_row *lost = NULL;

    if (s->ring_n == HR_RING_ROWS) {
        s->dropped++;
        if (front) /* the oldest of all is the one that comes back */
            return w;
        lost = s->ring[s->ring_first];
        s->ring_first = (s->ring_first + 1) % HR_RING_ROWS;
        s->ring_n--;
    }
    if (front) {
        s->ring_first = (s->ring_first + HR_RING_ROWS - 1) % HR_RING_ROWS;
        s->ring[s->ring_first] = w;
    } else {
        s->ring[(s->ring_first + s->ring_n) % HR_RING_ROWS] = w;
    }
    s->ring_n++;
    return lost;
}

void hr_requests_forget(hr_store *s)
{
    for (; s->ring_n; s->ring_n--) {
        hr_free(s->ring[s->ring_first]);
        s->ring_first = (s->ring_first + 1) % HR_RING_ROWS;
    }
}

static int insert(hr_store *s, const headroom_row *r)
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
    hr_query_int(&q, r->exact);
    return hr_query_run(&q);
}

static int touch(hr_store *s, const uint8_t key[16], int64_t now)
{
    hr_query q = hr_query_start(s, HR_Q_DECISION_TOUCH);

    hr_query_int(&q, now);
    hr_query_blob(&q, key, 16);
    return hr_query_run(&q);
}

int hr_requests_drain(hr_store *s)
{
    hr_waiting_row *rows[HR_RING_ROWS];
    uint8_t touched[HR_TOUCH_KEYS][16];
    size_t n = 0, marks;

    pthread_mutex_lock(&s->quick);
    for (; s->ring_n; s->ring_n--) {
        rows[n++] = s->ring[s->ring_first];
        s->ring_first = (s->ring_first + 1) % HR_RING_ROWS;
    }
    marks = s->touched_n;
    memcpy(touched, s->touched, marks * sizeof *touched);
    s->touched_n = 0;
    pthread_mutex_unlock(&s->quick);
    if (n == 0 && marks == 0)
        return 0;

    int64_t now = hr_wall_us();
    int rc = hr_store_begin(s);
    if (rc == 0) {
        for (size_t i = 0; i < n && rc == 0; i++)
            rc = insert(s, &rows[i]->row);
        for (size_t i = 0; i < marks && rc == 0; i++)
            rc = touch(s, touched[i], now);
        rc = hr_store_end(s, rc);
    }
    pthread_mutex_lock(&s->quick);
    if (rc != 0) {
        /* Marks are set again at the next look-up. */
        for (size_t i = n; i-- > 0;)
            rows[i] = push(s, rows[i], true);
    }
    pthread_mutex_unlock(&s->quick);
    for (size_t i = 0; i < n; i++)
        hr_free(rows[i]);
    return rc;
}

void hr_store_request(hr_store *s, const headroom_row *row)
{
    hr_store_check_fork(s);
    hr_waiting_row *w = s->dead ? NULL : copy_row(row), *lost = NULL;

    pthread_mutex_lock(&s->quick);
    if (w)
        lost = push(s, w, false);
    else
        s->dropped++;
    pthread_mutex_unlock(&s->quick);
    hr_free(lost);
    if (!w || hr_store_enter(s, hr_now_us() + HR_REQUEST_WAIT_US, true) != 0)
        return;
    hr_requests_drain(s);
    hr_store_leave(s);
}

uint64_t hr_store_dropped(hr_store *s)
{
    hr_store_check_fork(s);
    pthread_mutex_lock(&s->quick);
    uint64_t n = s->dropped;
    pthread_mutex_unlock(&s->quick);
    return n;
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
        .exact = hr_query_col_int(q, 28) != 0,
    };
}

/* Up to BATCH rows above after_id; the count or <0. */
static int read_batch(hr_store *s, int64_t after_id, hr_waiting_row *rows[BATCH])
{
    int rc = hr_store_enter(s, 0, false), n = 0;

    if (rc != 0)
        return rc;
    hr_query q = hr_query_start(s, HR_Q_REQUEST_EACH);
    hr_query_int(&q, after_id);
    hr_query_int(&q, BATCH);
    while (n < BATCH && (rc = hr_query_step(&q)) == 1) {
        headroom_row row = row_of(&q);
        rows[n] = copy_row(&row);
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

int hr_store_each_request(hr_store *s, int64_t after_id, int (*cb)(void *, const headroom_row *), void *arg)
{
    hr_waiting_row *rows[BATCH];
    int rc = 0, n;

    do {
        n = read_batch(s, after_id, rows);
        if (n < 0)
            return n;
        for (int i = 0; i < n; i++) {
            after_id = rows[i]->row.id;
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
